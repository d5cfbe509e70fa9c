//! `save` and `load`: one file for machines without a network.

use std::path::Path;
use std::process::{Command, Stdio};

use crate::common::{Run, Sandbox, finish, peer};
use sealkit_testkit::{TarBuilder, TarHeader};

const KIT: &str = "r.example:5000/org/golden:v1";

fn packed(name: &str) -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.golden();
    sandbox.run(["pack", ".", "-t", name]).exits(0);
    sandbox
}

/// The bytes of an archive of the golden kit.
fn saved() -> Vec<u8> {
    let sandbox = packed(KIT);
    sandbox.run(["save", KIT, "-o", "kit.tar"]).exits(0);
    std::fs::read(sandbox.work().join("kit.tar")).unwrap()
}

fn load(archive: &[u8]) -> (Sandbox, Run) {
    let sandbox = Sandbox::new();
    sandbox.write("kit.tar", archive);
    let run = sandbox.run(["load", "-i", "kit.tar"]);
    (sandbox, run)
}

/// Entries of a plain tar archive: name and content.
fn entries(archive: &[u8]) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    let mut rest = archive;
    while rest.len() >= 512 && rest[0] != 0 {
        let name = rest[..100].split(|byte| *byte == 0).next().unwrap();
        let size = std::str::from_utf8(&rest[124..135]).unwrap();
        let size = usize::from_str_radix(size, 8).unwrap();
        let name = String::from_utf8(name.to_vec()).unwrap();
        if rest[156] == b'0' {
            found.push((name, rest[512..512 + size].to_vec()));
        }
        rest = &rest[512 + size.next_multiple_of(512)..];
    }
    found
}

fn rebuilt(entries: &[(String, Vec<u8>)]) -> TarBuilder {
    entries.iter().fold(TarBuilder::new(), |tar, (name, content)| tar.file(name, content))
}

#[test]
fn a_kit_crosses_an_air_gap_with_what_is_attached() {
    let sandbox = packed(KIT);
    let run = sandbox.run(["save", KIT, "-o", "kit.tar"]).exits(0);
    let digest = run.stdout.trim().strip_prefix("Saved ").unwrap().to_owned();
    let archive = std::fs::read(sandbox.work().join("kit.tar")).unwrap();
    let (other, run) = load(&archive);
    let run = run.exits(0);
    assert_eq!(run.stdout, format!("Loaded {KIT}: {digest}\n"));
    assert!(run.stderr.contains("1 attached document came with it"), "{run}");
    assert_eq!(other.run(["inspect", "-q", KIT]).exits(0).stdout.trim(), digest);
    let run = other.run(["copy", "-r", KIT, "oci:out:v1"]).exits(0);
    assert!(run.stderr.contains("with 1 attached document"), "{run}");
    other.run(["fsck"]).exits(0);
    other.run(["gc", "--grace", "0"]).exits(0);
    other.run(["save", KIT, "-o", "again.tar"]).exits(0);
    let again = std::fs::read(other.work().join("again.tar")).unwrap();
    assert_eq!(again, archive, "the same kit gives the same bytes, wherever it is saved");
}

#[test]
fn the_layout_is_the_one_of_the_specification() {
    let entries = entries(&saved());
    let names: Vec<&str> = entries.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names[..2], ["oci-layout", "index.json"]);
    let index: serde_json::Value = serde_json::from_slice(&entries[1].1).unwrap();
    let root = &index["manifests"][0];
    assert_eq!(root["annotations"]["org.opencontainers.image.ref.name"], KIT);
    let manifest = root["digest"].as_str().unwrap().replace(':', "/");
    assert_eq!(names[2], format!("blobs/{manifest}"));
    assert_eq!(index["manifests"].as_array().unwrap().len(), 2, "the file table is listed too");
}

