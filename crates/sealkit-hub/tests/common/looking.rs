//! What a hub looks at its kits with.

use std::sync::Arc;

use sealkit_ops::network::{Client, ClientOptions};
use sealkit_ops::{Context, Home, NoProgress};

/// A home in `dir`, no network, a clock that stands.
pub fn context(dir: &std::path::Path) -> Context {
    Context {
        home: Home::new(dir),
        client: Arc::new(Client::new(ClientOptions { offline: true, ..ClientOptions::default() })),
        concurrency: 1,
        progress: Arc::new(NoProgress),
        clock: || 1_700_000_000,
        served: None,
        s3: None,
    }
}
