//! What people see when something is wrong: every message with its exit code, as one snapshot.
#![cfg(unix)]

use std::fmt::Write as _;
use std::process::Command;

use crate::common::Sandbox;

/// A Kitfile with one fault each, and the name of the case.
const BAD_KITFILES: &[(&str, &str)] = &[
    ("unknown key", "manifestVersion: 1.0.0\npakage: {name: a}\n"),
    ("unknown nested key", "manifestVersion: 1.0.0\nmodel: {path: a, licence: MIT}\n"),
    ("wrong kind of value", "manifestVersion: 1.0.0\npackage: {name: [a]}\n"),
    ("no list", "manifestVersion: 1.0.0\ndocs: README.md\n"),
    ("not yaml", "manifestVersion: 1.0.0\nmodel: {path: a\n"),
    ("duplicate key", "manifestVersion: 1.0.0\nmodel: {path: a, path: b}\n"),
    ("empty", ""),
    ("same path twice", "manifestVersion: 1.0.0\ncode: [{path: a}]\ndocs: [{path: ./a}]\n"),
    ("absolute path", "manifestVersion: 1.0.0\ncode: [{path: /etc}]\n"),
    ("url as path", "manifestVersion: 1.0.0\ndatasets: [{path: 'https://x.example.com/d'}]\n"),
    ("s3 as path", "manifestVersion: 1.0.0\ndatasets: [{path: 's3://bucket/key'}]\n"),
    ("hash without remote path", "manifestVersion: 1.0.0\ndatasets: [{path: a, remoteHash: x}]\n"),
    ("part type", "manifestVersion: 1.0.0\nmodel: {path: a, parts: [{path: b, type: '-x'}]}\n"),
    ("bundle without name", "manifestVersion: 1.0.0\nmcpServers: [{path: a.mcpb}]\n"),
    ("missing part", "manifestVersion: 1.0.0\ndocs: [{path: READNE.md}]\n"),
];

/// Arguments after everything in `prepare` was made.
const COMMANDS: &[&str] = &[
    "pack nowhere",
    "pack golden/README.md",
    "pack empty",
    "pack golden -f golden/data",
    "pack golden -f nowhere",
    "pack golden -f latin1",
    "pack golden -t Upper:v1",
    "pack golden -t a:.x",
    "pack golden --created yesterday",
    "pack golden --layer-format raw",
    "pack golden --compression lz4",
    "pack links",
    "pack outside",
    "pack loops",
    "pack inside --refuse-symlinks",
    "pack pipe",
    "pack rules",
    "inspect nope:v1",
    "inspect golden",
    "inspect a@sha256:12",
    "inspect plain:v1 --remote",
    "info golden:v1 -f .nope",
    "info golden:v1 -f ..",
    "list --format {{.Nope}}",
    "list --format {{.Repo",
    "list -f weights",
    "list plain",
    "tag nope:v1 a:v1",
    "tag golden:v1 a",
    "tag golden:v1 A:v1",
    "remove",
    "remove nope:v1",
    "remove golden",
    "push golden:v1",
    "push nope:v1 127.0.0.1:1/a:v1",
    "push golden:v1 127.0.0.1:1/a:v1 --plain-http --offline",
    "pull golden:v1",
    "pull 127.0.0.1:1/a:v1 --offline",
    "copy golden:v1 golden/README.md",
    "copy oci:empty:v1 a:v1",
    "copy archive:nowhere.tar a:v1",
    "save nope:v1 -o a.tar",
    "save golden:v1 -o nowhere/a.tar",
    "load -i nowhere.tar",
    "load -i golden/README.md",
    "login 127.0.0.1:1 --offline -u ana --password-stdin",
    "unpack nope:v1",
    "unpack golden:v1 -d golden",
    "unpack golden:v1 -d golden/README.md",
    "unpack golden:v1 --filter weights",
    "unpack golden:v1 --filter datasets:a:b",
    "unpack golden:v1 -o -i",
    "diff golden:v1 nope:v1",
    "diff golden:v1 nope:v1 --exit-code",
    "files golden:v1 nope.txt",
    "files nope:v1",
    "import ext::sh --tool git",
    "import ./nowhere",
    "import org/model --offline",
    "init nowhere",
    "init golden",
    "seal nowhere",
    "seal golden",
    "seal golden --key nowhere.key",
    "keys generate",
    "keys generate -o taken --insecure-empty-password",
    "verify nope:v1",
    "verify golden",
    "verify golden:v1",
    "verify golden:v1 --key golden/README.md",
    "verify golden:v1 --key nowhere.pub",
    "verify golden:v1 --dir nowhere",
    "trust add golden/README.md",
    "trust add nowhere.pub",
    "trust remove nobody",
    "bom nope:v1",
    "hub --listen 0.0.0.0:5999",
    "dev start",
    "pussh",
    "pack",
    "pack golden --tga a:v1",
    "list --concurrency 0",
    "list 127.0.0.1:1/a --cert a.pem",
    "completion nushell",
];

