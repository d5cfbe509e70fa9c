//! `sealkit unpack`, black box.

use std::fs;
use std::path::Path;

use sealkit_testkit::{KitBuilder, TestRegistry};

use crate::common::{GOLDEN_KITFILE, Sandbox};

const GOLDEN_FILES: [(&str, &str); 3] = [
    ("models/sub/m.bin", "hello model\n"),
    ("data/d.csv", "a,b\n1,2\n"),
    ("README.md", "# readme\n"),
];

/// Every file below `dir`, sorted, with its content.
fn tree(dir: &Path) -> Vec<(String, String)> {
    fn walk(root: &Path, dir: &Path, found: &mut Vec<(String, String)>) {
        for entry in fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(root, &path, found);
            } else {
                let name = path.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
                found.push((name, fs::read_to_string(&path).unwrap()));
            }
        }
    }
    let mut found = Vec::new();
    walk(dir, dir, &mut found);
    found.sort();
    found
}

fn names(dir: &Path) -> Vec<String> {
    tree(dir).into_iter().map(|(name, _)| name).collect()
}

fn packed() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.golden();
    sandbox.run(["pack", ".", "-t", "golden:v1"]).exits(0);
    sandbox
}

/// The file of the layer that holds the dataset of the golden kit.
fn dataset_blob(sandbox: &Sandbox) -> std::path::PathBuf {
    let hex = "e246df15930c368562ac35abec0420be42299433dbe52cc98d6f7499e35ccf85";
    sandbox.home().join("store/blobs/sha256").join(hex)
}

#[test]
fn everything_comes_out_with_the_kitfile_that_kit_writes() {
    let sandbox = packed();
    let run = sandbox.run(["unpack", "golden:v1", "-d", "out"]).exits(0);
    let out = sandbox.work().join("out");
    for (path, content) in GOLDEN_FILES {
        assert_eq!(fs::read_to_string(out.join(path)).unwrap(), content);
    }
    let shown = out.display();
    for line in [
        format!("Unpacking to {shown}"),
        format!("Unpacking config to {shown}/Kitfile"),
        "Unpacking model m to models/sub/m.bin".to_owned(),
        "Unpacking dataset d to data".to_owned(),
        "Unpacking docs to README.md".to_owned(),
    ] {
        assert!(run.stderr.lines().any(|found| found == line), "{line}: {run}");
    }
    assert_eq!(run.stdout, format!("Unpacked 4 files (291 B) to {shown}\n"));
    let info = sandbox.run(["info", "golden:v1"]).exits(0);
    assert_eq!(fs::read_to_string(out.join("Kitfile")).unwrap(), info.stdout);
}

#[test]
fn as_kit_the_lines_are_on_standard_output_and_nothing_else_is() {
    let sandbox = Sandbox::named("kit");
    sandbox.golden();
    sandbox.run(["pack", ".", "-t", "golden:v1"]).exits(0);
    let run = sandbox.run(["unpack", "golden:v1", "-d", "out"]).exits(0);
    let out = sandbox.work().join("out");
    let shown = out.display();
    let expected = format!(
        "Unpacking to {shown}\nUnpacking config to {shown}/Kitfile\n\
         Unpacking model m to models/sub/m.bin\nUnpacking dataset d to data\n\
         Unpacking docs to README.md\n"
    );
    assert_eq!((run.stdout.as_str(), run.stderr.as_str()), (expected.as_str(), ""));
    let again = sandbox.run(["unpack", "golden:v1", "-d", "out"]).exits(1);
    assert!(
        again.stdout.contains(&format!("Found existing Kitfile at {shown}/Kitfile")),
        "{again}"
    );
    assert!(again.stderr.starts_with("[ERROR] "), "{again}");
}

#[test]
fn files_that_are_there_are_refused_kept_or_replaced() {
    let sandbox = packed();
    sandbox.run(["unpack", "golden:v1", "-d", "out"]).exits(0);
    let readme = sandbox.write("out/README.md", "mine\n");
    let refused = sandbox.run(["unpack", "golden:v1", "-d", "out"]).exits(1);
    assert!(refused.stderr.contains("already exists"), "{refused}");
    assert!(refused.stderr.contains("--overwrite"), "{refused}");
    assert_eq!(fs::read_to_string(&readme).unwrap(), "mine\n");
    let kept = sandbox.run(["unpack", "golden:v1", "-d", "out", "-i"]).exits(0);
    assert!(kept.stdout.contains("4 kept as they were"), "{kept}");
    assert_eq!(fs::read_to_string(&readme).unwrap(), "mine\n");
    sandbox.run(["unpack", "golden:v1", "-d", "out", "-o"]).exits(0);
    assert_eq!(fs::read_to_string(&readme).unwrap(), "# readme\n");
    let both = sandbox.run(["unpack", "golden:v1", "-o", "-i"]);
    assert_eq!(both.code, Some(2), "{both}");
}

