//! Files of a person's own: trust, keys, memory, policies. Each is whole, kept by one process at a
//! time, named where it can not be used, and never guessed at.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::thread;

use sealkit_oci::Digest;
use sealkit_ops::bom::read_document;
use sealkit_ops::keys::{Password, PasswordFor, Signer as _, generate, signing_key};
use sealkit_ops::trust::{
    ImportChoice, Role, TrustRoot, TrustedKey, add, add_own, export, import, load, read_public_key,
    remove,
};
use sealkit_ops::{Home, OpsError, output, policy};

use crate::common::{NOW, Stage, key, local, says};
use crate::reading::{Said, one};

fn trusted(number: u8, name: &str) -> TrustedKey {
    TrustedKey::new(key(number).public_key(), name, Role::Signer)
}

fn names(home: &Home) -> Vec<String> {
    let root: TrustRoot = load(home).unwrap();
    let mut names: Vec<String> = root.keys().iter().map(|key| key.name.clone()).collect();
    names.sort();
    names
}

/// A password that is always the same.
#[expect(clippy::unnecessary_wraps, reason = "who is asked may also refuse")]
fn password(_: PasswordFor<'_>) -> Result<Password, OpsError> {
    Ok(b"correct horse".to_vec().into())
}

#[test]
fn many_at_once_lose_nobodys_entry() {
    let stage = Stage::distrusting();
    let home = &stage.context.home;
    thread::scope(|scope| {
        for number in 1..=8 {
            scope.spawn(move || add(home, trusted(number, &format!("k{number}"))).unwrap());
        }
    });
    assert_eq!(names(home), ["k1", "k2", "k3", "k4", "k5", "k6", "k7", "k8"]);
    thread::scope(|scope| {
        for number in 1..=7 {
            scope.spawn(move || remove(home, &format!("k{number}")).unwrap());
        }
    });
    assert_eq!(names(home), ["k8"]);
    let mode = fs::metadata(home.trust()).unwrap().permissions().mode();
    assert_eq!(mode & 0o077, 0, "nobody else reads whom one trusts: {mode:o}");
}

