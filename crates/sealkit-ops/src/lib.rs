//! One function for each verb that a person can type. They return outcomes and emit progress; they
//! never print, exit or parse arguments (invariant 8).

pub mod archive;
pub mod attest;
pub mod bom;
pub mod check;
mod context;
pub mod convert;
pub mod diff;
mod error;
pub mod files;
pub mod import;
pub mod init;
pub mod inspect;
pub mod keys;
mod kit;
pub mod lineage;
pub mod list;
pub mod log;
pub mod login;
pub mod maintenance;
mod memory;
pub mod model;
pub mod network;
pub mod output;
pub mod pack;
mod parallel;
mod place;
pub mod policy;
mod progress;
pub mod quarantine;
pub mod record;
pub mod remote_dataset;
pub mod seal;
pub mod sign;
mod synthesise;
pub mod tags;
pub mod time;
pub mod transfer;
pub mod trust;
pub mod unpack;
pub mod verify;

pub use context::{Context, Home};
pub use error::OpsError;
pub use kit::{Kit, KitLayer};
pub use place::Place;
pub use progress::{NoProgress, Progress};
