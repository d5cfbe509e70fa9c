//! `sealkit files`, black box.

use std::fs;

use crate::common::Sandbox;
use sealkit_testkit::{KitBuilder, TestRegistry};

fn packed(compression: &str) -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.golden();
    sandbox.run(["pack", ".", "-t", "golden:v1", "--compression", compression]).exits(0);
    sandbox
}

#[test]
fn files_are_listed_with_what_is_known_of_them() {
    let sandbox = packed("none");
    let table = sandbox.run(["files", "golden:v1"]).exits(0);
    assert!(table.stdout.starts_with("MODE    SIZE   SHA256         PART"), "{table}");
    assert!(
        table.stdout.contains("-0644   8      492d5ea49605   data               data/d.csv"),
        "{table}"
    );
    assert!(table.stderr.contains("nobody you trust vouches for"), "{table}");
    let json = sandbox.run(["files", "golden:v1", "--format", "json"]).exits(0).json();
    assert_eq!((&json["schemaVersion"], &json["proven"]), (&1.into(), &false.into()));
    let file = json["files"].as_array().unwrap().iter().find(|f| f["path"] == "README.md").unwrap();
    assert_eq!((&file["size"], &file["kind"]), (&9.into(), &"file".into()));
    let quiet = sandbox.run(["files", "golden:v1", "-q"]).exits(0);
    assert_eq!(quiet.stdout, "models\nmodels/sub\nmodels/sub/m.bin\ndata\ndata/d.csv\nREADME.md\n");
}

#[test]
fn one_file_is_printed_whatever_the_compression() {
    for compression in ["none", "gzip", "zstd"] {
        let sandbox = packed(compression);
        let run = sandbox.run(["files", "golden:v1", "data/d.csv"]).exits(0);
        assert_eq!(run.stdout, "a,b\n1,2\n");
        assert!(run.stderr.contains("Verified"), "{run}");
        sandbox.run(["files", "golden:v1", "./README.md", "-o", "copy.md"]).exits(0);
        assert_eq!(fs::read_to_string(sandbox.work().join("copy.md")).unwrap(), "# readme\n");
    }
}

#[test]
fn wrong_bytes_are_not_printed() {
    let sandbox = packed("none");
    let hex = "e246df15930c368562ac35abec0420be42299433dbe52cc98d6f7499e35ccf85";
    let blob = sandbox.home().join("store/blobs/sha256").join(hex);
    let mut bytes = fs::read(&blob).unwrap();
    bytes[1024] ^= 1;
    fs::remove_file(&blob).unwrap();
    fs::write(&blob, bytes).unwrap();
    let run = sandbox.run(["files", "golden:v1", "data/d.csv"]).exits(2);
    assert_eq!(run.stdout, "");
    assert!(run.stderr.contains("wrong bytes"), "{run}");
    let run = sandbox.run(["files", "golden:v1", "data/d.csv", "-o", "copy"]).exits(2);
    assert!(run.stderr.contains("wrong bytes"), "{run}");
    assert!(!sandbox.work().join("copy").exists());
    assert!(!sandbox.work().join("copy.sealkit-part").exists());
}

#[test]
fn what_is_not_there_is_told() {
    let sandbox = packed("none");
    let run = sandbox.run(["files", "golden:v1", "nope"]).exits(2);
    assert!(run.stderr.contains("holds no file `nope`"), "{run}");
    let run = sandbox.run(["files", "golden:v1", "data"]).exits(2);
    assert!(run.stderr.contains("is a folder"), "{run}");
    let run = sandbox.run(["files", "nope:v1"]).exits(2);
    assert!(run.stderr.contains("could not find kit"), "{run}");
}

/// A kit with a big and a small file in one layer, at a registry.
async fn remote() -> (TestRegistry, String) {
    let registry = TestRegistry::start().await;
    let big = vec![7; 3 << 20];
    let kit = KitBuilder::new("r").part(
        "dataset",
        "data",
        &[("data/big.bin", &big), ("data/small.txt", b"small\n")],
    );
    kit.store(&*registry.repository("org/r"), "v1").await;
    let reference = format!("{}/org/r:v1", registry.host());
    (registry, reference)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_remote_kit_is_listed_by_its_headers_alone() {
    let (registry, reference) = remote().await;
    let sandbox = Sandbox::new();
    let run = sandbox.run(["files", "--plain-http", "--remote", &reference, "-q"]).exits(0);
    assert_eq!(run.stdout, "data/big.bin\ndata/small.txt\n");
    assert!(registry.blob_bytes_served() < 300_000, "{}", registry.blob_bytes_served());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_remote_file_is_verified_unless_the_person_says_otherwise() {
    let (registry, reference) = remote().await;
    let sandbox = Sandbox::new();
    let args = ["files", "--plain-http", &reference, "data/small.txt"];
    let run = sandbox.run(args).exits(0);
    assert_eq!(run.stdout, "small\n");
    assert!(run.stderr.contains("Verified: the whole layer"), "{run}");
    assert!(registry.blob_bytes_served() > 3 << 20);
    let before = registry.blob_bytes_served();
    let run = sandbox.run(args.iter().chain(&["--insecure-unverified-range"])).exits(0);
    assert_eq!(run.stdout, "small\n");
    assert!(run.stderr.contains("were not verified"), "{run}");
    assert!(registry.blob_bytes_served() - before < 300_000);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_remote_kit_unpacks_without_being_stored() {
    let (registry, reference) = remote().await;
    let sandbox = Sandbox::new();
    sandbox.run(["unpack", "--plain-http", &reference, "-d", "out"]).exits(0);
    let out = sandbox.work().join("out");
    assert_eq!(fs::read(out.join("data/big.bin")).unwrap(), vec![7; 3 << 20]);
    assert_eq!(sandbox.run(["list", "-q"]).exits(0).stdout, "");
    let before = registry.blob_bytes_served();
    let filter = "datasets:data/small.txt";
    let args = ["unpack", "--plain-http", &reference, "-d", "one", "-f", filter];
    sandbox.run(args).exits(0);
    let one = sandbox.work().join("one");
    assert_eq!(fs::read_to_string(one.join("data/small.txt")).unwrap(), "small\n");
    assert!(!one.join("data/big.bin").exists());
    assert!(registry.blob_bytes_served() - before > 3 << 20, "nothing vouches for ranges");
    let before = registry.blob_bytes_served();
    let args = ["unpack", "--plain-http", &reference, "-d", "two", "-f", filter];
    sandbox.run(args.iter().chain(&["--insecure-unverified-range"])).exits(0);
    assert_eq!(fs::read_to_string(sandbox.work().join("two/data/small.txt")).unwrap(), "small\n");
    assert!(registry.blob_bytes_served() - before < 300_000);
}
