//! The targets. Each says what must hold besides not crashing.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read as _;

use sealkit_aibom::purl::Purl;
use sealkit_aibom::{
    Advisories, Bom, BomCodec, Component, ComponentId, CycloneDx, EncodeOptions, FileInput, Input,
    JudgeOptions, Kind, PartInput, Profile, ScoreContext, Spdx3, Subject, Supplied,
    judge as judge_bom, profile_ids, sarif, score, score_html, vulnerabilities,
};
use sealkit_attest::{Bundle, Statement};
use sealkit_inspect::git::{GitFiles, Repository, status, tree};
use sealkit_inspect::{
    Facts, ReadAt, TensorHash, check_shards, identify, inspect as inspect_file, property,
    survey as survey_listing, tensor_digests,
};
use sealkit_kitfile::{IgnoreRules, Kitfile};
use sealkit_oci::{Digest, Manifest, Raw, Reference, media_type};
use sealkit_pack::tar::{Streamed, TarReader};
use sealkit_report::Budget;

use crate::seeds;

/// A Kitfile that is accepted reads the same after it is written.
pub fn kitfile(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    match Kitfile::parse(text, "Kitfile") {
        Ok(parsed) => {
            let written = parsed.kitfile.to_yaml();
            match Kitfile::parse(&written, "Kitfile") {
                Ok(again) => assert_eq!(again.kitfile.to_yaml(), written),
                // Known: `[a, b -]`, which `kit` writes and reads, is too much for the YAML parser.
                Err(error) if error.to_string().contains("cannot start with '-'") => {}
                Err(error) => panic!("{error} in what was written:\n{written}"),
            }
            if let Ok(config) = parsed.kitfile.to_json() {
                Kitfile::from_json(&config).expect("a config that was just written");
            }
        }
        Err(error) => drop(error.to_string()),
    }
}

/// The config blob of a kit.
pub fn kit_config(data: &[u8]) {
    if let Ok(kitfile) = Kitfile::from_json(data) {
        drop(kitfile.parts());
        drop(kitfile.validate());
    }
}

/// Ignore rules: the first line is the path, the rest are the rules.
pub fn ignore(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let (path, rules) = text.split_once('\n').unwrap_or((text, ""));
    if let Ok(rules) = IgnoreRules::parse(rules) {
        // A folder that may be skipped must be one that is ignored.
        if rules.may_skip_dir(path) {
            assert!(rules.matches(path), "`{path}` is skipped and not ignored");
        }
    }
}

/// A manifest keeps its bytes and its digest.
pub fn manifest(data: &[u8]) {
    let Ok(raw) = Raw::<Manifest>::parse(media_type::OCI_MANIFEST, data.to_vec()) else { return };
    assert_eq!(raw.bytes(), data);
    assert!(raw.digest().matches(data));
    drop(raw.value().total_size());
    for layer in raw.value().layers() {
        drop(layer.media_type.parse::<sealkit_oci::LayerType>());
    }
}

/// A reference reads the same after it is shown.
pub fn reference(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let Ok(reference) = text.parse::<Reference>() else { return };
    let shown = reference.to_string();
    assert_eq!(shown.parse::<Reference>().ok().as_ref(), Some(&reference), "shown as `{shown}`");
}

/// An archive gives no more bytes than it has, and each body lies where its entry says.
pub fn tar(data: &[u8]) {
    let budget = Budget::new(1 << 20, 1_000, 100_000, 16);
    let mut reader = TarReader::new(Streamed::new(data), budget);
    while let Ok(Some(entry)) = reader.next_entry() {
        let mut body = Vec::new();
        if reader.read_to_end(&mut body).is_err() {
            break;
        }
        let start = usize::try_from(entry.offset).expect("an offset inside the data");
        assert_eq!(data.get(start..start + body.len()), Some(body.as_slice()), "{}", entry.path);
    }
}

/// A bundle keeps its bytes.
pub fn bundle(data: &[u8]) {
    if let Ok(bundle) = Bundle::parse(data.to_vec()) {
        assert_eq!(bundle.bytes(), data);
    }
}

