//! Folder to layers and file table, and back: deterministic and path-safe.
//!
//! [`plan`] walks a folder once, [`pack`] writes the planned layers into a store, [`unpack`] verifies
//! layers and only then lets their files appear in a folder. Sync throughout,
//! with threads of its own: a caller on an async runtime runs it on a blocking thread.

mod error;
mod hash;
mod pack;
pub mod path;
mod pipe;
mod plan;
mod range;
mod sys;
pub mod tar;
mod tree;
mod unpack;
mod verify;

pub use error::{EntryProblem, LinkProblem, PackError};
pub use pack::{Modes, OnProgress, PackOptions, Packed, PackedLayer, Progress, pack};
pub use plan::{
    Ignore, KeepAll, Links, Plan, PlanOptions, PlannedEntry, PlannedLayer, Symlinks, Warning, plan,
};
pub use range::{read_file, read_range};
pub use tree::{EntryFault, TreeListing, has_pieces, hash_tree, list_tree};
pub use unpack::{
    EntryNames, Existing, ExtraFile, LayerSource, Limits, Select, UnpackLayer, UnpackOptions,
    Unpacked, decompress, index_layer, unpack,
};
pub use verify::{Difference, VerifyOptions, check_layer, verify_tree};
