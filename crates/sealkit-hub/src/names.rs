//! Names of the local store as a registry serves them.

use std::sync::Arc;

use async_trait::async_trait;
use sealkit_oci::{DEFAULT_REGISTRY, Reference};
pub(crate) use sealkit_registry::is_repository;
use sealkit_store::{Namespace, Page, Repository, StoreError};

/// Whether `name` is `prefix` or below it, by whole components.
pub(crate) fn is_within(name: &str, prefix: &str) -> bool {
    name.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// The name as one segment of an address; it needs no other escape.
pub(crate) fn segment(name: &str) -> String {
    name.replace('/', "%2F")
}

/// The local store, whose names carry their registry (`localhost/model`), under the names that
/// people type: `model`. Kits that came from a registry whose name has a port can not be named in
/// a path and are left out.
pub struct StoreNames(Arc<dyn Namespace>);

impl StoreNames {
    /// The names of `store`, without `localhost/`.
    pub fn new(store: Arc<dyn Namespace>) -> Self {
        Self(store)
    }
}

#[async_trait]
impl Namespace for StoreNames {
    async fn repositories(&self, page: &Page) -> Result<Vec<String>, StoreError> {
        // Without their prefix the names sort otherwise, so that a page is cut from all of them.
        let all = self.0.repositories(&Page::default()).await?;
        let mut names: Vec<String> = all.iter().filter_map(|name| short(name)).collect();
        names.sort();
        let after = |name: &String| page.after.as_ref().is_none_or(|after| name > after);
        Ok(names.into_iter().filter(after).take(page.limit.unwrap_or(usize::MAX)).collect())
    }

    fn repository(&self, name: &str) -> Result<Arc<dyn Repository>, StoreError> {
        let reference: Reference = name.parse()?;
        self.0.repository(&reference.name())
    }
}

fn short(name: &str) -> Option<String> {
    let reference: Reference = match name.split_once('/') {
        Some((DEFAULT_REGISTRY, repository)) => repository.parse().ok()?,
        _ => name.parse().ok()?,
    };
    let text = reference.to_string();
    (reference.name() == name && !reference.is_unnamed() && !text.contains(':')).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn below_is_told_by_whole_components() {
        assert!(
            is_within("org", "org") && is_within("org/a/b", "org") && is_within("org/a", "org/a")
        );
        for (name, prefix) in [("organ", "org"), ("org", "org/a"), ("org/ab", "org/a"), ("", "org")]
        {
            assert!(!is_within(name, prefix), "{name} {prefix}");
        }
        assert_eq!(segment("org/a/b"), "org%2Fa%2Fb");
    }

    #[test]
    fn names_lose_the_local_registry_and_nothing_else() {
        assert_eq!(short("localhost/model").as_deref(), Some("model"));
        assert_eq!(short("localhost/org/model").as_deref(), Some("org/model"));
        assert_eq!(
            short("hub.example.com/org/model").as_deref(),
            Some("hub.example.com/org/model")
        );
        for hidden in ["localhost/_", "127.0.0.1:5000/model", "", "localhost/"] {
            assert_eq!(short(hidden), None, "{hidden}");
        }
    }
}
