//! Reading what `index.json` says: manifests, tags and referrers.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use sealkit_oci::{Descriptor, Digest, Reference, Target, media_type};

use super::index::Row;
use super::{Layout, Naming};
use crate::{StoreError, StoredManifest};

/// One manifest of one repository, with all its tags.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The repository, `registry/repository`; none where the layout does not say.
    pub repository: Option<String>,
    /// The tags, sorted bytewise; empty for an untagged manifest.
    pub tags: Vec<String>,
    /// Media type, digest, size and the annotations in the index.
    pub descriptor: Descriptor,
    /// The manifest that this one refers to: set for signatures and the like, none for kits.
    pub subject: Option<Digest>,
}

/// What a reference led to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resolved {
    /// The repository to ask for everything else.
    pub repository: String,
    /// The tag, where the reference had one and no digest.
    pub tag: Option<String>,
    /// The manifest.
    pub descriptor: Descriptor,
}

impl Layout {
    /// The manifest or index at a tag or digest of `repository`, verified; none where it is absent.
    pub fn manifest(
        &self,
        repository: &str,
        target: &Target,
    ) -> Result<Option<StoredManifest>, StoreError> {
        let Some(found) = self.find(repository, target)? else { return Ok(None) };
        let Some(bytes) = self.document(&found.digest)? else {
            return match target {
                Target::Digest(_) => Ok(None),
                Target::Tag(_) => Err(self.not_found("manifest", &found.digest)),
            };
        };
        let kind = match found.media_type.as_str() {
            "" => media_type::OCI_MANIFEST,
            known => known,
        };
        let descriptor = Descriptor::new(kind, found.digest, bytes.len() as u64);
        Ok(Some(StoredManifest { descriptor, bytes: Bytes::from(bytes) }))
    }

    pub(super) fn find(
        &self,
        repository: &str,
        target: &Target,
    ) -> Result<Option<Descriptor>, StoreError> {
        let index = self.load_index()?;
        let digest = match target {
            Target::Tag(tag) => {
                let tagged = |row: &&Row| {
                    self.same(row, repository) && row.tag.as_deref() == Some(tag.as_str())
                };
                return Ok(index.rows().find(tagged).map(|row| row.descriptor.clone()));
            }
            Target::Digest(digest) => digest,
        };
        let mut own = index.rows().filter(|row| row.is_in(repository));
        if let Some(row) = own.find(|row| row.descriptor.digest == *digest) {
            return Ok(Some(row.descriptor.clone()));
        }
        // The manifests of an index need no entry of their own in a foreign layout.
        let indexes = index.rows().filter(|row| {
            row.is_in(repository) && media_type::is_index(&row.descriptor.media_type)
        });
        let reach = self.walk(indexes.map(|row| row.descriptor.clone()).collect())?;
        Ok(reach.manifests.get(digest).cloned())
    }

    /// What `reference` leads to: the digest if it has one, else the first tag, else `latest`. A
    /// bare digest is looked for in every repository.
    pub fn resolve(&self, reference: &Reference) -> Result<Option<Resolved>, StoreError> {
        let target = reference.clone().or_latest().target();
        let Some(target) = target else { return Ok(None) };
        let mut names = vec![reference.name()];
        if !reference.is_remote() {
            // Other tools write local names without the registry part.
            names.push(reference.repository().to_owned());
        }
        for repository in names {
            if let Some(descriptor) = self.find(&repository, &target)? {
                let tag = match &target {
                    Target::Tag(tag) => Some(tag.clone()),
                    Target::Digest(_) => None,
                };
                return Ok(Some(Resolved { repository, tag, descriptor }));
            }
        }
        let Target::Digest(digest) = target else { return Ok(None) };
        if !reference.is_unnamed() {
            return Ok(None);
        }
        let index = self.load_index()?;
        let mut rows = index.rows();
        Ok(rows.find(|row| row.descriptor.digest == digest).map(|row| Resolved {
            repository: row.repository.clone().unwrap_or_else(|| reference.name()),
            tag: None,
            descriptor: row.descriptor.clone(),
        }))
    }

