//! Who says what about a version: every statement that is attached to it, each verified step by step.

use schemars::JsonSchema;
use sealkit_oci::Digest;
use sealkit_report::{Step, Verdict};
use serde::{Deserialize, Serialize};

use crate::SCHEMA_VERSION;

/// Everything that is stated about one version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct KitProvenance {
    /// [`SCHEMA_VERSION`].
    pub schema_version: u32,
    /// Repository name.
    pub name: String,
    /// Digest of the manifest: what was asked for by tag is answered by digest.
    pub digest: Digest,
    /// Whom the hub trusts. Whoever asks may trust others.
    pub trust: TrustUsed,
    /// The statements, by type and digest.
    pub statements: Vec<AttachedStatement>,
    /// Whether there are more than were looked at.
    pub more: bool,
    /// What `sealkit verify` checks and the hub did not for this answer, each with the reason.
    pub not_run: Vec<Step>,
}

impl KitProvenance {
    /// An answer in the current version, of statements that have still to be added.
    pub fn new(name: String, digest: Digest, trust: TrustUsed, not_run: Vec<Step>) -> Self {
        let statements = Vec::new();
        Self {
            schema_version: SCHEMA_VERSION,
            name,
            digest,
            trust,
            statements,
            more: false,
            not_run,
        }
    }
}

/// Whom a verification trusted: how many entries of each kind the trust file has.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TrustUsed {
    /// Digest of what the trust file says, to tell two of them apart; none where nobody is trusted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<Digest>,
    /// Keys.
    pub keys: u64,
    /// Identities of Sigstore instances.
    pub identities: u64,
    /// Certificate authorities.
    pub authorities: u64,
    /// Sigstore instances.
    pub instances: u64,
    /// Transparency logs.
    pub logs: u64,
}

impl TrustUsed {
    /// Whether nobody is trusted to sign: then no statement can be verified.
    pub fn is_nobody(&self) -> bool {
        self.keys == 0 && self.identities == 0 && self.authorities == 0
    }
}

/// One statement that is attached to a version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AttachedStatement {
    /// The manifest that attaches it.
    pub manifest: Digest,
    /// The bundle: statement, signature and proofs.
    pub bundle: Digest,
    /// Its predicate type as it was signed; where the statement can not be read, what the attachment
    /// says of itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub predicate_type: Option<String>,
    /// What statements of this type say, in a few words; none for a type that is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Digest of the statement, where it could be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub statement: Option<Digest>,
    /// What it is about: at most twenty.
    pub subjects: Vec<StatementSubject>,
    /// How many subjects more it has.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub more_subjects: u64,
    /// Whether it is about the files of a model (OpenSSF Model Signing) and not about the manifest: whether
    /// they are those of this version, only `sealkit verify` tells.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_about_files: bool,
    /// `yes`: every step holds under the hub's trust. `no`: a step failed. `unknown`: nothing is wrong, and
    /// something could not be told, e.g. because its signer is not trusted here.
    pub verdict: Verdict,
    /// Who signed, as the hub's trust file names them; only where the verdict is `yes`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signer: Option<StatementSigner>,
    /// Fingerprint of the key, or name in the certificate, that the statement claims for its signer.
    /// A claim of whoever attached it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub claimed: Option<String>,
    /// The earliest time that a log or a timestamp proves: RFC 3339, UTC. Without one, when it was signed is
    /// not proven.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proven_time: Option<String>,
    /// Entries of transparency logs that were verified.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub log_entries: Vec<StatementLogEntry>,
    /// How it says that the version was made, where it is SLSA provenance.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<StatementRun>,
    /// What it says, where it is an advisory.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub advisory: Option<StatementAdvisory>,
    /// Every step of its verification, in their order.
    pub steps: Vec<Step>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
pub(crate) fn is_zero(count: &u64) -> bool {
    *count == 0
}

/// What a statement is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct StatementSubject {
    /// Name, for people: as the signer wrote it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// `ALGORITHM:HEX`, as the signer wrote it.
    pub digest: String,
}

/// Who signed a statement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct StatementSigner {
    /// Name in the hub's trust file.
    pub name: String,
    /// What the trust file trusts them for: `signer`, `builder`.
    pub role: String,
    /// Fingerprint of the key, or the name that a certificate gave with whoever vouched for it.
    pub identity: String,
}

/// An entry of a transparency log whose proof was verified.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct StatementLogEntry {
    /// The log's origin or address.
    pub log: String,
    /// Position of the entry, from 0.
    pub index: u64,
    /// When the log took it: RFC 3339, UTC; only where the log signed that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time: Option<String>,
}

/// How a version was made, as SLSA provenance says (slsa.dev/spec/v1.0/provenance).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct StatementRun {
    /// Who answers for the run.
    pub builder: String,
    /// What kind of run it was.
    pub build_type: String,
    /// Where its code is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// Commit of that code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
    /// The workflow that ran.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub workflow: Option<String>,
    /// When it began: RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started_on: Option<String>,
    /// When it ended: RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finished_on: Option<String>,
}

/// What an advisory says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct StatementAdvisory {
    /// What its signer calls the matter.
    pub id: String,
    /// `affected` or `withdrawn`.
    pub state: String,
    /// Why.
    pub reason: String,
    /// `low`, `moderate`, `high` or `critical`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub severity: Option<String>,
    /// When its signer issued it: RFC 3339.
    pub issued_on: String,
    /// Whether it counts here: its signer is trusted by the hub and may revoke, and did not take it back.
    pub counts: bool,
}
