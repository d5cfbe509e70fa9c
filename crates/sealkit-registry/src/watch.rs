//! What was done: the seam that the catalogue, counters and notices plug into.

use async_trait::async_trait;
use sealkit_oci::{Descriptor, Digest, Target};

/// What a request did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Deed<'a> {
    /// A blob is there now.
    PushedBlob(&'a Digest),
    /// A blob of another repository is there now.
    MountedBlob {
        /// The blob.
        digest: &'a Digest,
        /// The other repository, none where the blob was here already.
        from: Option<&'a str>,
    },
    /// A manifest is there now.
    PushedManifest {
        /// Its media type, digest and size.
        descriptor: &'a Descriptor,
        /// The tags that point at it since.
        tags: &'a [String],
        /// The manifest that it refers to.
        subject: Option<&'a Digest>,
    },
    /// The bytes of a blob are on their way; the client may still go away.
    PulledBlob(&'a Digest),
    /// A manifest was read.
    PulledManifest {
        /// What was asked for.
        target: &'a Target,
        /// What it was.
        digest: &'a Digest,
    },
    /// A blob was deleted.
    DeletedBlob(&'a Digest),
    /// A manifest with its tags, or a tag, was deleted.
    DeletedManifest(&'a Target),
}

/// Something that was done.
#[derive(Clone, Copy, Debug)]
pub struct Event<'a> {
    /// Where.
    pub repository: &'a str,
    /// By whom, as the [`Guard`](crate::Guard) said.
    pub actor: &'a str,
    /// What.
    pub deed: Deed<'a>,
}

/// Is told of each act after it is durable and before the client is answered. A process that ends
/// between the two never tells: whoever must miss nothing looks through the store when it starts.
#[async_trait]
pub trait Watch: Send + Sync {
    /// Something was done. The client waits for it.
    async fn done(&self, event: &Event<'_>);
}

/// Looks away.
#[derive(Clone, Copy, Debug, Default)]
pub struct Unwatched;

#[async_trait]
impl Watch for Unwatched {
    async fn done(&self, _event: &Event<'_>) {}
}
