//! Each act on the content.

use std::collections::BTreeSet;
use std::path::Path;

use async_trait::async_trait;
use bytes::Bytes;
use sealkit_oci::{Descriptor, Digest, Target};
use sealkit_store::{
    Links, Page, ReferrersPage, ReferrersPart, StoreError, StoredManifest, Tagged,
};

use super::{Blob, Content, Listed, MemoryState, Upload, children};
use crate::fsck::{is_elsewhere, missing_content, wrong_body};
use crate::sql::named_blob;
use crate::state::{Finished, HeldBlob, KnownBlob, NewManifest, OpenUpload, State};
use crate::{Note, Problem, TagMove};

#[async_trait]
impl State for MemoryState {
    fn stamp(&self) -> Option<u64> {
        Some(self.look().stamp)
    }

    async fn blob(
        &self,
        repository: &str,
        digest: &Digest,
    ) -> Result<Option<HeldBlob>, StoreError> {
        Ok(self.look().blob(repository, digest))
    }

    async fn touch_blob(&self, repository: &str, digest: &Digest, now: i64) {
        self.change().touch(repository, digest, now);
    }

    async fn mount_blob(
        &self,
        repository: &str,
        from: &str,
        digest: &Digest,
        now: i64,
    ) -> Result<bool, StoreError> {
        let mut content = self.change();
        let is_there = content.blob(from, digest).is_some();
        if is_there {
            content.hold(repository, digest, now);
        }
        Ok(is_there)
    }

    async fn delete_blob(&self, repository: &str, digest: &Digest) -> Result<bool, StoreError> {
        let mut content = self.change();
        let mut named = content.of(repository).flat_map(|(_, listed)| &listed.links.blobs);
        let is_named = named.any(|blob| blob.digest == *digest);
        drop(named);
        if is_named {
            return Err(named_blob(repository));
        }
        Ok(content.held.remove(&(repository.to_owned(), digest.clone())).is_some())
    }

    async fn put_manifest(&self, new: NewManifest) -> Result<(), StoreError> {
        let mut content = self.change();
        let missing = content.missing(&new.repository, &new.links).filter(|_| !new.put.sparse);
        if let Some(digest) = missing {
            let (digest, place) = (digest.clone(), "the hub".to_owned());
            return Err(StoreError::Dangling { digest, place });
        }
        let digest = new.descriptor.digest;
        content.bodies.entry(digest.clone()).or_insert(new.body);
        for blob in &new.links.blobs {
            content.touch(&new.repository, &blob.digest, new.now);
        }
        let (media_type, links) = (new.descriptor.media_type, new.links);
        let listed = Listed { media_type, links };
        content.listed.insert((new.repository.clone(), digest.clone()), listed);
        for tag in &new.put.tags {
            content.set_tag(&new.repository, tag, Some(&digest), new.now);
        }
        content.note(&new.repository, new.note);
        Ok(())
    }

    async fn manifest(
        &self,
        repository: &str,
        target: &Target,
    ) -> Result<Option<StoredManifest>, StoreError> {
        let content = self.look();
        let repository = repository.to_owned();
        let digest = match target {
            Target::Digest(digest) => Some(digest),
            Target::Tag(tag) => content.tags.get(&(repository.clone(), tag.clone())),
        };
        let found = digest.and_then(|digest| {
            let listed = content.listed.get(&(repository, digest.clone()))?;
            let bytes = content.bodies.get(digest)?.clone();
            let descriptor =
                Descriptor::new(&listed.media_type, digest.clone(), bytes.len() as u64);
            Some(StoredManifest { descriptor, bytes })
        });
        Ok(found)
    }

    async fn delete_manifest(
        &self,
        repository: &str,
        target: &Target,
        note: Option<Vec<u8>>,
        now: i64,
    ) -> Result<bool, StoreError> {
        let mut content = self.change();
        let is_meant = |tag: &str, digest: &Digest| match target {
            Target::Tag(meant) => meant == tag,
            Target::Digest(meant) => meant == digest,
        };
        let tags = content.tags.iter().filter(|((name, _), _)| name == repository);
        let tags = tags.filter(|((_, tag), digest)| is_meant(tag, digest));
        let tags: Vec<String> = tags.map(|((_, tag), _)| tag.clone()).collect();
        for tag in &tags {
            content.set_tag(repository, tag, None, now);
        }
        let Target::Digest(digest) = target else {
            content.note(repository, note.filter(|_| !tags.is_empty()));
            return Ok(!tags.is_empty());
        };
        let gone = content.listed.remove(&(repository.to_owned(), digest.clone())).is_some();
        if !content.listed.keys().any(|(_, listed)| listed == digest) {
            content.bodies.remove(digest);
        }
        content.note(repository, note.filter(|_| gone));
        Ok(gone)
    }

