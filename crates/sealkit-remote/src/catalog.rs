//! The repositories of a registry (Docker's `_catalog`).

use std::sync::Arc;

use sealkit_store::StoreError;
use serde::Deserialize;

use crate::auth::Scopes;
use crate::listing::{Listing, PAGE_ENTRIES, Read};
use crate::{Client, Remote};

#[derive(Deserialize)]
struct CatalogPage {
    #[serde(default)]
    repositories: Option<Vec<String>>,
}

impl Client {
    /// Names of the repositories of `registry`, sorted bytewise. Many registries do not tell
    /// ([`StoreError::Unsupported`]) or want credentials for it.
    pub async fn catalog(self: &Arc<Self>, registry: &str) -> Result<Vec<String>, StoreError> {
        // The listing machinery belongs to a repository; which one does not matter for this path.
        let remote = Remote::new(registry, "catalog", Arc::clone(self))?;
        let mut first = remote.endpoint.base.clone();
        first.set_path("/v2/_catalog");
        first.query_pairs_mut().append_pair("n", &PAGE_ENTRIES.to_string());
        let scopes = Scopes::catalog();
        let listing = Listing { what: "repositories", first, accept: None, scopes };
        let names = remote.list(&listing, |page| {
            let parsed: Option<CatalogPage> = serde_json::from_slice(&page.bytes).ok();
            Read::of(parsed.map(|page| page.repositories.unwrap_or_default()))
        });
        let place = registry.to_owned();
        let unsupported = StoreError::Unsupported { what: "listing repositories", place };
        let mut names = names.await?.ok_or(unsupported)?;
        names.sort_unstable();
        names.dedup();
        Ok(names)
    }
}