#[test]
fn one_key_has_one_name_and_one_name_one_key() {
    let stage = Stage::distrusting();
    let home = &stage.context.home;
    add(home, trusted(1, "ada")).unwrap();
    let before = fs::read(home.trust()).unwrap();
    for (number, name) in [(1, "ada"), (1, "other"), (2, "ada")] {
        assert!(add(home, trusted(number, name)).is_err(), "{number} {name}");
    }
    for name in ["", " ", "a\nb", "a\u{202e}b", &"x".repeat(300)] {
        assert!(add(home, trusted(3, name)).is_err(), "{name:?}");
    }
    assert_eq!(fs::read(home.trust()).unwrap(), before);
    // One's own key gets a name that is free, once.
    add(home, trusted(4, "self")).unwrap();
    for _ in 0..2 {
        add_own(home, &key(5).public_key()).unwrap();
    }
    assert_eq!(names(home).len(), 3);
    let by_print = key(1).public_key().fingerprint();
    assert_eq!(remove(home, &by_print).unwrap().name, "ada");
    says(remove(home, "ada"), "key-not-trusted", &["`ada`"], "sealkit trust list");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trust_store_that_can_not_be_read_trusts_nobody_and_is_named() {
    let stage = Stage::new();
    stage.sealed("small:v1").await;
    let path = stage.context.home.trust();
    let good = fs::read_to_string(&path).unwrap();
    let unknown_field = good.replacen("\"name\"", "\"onlyFor\": \"x\", \"name\"", 1);
    let twice = good.replacen("\"name\"", "\"name\": \"eve\", \"name\"", 1);
    let later = good.replacen("\"schemaVersion\": 1", "\"schemaVersion\": 2", 1);
    for bad in ["", "{", "[]", "null", &good[..good.len() / 2], &unknown_field, &twice, &later] {
        assert_ne!(bad, good);
        fs::write(&path, bad).unwrap();
        for verb in ["verify", "check", "attest", "lineage", "bom", "files", "boms"] {
            let Said::Error(_, text, _) = one(&stage, &local("small:v1"), verb).await else {
                panic!("{verb} under {bad}");
            };
            assert!(text.contains("trust.json"), "{verb}: {text}");
        }
        // Nor is it replaced by one that names fewer, or more.
        assert!(add(&stage.context.home, trusted(7, "new")).is_err());
        assert!(remove(&stage.context.home, "ada").is_err());
        assert_eq!(fs::read_to_string(&path).unwrap(), bad);
    }
    // What can be read without trust still can.
    assert_eq!(one(&stage, &local("small:v1"), "inspect").await, Said::Yes);
}

#[test]
fn trust_that_is_carried_comes_whole_from_its_signer_and_never_goes_back() {
    let (from, to) = (Stage::distrusting(), Stage::distrusting());
    let (file, older) = (from.path("team.json"), from.path("older.json"));
    add(&from.context.home, trusted(1, "ada")).unwrap();
    assert_eq!(export(&from.context.home, &key(9), NOW - 60, &older).unwrap(), 1);
    add(&from.context.home, trusted(2, "ben")).unwrap();
    assert_eq!(export(&from.context.home, &key(9), NOW, &file).unwrap(), 2);
    let home = &to.context.home;
    let take = |path: &Path, signer: u8, choice| {
        import(home, path, &key(signer).public_key(), choice, NOW + 60)
    };
    let plain = ImportChoice::default();
    says(take(&file, 8, plain), "import-refused", &["team.json"], "another way");
    let dry = take(&file, 9, ImportChoice { dry_run: true, ..plain }).unwrap();
    assert!(!dry.written && names(home).is_empty());
    assert!(take(&file, 9, plain).unwrap().written);
    assert_eq!(names(home), ["ada", "ben"]);
    let again = take(&file, 9, plain).unwrap();
    assert!(!again.written, "all of it is there");
    let dry_again = again.merge;
    says(take(&older, 9, plain), "import-older", &["older.json"], "--insecure-allow-older");
    // A changed byte is refused, or is in what nobody signed and changes nothing.
    let good = fs::read(&file).unwrap();
    for at in (0..good.len()).step_by(good.len() / 60) {
        let mut bad = good.clone();
        bad[at] ^= 1;
        fs::write(&file, &bad).unwrap();
        let taken = take(&file, 9, plain);
        assert!(taken.is_err() || taken.is_ok_and(|one| one.merge == dry_again), "byte {at}");
    }
    assert_eq!(names(home), ["ada", "ben"]);
}

#[test]
fn an_entry_in_the_way_of_carried_trust_keeps_all_of_it_out() {
    let (from, to) = (Stage::distrusting(), Stage::distrusting());
    let file = from.path("team.json");
    add(&from.context.home, trusted(1, "ada")).unwrap();
    add(&from.context.home, trusted(2, "ben")).unwrap();
    export(&from.context.home, &key(9), NOW, &file).unwrap();
    let home = &to.context.home;
    add(home, trusted(3, "ada")).unwrap();
    let before = fs::read(home.trust()).unwrap();
    let signer = key(9).public_key();
    let found = import(home, &file, &signer, ImportChoice::default(), NOW).unwrap();
    assert!(!found.written && found.merge.conflicts.len() == 1, "{found:?}");
    assert_eq!(fs::read(home.trust()).unwrap(), before, "ben did not come alone");
    let replacing = ImportChoice { replace: true, ..ImportChoice::default() };
    assert!(import(home, &file, &signer, replacing, NOW).unwrap().written);
    assert_eq!(names(home), ["ada", "ben"]);
    assert!(load(home).unwrap().get(&key(3).public_key()).is_none());
}

#[test]
fn keys_are_made_once_kept_close_and_opened_by_their_password_alone() {
    let stage = Stage::distrusting();
    let prefix = stage.path("ci");
    let made = generate(&prefix, false, &mut password).unwrap();
    let mode = fs::metadata(&made.private).unwrap().permissions().mode();
    assert_eq!(mode & 0o077, 0, "{mode:o}");
    assert_eq!(read_public_key(&made.public).unwrap(), made.key);
    let before = (fs::read(&made.private).unwrap(), fs::read(&made.public).unwrap());
    says(generate(&prefix, false, &mut password), "key-exists", &["ci.key"], "--force");
    fs::remove_file(&made.private).unwrap();
    says(generate(&prefix, false, &mut password), "key-exists", &["ci.pub"], "--force");
    fs::write(&made.private, &before.0).unwrap();
    let home = &stage.context.home;
    let opened = signing_key(home, Some(&made.private), &mut password).unwrap();
    assert_eq!(opened.key.public_key(), made.key);
    assert!(!opened.own && opened.warnings.len() == 1, "it was written for all to read");
    let mut wrong = |_: PasswordFor<'_>| Ok(b"battery".to_vec().into());
    let refused = signing_key(home, Some(&made.private), &mut wrong);
    says(refused, "wrong-password", &["ci.key"], "password");
    // The public key is no private one, nor is anything else; each is named.
    for text in [&before.1[..], b"", b"-----BEGIN", b"\xff\xfe"] {
        fs::write(&made.private, text).unwrap();
        let error = signing_key(home, Some(&made.private), &mut password).unwrap_err();
        let text = crate::common::whole(&error);
        assert!(text.contains("ci.key"), "{text}");
    }
    for text in [&before.0[..], b"", b"-----BEGIN PUBLIC KEY-----\n!\n-----END PUBLIC KEY-----\n"] {
        fs::write(&made.public, text).unwrap();
        says(read_public_key(&made.public), "key-invalid", &["ci.pub"], ".pub");
    }
}

#[test]
fn ones_own_key_is_made_once_however_many_ask() {
    let stage = Stage::distrusting();
    let home = &stage.context.home;
    let keys: Vec<_> = thread::scope(|scope| {
        let asked: Vec<_> = (0..4)
            .map(|_| scope.spawn(|| signing_key(home, None, &mut password).unwrap()))
            .collect();
        asked.into_iter().map(|one| one.join().unwrap()).collect()
    });
    assert_eq!(keys.iter().filter(|key| key.made).count(), 1);
    let ids: std::collections::BTreeSet<_> =
        keys.iter().map(|key| key.key.public_key().id()).collect();
    assert_eq!(ids.len(), 1);
    assert_eq!(names(home), ["self"]);
    let refuses = &mut |_: PasswordFor<'_>| Err(OpsError::usage("no-password", "nobody is there"));
    says(signing_key(home, None, refuses), "no-password", &[], "");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_memory_that_can_not_be_read_is_not_forgotten() {
    let stage = Stage::new();
    stage.sealed("small:v1").await;
    assert_eq!(one(&stage, &local("small:v1"), "check").await, Said::Yes);
    let path = stage.context.home.dir().join("seen.json");
    for bad in ["", "{}", "[]", "{\"schemaVersion\":2,\"repositories\":{}}"] {
        fs::write(&path, bad).unwrap();
        let Said::Error(code, text, hint) = one(&stage, &local("small:v1"), "check").await else {
            panic!("{bad}");
        };
        assert_eq!(code, "memory-invalid", "{text}");
        assert!(text.contains("seen.json") && hint.is_some(), "{text}");
        assert_eq!(fs::read_to_string(&path).unwrap(), bad);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_of_what_was_sealed_is_needed_and_never_guessed() {
    use sealkit_ops::verify::{VerifyRequest, verify_folder};
    let stage = Stage::new();
    let digest = stage.sealed("small:v1").await;
    let verify = |folder: &str| {
        let (context, dir) = (stage.context.clone(), stage.path(folder));
        async move { verify_folder(&context, &dir, &VerifyRequest::default()).await }
    };
    assert_eq!(verify("project").await.unwrap().digest, Some(digest));
    stage.write("other/a", "a");
    says(verify("other").await, "never-sealed", &["other"], "sealkit seal");
    says(verify("nowhere").await, "not-a-folder", &["nowhere", "does not exist"], "");
    says(verify("other/a").await, "not-a-folder", &["is not a folder"], "");
    let record = stage.context.home.sealed();
    let good = fs::read(&record).unwrap();
    for bad in ["", "{", "{\"schemaVersion\":9,\"folders\":{}}", "{\"schemaVersion\":1}"] {
        fs::write(&record, bad).unwrap();
        says(verify("project").await, "record-malformed", &["sealed.json"], "sealkit seal");
        // Sealing does not throw away what other folders are known by.
        let again = stage.seal("project", "small:v1").await;
        says(again, "record-malformed", &["sealed.json"], "sealkit seal");
        assert_eq!(fs::read_to_string(&record).unwrap(), bad);
    }
    fs::write(&record, good).unwrap();
    verify("project").await.unwrap();
}

#[test]
fn files_that_are_no_policies_facts_or_documents_are_named() {
    let stage = Stage::distrusting();
    let context = &stage.context;
    let default = policy::read_or_default(None).unwrap();
    for (text, code, next) in [
        (&b""[..], "policy-error", "sealkit policy init"),
        (b"rules: []\n", "policy-error", "sealkit policy init"),
        (
            b"schemaVersion: 1\nname: p\nrules: [{id: a, check: {nothing: {}}}]\n",
            "policy-error",
            "sealkit policy init",
        ),
        (b"{", "policy-error", "sealkit policy init"),
        (b"\xff", "policy-error", "sealkit policy init"),
    ] {
        let path = stage.write("p.yaml", text);
        says(policy::read(&path), code, &["p.yaml"], next);
        says(policy::lint(context, &path), code, &["p.yaml"], next);
        says(policy::explain(Some(&path)), code, &["p.yaml"], next);
    }
    for text in [&b""[..], b"{", b"[]", b"{\"schemaVersion\":1}", b"\xff"] {
        let path = stage.write("f.json", text);
        let tried = policy::test(context, &default, &path);
        says(tried, "facts-invalid", &["f.json"], "--save-facts");
        let error = read_document(&path).unwrap_err();
        assert!(crate::common::whole(&error).contains("f.json"), "{error}");
    }
    let nowhere = stage.path("nowhere");
    says(policy::read(&nowhere), "io", &["nowhere"], "");
    says(policy::test(context, &default, &nowhere), "io", &["nowhere"], "");
    says(read_document(&nowhere).map(drop), "io", &["nowhere"], "");
    // The one to start from can be used, and is not written over what is there.
    let path = stage.path("start.yaml");
    policy::init(&path).unwrap();
    assert!(policy::lint(context, &path).unwrap().is_empty());
    assert_eq!(policy::read(&path).unwrap().digest(), &Digest::of(policy::starter().as_bytes()));
    fs::write(&path, "mine").unwrap();
    says(policy::init(&path), "file-exists", &["start.yaml"], "--output");
    assert_eq!(fs::read(&path).unwrap(), b"mine");
}

#[test]
fn an_output_is_there_whole_or_as_it_was() {
    use std::io::Write as _;
    let stage = Stage::distrusting();
    let path = stage.write("out.json", "old");
    let dropped = output::Output::begin(&path).unwrap();
    let mut late = dropped.writer();
    late.write_all(b"half").unwrap();
    drop(dropped);
    assert!(late.write_all(b"more").is_err(), "nobody wants it any more");
    assert_eq!(fs::read(&path).unwrap(), b"old");
    assert_eq!(stage.beside(), ["out.json"], "and nothing lies beside it");
    output::write(&path, b"new").unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"new");
    let inside = stage.path("out.json/x");
    says(output::write(&inside, b"x"), "io", &["out.json"], "");
    says(output::write(&stage.path("no/folder"), b"x"), "io", &["no/folder"], "");
}
