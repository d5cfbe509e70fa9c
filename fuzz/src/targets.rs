//! The targets. Each says what must hold besides not crashing.

use std::collections::BTreeMap;
use std::io::Read as _;

use sealkit_attest::{Bundle, Statement};
use sealkit_inspect::git::{GitFiles, Repository, status, tree};
use sealkit_inspect::{
    ReadAt, TensorHash, check_shards, identify, inspect as inspect_file, property,
    survey as survey_listing, tensor_digests,
};
use sealkit_kitfile::{IgnoreRules, Kitfile};
use sealkit_oci::{Manifest, Raw, Reference, media_type};
use sealkit_pack::tar::{Streamed, TarReader};
use sealkit_report::Budget;

use crate::seeds;

/// A key file never panics; one that is opened without a password says so itself.
pub fn key(data: &[u8]) {
    let _ = sealkit_attest::PrivateKey::from_pkcs8_der(data);
    if let Ok(public) = sealkit_attest::PublicKey::from_der(data) {
        assert_eq!(sealkit_attest::PublicKey::from_pem(&public.to_pem()).ok(), Some(public));
    }
    let Ok(text) = std::str::from_utf8(data) else { return };
    let _ = sealkit_attest::PublicKey::from_pem(text);
    let needs = sealkit_attest::key_file_needs_password(text);
    let opened = sealkit_attest::PrivateKey::from_pem(text, None);
    assert!(opened.is_err() || matches!(needs, Ok(false)));
}

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
    let _ = raw.value().total_size();
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

/// A payload of an old signature names one manifest, or is refused; without a trusted key it never counts.
pub fn simple_signing(data: &[u8]) {
    use sealkit_attest::{SimpleSigning, TrustRoot, verify_simple_signing};
    if let Ok(signed) = SimpleSigning::parse(data) {
        let text = String::from_utf8_lossy(data);
        assert!(text.contains(signed.manifest.hex()) || text.contains('\\'));
        let trust = TrustRoot::default();
        assert!(verify_simple_signing(data, "AAAA", &signed.manifest, &trust, 0).is_err());
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
    "conda-linux-64.lock",
    "python_env.yaml",
    "setup.py",
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
    "data.csv.gz",
    "data.jsonl.gz",
    "datacite.json",
    "datacite.yml",
    "data.csv.zst",
    "data.jsonl.zst",
    "many.jsonl.zst",
    "model.joblib.lz4",
    "mlflow.db",
    "datacite.xml",
    "wide.csv",
    "lines.json",
    "records.json",
    "frame.pkl.zst",
    "frame.h5",
    "keras_metadata.pb",
    "hydra.yaml",
    "chat_template.jinja",
    "a.dist-info/METADATA",
    "conda-meta/a.json",
    "node_modules/a/package.json",
];

/// A repository of one file for each kind that is read: the first byte chooses which one the data
/// is, the others are as git made them.
pub fn git(data: &[u8]) {
    let Some((choice, content)) = data.split_first() else { return };
    let mut files = seeds::repository();
    let names: Vec<String> = files.keys().cloned().collect();
    let name = &names[usize::from(*choice) % names.len()];
    files.insert(name.clone(), content.to_vec());
    if name.starts_with("reftable/") {
        // So `HEAD` reads where references are kept in tables.
        files.insert("HEAD".to_owned(), b"ref: refs/heads/.invalid\n".to_vec());
    }
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