#[test]
fn another_kitfile_is_replaced_only_when_asked() {
    let sandbox = packed();
    let kitfile = sandbox.write("out/Kitfile", GOLDEN_KITFILE);
    for flags in [&[][..], &["-i"]] {
        let args = ["unpack", "golden:v1", "-d", "out"].iter().chain(flags);
        let run = sandbox.run(args).exits(1);
        assert!(run.stderr.contains("is not the Kitfile of the kit"), "{run}");
        assert_eq!(names(&sandbox.work().join("out")), ["Kitfile"]);
    }
    sandbox.run(["unpack", "golden:v1", "-d", "out", "-o"]).exits(0);
    assert_ne!(fs::read_to_string(kitfile).unwrap(), GOLDEN_KITFILE);
}

#[test]
fn filters_select_types_parts_and_single_files() {
    let sandbox = Sandbox::new();
    sandbox.golden();
    sandbox.write("data/deep/e.csv", "e\n");
    sandbox.run(["pack", ".", "-t", "golden:v1"]).exits(0);
    let cases: [(&[&str], &[&str]); 9] = [
        (&["-f", "kitfile"], &["Kitfile"]),
        (&["-f", "model"], &["models/sub/m.bin"]),
        (&["-f", "model:m"], &["models/sub/m.bin"]),
        (&["-f", "datasets:d"], &["data/d.csv", "data/deep/e.csv"]),
        (&["-f", "datasets:data/d.csv"], &["data/d.csv"]),
        (&["-f", "datasets:data/deep"], &["data/deep/e.csv"]),
        (&["-f", "docs,model"], &["README.md", "models/sub/m.bin"]),
        (&["-f", "docs", "-f", "datasets:data/deep/e.csv"], &["README.md", "data/deep/e.csv"]),
        (&["--model", "--docs"], &["README.md", "models/sub/m.bin"]),
    ];
    for (number, (flags, expected)) in cases.into_iter().enumerate() {
        let dir = format!("out{number}");
        let args = ["unpack", "golden:v1", "-d", &dir].into_iter().chain(flags.iter().copied());
        sandbox.run(args).exits(0);
        assert_eq!(names(&sandbox.work().join(&dir)), expected, "{flags:?}");
    }
    let none = sandbox.run(["unpack", "golden:v1", "-d", "none", "-f", "docs:other"]).exits(0);
    assert!(none.stderr.contains("nothing in the kit matches"), "{none}");
    let bad = sandbox.run(["unpack", "golden:v1", "-f", "weights"]).exits(1);
    assert!(bad.stderr.contains("filter type `weights` is not known"), "{bad}");
}

#[test]
fn one_wrong_byte_in_the_store_leaves_nothing_behind() {
    let sandbox = packed();
    let blob = dataset_blob(&sandbox);
    let mut bytes = fs::read(&blob).unwrap();
    // The first byte of `data/d.csv`, behind the headers of the folder and of the file.
    bytes[1024] ^= 1;
    fs::remove_file(&blob).unwrap();
    fs::write(&blob, bytes).unwrap();
    let run = sandbox.run(["unpack", "golden:v1", "-d", "out"]).exits(1);
    assert!(run.stderr.contains("wrong bytes"), "{run}");
    assert!(!sandbox.work().join("out").exists());
    // What does not need the damaged layer comes out all the same.
    sandbox.run(["unpack", "golden:v1", "-d", "out", "-f", "model"]).exits(0);
}

#[cfg(unix)]
#[test]
fn a_link_that_was_there_is_never_followed() {
    let sandbox = packed();
    let outside = sandbox.work().join("outside");
    fs::create_dir_all(&outside).unwrap();
    fs::create_dir_all(sandbox.work().join("out")).unwrap();
    std::os::unix::fs::symlink(&outside, sandbox.work().join("out/data")).unwrap();
    for flag in ["-o", "-i"] {
        let run = sandbox.run(["unpack", "golden:v1", "-d", "out", flag]).exits(1);
        assert!(run.stderr.contains("symbolic link"), "{run}");
        assert_eq!(names(&outside), Vec::<String>::new());
    }
}

