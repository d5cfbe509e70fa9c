//! One function for each verb that a person can type. They return outcomes and emit progress; they
//! never print, exit or parse arguments (invariant 8).

mod context;
mod error;
pub mod inspect;
mod kit;
pub mod list;
pub mod maintenance;
pub mod network;
pub mod pack;
mod place;
mod progress;
pub mod tags;
pub mod time;

pub use context::{Context, Home};
pub use error::OpsError;
pub use kit::{Kit, KitLayer};
pub use place::Place;
pub use progress::{NoProgress, Progress};
