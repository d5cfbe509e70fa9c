//! A file of more than 8 GiB, whose size no longer fits a plain tar header, both ways between the
//! real `kit` and SealKit. Runs with `cargo xtask interop --large` only: it takes minutes, and
//! 18 GB of disk while it runs.
#![cfg(unix)]

use std::fs::{self, File};
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::sync::Arc;

use crate::common::{Sandbox, peer};
use crate::docker::Registry;
use crate::kit::{Kit, saved};
use sealkit_store::{Layout, Naming};
use sealkit_testkit::TestRegistry;

const LIMIT: u64 = 8 << 30;
const SIZE: u64 = LIMIT + 4321;
/// What is not zero in the file: at its ends and on both sides of the limit.
const MARKS: [(u64, &[u8]); 3] =
    [(0, b"begin"), (LIMIT - 3, b"around the limit"), (SIZE - 3, b"end")];

fn large(sandbox: &Sandbox) {
    let path = sandbox.write("model/big.bin", "");
    let file = File::options().write(true).open(&path).unwrap();
    file.set_len(SIZE).unwrap();
    for (at, bytes) in MARKS {
        file.write_all_at(bytes, at).unwrap();
    }
    sandbox.write("README.md", "# large\n");
    sandbox.write(
        "Kitfile",
        "manifestVersion: 1.0.0\npackage: {name: large}\nmodel: {path: model/big.bin}\ndocs: [{path: README.md}]\n",
    );
    crate::common::normalise_modes(&sandbox.work());
}

/// Whoever unpacked it has hashed it: here the size and the marks are looked at.
fn check(dir: &Path) {
    let file = File::open(dir.join("model/big.bin")).unwrap();
    assert_eq!(file.metadata().unwrap().len(), SIZE);
    for (at, expected) in MARKS {
        let mut found = vec![0; expected.len()];
        file.read_exact_at(&mut found, at).unwrap();
        assert_eq!(found, expected, "at {at}");
    }
    let mut hole = [1; 4096];
    file.read_exact_at(&mut hole, LIMIT / 2).unwrap();
    assert!(hole.iter().all(|byte| *byte == 0));
    assert_eq!(fs::read(dir.join("README.md")).unwrap(), b"# large\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_of_more_than_8_gib_goes_both_ways() {
    if std::env::var_os("SEALKIT_LARGE").is_none() {
        println!("skipped: run with `cargo xtask interop --large`");
        return;
    }
    let sandbox = Sandbox::new();
    let Some(kit) = Kit::new(&sandbox) else { return };
    let Some(program) = peer("SEALKIT_DOCKER_REGISTRY") else { return };
    large(&sandbox);
    let theirs = saved(&kit.run(&["pack", ".", "-t", "large:v1"]));
    let inspected = kit.run(&["inspect", "large:v1"]).json();

    // Theirs, by way of a registry that keeps one copy. Each copy goes when the next one is there.
    let shelf = sandbox.work().join("../shelf");
    let registry = Registry::over(&program, &shelf);
    let reference = registry.name("org/large:v1");
    kit.run(&["tag", "large:v1", &reference]);
    kit.run(&["push", "--plain-http", &reference]);
    fs::remove_dir_all(kit.home.join("storage")).unwrap();
    sandbox.run(["unpack", "--plain-http", &reference, "-d", "../by-us"]).exits(0);
    check(&sandbox.work().join("../by-us"));
    fs::remove_dir_all(sandbox.work().join("../by-us")).unwrap();
    drop(registry);
    fs::remove_dir_all(&shelf).unwrap();

    // Equal to the last byte.
    let annotations = &inspected["manifest"]["annotations"];
    let created = annotations["org.opencontainers.image.created"].as_str().unwrap();
    let version = annotations["ml.kitops.modelkit.cli-version"].as_str().unwrap();
    let args = ["pack", ".", "-t", "large:v1", "--kit-version", version, "--created", created];
    let ours = saved(&sandbox.run(args).exits(0));
    assert_eq!(ours, theirs, "the manifests, and so the layers, are equal");
    let own = sandbox.run(["inspect", "large:v1"]).exits(0).json();
    assert_eq!(own["manifest"]["layers"], inspected["manifest"]["layers"]);

    // Ours, straight out of the store.
    let layout = Layout::open(sandbox.home().join("store"), Naming::Store).unwrap();
    let registry = TestRegistry::over(Arc::new(layout)).await;
    let reference = format!("{}/localhost/large:v1", registry.host());
    kit.run(&["unpack", "--plain-http", &reference, "-d", "../by-kit"]);
    check(&sandbox.work().join("../by-kit"));
}