#[test]
fn archives_go_through_pipes() {
    let sandbox = packed("golden:v1");
    let archive = sandbox.command().args(["save", "golden:v1", "-o", "-"]).output().unwrap();
    assert!(archive.status.success());
    sandbox.run(["save", "golden:v1", "-o", "file.tar"]).exits(0);
    assert_eq!(archive.stdout, std::fs::read(sandbox.work().join("file.tar")).unwrap());
    let other = Sandbox::new();
    let mut load = other.command();
    load.args(["load", "-i", "-", "-t", "renamed:v2"]);
    load.stdin(std::fs::File::open(sandbox.work().join("file.tar")).unwrap());
    let run = finish(load.stdout(Stdio::piped())).exits(0);
    assert!(run.stdout.starts_with("Loaded renamed:v2: sha256:"), "{run}");
    let listed = other.run(["list", "--format", "{{.Repo}}"]).exits(0);
    assert_eq!(listed.stdout, "renamed\n", "the other name is not taken");
}

#[test]
fn a_bare_tag_is_no_name() {
    let sandbox = packed("golden:v1");
    sandbox.run(["copy", "golden:v1", "oci:layout:v1"]).exits(0);
    sandbox.run(["copy", "oci:layout:v1", "archive:tag.tar"]).exits(0);
    let (other, run) = load(&std::fs::read(sandbox.work().join("tag.tar")).unwrap());
    let run = run.exits(0);
    assert!(run.stderr.contains("the archive names the kit only `v1`"), "{run}");
    assert!(run.stdout.starts_with("Loaded sha256:"), "{run}");
    assert_eq!(other.run(["list", "--format", "{{.Repo}}"]).exits(0).stdout, "<none>\n");
}

/// The archive is refused for this reason, and nothing of it is in the store.
#[track_caller]
fn refused(archive: &[u8], reason: &str) {
    let (sandbox, run) = load(archive);
    let run = run.exits(2);
    assert!(run.stderr.contains(reason), "{reason}: {run}");
    assert_eq!(sandbox.run(["list", "-q"]).exits(0).stdout, "", "{reason}");
    sandbox.run(["fsck"]).exits(0);
    assert!(!sandbox.work().join("evil").exists());
    assert!(!sandbox.work().parent().unwrap().join("evil").exists());
    let partial = std::fs::read_dir(sandbox.home().join("store/ingest")).unwrap();
    let partial: Vec<_> = partial.filter_map(Result::ok).map(|e| e.file_name()).collect();
    let is_partial = |name: &&std::ffi::OsString| name.to_string_lossy().ends_with(".partial");
    assert!(!partial.iter().any(|name| is_partial(&name)), "{reason}: {partial:?}");
}

#[test]
fn hostile_archives_are_refused_whole() {
    let good = entries(&saved());
    let with = |tar: TarBuilder| tar.finish();
    refused(&with(rebuilt(&good).file("../evil", b"x")), "has a name that is not allowed");
    refused(&with(rebuilt(&good).file("/evil", b"x")), "has a name that is not allowed");
    refused(&with(rebuilt(&good).file("blobs/sha256/../../evil", b"x")), "not allowed");
    let link = TarHeader::symlink("blobs/sha256/link", "/etc/passwd");
    refused(&with(rebuilt(&good).entry(&link, b"")), "only files and folders are allowed");
    let link = TarHeader::hardlink("index.json", "evil");
    refused(&with(TarBuilder::new().entry(&link, b"")), "is a hard link");
    refused(&with(rebuilt(&good).file("index.json", b"{}")), "is there twice");
    refused(&with(rebuilt(&good).file("./oci-layout", b"{}")), "is there twice");
    refused(&with(rebuilt(&good).file("blobs/sha256/zz", b"x")), "is not named by a digest");
    refused(&with(rebuilt(&good).file("blobs/sha512/00", b"x")), "is not named by a digest");
    let huge = TarHeader::file("oci-layout", 1 << 40);
    refused(&with(TarBuilder::new().entry(&huge, b"")), "at most 65536 are read");
    refused(b"this is no archive", "archive ends early");
    refused(&[b'x'; 4096], "wrong checksum");
    let mut trailing = with(rebuilt(&good));
    trailing.extend([1; 512]);
    refused(&trailing, "followed by other data");
}

