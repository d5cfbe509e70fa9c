//! Reading a range of a blob, going on where a broken connection stopped.

use std::ops::Range;

use bytes::Bytes;
use reqwest::Method;
use reqwest::header::RANGE;
use sealkit_oci::Digest;
use sealkit_store::StoreError;

use crate::client::Reply;
use crate::error::Broken;
use crate::{Remote, RemoteError};

/// After this many bytes without a failure, earlier failures are forgotten.
const FORGIVE_AFTER: u64 = 256 * 1024;

/// A range that is being read.
pub(crate) struct Download {
    remote: Remote,
    digest: Digest,
    /// The first byte that is still missing.
    next: u64,
    end: u64,
    body: Option<Body>,
    failures: u32,
    since_failure: u64,
}

/// The body of one answer.
struct Body {
    reply: Reply,
    /// Bytes to pass over: the registry does not know ranges and sends all.
    skip: u64,
    /// The byte of the blob at which the body should end; none where it did not say.
    until: Option<u64>,
}

impl Download {
    /// Asks for the range. `range` is not empty.
    pub(crate) async fn open(
        remote: Remote,
        digest: Digest,
        range: Range<u64>,
    ) -> Result<Self, StoreError> {
        let (next, end) = (range.start, range.end);
        let mut download =
            Self { remote, digest, next, end, body: None, failures: 0, since_failure: 0 };
        download.body = Some(download.ask().await?);
        Ok(download)
    }

    /// The next bytes, none at the end of the range.
    pub(crate) async fn next(&mut self) -> Result<Option<Bytes>, StoreError> {
        while self.next < self.end {
            let mut body = match self.body.take() {
                Some(body) => body,
                None => self.ask().await?,
            };
            match body.reply.chunk().await {
                Ok(Some(bytes)) => {
                    let bytes = self.accept(&mut body, bytes)?;
                    self.body = Some(body);
                    if !bytes.is_empty() {
                        return Ok(Some(bytes));
                    }
                }
                Ok(None) => self.ended(&body).await?,
                Err(error) => self.failed(error).await?,
            }
        }
        Ok(None)
    }

    /// One request for all that is missing.
    async fn ask(&self) -> Result<Body, StoreError> {
        let remote = &self.remote;
        let what = format!("fetch blob {}", self.digest);
        let call = remote.call(Method::GET, remote.blob_url(&self.digest)?, what);
        // The end of a range header is inclusive.
        let range = format!("bytes={}-{}", self.next, self.end.saturating_sub(1));
        let reply = remote.send(&call.header(RANGE, &range)).await?;
        if reply.header("content-encoding").is_some_and(|coding| coding != "identity") {
            return Err(remote.broken("a blob with a `Content-Encoding` that nobody asked for"));
        }
        match reply.status().as_u16() {
            206 => self.partial(reply),
            200 => self.whole(reply),
            404 => Err(remote.absent("blob", &self.digest)),
            416 => {
                let total = reply.header("content-range").and_then(total);
                Err(self.too_short(total.unwrap_or(self.next)))
            }
            _ => Err(remote.refused(reply).await),
        }
    }

    fn partial(&self, reply: Reply) -> Result<Body, StoreError> {
        let header = reply.header("content-range").unwrap_or_default().to_owned();
        if let Some(total) = total(&header).filter(|total| *total < self.end) {
            return Err(self.too_short(total));
        }
        match bounds(&header) {
            Some((first, last)) if first == self.next && last >= first && last < self.end => {
                Ok(Body { reply, skip: 0, until: last.checked_add(1) })
            }
            _ => Err(self.remote.broken(format!(
                "asked for bytes {}-{} of blob {}, got `Content-Range: {}`",
                self.next,
                self.end.saturating_sub(1),
                self.digest,
                crate::redact::foreign(&header)
            ))),
        }
    }

    /// The registry sends everything: what is not wanted is passed over.
    fn whole(&self, reply: Reply) -> Result<Body, StoreError> {
        let size: Option<u64> = reply.header("content-length").and_then(|text| text.parse().ok());
        match size.filter(|size| *size < self.end) {
            Some(size) => Err(self.too_short(size)),
            None => Ok(Body { reply, skip: self.next, until: size }),
        }
    }

    /// The wanted part of what came.
    fn accept(&mut self, body: &mut Body, mut bytes: Bytes) -> Result<Bytes, StoreError> {
        let skipped = body.skip.min(bytes.len() as u64);
        body.skip -= skipped;
        let mut bytes = bytes.split_off(usize::try_from(skipped).unwrap_or(usize::MAX));
        let wanted = self.end - self.next;
        if bytes.len() as u64 > wanted {
            if body.reply.status().as_u16() == 206 {
                return Err(self.remote.broken(format!(
                    "blob {} came with more bytes than were asked for",
                    self.digest
                )));
            }
            bytes.truncate(usize::try_from(wanted).unwrap_or(usize::MAX));
        }
        self.next += bytes.len() as u64;
        self.since_failure = self.since_failure.saturating_add(bytes.len() as u64);
        if self.since_failure > FORGIVE_AFTER {
            self.failures = 0;
        }
        Ok(bytes)
    }

    /// A body ended in good order, and bytes are missing.
    async fn ended(&mut self, body: &Body) -> Result<(), StoreError> {
        match body.until {
            // It gave a part of the range, as it said: the rest is asked for.
            Some(until) if until == self.next => Ok(()),
            Some(_) => self.failed(interrupted()).await,
            // A body of unknown length that ends is a blob that ends.
            None => Err(self.too_short(self.next)),
        }
    }

    async fn failed(&mut self, error: RemoteError) -> Result<(), StoreError> {
        self.since_failure = 0;
        let again = error.is_temporary() && self.remote.client.pause(self.failures, None).await;
        self.failures = self.failures.saturating_add(1);
        if again { Ok(()) } else { Err(self.remote.failed(error)) }
    }

    fn too_short(&self, actual: u64) -> StoreError {
        let (digest, place) = (self.digest.clone(), self.remote.name());
        StoreError::SizeMismatch { digest, expected: self.end, actual, place }
    }
}

fn interrupted() -> RemoteError {
    RemoteError::Connection {
        what: "fetch a blob".to_owned(),
        broken: Broken::Interrupted,
        source: "the body ended early".into(),
    }
}

/// First and last byte of `bytes a-b/total`.
fn bounds(header: &str) -> Option<(u64, u64)> {
    let (range, _) = header.strip_prefix("bytes ")?.split_once('/')?;
    let (first, last) = range.trim().split_once('-')?;
    Some((first.parse().ok()?, last.parse().ok()?))
}

/// The size of the whole in `bytes a-b/total` or `bytes */total`.
fn total(header: &str) -> Option<u64> {
    header.strip_prefix("bytes ")?.split_once('/')?.1.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_ranges_are_read_strictly() {
        assert_eq!(bounds("bytes 5-9/100"), Some((5, 9)));
        assert_eq!(total("bytes 5-9/100"), Some(100));
        assert_eq!((bounds("bytes */100"), total("bytes */100")), (None, Some(100)));
        assert_eq!((bounds("bytes 5-9/*"), total("bytes 5-9/*")), (Some((5, 9)), None));
        for bad in ["", "5-9/100", "bytes 5-/100", "bytes -5-9/x", "bytes 5-9"] {
            assert_eq!(bounds(bad), None, "{bad}");
        }
    }
}
