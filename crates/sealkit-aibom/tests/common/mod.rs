//! A small kit with everything in it, and the official schema to judge documents by.
#![expect(clippy::unwrap_used, reason = "a test that cannot read has failed")]
#![expect(clippy::print_stdout, reason = "a skipped test says so")]
#![allow(dead_code, reason = "each test file takes what it needs")]

use std::collections::BTreeMap;
use std::path::PathBuf;

use sealkit_aibom::{Bom, KitInput, from_kit};
use sealkit_inspect::{Facts, Value, property};
use sealkit_kitfile::{Code, Dataset, Docs, Kitfile, LayerInfo, Model, ModelPart, Package, Prompt};
use sealkit_oci::{Descriptor, Digest, FileEntry, FileKind, FileTable, LayerTable, media_type};

/// A kit in memory.
#[derive(Clone)]
pub(crate) struct Kit {
    pub(crate) kitfile: Kitfile,
    pub(crate) manifest: Descriptor,
    pub(crate) layers: Vec<Descriptor>,
    pub(crate) table: FileTable,
    pub(crate) facts: BTreeMap<String, Facts>,
    pub(crate) repository: Option<String>,
}

impl Kit {
    pub(crate) fn bom(&self) -> Bom {
        from_kit(&KitInput {
            kitfile: &self.kitfile,
            manifest: &self.manifest,
            layers: &self.layers,
            table: &self.table,
            facts: &self.facts,
            repository: self.repository.as_deref(),
        })
    }

    /// Adds a layer of `role` with these files and gives its place for the Kitfile.
    pub(crate) fn layer(&mut self, role: &str, files: &[(&str, &[u8])]) -> LayerInfo {
        let content: Vec<u8> = files.iter().flat_map(|(p, b)| [p.as_bytes(), b].concat()).collect();
        let media = format!("application/vnd.kitops.modelkit.{role}.v1.tar");
        let layer = Descriptor::of(media, &content);
        let mut entries = vec![entry("some-folder", None)];
        entries.extend(files.iter().map(|(path, bytes)| entry(path, Some(bytes))));
        let digest = layer.digest.clone();
        let table = LayerTable { digest: digest.clone(), diff_id: digest.clone(), files: entries };
        self.table.layers.push(table);
        self.layers.push(layer);
        LayerInfo { digest: Some(digest.clone()), diff_id: Some(digest) }
    }
}

pub(crate) fn entry(path: &str, bytes: Option<&[u8]>) -> FileEntry {
    FileEntry {
        path: path.to_owned(),
        kind: if bytes.is_some() { FileKind::File } else { FileKind::Dir },
        mode: 0o644,
        offset: 512,
        size: bytes.map_or(0, |b| b.len() as u64),
        digest: bytes.map(Digest::of),
        segments: String::new(),
    }
}

pub(crate) fn empty_kit() -> Kit {
    Kit {
        kitfile: Kitfile { manifest_version: "1.0.0".into(), ..Kitfile::default() },
        manifest: Descriptor::of(media_type::OCI_MANIFEST, b"the manifest"),
        layers: Vec::new(),
        table: FileTable::new(Vec::new()),
        facts: BTreeMap::new(),
        repository: None,
    }
}

pub(crate) fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

/// Model, tokenizer, data, code, card and prompt, with the facts that inspection finds.
pub(crate) fn full_kit() -> Kit {
    let mut kit = empty_kit();
    kit.repository = Some("registry.example:5000/Team/Mini-LM".into());
    kit.kitfile.package = Package {
        name: "mini lm".into(),
        version: "1.2.0".into(),
        description: "sentence vectors".into(),
        license: "Apache-2.0".into(),
        authors: vec!["A. Writer".into()],
    };
    let layer = kit.layer("model", &[("model.safetensors", b"weights"), ("config.json", b"{}")]);
    let part = kit.layer("modelpart", &[("tokenizer.json", b"tokens")]);
    kit.kitfile.model = Some(Model {
        name: "mini".into(),
        path: ".".into(),
        license: "apache-2.0".into(),
        framework: "pytorch".into(),
        version: "1.2.0".into(),
        parts: vec![ModelPart {
            name: "tokenizer".into(),
            path: "tokenizer.json".into(),
            kind: "tokenizer".into(),
            license: "llama3.2".into(),
            layer: part,
        }],
        layer,
        ..Model::default()
    });
    let layer = kit.layer("code", &[("src/train.py", b"print()")]);
    kit.kitfile.code = vec![Code { path: "src".into(), layer, ..Code::default() }];
    let layer = kit.layer("dataset", &[("data/a.csv", b"a,b\n1,2\n")]);
    let license = "CC-BY-4.0 OR MIT".to_owned();
    kit.kitfile.datasets = vec![Dataset {
        name: "pairs".into(),
        path: "data".into(),
        license,
        layer,
        ..Dataset::default()
    }];
    let layer = kit.layer("docs", &[("README.md", b"---\nlicense: mit\n---\n")]);
    kit.kitfile.docs = vec![Docs { path: "README.md".into(), layer, ..Docs::default() }];
    let layer = kit.layer("code", &[("AGENTS.md", b"do")]);
    if let Some(last) = kit.layers.last_mut() {
        *last = last.clone().annotated(media_type::ANNOTATION_LAYER_SUBTYPE, "prompt");
    }
    kit.kitfile.prompts = vec![Prompt { path: "AGENTS.md".into(), layer, ..Prompt::default() }];
    kit.facts = facts();
    kit
}