#[test]
fn limits_can_be_set() {
    let sandbox = packed();
    let entries = sandbox.run(["unpack", "golden:v1", "-d", "out", "--max-entries", "2"]).exits(1);
    assert!(entries.stderr.contains("entry limit of 2"), "{entries}");
    let bytes = sandbox.run(["unpack", "golden:v1", "-d", "out", "--max-bytes", "2000"]).exits(1);
    assert!(bytes.stderr.contains("byte limit of 2000"), "{bytes}");
    assert!(!sandbox.work().join("out").exists());
}

#[test]
fn the_models_of_referenced_kits_come_along() {
    let sandbox = packed();
    sandbox.write("child/code.py", "print()\n");
    sandbox.write("child/part.bin", "part\n");
    sandbox.write(
        "child/Kitfile",
        "manifestVersion: 1.0.0\npackage: {name: child}\nmodel:\n  path: golden:v1\n  parts:\n  - {name: p, path: part.bin}\ncode:\n- {path: code.py}\n",
    );
    sandbox.run(["pack", "child", "-t", "child:v1"]).exits(0);
    let run = sandbox.run(["unpack", "child:v1", "-d", "out"]).exits(0);
    let expected = ["Kitfile", "code.py", "models/sub/m.bin", "part.bin"];
    assert_eq!(names(&sandbox.work().join("out")), expected);
    assert!(run.stderr.contains("Unpacking referenced ModelKit golden:v1"), "{run}");
    sandbox.run(["unpack", "child:v1", "-d", "code", "-f", "code"]).exits(0);
    assert_eq!(names(&sandbox.work().join("code")), ["code.py"]);
    sandbox.run(["unpack", "child:v1", "-d", "m", "-f", "model:m"]).exits(0);
    assert_eq!(names(&sandbox.work().join("m")), ["models/sub/m.bin"]);
}

#[test]
fn references_in_a_circle_or_without_end_are_refused() {
    let sandbox = Sandbox::new();
    let pack = |name: &str, parent: &str| {
        let kitfile = format!(
            "manifestVersion: 1.0.0\npackage: {{name: {name}}}\nmodel:\n  path: {parent}\n"
        );
        sandbox.write(&format!("{name}/Kitfile"), kitfile);
        sandbox.run(["pack", name, "-t", &format!("{name}:v1")]).exits(0);
    };
    pack("a", "b:v1");
    // `pack` refuses a circle; a tag that is moved later closes one.
    pack("c", "a:v1");
    sandbox.run(["tag", "c:v1", "b:v1"]).exits(0);
    let run = sandbox.run(["unpack", "a:v1", "-d", "out"]).exits(1);
    let message = "found cycle in modelkit references: [a:v1=>b:v1=>a:v1]";
    assert!(run.stderr.contains(message), "{run}");
    for level in 0..12 {
        pack(&format!("l{level}"), &format!("l{}:v1", level + 1));
    }
    let run = sandbox.run(["unpack", "l0:v1", "-d", "out"]).exits(1);
    assert!(run.stderr.contains("reached maximum number of model references"), "{run}");
    assert!(!sandbox.work().join("out").exists());
}

#[test]
fn remote_datasets_are_named_and_not_passed_over() {
    let sandbox = packed();
    sandbox.write("s/x.py", "x\n");
    sandbox.write(
        "s/Kitfile",
        "manifestVersion: 1.0.0\npackage: {name: s}\ncode:\n- {path: x.py}\ndatasets:\n- {name: r, path: raw/r.tar, remotePath: 's3://bucket/r.tar', remoteHash: abc}\n",
    );
    let packed = sandbox.run(["pack", "s", "-t", "s:v1"]);
    if packed.code != Some(0) {
        println!("skipped: packing S3 datasets needs S3: {packed}");
        return;
    }
    let run = sandbox.run(["unpack", "s:v1", "-d", "out"]).exits(0);
    assert!(run.stderr.contains("--include-remote"), "{run}");
    assert_eq!(names(&sandbox.work().join("out")), ["Kitfile", "x.py"]);
    let run = sandbox.run(["unpack", "s:v1", "-d", "out2", "--include-remote"]).exits(1);
    assert!(run.stderr.contains("s3://bucket/r.tar"), "{run}");
    assert!(!sandbox.work().join("out2").exists());
}