/// A statement keeps its bytes, and its predicate reads or says why not.
pub fn statement(data: &[u8]) {
    if let Ok(statement) = Statement::parse(data.to_vec()) {
        assert_eq!(statement.payload(), data);
        drop(statement.any_predicate());
    }
}

/// Names that lead to each kind of inspector; the first byte of the data chooses.
pub static NAMES: &[&str] = &[
    "model.safetensors",
    "model.gguf",
    "model.onnx",
    "model.npy",
    "model.safetensors.index.json",
    "saved_model.pb",
    "graph.pb",
    "variables.index",
    "model.tflite",
    "model.ubj",
    "xgboost.json",
    "lightgbm.txt",
    "model.h5",
    "dense.h5",
    "model.keras",
    "model.mlmodel",
    "openvino.xml",
    "large.onnx",
    "large.gguf",
    "model.pt",
    "data.parquet",
    "config.json",
    "README.md",
    "LICENSE",
    "data.csv",
    "data.jsonl",
    "model.pkl",
    "unknown",
    "data.arrow",
    "data.tar",
    "data.tfrecord",
    "data.db",
    "croissant.json",
    "datapackage.json",
    "dataset_infos.json",
    "state.json",
    "data.tsv",
    "a.png",
    "a.jpg",
    "a.webp",
    "a.gif",
    "a.wav",
    "a.flac",
    "a.ogg",
    "a.mp3",
    "uv.lock",
    "poetry.lock",
    "pylock.toml",
    "Pipfile.lock",
    "requirements.txt",
    "pyproject.toml",
    "setup.cfg",
    "environment.yml",
    "conda-lock.yml",
    "pixi.lock",
    "package-lock.json",
    "package.json",
    "yarn.lock",
    "pnpm-lock.yaml",
    "Cargo.lock",
    "Cargo.toml",
    "go.mod",
    "go.sum",
    "Dockerfile",
    "compose.yaml",
    "train.py",
    "notebook.ipynb",
    "pointer.bin",
];

/// A repository of one file for each kind that is read: the first byte chooses which one the data
/// is, the others are as git made them.
pub fn git(data: &[u8]) {
    let Some((choice, content)) = data.split_first() else { return };
    let mut files = seeds::repository();
    let names: Vec<String> = files.keys().cloned().collect();
    let name = &names[usize::from(*choice) % names.len()];
    files.insert(name.clone(), content.to_vec());
    let files = Files(files);
    let mut budget = Budget::new(4 << 20, 10_000, 1_000_000, 32);
    let Ok(repository) = Repository::open(&files, &mut budget) else { return };
    drop(repository.facts(&mut budget));
    if let Ok(Some(index)) = repository.index(&mut budget) {
        let found = status(&index, None, None, |_| None, |_| None);
        assert!(found.missing.len() + found.changed.len() <= index.entries.len());
    }
    if let Ok(Some((_, commit))) = repository.head(&mut budget) {
        drop(tree(&repository, &commit.tree, &mut budget));
    }
}

struct Files(BTreeMap<String, Vec<u8>>);

impl GitFiles for Files {
    fn open(&self, path: &str) -> Option<Box<dyn ReadAt + '_>> {
        Some(Box::new(self.0.get(path)?))
    }

    fn list(&self, folder: &str) -> Vec<String> {
        let start = format!("{folder}/");
        self.0.keys().filter_map(|path| path.strip_prefix(&start)).map(str::to_owned).collect()
    }
}

/// Any file, under any name, by every inspector.
pub fn inspect(data: &[u8]) {
    let Some((choice, content)) = data.split_first() else { return };
    let name = NAMES[usize::from(*choice) % NAMES.len()];
    let mut budget = Budget::new(4 << 20, 10_000, 1_000_000, 32);
    let first = inspect_file(name, &content, &mut budget);
    let mut budget = Budget::new(4 << 20, 10_000, 1_000_000, 32);
    let second = inspect_file(name, &content, &mut budget);
    assert_eq!(format!("{first:?}"), format!("{second:?}"), "the same bytes give the same facts");
}

