//! How the tensors of two versions differ.

use schemars::JsonSchema;
use sealkit_oci::Digest;
use serde::{Deserialize, Serialize};

use crate::SCHEMA_VERSION;

/// How the tensors of two versions differ. Tensors are the same by name, whatever file holds them; their bytes
/// are equal where their digests are, or where both are the same place of the same layer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TensorComparison {
    /// [`SCHEMA_VERSION`].
    pub schema_version: u32,
    /// The first version.
    pub a: TensorSide,
    /// The second version.
    pub b: TensorSide,
    /// How many tensors differ, and how.
    pub tally: TensorTally,
    /// Bytes of the second whose tensors are in the first too, under the same or another name.
    pub equal_bytes: u64,
    /// Bytes of the second of which nobody knows yet whether the first has them.
    pub unknown_bytes: u64,
    /// Bytes of distinct tensors of the second that the first has nowhere: the least that a transfer by
    /// tensors would take. Tensors that are not known to be equal count.
    pub delta_bytes: u64,
    /// Whether the two hold other formats and share hardly a name: what was converted then looks removed and
    /// added, as each format has its own names.
    pub other_names: bool,
    /// The layers in which something differs, those with most bytes that differ first; at most 1,000. A layer
    /// is what stands before the name of the parameter: `model.layers.0`.
    pub layers: Vec<LayerChange>,
    /// Number of tensors that were asked for.
    pub matching: u64,
    /// The tensors of this page, by name.
    pub tensors: Vec<TensorChange>,
    /// Where the next page begins; none on the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<u64>,
}

impl TensorComparison {
    /// An empty comparison in the current version.
    pub fn new(a: TensorSide, b: TensorSide) -> Self {
        Self {
            schema_version: SCHEMA_VERSION,
            a,
            b,
            tally: TensorTally::default(),
            equal_bytes: 0,
            unknown_bytes: 0,
            delta_bytes: 0,
            other_names: false,
            layers: Vec::new(),
            matching: 0,
            tensors: Vec::new(),
            next: None,
        }
    }
}

/// What is known of the tensors of one side.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TensorSide {
    /// Repository name; on the command line what was named.
    pub name: String,
    /// Digest of the manifest; none for a folder.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<Digest>,
    /// Number of tensors.
    pub count: u64,
    /// Size of all of them in bytes.
    pub bytes: u64,
    /// Identifiers of the formats that hold them, sorted.
    pub formats: Vec<String>,
    /// Tensors whose bytes are not hashed yet, or not at all.
    pub unhashed: u64,
    /// Whether the hub is still to hash some of them.
    pub waiting: bool,
    /// Whether a file could not be read, so that tensors may be missing.
    pub incomplete: bool,
}

/// How many tensors are in which relation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TensorTally {
    /// Equal name, type, shape and bytes.
    pub unchanged: u64,
    /// Equal name, another type, shape or other bytes.
    pub changed: u64,
    /// Equal name, type and shape; whether the bytes are equal is not known.
    pub unknown: u64,
    /// Equal bytes under another name.
    pub moved: u64,
    /// Only the second has it.
    pub added: u64,
    /// Only the first has it.
    pub removed: u64,
}

/// How a tensor differs.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum TensorChangeKind {
    /// Not at all.
    Unchanged,
    /// Type, shape or bytes.
    Changed,
    /// Type and shape are equal, and of the bytes it is not known.
    Unknown,
    /// In its name alone: the bytes are equal.
    Moved,
    /// Only the second has it.
    Added,
    /// Only the first has it.
    Removed,
}

/// One tensor of either side or of both.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TensorChange {
    /// How it differs.
    pub change: TensorChangeKind,
    /// It in the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub a: Option<TensorState>,
    /// It in the second.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub b: Option<TensorState>,
}

/// A tensor on one side.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TensorState {
    /// Name. Text from the kit's author, as the path and the type: escape it before it is shown.
    pub name: String,
    /// Element type as the format names it.
    pub dtype: String,
    /// Size of each dimension.
    pub shape: Vec<u64>,
    /// Size in bytes.
    pub bytes: u64,
    /// Path of the file that holds it.
    pub path: String,
    /// Digest of its bytes, `blake3:HEX`; none where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
}

/// What differs within one layer of a model.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct LayerChange {
    /// Its name.
    pub name: String,
    /// Tensors of it, on either side or both.
    pub tensors: u64,
    /// Those that differ.
    pub changed: u64,
    /// Bytes of its tensors in the second, or in the first where the second lacks one.
    pub bytes: u64,
    /// Bytes of those that differ.
    pub changed_bytes: u64,
}
