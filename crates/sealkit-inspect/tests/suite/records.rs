//! Every file below `records/in`, with all that is said of it in `records/out`.
//!
//! `trainer`, `bert`, `t5`, `llava`, `bpe`, `sp`, `mlflow` and `run` were written by the libraries
//! themselves (transformers 5.24, tokenizers 0.23, sentencepiece 0.2, MLflow 3.17), `template` by
//! `huggingface_hub` 2.4, `energy/emissions.csv` by codecarbon 2.4; the others by hand.

use std::fs;
use std::path::{Path, PathBuf};

fn records(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/records").join(name)
}

fn walk(folder: &Path, all: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { walk(&path, all) } else { all.push(path) }
    }
}

/// The files by their path in the kit.
fn inputs() -> Vec<(String, Vec<u8>)> {
    let (root, mut files) = (records("in"), Vec::new());
    walk(&root, &mut files);
    files.sort();
    let name = |file: &Path| file.strip_prefix(&root).unwrap().to_string_lossy().replace('\\', "/");
    files.iter().map(|file| (name(file), fs::read(file).unwrap())).collect()
}

fn said(path: &str, bytes: &[u8]) -> String {
    let mut lines = crate::told::read(path, bytes);
    if let Some(more) = crate::told::streamed(path, bytes, 4096) {
        lines.push("stream:".to_owned());
        lines.extend(more);
    }
    lines.join("\n") + "\n"
}

#[test]
fn every_record_says_what_it_said() {
    let inputs = inputs();
    assert!(inputs.len() >= 60);
    let mut wrong = Vec::new();
    for (path, bytes) in inputs {
        let expected = fs::read_to_string(records("out").join(format!("{path}.txt")));
        let said = said(&path, &bytes);
        if expected.unwrap_or_default() != said {
            wrong.push(format!("{path}:\n{said}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
#[ignore = "writes what is said into the source tree, for a person to read in the diff"]
fn write_what_is_said() {
    for (path, bytes) in inputs() {
        let place = records("out").join(format!("{path}.txt"));
        fs::create_dir_all(place.parent().unwrap()).unwrap();
        fs::write(place, said(&path, &bytes)).unwrap();
    }
}

#[test]
fn streams_say_the_same_however_the_bytes_are_cut() {
    for (path, bytes) in inputs() {
        let whole = crate::told::streamed(&path, &bytes, bytes.len().max(1));
        for piece in [1, 2, 7, 64] {
            assert_eq!(crate::told::streamed(&path, &bytes, piece), whole, "{path} by {piece}");
        }
    }
}

#[test]
fn no_machine_no_password_and_no_token_is_told() {
    for (path, bytes) in inputs() {
        let said = said(&path, &bytes);
        for secret in ["/home/", "u/data", "secret", "hf_", "10.0.0.1", "/mnt", "/work"] {
            assert!(!said.contains(secret), "{path} tells {secret}:\n{said}");
        }
    }
}

#[test]
fn a_file_cut_anywhere_is_read_without_panic() {
    for (path, bytes) in inputs() {
        // Every byte of a small file, some 200 places of a longer one.
        for end in (0..bytes.len()).step_by(bytes.len() / 200 + 1) {
            let part = &bytes[..end];
            let mut budget = sealkit_report::Budget::new(1 << 20, 20_000, 1 << 20, 32);
            let (_, facts) = sealkit_inspect::inspect(&path, &part, &mut budget);
            for fact in &facts.facts {
                assert!(fact.evidence.file == path, "{path} up to {end}: {fact:?}");
            }
            crate::told::streamed(&path, part, 512);
        }
    }
}

#[test]
fn the_same_bytes_say_the_same() {
    for (path, bytes) in inputs() {
        assert_eq!(said(&path, &bytes), said(&path, &bytes));
    }
}
