//! What inspection found in a version, and what people said against it.

use schemars::JsonSchema;
use sealkit_oci::Digest;
use sealkit_report::{Known, Severity};
use serde::{Deserialize, Serialize};

use crate::{QuarantineEntry, SCHEMA_VERSION, StatementAdvisory};

/// What is known of a version's security. Facts of inspection alone: rules over them are a scanner's, and where
/// nothing is listed nothing was found, which is not the same as "clean".
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct KitSecurity {
    /// [`SCHEMA_VERSION`].
    pub schema_version: u32,
    /// Repository name.
    pub name: String,
    /// Digest of the manifest: what was asked for by tag is answered by digest.
    pub digest: Digest,
    /// Whether the hub has looked at this version; where not, nothing is known of its files.
    pub inspected: bool,
    /// What could not be read, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
    /// How many findings there are of each severity, the worst first, before any filter.
    pub counts: Vec<SeverityCount>,
    /// The findings that the filter lets through, the worst first.
    pub findings: Vec<SecurityFinding>,
    /// Files that can run code when they are loaded, or that look things up.
    pub code: Vec<RunsCode>,
    /// Files that were not read to their end: what is in the rest is not known.
    pub unread: Vec<String>,
    /// Licences, by what they are of.
    pub licences: Vec<LicenceOf>,
    /// How licences contradict each other; none where nothing does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub licence_conflict: Option<String>,
    /// Why its content is not given out; none where it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quarantine: Option<QuarantineEntry>,
    /// Advisories that are attached to it, with whether they count here; none where they could not be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub advisories: Option<Vec<SignedAdvisory>>,
    /// The policies that the hub's gate has for this repository, each with its newest verdict.
    pub policies: Vec<PolicyVerdict>,
}

impl KitSecurity {
    /// What is known of a version that was not looked at.
    pub fn new(name: String, digest: Digest) -> Self {
        Self {
            schema_version: SCHEMA_VERSION,
            name,
            digest,
            inspected: false,
            problem: None,
            counts: Vec::new(),
            findings: Vec::new(),
            code: Vec::new(),
            unread: Vec::new(),
            licences: Vec::new(),
            licence_conflict: None,
            quarantine: None,
            advisories: None,
            policies: Vec::new(),
        }
    }
}

/// How many findings have a severity.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SeverityCount {
    /// The severity.
    pub severity: Severity,
    /// How many.
    pub count: u64,
}

/// One finding, with what it means and what to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SecurityFinding {
    /// How bad it is.
    pub severity: Severity,
    /// Stable name of the rule.
    pub rule: String,
    /// The file.
    pub file: String,
    /// Place inside the file: a byte, a line, a JSON pointer; empty for the whole file.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub place: String,
    /// What was found.
    pub message: String,
    /// What findings of this rule mean.
    pub meaning: String,
    /// What to do about them.
    pub advice: String,
}

/// A file that can run code when it is loaded, or that looks things up by name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RunsCode {
    /// The file.
    pub file: String,
    /// Identifier of its format; none where nobody could tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub format: Option<String>,
    /// Whether loading it can run code, and how that is known: `measured` on its bytes, `declared` where it
    /// names code that its reader is asked to allow. None where it only looks things up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub runs: Option<Known>,
    /// What loading it looks up: `os.system`.
    pub calls: Vec<PlacedName>,
    /// Source code inside it.
    pub embedded: Vec<PlacedName>,
}

/// A name and where it stands in its file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PlacedName {
    /// The name.
    pub name: String,
    /// Place inside the file; empty for the whole file.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub place: String,
}

/// The licences of one thing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct LicenceOf {
    /// What it is: `kit`, `model`, `base-model`, `dataset`.
    pub kind: String,
    /// Its name.
    pub name: String,
    /// Its licences, as they are written.
    pub licences: Vec<String>,
}

/// An advisory with who signed it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SignedAdvisory {
    /// What it says, and whether it counts here.
    pub advisory: StatementAdvisory,
    /// The manifest that attaches it.
    pub manifest: Digest,
    /// Who signed it, as the hub's trust file names them; none where nobody whom the hub trusts did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signer: Option<String>,
}

/// A policy of the hub's gate and what it answered about a version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PolicyVerdict {
    /// Name of the policy.
    pub policy: String,
    /// Digest of the policy's bytes.
    pub digest: Digest,
    /// `enforce` or `warn`.
    pub mode: String,
    /// `allow`, `deny` or `unknown`; none where these bytes of the policy were not asked about the version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<String>,
    /// When it was asked: RFC 3339, UTC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
}

/// One fact about code in a file, as the catalogue keeps it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CodeFact {
    /// The file.
    pub file: String,
    /// What is known.
    pub what: CodeFactKind,
    /// The callable, the name of embedded code, or the format of the file.
    pub name: String,
    /// Place inside the file.
    pub place: String,
    /// How it is known.
    pub known: Known,
}

/// What is known of the code in a file.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum CodeFactKind {
    /// Loading it can run code.
    Runs,
    /// Loading it looks up a callable.
    Calls,
    /// Source code lies inside.
    Embeds,
    /// It was not read to its end.
    Unread,
}

impl CodeFactKind {
    /// The word for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Runs => "runs",
            Self::Calls => "calls",
            Self::Embeds => "embeds",
            Self::Unread => "unread",
        }
    }

    /// The one of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Runs, Self::Calls, Self::Embeds, Self::Unread]
            .into_iter()
            .find(|one| one.name() == name)
    }
}
