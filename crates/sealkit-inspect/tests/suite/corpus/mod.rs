//! Every golden file and every record that the tests have, by its path.

mod written;

use std::fs;
use std::path::{Path, PathBuf};

/// What tests read themselves.
const OWN: [&str; 4] = ["data.txt", ".jsonl", "make.py", "expected.json"];

fn walk(folder: &Path, all: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { walk(&path, all) } else { all.push(path) }
    }
}

/// The files of a folder of `tests`, by their path below it.
pub(crate) fn folder(name: &str) -> Vec<(String, Vec<u8>)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(name);
    let mut files = Vec::new();
    walk(&root, &mut files);
    files.sort();
    let path = |file: &Path| file.strip_prefix(&root).unwrap().to_string_lossy().replace('\\', "/");
    let named = files.iter().map(|file| (path(file), fs::read(file).unwrap()));
    named.filter(|(path, _)| !OWN.iter().any(|end| path.ends_with(end))).collect()
}

/// Records, golden files beside those that `data` unpacks, and what is written here.
pub(crate) fn files() -> Vec<(String, Vec<u8>)> {
    let written = written::WRITTEN.iter();
    let written = written.map(|(path, text)| ((*path).to_owned(), text.as_bytes().to_vec()));
    [folder("records/in"), folder("golden"), written.collect()].concat()
}
