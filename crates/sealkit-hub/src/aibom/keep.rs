//! Stores the AIBOM of one version.

use bytes::Bytes;
use sealkit_hubstore::quietly;
use sealkit_oci::{Descriptor, Digest, Target, media_type};
use sealkit_ops::catalog::{Described, OwnBom};
use sealkit_store::{Repository, StoreError};

use super::table::{Look, Row};
use super::{Aiboms, TOOL, table};
use crate::HubError;
use crate::events::{self, HUB, NewEvent};

/// Bytes that are handed to the storage at once.
const PIECE: usize = 512 << 10;

impl Aiboms {
    /// Signs and stores the AIBOM of a version that was looked at, once: the same one is not stored again, and one
    /// that somebody deleted stays so until the version is pushed anew. `pushed` is when it came, in seconds since
    /// 1970. Killed at any moment, it is done again.
    ///
    /// # Errors
    /// When the storage fails; to be tried again.
    pub(crate) async fn keep(
        &self,
        repository: &str,
        described: Described,
        pushed: i64,
    ) -> Result<(), HubError> {
        let kit = described.digest.clone();
        let look = |is_held, problem| Look {
            repository: repository.to_owned(),
            kit: kit.clone(),
            is_held,
            problem,
        };
        if self.is_held(repository, &kit).await? {
            return Ok(self.looked(look(true, None)).await?);
        }
        let here = self.inner.names.repository(repository)?;
        let Some(manifest) = here.manifest(&Target::Digest(kit.clone())).await? else {
            return Ok(());
        };
        match self.made(described, manifest.descriptor).await {
            Ok(bom) => {
                let referrer = Target::Digest(bom.referrer.digest().clone());
                if here.manifest(&referrer).await?.is_some() {
                    self.stored(repository, &kit, &bom).await?;
                } else if self.is_wanted(repository, &bom, pushed).await? {
                    self.put(&*here, &bom).await?;
                    self.stored(repository, &kit, &bom).await?;
                }
                Ok(self.looked(look(false, None)).await?)
            }
            // Another try would end as this one did.
            Err(problem) => Ok(self.looked(look(false, Some(problem))).await?),
        }
    }

    async fn made(&self, described: Described, kit: Descriptor) -> Result<OwnBom, String> {
        let key = self.inner.key.clone();
        let work = move || described.signed(&kit, key.private());
        match tokio::task::spawn_blocking(work).await {
            Ok(made) => made.map_err(|error| error.to_string()),
            Err(_) => Err("making it failed unexpectedly".to_owned()),
        }
    }

    /// Whether one that is not there has to be stored: not where somebody deleted it since the version came.
    async fn is_wanted(
        &self,
        repository: &str,
        bom: &OwnBom,
        pushed: i64,
    ) -> Result<bool, StoreError> {
        let (name, referrer) = (repository.to_owned(), bom.referrer.digest().clone());
        let at = self.inner.storage.database();
        let at = at.read(move |sql| table::stored_at(sql, &name, &referrer)).await?;
        Ok(at.is_none_or(|at| at < pushed))
    }

    /// Attaches it, as whoever pushes does: blobs first, then the manifest, which is logged with the act.
    async fn put(&self, here: &dyn Repository, bom: &OwnBom) -> Result<(), StoreError> {
        let config = Descriptor::of(media_type::OCI_EMPTY, media_type::EMPTY_JSON);
        put_blob(here, &config, media_type::EMPTY_JSON).await?;
        put_blob(here, &bom.blob, &bom.bundle).await?;
        let bytes = Bytes::copy_from_slice(bom.referrer.bytes());
        let put = here.put_manifest(media_type::OCI_MANIFEST, bytes, None);
        // It is made of what was looked at: nobody has to look again.
        let put = crate::log::numbers(HUB.to_owned(), quietly(put));
        put.await.0.map(drop)
    }

    /// Writes down that it is stored, with the event where it is new.
    async fn stored(&self, repository: &str, kit: &Digest, bom: &OwnBom) -> Result<(), StoreError> {
        let row = Row {
            repository: repository.to_owned(),
            referrer: bom.referrer.digest().clone(),
            kit: kit.clone(),
            blob: bom.blob.digest.clone(),
            size: bom.blob.size,
            document: bom.document.clone(),
        };
        let now = (self.inner.clock)();
        let event = NewEvent::new(HUB, "aibom.store").within(repository).about(kit);
        let event = event.saying(row.referrer.to_string());
        let act = move |sql: &rusqlite::Connection| {
            if table::add(sql, &row, (TOOL, now))? {
                events::insert(sql, &event, now, 1)?;
            }
            Ok(())
        };
        self.inner.storage.database().write(act).await
    }

    async fn looked(&self, look: Look) -> Result<(), StoreError> {
        let act = move |sql: &rusqlite::Connection| table::looked(sql, &look, TOOL);
        self.inner.storage.database().write(act).await
    }
}

async fn put_blob(
    here: &dyn Repository,
    blob: &Descriptor,
    bytes: &[u8],
) -> Result<(), StoreError> {
    if here.stat(&blob.digest).await?.is_some() {
        return Ok(());
    }
    let mut upload = here.write(blob).await?;
    // What an upload that was cut off left is there already.
    let known = usize::try_from(upload.offset()).unwrap_or(usize::MAX);
    for piece in bytes.get(known..).unwrap_or_default().chunks(PIECE) {
        upload.append(Bytes::copy_from_slice(piece)).await?;
    }
    upload.finish().await
}
