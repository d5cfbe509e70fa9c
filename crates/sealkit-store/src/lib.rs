//! Content-addressed storage and copying between any two stores.
//!
//! A *repository* holds blobs, manifests, tags and referrers. Everything that moves a kit, local or
//! remote, speaks the traits of this crate, so that push, pull, mirror, save and load are one
//! operation: [`copy`](crate::copy). This crate knows neither Kitfiles nor HTTP.

mod attached;
#[cfg(any(test, feature = "conformance"))]
pub mod conformance;
mod copy;
mod error;
mod feed;
mod hasher;
mod layout;
mod links;
mod memory;
mod sessions;
mod traits;
mod whole_file;

pub use attached::{FilledPart, ReferrersPage, ReferrersPart};
pub use copy::{CopyEvent, CopyLimits, CopyOptions, CopyReport, OnCopy, copy};
pub use error::StoreError;
pub use feed::{BLOB_TYPE, Feed};
pub use hasher::{Hasher, digest_of};
pub use layout::{
    BlobReader, Clock, Entry, Expect, FaultHook, FsckReport, GcOptions, GcReport, Ingest, Layout,
    LayoutRepository, LayoutWriter, Naming, Problem, ProblemKind, Resolved, TagMove,
};
pub use links::{Links, is_foreign};
pub use memory::{Memory, MemoryRepository};
pub use sessions::{Session, SessionError, UploadSessions, new_session_id};
pub use traits::{
    BlobStore, BlobWrite, BlobWriter, ByteStream, HashedRange, Namespace, Page, PutManifest,
    RefStore, Referrers, Repository, StoredManifest, Tagged, Upload,
};
pub use whole_file::{
    Readers, WholeFile, create_file, create_private_dir, folder_of, replace_file, through_links,
};