/// Tensors are hashed where they lie, each at most once; a file is no shard of itself.
pub fn tensors(data: &[u8]) {
    let mut budget = Budget::new(4 << 20, 10_000, 1_000_000, 32);
    let (_, facts) = inspect_file("model", &data, &mut budget);
    let mut budget = Budget::new(4 << 20, 10_000, 1_000_000, 32);
    let digests = tensor_digests(&data, &facts, TensorHash::Blake3, &mut budget);
    let count = |facts: &sealkit_inspect::Facts, property: &str| {
        facts.facts.iter().filter(|fact| fact.property == property).count()
    };
    let tensors = count(&facts, property::TENSOR);
    assert!(count(&digests, property::TENSOR_BLAKE3) <= tensors);
    let files = BTreeMap::from([("model".to_owned(), facts.clone())]);
    drop(check_shards("model", &facts, &files));
}

/// What is read as it passes by is the same in whatever pieces it comes: the second byte of the
/// data is the length of a piece.
pub fn stream(data: &[u8]) {
    let [choice, piece, content @ ..] = data else { return };
    let name = NAMES[usize::from(*choice) % NAMES.len()];
    let mut budget = Budget::new(4 << 20, 10_000, 1_000_000, 32);
    let Ok(found) = identify(name, &content, &mut budget) else { return };
    let read = |size: usize| {
        let mut stream = found.inspector?.stream(name)?;
        content.chunks(size).for_each(|piece| stream.push(piece));
        Some(stream.finish())
    };
    let size = usize::from(*piece).max(1);
    assert_eq!(read(size), read(content.len().max(1)), "{name} in pieces of {size}");
}

/// A listing: one path in a line.
pub fn survey(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let listing: Vec<(&str, u64)> = text.lines().map(|path| (path, 1)).collect();
    let mut other_way: Vec<(&str, u64)> = listing.clone();
    other_way.reverse();
    assert_eq!(survey_listing(&listing), survey_listing(&other_way), "the order does not matter");
}

/// An overlay that is accepted gives facts with the lines that they stand in.
pub fn overlay(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    match sealkit_aibom::overlay(text, "aibom.yaml") {
        Ok(supplied) => {
            let facts =
                [&supplied.kit, &supplied.model].into_iter().chain(supplied.datasets.values());
            for fact in facts.flat_map(|facts| &facts.facts) {
                assert!(fact.evidence.place.starts_with("line "), "{fact:?}");
            }
        }
        Err(error) => drop(error.to_string()),
    }
}

/// Whatever files say, every value of the AIBOM has its evidence and every tie leads somewhere. The
/// pieces between zero bytes are the files; the first byte of each chooses its name.
pub fn assemble(data: &[u8]) {
    let mut files: BTreeMap<&str, &[u8]> = BTreeMap::new();
    for piece in data.split(|byte| *byte == 0).take(8) {
        if let Some((choice, content)) = piece.split_first() {
            files.insert(NAMES[usize::from(*choice) % NAMES.len()], content);
        }
    }
    let mut facts: BTreeMap<String, Facts> = BTreeMap::new();
    for (name, content) in &files {
        let mut budget = Budget::new(4 << 20, 10_000, 1_000_000, 32);
        facts.insert((*name).to_owned(), inspect_file(name, content, &mut budget).1);
    }
    let kitfile = "manifestVersion: 1.0.0\nmodel: {path: .}\n";
    let kitfile = Kitfile::parse(kitfile, "Kitfile").expect("a Kitfile").kitfile;
    let digests: Vec<Digest> = files.values().map(|content| Digest::of(content)).collect();
    let listed = files.iter().zip(&digests).map(|((path, content), digest)| FileInput {
        path,
        size: content.len() as u64,
        digest: Some(digest),
    });
    let element = kitfile.parts().into_iter().next();
    let part = PartInput {
        role: element.as_ref().map(|element| element.role),
        is_prompt: false,
        element,
        layer: None,
        files: Some(listed.collect()),
    };
    let bom = sealkit_aibom::assemble(&Input {
        subject: Subject::Folder { name: "folder" },
        kitfile: &kitfile,
        parts: vec![part],
        facts: &facts,
        project: &Facts::default(),
        attested: &[],
        supplied: &Supplied::default(),
    });
    let ids: BTreeSet<_> = bom.all().map(|component| &component.id).collect();
    assert_eq!(ids.len(), bom.components.len() + 1, "a name stands twice");
    assert!(bom.all().flat_map(|c| &c.properties).all(|property| property.evidence.is_some()));
    assert!(bom.relations.iter().all(|tie| ids.contains(&tie.from) && ids.contains(&tie.to)));
}

