//! Folder to layers and file table, and back: deterministic and path-safe.

mod error;
pub mod path;
pub mod tar;

pub use error::{EntryProblem, LinkProblem, PackError};
