//! SealKit's own seal.

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use sealkit_oci::{Descriptor, Digest};
use serde::{Deserialize, Serialize};

use super::Predicate;

/// SealKit's own seal: which file table, and which AIBOM, belong to the manifest that is the
/// statement's subject.
///
/// ```json
/// {
///   "fileTable": {
///     "mediaType": "application/vnd.sealkit.file-table.v1+json",
///     "digest": "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
///     "size": 1234
///   },
///   "bom": {
///     "mediaType": "application/vnd.cyclonedx+json",
///     "digest": "sha256:2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae",
///     "size": 5678
///   }
/// }
/// ```
///
/// A descriptor here proves the blob that it names: the file table's digest is signed, so a byte
/// range that matches the table's segments is as good as the whole layer. `bom` may be absent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct KitSeal {
    /// The file table of the kit.
    #[schemars(schema_with = "blob")]
    pub file_table: Descriptor,
    /// The AIBOM of the kit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "blob")]
    pub bom: Option<Descriptor>,
    /// Digest of the `.kitignore` by which files were left out; none where there was none. A folder
    /// is compared under these rules and no others.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "digest")]
    pub ignore: Option<Digest>,
    /// Root digest of the list of files in the model signature that was made with the seal; none where
    /// none was. Whoever takes that signature away is found by this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "digest")]
    pub model_root: Option<Digest>,
}

impl KitSeal {
    /// A seal over these blobs; only media type, digest and size of the descriptors are kept.
    pub fn new(file_table: &Descriptor, bom: Option<&Descriptor>) -> Self {
        let (file_table, bom) = (file_table.bare(), bom.map(Descriptor::bare));
        Self { file_table, bom, ignore: None, model_root: None }
    }

    /// The same seal with the digest of the ignore rules.
    #[must_use]
    pub fn with_ignore(mut self, ignore: Option<Digest>) -> Self {
        self.ignore = ignore;
        self
    }

    /// The same seal with the root of the model signature that is made with it.
    #[must_use]
    pub fn with_model_root(mut self, root: Option<Digest>) -> Self {
        self.model_root = root;
        self
    }
}

impl Predicate for KitSeal {
    const TYPE: &'static str = "https://sealkit.dev/attestations/kit/v1";
}

fn blob(generator: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": "object",
        "required": ["digest", "size"],
        "properties": {
            "mediaType": { "type": "string" },
            "digest": digest(generator),
            "size": { "type": "integer", "minimum": 0 },
        },
    })
}

fn digest(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "string", "pattern": "^(sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})$" })
}