    async fn notes(&self, repository: Option<&str>) -> Result<Vec<Note>, StoreError> {
        let content = self.look();
        let is_asked = |note: &&Note| repository.is_none_or(|name| name == note.repository);
        Ok(content.notes.iter().filter(is_asked).cloned().collect())
    }

    async fn settle(&self, numbers: Vec<i64>) -> Result<(), StoreError> {
        self.change().notes.retain(|note| !numbers.contains(&note.number));
        Ok(())
    }

    async fn tags(&self, repository: &str, page: &Page) -> Result<Vec<String>, StoreError> {
        let content = self.look();
        let tags = content.tags.keys().filter(|(name, _)| name == repository);
        Ok(page.cut(tags.map(|(_, tag)| tag.clone()).collect()))
    }

    async fn tagged(&self) -> Result<Vec<Tagged>, StoreError> {
        Ok(self.look().tagged().collect())
    }

    async fn tag_moves(&self, repository: &str, tag: &str) -> Result<Vec<TagMove>, StoreError> {
        let key = (repository.to_owned(), tag.to_owned());
        Ok(self.look().moves.get(&key).cloned().unwrap_or_default())
    }

    async fn referrers(
        &self,
        repository: &str,
        subject: &Digest,
        artifact_type: Option<&str>,
        page: &ReferrersPage,
    ) -> Result<ReferrersPart, StoreError> {
        let content = self.look();
        let about = content.of(repository).filter(|(_, listed)| {
            let links = &listed.links;
            links.subject.as_ref().is_some_and(|one| one.digest == *subject)
                && artifact_type.is_none_or(|kind| links.artifact_type.as_deref() == Some(kind))
        });
        let describe = |(digest, listed): (&Digest, &Listed)| {
            let size = content.bodies.get(digest).map_or(0, |body| body.len() as u64);
            let mut one = Descriptor::new(&listed.media_type, digest.clone(), size);
            one.artifact_type.clone_from(&listed.links.artifact_type);
            one.annotations.clone_from(&listed.links.annotations);
            one
        };
        Ok(page.cut(about.map(describe).collect()))
    }

    async fn repositories(&self, page: &Page) -> Result<Vec<String>, StoreError> {
        let content = self.look();
        let names = content.held.keys().chain(content.listed.keys()).map(|(name, _)| name.clone());
        let names: BTreeSet<String> = names.collect();
        Ok(page.cut(names.into_iter().collect()))
    }

    async fn begin_upload(
        &self,
        upload: OpenUpload,
        digest: Option<&Digest>,
        now: i64,
    ) -> Result<(), StoreError> {
        let (id, digest) = (upload.id.clone(), digest.cloned());
        self.change().uploads.insert(id, Upload { open: upload, digest, touched: now });
        Ok(())
    }

    async fn open_uploads(&self) -> Result<u64, StoreError> {
        Ok(self.look().uploads.len() as u64)
    }

    async fn session(&self, repository: &str, id: &str) -> Result<Option<OpenUpload>, StoreError> {
        let content = self.look();
        let found = content.uploads.get(id).filter(|one| one.digest.is_none());
        let found = found.map(|one| &one.open).filter(|one| one.repository == repository);
        Ok(found.cloned())
    }

    async fn uploads_of(
        &self,
        repository: &str,
        digest: &Digest,
    ) -> Result<Vec<OpenUpload>, StoreError> {
        let content = self.look();
        let of_it = content.uploads.values().filter(|one| one.digest.as_ref() == Some(digest));
        let mine = of_it.map(|one| &one.open).filter(|one| one.repository == repository);
        let mut found: Vec<OpenUpload> = mine.cloned().collect();
        found.sort_by_key(|one| std::cmp::Reverse(one.place));
        Ok(found)
    }

    async fn resume_upload(&self, id: &str, now: i64) -> Result<Option<OpenUpload>, StoreError> {
        let mut content = self.change();
        let Some(upload) = content.uploads.get_mut(id) else { return Ok(None) };
        upload.touched = now.max(upload.touched);
        Ok(Some(upload.open.clone()))
    }

    fn keep_upload(&self, id: &str, place: u64, hash: Vec<u8>, now: i64) {
        if let Some(upload) = self.change().uploads.get_mut(id) {
            (upload.open.place, upload.open.hash, upload.touched) = (place, hash, now);
        }
    }

    async fn finish_upload(
        &self,
        upload: OpenUpload,
        digest: &Digest,
        now: i64,
    ) -> Result<Finished, StoreError> {
        let mut content = self.change();
        if content.uploads.remove(&upload.id).is_none() {
            return Ok(Finished::Ended);
        }
        let new =
            Blob { key: upload.key.clone(), size: upload.place, damaged: false, checked: now };
        let unneeded = match content.blobs.get(digest) {
            Some(old) if !old.damaged => Some(upload.key).filter(|key| *key != old.key),
            _ => content.blobs.insert(digest.clone(), new).map(|old| old.key),
        };
        content.hold(&upload.repository, digest, now);
        Ok(Finished::Stored(unneeded))
    }

