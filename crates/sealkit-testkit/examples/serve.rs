//! Serves an empty registry in memory until it is stopped, e.g. for the conformance suite of the
//! distribution specification.
#![allow(clippy::print_stdout, reason = "an example tells where it listens")]

use sealkit_testkit::TestRegistry;

#[tokio::main]
async fn main() {
    let registry = TestRegistry::start().await;
    println!("{}", registry.host());
    std::future::pending::<()>().await;
}
