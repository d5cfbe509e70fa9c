//! The state in one SQLite file.

mod blobs;
mod check;
mod collect;
mod copy;
mod database;
mod listed;
mod manifests;
mod notes;
mod referrers;
mod schema;
mod uploads;
mod watcher;

use std::path::Path;

use async_trait::async_trait;
use rusqlite::Connection;
use sealkit_oci::{Digest, Target};
use sealkit_store::{Page, ReferrersPage, ReferrersPart, StoreError, StoredManifest, Tagged};

use crate::along::{self, BlobDeed};
use crate::state::{Finished, HeldBlob, KnownBlob, NewManifest, OpenUpload, State};
use crate::{Note, Problem, TagMove};

pub(crate) use blobs::named_blob;
pub use database::{Database, Fault};
pub use schema::VERSION;

impl Database {
    /// Makes an act on a blob, which says whether something was written of it: whoever made it learns that.
    async fn telling<T: Send + 'static>(
        &self,
        act: impl FnOnce(&Connection) -> Result<(T, bool), Fault> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (done, is_told) = self.write(act).await?;
        if is_told {
            along::told();
        }
        Ok(done)
    }
}

#[async_trait]
impl State for Database {
    fn stamp(&self) -> Option<u64> {
        Self::stamp(self)
    }

    async fn blob(
        &self,
        repository: &str,
        digest: &Digest,
    ) -> Result<Option<HeldBlob>, StoreError> {
        let (repository, digest) = (repository.to_owned(), digest.clone());
        self.read(move |sql| blobs::find(sql, &repository, &digest)).await
    }

    async fn touch_blob(&self, repository: &str, digest: &Digest, now: i64) {
        let (repository, digest) = (repository.to_owned(), digest.clone());
        self.write_later(move |sql| blobs::touch(sql, &repository, &digest, now)).await;
    }

    async fn mount_blob(
        &self,
        repository: &str,
        from: &str,
        digest: &Digest,
        now: i64,
    ) -> Result<bool, StoreError> {
        let (repository, from, digest) = (repository.to_owned(), from.to_owned(), digest.clone());
        let deed = BlobDeed::Mounted { from: from.clone() };
        let tale = self.along.blob(&repository, &digest, deed);
        let act = move |sql: &Connection| {
            let mounted = blobs::mount(sql, &repository, &from, &digest, now)?;
            Ok((mounted, mounted && tale.write(sql)?))
        };
        self.telling(act).await
    }

    async fn delete_blob(&self, repository: &str, digest: &Digest) -> Result<bool, StoreError> {
        let (repository, digest) = (repository.to_owned(), digest.clone());
        let tale = self.along.blob(&repository, &digest, BlobDeed::Deleted);
        let act = move |sql: &Connection| {
            let removed = blobs::remove(sql, &repository, &digest)?;
            Ok((removed, removed && tale.write(sql)?))
        };
        self.telling(act).await
    }

    async fn put_manifest(&self, new: NewManifest) -> Result<(), StoreError> {
        let (along, attached) = (self.along.note(), self.along.attached());
        let act = move |sql: &Connection| {
            manifests::put(sql, &new)?;
            if let Some((attached, subject)) = attached.zip(new.links.subject.as_ref()) {
                attached(sql, &new.repository, &subject.digest.to_string())?;
            }
            notes::add(sql, &new.repository, new.note.as_deref(), along)
        };
        self.write(act).await
    }

    async fn manifest(
        &self,
        repository: &str,
        target: &Target,
    ) -> Result<Option<StoredManifest>, StoreError> {
        let (repository, target) = (repository.to_owned(), target.clone());
        self.read(move |sql| manifests::find(sql, &repository, &target)).await
    }

    async fn delete_manifest(
        &self,
        repository: &str,
        target: &Target,
        note: Option<Vec<u8>>,
        now: i64,
    ) -> Result<bool, StoreError> {
        let (repository, target) = (repository.to_owned(), target.clone());
        let (along, attached) = (self.along.note(), self.along.attached());
        let act = move |sql: &Connection| {
            // Asked before it is gone, and only where somebody listens.
            let attached = match attached {
                Some(attached) => {
                    let subject = manifests::subject(sql, &repository, &target)?;
                    subject.map(|subject| (attached, subject))
                }
                None => None,
            };
            let removed = manifests::remove(sql, &repository, &target, now)?;
            if removed {
                if let Some((attached, subject)) = attached {
                    attached(sql, &repository, &subject)?;
                }
                notes::add(sql, &repository, note.as_deref(), along)?;
            }
            Ok(removed)
        };
        self.write(act).await
    }

    async fn notes(&self, repository: Option<&str>) -> Result<Vec<Note>, StoreError> {
        let repository = repository.map(str::to_owned);
        self.read(move |sql| notes::list(sql, repository.as_deref())).await
    }

    async fn settle(&self, numbers: Vec<i64>) -> Result<(), StoreError> {
        self.write(move |sql| notes::settle(sql, &numbers)).await
    }

    fn has_along(&self) -> bool {
        self.along.note().is_some()
    }

    async fn tags(&self, repository: &str, page: &Page) -> Result<Vec<String>, StoreError> {
        let (repository, page) = (repository.to_owned(), page.clone());
        self.read(move |sql| manifests::tags(sql, &repository, &page)).await
    }

    async fn tagged(&self) -> Result<Vec<Tagged>, StoreError> {
        self.read(manifests::tagged).await
    }

