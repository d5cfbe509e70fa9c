//! Why an archive can not be loaded.

use sealkit_oci::{Digest, DigestError, RawError};
use sealkit_pack::tar::TarError;
use sealkit_report::{Code, Hint};

/// Why an archive can not be loaded.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// It is no well-formed tar archive.
    #[error("it is no tar archive that can be read")]
    Tar(#[from] TarError),
    /// An entry has a name that leads elsewhere.
    #[error("entry `{0}` has a name that is not allowed")]
    Name(String),
    /// An entry is neither file nor folder.
    #[error("entry `{path}` is a {kind}: only files and folders are allowed")]
    Kind {
        /// Its name.
        path: String,
        /// What it is.
        kind: &'static str,
    },
    /// Two entries have one name.
    #[error("entry `{0}` is there twice")]
    Duplicate(String),
    /// An entry is larger than what is read of its kind.
    #[error("entry `{path}` has {size} bytes: at most {limit} are read")]
    TooLarge {
        /// Its name.
        path: String,
        /// Its size in bytes.
        size: u64,
        /// The limit in bytes.
        limit: u64,
    },
    /// A blob's name is no digest that is known here.
    #[error("entry `{path}` is not named by a digest")]
    BlobName {
        /// Its name.
        path: String,
        /// The cause.
        source: DigestError,
    },
    /// Something that every archive has is missing.
    #[error("it has no `{0}`")]
    Missing(&'static str),
    /// A document is malformed.
    #[error("`{name}` is malformed")]
    Document {
        /// `index.json` or the digest of a manifest.
        name: String,
        /// The cause.
        source: RawError,
    },
    /// Something that the archive names is neither in it nor in the store.
    #[error("{0} is named but is not in it")]
    Absent(Digest),
    /// There is no kit in it.
    #[error("it holds no kit")]
    NoKit,
    /// There are several kits in it where one is needed.
    #[error("it holds {0} kits")]
    SeveralKits(usize),
}

impl Hint for ArchiveError {
    fn code(&self) -> Code {
        match self {
            Self::Tar(TarError::Limit(_)) | Self::TooLarge { .. } => "limit-exceeded",
            Self::NoKit => "not-a-kit",
            Self::SeveralKits(_) => "archive-ambiguous",
            Self::Name(_) | Self::Kind { .. } | Self::Duplicate(_) => "archive-unsafe",
            _ => "archive-malformed",
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::SeveralKits(_) => {
                Some("run `sealkit load` without `--tag` to load them all".to_owned())
            }
            Self::Missing(_) | Self::NoKit => {
                Some("make an archive with `sealkit save REF -o FILE`".to_owned())
            }
            _ => None,
        }
    }
}
