//! Going on with an upload that was begun earlier.

use bytes::Bytes;
use reqwest::Method;
use sealkit_store::StoreError;

use super::session::next_location;
use super::{BlobUpload, Session, SessionFile};

impl BlobUpload {
    pub(super) async fn claim(&self) -> Option<SessionFile> {
        // One request takes it all: there is nothing to go on with.
        if self.expected.size <= self.chunk {
            return None;
        }
        self.remote.client.sessions().claim(&self.remote, &self.expected.digest).await
    }

    /// An upload of the same blob that this process or an earlier one left, where the registry
    /// still has it.
    pub(super) async fn earlier(&mut self) -> Result<Option<Session>, StoreError> {
        let kept = self.remote.client.sessions().take(&self.remote, &self.expected.digest);
        if let Some(mut session) = kept {
            if session.sent == 0 && session.pieces.is_empty() {
                return Ok(Some(session));
            }
            let there = self.locate(&mut session).await?;
            return Ok((there == Some(session.sent)).then_some(session));
        }
        let Some(file) = &self.file else { return Ok(None) };
        let Some(mut session) = file.load(&self.remote, &self.expected.digest).await else {
            return Ok(None);
        };
        let there = self.locate(&mut session).await?;
        Ok(there.filter(|there| *there > 0 && *there <= self.expected.size).map(|there| {
            session.sent = there;
            session
        }))
    }

    /// How many bytes the registry has, none where it no longer knows the upload.
    pub(super) async fn locate(&self, session: &mut Session) -> Result<Option<u64>, StoreError> {
        let what = format!("ask for the upload of blob {}", self.expected.digest);
        let mut call = self.remote.call(Method::GET, session.location.clone(), what);
        call.scopes = crate::auth::Scopes::push(&self.remote.repository);
        let reply = self.remote.send(&call).await?;
        if !reply.status().is_success() {
            return Ok(None);
        }
        if let Some(next) = next_location(&self.remote, &reply)? {
            session.location = next;
        }
        let Some(range) = reply.header("range") else { return Ok(None) };
        Ok(held(range, session.sent))
    }
}

/// Bytes that `0-<end>` says are there. Registries write `0-0` for one byte and for none.
pub(super) fn held(range: &str, sent: u64) -> Option<u64> {
    let range = range.strip_prefix("bytes=").unwrap_or(range);
    let end: u64 = range.trim().strip_prefix("0-")?.parse().ok()?;
    if end == 0 { Some(sent.min(1)) } else { end.checked_add(1) }
}

/// The first `count` bytes of `pieces`, taken out.
pub(super) fn split_front(pieces: &mut Vec<Bytes>, mut count: u64) -> Vec<Bytes> {
    let mut front = Vec::new();
    let mut rest = Vec::new();
    for mut piece in pieces.drain(..) {
        let size = piece.len() as u64;
        if count >= size {
            count -= size;
            front.push(piece);
        } else if count > 0 {
            // It fits: it is less than the length of the piece.
            front.push(piece.split_to(usize::try_from(count).unwrap_or(usize::MAX)));
            count = 0;
            rest.push(piece);
        } else {
            rest.push(piece);
        }
    }
    *pieces = rest;
    front
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_range_of_an_upload_is_read() {
        assert_eq!(held("0-99", 0), Some(100));
        assert_eq!(held("bytes=0-99", 0), Some(100));
        assert_eq!((held("0-0", 0), held("0-0", 1)), (Some(0), Some(1)));
        for bad in ["", "5-9", "0-", "0--1", "0-x", "0-18446744073709551615"] {
            assert_eq!(held(bad, 0), None, "{bad}");
        }
    }

    proptest! {
        #[test]
        fn splitting_keeps_every_byte(
            sizes in prop::collection::vec(0_usize..9, 0..9),
            count in 0_usize..40,
        ) {
            let total: usize = sizes.iter().sum();
            let all: Vec<u8> = (0..total).map(|n| n as u8).collect();
            let mut rest = Bytes::from(all.clone());
            let mut pieces: Vec<Bytes> = sizes.iter().map(|size| rest.split_to(*size)).collect();
            let front = split_front(&mut pieces, count as u64).concat();
            prop_assert_eq!(front.len(), count.min(total));
            prop_assert_eq!([front, pieces.concat()].concat(), all);
        }
    }
}