#[test]
fn incomplete_and_damaged_archives_are_refused_whole() {
    let bytes = saved();
    let good = entries(&bytes);
    for cut in [600, 2000, bytes.len() / 2, bytes.len() - 3000] {
        refused(&bytes[..cut], "");
    }
    for (at, (name, content)) in good.iter().enumerate() {
        let mut without = good.clone();
        without.remove(at);
        let expected = match at {
            0 => "it has no `oci-layout`",
            1 => "it has no `index.json`",
            _ => "is named but is not in it",
        };
        refused(&rebuilt(&without).finish(), expected);
        let mut changed = good.clone();
        let mut content = content.clone();
        if let (Some(last), true) = (content.last_mut(), name.starts_with("blobs/")) {
            *last ^= 1;
            changed[at].1 = content;
            refused(&rebuilt(&changed).finish(), "holds wrong bytes");
        }
    }
}

#[test]
fn an_index_that_lies_is_refused() {
    let good = entries(&saved());
    let mut changed = good.clone();
    for (index, reason) in [
        ("[]", "`index.json` is malformed"),
        (r#"{"schemaVersion":2,"manifests":[]}"#, "it holds no kit"),
        (
            r#"{"schemaVersion":2,"manifests":[{"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":"sha256:0000000000000000000000000000000000000000000000000000000000000000","size":2}]}"#,
            "is named but is not in it",
        ),
        (
            // The empty config of the file table, which is no manifest.
            r#"{"schemaVersion":2,"manifests":[{"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":"sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a","size":2}]}"#,
            "is malformed",
        ),
    ] {
        changed[1].1 = index.as_bytes().to_vec();
        refused(&rebuilt(&changed).finish(), reason);
    }
}

#[test]
fn what_is_attached_to_nothing_is_said() {
    let mut changed = entries(&saved());
    let mut index: serde_json::Value = serde_json::from_slice(&changed[1].1).unwrap();
    index["manifests"].as_array_mut().unwrap().swap(0, 1);
    changed[1].1 = index.to_string().into_bytes();
    changed.push(("manifest.json".to_owned(), b"[]".to_vec()));
    let (_, run) = load(&rebuilt(&changed).finish());
    let run = run.exits(0);
    assert!(run.stderr.contains("1 attached document came with it"), "order means nothing: {run}");
    assert!(run.stderr.contains("1 other files of the archive were left out"), "{run}");
}

#[test]
fn an_archive_that_can_not_be_written_leaves_nothing() {
    let sandbox = packed("golden:v1");
    let run = sandbox.run(["save", "golden:v1", "-o", "no/such/folder.tar"]).exits(2);
    assert!(run.stderr.contains("could not create `no/such/folder.tar`"), "{run}");
    let run = sandbox.run(["save", "nothing:v1", "-o", "out.tar"]).exits(2);
    assert!(run.stderr.contains("could not find kit"), "{run}");
    let left = std::fs::read_dir(sandbox.work()).unwrap().filter_map(Result::ok);
    let left: Vec<_> = left.filter(|e| e.path().extension().is_some_and(|x| x == "tar")).collect();
    assert!(left.is_empty(), "{left:?}");
    let run = sandbox.run(["load", "-i", "nothing.tar"]).exits(2);
    assert!(run.stderr.contains("could not open `nothing.tar`"), "{run}");
}

#[test]
fn skopeo_reads_what_save_writes_and_load_what_skopeo_writes() {
    let Some(skopeo) = peer("SEALKIT_SKOPEO") else { return };
    let sandbox = packed(KIT);
    sandbox.run(["save", KIT, "-o", "kit.tar"]).exits(0);
    let source = format!("oci-archive:kit.tar:{KIT}");
    run_peer(&skopeo, &sandbox, &["copy", &source, "oci:layout:v1"]);
    let run = sandbox.run(["copy", "oci:layout:v1", "from-layout:v1"]).exits(0);
    let kit = sandbox.run(["inspect", "-q", KIT]).exits(0).stdout;
    assert_eq!(run.stdout, format!("Copied {kit}"));
    run_peer(&skopeo, &sandbox, &["copy", "oci:layout:v1", &format!("oci-archive:back.tar:{KIT}")]);
    let (_, run) = load(&std::fs::read(sandbox.work().join("back.tar")).unwrap());
    assert_eq!(run.exits(0).stdout, format!("Loaded {KIT}: {kit}"));
}

fn run_peer(program: &Path, sandbox: &Sandbox, args: &[&str]) {
    let mut command = Command::new(program);
    command.args(["--insecure-policy", "--override-os", "linux"]).args(args);
    finish(command.current_dir(sandbox.work())).exits(0);
}
