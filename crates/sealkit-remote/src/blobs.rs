//! Blobs (distribution-spec end-2, end-4, end-10, end-11).

use std::ops::Range;

use async_trait::async_trait;
use futures_util::stream;
use reqwest::Method;
use reqwest::header::CONTENT_LENGTH;
use sealkit_oci::{Descriptor, Digest, Reference};
use sealkit_store::{BlobStore, ByteStream, StoreError, Upload};

use crate::Remote;
use crate::download::Download;
use crate::upload::{BlobUpload, Session};

#[async_trait]
impl BlobStore for Remote {
    async fn stat(&self, digest: &Digest) -> Result<Option<u64>, StoreError> {
        let url = self.blob_url(digest)?;
        let call = self.call(Method::HEAD, url, format!("look for blob {digest}"));
        let reply = self.send(&call).await?;
        match reply.status().as_u16() {
            200 => {}
            404 => return Ok(None),
            _ => return Err(self.refused(reply).await),
        }
        let size = reply.header(CONTENT_LENGTH.as_str()).and_then(|text| text.parse().ok());
        size.map(Some).ok_or_else(|| self.broken(format!("blob {digest} has no `Content-Length`")))
    }

    async fn read(&self, digest: &Digest, range: Range<u64>) -> Result<ByteStream, StoreError> {
        if range.start >= range.end {
            return self.read_nothing(digest, range).await;
        }
        let download = Download::open(self.clone(), digest.clone(), range).await?;
        Ok(Box::pin(stream::try_unfold(download, |mut download| async move {
            let next = download.next().await?;
            Ok(next.map(|bytes| (bytes, download)))
        })))
    }

    /// Looks first whether the blob is there: then there is nothing to append.
    async fn write(&self, expected: &Descriptor) -> Result<Box<dyn Upload>, StoreError> {
        Ok(Box::new(BlobUpload::start(self.clone(), expected.clone()).await?))
    }

    /// `from` is a repository of the same registry. The token is asked for both repositories.
    async fn mount(&self, expected: &Descriptor, from: &str) -> Result<bool, StoreError> {
        Reference::new("registry.invalid", from)?;
        let mut url = self.url("blobs/uploads/")?;
        let digest = expected.digest.to_string();
        url.query_pairs_mut().append_pair("mount", &digest).append_pair("from", from);
        let mut call = self.call(Method::POST, url, format!("mount blob {digest} from `{from}`"));
        call.scopes = call.scopes.and(from, "pull");
        let reply = match self.client.send(&self.endpoint, &call).await {
            // An account that may not read `from` may still write here.
            Err(crate::RemoteError::Unauthorized { .. }) => return Ok(false),
            sent => sent.map_err(|error| self.failed(error))?,
        };
        match reply.status().as_u16() {
            201 => {
                self.check_stored(&reply, &expected.digest)?;
                Ok(true)
            }
            // The registry opened an upload instead: the write that follows uses it.
            202 => {
                if let Ok(session) = Session::opened(self, &reply) {
                    self.client.sessions().keep(self, &expected.digest, session);
                }
                Ok(false)
            }
            400 | 403 | 404 | 405 | 501 => Ok(false),
            _ => Err(self.refused(reply).await),
        }
    }

    async fn delete_blob(&self, digest: &Digest) -> Result<(), StoreError> {
        let what = format!("remove blob {digest}");
        let reply = self.send(&self.call(Method::DELETE, self.blob_url(digest)?, what)).await?;
        match reply.status().as_u16() {
            200..=299 => Ok(()),
            404 => Err(self.absent("blob", digest)),
            405 => Err(StoreError::Unsupported { what: "removing blobs", place: self.name() }),
            _ => Err(self.refused(reply).await),
        }
    }
}

impl Remote {
    pub(crate) fn blob_url(&self, digest: &Digest) -> Result<url::Url, StoreError> {
        self.url(&format!("blobs/{digest}"))
    }

    /// No range header can ask for nothing.
    async fn read_nothing(
        &self,
        digest: &Digest,
        range: Range<u64>,
    ) -> Result<ByteStream, StoreError> {
        let actual = self.stat(digest).await?.ok_or_else(|| self.absent("blob", digest))?;
        if range.end > actual || range.start > range.end {
            let expected = range.end.max(range.start);
            let digest = digest.clone();
            return Err(StoreError::SizeMismatch { digest, expected, actual, place: self.name() });
        }
        Ok(Box::pin(stream::empty()))
    }
}
