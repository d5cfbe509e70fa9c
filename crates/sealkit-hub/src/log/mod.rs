//! The hub's transparency log: what was done, in an order that can not be changed unseen.
//!
//! The entries are the truth. Tiles and checkpoint are made of them, and made again where they are
//! gone. [`Log`] works over any [`LogStore`].

mod acts;
mod copy;
mod edge;
mod entry;
mod files;
mod folder;
mod index;
mod memory;
mod names;
mod outbox;
mod proofs;
pub(crate) mod routes;
mod store;
mod writer;

pub use files::FileLog;
pub use memory::MemoryLog;
pub use names::LoggedNames;
pub(crate) use names::{events_are_written, numbers};
pub(crate) use outbox::decode;
pub use proofs::EntryProof;
pub use store::{LogError, LogStore};
pub use writer::{Known, Log};
