//! Files that are sent where they lie.

use std::fs::File;
use std::ops::Range;

use async_trait::async_trait;
use sealkit_store::{ByteStream, StoreError};

/// Sends ranges of files into one connection without reading them. A server that can puts one, as `Arc<dyn FileSender>`,
/// among the extensions of each request of the connection; a blob that is in a file is then sent through it.
#[async_trait]
pub trait FileSender: Send + Sync {
    /// The body of an answer that has these bytes of the file. It is for this connection alone, and may hold other bytes
    /// than those that are sent: whoever stands between may count them, not change, keep or leave out any.
    ///
    /// # Errors
    /// What the system says of the first of the bytes.
    async fn send(&self, file: File, range: Range<u64>) -> Result<ByteStream, StoreError>;
}
