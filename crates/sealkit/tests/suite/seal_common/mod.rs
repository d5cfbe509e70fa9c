//! A small project, sealed.

use std::path::PathBuf;

use crate::common::{Run, Sandbox, normalise_modes};

pub const PASSWORD: &[(&str, &str)] = &[("SEALKIT_PASSWORD", "correct horse"), ("LANG", "C.UTF-8")];

/// A project of a model, data, code and a card, without a Kitfile, in the folder `project`.
pub fn project(sandbox: &Sandbox) -> PathBuf {
    let header = br#"{"w":{"dtype":"F32","shape":[2,2],"data_offsets":[0,16]}}"#;
    let mut model = (header.len() as u64).to_le_bytes().to_vec();
    model.extend_from_slice(header);
    model.extend_from_slice(&[1; 16]);
    sandbox.write("project/models/m.safetensors", model);
    sandbox.write("project/data/train.csv", "a,b\n1,2\n");
    sandbox.write("project/data/test.csv", "a,b\n3,4\n");
    sandbox.write("project/train.py", "print('hi')\n");
    sandbox.write("project/README.md", "# A model\n");
    normalise_modes(&sandbox.work().join("project"));
    sandbox.work().join("project")
}

/// Runs with the password of the key at hand.
pub fn run(sandbox: &Sandbox, args: &[&str]) -> Run {
    sandbox.run_with(args, PASSWORD, "")
}

/// A sandbox with the project, sealed as `demo:v1`.
pub fn sealed() -> Sandbox {
    let sandbox = Sandbox::new();
    project(&sandbox);
    run(&sandbox, &["seal", "project", "-t", "demo:v1"]).exits(0);
    sandbox
}

/// The blobs of the local store.
pub fn blobs(sandbox: &Sandbox) -> Vec<PathBuf> {
    let dir = sandbox.home().join("store/blobs/sha256");
    let mut all: Vec<PathBuf> =
        std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()).collect();
    all.sort();
    all
}
