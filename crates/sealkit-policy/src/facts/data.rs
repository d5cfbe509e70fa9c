//! The parts of which facts are made.

use std::collections::BTreeMap;

use sealkit_attest::{SubjectKind, TrustedSigner};
use sealkit_oci::Digest;
use sealkit_report::Known;
use serde::{Deserialize, Serialize};

use crate::model::{KitKind, Name};

/// What a verdict is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Subject {
    /// Digest of the manifest: what everything else is about.
    pub digest: Digest,
    /// Registry and repository without tag, for the scopes of rules; none fits no pattern.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repository: Option<String>,
    /// Whether whoever asked named the digest, so that no registry chose it.
    #[serde(default)]
    pub pinned: bool,
    /// What it holds.
    #[serde(default)]
    pub kinds: Vec<KitKind>,
    /// Where it will be used, as whoever asks calls it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub environment: Option<Name>,
}

/// What the manifest says.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Manifested {
    pub(crate) annotations: BTreeMap<String, String>,
    pub(crate) layers: Vec<Digest>,
}

/// One file inside, as its bytes say.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FileFact {
    /// Path inside the kit.
    pub path: String,
    /// Digest of its bytes; none where nobody read them whole or vouches for them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<Digest>,
    /// Formats that it is of, with those of what it holds: `pickle` beside `pytorch`. `unknown` where no
    /// inspector knows it. None where it could not be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub formats: Option<Vec<String>>,
    /// Properties that a policy may forbid: `can-run-code`, `embedded-code`, `custom-code`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub traits: Vec<String>,
}

/// What a part of an AIBOM is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum PartKind {
    /// A model inside.
    Model,
    /// A dataset, inside or named.
    Dataset,
    /// A model that it was made from.
    BaseModel,
    /// Code inside.
    Code,
    /// Anything else.
    Other,
}

/// One part that an AIBOM lists.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct BomPart {
    /// What it is.
    pub kind: PartKind,
    /// Its name.
    pub name: String,
    /// Its version or revision.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// Its SHA-256.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<Digest>,
    /// Licences as they are written, each with how it is known. Empty where none is said.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub licences: Vec<(String, Known)>,
}

/// One element of a profile.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct BomElement {
    /// Its id.
    pub id: String,
    /// Whether the profile demands it.
    pub demanded: bool,
    /// Whether it is said; none where it does not apply.
    pub said: Option<bool>,
}

/// How much of a profile an AIBOM says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct BomScoreFacts {
    /// In percent.
    pub percent: f64,
    /// Every element.
    pub elements: Vec<BomElement>,
}

/// What a signed AIBOM says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct BomFacts {
    /// Digest of the bundle whose statement carries it.
    pub evidence: Digest,
    /// Its parts.
    pub parts: Vec<BomPart>,
    /// Its scores by profile.
    pub scores: BTreeMap<String, BomScoreFacts>,
}

/// How far an ancestor is proven.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum AncestorState {
    /// Its own statements were verified.
    Verified,
    /// Somebody says so, and nothing proves it.
    Declared,
    /// It, or its evidence, is not there.
    Missing,
    /// Its statements do not verify, somebody who may has revoked it, or it is part of a cycle.
    Failed,
}

/// A thing that the kit descends from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Ancestor {
    /// Its name.
    pub name: String,
    /// Its digest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<Digest>,
    /// What it is.
    pub kind: PartKind,
    /// How many steps up, from one.
    pub depth: u32,
    /// How far it is proven.
    pub state: AncestorState,
    /// Why it failed, where it did; foreign text in it is quoted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Ids of the trusted signers of its statements ([`sealkit_attest::TrustedSigner::id`]), their
    /// names and their roles.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub signers: Vec<AncestorSigner>,
    /// Digest of the statement that proves the tie.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evidence: Option<Digest>,
}

/// Who signed an ancestor's statements.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AncestorSigner {
    /// Tells signers apart.
    pub id: String,
    /// How the user calls them.
    pub name: String,
    /// What they are trusted for.
    pub role: String,
    /// Whom an identity provider vouched for, where they are known by that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub identity: Option<SignerIdentity>,
    /// Id of the key in the certificate that they signed with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// SHA-256 of that certificate, of those that came with it and of the authority's, hexadecimal.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub certificates: Vec<String>,
}

/// Somebody whom an identity provider knows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SignerIdentity {
    /// The identity provider.
    pub issuer: String,
    /// The kind of name.
    pub kind: SubjectKind,
    /// The name as it stands in the certificate.
    pub subject: String,
}

impl AncestorSigner {
    /// What is known of `signer`.
    pub fn of(signer: &TrustedSigner) -> Self {
        let identity = match signer {
            TrustedSigner::Identity(identity, subject, _) => Some(SignerIdentity {
                issuer: identity.issuer.clone(),
                kind: subject.kind,
                subject: subject.value.clone(),
            }),
            _ => None,
        };
        let (name, role) = (signer.name().to_owned(), signer.role().to_string());
        let with = signer.certificate();
        let mut certificates = with.map(|one| one.fingerprints.clone()).unwrap_or_default();
        if let TrustedSigner::Certified(authority, ..) = signer {
            certificates.extend(fingerprint(&authority.certificate));
        }
        let key = with.map(|one| one.key.clone());
        Self { id: signer.id(), name, role, identity, key, certificates }
    }

    /// Id of the key that made their signatures.
    pub(crate) fn key_id(&self) -> Option<&str> {
        self.id.strip_prefix("key:").or(self.key.as_deref())
    }
}

/// SHA-256 of the DER in a PEM certificate, in hexadecimal.
fn fingerprint(pem: &str) -> Option<String> {
    let lines = pem.lines().map(str::trim).filter(|line| !line.starts_with("-----"));
    let body: String = lines.collect();
    let der = sealkit_attest::base64::decode(&body, "certificate").ok()?;
    Some(Digest::of(&der).hex().to_owned())
}

/// What the kit descends from, as far as it was walked.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LineageFacts {
    /// Every ancestor, nearest first.
    pub ancestors: Vec<Ancestor>,
    /// Whether the walk came to an end: no limit was reached and nothing was left out.
    pub complete: bool,
}

/// What was accepted before of the same repository. The empty one says that nothing was: that is
/// another thing than not having looked.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Seen {
    /// The greatest sequence number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sequence: Option<u64>,
    /// The greatest version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// Digest of the manifest that had them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<Digest>,
}

impl Seen {
    /// Whether it has a smaller number or an older version than `other`. A version that is none is older.
    pub fn is_older_than(&self, other: &Self) -> bool {
        let version =
            |seen: &Self| seen.version.as_deref().and_then(|v| semver::Version::parse(v).ok());
        self.sequence < other.sequence || version(self) < version(other)
    }
}
