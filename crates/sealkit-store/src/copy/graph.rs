//! Finding everything that has to be copied, bounded, before the first byte moves.

use std::collections::{HashMap, HashSet};

use sealkit_oci::{Descriptor, Digest, RawError, Target};
use serde::de::Error as _;

use super::CopyOptions;
use crate::hasher::digest_of;
use crate::{Links, Repository, StoreError, StoredManifest};

/// What one copy moves.
pub(super) struct Graph {
    /// What was asked for.
    pub(super) root: Descriptor,
    /// Manifests, children before what names them, subjects before their referrers.
    pub(super) manifests: Vec<StoredManifest>,
    /// Blobs, each once, the largest first.
    pub(super) blobs: Vec<Descriptor>,
}

impl Graph {
    pub(super) async fn discover(
        src: &dyn Repository,
        target: &Target,
        options: &CopyOptions,
    ) -> Result<Self, StoreError> {
        let root = fetch(src, target).await?;
        let descriptor = root.descriptor.clone();
        let mut search = Search::new(src, options);
        search.run(root).await?;
        let mut blobs: Vec<Descriptor> = search.blobs.into_values().collect();
        // The largest first, so that the last one to finish is not the largest.
        blobs.sort_by(|a, b| b.size.cmp(&a.size).then_with(|| a.digest.cmp(&b.digest)));
        Ok(Self { root: descriptor, manifests: search.done, blobs })
    }

    pub(super) fn len(&self) -> usize {
        self.manifests.len() + self.blobs.len()
    }

    pub(super) fn bytes(&self) -> u64 {
        let manifests = self.manifests.iter().map(|manifest| manifest.bytes.len() as u64);
        let blobs = self.blobs.iter().map(|blob| blob.size);
        manifests.chain(blobs).fold(0, u64::saturating_add)
    }
}

/// One thing to do; the last one added is done first, so that the depth of a graph costs heap and
/// not stack.
enum Todo {
    /// Fetch a manifest and look at what it names.
    Visit { descriptor: Descriptor, depth: usize, subject: Option<Digest> },
    /// Everything that the manifest names is done: it is next.
    Leave { manifest: StoredManifest, depth: usize },
}

struct Search<'a> {
    src: &'a dyn Repository,
    options: &'a CopyOptions,
    seen: HashSet<Digest>,
    blobs: HashMap<Digest, Descriptor>,
    manifest_bytes: usize,
    todo: Vec<Todo>,
    done: Vec<StoredManifest>,
}

impl<'a> Search<'a> {
    fn new(src: &'a dyn Repository, options: &'a CopyOptions) -> Self {
        let (seen, blobs) = (HashSet::new(), HashMap::new());
        Self { src, options, seen, blobs, manifest_bytes: 0, todo: Vec::new(), done: Vec::new() }
    }

    async fn run(&mut self, root: StoredManifest) -> Result<(), StoreError> {
        self.seen.insert(root.descriptor.digest.clone());
        self.enter(root, 0, None)?;
        while let Some(todo) = self.todo.pop() {
            match todo {
                Todo::Leave { manifest, depth } => {
                    let digest = manifest.descriptor.digest.clone();
                    self.done.push(manifest);
                    if self.options.recursive {
                        self.add_referrers(&digest, depth).await?;
                    }
                }
                Todo::Visit { descriptor, depth, subject } => {
                    if !self.seen.insert(descriptor.digest.clone()) {
                        continue;
                    }
                    let target = Target::Digest(descriptor.digest.clone());
                    let manifest = fetch(self.src, &target).await?;
                    check_size(self.src, &descriptor, manifest.bytes.len() as u64)?;
                    self.enter(manifest, depth, subject.as_ref())?;
                }
            }
        }
        Ok(())
    }

    fn enter(
        &mut self,
        manifest: StoredManifest,
        depth: usize,
        subject: Option<&Digest>,
    ) -> Result<(), StoreError> {
        let limits = self.options.limits;
        self.manifest_bytes = self.manifest_bytes.saturating_add(manifest.bytes.len());
        self.check("levels of manifests", depth, limits.depth)?;
        self.check("manifests", self.seen.len(), limits.manifests)?;
        self.check("bytes of manifests", self.manifest_bytes, limits.manifest_bytes)?;
        let StoredManifest { descriptor, bytes } = &manifest;
        let links = Links::parse(&descriptor.media_type, bytes)
            .map_err(|e| self.malformed(&descriptor.digest, e))?;
        let own = links.subject.as_ref().map(|own| &own.digest);
        if subject.is_some() && own != subject {
            let error = serde_json::Error::custom("it is listed as a referrer of another manifest");
            return Err(self.malformed(&descriptor.digest, error.into()));
        }
        for blob in links.blobs {
            if let Some(other) = self.blobs.get(&blob.digest) {
                check_size(self.src, other, blob.size)?;
            }
            self.blobs.insert(blob.digest.clone(), blob);
        }
        self.check("blobs", self.blobs.len(), limits.blobs)?;
        self.todo.push(Todo::Leave { manifest, depth });
        for child in links.manifests {
            self.todo.push(Todo::Visit { descriptor: child, depth: depth + 1, subject: None });
        }
        Ok(())
    }

    async fn add_referrers(&mut self, subject: &Digest, depth: usize) -> Result<(), StoreError> {
        let referrers = self.src.referrers(subject, None).await?;
        self.check("referrers of one manifest", referrers.len(), self.options.limits.referrers)?;
        for descriptor in referrers {
            let subject = Some(subject.clone());
            self.todo.push(Todo::Visit { descriptor, depth: depth + 1, subject });
        }
        Ok(())
    }

    fn check(&self, what: &'static str, count: usize, limit: usize) -> Result<(), StoreError> {
        if count > limit {
            return Err(StoreError::Limit { what, limit, place: self.src.place() });
        }
        Ok(())
    }

    fn malformed(&self, digest: &Digest, source: RawError) -> StoreError {
        StoreError::Document { name: digest.to_string(), place: self.src.place(), source }
    }
}

fn check_size(
    src: &dyn Repository,
    descriptor: &Descriptor,
    actual: u64,
) -> Result<(), StoreError> {
    if descriptor.size == actual {
        return Ok(());
    }
    let (digest, expected, place) = (descriptor.digest.clone(), descriptor.size, src.place());
    Err(StoreError::SizeMismatch { digest, expected, actual, place })
}

/// Gets a manifest and checks it, whoever checked it before.
async fn fetch(src: &dyn Repository, target: &Target) -> Result<StoredManifest, StoreError> {
    let place = || src.place();
    let manifest = src.manifest(target).await?.ok_or_else(|| {
        let what = match target {
            Target::Tag(_) => "tag",
            Target::Digest(_) => "manifest",
        };
        StoreError::NotFound { what, name: target.to_string(), place: place() }
    })?;
    let expected = match target {
        Target::Digest(digest) => digest,
        Target::Tag(_) => &manifest.descriptor.digest,
    };
    let actual = digest_of(expected.algorithm(), &manifest.bytes)?;
    if actual != *expected {
        let expected = expected.clone();
        return Err(StoreError::DigestMismatch { expected, actual, place: place() });
    }
    Ok(manifest)
}
