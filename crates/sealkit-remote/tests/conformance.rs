//! The suite of every store, run through the wire.
#![allow(clippy::unwrap_used, reason = "a test that can not set up its stage has failed")]

mod common;

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use sealkit_remote::{Client, ClientOptions, Remote};
use sealkit_store::{Repository, conformance};
use sealkit_testkit::{Auth, TestRegistry};

use common::{basic, chunked, options};

async fn run(registry: &TestRegistry, options: ClientOptions) {
    let client = Arc::new(Client::new(options));
    let count = AtomicU32::new(0);
    conformance::run_all(|| {
        let name = format!("conf/r{}", count.fetch_add(1, Ordering::Relaxed));
        let remote = Remote::new(&registry.host(), &name, Arc::clone(&client)).unwrap();
        async move { Arc::new(remote) as Arc<dyn Repository> }
    })
    .await;
}

#[tokio::test]
async fn a_remote_repository_is_a_store() {
    run(&TestRegistry::start().await, options()).await;
}

#[tokio::test]
async fn so_it_is_with_small_chunks() {
    run(&TestRegistry::start().await, chunked(65_536)).await;
}

#[tokio::test]
async fn so_it_is_with_tokens() {
    let registry = TestRegistry::start().await;
    let login = Some(("me".to_owned(), "pw".to_owned()));
    registry.faults().set(|faults| faults.auth = Auth::Token { login, uses: None });
    run(&registry, ClientOptions { credentials: basic("me", "pw"), ..options() }).await;
}

#[tokio::test]
async fn so_it_is_without_a_referrers_api() {
    let registry = TestRegistry::start().await;
    registry.faults().set(|faults| faults.no_referrers = true);
    let remote = common::remote(&registry.host(), options());
    conformance::referrers_may_come_before_their_subject(&remote).await;
    let other = TestRegistry::start().await;
    other.faults().set(|faults| faults.no_referrers = true);
    let remote = common::remote(&other.host(), options());
    conformance::referrers_are_listed_with_type_and_annotations(&remote).await;
}
