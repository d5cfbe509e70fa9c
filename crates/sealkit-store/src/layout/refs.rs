//! Changing what `index.json` says: manifests and tags.

use std::collections::BTreeSet;

use sealkit_oci::{Descriptor, Digest, Reference, Target, media_type};

use super::history::Moved;
use super::index::{ANNOTATION_REPOSITORY, ANNOTATION_SUBJECT, IndexFile, Row};
use super::lock::Lock;
use super::{INDEX_FILE, Layout, Naming};
use crate::{Links, StoreError};

/// What a tag must point at for a change to be made.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Expect {
    /// Anything or nothing.
    #[default]
    Any,
    /// Nothing: the tag must be new.
    Absent,
    /// This digest.
    Digest(Digest),
}

impl Layout {
    /// Stores a manifest or index, byte for byte, and points `tag` at it where one is given. What
    /// it names must be there: [`StoreError::NotFound`] says what is not.
    pub fn put_manifest(
        &self,
        repository: &str,
        media_type: &str,
        bytes: &[u8],
        tag: Option<&str>,
    ) -> Result<Descriptor, StoreError> {
        check_name(repository, tag)?;
        let descriptor = Descriptor::of(media_type, bytes);
        let links =
            Links::parse(media_type, bytes).map_err(|e| self.malformed(&descriptor.digest, e))?;
        self.update(|index| {
            self.check_children(&links)?;
            self.write_document(&descriptor, bytes)?;
            let subject = links.subject.as_ref().map(|subject| &subject.digest);
            if let Some(tag) = tag {
                return self.attach(index, repository, tag, &descriptor, subject);
            }
            let known = |row: &Row| {
                self.same(row, repository) && row.descriptor.digest == descriptor.digest
            };
            if !index.rows().any(known) {
                let entry = self.entry(&descriptor, repository, None, subject);
                index.push(self.inner.naming, &entry);
            }
            Ok(Vec::new())
        })?;
        Ok(descriptor)
    }

    fn check_children(&self, links: &Links) -> Result<(), StoreError> {
        for blob in &links.blobs {
            // A blob with `urls` may live elsewhere (image-spec, descriptor.md).
            if blob.urls.is_empty() && self.blob_size(&blob.digest)?.is_none() {
                return Err(self.not_found("blob", &blob.digest));
            }
        }
        for manifest in &links.manifests {
            if self.blob_size(&manifest.digest)?.is_none() {
                return Err(self.not_found("manifest", &manifest.digest));
            }
        }
        Ok(())
    }

    /// Writes the bytes of a manifest unless they are there, undamaged. The caller holds the lock.
    fn write_document(&self, descriptor: &Descriptor, bytes: &[u8]) -> Result<(), StoreError> {
        if let Ok(Some(_)) = self.document(&descriptor.digest) {
            return Ok(());
        }
        let path = self.blob_path(&descriptor.digest);
        if let Some(directory) = path.parent() {
            std::fs::create_dir_all(directory)
                .map_err(|e| StoreError::io("create", directory, e))?;
        }
        self.replace(&path, bytes)
    }

    /// Points `tag` at a manifest that is in `repository` already, if it points at what `expect`
    /// says: else [`StoreError::Conflict`].
    pub fn tag(
        &self,
        repository: &str,
        tag: &str,
        digest: &Digest,
        expect: &Expect,
    ) -> Result<(), StoreError> {
        check_name(repository, Some(tag))?;
        self.update(|index| {
            self.check_expected(index, repository, tag, expect)?;
            let own = |row: &&Row| row.is_in(repository) && row.descriptor.digest == *digest;
            let descriptor = match index.rows().find(own) {
                Some(row) => row.descriptor.bare(),
                None => self
                    .find(repository, &Target::Digest(digest.clone()))?
                    .ok_or_else(|| self.not_found("manifest", digest))?
                    .bare(),
            };
            let links = self.links(&descriptor.media_type, digest)?;
            let links = links.ok_or_else(|| self.not_found("manifest", digest))?;
            let subject = links.subject.as_ref().map(|subject| &subject.digest);
            self.attach(index, repository, tag, &descriptor, subject)
        })
    }

    /// Removes a tag; the manifest stays, untagged.
    pub fn untag(&self, repository: &str, tag: &str, expect: &Expect) -> Result<(), StoreError> {
        self.update(|index| {
            self.check_expected(index, repository, tag, expect)?;
            match self.detach(index, repository, tag)? {
                None => Err(self.not_found("tag", tag)),
                Some(old) => {
                    let (repository, tag) = (repository.to_owned(), tag.to_owned());
                    Ok(vec![Moved { repository, tag, old: Some(old), new: None }])
                }
            }
        })
    }

    /// Removes a manifest with all its tags from `repository`. Its bytes, its blobs and its
    /// referrers stay until the next [`gc`](Self::gc).
    pub fn remove(&self, repository: &str, digest: &Digest) -> Result<(), StoreError> {
        self.update(|index| {
            let is_it = |row: &Row| row.descriptor.digest == *digest;
            let exact = |row: &Row| is_it(row) && self.same(row, repository);
            let tags: BTreeSet<String> =
                index.rows().filter(|row| exact(row)).filter_map(|row| row.tag.clone()).collect();
            if index.remove(exact) == 0
                && index.remove(|row| is_it(row) && row.repository.is_none()) == 0
            {
                return Err(self.not_found("manifest", digest));
            }
            let moved = |tag| Moved {
                repository: repository.to_owned(),
                tag,
                old: Some(digest.clone()),
                new: None,
            };
            Ok(tags.into_iter().map(moved).collect())
        })
    }

