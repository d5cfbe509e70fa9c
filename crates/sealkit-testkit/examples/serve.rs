//! Serves an empty registry in memory until it is stopped, e.g. for the conformance suite of the
//! distribution specification. With a folder as argument it serves the layout in that folder.
#![allow(clippy::print_stdout, reason = "an example tells where it listens")]

use std::sync::Arc;

use sealkit_store::{Layout, Memory, Namespace, Naming};
use sealkit_testkit::TestRegistry;

#[tokio::main]
async fn main() {
    let namespace: Arc<dyn Namespace> = match std::env::args_os().nth(1) {
        None => Arc::new(Memory::new()),
        Some(folder) => match Layout::open_or_create(folder, Naming::Store) {
            Ok(layout) => Arc::new(layout),
            Err(error) => return println!("{error}"),
        },
    };
    let registry = TestRegistry::over(namespace).await;
    println!("{}", registry.host());
    std::future::pending::<()>().await;
}
