//! What is never accepted.

use schemars::JsonSchema;
use sealkit_oci::Digest;
use serde::{Deserialize, Serialize};

use super::{IdentityRule, Mode, Text};

/// What is never accepted, whatever the rules and exceptions say. A signature by a revoked signer
/// counts for nothing; a revoked thing inside a kit or among its ancestors denies the kit.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct Revoked {
    /// Digests of manifests, layers, files, statements, base models or datasets.
    pub digests: Vec<RevokedDigest>,
    /// Ids of keys, also of those in certificates.
    pub keys: Vec<RevokedName>,
    /// Identities that a Sigstore instance vouches for. Whom an authority of your own certified is revoked by
    /// key or certificate.
    pub identities: Vec<RevokedIdentity>,
    /// SHA-256 of certificates (DER), hexadecimal: of an authority, for whoever it certified, of one that
    /// stands between, or of a signer.
    pub certificates: Vec<RevokedName>,
    /// Datasets by name.
    pub datasets: Vec<RevokedDataset>,
    /// What a kit does of which nobody trusted says what it depends on (no signed AIBOM), where digests
    /// or datasets are revoked: `enforce` denies it.
    pub unknown_ancestry: Mode,
}

/// A digest that is revoked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RevokedDigest {
    /// The digest.
    #[schemars(with = "String")]
    pub digest: Digest,
    /// Why.
    pub reason: Text,
}

/// A key or a certificate that is revoked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RevokedName {
    /// Its id: hexadecimal digits.
    pub id: Text,
    /// Why.
    pub reason: Text,
}

/// An identity that is revoked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RevokedIdentity {
    /// Whose it is.
    pub identity: IdentityRule,
    /// Why.
    pub reason: Text,
}

/// A dataset that is revoked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RevokedDataset {
    /// Its name, without regard to case.
    pub name: Text,
    /// The one version that is revoked; every one where none is given.
    #[serde(default)]
    pub version: Option<Text>,
    /// Why.
    pub reason: Text,
}
