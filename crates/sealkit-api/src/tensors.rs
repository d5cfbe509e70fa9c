//! The tensors of a kit, from the headers of its files.

use schemars::JsonSchema;
use sealkit_oci::Digest;
use sealkit_report::Finding;
use serde::{Deserialize, Serialize};

use crate::SCHEMA_VERSION;

/// A page of the tensors of one version, with sums over all of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TensorList {
    /// [`SCHEMA_VERSION`].
    pub schema_version: u32,
    /// Repository name.
    pub name: String,
    /// Digest of the manifest.
    pub digest: Digest,
    /// The files that were looked into, in the order of the kit.
    pub files: Vec<TensorFile>,
    /// Number of tensors in all of them.
    pub count: u64,
    /// Number of parameters (elements) of all of them; none where 64 bits can not hold it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parameters: Option<u64>,
    /// Size of all of them in bytes.
    pub bytes: u64,
    /// Sums by element type, the largest first; at most 64 of them.
    pub dtypes: Vec<TensorSum>,
    /// Sums by layer, in the order of the files; at most 1,000 of them. A layer is what stands
    /// before the name of the parameter: `model.layers.0`.
    pub groups: Vec<TensorSum>,
    /// Number of tensors that were asked for: those of the layer, or all.
    pub matching: u64,
    /// The tensors of this page.
    pub tensors: Vec<Tensor>,
    /// Where the next page begins; none on the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<u64>,
    /// Whether a file could not be read, or more files hold tensors than one answer looks into.
    pub incomplete: bool,
    /// Bytes of the stored blobs that were read for this answer.
    pub bytes_read: u64,
}

impl TensorList {
    /// An empty list in the current version.
    pub fn new(name: String, digest: Digest) -> Self {
        Self {
            schema_version: SCHEMA_VERSION,
            name,
            digest,
            files: Vec::new(),
            count: 0,
            parameters: Some(0),
            bytes: 0,
            dtypes: Vec::new(),
            groups: Vec::new(),
            matching: 0,
            tensors: Vec::new(),
            next: None,
            incomplete: false,
            bytes_read: 0,
        }
    }
}

/// A file that was looked into for tensors.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TensorFile {
    /// Path inside the kit. Text from the kit's author: escape it before it is shown.
    pub path: String,
    /// Size of the file in bytes.
    pub size: u64,
    /// Identifier of the format that its content has, `safetensors`; none where it is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub format: Option<String>,
    /// Number of tensors in it.
    pub count: u64,
    /// Whether everything in it was read.
    pub complete: bool,
    /// How far the bytes of its tensors are hashed; none where this hub hashes none: it keeps no catalogue, or
    /// the file is neither safetensors nor GGUF.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hashed: Option<Hashed>,
    /// What is wrong or odd with it; at most 20 findings.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub findings: Vec<Finding>,
}

/// How far the bytes of a file's tensors are hashed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Hashed {
    /// The hub has not come to it, or not to its end.
    Waiting,
    /// Every tensor has its digest.
    Whole,
    /// The hub is done, and not every tensor has a digest: some overlap, or could not be read.
    Partly,
}

/// A sum over tensors that have something in common.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TensorSum {
    /// What they have in common: an element type or a layer.
    pub name: String,
    /// Number of tensors.
    pub count: u64,
    /// Number of parameters; none where 64 bits can not hold it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parameters: Option<u64>,
    /// Size in bytes.
    pub bytes: u64,
}

/// One tensor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Tensor {
    /// Name. Text from the kit's author: escape it before it is shown.
    pub name: String,
    /// Element type as the format names it: `F32`, `BF16`, `Q4_K`.
    pub dtype: String,
    /// Size of each dimension.
    pub shape: Vec<u64>,
    /// Number of elements; none where 64 bits can not hold it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parameters: Option<u64>,
    /// Size in bytes; 0 where the bytes do not lie in the file in one piece.
    pub bytes: u64,
    /// Offset in bytes from the start of the file.
    pub offset: u64,
    /// Which of the files has it: an index into [`TensorList::files`].
    pub file: usize,
    /// Digest of its bytes, `blake3:HEX`; none where it has none yet: see [`TensorFile::hashed`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
}

/// In which order tensors are given.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum TensorOrder {
    /// File by file, in the order of their bytes.
    #[default]
    Place,
    /// By name.
    Name,
    /// The largest first.
    Bytes,
    /// The one with the most parameters first.
    Parameters,
}
