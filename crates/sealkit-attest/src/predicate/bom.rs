//! AIBOMs as predicates: the document itself, kept as the text that was signed.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::Predicate;
use crate::AttestError;

/// The text of a JSON document, to be embedded as it is.
fn embedded(document: &[u8]) -> Result<Box<RawValue>, AttestError> {
    crate::strict_json::check(document, "AIBOM", crate::STATEMENT_LIMITS)?;
    serde_json::from_slice(document)
        .map_err(|source| AttestError::Json { document: "AIBOM", source })
}

/// Whether a predicate type is `base`, or names a version behind it.
pub(super) fn is_version_of(predicate_type: &str, base: &str) -> bool {
    let rest = predicate_type.strip_prefix(base);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// A CycloneDX document as the predicate, kept as the text that was signed.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CycloneDxBom(Box<RawValue>);

impl CycloneDxBom {
    /// Takes the bytes of a CycloneDX JSON document; they are embedded unchanged.
    pub fn new(document: &[u8]) -> Result<Self, AttestError> {
        embedded(document).map(Self)
    }

    /// The document's text.
    pub fn document(&self) -> &str {
        self.0.get()
    }
}

impl Predicate for CycloneDxBom {
    const TYPE: &'static str = "https://cyclonedx.org/bom/v1.6";

    /// Writers put a version behind `https://cyclonedx.org/bom`, or none.
    fn matches(predicate_type: &str) -> bool {
        is_version_of(predicate_type, "https://cyclonedx.org/bom")
    }
}

/// An SPDX document as the predicate, kept as the text that was signed.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SpdxBom(Box<RawValue>);

impl SpdxBom {
    /// Takes the bytes of an SPDX JSON document; they are embedded unchanged.
    pub fn new(document: &[u8]) -> Result<Self, AttestError> {
        embedded(document).map(Self)
    }

    /// The document's text.
    pub fn document(&self) -> &str {
        self.0.get()
    }
}

impl Predicate for SpdxBom {
    const TYPE: &'static str = "https://spdx.dev/Document/v3.0.1";

    /// Writers put a version behind `https://spdx.dev/Document`, or none.
    fn matches(predicate_type: &str) -> bool {
        is_version_of(predicate_type, "https://spdx.dev/Document")
    }
}
