//! What the catalogue knows of one version of a kit.

use std::collections::BTreeSet;

use sealkit_aibom::{Kind, RelationKind};
use sealkit_api::{CodeFact, Note, Signer};
use sealkit_oci::Digest;
use sealkit_report::Known;

use crate::Facet;

/// One version of a kit.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// Its repository.
    pub repository: String,
    /// Digest of its manifest.
    pub digest: Digest,
    /// When it came, in seconds since 1970; 0 where nobody knows.
    pub pushed: i64,
    /// Bytes of config and layers together.
    pub size: u64,
    /// Its artifact type.
    pub artifact_type: String,
    /// Name in its Kitfile.
    pub title: Option<String>,
    /// Description in its Kitfile or card.
    pub description: Option<String>,
    /// Version in its Kitfile.
    pub version: Option<String>,
    /// Number of parameters of its main model.
    pub parameters: Option<u64>,
    /// The kit itself first, then everything that its AIBOM lists.
    pub things: Vec<Thing>,
    /// How they belong together.
    pub ties: Vec<Tie>,
    /// By what it can be narrowed down.
    pub facets: Vec<(Facet, String)>,
    /// What inspection found, the worst first.
    pub notes: Vec<Note>,
    /// What is known of code in its files, by file.
    pub code: Vec<CodeFact>,
    /// Who signed statements about it, verified or not: see [`Entry::signed_by`].
    pub signers: Vec<Signer>,
    /// Whom whoever looked trusted: the digest of the trust root; empty for nobody. What is attested is so under it.
    pub trust: String,
    /// Text that a search reads: names, descriptions, what cards say.
    pub text: String,
    /// What could not be read or is not indexed, for people: where there is something, a question may concern it although
    /// nothing here says so.
    pub problem: Option<String>,
}

/// Types of statements by which somebody signs a version as a whole. Who says something else of it, and be it that
/// nobody may use it, has not signed it.
pub const SIGNATURES: &[&str] = &[
    "https://sigstore.dev/cosign/sign/v1",
    "https://sealkit.dev/attestations/kit/v1",
    "https://model_signing/signature/v1.0",
];

impl Entry {
    /// Names of those whose signature over it was verified, sorted.
    pub fn signed_by(&self) -> Vec<&str> {
        signed_by(&self.signers)
    }
}

/// Those among `signers` whose signature over the whole was verified, each once, sorted.
pub(crate) fn signed_by(signers: &[Signer]) -> Vec<&str> {
    let signed =
        signers.iter().filter(|one| one.verified && SIGNATURES.contains(&one.statement.as_str()));
    let names: BTreeSet<&str> = signed.map(|one| one.name.as_str()).collect();
    names.into_iter().collect()
}

/// A component of a kit or something that it depends on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Thing {
    /// What it is.
    pub kind: Kind,
    /// Name; for a file its path.
    pub name: String,
    /// Version, where one is known.
    pub version: Option<String>,
    /// What else files call it.
    pub names: Vec<String>,
    /// What else files say of its version.
    pub versions: Vec<String>,
    /// Package URL.
    pub purl: Option<String>,
    /// Path inside the kit; of what lies elsewhere the address at which it is to be had, where one is named.
    pub path: Option<String>,
    /// Digests, `sha256:HEX`.
    pub digests: Vec<String>,
    /// Licences as they are written.
    pub licences: Vec<String>,
    /// How it is known.
    pub known: Known,
    /// File and place that name it; empty where the bytes themselves do.
    pub source: String,
}

impl Thing {
    /// A thing of which no more is known than what somebody calls it.
    pub fn named(kind: Kind, name: String) -> Self {
        Self {
            kind,
            name,
            version: None,
            names: Vec::new(),
            versions: Vec::new(),
            purl: None,
            path: None,
            digests: Vec::new(),
            licences: Vec::new(),
            known: Known::Declared,
            source: String::new(),
        }
    }

    /// Its path where it lies inside of the kit and is not all of it.
    pub(crate) fn path_inside(&self) -> Option<&str> {
        let path = self.path.as_deref().filter(|path| !path.is_empty() && *path != ".");
        path.filter(|_| self.kind.is_inside())
    }

    /// Bytes of what it is called and what it says.
    pub(crate) fn bytes(&self) -> usize {
        let texts = [&self.version, &self.purl, &self.path].into_iter().flatten();
        let lists = self.digests.iter().chain(&self.licences);
        let lists = lists.chain(&self.names).chain(&self.versions);
        let all = texts.chain(lists).chain([&self.name, &self.source]);
        all.map(String::len).fold(0, usize::saturating_add)
    }
}

/// That one thing belongs to another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tie {
    /// Place of the first in [`Entry::things`].
    pub from: usize,
    /// Place of the second.
    pub to: usize,
    /// How.
    pub kind: RelationKind,
    /// More of it: `adapter`, `quantized`.
    pub role: Option<String>,
    /// How it is known.
    pub known: Known,
    /// File and place that say so.
    pub source: String,
}

/// A tie of the kit to something outside that a verified statement speaks of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttestedTie {
    /// What the kit came from or used.
    pub thing: Thing,
    /// How.
    pub kind: RelationKind,
    /// More of it: `adapter`, `quantized`.
    pub role: Option<String>,
}