    async fn end_upload(&self, id: &str) -> Result<bool, StoreError> {
        Ok(self.change().uploads.remove(id).is_some())
    }

    async fn end_idle_uploads(&self, idle: i64) -> Result<Vec<(String, String)>, StoreError> {
        let mut gone = Vec::new();
        self.change().uploads.retain(|id, upload| {
            let stays = upload.touched >= idle;
            if !stays {
                gone.push((id.clone(), upload.open.key.clone()));
            }
            stays
        });
        Ok(gone)
    }

    async fn collectable(&self, cutoff: i64) -> Result<(u64, u64), StoreError> {
        let mut content = self.look().clone();
        let gone = content.take(cutoff);
        Ok((gone.len() as u64, gone.iter().map(|(_, size)| size).sum()))
    }

    async fn collect(&self, cutoff: i64) -> Result<Vec<(String, u64)>, StoreError> {
        Ok(self.change().take(cutoff))
    }

    async fn unknown_keys(&self, keys: Vec<String>) -> Result<Vec<String>, StoreError> {
        let content = self.look();
        let blobs = content.blobs.values().map(|blob| &blob.key);
        let known: BTreeSet<&String> =
            blobs.chain(content.uploads.values().map(|one| &one.open.key)).collect();
        Ok(keys.into_iter().filter(|key| !known.contains(key)).collect())
    }

    async fn blobs(&self) -> Result<Vec<KnownBlob>, StoreError> {
        let content = self.look();
        let mut all: Vec<(&Digest, &Blob)> = content.blobs.iter().collect();
        all.sort_by_key(|(_, blob)| blob.checked);
        let known = |(digest, blob): (&Digest, &Blob)| KnownBlob {
            digest: digest.clone(),
            key: blob.key.clone(),
            size: blob.size,
            damaged: blob.damaged,
        };
        Ok(all.into_iter().map(known).collect())
    }

    async fn checked_blob(
        &self,
        digest: &Digest,
        key: &str,
        good: bool,
        now: i64,
    ) -> Result<bool, StoreError> {
        let mut content = self.change();
        let found = content.blobs.get_mut(digest).filter(|blob| blob.key == key);
        let Some(blob) = found else { return Ok(false) };
        (blob.damaged, blob.checked) = (!good, now);
        Ok(true)
    }

    async fn tags_with(&self, blobs: Vec<Digest>) -> Result<Vec<String>, StoreError> {
        let content = self.look();
        let mut found = BTreeSet::new();
        for blob in blobs {
            let mut above = BTreeSet::from([&blob]);
            loop {
                let more = content.listed.iter().filter(|((_, digest), listed)| {
                    !above.contains(digest)
                        && children(&listed.links).any(|one| above.contains(one))
                });
                let more: Vec<&Digest> = more.map(|((_, digest), _)| digest).collect();
                if more.is_empty() {
                    break;
                }
                above.extend(more);
            }
            let tags = content.tags.iter().filter(|((name, _), digest)| {
                above.contains(digest) && content.held.contains_key(&(name.clone(), blob.clone()))
            });
            found.extend(tags.map(|((name, tag), _)| format!("{name}:{tag}")));
        }
        Ok(found.into_iter().collect())
    }

    async fn check(&self) -> Result<(u64, Vec<Problem>), StoreError> {
        let content = self.look();
        let mut problems = Vec::new();
        for (digest, body) in &content.bodies {
            if !digest.matches(body) {
                wrong_body(&mut problems, digest.to_string());
            }
        }
        for ((repository, digest), listed) in &content.listed {
            let body = content.bodies.get(digest).map(Bytes::as_ref).unwrap_or_default();
            for child in children(&listed.links) {
                let key = (repository.clone(), child.clone());
                let is_there = content.held.contains_key(&key) || content.listed.contains_key(&key);
                if !is_there && !is_elsewhere(&listed.media_type, body, &child.to_string()) {
                    missing_content(
                        &mut problems,
                        &digest.to_string(),
                        repository,
                        child.to_string(),
                    );
                }
            }
        }
        Ok((content.bodies.len() as u64, problems))
    }

    async fn reindex(&self) -> Result<u64, StoreError> {
        let mut content = self.change();
        let Content { listed, bodies, .. } = &mut *content;
        let mut count = 0;
        for ((_, digest), listed) in listed {
            let body = bodies.get(digest).map(Bytes::as_ref).unwrap_or_default();
            // A body that can not be read any more is what `fsck` names.
            if let Ok(links) = Links::parse(&listed.media_type, body) {
                listed.links = links;
                count += 1;
            }
        }
        Ok(count)
    }

    async fn copy_to(&self, _folder: &Path) -> Result<Option<Vec<KnownBlob>>, StoreError> {
        Ok(None)
    }

    fn leave_out(&self, _folder: &Path, _digest: &Digest) -> Result<bool, StoreError> {
        Ok(false)
    }
}
