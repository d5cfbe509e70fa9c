//! Why a folder could not be packed or a kit could not be unpacked.

use std::io;
use std::path::{Path, PathBuf};

use sealkit_oci::Digest;
use sealkit_report::{Code, Exceeded, Hint};
use sealkit_store::StoreError;

use crate::path::PathProblem;

/// Why a folder could not be packed or a kit could not be unpacked. Every variant names its input.
#[derive(Debug, thiserror::Error)]
pub enum PackError {
    /// A file or folder could not be read, written, made or moved.
    #[error("could not {action} `{}`", shorten(path))]
    Io {
        /// What was tried, e.g. `read` or `create`.
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// A path is longer than the operating system can open.
    #[error("path `{}` is too long for this system ({} bytes)", shorten(path), path.as_os_str().len())]
    TooLong {
        /// The path.
        path: PathBuf,
    },
    /// A path that a Kitfile names does not exist.
    #[error("`{path}` was not found in `{}`", root.display())]
    MissingPart {
        /// The path as the Kitfile names it.
        path: String,
        /// The folder that was packed.
        root: PathBuf,
        /// The name that is there and looks most alike.
        nearest: Option<String>,
    },
    /// A path can not be part of a kit.
    #[error("path `{path}` {problem}")]
    BadPath {
        /// The path, escaped where it is not printable.
        path: String,
        /// What is wrong with it.
        problem: PathProblem,
    },
    /// A symbolic link that can not be packed as the file it means.
    #[error("symbolic link `{path}` {problem}")]
    Link {
        /// The link.
        path: String,
        /// Why not.
        problem: LinkProblem,
    },
    /// Neither a regular file nor a folder nor a link.
    #[error("`{path}` is a {kind}: only files and folders can be packed")]
    SpecialFile {
        /// The path.
        path: String,
        /// `socket`, `device`, `named pipe` or `special file`.
        kind: &'static str,
    },
    /// A raw layer holds exactly one regular file.
    #[error("`{path}` is not one regular file that is packed: a raw layer holds exactly one")]
    NotOneFile {
        /// The path of the part.
        path: String,
    },
    /// Raw layers of a ModelPack can not be compressed, and it has no MCP bundles.
    #[error("a ModelPack can not have {what} (`{path}`)")]
    NotInModelPack {
        /// `compressed raw layers` or `MCP servers`.
        what: &'static str,
        /// The path of the part.
        path: String,
    },
    /// A file changed between the listing and the last byte that was read.
    #[error("`{}` changed while it was packed", path.display())]
    Changed {
        /// The file.
        path: PathBuf,
    },
    /// Content read back does not hash to what is expected.
    #[error("{what} has wrong bytes: expected {expected}, got {actual}")]
    Mismatch {
        /// What was read: a layer, the uncompressed layer, or a file, with its name.
        what: String,
        /// The digest it must have.
        expected: Digest,
        /// The digest it has.
        actual: Digest,
    },
    /// A segment of a file does not hash to what the file table says.
    #[error("segment {index} of `{path}` has wrong bytes")]
    Segment {
        /// The file.
        path: String,
        /// Number of the segment, from 0.
        index: u64,
    },
    /// Content is shorter or longer than its descriptor says.
    #[error("{what} has {actual} bytes: {expected} were expected")]
    Size {
        /// What was read.
        what: String,
        /// The size it must have, in bytes.
        expected: u64,
        /// The size it has, in bytes; at least, where it is too long.
        actual: u64,
    },
    /// A layer is not a readable archive.
    #[error("layer {layer} is malformed")]
    Layer {
        /// Digest of the layer.
        layer: Digest,
        /// The cause.
        source: crate::tar::TarError,
    },
    /// A layer's media type is not one of a kit.
    #[error(transparent)]
    LayerType(#[from] sealkit_oci::UnknownLayerType),
    /// A raw layer does not say which file it is, or says it in a malformed way.
    #[error("raw layer {layer} has no usable annotation `{annotation}`")]
    Annotation {
        /// Digest of the layer.
        layer: Digest,
        /// Key of the annotation.
        annotation: &'static str,
    },
    /// An entry of a layer that is refused.
    #[error("layer {layer} holds `{path}`, which {problem}")]
    Entry {
        /// Digest of the layer.
        layer: Digest,
        /// The entry's name, escaped where it is not printable.
        path: String,
        /// Why it is refused.
        problem: EntryProblem,
    },
    /// A limit was reached: what looks like an archive bomb.
    #[error("unpacking stopped at layer {layer}: {source}")]
    Limit {
        /// Digest of the layer.
        layer: Digest,
        /// The limit.
        source: Exceeded,
    },
    /// The target already has this file.
    #[error("`{}` already exists", path.display())]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// Something at the target is in the way and is never replaced.
    #[error("`{}` is in the way: it is a {kind}", path.display())]
    InTheWay {
        /// The path.
        path: PathBuf,
        /// What it is: `folder`, `file`, `symbolic link` or `special file`.
        kind: &'static str,
    },
    /// Another process unpacks into the same target.
    #[error("another process is unpacking into `{}`", target.display())]
    Busy {
        /// The target.
        target: PathBuf,
    },
    /// What a crashed unpack left behind can not be trusted or read.
    #[error("`{}` is not what an interrupted unpack leaves behind: {reason}", path.display())]
    Leftover {
        /// The staging folder or its journal.
        path: PathBuf,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// A byte range lies outside of the file, or the file table is malformed.
    #[error("range {start}..{end} lies outside of `{path}` ({size} bytes)")]
    Range {
        /// The file.
        path: String,
        /// First byte.
        start: u64,
        /// Byte after the last.
        end: u64,
        /// Size of the file in bytes.
        size: u64,
    },
    /// A file table is malformed.
    #[error(transparent)]
    FileTable(#[from] sealkit_oci::FileTableError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A layer could not be written into the store.
    #[error("could not write the layer of `{path}` into the store")]
    Write {
        /// The path of the part.
        path: String,
        /// The cause, e.g. a full disk.
        source: io::Error,
    },
    /// A layer could not be read from its source.
    #[error("could not read layer {layer}")]
    Read {
        /// Digest of the layer.
        layer: Digest,
        /// The cause.
        source: io::Error,
    },
}

/// Why a symbolic link can not be packed as the file it means.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LinkProblem {
    /// The caller asked that no link be followed.
    #[error("is refused: links are not followed here")]
    Refused,
    /// It points to nothing.
    #[error("points to `{0}`, which does not exist")]
    Dangling(String),
    /// It leads back to itself.
    #[error("leads back to itself")]
    Loop,
    /// It points out of the folder that is packed.
    #[error("points to `{0}`, outside of the folder")]
    Escapes(String),
    /// It points to a folder.
    #[error("points to the folder `{0}`: only links to files can be packed")]
    Folder(String),
    /// It points to a device, socket or pipe.
    #[error("points to `{0}`, which is not a regular file")]
    Special(String),
}

/// Why an entry of a layer is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EntryProblem {
    /// The name is not safe.
    #[error(transparent)]
    Path(#[from] PathProblem),
    /// It is a link, a device or another type that a kit can not have.
    #[error("is a {0}: a kit holds only files and folders")]
    Kind(&'static str),
    /// The same file was there already.
    #[error("is there twice")]
    Duplicate,
    /// It is a file here and a folder elsewhere.
    #[error("is both a file and a folder")]
    FileAndFolder,
    /// It is the same as an earlier name where case or Unicode form do not count.
    #[error("is the same name as an earlier one on systems that ignore case or Unicode form")]
    Collision,
    /// The Kitfile says that the layer is another part.
    #[error("contradicts the Kitfile, by which the layer holds `{0}`")]
    Outside(String),
}

impl EntryProblem {
    /// The stable name of the cause.
    pub fn code(&self) -> Code {
        match self {
            Self::Path(_) => "unsafe-path",
            Self::Kind(_) => "unsafe-entry",
            Self::Outside(_) => "outside-part",
            Self::Duplicate | Self::FileAndFolder | Self::Collision => "path-collision",
        }
    }
}

impl PackError {
    /// An I/O error with the path it happened on; a name that is too long is told apart.
    pub(crate) fn io(action: &'static str, path: impl Into<PathBuf>, source: io::Error) -> Self {
        let path = path.into();
        if source.kind() == io::ErrorKind::InvalidFilename {
            return Self::TooLong { path };
        }
        Self::Io { action, path, source }
    }

    fn io_cause(&self) -> Option<&io::Error> {
        match self {
            Self::Io { source, .. } | Self::Write { source, .. } | Self::Read { source, .. } => {
                Some(source)
            }
            _ => None,
        }
    }
}

/// The path for a message, its middle left out where it would fill the screen.
fn shorten(path: &Path) -> String {
    const ENDS: usize = 100;
    let text = path.display().to_string();
    let count = text.chars().count();
    if count <= 3 * ENDS {
        return text;
    }
    let head: String = text.chars().take(ENDS).collect();
    let tail: String = text.chars().skip(count - ENDS).collect();
    format!("{head}…{tail}")
}

/// Which option raises a limit, and to what it could be raised.
fn raise(limit: &Exceeded) -> String {
    let option = match limit.what {
        "entry" => "--max-entries",
        "byte" => "--max-bytes",
        _ => "--max-ratio",
    };
    let more = limit.limit.saturating_mul(10);
    format!(
        "if you trust this kit, unpack it with `{option} {more}`; other commands keep to the limit: they read the kit when it is packed anew without compression"
    )
}

impl Hint for PackError {
    fn code(&self) -> Code {
        if self.io_cause().is_some_and(|cause| cause.kind() == io::ErrorKind::StorageFull) {
            return "disk-full";
        }
        match self {
            Self::Io { .. } | Self::Write { .. } | Self::Read { .. } => "io",
            Self::TooLong { .. } => "path-too-long",
            Self::MissingPart { .. } => "part-not-found",
            Self::BadPath { .. } => "unsafe-path",
            Self::Link { .. } => "link-refused",
            Self::SpecialFile { .. } => "special-file",
            Self::NotOneFile { .. } => "raw-not-a-file",
            Self::NotInModelPack { .. } => "modelpack-unsupported",
            Self::Changed { .. } => "file-changed",
            Self::Mismatch { .. } | Self::Segment { .. } => "digest-mismatch",
            Self::Size { .. } => "size-mismatch",
            Self::Layer { source: crate::tar::TarError::NotUtf8(_), .. } => "unsafe-path",
            Self::Layer { .. } | Self::Annotation { .. } => "layer-malformed",
            Self::LayerType(_) => "layer-type-unknown",
            Self::Entry { problem, .. } => problem.code(),
            Self::Limit { .. } => "limit-exceeded",
            Self::Exists { .. } => "exists",
            Self::InTheWay { .. } => "in-the-way",
            Self::Busy { .. } => "busy",
            Self::Leftover { .. } => "leftover",
            Self::Range { .. } => "range",
            Self::FileTable(_) => "file-table-malformed",
            Self::Store(cause) => cause.code(),
        }
    }

    fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::MissingPart { nearest: Some(name), .. } => format!("did you mean `{name}`?"),
            Self::MissingPart { .. } => "correct the path in the Kitfile".to_owned(),
            Self::Link { path, .. } | Self::SpecialFile { path, .. } => {
                format!("put the file in its place, or add `{path}` to `.kitignore`")
            }
            // Of a name that the system takes no longer it is not known whether it was read or written.
            Self::BadPath { .. } => "rename it, or add it to `.kitignore`".to_owned(),
            Self::TooLong { .. } => "use a folder with a shorter path, or rename it".to_owned(),
            Self::Changed { .. } => "pack again when nothing writes to the folder".to_owned(),
            Self::Exists { .. } => {
                "add `--overwrite` to replace it or `--ignore-existing` to keep it".to_owned()
            }
            Self::InTheWay { .. } => "move it away or unpack into another folder".to_owned(),
            Self::Busy { .. } => "run the command again when the other has ended".to_owned(),
            Self::Leftover { path, .. } => format!("look at `{}` and remove it", path.display()),
            Self::Limit { source, .. } => raise(source),
            Self::NotInModelPack { .. } => "pack it as a ModelKit".to_owned(),
            Self::Store(cause) => return cause.hint(),
            _ => return None,
        };
        Some(hint)
    }
}
