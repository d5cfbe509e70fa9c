//! Files as bodies of answers.

use std::fs::File;
use std::ops::Range;
use std::sync::Arc;

use async_trait::async_trait;
use futures_util::stream;
use sealkit_registry::FileSender;
use sealkit_store::{ByteStream, StoreError};

use super::lent::{Lent, PIECE};
use super::part::Part;

#[async_trait]
impl FileSender for Lent {
    async fn send(&self, file: File, range: Range<u64>) -> Result<ByteStream, StoreError> {
        let (lent, end, mut at) = (self.clone(), range.end, range.start);
        let file = Arc::new(file);
        let mut next = move || {
            let size = usize::try_from(end.saturating_sub(at)).unwrap_or(PIECE).min(PIECE);
            let part = Part { file: Arc::clone(&file), at, size };
            at = at.saturating_add(size as u64);
            (size > 0).then_some(part)
        };
        let first = next();
        if let Some(first) = first.clone().filter(|first| first.is_in_memory() != Some(true)) {
            // What can not be read is an error before anything is sent.
            let read = first.fetch().await;
            read.map_err(|source| StoreError::io("read", "object", source))?;
        }
        let parts = first.into_iter().chain(std::iter::from_fn(next));
        // One at a time: what is lent is in the order of writing.
        Ok(Box::pin(stream::iter(parts.map(move |part| Ok(lent.lend(part))))))
    }
}
