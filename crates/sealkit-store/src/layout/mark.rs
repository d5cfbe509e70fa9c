//! What is reachable from where: shared by `gc`, `fsck` and lookups.

use std::collections::HashMap;
use std::sync::Arc;

use sealkit_oci::{Descriptor, Digest, media_type};

use super::Layout;
use super::index::{IndexFile, Row};
use crate::{Links, StoreError};

/// Everything that can be reached from some entries of the index.
#[derive(Debug, Default)]
pub(super) struct Reach {
    /// Manifests and indexes, present or not.
    pub(super) manifests: HashMap<Digest, Descriptor>,
    /// Everything else that a manifest names, present or not.
    pub(super) blobs: HashMap<Digest, Descriptor>,
}

impl Layout {
    /// Follows `roots` down. Each manifest is read once, so that cycles end. An absent or
    /// unreadable manifest is reached but leads no further; a damaged one is an error.
    pub(super) fn walk(&self, roots: Vec<Descriptor>) -> Result<Reach, StoreError> {
        self.walk_with(roots, &HashMap::new())
    }

    /// Like [`walk`](Self::walk); whoever reaches a manifest reaches its referrers too.
    pub(super) fn walk_with(
        &self,
        roots: Vec<Descriptor>,
        referrers: &HashMap<Digest, Vec<Descriptor>>,
    ) -> Result<Reach, StoreError> {
        let mut reach = Reach::default();
        let mut open = roots;
        while let Some(descriptor) = open.pop() {
            if reach.manifests.contains_key(&descriptor.digest) {
                continue;
            }
            let links = self.known_links(&descriptor)?;
            open.extend(referrers.get(&descriptor.digest).into_iter().flatten().cloned());
            reach.manifests.insert(descriptor.digest.clone(), descriptor);
            let Some(links) = links else { continue };
            open.extend(links.manifests.iter().cloned());
            for blob in &links.blobs {
                reach.blobs.insert(blob.digest.clone(), blob.clone());
            }
        }
        Ok(reach)
    }

    /// Everything that any entry of the index reaches, dangling referrers included.
    pub(super) fn reachable(&self, index: &IndexFile) -> Result<Reach, StoreError> {
        self.walk(index.rows().map(|row| row.descriptor.clone()).collect())
    }

    /// The links of a manifest; none where it is absent or says nothing that can be understood.
    fn known_links(&self, descriptor: &Descriptor) -> Result<Option<Arc<Links>>, StoreError> {
        let kind = match descriptor.media_type.as_str() {
            "" => media_type::OCI_MANIFEST,
            known => known,
        };
        match self.links(kind, &descriptor.digest) {
            Err(StoreError::Document { .. }) => Ok(None),
            links => links,
        }
    }

    /// The links of the manifest of an entry.
    pub(super) fn row_links(&self, row: &Row) -> Result<Option<Arc<Links>>, StoreError> {
        self.known_links(&row.descriptor)
    }

    /// The subject of the manifest of an entry.
    pub(super) fn subject_of(&self, row: &Row) -> Result<Option<Digest>, StoreError> {
        if row.ours {
            return Ok(row.subject.clone());
        }
        let links = self.row_links(row)?;
        Ok(links.and_then(|links| links.subject.as_ref().map(|subject| subject.digest.clone())))
    }
}
