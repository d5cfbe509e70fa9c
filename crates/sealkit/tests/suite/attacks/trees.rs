//! Cases 2, 3 and 28 on a folder: files that came, went, were swapped, hidden or replaced by links.

use std::fs;
use std::os::unix::fs::symlink;

use super::stage::refused;
use crate::common::{Run, Sandbox};
use crate::seal_common::{run, sealed};

fn verify(sandbox: &Sandbox) -> Run {
    run(sandbox, &["verify", "demo:v1", "--dir", "project", "--format", "json"])
}

#[track_caller]
fn finds(sandbox: &Sandbox, codes: &[&str], subjects: &[&str]) {
    let mut found = verify(sandbox);
    for code in codes {
        found = refused(found, 1, "folder-files", code);
    }
    let step = super::stage::step(&found, "folder-files");
    for subject in subjects {
        let named = step["subjects"].as_array().unwrap().iter().any(|name| name == subject);
        assert!(named, "{subject}: {found}");
    }
    let again = run(sandbox, &["verify", "./project", "--format", "json"]);
    assert_eq!(again.code, Some(1), "{again}");
}

#[test]
fn two_files_that_changed_places_are_both_named() {
    let sandbox = sealed();
    let dir = sandbox.work().join("project/data");
    fs::rename(dir.join("train.csv"), dir.join("x")).unwrap();
    fs::rename(dir.join("test.csv"), dir.join("train.csv")).unwrap();
    fs::rename(dir.join("x"), dir.join("test.csv")).unwrap();
    finds(&sandbox, &["digest-mismatch"], &["data/train.csv", "data/test.csv"]);
}

#[test]
fn a_file_that_was_renamed_is_missing_and_unsigned() {
    let sandbox = sealed();
    let dir = sandbox.work().join("project/data");
    fs::rename(dir.join("train.csv"), dir.join("Train.csv")).unwrap();
    finds(&sandbox, &["missing-file", "unsigned-file"], &["data/train.csv", "data/Train.csv"]);
}

/// model signing leaves `.git` of the root out; here nothing is left out that a seal does not name.
#[test]
fn hidden_files_and_files_of_git_are_unsigned_files_wherever_they_are() {
    for name in
        ["data/.hidden", "data/.git/x", "data/.gitignore", ".git/hooks/x", ".gitattributes", "..x"]
    {
        let sandbox = sealed();
        sandbox.write(&format!("project/{name}"), "evil");
        finds(&sandbox, &["unsigned-file"], &[name]);
        fs::remove_file(sandbox.work().join("project").join(name)).unwrap();
    }
}

#[test]
fn a_file_that_became_a_link_is_an_unsafe_entry_whatever_it_points_to() {
    let sandbox = sealed();
    let dir = sandbox.work().join("project/data");
    let path = dir.join("train.csv");
    let outside = sandbox.write("same.csv", fs::read(&path).unwrap());
    // A link to a file of the folder is that file, and has its bytes.
    let inside = ("test.csv".into(), "digest-mismatch");
    let unsafe_ones = [outside, "train.csv".into(), "/dev/zero".into(), ".".into()];
    let unsafe_ones = unsafe_ones.into_iter().map(|target| (target, "unsafe-entry"));
    for (target, code) in unsafe_ones.chain([inside]) {
        fs::remove_file(&path).unwrap();
        symlink(&target, &path).unwrap();
        finds(&sandbox, &[code], &["data/train.csv"]);
    }
}

#[test]
fn a_folder_that_became_a_link_hides_nothing() {
    let sandbox = sealed();
    let dir = sandbox.work().join("project/data");
    fs::rename(&dir, sandbox.work().join("elsewhere")).unwrap();
    symlink(sandbox.work().join("elsewhere"), &dir).unwrap();
    let found = verify(&sandbox).exits(1);
    assert!(found.stdout.contains("data"), "{found}");
}

#[test]
fn a_pipe_in_place_of_a_file_is_named_and_not_waited_for() {
    let sandbox = sealed();
    let path = sandbox.work().join("project/data/train.csv");
    fs::remove_file(&path).unwrap();
    let made = std::process::Command::new("mkfifo").arg(&path).status();
    if !made.is_ok_and(|status| status.success()) {
        println!("skipped: no mkfifo");
        return;
    }
    finds(&sandbox, &["unsafe-entry"], &["data/train.csv"]);
}
