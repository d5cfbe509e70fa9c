//! `sealkit pack`, black box.

use std::fs;
use std::path::PathBuf;

use crate::common::{GOLDEN_KITFILE, Sandbox};
use serde_json::Value;

const GOLDEN: &str = "0f511c6c47c4928cd65d00801287300e93490f26db3d67ce578d4f4498d5c6a5";
const GOLDEN_WITH_TIME: &str = "c1241bcb658c7a9782329ba6097096bd5af9361cf7320d1a57679878a75958fe";

fn golden() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.golden();
    sandbox
}

/// The manifest of a kit, as `inspect` shows it.
fn manifest(sandbox: &Sandbox, name: &str) -> Value {
    sandbox.run(["inspect", name]).exits(0).json()["manifest"].take()
}

fn blob(sandbox: &Sandbox, digest: &Value) -> PathBuf {
    let hex = digest.as_str().unwrap().trim_start_matches("sha256:");
    sandbox.home().join("store/blobs/sha256").join(hex)
}

#[test]
fn the_manifest_is_kits_to_the_last_byte() {
    let sandbox = golden();
    let run = sandbox.run(["pack", ".", "--kit-version", "1.14.0"]).exits(0);
    assert_eq!(run.stdout, format!("Model saved: sha256:{GOLDEN}\n"));
    for line in [
        "Saved model layer: sha256:316273ce2b14acfce045e15b1c36ffe372a39310f410dea4577318d8db925f99",
        "Saved configuration: sha256:04cf8784f3dce09e69c5ee34a6748f77a839d26bb6370c322d5f6c6ef56116ae",
    ] {
        assert!(run.stderr.contains(line), "{run}");
    }
    let with_time = ["pack", ".", "--kit-version", "1.14.0", "--created", "315532800", "-q"];
    let run = sandbox.run(with_time).exits(0);
    assert_eq!(run.stdout, format!("sha256:{GOLDEN_WITH_TIME}\n"));
    let as_text =
        ["pack", ".", "--kit-version", "1.14.0", "--created", "1980-01-01T00:00:00Z", "-q"];
    assert_eq!(sandbox.run(as_text).exits(0).stdout, run.stdout);
}

#[test]
fn source_date_epoch_is_the_creation_time_and_must_be_a_number() {
    let sandbox = golden();
    let args = ["pack", ".", "--kit-version", "1.14.0", "-q"];
    let run = sandbox.run_with(args, &[("SOURCE_DATE_EPOCH", "315532800")], "").exits(0);
    assert_eq!(run.stdout, format!("sha256:{GOLDEN_WITH_TIME}\n"));
    let run = sandbox.run_with(args, &[("SOURCE_DATE_EPOCH", "yesterday")], "").exits(1);
    assert!(run.stderr.contains("SOURCE_DATE_EPOCH is `yesterday`"), "{run}");
}

#[test]
fn packing_twice_gives_the_same_bytes() {
    let sandbox = golden();
    for args in [&["pack", ".", "-q"][..], &["pack", ".", "-q", "--use-model-pack"]] {
        let first = sandbox.run(args).exits(0);
        std::thread::sleep(std::time::Duration::from_millis(1100));
        assert_eq!(sandbox.run(args).exits(0).stdout, first.stdout);
    }
}

#[test]
fn every_compression_and_format_unpacks_to_the_same_tree() {
    let sandbox = golden();
    sandbox.write("Kitfile", GOLDEN_KITFILE.replace("path: data}", "path: data/d.csv}"));
    for format in ["tar", "raw"] {
        for compression in ["none", "gzip", "gzip-fastest", "zstd"] {
            let name = format!("k:{format}-{compression}");
            let args =
                ["pack", ".", "-t", &name, "--layer-format", format, "--compression", compression];
            sandbox.run(args).exits(0);
            let dir = format!("out-{format}-{compression}");
            sandbox.run(["unpack", &name, "-d", &dir]).exits(0);
            let out = sandbox.work().join(&dir);
            assert_eq!(fs::read(out.join("models/sub/m.bin")).unwrap(), b"hello model\n");
            assert_eq!(fs::read(out.join("data/d.csv")).unwrap(), b"a,b\n1,2\n");
            let suffix = match compression {
                "none" => "",
                "zstd" => "+zstd",
                _ => "+gzip",
            };
            let media_type = &manifest(&sandbox, &name)["layers"][0]["mediaType"];
            let expected = format!("application/vnd.kitops.modelkit.model.v1.{format}{suffix}");
            assert_eq!(*media_type, expected);
        }
    }
}