    /// Everything that the index names, in its order, tags of one manifest together.
    pub fn list(&self) -> Result<Vec<Entry>, StoreError> {
        let index = self.load_index()?;
        let mut places: BTreeMap<(Option<String>, Digest), usize> = BTreeMap::new();
        let mut entries: Vec<Entry> = Vec::new();
        for row in index.rows() {
            let key = (row.repository.clone(), row.descriptor.digest.clone());
            let at = *places.entry(key).or_insert(entries.len());
            if at == entries.len() {
                entries.push(Entry {
                    repository: row.repository.clone(),
                    tags: Vec::new(),
                    descriptor: row.descriptor.clone(),
                    // A damaged manifest is still listed: `fsck` tells what is wrong with it.
                    subject: self.subject_of(row).ok().flatten(),
                });
            }
            if let (Some(entry), Some(tag)) = (entries.get_mut(at), &row.tag) {
                entry.tags.push(tag.clone());
            }
        }
        for entry in &mut entries {
            entry.tags.sort_unstable();
            entry.tags.dedup();
        }
        Ok(entries)
    }

    /// Names of the repositories, sorted bytewise. A plain layout has one, without a name.
    pub fn repositories(&self) -> Result<Vec<String>, StoreError> {
        let index = self.load_index()?;
        let names: BTreeSet<&str> =
            index.rows().filter_map(|row| row.repository.as_deref()).collect();
        Ok(match self.inner.naming {
            Naming::Store => names.into_iter().map(str::to_owned).collect(),
            Naming::Plain => vec![String::new()],
        })
    }

    /// The tags of `repository`, sorted bytewise.
    pub fn tags(&self, repository: &str) -> Result<Vec<String>, StoreError> {
        let index = self.load_index()?;
        let rows = index.rows().filter(|row| self.same(row, repository));
        let tags: BTreeSet<&String> = rows.filter_map(|row| row.tag.as_ref()).collect();
        Ok(tags.into_iter().cloned().collect())
    }

    /// The manifests that name `subject` as their subject, with artifact type and annotations. Of
    /// one that can not be read only the descriptor is known, whatever type was asked for.
    pub fn referrers(
        &self,
        repository: &str,
        subject: &Digest,
        artifact_type: Option<&str>,
    ) -> Result<Vec<Descriptor>, StoreError> {
        let index = self.load_index()?;
        let mut seen = BTreeSet::new();
        let mut found = Vec::new();
        for row in index.rows().filter(|row| row.is_in(repository)) {
            if (row.ours && row.subject.as_ref() != Some(subject))
                || !seen.insert(&row.descriptor.digest)
            {
                continue;
            }
            let links = match self.row_links(row) {
                Ok(Some(links)) => links,
                // The index says whose it is. One that is damaged or gone does not hide the others:
                // whoever reads it learns what is wrong with it.
                Ok(None) | Err(StoreError::DigestMismatch { .. } | StoreError::Document { .. })
                    if row.ours =>
                {
                    found.push(row.descriptor.bare());
                    continue;
                }
                Ok(None) => continue,
                Err(error) => return Err(error),
            };
            let names_it = links.subject.as_ref().is_some_and(|own| own.digest == *subject);
            if names_it && artifact_type.is_none_or(|k| links.artifact_type.as_deref() == Some(k)) {
                let mut descriptor = row.descriptor.bare();
                descriptor.artifact_type.clone_from(&links.artifact_type);
                descriptor.annotations.clone_from(&links.annotations);
                found.push(descriptor);
            }
        }
        Ok(found)
    }

    /// Whether the row is one of `repository` and of no other.
    pub(super) fn same(&self, row: &Row, repository: &str) -> bool {
        self.inner.naming == Naming::Plain || row.repository.as_deref() == Some(repository)
    }
}
