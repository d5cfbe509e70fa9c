//! Checkpoints (C2SP `tlog-checkpoint`): what a log says of itself, as a signed note.

use super::{MerkleHash, NoteKey, SignedNote, verify_consistency};
use crate::sigstore::hex;
use crate::{AttestError, LogTree, base64};

/// The state of a log: that of `size` entries its tree has `root`. Unverified until
/// [`Checkpoint::verify`] says who signed it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    note: SignedNote,
    origin: String,
    size: u64,
    root: MerkleHash,
}

impl Checkpoint {
    /// Reads a checkpoint: origin, size in decimal without leading zeros, base64 root, and any
    /// lines after those.
    pub fn parse(text: &str) -> Result<Self, AttestError> {
        let note = SignedNote::parse(text)?;
        let mut lines = note.text().split('\n');
        let origin = lines.next().filter(|line| !line.is_empty());
        let origin = origin.ok_or(fault("the checkpoint has no origin"))?.to_owned();
        let size = lines.next().and_then(decimal).ok_or(fault("the checkpoint has no size"))?;
        let root = lines.next().and_then(|line| base64::decode(line, "root hash").ok());
        let root = root.and_then(|root| root.try_into().ok());
        let root = root.ok_or(fault("the checkpoint has no root hash"))?;
        Ok(Self { note, origin, size, root })
    }

    /// The log's unique name.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// Number of entries.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Root of the tree.
    pub fn root(&self) -> &MerkleHash {
        &self.root
    }

    /// What it says of the log.
    pub fn tree(&self) -> LogTree {
        let root = hex(&self.root);
        LogTree { origin: self.origin.clone(), size: self.size, root }
    }

    /// The note that it is.
    pub fn note(&self) -> &SignedNote {
        &self.note
    }

    /// Verifies that the log whose key is `key` signed this checkpoint of itself: the origin is the
    /// key's name. Signatures of others, such as witnesses, do not matter.
    pub fn verify(&self, key: &NoteKey) -> Result<(), AttestError> {
        if self.origin != key.name() {
            return Err(fault("the checkpoint is of another origin"));
        }
        key.verify(&self.note)
    }

    /// Verifies that this checkpoint only adds to `pinned`, one of the same log that was seen before.
    ///
    /// A smaller one is [`AttestError::StaleCheckpoint`] (rollback), one of another history
    /// [`AttestError::LogInconsistent`] (fork).
    pub fn verify_follows(
        &self,
        pinned: &Checkpoint,
        proof: &[MerkleHash],
    ) -> Result<(), AttestError> {
        if self.origin != pinned.origin {
            return Err(fault("the checkpoint is of another origin"));
        }
        verify_consistency((pinned.size, &pinned.root), (self.size, &self.root), proof)
    }
}

/// A number in its one decimal form.
fn decimal(text: &str) -> Option<u64> {
    let number: u64 = text.parse().ok()?;
    (number.to_string() == text).then_some(number)
}

fn fault(reason: &str) -> AttestError {
    AttestError::LogProofInvalid { reason: reason.to_owned() }
}
