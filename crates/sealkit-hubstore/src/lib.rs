//! The hub's storage engine.
//!
//! Bytes are *objects* under opaque keys ([`Objects`]); what they are is *state* in one SQLite file
//! ([`Database`]): which digest is which object, what each repository has, manifests, tags and their
//! history, uploads that are under way. [`Storage`] puts both together as a
//! [`Namespace`](sealkit_store::Namespace) and keeps upload sessions.
//!
//! The order of writing is object, `fsync`, transaction: a row never names bytes that are not there, and
//! an object without a row is swept later. Finishing an upload is one transaction and copies nothing.

mod backup;
mod blobs;
mod database;
mod files;
mod fsck;
mod gc;
mod manifests;
mod memory;
mod objects;
mod repository;
mod rows;
mod schema;
mod scrub;
mod sessions;
mod storage;
mod upload;
mod uses;

pub use backup::BackupReport;
pub use database::{Database, Fault};
pub use files::Files;
pub use fsck::{FsckReport, Problem};
pub use gc::{GcOptions, GcReport};
pub use manifests::TagMove;
pub use memory::MemoryObjects;
pub use objects::{ObjectWriter, Objects, StoredObject, conformance, new_key};
pub use schema::VERSION;
pub use scrub::ScrubReport;
pub use storage::{Limits, Storage};
