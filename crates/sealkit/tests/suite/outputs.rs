//! `-o`: a file that is there whole or not at all, wherever the person wants it.
#![cfg(unix)]

use std::fs;
use std::os::unix::fs::{FileTypeExt as _, symlink};
use std::process::Stdio;

use crate::common::Sandbox;
use crate::seal_common::{blobs, run, sealed};

fn names(sandbox: &Sandbox, dir: &str) -> Vec<String> {
    let entries = fs::read_dir(sandbox.work().join(dir)).unwrap();
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// Every command that writes the file after its last argument.
const COMMANDS: [&[&str]; 4] = [
    &["bom", "demo:v1", "-o"],
    &["files", "demo:v1", "-o"],
    &["files", "demo:v1", "train.py", "-o"],
    &["bom", "demo:v1", "--format", "table", "-o"],
];

#[test]
fn an_output_replaces_what_was_there_and_leaves_nothing_beside_it() {
    let sandbox = sealed();
    for command in COMMANDS {
        sandbox.write("out/file", "old");
        run(&sandbox, &[command, &["out/file"]].concat()).exits(0);
        assert_eq!(names(&sandbox, "out"), ["file"]);
        let text = fs::read_to_string(sandbox.work().join("out/file")).unwrap();
        let printed = run(&sandbox, &command[..command.len() - 1]).exits(0).stdout;
        assert_eq!(text.trim_end(), printed.trim_end(), "{command:?}");
    }
}

#[test]
fn an_output_whose_folder_is_missing_is_an_error_that_names_it() {
    let sandbox = sealed();
    for command in COMMANDS {
        let found = run(&sandbox, &[command, &["no/such/file"]].concat()).exits(2);
        assert!(found.stderr.contains("no/such/file"), "{command:?}: {found}");
        assert!(!sandbox.work().join("no").exists());
        fs::create_dir_all(sandbox.work().join("folder")).unwrap();
        let found = run(&sandbox, &[command, &["folder"]].concat()).exits(2);
        assert!(found.stderr.contains("`folder`"), "{command:?}: {found}");
    }
}

#[test]
fn what_fails_leaves_the_old_file() {
    let sandbox = sealed();
    sandbox.write("out/file", "old");
    let json = run(&sandbox, &["files", "demo:v1", "--format", "json"]).exits(0).json();
    let file = json["files"]
        .as_array()
        .unwrap()
        .iter()
        .find(|file| file["path"] == "train.py")
        .unwrap()
        .clone();
    let layer = file["layer"].as_str().unwrap().strip_prefix("sha256:").unwrap().to_owned();
    let blob = blobs(&sandbox).into_iter().find(|path| path.ends_with(&layer)).unwrap();
    let mut bytes = fs::read(&blob).unwrap();
    let at = bytes.windows(5).position(|window| window == b"print").unwrap();
    bytes[at] ^= 1;
    fs::remove_file(&blob).unwrap();
    fs::write(&blob, bytes).unwrap();
    let found = run(&sandbox, &["files", "demo:v1", "train.py", "-o", "out/file"]).exits(2);
    assert!(found.stderr.contains("train.py") || found.stderr.contains(&layer), "{found}");
    assert_eq!(fs::read(sandbox.work().join("out/file")).unwrap(), b"old");
    assert_eq!(names(&sandbox, "out"), ["file"]);
}

#[test]
fn a_link_that_waits_beside_the_output_catches_nothing() {
    let sandbox = sealed();
    sandbox.write("victim", "precious");
    fs::create_dir_all(sandbox.work().join("out")).unwrap();
    let victim = sandbox.work().join("victim");
    for planted in ["file.sealkit-part", "file.part", "file.tmp"] {
        symlink(&victim, sandbox.work().join("out").join(planted)).unwrap();
    }
    for command in COMMANDS {
        run(&sandbox, &[command, &["out/file"]].concat()).exits(0);
        assert_eq!(fs::read(&victim).unwrap(), b"precious", "{command:?}");
    }
}

#[test]
fn standard_output_and_pipes_are_files_too() {
    let sandbox = sealed();
    for command in COMMANDS {
        let printed = run(&sandbox, &command[..command.len() - 1]).exits(0).stdout;
        let found = run(&sandbox, &[command, &["/dev/stdout"]].concat()).exits(0);
        assert_eq!(found.stdout.trim_end(), printed.trim_end(), "{command:?}");
        run(&sandbox, &[command, &["/dev/null"]].concat()).exits(0);
        let null = fs::symlink_metadata("/dev/null").unwrap();
        assert!(null.file_type().is_char_device(), "the device is still one");
    }
}

#[test]
fn an_output_through_a_link_keeps_the_link() {
    let sandbox = sealed();
    sandbox.write("real/bom.json", "old");
    symlink("real/bom.json", sandbox.work().join("link.json")).unwrap();
    run(&sandbox, &["bom", "demo:v1", "-o", "link.json"]).exits(0);
    let link = sandbox.work().join("link.json");
    assert!(link.symlink_metadata().unwrap().is_symlink());
    let text = fs::read_to_string(sandbox.work().join("real/bom.json")).unwrap();
    assert!(text.contains("CycloneDX"), "{text}");
    assert_eq!(names(&sandbox, "real"), ["bom.json"]);
}

#[test]
fn an_interrupted_output_leaves_nothing() {
    let sandbox = Sandbox::new();
    // A registry that accepts and never answers.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let name = format!("{}/org/kit:v1", listener.local_addr().unwrap());
    fs::create_dir_all(sandbox.work().join("out")).unwrap();
    let mut command = sandbox.command();
    command.args(["files", "--remote", "--plain-http", &name, "a.txt", "-o", "out/file"]);
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let (connection, _) = listener.accept().unwrap();
    let id = child.id().to_string();
    let killed = std::process::Command::new("kill").args(["-INT", &id]).status().unwrap();
    assert!(killed.success());
    assert_eq!(child.wait().unwrap().code(), Some(130));
    drop(connection);
    assert_eq!(names(&sandbox, "out"), Vec::<String>::new());
}

#[test]
fn several_outputs_of_one_aibom_are_written_each_in_its_format() {
    let sandbox = sealed();
    let args = ["bom", "demo:v1", "-o", "cyclonedx-json=a.json", "-o", "table=a.txt", "-o", "-"];
    let found = run(&sandbox, &args).exits(0);
    let read = |name: &str| fs::read_to_string(sandbox.work().join(name)).unwrap();
    assert_eq!(found.stdout.trim_end(), read("a.json").trim_end());
    assert!(read("a.txt").starts_with("KIND"), "{}", read("a.txt"));
}

#[test]
fn of_several_outputs_none_is_there_where_one_can_not_be() {
    let sandbox = sealed();
    fs::create_dir(sandbox.work().join("out")).unwrap();
    let outputs = ["-o", "cyclonedx-json=out/a", "-o", "html=out/b", "-o", "spdx3-json=no/such"];
    let found = run(&sandbox, &[&["bom", "demo:v1"], &outputs[..]].concat()).exits(2);
    assert!(found.stderr.contains("no/such"), "{found}");
    assert_eq!(names(&sandbox, "out"), [""; 0]);
    run(&sandbox, &[&["bom", "demo:v1"], &outputs[..4]].concat()).exits(0);
    assert_eq!(names(&sandbox, "out"), ["a", "b"]);
}

#[test]
fn a_disk_that_is_full_is_named_with_the_file() {
    let sandbox = sealed();
    let found = run(&sandbox, &["bom", "demo:v1", "--fresh", "-o", "/dev/full"]).exits(2);
    assert!(found.stderr.contains("/dev/full") && found.stderr.contains("No space"), "{found}");
}
