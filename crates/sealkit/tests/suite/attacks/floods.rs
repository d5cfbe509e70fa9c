//! Case 34: registries that give too much, have no end, or send credentials elsewhere.

use std::time::{Duration, Instant};

use sealkit_oci::{Digest, media_type};
use sealkit_testkit::{Auth, Instead, TestRegistry};
use serde_json::json;

use super::stage::{Stage, refused};

/// A list of `count` attached manifests, none of which is there.
fn list(count: usize) -> Vec<u8> {
    let entries: Vec<_> = (0..count)
        .map(|at| {
            json!({ "mediaType": media_type::OCI_MANIFEST, "size": 500,
                "digest": Digest::of(at.to_string().as_bytes()).to_string() })
        })
        .collect();
    let index =
        json!({ "schemaVersion": 2, "mediaType": media_type::OCI_INDEX, "manifests": entries });
    serde_json::to_vec(&index).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_attached_documents_are_a_limit_and_no_yes() {
    let stage = Stage::signed().await;
    let path = format!("/referrers/{}", stage.digest());
    stage.registry.faults().set(|faults| {
        faults.instead = vec![Instead::bytes(path, media_type::OCI_INDEX, &list(10_000))];
    });
    stage.registry.log().clear();
    let start = Instant::now();
    let run = refused(stage.verify(), 2, "attached-digests", "limit-exceeded");
    assert!(start.elapsed() < Duration::from_mins(1));
    assert!(stage.registry.log().all().len() < 4500, "{}", stage.registry.log().all().len());
    assert!(run.stdout.len() < 1 << 20, "the answer is short: {}", run.stdout.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_without_end_ends() {
    let stage = Stage::signed().await;
    stage.registry.faults().set(|faults| faults.endless_pages = true);
    let run = stage.verify().exits(2);
    let step = super::stage::step(&run, "attached-digests");
    assert_eq!(step["outcome"], "unknown", "{run}");
    assert!(stage.registry.log().matching("GET", "/referrers/").len() < 3000);
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_of_a_list_that_are_too_large_are_not_read() {
    let stage = Stage::signed().await;
    let path = format!("/referrers/{}", stage.digest());
    let mut page = list(1);
    page.resize(20 << 20, b' ');
    stage.registry.faults().set(|faults| {
        faults.instead = vec![Instead::bytes(path, media_type::OCI_INDEX, &page)];
    });
    refused(stage.verify(), 2, "attached-digests", "limit-exceeded");
}

/// A bundle of 100 MB: told by its size, not by reading it.
#[tokio::test(flavor = "multi_thread")]
async fn a_huge_bundle_is_not_fetched() {
    let stage = Stage::signed().await;
    let huge = stage.attach(&vec![b' '; 100_000_000]).await;
    stage.registry.log().clear();
    let run = refused(stage.verify(), 2, "attached-digests", "limit-exceeded");
    assert!(stage.registry.blob_bytes_served() < 1_000_000, "{run}");
    drop(huge);
}

/// The list says 300 bytes, the registry sends and sends.
#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_is_longer_than_it_should_be_is_cut() {
    let stage = Stage::unsigned().await;
    let bundle = b"{\"small\":true}".to_vec();
    stage.attach(&bundle).await;
    let path = format!("/blobs/{}", Digest::of(&bundle));
    stage.registry.faults().set(|faults| {
        let huge = vec![b' '; 64 << 20];
        faults.instead = vec![Instead::bytes(path, "application/octet-stream", &huge)];
    });
    let run = stage.verify();
    assert!(matches!(run.code, Some(1 | 2)), "{run}");
    assert!(
        stage.registry.blob_bytes_served() < 32 << 20,
        "{}",
        stage.registry.blob_bytes_served()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn credentials_do_not_follow_a_redirect_to_another_host() {
    let stage = Stage::signed().await;
    let thief = TestRegistry::over(stage.registry.namespace()).await;
    let (user, password) = ("ana".to_owned(), "very-secret".to_owned());
    stage.registry.faults().set(|faults| {
        faults.auth = Auth::Basic { user: user.clone(), password: password.clone() };
        faults.redirect_blobs = Some(thief.url());
    });
    let host = stage.registry.host();
    let login = ["login", &host, "-u", &user, "--password-stdin", "--plain-http"];
    stage.sandbox.run_with(login, &[], &password).exits(0);
    stage.verify().exits(0);
    let seen = thief.log().all();
    assert!(!seen.is_empty(), "blobs came from there");
    for request in seen {
        assert_eq!(request.header("authorization"), None, "{request:?}");
        assert!(!format!("{request:?}").contains(&password));
    }
}

/// A page of the list on another host is another's list.
#[tokio::test(flavor = "multi_thread")]
async fn the_next_page_on_another_host_is_not_fetched() {
    let stage = Stage::signed().await;
    let thief = TestRegistry::start().await;
    let path = format!("/referrers/{}", stage.digest());
    let mut page = Instead::bytes(path, media_type::OCI_INDEX, &list(1));
    page.headers.push(("link", format!("<{}/v2/x>; rel=\"next\"", thief.url())));
    stage.registry.faults().set(|faults| faults.instead = vec![page]);
    refused(stage.verify(), 2, "attached-digests", "registry-redirect");
    assert!(thief.log().all().is_empty());
}
