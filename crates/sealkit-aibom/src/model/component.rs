//! One thing that the kit holds or depends on.

use std::cmp::Ordering;
use std::fmt;

use sealkit_inspect::Value;
use sealkit_oci::Digest;

use super::{Hash, HashAlgorithm, Kind, Property, property_order};

/// Names a component inside one AIBOM. Derived from content, so that equal things have equal
/// names in every run.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ComponentId(pub String);

impl fmt::Display for ComponentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a document says and the model has no place for: written back only to the same format.
#[derive(Clone, Debug, PartialEq)]
pub struct Residue {
    /// The family of the format: `CycloneDX`, `SPDX`.
    pub format: &'static str,
    /// The fields.
    pub fields: serde_json::Map<String, serde_json::Value>,
}

/// One thing that the kit holds or depends on.
#[derive(Clone, Debug, PartialEq)]
pub struct Component {
    /// Its name inside the AIBOM.
    pub id: ComponentId,
    /// What it is.
    pub kind: Kind,
    /// Name for people; for a file its path.
    pub name: String,
    /// Path inside the kit, where it lies there.
    pub path: Option<String>,
    /// Digests of its bytes: of a file, of a part's layer, of a kit's manifest.
    pub hashes: Vec<Hash>,
    /// Size of these bytes.
    pub size: Option<u64>,
    /// Media type.
    pub media_type: Option<String>,
    /// Package URL.
    pub purl: Option<String>,
    /// What else is known: version, description, licences and all the rest.
    pub properties: Vec<Property>,
    /// What a document that was read says beside.
    pub residue: Option<Residue>,
}

impl Component {
    /// A component of which only kind and name are known.
    pub fn new(id: ComponentId, kind: Kind, name: impl Into<String>) -> Self {
        Self {
            id,
            kind,
            name: name.into(),
            path: None,
            hashes: Vec::new(),
            size: None,
            media_type: None,
            purl: None,
            properties: Vec::new(),
            residue: None,
        }
    }

    /// The properties of this name, the first being the one that counts most.
    pub fn of<'a, 'n>(&'a self, name: &'n str) -> impl Iterator<Item = &'a Property> + use<'a, 'n> {
        self.properties.iter().filter(move |property| property.name == name)
    }

    /// The first property of this name about the whole component.
    pub fn first(&self, name: &str) -> Option<&Property> {
        self.of(name).find(|property| property.subject.is_empty())
    }

    /// The first text of this name about the whole component.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.of(name).filter(|p| p.subject.is_empty()).find_map(Property::as_text)
    }

    /// The first whole number of this name about the whole component.
    pub fn uint(&self, name: &str) -> Option<u64> {
        self.of(name).filter(|p| p.subject.is_empty()).find_map(|property| match property.value {
            Value::Uint(number) => Some(number),
            _ => None,
        })
    }

    /// The SHA-256 or SHA-512 of its bytes, as OCI writes it; SHA-256 where both are stated.
    pub fn digest(&self) -> Option<Digest> {
        let of = |algorithm| self.hashes.iter().find(move |hash| hash.algorithm() == algorithm);
        of(HashAlgorithm::Sha256).or_else(|| of(HashAlgorithm::Sha512)).and_then(Hash::digest)
    }

    /// The SHA-256 of its bytes.
    pub fn sha256(&self) -> Option<Digest> {
        self.hashes.iter().find(|h| h.algorithm() == HashAlgorithm::Sha256).and_then(Hash::digest)
    }

    /// Models as they stand, which says which of them counts most; all else by kind and name.
    pub(super) fn order(&self, other: &Self) -> Ordering {
        self.kind.cmp(&other.kind).then_with(|| match self.kind {
            Kind::Model => Ordering::Equal,
            _ => (&self.name, &self.id).cmp(&(&other.name, &other.id)),
        })
    }

    pub(super) fn normalise(&mut self) {
        self.hashes.sort_by(|a, b| a.key().cmp(&b.key()));
        self.hashes.dedup_by(|a, b| a.key() == b.key());
        property_order(&mut self.properties);
    }
}
