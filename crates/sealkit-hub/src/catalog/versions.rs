//! Which versions there are, and since when.

use std::collections::BTreeSet;
use std::sync::Arc;

use async_trait::async_trait;
use sealkit_hubstore::Storage;
use sealkit_oci::{Digest, Target, media_type};
use sealkit_store::{Namespace, Page, StoreError};

/// Tags that are listed at once.
const PAGE: usize = 1_000;

/// A manifest that may be a kit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version {
    /// Its repository.
    pub repository: String,
    /// Its digest.
    pub digest: Digest,
    /// When it came, in seconds since 1970; 0 where nobody knows.
    pub pushed: i64,
}

/// Lists what a place holds.
#[async_trait]
pub trait Versions: Send + Sync {
    /// Every manifest that may be a kit, the oldest first.
    async fn all(&self) -> Result<Vec<Version>, StoreError>;

    /// When this manifest came, in seconds since 1970; 0 where nobody knows.
    async fn pushed(&self, repository: &str, digest: &Digest) -> Result<i64, StoreError>;
}

/// A hub's storage knows all of them, those without a tag included.
#[async_trait]
impl Versions for Storage {
    async fn all(&self) -> Result<Vec<Version>, StoreError> {
        let listed = self.candidates().await?;
        let version = |(repository, digest, pushed)| Version { repository, digest, pushed };
        Ok(listed.into_iter().map(version).collect())
    }

    async fn pushed(&self, repository: &str, digest: &Digest) -> Result<i64, StoreError> {
        self.listed_at(repository, digest).await
    }
}

/// Those of any namespace that have a tag.
pub fn tagged_versions(names: Arc<dyn Namespace>) -> Arc<dyn Versions> {
    Arc::new(Tagged(names))
}

struct Tagged(Arc<dyn Namespace>);

#[async_trait]
impl Versions for Tagged {
    async fn all(&self) -> Result<Vec<Version>, StoreError> {
        let tagged = self.0.tagged().await?.into_iter();
        let kits = tagged.filter(|one| media_type::is_manifest(&one.media_type));
        // Several tags may point at one.
        let all: BTreeSet<_> = kits.map(|one| (one.repository, one.digest)).collect();
        let version = |(repository, digest)| Version { repository, digest, pushed: 0 };
        Ok(all.into_iter().map(version).collect())
    }

    async fn pushed(&self, _repository: &str, _digest: &Digest) -> Result<i64, StoreError> {
        Ok(0)
    }
}

/// Every tag of a repository that points at a manifest, with its digest.
pub(super) async fn tags(
    names: &dyn Namespace,
    repository: &str,
) -> Result<Vec<(String, Digest)>, StoreError> {
    let here = names.repository(repository)?;
    let (mut all, mut after) = (Vec::new(), None);
    loop {
        let tags = here.tags(&Page { after: after.take(), limit: Some(PAGE) }).await?;
        let is_last = tags.len() < PAGE;
        after = tags.last().cloned();
        for tag in tags {
            let found = here.manifest(&Target::Tag(tag.clone())).await?;
            let found = found.filter(|found| media_type::is_manifest(&found.descriptor.media_type));
            all.extend(found.map(|found| (tag, found.descriptor.digest)));
        }
        if is_last {
            return Ok(all);
        }
    }
}