/// A CycloneDX document that is read says the same when it is written again in its version.
pub fn cyclonedx(data: &[u8]) {
    let Ok(bom) = CycloneDx::V1_6.decode(data) else { return };
    let said: serde_json::Value = serde_json::from_slice(data).expect("it was read as JSON");
    let version = match said["specVersion"].as_str() {
        Some("1.7") => CycloneDx::V1_7,
        _ => CycloneDx::V1_6,
    };
    let again = version.encode(&bom, &EncodeOptions::default()).expect("it was just read");
    version.decode(&again).expect("it was just written");
    if matches!(said["specVersion"].as_str(), Some("1.6" | "1.7")) {
        let again: serde_json::Value = serde_json::from_slice(&again).expect("it is JSON");
        assert_eq!(sorted(&again), sorted(&said));
    }
}

/// A text that two values share exactly when they are equal but for order.
fn sorted(value: &serde_json::Value) -> String {
    use serde_json::Value;
    let (mut all, ends) = match value {
        Value::Array(list) => (list.iter().map(sorted).collect::<Vec<_>>(), "[]"),
        Value::Object(map) => {
            (map.iter().map(|(key, value)| format!("{key:?}{}", sorted(value))).collect(), "{}")
        }
        other => return other.to_string(),
    };
    all.sort();
    format!("{}{}", all.join(","), ends)
}

/// What a package URL is read as is canonical.
pub fn purl(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Ok(purl) = Purl::parse(text) {
        assert_eq!(Purl::parse(&purl.to_string()), Ok(purl));
    }
}

/// Any advisory is read or refused, and components are matched with it.
pub fn advisory(data: &[u8]) {
    let mut advisories = Advisories::default();
    if advisories.add(data).is_err() {
        assert!(advisories.is_empty());
        return;
    }
    let mut bom = Bom::new(Component::new(ComponentId("kit".to_owned()), Kind::Kit, "kit"));
    for purl in ["pkg:pypi/numpy@2.1.0", "pkg:npm/%40a/b@1.0.0", "pkg:huggingface/org/base"] {
        let mut library = Component::new(ComponentId(purl.to_owned()), Kind::Library, purl);
        library.purl = Some(purl.to_owned());
        bom.components.push(library);
    }
    drop(vulnerabilities(&bom, &advisories));
}

/// Any document that is read is judged and scored; judged by itself, it says what is found.
pub fn judge(data: &[u8]) {
    let Ok(bom) = Spdx3.decode(data) else { return };
    let options = JudgeOptions { own: Some(false), ..JudgeOptions::default() };
    let report = judge_bom(&bom, &bom, &options);
    for step in report.failures() {
        assert!(
            matches!(step.id.as_str(), "references" | "graph" | "data-versions" | "claims-licence"),
            "{step:?}"
        );
    }
    drop(sarif(&report, "bom.json", ("sealkit", "0")));
    for profile in profile_ids().filter_map(Profile::built_in) {
        let score = score(&bom, &profile, &ScoreContext::default());
        assert!((0.0..=100.0).contains(&score.percent));
        drop(score_html(&score));
    }
}
