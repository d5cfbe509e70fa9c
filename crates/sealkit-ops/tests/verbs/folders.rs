//! Folders: what can not be packed is refused by name and leaves nothing, and what changed in a folder
//! that was sealed is never a yes.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use sealkit_ops::pack::{KitfileSource, PackOptions, PackRequest, Stamp, Symlinks, pack};
use sealkit_ops::verify::{VerifyRequest, verify_folder, verify_kit};
use sealkit_report::{Hint as _, Outcome, Verdict};

use crate::common::{Stage, local, reference, says, whole};

fn request(stage: &Stage, folder: &str) -> PackRequest {
    PackRequest {
        dir: stage.path(folder),
        kitfile: KitfileSource::Folder,
        name: Some(reference("kit:v1")),
        options: PackOptions::default(),
        symlinks: Symlinks::Follow,
        stamp: Stamp::default(),
    }
}

fn is_empty(stage: &Stage) -> bool {
    let store = stage.context.store().unwrap();
    store.list().unwrap().is_empty() && stage.blobs().is_empty()
}

/// A Kitfile with this in place of its parts.
fn kitfile(parts: &str) -> String {
    format!("manifestVersion: 1.0.0\npackage: {{name: k}}\n{parts}\n")
}

#[test]
fn kitfiles_that_reach_outside_or_name_nothing_pack_nothing() {
    let stage = Stage::new();
    stage.write("secret", "not of the project");
    stage.write("project/a.txt", "a");
    for (parts, told) in [
        ("code: [{path: ../secret}]", "../secret"),
        ("code: [{path: a/../../secret}]", "secret"),
        ("code: [{path: /etc/passwd}]", "/etc/passwd"),
        ("code: [{path: gone.py}]", "gone.py"),
        ("model: {path: .., parts: []}", ".."),
        ("code: [{path: a.txt}]\ndocs: [{path: ./a.txt}]", "a.txt"),
        ("code: [{path: 'https://x.example/a'}]", "https://x.example/a"),
        ("code: [{path: \"a\\0b\"}]", "a"),
    ] {
        stage.write("project/Kitfile", kitfile(parts));
        let error = pack(&stage.context, &request(&stage, "project")).unwrap_err();
        let text = whole(&error);
        assert!(text.contains(told), "{parts}: {text}");
        assert!(!error.code().is_empty());
        assert!(is_empty(&stage), "{parts}");
    }
}

#[test]
fn kitfiles_that_can_not_be_read_are_told_by_their_name() {
    let stage = Stage::new();
    stage.write("project/a.txt", "a");
    let path = stage.path("project/Kitfile");
    let packed = || pack(&stage.context, &request(&stage, "project")).map(|made| made.tagged);
    says(packed(), "kitfile-not-found", &["project"], "sealkit init");
    for (bytes, code) in [
        (&b""[..], "kitfile"),
        (b"\xff", "not-utf-8"),
        (b"manifestVersion: 1.0.0\nmodel: {path: a\n", "kitfile"),
        (b"- 1\n", "kitfile"),
        (b"a: &a [*a]\n", "kitfile"),
    ] {
        stage.write("project/Kitfile", bytes);
        let error = packed().unwrap_err();
        assert!(error.code().starts_with(code), "{}: {}", error.code(), whole(&error));
        assert!(whole(&error).contains("Kitfile"), "{}", whole(&error));
    }
    fs::write(&path, vec![b'#'; (4 << 20) + 1]).unwrap();
    says(packed(), "file-too-large", &["Kitfile"], "");
    fs::remove_file(&path).unwrap();
    fs::create_dir(&path).unwrap();
    says(packed(), "is-a-folder", &["Kitfile"], "");
    fs::remove_dir(&path).unwrap();
    let made = std::process::Command::new("mkfifo").arg(&path).status().unwrap();
    assert!(made.success());
    says(packed(), "special-file", &["Kitfile"], "");
    fs::remove_file(&path).unwrap();
    says(pack(&stage.context, &request(&stage, "gone")).map(drop), "not-a-folder", &["gone"], "");
    assert!(is_empty(&stage));
}

#[test]
fn links_and_pipes_in_a_part_are_followed_inside_only() {
    let stage = Stage::new();
    stage.write("secret", "not of the project");
    stage.write("project/Kitfile", kitfile("code: [{path: src}]"));
    stage.write("project/src/a.py", "1");
    let link = stage.path("project/src/link");
    for target in ["../../secret", "/etc/hostname", "gone", "link", "../../../../../etc"] {
        symlink(target, &link).unwrap();
        let error = pack(&stage.context, &request(&stage, "project")).unwrap_err();
        assert!(whole(&error).contains("link"), "{target}: {}", whole(&error));
        assert!(is_empty(&stage), "{target}");
        fs::remove_file(&link).unwrap();
    }
    let made = std::process::Command::new("mkfifo").arg(&link).status().unwrap();
    assert!(made.success());
    let error = pack(&stage.context, &request(&stage, "project")).unwrap_err();
    assert!(whole(&error).contains("link"), "{}", whole(&error));
    fs::remove_file(&link).unwrap();
    // One that stays inside is a file of the kit, unless links are refused.
    symlink("a.py", &link).unwrap();
    let refused = PackRequest { symlinks: Symlinks::Refuse, ..request(&stage, "project") };
    let error = pack(&stage.context, &refused).unwrap_err();
    assert!(whole(&error).contains("link"), "{}", whole(&error));
    let made = pack(&stage.context, &request(&stage, "project")).unwrap();
    let files: Vec<_> = made.file_table.entries().map(|(_, file)| file.path.clone()).collect();
    assert!(files.contains(&"src/link".to_owned()), "{files:?}");
}

