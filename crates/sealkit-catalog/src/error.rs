//! What can go wrong.

use std::path::{Path, PathBuf};

use sealkit_report::{Code, Hint};

/// The catalogue could not be read or written. It holds nothing that cannot be made again.
#[derive(Debug, thiserror::Error)]
pub enum CatalogError {
    /// The database failed.
    #[error("could not {action} the catalogue{}", place(.path.as_deref()))]
    Database {
        /// What was being done.
        action: &'static str,
        /// Its file; none for one in memory.
        path: Option<PathBuf>,
        /// Why.
        source: Box<rusqlite::Error>,
    },
    /// The file could not be removed to begin anew.
    #[error("could not remove the old catalogue `{}`", path.display())]
    Remove {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
}

fn place(path: Option<&Path>) -> String {
    path.map(|path| format!(" `{}`", path.display())).unwrap_or_default()
}

impl Hint for CatalogError {
    fn code(&self) -> Code {
        "catalog"
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Database { path: None, .. } => None,
            Self::Database { .. } | Self::Remove { .. } => {
                Some("stop the hub and remove the file: it is made again from the store".to_owned())
            }
        }
    }
}