#[test]
fn missing_kits_and_malformed_references_are_told() {
    let sandbox = packed();
    let run = sandbox.run(["unpack", "golden:v2", "-d", "out"]).exits(1);
    assert!(run.stderr.contains("could not find kit `golden:v2`"), "{run}");
    let run = sandbox.run(["unpack", "golden", "-d", "out"]).exits(1);
    assert!(run.stderr.contains("Using 'latest' as default ('golden:latest')"), "{run}");
    let run = sandbox.run(["unpack", "golden:v1,v2", "-d", "out"]).exits(1);
    assert!(run.stderr.contains("several tags"), "{run}");
    assert!(!sandbox.work().join("out").exists());
}

#[test]
fn modelpacks_unpack_with_and_without_a_kitfile() {
    let sandbox = Sandbox::new();
    sandbox.golden();
    for (format, name) in [("tar", "t:v1"), ("raw", "r:v1")] {
        if format == "raw" {
            let single = GOLDEN_KITFILE.replace("path: data}", "path: data/d.csv}");
            sandbox.write("Kitfile", single);
        }
        let args = ["pack", ".", "-t", name, "--use-model-pack", "--layer-format", format];
        sandbox.run(args).exits(0);
        let dir = format!("out-{format}");
        sandbox.run(["unpack", name, "-d", &dir]).exits(0);
        for (path, content) in GOLDEN_FILES {
            let found = fs::read_to_string(sandbox.work().join(&dir).join(path)).unwrap();
            assert_eq!(found, content);
        }
    }
}

#[cfg(unix)]
#[test]
fn a_killed_unpack_is_finished_or_begun_again_by_the_next() {
    let sandbox = Sandbox::new();
    for number in 0..400 {
        sandbox.write(&format!("src/d{}/f{number}", number % 7), format!("file {number}\n"));
    }
    let kitfile = "manifestVersion: 1.0.0\npackage: {name: many}\ncode:\n- {path: src}\n";
    sandbox.write("Kitfile", kitfile);
    sandbox.run(["pack", ".", "-t", "many:v1"]).exits(0);
    let expected: Vec<_> = tree(&sandbox.work().join("src"));
    for delay in (0..60).step_by(6) {
        let out = sandbox.work().join("out");
        let _ = fs::remove_dir_all(&out);
        fs::create_dir_all(&out).unwrap();
        let mut child = sandbox
            .command()
            .args(["unpack", "many:v1", "-d", "out"])
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(std::time::Duration::from_millis(delay));
        child.kill().unwrap();
        child.wait().unwrap();
        // Whatever was finished before is kept, as asked for; the rest comes now.
        let run = sandbox.run(["unpack", "many:v1", "-d", "out", "-i"]).exits(0);
        assert_eq!(tree(&out.join("src")), expected, "after {delay} ms: {run}");
        let beside: Vec<_> = fs::read_dir(sandbox.work())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .filter(|name| name.contains("sealkit-unpack"))
            .collect();
        assert_eq!(beside, Vec::<String>::new(), "after {delay} ms");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_layer_that_holds_something_else_than_the_kitfile_says_is_refused() {
    let registry = TestRegistry::start().await;
    let evil = KitBuilder::new("evil").part("model", "m.bin", &[("src/evil.py", b"import os")]);
    evil.build().store(&*registry.repository("org/evil"), Some("v1")).await;
    let folder = KitBuilder::new("good").part("model", "m", &[("m/a.bin", b"1"), ("m/b/c", b"2")]);
    folder.build().store(&*registry.repository("org/good"), Some("v1")).await;
    let sandbox = Sandbox::new();
    let name = |which: &str| format!("{}/org/{which}:v1", registry.host());
    for filter in [&["--plain-http"][..], &["--plain-http", "--filter", "model"]] {
        let evil = name("evil");
        let run = sandbox.run([&["unpack", &evil, "-d", "out"][..], filter].concat()).exits(1);
        assert!(run.stderr.contains("contradicts the Kitfile"), "{run}");
        assert!(!sandbox.work().join("out").exists());
    }
    let evil = name("evil");
    let verified = sandbox.run(["verify", "--remote", &evil, "--plain-http"]).exits(1);
    assert!(verified.stdout.contains("contradicts the Kitfile"), "{verified}");
    let good = name("good");
    sandbox.run(["unpack", &good, "-d", "good", "--plain-http"]).exits(0);
    // A home that can not be made is none.
    let nowhere = [("SEALKIT_HOME", "/proc/home")];
    let args = ["unpack", &good, "-d", "again", "--plain-http"];
    sandbox.run_with(args, &nowhere, "").exits(0);
    sandbox.run_with(["files", &good, "--plain-http"], &nowhere, "").exits(0);
}
