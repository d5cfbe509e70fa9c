//! Layouts that other tools wrote, and other tools that read ours.

#![expect(clippy::unwrap_used, reason = "a test panics on failure")]
#![allow(clippy::print_stdout, reason = "a skipped test says so")]

mod common;

use std::path::Path;
use std::process::{Command, Output};

use common::{REPO, later, manifest, put, refer, store};
use sealkit_oci::{Descriptor, Digest, Target, media_type};
use sealkit_store::{Entry, Expect, GcOptions, Layout, Naming};

fn skopeo(args: &[&str]) -> Option<Output> {
    match Command::new("skopeo").args(args).output() {
        Ok(output) => Some(output),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
            println!("skipped: skopeo is not installed");
            None
        }
        Err(e) => panic!("skopeo: {e}"),
    }
}

fn succeeded(output: &Output) {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

fn tag(name: &str) -> Target {
    Target::Tag(name.to_owned())
}

/// A layout as a tool writes it that knows nothing of ours.
fn foreign(root: &Path, rows: &str) -> Layout {
    std::fs::create_dir_all(root.join("blobs/sha256")).unwrap();
    std::fs::write(root.join("oci-layout"), r#"{"imageLayoutVersion":"1.0.0"}"#).unwrap();
    let index = format!(r#"{{"schemaVersion":2,"x-tool":{{"v":1}},"manifests":[{rows}]}}"#);
    std::fs::write(root.join("index.json"), index).unwrap();
    Layout::open(root, Naming::Plain).unwrap()
}

fn place(root: &Path, bytes: &[u8]) -> Digest {
    let digest = Digest::of(bytes);
    std::fs::write(root.join("blobs/sha256").join(digest.hex()), bytes).unwrap();
    digest
}

fn row(bytes: &[u8], extra: &str) -> String {
    let (kind, digest) = (media_type::OCI_MANIFEST, Digest::of(bytes));
    format!(r#"{{"mediaType":"{kind}","digest":"{digest}","size":{}{extra}}}"#, bytes.len())
}

#[test]
fn a_foreign_layout_without_our_annotations_works() {
    let (_folder, source) = store();
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let kit = manifest(&source, "kit", None);
    let about = manifest(&source, "about", Some(&Descriptor::of(media_type::OCI_MANIFEST, &kit)));
    let name = r#","x-own":[1],"annotations":{"org.opencontainers.image.ref.name":"docker.io/a:b","k":"v"}"#;
    let rows = [row(&kit, name), row(&about, ""), r#"{"odd":true}"#.to_owned()].join(",");
    let layout = foreign(root, &rows);
    for bytes in [&kit[..], &about, b"{}", b"kit", b"about"] {
        place(root, bytes);
    }
    assert_eq!(layout.tags("").unwrap(), ["docker.io/a:b"]);
    let found = layout.manifest("", &tag("docker.io/a:b")).unwrap().unwrap();
    assert_eq!(found.bytes, kit);
    let referrers = layout.referrers("", &found.descriptor.digest, None).unwrap();
    assert_eq!(referrers.len(), 1);
    assert_eq!(referrers[0].artifact_type.as_deref(), Some("application/x-test"));
    layout.tag("", "mine", &found.descriptor.digest, &Expect::Absent).unwrap();
    let text = std::fs::read_to_string(root.join("index.json")).unwrap();
    for kept in [r#""x-tool":{"v":1}"#, r#""x-own":[1]"#, r#"{"odd":true}"#, r#""k":"v""#] {
        assert!(text.contains(kept), "{kept} is gone from {text}");
    }
    assert!(!text.contains("dev.sealkit"), "a plain layout carries no mark of ours: {text}");
    assert_eq!(later(&layout).gc(&GcOptions::default()).unwrap().blobs, []);
    assert_eq!(layout.fsck(true).unwrap().problems, []);
}

#[test]
fn a_foreign_name_that_is_untagged_in_the_store_keeps_its_place() {
    let (_folder, layout) = store();
    let kit = put(&layout, REPO, "kit", None);
    let about = refer(&layout, REPO, "about", &kit);
    // As another tool leaves it: a name and nothing else.
    let name = r#","annotations":{"org.opencontainers.image.ref.name":"localhost/foo:sig"}"#;
    let about_bytes = std::fs::read(layout.blob_path(&about.digest)).unwrap();
    let kit_bytes = std::fs::read(layout.blob_path(&kit.digest)).unwrap();
    let rows = [row(&kit_bytes, ""), row(&about_bytes, name)].join(",");
    let index = format!(r#"{{"schemaVersion":2,"manifests":[{rows}]}}"#);
    std::fs::write(layout.root().join("index.json"), index).unwrap();
    layout.untag(REPO, "sig", &Expect::Any).unwrap();
    let entries = layout.list().unwrap();
    let of_about = entries.iter().find(|e| e.descriptor.digest == about.digest).unwrap();
    assert_eq!(of_about.repository.as_deref(), Some(REPO));
    assert_eq!(of_about.subject.as_ref(), Some(&kit.digest));
    assert_eq!(layout.referrers(REPO, &kit.digest, None).unwrap().len(), 1);
}

#[test]
fn skopeo_reads_the_local_store_and_plain_layouts() {
    for (naming, repository, name) in
        [(Naming::Store, "localhost/foo", "localhost/foo:v1"), (Naming::Plain, "", "v1")]
    {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("layout");
        let layout = Layout::create(&root, naming).unwrap();
        put(&layout, repository, "other", Some("v0"));
        let kit = put(&layout, repository, "kit", Some("v1"));
        let from = format!("oci:{}:{name}", root.display());
        let Some(raw) = skopeo(&["inspect", "--raw", &from]) else { return };
        succeeded(&raw);
        assert_eq!(Digest::of(&raw.stdout), kit.digest, "{name}");
    }
}

#[test]
fn skopeo_copies_out_of_and_into_our_layouts() {
    let folder = tempfile::tempdir().unwrap();
    let ours = Layout::create(folder.path().join("ours"), Naming::Store).unwrap();
    let kit = put(&ours, REPO, "kit", Some("v1"));
    refer(&ours, REPO, "about", &kit);
    let from = format!("oci:{}:{REPO}:v1", ours.root().display());
    let root = folder.path().join("theirs");
    let to = format!("oci:{}:out", root.display());
    let Some(copied) = skopeo(&["copy", "--insecure-policy", &from, &to]) else { return };
    succeeded(&copied);
    let theirs = Layout::open(&root, Naming::Plain).unwrap();
    let found = theirs.manifest("", &tag("out")).unwrap().unwrap();
    assert_eq!(found.descriptor.digest, kit.digest);
    assert_eq!(theirs.fsck(true).unwrap().problems, []);

    let back = format!("oci:{}:localhost/back:v2", ours.root().display());
    succeeded(&skopeo(&["copy", "--insecure-policy", &to, &back]).unwrap());
    let found = ours.resolve(&"back:v2".parse().unwrap()).unwrap().unwrap();
    assert_eq!(found.descriptor.digest, kit.digest);
    let kept = |entry: &Entry| entry.tags == ["v1"] && entry.repository.as_deref() == Some(REPO);
    assert!(ours.list().unwrap().iter().any(kept), "skopeo's rewrite lost an entry");
    assert_eq!(ours.referrers(REPO, &kit.digest, None).unwrap().len(), 1);
    assert_eq!(ours.fsck(true).unwrap().problems, []);
}

#[cfg(unix)]
#[test]
fn pipes_in_the_place_of_documents_are_not_waited_for() {
    for name in ["oci-layout", "index.json"] {
        let dir = tempfile::tempdir().unwrap();
        foreign(dir.path(), "");
        let path = dir.path().join(name);
        std::fs::remove_file(&path).unwrap();
        assert!(Command::new("mkfifo").arg(&path).status().unwrap().success());
        let (tell, told) = std::sync::mpsc::channel();
        let root = dir.path().to_owned();
        std::thread::spawn(move || {
            let opened = Layout::open(root, Naming::Plain);
            let listed = opened.and_then(|layout| layout.list());
            let _ = tell.send(listed.map(drop).map_err(|error| error.to_string()));
        });
        let answer = told.recv_timeout(std::time::Duration::from_secs(10));
        assert!(answer.unwrap().unwrap_err().contains(name));
    }
}
