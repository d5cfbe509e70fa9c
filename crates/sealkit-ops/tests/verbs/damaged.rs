//! A local store with damage in it: judges never say yes, no verb panics or gives away what is not
//! what was sealed, and mended it is as before.

use std::fs;
use std::path::Path;

use sealkit_oci::Digest;
use sealkit_ops::Place;

use crate::common::{Stage, local, overwrite, says};
use crate::reading::{Said, VERBS, every, one};

/// What becomes of a blob.
type Damage = fn(&Path, &[u8]);

const DAMAGES: &[(&str, Damage)] = &[
    ("gone", |path, _| fs::remove_file(path).unwrap()),
    ("empty", |path, _| overwrite(path, b"")),
    ("cut", |path, good| overwrite(path, &good[..good.len() / 2])),
    ("longer", |path, good| overwrite(path, &[good, b"\n"].concat())),
    ("one bit", |path, good| {
        let mut bad = good.to_vec();
        bad[good.len() / 2] ^= 1;
        overwrite(path, &bad);
    }),
    ("a folder", |path, _| {
        fs::remove_file(path).unwrap();
        fs::create_dir(path).unwrap();
    }),
];

fn mend(path: &Path, good: &[u8]) {
    let _ = fs::remove_dir(path);
    overwrite(path, good);
}

/// Blobs without which a sealed kit is no less than it was: the empty config of attachments, which
/// says nothing.
fn says_nothing(path: &Path) -> bool {
    let name = path.file_name().unwrap().to_string_lossy().into_owned();
    name == Digest::of(b"{}").hex()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_as_it_was_sealed_gives_every_verb_its_answer() {
    let stage = Stage::new();
    stage.sealed("small:v1").await;
    for (verb, said) in VERBS.iter().zip(every(&stage, &local("small:v1")).await) {
        assert_eq!(said, Said::Yes, "{verb}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn damage_to_any_blob_is_never_a_yes() {
    let stage = Stage::new();
    stage.sealed("small:v1").await;
    let (place, mut wrong) = (local("small:v1"), Vec::new());
    for path in stage.blobs().into_iter().filter(|path| !says_nothing(path)) {
        let good = fs::read(&path).unwrap();
        let name = path.display();
        for (what, damage) in DAMAGES {
            damage(&path, &good);
            for verb in ["verify", "check"] {
                if one(&stage, &place, verb).await == Said::Yes {
                    wrong.push(format!("{what}: {name}, {verb}"));
                }
            }
            mend(&path, &good);
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert_eq!(one(&stage, &place, "check").await, Said::Yes);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_verb_gives_away_what_was_not_sealed() {
    let stage = Stage::new();
    stage.sealed("small:v1").await;
    let (place, mut wrong) = (local("small:v1"), Vec::new());
    let root = stage.root.path().display().to_string();
    for path in stage.blobs() {
        let good = fs::read(&path).unwrap();
        for (what, damage) in DAMAGES.iter().filter(|(what, _)| matches!(*what, "cut" | "one bit"))
        {
            damage(&path, &good);
            // What `file` and `unpack` give away is compared where they run.
            for (verb, said) in VERBS.iter().zip(every(&stage, &place).await) {
                let Said::Error(code, text, _) = &said else { continue };
                let names = ["small:v1", &root, "sha256:"];
                let is_told = names.iter().any(|name| text.contains(name));
                if code.is_empty() || text.contains('\n') || !is_told {
                    wrong.push(format!("{what}, {verb}: {text}"));
                }
            }
            assert_eq!(stage.beside(), ["project"], "{what}: nothing is left");
            mend(&path, &good);
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_index_that_can_not_be_read_is_told_and_kept_as_it_is() {
    let stage = Stage::new();
    stage.sealed("small:v1").await;
    let index = stage.context.home.store().join("index.json");
    let good = fs::read(&index).unwrap();
    for bad in [&b""[..], b"{", b"null", b"[]", b"{\"schemaVersion\":2,\"manifests\":7}", b"\xff"] {
        fs::write(&index, bad).unwrap();
        for (verb, said) in VERBS.iter().zip(every(&stage, &local("small:v1")).await) {
            let Said::Error(code, text, hint) = said else { panic!("{verb}: {said:?}") };
            assert_eq!(code, "store-corrupt", "{verb}: {text}");
            assert!(text.contains("index.json"), "{verb}: {text}");
            assert!(hint.is_some_and(|hint| hint.contains("sealkit fsck")), "{verb}");
        }
        // Nor does a verb that writes begin anew over it.
        says(stage.seal("project", "other:v1").await, "store-corrupt", &["index.json"], "fsck");
        assert_eq!(fs::read(&index).unwrap(), bad, "it can still be mended");
    }
    fs::write(&index, good).unwrap();
    assert_eq!(one(&stage, &local("small:v1"), "verify").await, Said::Yes);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_home_that_is_no_folder_is_told_by_every_verb() {
    let stage = Stage::distrusting();
    stage.project("project");
    stage.write("home", "a file");
    let home = stage.path("home").display().to_string();
    let mut all = every(&stage, &local("small:v1")).await;
    let sealed = stage.seal("project", "small:v1").await;
    all.push(match sealed {
        Ok(_) => Said::Yes,
        Err(error) => {
            use sealkit_report::Hint as _;
            Said::Error(error.code(), crate::common::whole(&error), error.hint())
        }
    });
    for said in all {
        let Said::Error(code, text, _) = said else { panic!("{said:?}") };
        assert_eq!(code, "io", "{text}");
        assert!(text.contains(&home), "{text}");
    }
    assert_eq!(fs::read(stage.path("home")).unwrap(), b"a file");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_nowhere_is_told_with_where_it_was_looked_for() {
    let stage = Stage::new();
    stage.project("project");
    for (place, code) in [
        (local("nowhere:v1"), "kit-not-found"),
        (local(&format!("a@{}", Digest::of(b"nowhere"))), "kit-not-found"),
        (Place::parse("remote://127.0.0.1:1/a:v1", false).unwrap(), "connect"),
    ] {
        for verb in VERBS {
            match one(&stage, &place, verb).await {
                Said::Error(found, text, hint) => {
                    assert_eq!(found, code, "{place}, {verb}: {text}");
                    assert!(hint.is_some(), "{place}, {verb}: {text}");
                }
                // A judge reports what it could not do.
                Said::Unknown if matches!(verb, "verify" | "check") => {}
                other => panic!("{place}, {verb}: {other:?}"),
            }
        }
    }
}
