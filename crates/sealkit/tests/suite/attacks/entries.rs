//! Cases 28 and 29: archives that leave their folder, bring links and devices, or two names for one
//! file. The signer is trusted and every digest is right: the entries alone are evil.

use sealkit_oci::{Descriptor, Manifest, Raw, media_type};
use sealkit_testkit::{Kit, KitBuilder, TarBuilder, TarHeader};

use super::stage::{Stage, failed, key, refused, signed, statement};

/// A kit whose first layer is this archive, with all digests right.
fn kit(archive: Vec<u8>) -> Kit {
    let mut kit = KitBuilder::small("kit").build();
    let old = kit.manifest.value().layers()[0].clone();
    let mut layer = Descriptor::of(old.media_type.clone(), &archive);
    layer.annotations = old.annotations.clone();
    layer.annotations.remove(media_type::ANNOTATION_FILEPATH);
    let config = String::from_utf8(kit.config).unwrap();
    let config = config.replace(&old.digest.to_string(), &layer.digest.to_string());
    // The whole folder: whatever is in the archive is in its part.
    assert!(config.contains("\"model.bin\""));
    let config = config.replace("\"model.bin\"", "\".\"").into_bytes();
    let mut layers = kit.manifest.value().layers().to_vec();
    layers[0] = layer;
    let manifest = Manifest {
        config: Descriptor::of(media_type::MODELKIT_CONFIG, &config),
        layers: Some(layers),
        ..kit.manifest.value().clone()
    };
    kit.layers[0] = archive;
    kit.manifest = Raw::build(media_type::OCI_MANIFEST, manifest).unwrap();
    kit.config = config;
    kit
}

/// A stage whose kit has this archive and is signed by `ana`.
async fn evil(archive: Vec<u8>) -> Stage {
    let stage = Stage::with(kit(archive)).await;
    let statement = statement(stage.digest());
    stage.attach(&signed(&key("ana"), sealkit_attest::IN_TOTO_PAYLOAD, &statement)).await;
    stage
}

/// Neither `verify` nor `unpack` takes it, and nothing is written outside.
async fn refuses(archive: Vec<u8>, code: &str) {
    let stage = evil(archive).await;
    let run = refused(stage.verify(), 1, "safe-entries", code);
    let step = super::stage::step(&run, "signature");
    assert_eq!(step["outcome"], "pass", "the signature is right, the archive is not: {run}");
    stage.sandbox.run(["pull", &stage.name(), "--plain-http"]).exits(0);
    let name = stage.name();
    let args = ["unpack", &name, "-d", "deep/out", "--log-level", "debug"];
    failed(stage.sandbox.run(args), 1, code);
    let left: Vec<_> = walk(&stage.sandbox.work());
    assert_eq!(left, ["ana.pub"], "nothing is left anywhere");
}

fn walk(dir: &std::path::Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(dir).unwrap().flatten() {
        if entry.file_type().unwrap().is_dir() {
            found.extend(walk(&entry.path()));
        } else {
            found.push(entry.file_name().to_string_lossy().into_owned());
        }
    }
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sound_archive_passes() {
    let stage = evil(TarBuilder::new().folder("d/").file("d/a", b"x").finish()).await;
    let run = stage.verify().exits(0);
    assert_eq!(super::stage::step(&run, "safe-entries")["outcome"], "pass", "{run}");
}

#[tokio::test(flavor = "multi_thread")]
async fn links_pipes_and_devices_are_unsafe_entries() {
    let kind = |kind| TarHeader { kind, ..TarHeader::file("evil", 0) };
    for header in [
        TarHeader::symlink("evil", "/etc/passwd"),
        TarHeader::symlink("evil", "../../outside"),
        TarHeader::symlink("evil", "evil"),
        TarHeader::symlink("evil", "."),
        TarHeader::hardlink("evil", "../../outside"),
        kind(b'3'),
        kind(b'4'),
        kind(b'6'),
    ] {
        let archive = TarBuilder::new().file("fine", b"x").entry(&header, b"").finish();
        refuses(archive, "unsafe-entry").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn names_that_leave_the_folder_are_unsafe_paths() {
    for name in ["../evil", "a/../../evil", "/tmp/evil", "a\\evil", "C:\\evil", "C:evil"] {
        refuses(TarBuilder::new().file(name, b"x").finish(), "unsafe-path").await;
        refuses(TarBuilder::new().folder(name).finish(), "unsafe-path").await;
    }
    let nul = TarBuilder::new().pax(&[("path", "a\0b")]).file("x", b"").finish();
    refuses(nul, "unsafe-path").await;
    let raw = TarHeader { name: vec![b'a', 0xff, b'b'], ..TarHeader::file("x", 0) };
    refuses(TarBuilder::new().entry(&raw, b"").finish(), "unsafe-path").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_names_of_one_file_collide() {
    for (one, other) in [
        ("a/b", "a//b"),
        ("README", "readme"),
        ("caf\u{e9}", "cafe\u{301}"),
        ("a", "a."),
        ("a/b", "a./b"),
        ("a", "a/b"),
        ("a", "a"),
    ] {
        let archive = TarBuilder::new().file(one, b"1").file(other, b"2").finish();
        refuses(archive, "path-collision").await;
    }
}

/// The same across layers: the other layers of the kit hold `data.csv` and `README.md`.
#[tokio::test(flavor = "multi_thread")]
async fn a_layer_may_not_replace_a_file_of_another() {
    for name in ["README.md", "ReadMe.md", "data.csv/x"] {
        refuses(TarBuilder::new().file(name, b"evil").finish(), "path-collision").await;
    }
}

/// What follows the end of an archive is read by some and not by others.
#[tokio::test(flavor = "multi_thread")]
async fn an_archive_behind_the_archive_is_refused() {
    let mut archive = TarBuilder::new().file("a", b"x").finish();
    archive.extend(TarBuilder::new().file("../evil", b"x").finish());
    let stage = evil(archive).await;
    refused(stage.verify(), 1, "safe-entries", "layer-malformed");
}
