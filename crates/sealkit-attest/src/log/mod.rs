//! Transparency logs: trees of tiles and their proofs (RFC 6962 §2.1, C2SP `tlog-tiles`), signed notes
//! and checkpoints (C2SP `signed-note`, `tlog-checkpoint`), the keys that sign and verify them, and
//! what a hub's log says. Bytes in, answers out.

mod checkpoint;
mod leaf;
mod merkle;
mod note;
mod note_key;
mod note_signer;
mod rekord;
mod tile;
mod tree;

pub use checkpoint::Checkpoint;
pub use leaf::{LogAct, LogLeaf, LogOutcome};
pub use merkle::{MerkleHash, leaf_hash, node_hash, verify_consistency, verify_inclusion};
pub use note::{MAX_NOTE_BYTES, NoteSignature, SignedNote};
pub use note_key::NoteKey;
pub use note_signer::NoteSigner;
pub use rekord::{HashedRekord, transparency_entry, trusted_root};
pub use tile::{
    TILE_WIDTH, TileKind, TilePath, decode_entries, decode_tile, encode_entries, encode_tile,
};
pub use tree::{
    Frontier, Node, Tiles, empty_root, peaks, place, prove_consistency, prove_inclusion, subtree,
    tiles_for, tree_root,
};
