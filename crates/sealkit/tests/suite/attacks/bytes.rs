//! Cases 1, 6, 7, 36, 40: other bytes, sizes or types than a digest promises; tags that move.

use sealkit_oci::{Digest, media_type};
use sealkit_testkit::{Instead, KitBuilder};

use super::stage::{Stage, failed, refused, step};

#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_touched_verifies() {
    let stage = Stage::signed().await;
    let run = stage.verify().exits(0);
    assert_eq!(run.json()["verdict"], "yes", "{run}");
    assert!(!run.stdout.contains("mismatch"), "{run}");
}

/// A dataset of the same size as the signed one.
#[tokio::test(flavor = "multi_thread")]
async fn a_dataset_replaced_by_as_many_bytes_is_a_mismatch() {
    let stage = Stage::signed().await;
    let other = KitBuilder::small("kit").dataset("more.csv", b"").build().layers;
    let dataset = stage.kit.manifest.value().layers()[1].clone();
    let mut bytes = stage.kit.layers[1].clone();
    assert_ne!(other[1].len(), 0);
    let at = bytes.iter().position(|byte| *byte == b'2').unwrap();
    bytes[at] = b'9';
    assert_eq!(bytes.len() as u64, dataset.size);
    let path = format!("/blobs/{}", dataset.digest);
    stage.registry.faults().set(|faults| {
        faults.instead = vec![Instead::bytes(&path, "application/octet-stream", &bytes)];
    });
    let run = refused(stage.verify(), 1, "blob-digests", "digest-mismatch");
    assert!(run.stdout.contains(dataset.digest.hex()), "{run}");
    assert!(run.stdout.contains("data.csv"), "the part is named: {run}");
    let pull = ["pull", &stage.name(), "--plain-http", "--log-level", "debug"];
    failed(stage.sandbox.run(pull), 1, "digest-mismatch");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_digest_asked_for_gives_no_other_manifest() {
    let stage = Stage::signed().await;
    let evil = KitBuilder::small("evil").build();
    let digest = stage.digest().to_string();
    let path = format!("/manifests/{digest}");
    stage.registry.faults().set(|faults| {
        let bytes = evil.manifest.bytes();
        faults.instead = vec![Instead::bytes(path, media_type::OCI_MANIFEST, bytes)];
    });
    let pinned = format!("{}/org/kit@{digest}", stage.registry.host());
    let args = ["verify", &pinned, "--remote", "--plain-http", "--key", "ana.pub"];
    let run = stage.sandbox.run([&args[..], &["--format", "json"]].concat());
    refused(run, 1, "manifest-digest", "digest-mismatch");
    let pull = ["pull", &pinned, "--plain-http", "--log-level", "debug"];
    failed(stage.sandbox.run(pull), 1, "digest-mismatch");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_config_of_another_size_is_a_mismatch() {
    let stage = Stage::signed().await;
    let path = format!("/blobs/{}", Digest::of(&stage.kit.config));
    let longer = [stage.kit.config.as_slice(), b" "].concat();
    stage.registry.faults().set(|faults| {
        faults.instead = vec![Instead::bytes(path, "application/octet-stream", &longer)];
    });
    refused(stage.verify(), 1, "config-digest", "size-mismatch");
}

/// The same bytes under another media type are another document.
#[tokio::test(flavor = "multi_thread")]
async fn the_same_bytes_as_an_index_are_no_manifest() {
    let stage = Stage::signed().await;
    let bytes = stage.kit.manifest.bytes().to_vec();
    let as_index = |end: &str| vec![Instead::bytes(end, media_type::OCI_INDEX, &bytes)];
    stage.registry.faults().set(|faults| faults.instead = as_index("/manifests/v1"));
    failed(stage.verify(), 2, "not-a-kit");
    // An attached manifest: it is listed as one thing and given as the other.
    let attached = stage.state("ana", &super::stage::statement(stage.digest())).await;
    assert!(attached.size > 0);
    let path_of = format!("/manifests/{}", attached.digest);
    let client = stage.registry.client();
    stage.registry.faults().clear();
    let reply = client.get(&format!("/v2/org/kit{path_of}")).await;
    stage.registry.faults().set(|faults| {
        faults.instead = vec![Instead::bytes(path_of, media_type::OCI_INDEX, &reply.body)];
    });
    refused(stage.verify(), 1, "attached-digests", "media-type-mismatch");
}

/// The tag is moved after the first look: everything that follows is about the first digest.
#[tokio::test(flavor = "multi_thread")]
async fn a_tag_is_asked_for_once_and_everything_after_by_digest() {
    let stage = Stage::signed().await;
    stage.registry.log().clear();
    let run = stage.verify().exits(0);
    let asked = stage.registry.log().matching("GET", "/manifests/");
    let by_tag: Vec<_> = asked.iter().filter(|seen| seen.path.ends_with("/v1")).collect();
    assert_eq!(by_tag.len(), 1, "{asked:?}");
    assert!(stage.registry.log().matching("HEAD", "/manifests/v1").len() <= 1);
    let digest = stage.digest().to_string();
    assert_eq!(run.json()["digest"], digest.as_str());
    for seen in stage.registry.log().matching("GET", "/referrers/") {
        assert!(seen.path.ends_with(&digest), "{seen:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tag_that_moves_between_two_looks_brings_no_signature_along() {
    let stage = Stage::signed().await;
    let evil = KitBuilder::small("evil").build();
    evil.store(&*stage.registry.repository("org/kit"), None).await;
    let moved = evil.manifest.digest().clone();
    stage.registry.faults().set(|faults| {
        faults.moved_tag = Some(("v1".to_owned(), moved.clone()));
    });
    // HEAD says the signed one, GET gives the other: whatever is taken, it is one of the two.
    let run = refused(stage.verify(), 2, "signatures", "no-signature");
    assert_eq!(run.json()["digest"], moved.to_string().as_str(), "{run}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mutable_reference_is_said_to_be_one_and_its_digest_is_told() {
    let stage = Stage::signed().await;
    let run = stage.verify().exits(0);
    let resolved = step(&run, "resolved");
    assert_eq!(resolved["codes"][0], "mutable-reference", "{run}");
    assert_eq!(resolved["evidence"], stage.digest().to_string().as_str());
    let pinned = format!("{}/org/kit@{}", stage.registry.host(), stage.digest());
    let args = ["verify", &pinned, "--remote", "--plain-http", "--key", "ana.pub"];
    let run = stage.sandbox.run([&args[..], &["--format", "json"]].concat()).exits(0);
    assert!(step(&run, "resolved")["codes"].is_null(), "{run}");
}