fn prepare(sandbox: &Sandbox) {
    let link = |target: &str, at: &str| {
        let at = sandbox.work().join(at);
        std::fs::create_dir_all(at.parent().unwrap()).unwrap();
        std::os::unix::fs::symlink(target, at).unwrap();
    };
    let whole = "manifestVersion: 1.0.0\ncode: [{path: .}]\n";
    sandbox.write("golden/models/sub/m.bin", "hello model\n");
    sandbox.write("golden/data/d.csv", "a,b\n1,2\n");
    sandbox.write("golden/README.md", "# readme\n");
    sandbox.write("golden/Kitfile", crate::common::GOLDEN_KITFILE);
    for folder in ["links", "outside", "loops", "inside", "pipe", "rules"] {
        sandbox.write(&format!("{folder}/Kitfile"), whole);
    }
    link("gone", "links/a");
    link("../golden/README.md", "outside/a");
    link("a", "loops/a");
    sandbox.write("inside/b", "b");
    link("b", "inside/a");
    sandbox.write("rules/.kitignore", "[\n");
    sandbox.write("latin1", b"manifestVersion: 1.0.0\npackage: {name: \xe9}\n");
    sandbox.write("taken.key", "a key");
    std::fs::create_dir(sandbox.work().join("empty")).unwrap();
    assert!(Command::new("mkfifo").arg(sandbox.work().join("pipe/p")).status().unwrap().success());
    sandbox.run(["pack", "golden", "-t", "golden:v1"]).exits(0);
}

/// The run as text, with what differs from machine to machine replaced.
fn shown(sandbox: &Sandbox, title: &str, run: &crate::common::Run) -> String {
    let root = sandbox.work().parent().unwrap().display().to_string();
    let text = format!("$ sealkit {title}\n{run}").replace(&root, "[ROOT]");
    let text = text.replace("--- stdout\n--- stderr\n", "");
    assert!(!text.contains('\u{1b}'), "no escape sequence reaches a pipe: {text}");
    format!("{text}\n")
}

#[test]
fn every_error_says_what_is_wrong_and_what_to_do() {
    let sandbox = Sandbox::new();
    prepare(&sandbox);
    let mut page = String::new();
    for (name, text) in BAD_KITFILES {
        let run = sandbox.run_with(["pack", "golden", "-f", "-"], &[], text);
        assert_eq!(run.code, Some(1), "{name}: {run}");
        let _ = writeln!(page, "{}", shown(&sandbox, &format!("pack golden -f -  # {name}"), &run));
    }
    for line in COMMANDS {
        let run = sandbox.run_with(line.split(' '), &[], "");
        assert!(matches!(run.code, Some(1 | 2)), "{line}: {run}");
        // A verification that can not be finished is a report, not an error.
        let is_report = run.stdout.contains("Could not be verified");
        assert!(is_report || run.stderr.contains("error:"), "{line}: {run}");
        let _ = writeln!(page, "{}", shown(&sandbox, line, &run));
    }
    insta::assert_snapshot!("errors", page);
}

#[test]
fn a_kitfile_that_is_no_text_names_itself() {
    let sandbox = Sandbox::new();
    prepare(&sandbox);
    let run = sandbox.run(["pack", "golden", "-f", "latin1"]).exits(1);
    assert!(run.stderr.contains("`latin1`"), "{run}");
    assert!(run.stdout.is_empty(), "{run}");
}

#[test]
fn a_wrong_environment_names_its_variable() {
    let sandbox = Sandbox::new();
    prepare(&sandbox);
    let run = sandbox.run_with(["pack", "golden"], &[("SOURCE_DATE_EPOCH", "soon")], "").exits(1);
    assert!(run.stderr.contains("SOURCE_DATE_EPOCH"), "{run}");
}
