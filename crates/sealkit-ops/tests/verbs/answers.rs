//! What verbs answer about a kit that is as it should be.

use std::fs;
use std::sync::Arc;

use sealkit_oci::{Digest, FileKind, KitFormat};
use sealkit_ops::diff::{FileChange, diff};
use sealkit_ops::files::{Proof, TableTrust, list_files};
use sealkit_ops::inspect::{InfoFormat, info, inspect};
use sealkit_ops::list::{list_local, list_remote};
use sealkit_ops::tags::{RemoveRequest, history, remove, remove_remote, tag};
use sealkit_ops::transfer::{CopyRequest, ReferrerPolicy, copy, pull, push};
use sealkit_ops::verify::SealedTables;
use sealkit_ops::{OpsError, Place};
use sealkit_report::Verdict;
use sealkit_testkit::TestRegistry;

use crate::common::{Stage, key, local, reference, says};
use crate::reading::{Said, one};

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_sealed_anywhere_by_anybody_is_the_same_kit() {
    let (here, there) = (Stage::new(), Stage::distrusting());
    let first = here.sealed("small:v1").await;
    there.project("elsewhere");
    let mut request = Stage::request(&there.path("elsewhere"), "other/name:v2");
    request.key = key(2);
    let second = sealkit_ops::seal::seal(&there.context, request).await.unwrap();
    assert_eq!(second.digest, first);
    // The key that sealed vouches for the run that sealed, whoever is trusted later.
    assert_eq!(second.verification.report.verdict(), Verdict::Yes);
    assert_eq!(one(&there, &local("other/name:v2"), "verify").await, Said::Unknown);
    // Once more under the same key: not one blob is new.
    let before = here.blobs();
    assert_eq!(here.seal("project", "small:v1").await.unwrap().digest, first);
    assert_eq!(here.blobs(), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_changed_byte_in_any_file_is_another_kit() {
    let stage = Stage::new();
    let first = stage.sealed("small:v1").await;
    for path in ["models/m.safetensors", "data/train.csv", "data/test.csv", "train.py", "README.md"]
    {
        let path = stage.path("project").join(path);
        let good = fs::read(&path).unwrap();
        let mut bad = good.clone();
        *bad.last_mut().unwrap() ^= 1;
        fs::write(&path, bad).unwrap();
        assert_ne!(stage.seal("project", "changed:v1").await.unwrap().digest, first, "{path:?}");
        fs::write(&path, good).unwrap();
    }
    assert_eq!(stage.seal("project", "changed:v1").await.unwrap().digest, first);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kit_says_the_same_of_itself_wherever_it_is() {
    let (stage, registry) = (Stage::new(), TestRegistry::start().await);
    let remote = stage.published(&registry).await;
    let Place::Remote(name) = &remote else { panic!() };
    let layout = Place::Layout { dir: stage.path("layout"), target: None };
    let request = CopyRequest {
        source: remote.clone(),
        destination: layout.clone(),
        recursive: true,
        format: None,
    };
    copy(&stage.context, &request).await.unwrap();
    let of = |place: Place| {
        let context = stage.context.clone();
        async move { inspect(&context, &place).await.unwrap() }
    };
    let (here, there, aside) =
        (of(Place::Local(name.clone())).await, of(remote).await, of(layout).await);
    for other in [&there, &aside] {
        assert_eq!(other.digest, here.digest);
        assert_eq!(other.manifest, here.manifest);
        assert_eq!(other.kitfile, here.kitfile);
    }
    assert_eq!(here.cli_version, "sealkit");
    let keys: Vec<_> =
        serde_json::to_value(&here).unwrap().as_object().unwrap().keys().cloned().collect();
    assert_eq!(keys.len(), 4, "{keys:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn nodes_of_a_kitfile_are_given_or_refused_by_name() {
    let stage = Stage::new();
    stage.sealed("small:v1").await;
    let ask = |filter: &'static str, format| {
        let context = stage.context.clone();
        async move { info(&context, &local("small:v1"), Some(filter), format).await }
    };
    for filter in [".model.name", "model.name"] {
        assert_eq!(ask(filter, InfoFormat::Yaml).await.unwrap().trim(), "m");
        assert_eq!(ask(filter, InfoFormat::Json).await.unwrap().trim(), "\"m\"");
    }
    for format in [InfoFormat::Yaml, InfoFormat::Json] {
        for gone in [".nothing", ".model.nothing", ".model.name.more", "Model"] {
            says(ask(gone, format).await, "node-not-found", &[gone], "sealkit info");
        }
        for bad in ["", ".", "..", ".model.", ".model..name"] {
            says(ask(bad, format).await, "node-malformed", &[bad], ".model.name");
        }
    }
}

fn sealed_tables(stage: &Stage) -> Arc<dyn TableTrust> {
    Arc::new(SealedTables::new(&stage.context).unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn files_are_listed_with_what_vouches_for_them() {
    let (stage, registry) = (Stage::new(), TestRegistry::start().await);
    let place = stage.published(&registry).await;
    let found = list_files(&stage.context, place.clone(), &sealed_tables(&stage)).await.unwrap();
    assert_eq!(found.proof, Proof::TrustedTable);
    let files = found.files.iter().filter(|file| file.kind == FileKind::File);
    let told: Vec<_> =
        files.map(|file| (file.path.as_str(), file.size, file.part.as_deref())).collect();
    let model = fs::metadata(stage.path("project/models/m.safetensors")).unwrap().len();
    for expected in [
        ("models/m.safetensors", model, Some("models/m.safetensors")),
        ("data/test.csv", 8, Some("data")),
        ("data/train.csv", 8, Some("data")),
        ("train.py", 12, Some("train.py")),
        ("README.md", 10, Some("README.md")),
    ] {
        assert!(told.contains(&expected), "{expected:?}: {told:?}");
    }
    for file in found.files.iter().filter(|file| file.kind == FileKind::File) {
        let bytes = fs::read(stage.path("project").join(&file.path)).unwrap();
        assert_eq!(file.digest, Some(Digest::of(&bytes)), "{}", file.path);
    }
    assert!(registry.blob_bytes_served() > 0);
    // Whoever trusts nobody is told so, and never that it is proven.
    let other = Stage::distrusting();
    let found = list_files(&other.context, place, &sealed_tables(&other)).await.unwrap();
    assert!(!found.proof.is_proven(), "{:?}", found.proof);
    assert_eq!(found.files.iter().filter(|file| file.kind == FileKind::File).count(), 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_difference_names_fields_parts_and_files() {
    let stage = Stage::new();
    stage.sealed("small:v1").await;
    stage.write("project/data/new.csv", "a,b\n5,6\n");
    fs::remove_file(stage.path("project/data/test.csv")).unwrap();
    stage.write("project/train.py", "print('other')\n");
    let kitfile = fs::read_to_string(stage.path("project/Kitfile")).unwrap();
    stage.write(
        "project/Kitfile",
        kitfile.replace("version: 1.0.0, license", "version: 1.1.0, license"),
    );
    stage.seal("project", "small:v2").await.unwrap();
    let trust = sealed_tables(&stage);
    let found = diff(&stage.context, local("small:v1"), local("small:v2"), &trust).await.unwrap();
    let fields: Vec<_> = found.kitfile.iter().map(|field| field.path.as_str()).collect();
    assert_eq!(fields, ["package.version"]);
    let parts: Vec<_> = found.parts.iter().map(|part| part.path.as_str()).collect();
    assert_eq!(parts.len(), 2, "{parts:?}");
    assert!(parts.contains(&"data") && parts.contains(&"train.py"), "{parts:?}");
    assert!(!found.unproven_files && !found.is_same() && !found.is_identical());
    // The other way round each change is its opposite.
    let back = diff(&stage.context, local("small:v2"), local("small:v1"), &trust).await.unwrap();
    assert_eq!(back.kitfile[0].old, found.kitfile[0].new);
    assert_eq!(back.kitfile[0].new, found.kitfile[0].old);
    let paths = |all: &[FileChange]| all.iter().map(|one| one.path.clone()).collect::<Vec<_>>();
    assert_eq!(paths(&found.files.added), ["data/new.csv"]);
    assert_eq!(paths(&found.files.removed), ["data/test.csv"]);
    assert_eq!(paths(&back.files.added), paths(&found.files.removed));
    assert_eq!(paths(&back.files.removed), paths(&found.files.added));
    let same = diff(&stage.context, local("small:v1"), local("small:v1"), &trust).await.unwrap();
    assert!(same.is_identical() && same.is_same() && same.files.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kit_in_the_other_format_and_back_is_the_same_kit() {
    let stage = Stage::new();
    let digest = stage.sealed("small:v1").await;
    let convert = |from: &str, to: &str, format| {
        let (source, destination) = (local(from), local(to));
        let request = CopyRequest { source, destination, recursive: true, format: Some(format) };
        let context = stage.context.clone();
        async move { copy(&context, &request).await.unwrap() }
    };
    let there = convert("small:v1", "pack:v1", KitFormat::ModelPack).await;
    assert!(there.converted);
    assert_ne!(there.moved.digest, digest);
    // What was said of the old manifest is not said of the new one.
    assert!(there.moved.warnings.iter().any(|text| text.contains("do not hold")), "{there:?}");
    assert_eq!(one(&stage, &local("pack:v1"), "verify").await, Said::Unknown);
    let back = convert("pack:v1", "back:v1", KitFormat::ModelKit).await;
    assert_eq!(back.moved.digest, digest);
    let same = convert("small:v1", "same:v1", KitFormat::ModelKit).await;
    assert!(!same.converted);
    assert_eq!(one(&stage, &local("same:v1"), "verify").await, Said::Yes);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_with_another_digest_takes_no_kit() {
    let (stage, registry) = (Stage::new(), TestRegistry::start().await);
    let digest = stage.sealed("small:v1").await;
    let other = Digest::of(b"other").to_string();
    let copied = |destination: Place| {
        let request =
            CopyRequest { source: local("small:v1"), destination, recursive: false, format: None };
        let context = stage.context.clone();
        async move { copy(&context, &request).await }
    };
    let wrong = [digest.to_string(), other.clone()];
    let wrong: Vec<&str> = wrong.iter().map(String::as_str).collect();
    says(copied(local(&format!("a@{other}"))).await, "digest-differs", &wrong, "");
    let layout =
        Place::parse(&format!("oci:{}@{other}", stage.path("l").display()), false).unwrap();
    says(copied(layout).await, "digest-differs", &wrong, "");
    let from = reference("small:v1");
    let there = reference(&format!("{}/a@{other}", registry.host()));
    let there = push(&stage.context, &from, &there, ReferrerPolicy::Leave).await;
    says(there, "digest-differs", &wrong, "");
    assert!(registry.log().matching("PUT", "/manifests/").is_empty());
    let nowhere = reference("a:v1");
    let remote = push(&stage.context, &from, &nowhere, ReferrerPolicy::Leave).await;
    says(remote, "no-registry", &["a:v1"], "registry.example.com/a:v1");
    says(copied(Place::Folder("x".into())).await, "not-a-repository", &["x"], "");
    assert_eq!(list_local(&stage.context, &[]).await.unwrap().len(), 1);
}

fn removal(text: &str, force: bool) -> RemoveRequest {
    RemoveRequest { reference: Some(reference(text)), force, ..RemoveRequest::default() }
}

fn names(removed: Result<Vec<sealkit_ops::tags::Removed>, OpsError>) -> Vec<String> {
    removed.unwrap().into_iter().map(|one| one.name).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn several_names_of_one_kit_go_at_once_or_not_at_all() {
    let (stage, registry) = (Stage::new(), TestRegistry::start().await);
    stage.sealed("small:v1").await;
    let context = &stage.context;
    let here = || {
        let found = sealkit_store::Layout::list(&context.store().unwrap()).unwrap();
        let mut tags: Vec<String> = found.into_iter().flat_map(|entry| entry.tags).collect();
        tags.sort();
        tags
    };
    for force in [false, true] {
        tag(context, &reference("small:v1"), &reference("small:v2")).unwrap();
        // One that is not there keeps the others.
        says(
            remove(context, &removal("small:v1,nope", force)),
            "kit-not-found",
            &["small:nope"],
            "sealkit list",
        );
        assert_eq!(here(), ["v1", "v2"], "force {force}");
        assert_eq!(
            names(remove(context, &removal("small:v1,v2", force))),
            ["small:v1", "small:v2"]
        );
        assert!(here().is_empty(), "force {force}");
        stage.seal("project", "small:v1").await.unwrap();
    }
    let name = format!("{}/org/kit", registry.host());
    for force in [false, true] {
        for tag in ["v1", "v2"] {
            let there = reference(&format!("{name}:{tag}"));
            push(context, &reference("small:v1"), &there, ReferrerPolicy::Leave).await.unwrap();
        }
        let gone = remove_remote(context, &removal(&format!("{name}:v1,nope"), force)).await;
        says(gone, "kit-not-found", &["nope"], "");
        let both = remove_remote(context, &removal(&format!("{name}:v1,v2"), force)).await;
        assert_eq!(names(both), [format!("{name}:v1"), format!("{name}:v2")], "force {force}");
        let left = list_remote(context, &reference(&name), &[]).await.unwrap_or_default();
        assert!(left.is_empty(), "force {force}: {left:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_says_what_would_go_and_takes_nothing() {
    let (stage, registry) = (Stage::new(), TestRegistry::start().await);
    let place = stage.published(&registry).await;
    let name = place.to_string();
    let dry = |force| RemoveRequest { dry_run: true, ..removal(&name, force) };
    for force in [false, true] {
        assert_eq!(names(remove(&stage.context, &dry(force))), [name.as_str()]);
        assert_eq!(names(remove_remote(&stage.context, &dry(force)).await), [name.as_str()]);
    }
    assert_eq!(one(&stage, &local(&name), "verify").await, Said::Yes);
    assert_eq!(one(&stage, &place, "verify").await, Said::Yes);
    says(remove_remote(&stage.context, &RemoveRequest::default()).await, "no-reference", &[], "");
    says(
        remove_remote(&stage.context, &removal("a:v1", false)).await,
        "no-registry",
        &["a:v1"],
        "",
    );
    says(remove(&stage.context, &removal("a", false)), "no-target", &["`a`"], "a:latest");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_history_of_a_name_tells_every_move_in_order() {
    let stage = Stage::new();
    let first = stage.sealed("localhost/localhost/small:v1").await;
    stage.write("project/train.py", "print('other')\n");
    let second = stage.seal("project", "localhost/localhost/small:v1").await.unwrap().digest;
    remove(&stage.context, &removal("localhost/localhost/small:v1", false)).unwrap();
    let moves = history(&stage.context, &reference("localhost/localhost/small:v1")).unwrap();
    let told: Vec<_> = moves.iter().map(|one| (one.old.clone(), one.new.clone())).collect();
    let expected =
        [(None, Some(first.clone())), (Some(first), Some(second.clone())), (Some(second), None)];
    assert_eq!(told, expected);
    // The name is the one that was typed, however it begins.
    let typed = "localhost/localhost/small:v1";
    assert!(moves.iter().all(|one| one.reference == typed), "{moves:?}");
    assert!(history(&stage.context, &reference("other:v1")).unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_pulled_is_what_was_pushed_with_all_that_is_attached() {
    let (stage, registry) = (Stage::new(), TestRegistry::start().await);
    let place = stage.published(&registry).await;
    let Place::Remote(name) = &place else { panic!() };
    let (fresh, bare) = (Stage::new(), Stage::new());
    let pulled = pull(&fresh.context, name, ReferrerPolicy::Require).await.unwrap();
    assert_eq!((pulled.len(), pulled[0].moved.attached), (1, 5));
    assert_eq!(one(&fresh, &Place::Local(name.clone()), "check").await, Said::Yes);
    // Without what is attached it is the same kit, of which nothing is proven.
    let alone = pull(&bare.context, name, ReferrerPolicy::Leave).await.unwrap();
    assert_eq!((&alone[0].moved.digest, alone[0].moved.attached), (&pulled[0].moved.digest, 0));
    assert_eq!(one(&bare, &Place::Local(name.clone()), "verify").await, Said::Unknown);
    // The second time nothing moves.
    let again = pull(&fresh.context, name, ReferrerPolicy::Require).await.unwrap();
    assert_eq!((again[0].moved.layers_there, again[0].moved.layers), (4, 4));
}
