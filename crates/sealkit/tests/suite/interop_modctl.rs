//! ModelPacks between SealKit and the real `modctl`. Needs `SEALKIT_MODCTL`, the path of a `modctl`
//! binary.
#![cfg(unix)]

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::common::{Run, Sandbox, finish, peer};
use sealkit_testkit::TestRegistry;

const MODELFILE: &str = "\
NAME tiny
ARCH transformer
FAMILY llama
FORMAT safetensors
PARAMSIZE 16
PRECISION bf16
CONFIG config.json
CONFIG tokenizer.json
MODEL *.safetensors
CODE src/*.py
CODE src/pkg/*.py
DOC *.md
";

/// The files of the project, with their modes.
const FILES: &[(&str, &str, u32)] = &[
    ("config.json", r#"{"model_type":"llama","torch_dtype":"bfloat16"}"#, 0o644),
    ("tokenizer.json", "{}", 0o600),
    ("model-1.safetensors", "first weights", 0o644),
    ("model-2.safetensors", "second weights", 0o644),
    ("src/main.py", "print(1)\n", 0o755),
    // Two files of equal bytes: two layers of one digest.
    ("src/pkg/__init__.py", "", 0o644),
    ("src/pkg/empty.py", "", 0o644),
    ("README.md", "# tiny\n", 0o644),
    ("übersicht.md", "# Größe\n", 0o644),
];

/// A `modctl` with a storage of its own.
struct Modctl {
    binary: PathBuf,
    root: PathBuf,
    work: PathBuf,
}

impl Modctl {
    fn new(sandbox: &Sandbox) -> Option<Self> {
        let binary = peer("SEALKIT_MODCTL")?;
        let root = sandbox.home().join("modctl");
        fs::create_dir_all(root.join("tmp")).unwrap();
        Some(Self { binary, root, work: sandbox.work() })
    }

    fn try_run(&self, args: &[&str]) -> Run {
        let mut command = Command::new(&self.binary);
        command.args(args).arg("--no-progress");
        command.arg("--storage-dir").arg(self.root.join("storage"));
        command.arg("--log-dir").arg(self.root.join("logs"));
        // It keeps a cache of digests in the folder for temporary files.
        command.env("TMPDIR", self.root.join("tmp")).env("HOME", &self.root);
        finish(command.current_dir(&self.work))
    }

    fn run(&self, args: &[&str]) -> Run {
        self.try_run(args).exits(0)
    }

    /// Builds the project and pushes it.
    fn publish(&self, reference: &str, flags: &[&str]) {
        let args = ["build", "-t", reference, "-f", "Modelfile", ".", "--no-creation-time"];
        self.run(&[&args[..], flags].concat());
        self.run(&["push", "--plain-http", reference]);
    }
}

fn project() -> Sandbox {
    let sandbox = Sandbox::new();
    for (path, content, mode) in FILES {
        let path = sandbox.write(path, content);
        fs::set_permissions(path, fs::Permissions::from_mode(*mode)).unwrap();
    }
    sandbox.write("Modelfile", MODELFILE);
    sandbox
}

type Tree = BTreeMap<String, (Vec<u8>, u32)>;

fn expected() -> Tree {
    let entry = |(path, content, mode): &(&str, &str, u32)| {
        ((*path).to_owned(), (content.as_bytes().to_vec(), *mode))
    };
    FILES.iter().map(entry).collect()
}

fn tree(dir: &Path) -> Tree {
    fn walk(root: &Path, dir: &Path, into: &mut Tree) {
        for entry in fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(root, &path, into);
                continue;
            }
            let name = path.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
            let mode = fs::metadata(&path).unwrap().permissions().mode() & 0o777;
            into.insert(name, (fs::read(&path).unwrap(), mode));
        }
    }
    let mut into = Tree::new();
    walk(dir, dir, &mut into);
    into
}

/// The layers as files, and as archives of one file each.
const FORMS: [&[&str]; 2] = [&[], &["--raw=false"]];

#[tokio::test(flavor = "multi_thread")]
async fn what_modctl_builds_is_listed_inspected_and_unpacked() {
    let sandbox = project();
    let Some(modctl) = Modctl::new(&sandbox) else { return };
    let registry = TestRegistry::start().await;
    for (number, flags) in FORMS.into_iter().enumerate() {
        let reference = format!("{}/org/tiny:v{number}", registry.host());
        modctl.publish(&reference, flags);
        let run = sandbox.run(["inspect", "--remote", "--plain-http", &reference]).exits(0);
        assert!(run.json()["kitfile"].is_null(), "{run}");
        let said = modctl.run(&["inspect", "--remote", "--plain-http", &reference]).json();
        assert_eq!(run.json()["digest"], said["Digest"], "the same manifest");
        let repository = format!("{}/org/tiny", registry.host());
        let run = sandbox.run(["list", "--plain-http", &repository]).exits(0);
        assert!(run.stdout.contains(said["Digest"].as_str().unwrap()), "{run}");
        let args = ["files", "--remote", "--plain-http", "--format", "json", &reference];
        let listed = sandbox.run(args).exits(0).json();
        let listed = listed["files"].as_array().unwrap().iter().map(|file| {
            let mode = u32::try_from(file["mode"].as_u64().unwrap()).unwrap();
            (file["path"].as_str().unwrap().to_owned(), (file["size"].as_u64().unwrap(), mode))
        });
        let sizes =
            expected().into_iter().map(|(path, (bytes, mode))| (path, (bytes.len() as u64, mode)));
        assert_eq!(listed.collect::<BTreeMap<_, _>>(), sizes.collect::<BTreeMap<_, _>>());
        let args = ["files", "--remote", "--plain-http", &reference, "übersicht.md"];
        assert_eq!(sandbox.run(args).exits(0).stdout, "# Größe\n");
        let out = format!("../out{number}");
        sandbox.run(["unpack", "--plain-http", &reference, "-d", &out]).exits(0);
        assert_eq!(tree(&sandbox.work().join(out)), expected(), "{flags:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn single_files_of_a_modelpack_are_picked() {
    let sandbox = project();
    let Some(modctl) = Modctl::new(&sandbox) else { return };
    let registry = TestRegistry::start().await;
    let reference = format!("{}/org/tiny:v1", registry.host());
    modctl.publish(&reference, &[]);
    let unpack = |filter: &str, out: &str| {
        let args = ["unpack", "--plain-http", &reference, "-d", out, "--filter", filter];
        sandbox.run(args).exits(0);
        tree(&sandbox.work().join(out)).into_keys().collect::<Vec<_>>()
    };
    let model = unpack("model", "../model");
    let weights = ["config.json", "model-1.safetensors", "model-2.safetensors", "tokenizer.json"];
    assert_eq!(model, weights);
    assert_eq!(unpack("docs", "../docs"), ["README.md", "übersicht.md"]);
    assert_eq!(unpack("code:src/pkg/empty.py", "../one"), ["src/pkg/empty.py"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_modelpack_is_verified_as_far_as_it_goes() {
    let sandbox = project();
    let Some(modctl) = Modctl::new(&sandbox) else { return };
    let registry = TestRegistry::start().await;
    let reference = format!("{}/org/tiny:v1", registry.host());
    modctl.publish(&reference, &["--raw=false"]);
    sandbox.run(["pull", "--plain-http", &reference]).exits(0);
    sandbox.run(["fsck"]).exits(0);
    let run = sandbox.run(["verify", "--format", "json", &reference]).exits(2);
    let step = |run: &Run, id: &str| -> String {
        let json = run.json();
        let steps = json["steps"].as_array().unwrap();
        let step = steps.iter().find(|step| step["id"] == id).unwrap();
        step["outcome"].as_str().unwrap().to_owned()
    };
    for id in ["manifest-digest", "config-digest", "blob-digests", "diff-ids"] {
        assert_eq!(step(&run, id), "pass", "{id}: {run}");
    }
    assert_eq!(step(&run, "signer-trusted"), "unknown", "{run}");
    // One byte of one layer.
    let json = sandbox.run(["inspect", &reference]).exits(0).json();
    let layer = json["manifest"]["layers"][2]["digest"].as_str().unwrap();
    let blob = sandbox.home().join("store/blobs").join(layer.replace(':', "/"));
    let mut bytes = fs::read(&blob).unwrap();
    bytes[600] ^= 1;
    fs::set_permissions(&blob, fs::Permissions::from_mode(0o644)).unwrap();
    fs::write(&blob, bytes).unwrap();
    let run = sandbox.run(["verify", &reference]).exits(1);
    assert!(run.stdout.contains("model-1.safetensors"), "the part is named: {run}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_aibom_of_a_modelpack_has_every_file() {
    let sandbox = project();
    let Some(modctl) = Modctl::new(&sandbox) else { return };
    let registry = TestRegistry::start().await;
    let reference = format!("{}/org/tiny:v1", registry.host());
    modctl.publish(&reference, &["--raw=false"]);
    let bom = sandbox.run(["bom", "--remote", "--plain-http", &reference]).exits(0).json();
    assert_eq!(bom["metadata"]["component"]["name"], "tiny");
    let names: Vec<&str> = bom["components"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|component| component["name"].as_str())
        .collect();
    for (path, _, _) in FILES {
        assert!(names.contains(path), "{path}: {names:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_modelpacks_are_compared_file_by_file() {
    let sandbox = project();
    let Some(modctl) = Modctl::new(&sandbox) else { return };
    let registry = TestRegistry::start().await;
    let name = |tag: &str| format!("remote://{}/org/tiny:{tag}", registry.host());
    let bare = |tag: &str| format!("{}/org/tiny:{tag}", registry.host());
    modctl.publish(&bare("raw"), &[]);
    modctl.publish(&bare("tar"), &["--raw=false"]);
    let diff = |a: &str, b: &str| {
        sandbox.run(["diff", "--plain-http", "--format", "json", &name(a), &name(b)]).exits(0)
    };
    let run = diff("raw", "tar");
    for kind in ["added", "removed", "changed", "moved"] {
        let files = &run.json()["files"][kind];
        assert_eq!(files.as_array().map(Vec::len), Some(0), "only the wrapping differs: {run}");
    }
    sandbox.write("src/main.py", "print(2)\n");
    sandbox.write("src/more.py", "more\n");
    modctl.publish(&bare("next"), &[]);
    let run = diff("raw", "next");
    let text = run.json()["files"].to_string();
    assert!(text.contains("src/main.py") && text.contains("src/more.py"), "{run}");
    assert!(!text.contains("model-1"), "{run}");
}

#[tokio::test(flavor = "multi_thread")]
async fn modctl_reads_what_we_pack() {
    let sandbox = project();
    let Some(modctl) = Modctl::new(&sandbox) else { return };
    let registry = TestRegistry::start().await;
    let parts = |code: &str| {
        format!(
            "manifestVersion: 1.0.0\npackage: {{name: tiny, version: 1.0.0, license: MIT}}\nmodel:\n  name: tiny\n  path: model-1.safetensors\n  format: safetensors\n  parts:\n  - {{path: model-2.safetensors}}\n  - {{path: config.json}}\n  - {{path: tokenizer.json}}\ncode: {code}\ndocs:\n- {{path: README.md}}\n- {{path: übersicht.md}}\n"
        )
    };
    let each = "[{path: src/main.py}, {path: src/pkg/__init__.py}, {path: src/pkg/empty.py}]";
    for (number, (code, flags)) in
        [("[{path: src}]", &[][..]), (each, &["--layer-format", "raw"])].into_iter().enumerate()
    {
        sandbox.write("Kitfile", parts(code));
        let reference = format!("{}/org/ours:v{number}", registry.host());
        let args = [&["pack", ".", "-t", &reference, "--use-model-pack"][..], flags].concat();
        sandbox.run(args).exits(0);
        let pushed = sandbox.run(["push", "--plain-http", &reference]).exits(0);
        modctl.run(&["pull", "--plain-http", &reference]);
        let said = modctl.run(&["inspect", &reference]).json();
        assert!(pushed.stdout.contains(said["Digest"].as_str().unwrap()), "{pushed}");
        assert_eq!((&said["Name"], &said["Format"]), (&"tiny".into(), &"safetensors".into()));
        let out = format!("../theirs{number}");
        modctl.run(&["extract", &reference, "--output", &out]);
        assert_eq!(tree(&sandbox.work().join(out)), expected(), "{flags:?}");
        let some = format!("../some{number}");
        let args = ["fetch", &reference, "--plain-http", "--output", &some, "--patterns", "*.md"];
        modctl.run(&args);
        let names: Vec<_> = tree(&sandbox.work().join(some)).into_keys().collect();
        assert_eq!(names, ["README.md", "übersicht.md"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_modelpack_keeps_its_bytes_wherever_it_goes() {
    let sandbox = project();
    let Some(modctl) = Modctl::new(&sandbox) else { return };
    let registry = TestRegistry::start().await;
    let reference = format!("{}/org/tiny:v1", registry.host());
    modctl.publish(&reference, &[]);
    let digest = modctl.run(&["inspect", &reference]).json()["Digest"].clone();
    // Into the store, a layout, an archive, and back out under another name.
    sandbox.run(["pull", "--plain-http", &reference]).exits(0);
    sandbox.run(["copy", &reference, "oci:layout:v1"]).exits(0);
    sandbox.run(["save", &reference, "-o", "tiny.tar"]).exits(0);
    let other = Sandbox::new();
    other.run(["load", "-i", sandbox.work().join("tiny.tar").to_str().unwrap()]).exits(0);
    let back = format!("{}/org/back:v1", registry.host());
    other.run(["push", "--plain-http", &reference, &back]).exits(0);
    modctl.run(&["pull", "--plain-http", &back]);
    assert_eq!(modctl.run(&["inspect", &back]).json()["Digest"], digest);
    let run = sandbox.run(["inspect", "-q", "oci:layout:v1"]).exits(0);
    assert_eq!(run.stdout.trim(), digest.as_str().unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn modctls_own_storage_is_read_through_a_registry_over_it() {
    let sandbox = project();
    let Some(modctl) = Modctl::new(&sandbox) else { return };
    let Some(program) = peer("SEALKIT_DOCKER_REGISTRY") else { return };
    modctl.run(&["build", "-t", "example.com/org/tiny:v1", "-f", "Modelfile", "."]);
    let storage = modctl.root.join("storage/content.v1");
    let registry = crate::docker::Registry::over(&program, &storage);
    // Its storage is laid out as that of the registry, under the whole name.
    let reference = registry.name("example.com/org/tiny:v1");
    sandbox.run(["unpack", "--plain-http", &reference, "-d", "../out"]).exits(0);
    assert_eq!(tree(&sandbox.work().join("../out")), expected());
}