    /// Reads, changes and replaces the index, alone. Nothing is written where nothing changed.
    pub(super) fn update(
        &self,
        change: impl FnOnce(&mut IndexFile) -> Result<Vec<Moved>, StoreError>,
    ) -> Result<(), StoreError> {
        let _lock = Lock::exclusive(&self.inner.root)?;
        let mut index = self.load_index_fresh()?;
        let before = index.to_bytes()?;
        let moves = change(&mut index)?;
        let after = index.to_bytes()?;
        if after == before {
            return Ok(());
        }
        self.note(&moves)?;
        self.replace(&self.inner.root.join(INDEX_FILE), &after)
    }

    fn check_expected(
        &self,
        index: &IndexFile,
        repository: &str,
        tag: &str,
        expect: &Expect,
    ) -> Result<(), StoreError> {
        let tagged = |row: &&Row| self.same(row, repository) && row.tag.as_deref() == Some(tag);
        let current = index.rows().find(tagged).map(|row| &row.descriptor.digest);
        let fits = match expect {
            Expect::Any => true,
            Expect::Absent => current.is_none(),
            Expect::Digest(digest) => current == Some(digest),
        };
        if fits { Ok(()) } else { Err(StoreError::Conflict { tag: tag.to_owned() }) }
    }

    fn attach(
        &self,
        index: &mut IndexFile,
        repository: &str,
        tag: &str,
        descriptor: &Descriptor,
        subject: Option<&Digest>,
    ) -> Result<Vec<Moved>, StoreError> {
        let own =
            |row: &Row| self.same(row, repository) && row.descriptor.digest == descriptor.digest;
        if index.rows().any(|row| own(row) && row.tag.as_deref() == Some(tag)) {
            return Ok(Vec::new());
        }
        let old = self.detach(index, repository, tag)?;
        let untagged = |row: &Row| own(row) && row.tag.is_none();
        let name = self.full_name(repository, tag);
        let key = media_type::ANNOTATION_REF_NAME;
        if index.annotate(self.inner.naming, untagged, key, Some(&name)) == 0 {
            let entry = self.entry(descriptor, repository, Some(tag), subject);
            index.push(self.inner.naming, &entry);
        }
        let new = Some(descriptor.digest.clone());
        Ok(vec![Moved { repository: repository.to_owned(), tag: tag.to_owned(), old, new }])
    }

    /// Takes the tag off what it points at, and says what that was.
    fn detach(
        &self,
        index: &mut IndexFile,
        repository: &str,
        tag: &str,
    ) -> Result<Option<Digest>, StoreError> {
        let tagged = |row: &Row| self.same(row, repository) && row.tag.as_deref() == Some(tag);
        let Some(old) = index.rows().find(|row| tagged(row)).cloned() else { return Ok(None) };
        let digest = old.descriptor.digest.clone();
        let other = |row: &Row| {
            self.same(row, repository) && row.descriptor.digest == digest && !tagged(row)
        };
        if index.rows().any(other) {
            index.remove(tagged);
            return Ok(Some(digest));
        }
        let naming = self.inner.naming;
        if naming == Naming::Store && !old.ours {
            // Without its name the entry must still say where it belongs.
            if let Some(subject) = self.subject_of(&old)? {
                let subject = subject.to_string();
                index.annotate(naming, tagged, ANNOTATION_SUBJECT, Some(&subject));
            }
            index.annotate(naming, tagged, ANNOTATION_REPOSITORY, Some(repository));
        }
        index.annotate(naming, tagged, media_type::ANNOTATION_REF_NAME, None);
        Ok(Some(digest))
    }

    fn full_name(&self, repository: &str, tag: &str) -> String {
        match self.inner.naming {
            Naming::Store => format!("{repository}:{tag}"),
            Naming::Plain => tag.to_owned(),
        }
    }

    fn entry(
        &self,
        descriptor: &Descriptor,
        repository: &str,
        tag: Option<&str>,
        subject: Option<&Digest>,
    ) -> Descriptor {
        let mut entry = descriptor.bare();
        if let Some(tag) = tag {
            let name = self.full_name(repository, tag);
            entry = entry.annotated(media_type::ANNOTATION_REF_NAME, name);
        }
        if self.inner.naming == Naming::Store {
            entry = entry.annotated(ANNOTATION_REPOSITORY, repository);
            if let Some(subject) = subject {
                entry = entry.annotated(ANNOTATION_SUBJECT, subject.to_string());
            }
        }
        entry
    }
}

/// Refuses names that could not be read back as they were written.
fn check_name(repository: &str, tag: Option<&str>) -> Result<(), StoreError> {
    let last = repository.rsplit('/').next().unwrap_or_default();
    let odd = |c: char| c.is_control() || c.is_whitespace();
    if repository.contains(odd) || last.contains([':', '@']) || repository.len() > 512 {
        let (reference, repository) = (repository.to_owned(), repository.to_owned());
        return Err(sealkit_oci::ReferenceError::Repository { reference, repository }.into());
    }
    if let Some(tag) = tag {
        // The rule for tags is the same for every repository.
        Reference::new(sealkit_oci::DEFAULT_REGISTRY, "x")?.with_tag(tag)?;
    }
    Ok(())
}
