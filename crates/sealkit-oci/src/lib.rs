//! The words that client and server share: digests, descriptors, manifests, indexes, references,
//! media types, the file table and the distribution protocol's error codes.
//!
//! Pure: no file, socket, clock or environment. Sources: OCI image-spec 1.1, OCI
//! distribution-spec 1.1, the KitOps ModelKit format and the CNCF ModelPack model-spec.

mod descriptor;
mod digest;
mod error_code;
mod file_table;
pub mod go_json;
mod layer_type;
mod manifest;
pub mod media_type;
mod raw;
mod reference;
mod sha256;

pub use descriptor::{Annotations, Descriptor};
pub use digest::{Algorithm, Digest, DigestError};
pub use error_code::{ErrorBody, ErrorCode, ErrorItem};
pub use file_table::{FileEntry, FileKind, FileTable, FileTableError, LayerTable, SEGMENT_SIZE};
pub use layer_type::{Compression, KitFormat, LayerFormat, LayerRole, LayerType, UnknownLayerType};
pub use manifest::{Index, Manifest};
pub use raw::{MAX_MANIFEST_BYTES, Raw, RawError};
pub use reference::{DEFAULT_REGISTRY, DEFAULT_TAG, Reference, ReferenceError, Target};
pub use sha256::Sha256;
