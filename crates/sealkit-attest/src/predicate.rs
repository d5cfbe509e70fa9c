//! The kinds of things that statements say.

use sealkit_oci::{Descriptor, Digest};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::{AttestError, Statement};

/// A kind of predicate. Readers ignore fields they do not know (in-toto's monotonic principle).
pub trait Predicate: Serialize + DeserializeOwned {
    /// The predicate type that is written.
    const TYPE: &'static str;

    /// Whether `predicate_type` names this kind.
    fn matches(predicate_type: &str) -> bool {
        predicate_type == Self::TYPE
    }
}

/// cosign v3's bare signature: it says nothing but that the signer signed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CosignSign {}

impl Predicate for CosignSign {
    const TYPE: &'static str = "https://sigstore.dev/cosign/sign/v1";
}

/// The text of a JSON document, to be embedded as it is.
fn embedded(document: &[u8]) -> Result<Box<RawValue>, AttestError> {
    crate::strict_json::check(document, "AIBOM", crate::STATEMENT_LIMITS)?;
    serde_json::from_slice(document)
        .map_err(|source| AttestError::Json { document: "AIBOM", source })
}

/// Whether a predicate type is `base`, or names a version behind it.
fn is_version_of(predicate_type: &str, base: &str) -> bool {
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
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct KitSeal {
    /// The file table of the kit.
    pub file_table: Descriptor,
    /// The AIBOM of the kit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bom: Option<Descriptor>,
    /// Digest of the `.kitignore` by which files were left out; none where there was none. A folder
    /// is compared under these rules and no others.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ignore: Option<Digest>,
}

impl KitSeal {
    /// A seal over these blobs; only media type, digest and size of the descriptors are kept.
    pub fn new(file_table: &Descriptor, bom: Option<&Descriptor>) -> Self {
        Self { file_table: file_table.bare(), bom: bom.map(Descriptor::bare), ignore: None }
    }

    /// The same seal with the digest of the ignore rules.
    #[must_use]
    pub fn with_ignore(mut self, ignore: Option<Digest>) -> Self {
        self.ignore = ignore;
        self
    }
}

impl Predicate for KitSeal {
    const TYPE: &'static str = "https://sealkit.dev/attestations/kit/v1";
}

/// A predicate of any kind.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum AnyPredicate {
    /// cosign's bare signature.
    CosignSign(CosignSign),
    /// A CycloneDX document.
    CycloneDx(CycloneDxBom),
    /// An SPDX document.
    Spdx(SpdxBom),
    /// SealKit's seal.
    KitSeal(Box<KitSeal>),
    /// A kind that this version does not know, with its type.
    Unknown(String),
}

impl AnyPredicate {
    /// Reads the predicate of `statement` by its type.
    pub fn read(statement: &Statement) -> Result<Self, AttestError> {
        let name = statement.predicate_type();
        Ok(match name {
            _ if CosignSign::matches(name) => Self::CosignSign(statement.predicate()?),
            _ if CycloneDxBom::matches(name) => Self::CycloneDx(statement.predicate()?),
            _ if SpdxBom::matches(name) => Self::Spdx(statement.predicate()?),
            _ if KitSeal::matches(name) => Self::KitSeal(Box::new(statement.predicate()?)),
            _ => Self::Unknown(name.to_owned()),
        })
    }
}
