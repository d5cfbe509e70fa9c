//! Content-addressed storage and copying between any two stores.
//!
//! A *repository* holds blobs, manifests, tags and referrers. Everything that moves a kit, local or
//! remote, speaks the traits of this crate, so that push, pull, mirror, save and load are one
//! operation: [`copy`](crate::copy). This crate knows neither Kitfiles nor HTTP.

mod error;
mod hasher;
mod layout;
mod links;
mod traits;

pub use error::StoreError;
pub use layout::{
    BlobReader, Clock, Entry, Expect, FaultHook, FsckReport, GcOptions, GcReport, Ingest, Layout,
    LayoutRepository, LayoutWriter, Naming, Problem, ProblemKind, Resolved, TagMove,
};
pub use links::Links;
pub use traits::{
    BlobStore, BlobWrite, BlobWriter, ByteStream, Namespace, Page, RefStore, Referrers, Repository,
    StoredManifest, Upload,
};