#[test]
fn a_modelpack_follows_its_specification() {
    let sandbox = golden();
    sandbox.run(["pack", ".", "-t", "p:v1", "--format", "modelpack"]).exits(0);
    let manifest = manifest(&sandbox, "p:v1");
    assert_eq!(manifest["mediaType"], "application/vnd.oci.image.manifest.v1+json");
    assert_eq!(manifest["artifactType"], "application/vnd.cncf.model.manifest.v1+json");
    assert_eq!(manifest["config"]["mediaType"], "application/vnd.cncf.model.config.v1+json");
    let config = fs::read(blob(&sandbox, &manifest["config"]["digest"])).unwrap();
    let config: Value = serde_json::from_slice(&config).unwrap();
    assert_eq!(config["modelfs"]["type"], "layers");
    let layers = manifest["layers"].as_array().unwrap();
    let digests: Vec<_> = layers.iter().map(|layer| layer["digest"].clone()).collect();
    assert_eq!(config["modelfs"]["diffIds"], Value::from(digests), "uncompressed layers");
    let types: Vec<_> = layers.iter().map(|layer| layer["mediaType"].as_str().unwrap()).collect();
    let expected = ["weight", "dataset", "doc"];
    let expected = expected.map(|kind| format!("application/vnd.cncf.model.{kind}.v1.tar"));
    assert_eq!(types, expected);
    assert_eq!(layers[0]["annotations"]["org.cncf.model.filepath"], "models/sub/m.bin");
    let info = sandbox.run(["info", "p:v1"]).exits(0);
    assert!(info.stdout.contains("authors: [A & B]"), "{info}");
}

#[test]
fn the_kitfile_can_come_from_a_file_or_standard_input() {
    let sandbox = golden();
    fs::rename(sandbox.work().join("Kitfile"), sandbox.work().join("other.yaml")).unwrap();
    let args = ["pack", ".", "--kit-version", "1.14.0", "-q", "-f"];
    let with = |file: &'static str| args.into_iter().chain([file]);
    let run = sandbox.run(with("other.yaml")).exits(0);
    assert_eq!(run.stdout, format!("sha256:{GOLDEN}\n"));
    let run = sandbox.run_with(with("-"), &[], GOLDEN_KITFILE).exits(0);
    assert_eq!(run.stdout, format!("sha256:{GOLDEN}\n"));
    let run = sandbox.run_with(with("-"), &[], "manifestVersion: 1.0.0\nmodell: {}\n").exits(1);
    assert!(run.stderr.contains("standard input"), "{run}");
    assert!(run.stderr.contains("modell"), "{run}");
}

#[test]
fn bad_input_is_named_and_nothing_is_stored() {
    let sandbox = golden();
    let check = |folder: &str, expected: &[&str]| {
        let run = sandbox.run(["pack", folder, "-t", "bad:v1"]).exits(1);
        for text in expected {
            assert!(run.stderr.contains(text), "{text}: {run}");
        }
        assert_eq!(sandbox.run(["list", "-q"]).exits(0).stdout, "", "{folder}");
    };
    let code = |path: &str| format!("manifestVersion: 1.0.0\ncode:\n- {{path: '{path}'}}\n");
    check("nope", &["`nope` does not exist"]);
    fs::create_dir_all(sandbox.work().join("empty")).unwrap();
    check("empty", &["no Kitfile in `empty`", "sealkit init empty"]);
    fs::create_dir_all(sandbox.work().join("folder/Kitfile")).unwrap();
    check("folder", &["Kitfile` is a folder, not a file"]);
    sandbox.write("missing/Kitfile", code("modle.bin"));
    sandbox.write("missing/model.bin", "x");
    check("missing", &["`modle.bin` was not found", "model.bin"]);
    sandbox.write("upwards/Kitfile", code("../README.md"));
    check("upwards", &["../README.md"]);
}

#[cfg(unix)]
#[test]
fn links_are_packed_as_what_they_mean_or_refused() {
    let sandbox = Sandbox::new();
    sandbox.write("blobs/abc", "weights\n");
    sandbox.write("Kitfile", "manifestVersion: 1.0.0\nmodel: {path: model.bin}\n");
    std::os::unix::fs::symlink("blobs/abc", sandbox.work().join("model.bin")).unwrap();
    sandbox.run(["pack", ".", "-t", "l:v1"]).exits(0);
    let run = sandbox.run(["files", "l:v1", "model.bin"]).exits(0);
    assert_eq!(run.stdout, "weights\n");
    let run = sandbox.run(["pack", ".", "--refuse-symlinks"]).exits(1);
    assert!(run.stderr.contains("symbolic link `model.bin`"), "{run}");
    fs::remove_file(sandbox.work().join("blobs/abc")).unwrap();
    let run = sandbox.run(["pack", "."]).exits(1);
    assert!(run.stderr.contains("model.bin"), "{run}");
}