fn facts() -> BTreeMap<String, Facts> {
    let mut all = BTreeMap::new();
    let mut weights = Facts::default();
    let file = "model.safetensors";
    weights.measured(file, "", property::FORMAT, text("safetensors"));
    weights.measured(file, "header", property::PARAMETERS, Value::Uint(22_713_216));
    weights.measured(file, "header", property::DTYPE, text("F32"));
    all.insert(file.to_owned(), weights);
    let mut config = Facts::default();
    config.measured("config.json", "", property::FORMAT, text("hf-config"));
    config.declared("config.json", "/model_type", property::ARCHITECTURE, text("bert"));
    config.declared("config.json", "/architectures", property::MODEL_CLASS, text("BertModel"));
    all.insert("config.json".to_owned(), config);
    let mut card = Facts::default();
    let file = "README.md";
    card.measured(file, "", property::FORMAT, text("model-card"));
    card.declared(file, "/license", property::LICENCE, text("mit"));
    card.declared(file, "/pipeline_tag", property::TASK, text("sentence-similarity"));
    card.declared(file, "/base_model", property::BASE_MODEL, text("nreimers/MiniLM-L6"));
    let data = Value::List(vec!["s2orc".into(), "ms_marco".into()]);
    card.declared(file, "/datasets", property::TRAINED_ON, data);
    all.insert(file.to_owned(), card);
    for path in ["tokenizer.json", "src/train.py", "data/a.csv", "AGENTS.md"] {
        all.insert(path.to_owned(), Facts::default());
    }
    all
}

/// Checks documents against the official schema; none where the test data is not there.
pub(crate) struct Judge(jsonschema::Validator);

struct Local(PathBuf);

impl jsonschema::Retrieve for Local {
    fn retrieve(
        &self,
        uri: &jsonschema::Uri<String>,
    ) -> Result<serde_json::Value, Box<dyn std::error::Error + Send + Sync>> {
        let name = uri.path().as_str().rsplit('/').next().unwrap_or_default().to_owned();
        Ok(serde_json::from_slice(&std::fs::read(self.0.join(name))?)?)
    }
}

impl Judge {
    pub(crate) fn new() -> Option<Self> {
        let Ok(root) = std::env::var("SEALKIT_TESTDATA") else {
            println!("skipped: no SEALKIT_TESTDATA");
            return None;
        };
        let folder = PathBuf::from(root).join("cyclonedx/schemas");
        let bytes = std::fs::read(folder.join("bom-1.6.schema.json")).unwrap();
        let schema: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
        let options = jsonschema::options().with_retriever(Local(folder));
        Some(Self(options.should_validate_formats(true).build(&schema).unwrap()))
    }

    pub(crate) fn errors(&self, document: &[u8]) -> Vec<String> {
        let document = serde_json::from_slice(document).unwrap();
        self.0.iter_errors(&document).map(|e| format!("{}: {e}", e.instance_path())).collect()
    }
}

pub(crate) fn corpus(version: &str) -> Option<Vec<(String, Vec<u8>)>> {
    let Ok(root) = std::env::var("SEALKIT_TESTDATA") else {
        println!("skipped: no SEALKIT_TESTDATA");
        return None;
    };
    let folder = PathBuf::from(root).join("cyclonedx/corpus").join(version);
    let mut all = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().to_string_lossy().into_owned();
        all.push((name, std::fs::read(entry.path()).unwrap()));
    }
    all.sort();
    Some(all)
}
