//! Moving one blob.

use futures_util::StreamExt;
use sealkit_oci::Descriptor;

use super::{Copier, CopyEvent};
use crate::{StoreError, Upload};

/// What became of a blob.
pub(super) enum Fate {
    /// It was moved; so many bytes went over.
    Copied(u64),
    /// It was there.
    Skipped,
    /// It was taken from another repository.
    Mounted,
}

/// How often a blob is begun again where the destination lost the upload.
const LOST_UPLOADS: u32 = 2;

fn is_lost_upload(error: &StoreError) -> bool {
    matches!(error, StoreError::Remote { code: "upload-lost", .. })
}

impl Copier<'_> {
    pub(super) async fn blob(&self, blob: &Descriptor) -> Result<Fate, StoreError> {
        if self.dst.stat(&blob.digest).await? == Some(blob.size) {
            self.tell(CopyEvent::Skipped(blob));
            return Ok(Fate::Skipped);
        }
        if !blob.urls.is_empty() && self.src.stat(&blob.digest).await?.is_none() {
            // It lives elsewhere and stays there (image-spec, descriptor.md).
            self.tell(CopyEvent::Skipped(blob));
            return Ok(Fate::Skipped);
        }
        if let Some(from) = &self.options.from_repo
            && self.dst.mount(blob, from).await?
        {
            self.tell(CopyEvent::Mounted(blob));
            return Ok(Fate::Mounted);
        }
        let mut tries = 0;
        let moved = loop {
            match self.transfer(blob).await {
                Ok(Ok(moved)) => break moved,
                // The part from an earlier try may be what was wrong: it is gone now, so that a
                // second try tells whether the source is.
                Ok(Err(_)) if tries == 0 => {}
                Ok(Err(error)) => return Err(error),
                // The destination forgot what it had: it is asked anew where to go on.
                Err(error) if tries < LOST_UPLOADS && is_lost_upload(&error) => {}
                Err(error) => return Err(error),
            }
            tries += 1;
        };
        self.tell(CopyEvent::Copied(blob));
        Ok(Fate::Copied(moved))
    }

    /// Sends what the destination lacks. The inner error is wrong bytes after a part of an earlier
    /// try; everything else is the outer one.
    async fn transfer(&self, blob: &Descriptor) -> Result<Result<u64, StoreError>, StoreError> {
        let mut upload = self.dst.write(blob).await?;
        let offset = upload.offset();
        self.tell(CopyEvent::Started(blob, offset));
        if offset < blob.size {
            self.stream(blob, offset, upload.as_mut()).await?;
        }
        match upload.finish().await {
            Ok(()) => Ok(Ok(blob.size.saturating_sub(offset))),
            Err(StoreError::DigestMismatch { expected, actual, .. }) => {
                let place = self.src.place();
                let error = StoreError::DigestMismatch { expected, actual, place };
                if offset > 0 { Ok(Err(error)) } else { Err(error) }
            }
            Err(error) => Err(error),
        }
    }

    async fn stream(
        &self,
        blob: &Descriptor,
        offset: u64,
        upload: &mut dyn Upload,
    ) -> Result<(), StoreError> {
        let wrong_size = |actual| StoreError::SizeMismatch {
            digest: blob.digest.clone(),
            expected: blob.size,
            actual,
            place: self.src.place(),
        };
        let mut bytes = self.src.read(&blob.digest, offset..blob.size).await?;
        let mut at = offset;
        while let Some(chunk) = bytes.next().await {
            let chunk = chunk?;
            let count = chunk.len() as u64;
            at = at.saturating_add(count);
            if at > blob.size {
                return Err(wrong_size(at));
            }
            upload.append(chunk).await?;
            self.tell(CopyEvent::Moved(&blob.digest, count));
        }
        if at == blob.size { Ok(()) } else { Err(wrong_size(at)) }
    }
}
