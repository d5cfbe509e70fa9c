//! Finding everything that belongs into an archive.

use std::collections::{BTreeMap, HashSet, VecDeque};

use sealkit_oci::{Descriptor, Digest, Target};
use sealkit_store::{CopyLimits, Links, StoreError, StoredManifest};

use crate::{Kit, OpsError};

/// What an archive holds.
pub(super) struct Contents {
    /// The kit's manifest, then those attached to it, sorted by digest.
    pub(super) manifests: Vec<StoredManifest>,
    /// Config and layers of all of them, by digest.
    pub(super) blobs: BTreeMap<Digest, Descriptor>,
}

impl Contents {
    /// The kit, and with `referrers` all that refers to it, directly or not.
    pub(super) async fn of(kit: &Kit, referrers: bool) -> Result<Self, OpsError> {
        let root = StoredManifest {
            descriptor: kit.manifest.descriptor().clone(),
            bytes: kit.manifest.bytes().to_vec().into(),
        };
        let mut contents = Self { manifests: Vec::new(), blobs: BTreeMap::new() };
        let mut seen = HashSet::from([kit.digest().clone()]);
        let mut waiting = VecDeque::from([root]);
        while let Some(next) = waiting.pop_front() {
            contents.check(kit)?;
            if referrers {
                for found in kit.repository.referrers(&next.descriptor.digest, None).await? {
                    if seen.insert(found.digest.clone()) {
                        waiting.push_back(fetch(kit, &found.digest).await?);
                    }
                }
            }
            contents.add(kit, next)?;
        }
        if let Some((_, attached)) = contents.manifests.split_first_mut() {
            attached.sort_by(|a, b| a.descriptor.digest.cmp(&b.descriptor.digest));
        }
        Ok(contents)
    }

    /// Size of everything in bytes.
    pub(super) fn bytes(&self) -> u64 {
        let manifests = self.manifests.iter().map(|manifest| manifest.bytes.len() as u64);
        manifests.chain(self.blobs.values().map(|blob| blob.size)).fold(0, u64::saturating_add)
    }

    fn add(&mut self, kit: &Kit, manifest: StoredManifest) -> Result<(), OpsError> {
        let StoredManifest { descriptor, bytes } = &manifest;
        let links = Links::parse(&descriptor.media_type, bytes).map_err(|source| {
            let (name, place) = (descriptor.digest.to_string(), kit.repository.place());
            StoreError::Document { name, place, source }
        })?;
        for blob in links.blobs {
            self.blobs.insert(blob.digest.clone(), blob);
        }
        self.manifests.push(manifest);
        Ok(())
    }

    fn check(&self, kit: &Kit) -> Result<(), StoreError> {
        let limits = CopyLimits::default();
        let bytes: usize = self.manifests.iter().map(|manifest| manifest.bytes.len()).sum();
        let all = [
            ("manifests", self.manifests.len(), limits.manifests),
            ("bytes of manifests", bytes, limits.manifest_bytes),
            ("blobs", self.blobs.len(), limits.blobs),
        ];
        match all.into_iter().find(|(_, count, limit)| count > limit) {
            Some((what, _, limit)) => {
                Err(StoreError::Limit { what, limit, place: kit.repository.place() })
            }
            None => Ok(()),
        }
    }
}

async fn fetch(kit: &Kit, digest: &Digest) -> Result<StoredManifest, StoreError> {
    let stored = kit.repository.manifest(&Target::Digest(digest.clone())).await?;
    stored.ok_or_else(|| StoreError::NotFound {
        what: "manifest",
        name: digest.to_string(),
        place: kit.repository.place(),
    })
}
