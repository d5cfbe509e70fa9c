//! Why a verb could not be carried out.

use std::path::PathBuf;

use sealkit_oci::{DigestError, FileTableError, RawError, ReferenceError};
use sealkit_report::{Code, Hint};
use sealkit_store::StoreError;

/// Why a verb could not be carried out.
#[derive(Debug, thiserror::Error)]
pub enum OpsError {
    /// The store or the registry could not do it.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The catalogue failed.
    #[error(transparent)]
    Catalog(#[from] sealkit_catalog::CatalogError),
    /// The Kitfile is wrong.
    #[error(transparent)]
    Kitfile(#[from] sealkit_kitfile::KitfileError),
    /// The folder could not be packed, or the kit not unpacked.
    #[error(transparent)]
    Pack(#[from] sealkit_pack::PackError),
    /// A key, a signature or a statement is wrong.
    #[error(transparent)]
    Attest(#[from] sealkit_attest::AttestError),
    /// The policy, or a file of facts, can not be used: whatever it was to judge is denied.
    #[error(transparent)]
    Policy(#[from] sealkit_policy::PolicyError),
    /// The AIBOM could not be made or read.
    #[error(transparent)]
    Bom(#[from] sealkit_aibom::BomError),
    /// A digest is malformed.
    #[error(transparent)]
    Digest(#[from] DigestError),
    /// A reference is malformed.
    #[error(transparent)]
    Reference(#[from] ReferenceError),
    /// A file could not be read or written.
    #[error("could not {action} `{}`", path.display())]
    Io {
        /// What was tried.
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// The cause.
        source: std::io::Error,
    },
    /// What a file of the person's own says can not be used.
    #[error("`{}` can not be used", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: Box<OpsError>,
    },
    /// The kit is not where it was looked for.
    #[error("could not find kit `{reference}` in {place}")]
    KitNotFound {
        /// The kit.
        reference: String,
        /// The store or registry.
        place: String,
    },
    /// What was found is neither a ModelKit nor a ModelPack.
    #[error("`{reference}` is not a kit: its artifact type is `{artifact_type}`")]
    NotAKit {
        /// What was asked for.
        reference: String,
        /// What it is.
        artifact_type: String,
    },
    /// The manifest, or another document of the kit, is malformed.
    #[error("document {digest} of kit `{reference}` is malformed")]
    Document {
        /// The kit.
        reference: String,
        /// The document.
        digest: String,
        /// The cause.
        source: RawError,
    },
    /// A document of our own could not be written.
    #[error("could not write the {what}")]
    Unwritable {
        /// Which one.
        what: String,
        /// The cause.
        source: RawError,
    },
    /// A document of the kit is larger than what is read.
    #[error("document {digest} of kit `{reference}` has {size} bytes: at most {limit} are read")]
    DocumentTooLarge {
        /// The kit.
        reference: String,
        /// The document.
        digest: String,
        /// Its size in bytes.
        size: u64,
        /// The limit in bytes.
        limit: u64,
    },
    /// Layers and Kitfile of the kit do not fit together.
    #[error("kit `{reference}` contradicts itself: {reason}")]
    Inconsistent {
        /// The kit.
        reference: String,
        /// How.
        reason: String,
    },
    /// The file table of the kit is wrong.
    #[error("the file table of kit `{reference}` can not be used")]
    FileTable {
        /// The kit.
        reference: String,
        /// The cause.
        source: FileTableError,
    },
    /// The verb needs a registry in the reference.
    #[error("reference `{reference}` names no registry")]
    NoRegistry {
        /// The reference.
        reference: String,
    },
    /// The verb needs a tag or digest in the reference.
    #[error("reference `{reference}` has neither tag nor digest")]
    NoTarget {
        /// The reference.
        reference: String,
    },
    /// The place is not one that holds kits by reference.
    #[error("`{place}` can not be used here: a reference or `oci:DIR` is needed")]
    NotARepository {
        /// The place.
        place: String,
    },
    /// An archive can not be loaded.
    #[error("could not load archive `{archive}`")]
    Archive {
        /// The archive.
        archive: String,
        /// The cause.
        source: crate::archive::ArchiveError,
    },
    /// Anything else that the person can mend.
    #[error("{message}")]
    Usage {
        /// Stable name of the cause.
        code: Code,
        /// What is wrong.
        message: String,
        /// What to do next.
        hint: Option<String>,
    },
}

impl OpsError {
    /// An I/O error with the file it happened on.
    pub fn io(action: &'static str, path: impl Into<PathBuf>, source: std::io::Error) -> Self {
        Self::Io { action, path: path.into(), source }
    }

    /// What is wrong with what the file at `path` says.
    pub(crate) fn in_file(path: impl Into<PathBuf>, source: impl Into<Self>) -> Self {
        Self::File { path: path.into(), source: Box::new(source.into()) }
    }

    /// Something that the person can mend.
    pub fn usage(code: Code, message: impl Into<String>) -> Self {
        Self::Usage { code, message: message.into(), hint: None }
    }

    /// The same error with the next command to run; kept as it is where it has its own.
    #[must_use]
    pub fn with_hint(self, next: impl Into<String>) -> Self {
        match self {
            Self::Usage { code, message, .. } => {
                Self::Usage { code, message, hint: Some(next.into()) }
            }
            other => other,
        }
    }
}

impl Hint for OpsError {
    fn code(&self) -> Code {
        match self {
            Self::Store(source) => source.code(),
            Self::Catalog(source) => source.code(),
            Self::Kitfile(source) => source.code(),
            Self::Pack(source) => source.code(),
            Self::Attest(source) => source.code(),
            Self::Policy(source) => source.code(),
            Self::Bom(source) => source.code(),
            Self::Digest(_) => "digest-malformed",
            Self::Reference(_) => "reference-malformed",
            Self::Io { source, .. } if source.kind() == std::io::ErrorKind::StorageFull => {
                "disk-full"
            }
            Self::Io { .. } => "io",
            Self::File { source, .. } => source.code(),
            Self::KitNotFound { .. } => "kit-not-found",
            Self::NotAKit { .. } => "not-a-kit",
            Self::Document { .. } => "document-malformed",
            Self::Unwritable { .. } => "document-unwritable",
            Self::DocumentTooLarge { .. } => "document-too-large",
            Self::Inconsistent { .. } => "kit-inconsistent",
            Self::FileTable { .. } => "file-table-invalid",
            Self::NoRegistry { .. } => "no-registry",
            Self::NoTarget { .. } => "no-target",
            Self::NotARepository { .. } => "not-a-repository",
            Self::Archive { source, .. } => source.code(),
            Self::Usage { code, .. } => code,
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Store(source) => source.hint(),
            Self::Catalog(source) => source.hint(),
            Self::Kitfile(source) => source.hint(),
            Self::Pack(source) => source.hint(),
            Self::Attest(source) => source.hint(),
            Self::Policy(source) => source.hint(),
            Self::Bom(source) => source.hint(),
            Self::File { source, .. } => source.hint(),
            Self::KitNotFound { reference, place } => Some(how_to_get(reference, place)),
            Self::NoRegistry { reference } => Some(where_to_look(reference)),
            Self::NoTarget { reference } => {
                Some(format!("write a tag or a digest behind it: `{reference}:latest`"))
            }
            Self::Archive { source, .. } => source.hint(),
            Self::Usage { hint, .. } => hint.clone(),
            _ => None,
        }
    }
}

/// Whether a reference begins with what is a host.
fn names_a_host(reference: &str) -> bool {
    let first = reference.split_once('/').map_or("", |(first, _)| first);
    first.contains(['.', ':']) || first == "localhost"
}

fn how_to_get(reference: &str, place: &str) -> String {
    // What was asked at the registry is not found by asking it again.
    if names_a_host(reference) && reference.starts_with(place) {
        let name = reference.split('@').next().unwrap_or(reference);
        let tag = name.rfind(':').filter(|at| name.rfind('/').is_some_and(|slash| slash < *at));
        let repository = tag.and_then(|at| name.get(..at)).unwrap_or(name);
        return format!("run `sealkit list {repository}` for what is there");
    }
    let more = if names_a_host(reference) { "; `--remote` asks the registry" } else { "" };
    format!("run `sealkit list` for what is there, or `sealkit pull {reference}`{more}")
}

fn where_to_look(reference: &str) -> String {
    let (host, port) = reference.split_once(':').unwrap_or((reference, "0"));
    let looks_so = host.contains('.') || host == "localhost";
    if looks_so && !host.contains('/') && port.bytes().all(|byte| byte.is_ascii_digit()) {
        return format!(
            "write a repository behind it: `{reference}/NAME`; of a hub, `sealkit search --hub \
             {reference}` shows them"
        );
    }
    format!("write it as `registry.example.com/{reference}`")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hints_lead_to_where_it_may_be() {
        let not_found = |reference: &str, place: &str| {
            OpsError::KitNotFound { reference: reference.to_owned(), place: place.to_owned() }
                .hint()
        };
        let local = "run `sealkit list` for what is there, or `sealkit pull ";
        assert_eq!(not_found("demo:v1", "local store"), Some(format!("{local}demo:v1`")));
        let asks = format!("{local}h:5000/a:v1`; `--remote` asks the registry");
        assert_eq!(not_found("h:5000/a:v1", "local store"), Some(asks));
        let list = "run `sealkit list h:5000/a` for what is there";
        for reference in ["h:5000/a:v1", "h:5000/a", "h:5000/a@sha256:00"] {
            for place in ["h:5000/a", "h:5000"] {
                assert_eq!(not_found(reference, place).as_deref(), Some(list), "{reference}");
            }
        }
        for (reference, part) in [
            ("127.0.0.1:5000", "search --hub 127.0.0.1:5000"),
            ("localhost", "localhost/NAME"),
            ("demo:v1", "registry.example.com/demo:v1"),
            ("demo:5", "registry.example.com/demo:5"),
            ("a.b/c", "registry.example.com/a.b/c"),
        ] {
            let error = OpsError::NoRegistry { reference: reference.to_owned() };
            assert!(error.hint().unwrap().contains(part), "{reference}: {:?}", error.hint());
        }
    }
}