/// What is done to a folder that was sealed.
type Change = fn(&Path);

const CHANGES: &[(&str, Change)] = &[
    ("a byte", |dir| fs::write(dir.join("train.py"), "print('ho')\n").unwrap()),
    ("same size and time", |dir| {
        let path = dir.join("data/train.csv");
        let time = fs::metadata(&path).unwrap().modified().unwrap();
        fs::write(&path, "a,b\n1,3\n").unwrap();
        fs::File::options().write(true).open(&path).unwrap().set_modified(time).unwrap();
    }),
    ("emptied", |dir| fs::write(dir.join("README.md"), "").unwrap()),
    ("longer", |dir| fs::write(dir.join("README.md"), "# A model\n\n").unwrap()),
    ("gone", |dir| fs::remove_file(dir.join("data/test.csv")).unwrap()),
    ("a folder gone", |dir| fs::remove_dir_all(dir.join("data")).unwrap()),
    ("renamed", |dir| fs::rename(dir.join("data/test.csv"), dir.join("data/other.csv")).unwrap()),
    ("swapped", |dir| {
        let (a, b) = (
            fs::read(dir.join("data/test.csv")).unwrap(),
            fs::read(dir.join("data/train.csv")).unwrap(),
        );
        fs::write(dir.join("data/test.csv"), b).unwrap();
        fs::write(dir.join("data/train.csv"), a).unwrap();
    }),
    ("one more in a part", |dir| fs::write(dir.join("data/more.csv"), "a,b\n").unwrap()),
    ("one more beside", |dir| fs::write(dir.join("evil.py"), "1").unwrap()),
    ("one more hidden", |dir| fs::write(dir.join(".evil.py"), "1").unwrap()),
    ("another Kitfile", |dir| fs::write(dir.join("Kitfile"), "manifestVersion: 1.0.0\n").unwrap()),
    ("no Kitfile", |dir| fs::remove_file(dir.join("Kitfile")).unwrap()),
    ("ignored", |dir| fs::write(dir.join(".kitignore"), "data\n").unwrap()),
    ("a link in its place", |dir| {
        fs::rename(dir.join("train.py"), dir.join("../moved.py")).unwrap();
        symlink("../moved.py", dir.join("train.py")).unwrap();
    }),
    ("a folder in its place", |dir| {
        fs::remove_file(dir.join("train.py")).unwrap();
        fs::create_dir(dir.join("train.py")).unwrap();
    }),
];

/// The files of the project once more, nothing else.
fn mend(stage: &Stage) {
    fs::remove_dir_all(stage.path("project")).unwrap();
    let _ = fs::remove_file(stage.path("moved.py"));
    stage.project("project");
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_changed_in_a_sealed_folder_is_found() {
    let stage = Stage::new();
    stage.sealed("small:v1").await;
    let (mut wrong, dir) = (Vec::new(), stage.path("project"));
    for (what, change) in CHANGES {
        change(&dir);
        let found = verify_folder(&stage.context, &dir, &VerifyRequest::default()).await.unwrap();
        if found.report.verdict() == Verdict::Yes {
            wrong.push(format!("{what}: {:?}", found.report.steps));
        }
        // The kit itself is as it was.
        let blobs = found.report.steps.iter().find(|step| step.id == "blob-digests").unwrap();
        assert_eq!(blobs.outcome, Outcome::Pass, "{what}");
        mend(&stage);
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    let found = verify_folder(&stage.context, &dir, &VerifyRequest::default()).await.unwrap();
    assert_eq!(found.report.verdict(), Verdict::Yes);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_is_held_against_the_kit_that_is_named_and_not_the_last_one() {
    let stage = Stage::new();
    stage.sealed("small:v1").await;
    stage.write("project/train.py", "print('other')\n");
    stage.seal("project", "small:v2").await.unwrap();
    for (name, expected) in [("small:v1", Verdict::No), ("small:v2", Verdict::Yes)] {
        let dir = Some(stage.path("project"));
        let request = VerifyRequest { dir, ..VerifyRequest::default() };
        let found = verify_kit(&stage.context, &local(name), &request).await.unwrap();
        assert_eq!(found.report.verdict(), expected, "{name}: {:?}", found.report.steps);
    }
}
