//! The hub's storage engine.
//!
//! Bytes are *objects* under opaque keys ([`Objects`]); what they are is *state* ([`State`]): which digest
//! is which object, what each repository has, manifests, tags and their history, uploads that are under
//! way. It is kept in one SQLite file ([`Database`]). [`Storage`] puts both together as a
//! [`Namespace`](sealkit_store::Namespace) and keeps upload sessions.
//!
//! The order of writing is object, `fsync`, transaction: a row never names bytes that are not there, and
//! an object without a row is swept later. Finishing an upload is one transaction and copies nothing.

mod along;
mod backup;
mod files;
mod fsck;
mod gc;
mod hand;
mod here;
mod memory;
mod moment;
mod moves;
mod notes;
mod objects;
mod place;
mod reading;
mod repository;
mod scrub;
mod seen;
mod sessions;
mod sql;
mod state;
mod storage;
mod upload;
mod usage;
mod uses;

pub use along::{
    AlongAttached, AlongBlob, AlongNote, BlobAct, BlobDeed, acting, is_quiet, is_told, quietly,
};
pub use backup::BackupReport;
pub use files::Files;
pub use fsck::{FsckReport, Problem};
pub use gc::{GcOptions, GcReport};
pub use here::blocking_here;
pub use memory::MemoryObjects;
pub use moves::TagMove;
pub use notes::{Note, Outbox, noting};
pub use objects::{ObjectWriter, Objects, StoredObject, conformance, new_key};
pub use scrub::ScrubReport;
pub use seen::Seen;
pub use sql::{Database, Fault, VERSION};
pub use state::{
    Finished, HeldBlob, KnownBlob, MemoryState, NewManifest, OpenUpload, State,
    conformance as state_conformance,
};
pub use storage::{Limits, Storage};
pub use usage::Usage;
