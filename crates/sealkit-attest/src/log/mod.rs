//! Transparency logs: Merkle proofs (RFC 6962 §2.1), signed notes and checkpoints (C2SP
//! `signed-note`, `tlog-checkpoint`), and the keys that sign them. Bytes in, answers out.

mod checkpoint;
mod merkle;
mod note;
mod note_key;

pub use checkpoint::Checkpoint;
pub use merkle::{MerkleHash, leaf_hash, node_hash, verify_consistency, verify_inclusion};
pub use note::{MAX_NOTE_BYTES, NoteSignature, SignedNote};
pub use note_key::NoteKey;
