//! What a token is to allow (token specification, §Token Scope).

use std::collections::BTreeSet;

/// A set of scopes, e.g. `repository:org/model:pull,push`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Scopes(BTreeSet<String>);

impl Scopes {
    /// None: the base of the API.
    pub(crate) fn none() -> Self {
        Self::default()
    }

    /// Reading a repository.
    pub(crate) fn pull(repository: &str) -> Self {
        Self::none().and(repository, "pull")
    }

    /// Reading and writing a repository.
    pub(crate) fn push(repository: &str) -> Self {
        Self::none().and(repository, "pull,push")
    }

    /// Removing from a repository.
    pub(crate) fn delete(repository: &str) -> Self {
        Self::none().and(repository, "delete,pull,push")
    }

    /// Listing the repositories (Docker's scope for `_catalog`).
    pub(crate) fn catalog() -> Self {
        Self(BTreeSet::from(["registry:catalog:*".to_owned()]))
    }

    /// One more repository.
    pub(crate) fn and(mut self, repository: &str, actions: &str) -> Self {
        self.0.insert(format!("repository:{repository}:{actions}"));
        self
    }

    /// With the scopes that a challenge names.
    pub(crate) fn with(&self, asked: Option<&str>) -> Self {
        let mut all = self.clone();
        let asked = asked.into_iter().flat_map(str::split_ascii_whitespace).take(16);
        all.0.extend(asked.map(str::to_owned));
        all
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }
}
