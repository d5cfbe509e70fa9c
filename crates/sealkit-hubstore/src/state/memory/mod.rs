//! The state in memory: for tests, and for what need not outlive the process.

mod acts;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use sealkit_oci::Digest;
use sealkit_store::{Links, Tagged, is_foreign};

use super::{HeldBlob, OpenUpload};
use crate::{Note, TagMove};

/// The state in memory. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct MemoryState(Arc<Mutex<Content>>);

#[derive(Clone, Debug, Default)]
struct Content {
    stamp: u64,
    blobs: BTreeMap<Digest, Blob>,
    /// When a repository was last asked for a blob.
    held: BTreeMap<(String, Digest), i64>,
    bodies: BTreeMap<Digest, Bytes>,
    listed: BTreeMap<(String, Digest), Listed>,
    tags: BTreeMap<(String, String), Digest>,
    moves: BTreeMap<(String, String), Vec<TagMove>>,
    uploads: BTreeMap<String, Upload>,
    notes: Vec<Note>,
    /// Number of the last note.
    noted: i64,
}

#[derive(Clone, Debug)]
struct Blob {
    key: String,
    size: u64,
    damaged: bool,
    checked: i64,
}

#[derive(Clone, Debug)]
struct Listed {
    media_type: String,
    links: Links,
}

#[derive(Clone, Debug)]
struct Upload {
    open: OpenUpload,
    digest: Option<Digest>,
    touched: i64,
}

impl MemoryState {
    /// A state that knows nothing.
    pub fn new() -> Self {
        Self::default()
    }

    fn look(&self) -> MutexGuard<'_, Content> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The content, to be changed.
    fn change(&self) -> MutexGuard<'_, Content> {
        let mut content = self.look();
        content.stamp += 1;
        content
    }
}

impl Content {
    fn blob(&self, repository: &str, digest: &Digest) -> Option<HeldBlob> {
        let used = *self.held.get(&(repository.to_owned(), digest.clone()))?;
        let blob = self.blobs.get(digest).filter(|blob| !blob.damaged)?;
        Some(HeldBlob { key: blob.key.clone(), size: blob.size, used })
    }

    fn hold(&mut self, repository: &str, digest: &Digest, now: i64) {
        let used = self.held.entry((repository.to_owned(), digest.clone())).or_insert(now);
        *used = now.max(*used);
    }

    fn note(&mut self, repository: &str, note: Option<Vec<u8>>) {
        if let Some(bytes) = note {
            self.noted += 1;
            let (number, repository) = (self.noted, repository.to_owned());
            self.notes.push(Note { number, repository, bytes });
        }
    }

    fn touch(&mut self, repository: &str, digest: &Digest, now: i64) {
        if let Some(used) = self.held.get_mut(&(repository.to_owned(), digest.clone())) {
            *used = now.max(*used);
        }
    }

    /// The manifests of a repository.
    fn of<'a>(&'a self, repository: &'a str) -> impl Iterator<Item = (&'a Digest, &'a Listed)> {
        let mine = self.listed.iter().filter(move |((name, _), _)| name == repository);
        mine.map(|((_, digest), listed)| (digest, listed))
    }

    /// Every tag that points at a manifest.
    fn tagged(&self) -> impl Iterator<Item = Tagged> {
        self.tags.iter().filter_map(|((repository, tag), digest)| {
            let listed = self.listed.get(&(repository.clone(), digest.clone()))?;
            let (repository, tag) = (repository.clone(), tag.clone());
            let media_type = listed.media_type.clone();
            Some(Tagged { repository, tag, digest: digest.clone(), media_type })
        })
    }

    /// Whether a manifest of the repository names the blob.
    fn names(&self, repository: &str, blob: &Digest) -> bool {
        self.of(repository).any(|(_, listed)| children(&listed.links).any(|child| child == blob))
    }

    /// The first digest that a manifest names and the repository has not.
    fn missing<'a>(&self, repository: &str, links: &'a Links) -> Option<&'a Digest> {
        let has =
            |digest: &Digest| self.listed.contains_key(&(repository.to_owned(), digest.clone()));
        let own = links.blobs.iter().filter(|blob| !is_foreign(blob)).map(|blob| &blob.digest);
        let mut lost = own.filter(|digest| self.blob(repository, digest).is_none());
        let mut gone = links.manifests.iter().map(|one| &one.digest).filter(|one| !has(one));
        lost.next().or_else(|| gone.next())
    }

    fn set_tag(&mut self, repository: &str, tag: &str, digest: Option<&Digest>, at: i64) {
        let key = (repository.to_owned(), tag.to_owned());
        let before = match digest {
            Some(digest) => self.tags.insert(key.clone(), digest.clone()),
            None => self.tags.remove(&key),
        };
        if before.as_ref() != digest {
            let text = |digest: &Digest| digest.to_string();
            let (before, after) = (before.as_ref().map(text), digest.map(text));
            self.moves.entry(key).or_default().push(TagMove { before, after, at });
        }
    }

    /// What [`State::collect`] takes from repositories.
    fn unnamed(&self, cutoff: i64) -> Vec<(String, Digest)> {
        let old = self.held.iter().filter(|(_, used)| **used < cutoff).map(|(key, _)| key);
        old.filter(|(repository, digest)| !self.names(repository, digest)).cloned().collect()
    }

    /// Takes out what nothing names and nobody asked for since `cutoff`; gives keys and sizes.
    fn take(&mut self, cutoff: i64) -> Vec<(String, u64)> {
        for key in self.unnamed(cutoff) {
            self.held.remove(&key);
        }
        let is_held = |digest: &Digest| self.held.keys().any(|(_, held)| held == digest);
        let unheld: Vec<Digest> =
            self.blobs.keys().filter(|digest| !is_held(digest)).cloned().collect();
        let gone = unheld.iter().filter_map(|digest| self.blobs.remove(digest));
        gone.map(|blob| (blob.key, blob.size)).collect()
    }
}

fn children(links: &Links) -> impl Iterator<Item = &Digest> {
    links.blobs.iter().chain(&links.manifests).map(|child| &child.digest)
}