#[cfg(unix)]
#[test]
fn what_can_not_be_packed_is_named() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt as _;
    use std::os::unix::fs::PermissionsExt as _;
    let sandbox = Sandbox::new();
    sandbox.write("Kitfile", "manifestVersion: 1.0.0\ncode: [{path: src}]\n");
    let file = sandbox.write("src/a.py", "x\n");
    let fails = |expected: &str| {
        let run = sandbox.run(["pack", ".", "-t", "bad:v1"]).exits(1);
        assert!(run.stderr.contains(expected), "{expected}: {run}");
        assert_eq!(sandbox.run(["list", "-q"]).exits(0).stdout, "");
    };
    let strange = sandbox.work().join("src").join(OsStr::from_bytes(b"a\xff.py"));
    fs::write(&strange, "x").unwrap();
    fails("is not valid UTF-8");
    fs::remove_file(&strange).unwrap();
    let pipe = sandbox.work().join("src/pipe");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    fails("`src/pipe` is a named pipe");
    fs::remove_file(&pipe).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o000)).unwrap();
    if fs::read(&file).is_ok() {
        println!("skipped: this user can read every file");
    } else {
        fails("src/a.py");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_path_that_is_too_deep_for_the_system_is_told() {
    let sandbox = Sandbox::new();
    sandbox.write("Kitfile", "manifestVersion: 1.0.0\ncode: [{path: src}]\n");
    // A shell can go deeper than a path can be named.
    let script = "mkdir src && cd src && d=$(printf 'd/%.0s' $(seq 1000)) && for i in 1 2 3 4 5 6 7 8 9 10; do mkdir -p $d && cd $d || exit 1; done";
    let shell = |script: &str| {
        let mut shell = std::process::Command::new("bash");
        shell.args(["-c", script]).current_dir(sandbox.work()).stderr(std::process::Stdio::null());
        shell.status().is_ok_and(|status| status.success())
    };
    let is_made = shell(script);
    let run = sandbox.run(["pack", ".", "-t", "deep:v1"]);
    if is_made {
        let run = run.exits(1);
        assert!(run.stderr.contains("too long for this system"), "{run}");
        assert!(run.stderr.len() < 4000, "the message is short");
        assert_eq!(sandbox.run(["list", "-q"]).exits(0).stdout, "");
    } else {
        println!("skipped: the shell could not make the folders");
    }
    // `rm` goes down folder by folder; the temporary folder's own removal may not.
    shell("rm -rf src");
}

#[test]
fn a_path_with_a_blank_at_its_end_is_that_path() {
    let sandbox = Sandbox::new();
    sandbox.write("p/ m", "A");
    sandbox.write("p/m", "B");
    sandbox.write("p/Kitfile", "manifestVersion: 1.0.0\nmodel: {path: \" m\"}\n");
    sandbox.run(["pack", "p", "-t", "p:1"]).exits(0);
    sandbox.run(["unpack", "p:1", "-d", "out"]).exits(0);
    assert_eq!(fs::read_to_string(sandbox.work().join("out/ m")).unwrap(), "A");
    assert!(!sandbox.work().join("out/m").exists());
}

#[test]
fn a_kit_that_would_refer_to_itself_is_not_packed() {
    let sandbox = Sandbox::new();
    sandbox.write("a/m.bin", "A");
    sandbox.write("a/Kitfile", "manifestVersion: 1.0.0\nmodel: {path: m.bin}\n");
    sandbox.run(["pack", "a", "-t", "a:v1"]).exits(0);
    sandbox.write("b/Kitfile", "manifestVersion: 1.0.0\nmodel: {path: \"a:v1\"}\n");
    sandbox.run(["pack", "b", "-t", "b:v1"]).exits(0);
    sandbox.write("a/Kitfile", "manifestVersion: 1.0.0\nmodel: {path: \"b:v1\"}\n");
    let run = sandbox.run(["pack", "a", "-t", "a:v1"]).exits(1);
    assert!(run.stderr.contains("ound cycle in modelkit references"), "{run}");
    sandbox.run(["unpack", "b:v1", "-d", "out"]).exits(0);
    // Under another name there is no circle.
    sandbox.run(["pack", "a", "-t", "c:v1"]).exits(0);
}

#[test]
fn names_that_are_one_elsewhere_are_told_with_what_follows() {
    let sandbox = Sandbox::new();
    sandbox.write("k/a.txt", "1");
    sandbox.write("k/A.txt", "2");
    sandbox.write("k/Kitfile", "manifestVersion: 1.0.0\ndocs: [{path: .}]\n");
    let run = sandbox.run(["pack", "k", "-t", "k:v1"]).exits(0);
    assert!(run.stderr.contains("refuses the kit on every system"), "{run}");
    sandbox.run(["unpack", "k:v1", "-d", "out"]).exits(1);
}
