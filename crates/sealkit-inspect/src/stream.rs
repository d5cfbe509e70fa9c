//! Reading a file from its first byte to its last, once, while somebody else hashes it.

use crate::Facts;

/// Takes the bytes of one file in order and says at the end what they are. Memory is bounded,
/// whatever comes; what does not fit the format becomes a finding.
pub trait Stream: Send {
    /// The next bytes.
    fn push(&mut self, bytes: &[u8]);

    /// What the bytes were, after the last of them.
    fn finish(self: Box<Self>) -> Facts;
}
