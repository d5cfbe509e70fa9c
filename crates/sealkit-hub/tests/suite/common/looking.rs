//! What a hub looks at its kits with.

use std::sync::Arc;

use sealkit_hub::{CatalogIndex, Namespace, Storage, tagged_versions};
use sealkit_ops::catalog::index::Catalog;
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

/// An index in memory over what a storage holds, with a home in `dir`.
pub fn index_of(storage: &Storage, dir: &std::path::Path) -> CatalogIndex {
    let (names, versions) = (Arc::new(storage.clone()), Arc::new(storage.clone()));
    CatalogIndex::with(Catalog::in_memory().unwrap(), names, versions, context(dir))
}

/// The same over the tags of any namespace.
pub fn index_over(names: &Arc<dyn Namespace>, dir: &std::path::Path) -> CatalogIndex {
    let (names, versions) = (Arc::clone(names), tagged_versions(Arc::clone(names)));
    CatalogIndex::with(Catalog::in_memory().unwrap(), names, versions, context(dir))
}
