//! Serves an empty registry in memory until it is stopped, e.g. for the conformance suite of the
//! distribution specification. With `--sparse`, manifests may name content that is not there.
#![allow(clippy::print_stdout, reason = "an example tells where it listens")]

use std::sync::Arc;

use sealkit_registry::Options;
use sealkit_store::Memory;
use sealkit_testkit::TestRegistry;

#[tokio::main]
async fn main() {
    let sparse = std::env::args().any(|argument| argument == "--sparse");
    let namespace = Arc::new(Memory::new());
    let change = |options: &mut Options| options.sparse = sparse;
    let registry = TestRegistry::configured(namespace, change).await;
    println!("{}", registry.host());
    std::future::pending::<()>().await;
}
