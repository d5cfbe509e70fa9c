//! How the text of one file differs between two versions.

use schemars::JsonSchema;
use sealkit_oci::Digest;
use serde::{Deserialize, Serialize};

use crate::SCHEMA_VERSION;

/// How the text of one file differs between two versions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TextComparison {
    /// [`SCHEMA_VERSION`].
    pub schema_version: u32,
    /// Digest of the first manifest.
    pub a: Digest,
    /// Digest of the second manifest.
    pub b: Digest,
    /// Path of the file in the first. Text from the kit's author, as every line: escape it before it is
    /// shown.
    pub file: String,
    /// Path of the file in the second.
    pub to: String,
    /// Size in the first, in bytes; none where the first does not have the file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size_a: Option<u64>,
    /// Size in the second, in bytes; none where the second does not have the file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size_b: Option<u64>,
    /// Why no lines are given; none where they were compared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub withheld: Option<TextWithheld>,
    /// Lines that only the second has.
    pub added: u64,
    /// Lines that only the first has.
    pub removed: u64,
    /// What differs, with up to three equal lines round it, in the order of the file.
    pub hunks: Vec<Hunk>,
    /// Whether differences or parts of long lines were left out: one answer gives 4,000 lines and 1 MiB of
    /// text at most.
    pub cut: bool,
    /// Whether the comparison ran out of time: what it says is true, and there is a smaller difference.
    pub coarse: bool,
}

impl TextComparison {
    /// A comparison of `file` and `to` in which nothing differs yet, in the current version.
    pub fn new(a: Digest, b: Digest, file: String, to: String) -> Self {
        Self {
            schema_version: SCHEMA_VERSION,
            a,
            b,
            file,
            to,
            size_a: None,
            size_b: None,
            withheld: None,
            added: 0,
            removed: 0,
            hunks: Vec::new(),
            cut: false,
            coarse: false,
        }
    }
}

/// Why the lines of a file are not compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum TextWithheld {
    /// It is no UTF-8 text, or holds zero bytes.
    NotText,
    /// One side has more than 1 MiB or 20,000 lines.
    TooLarge,
}

/// Lines that stand together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Hunk {
    /// The lines, removed ones before added ones.
    pub lines: Vec<TextLine>,
}

/// One line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TextLine {
    /// Its number in the first, from 1; none where it was added.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub a: Option<u64>,
    /// Its number in the second, from 1; none where it was removed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub b: Option<u64>,
    /// The text without the line feed that ends it; at most 2,000 characters of it.
    pub text: String,
    /// Whether the file ends in this line without a line feed.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unended: bool,
}