    async fn tag_moves(&self, repository: &str, tag: &str) -> Result<Vec<TagMove>, StoreError> {
        let (repository, tag) = (repository.to_owned(), tag.to_owned());
        self.read(move |sql| manifests::history(sql, &repository, &tag)).await
    }

    async fn referrers(
        &self,
        repository: &str,
        subject: &Digest,
        artifact_type: Option<&str>,
        page: &ReferrersPage,
    ) -> Result<ReferrersPart, StoreError> {
        let (repository, subject) = (repository.to_owned(), subject.clone());
        let (kind, page) = (artifact_type.map(str::to_owned), page.clone());
        let act = move |sql: &Connection| {
            referrers::list(sql, &repository, &subject, kind.as_deref(), &page)
        };
        self.read(act).await
    }

    async fn repositories(&self, page: &Page) -> Result<Vec<String>, StoreError> {
        let page = page.clone();
        self.read(move |sql| manifests::repositories(sql, &page)).await
    }

    async fn begin_upload(
        &self,
        upload: OpenUpload,
        digest: Option<&Digest>,
        now: i64,
    ) -> Result<(), StoreError> {
        let digest = digest.map(ToString::to_string);
        self.write(move |sql| uploads::insert(sql, &upload, digest.as_deref(), now)).await
    }

    async fn open_uploads(&self) -> Result<u64, StoreError> {
        let count = "SELECT count(*) FROM uploads";
        self.read(move |sql| Ok(sql.query_row(count, [], |row| row.get(0))?)).await
    }

    async fn session(&self, repository: &str, id: &str) -> Result<Option<OpenUpload>, StoreError> {
        let (repository, id) = (repository.to_owned(), id.to_owned());
        self.read(move |sql| uploads::session(sql, &repository, &id)).await
    }

    async fn uploads_of(
        &self,
        repository: &str,
        digest: &Digest,
    ) -> Result<Vec<OpenUpload>, StoreError> {
        let (repository, digest) = (repository.to_owned(), digest.to_string());
        self.read(move |sql| uploads::of_digest(sql, &repository, &digest)).await
    }

    async fn resume_upload(&self, id: &str, now: i64) -> Result<Option<OpenUpload>, StoreError> {
        let id = id.to_owned();
        self.write(move |sql| uploads::resume(sql, &id, now)).await
    }

    fn keep_upload(&self, id: &str, place: u64, hash: Vec<u8>, now: i64) {
        let id = id.to_owned();
        self.write_soon(move |sql| uploads::keep(sql, &id, place, &hash, now));
    }

    async fn finish_upload(
        &self,
        upload: OpenUpload,
        digest: &Digest,
        now: i64,
    ) -> Result<Finished, StoreError> {
        let digest = digest.clone();
        let tale = self.along.blob(&upload.repository, &digest, BlobDeed::Pushed);
        let act = move |sql: &Connection| {
            if !uploads::forget(sql, &upload.id)? {
                return Ok((Finished::Ended, false));
            }
            let unneeded = blobs::store(sql, &upload, &digest, now)?;
            Ok((Finished::Stored(unneeded), tale.write(sql)?))
        };
        self.telling(act).await
    }

    async fn end_upload(&self, id: &str) -> Result<bool, StoreError> {
        let id = id.to_owned();
        self.write(move |sql| uploads::forget(sql, &id)).await
    }

    async fn end_idle_uploads(&self, idle: i64) -> Result<Vec<(String, String)>, StoreError> {
        self.write(move |sql| uploads::forget_idle(sql, idle)).await
    }

    async fn collectable(&self, cutoff: i64) -> Result<(u64, u64), StoreError> {
        self.read(move |sql| collect::preview(sql, cutoff)).await
    }

    async fn collect(&self, cutoff: i64) -> Result<Vec<(String, u64)>, StoreError> {
        collect::run(self, cutoff).await
    }

    async fn unknown_keys(&self, keys: Vec<String>) -> Result<Vec<String>, StoreError> {
        self.read(move |sql| collect::unknown(sql, keys)).await
    }

    async fn blobs(&self) -> Result<Vec<KnownBlob>, StoreError> {
        self.read(blobs::all).await
    }

    async fn checked_blob(
        &self,
        digest: &Digest,
        key: &str,
        good: bool,
        now: i64,
    ) -> Result<bool, StoreError> {
        let (digest, key) = (digest.to_string(), key.to_owned());
        self.write(move |sql| blobs::checked(sql, &digest, &key, good, now)).await
    }

    async fn tags_with(&self, blobs: Vec<Digest>) -> Result<Vec<String>, StoreError> {
        self.read(move |sql| manifests::tags_with(sql, &blobs)).await
    }

    async fn check(&self) -> Result<(u64, Vec<Problem>), StoreError> {
        self.read(check::run).await
    }

    async fn reindex(&self) -> Result<u64, StoreError> {
        self.write(check::rebuild).await
    }

    async fn copy_to(&self, folder: &Path) -> Result<Option<Vec<KnownBlob>>, StoreError> {
        let (own, folder) = (self.clone(), folder.to_owned());
        let copied = tokio::task::spawn_blocking(move || copy::to_folder(&own, &folder)).await;
        let failed = |source| StoreError::io("read", self.path(), std::io::Error::other(source));
        copied.map_err(failed)?.map(Some)
    }

    fn leave_out(&self, folder: &Path, digest: &Digest) -> Result<bool, StoreError> {
        copy::leave_out(folder, digest)
    }
}
