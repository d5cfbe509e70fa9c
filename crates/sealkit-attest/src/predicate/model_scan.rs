//! What a scan of model files found.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::values::{DigestSet, Timestamp, Uri};
use super::{Predicate, order_fault};

/// What a scan of the files of the subject found: format, unsafe operations, verdict.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ModelScan {
    /// What scanned.
    pub scanner: ModelScanner,
    /// When it began.
    pub started_on: Timestamp,
    /// When it ended.
    pub finished_on: Timestamp,
    /// The worst verdict of all files; a whole is never milder than its parts.
    pub verdict: ScanVerdict,
    /// Files.
    pub files: Vec<ScannedFile>,
}

/// What scanned.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ModelScanner {
    /// Which scanner.
    pub uri: Uri,
    /// Its version.
    pub version: String,
    /// The rules or signatures that it used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub db: Option<ScannerDb>,
}

/// The rules or signatures of a scanner.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ScannerDb {
    /// Where they come from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uri: Option<Uri>,
    /// Their version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// When they were last changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_update: Option<Timestamp>,
}

/// How a scan ended, from the mildest to the worst.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum ScanVerdict {
    /// All was looked at and nothing was found.
    Clean,
    /// Something could not be looked at.
    Incomplete,
    /// Something was found that people have to look at.
    Suspicious,
    /// Something was found that can do harm.
    Unsafe,
}

/// What was found in a file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ScannedFile {
    /// Its path in the kit.
    pub path: String,
    /// Its digests.
    pub digest: DigestSet,
    /// Its format as its bytes say, such as `safetensors` or `pickle`.
    pub format: String,
    /// The verdict.
    pub verdict: ScanVerdict,
    /// What was found.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub findings: Vec<ScanFinding>,
}

/// One thing that was found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ScanFinding {
    /// Name of the rule that found it.
    pub rule: String,
    /// How bad it is: `info`, `low`, `medium`, `high` or `critical`.
    pub severity: ScanSeverity,
    /// What it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// Where in the file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
    /// The operations that a pickle would run, such as `os.system`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub operations: Vec<String>,
}

/// How bad a finding is.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum ScanSeverity {
    /// Worth knowing.
    Info,
    /// Of little weight.
    Low,
    /// Of some weight.
    Medium,
    /// Of great weight.
    High,
    /// It does harm when it is loaded.
    Critical,
}

impl Predicate for ModelScan {
    const TYPE: &'static str = "https://sealkit.dev/attestations/model-scan/v1";

    fn fault(&self) -> Option<String> {
        let milder = self.files.iter().find(|file| file.verdict > self.verdict);
        if let Some(file) = milder {
            let path = crate::AttestError::quote(&file.path);
            return Some(format!("`verdict` is milder than that of `{path}`"));
        }
        let hidden = |file: &&ScannedFile| {
            let worst = file.findings.iter().map(|finding| finding.severity).max();
            file.verdict == ScanVerdict::Clean && worst >= Some(ScanSeverity::High)
        };
        if let Some(file) = self.files.iter().find(hidden) {
            let path = crate::AttestError::quote(&file.path);
            return Some(format!("`{path}` is called clean beside a finding of great weight"));
        }
        order_fault(&self.started_on, &self.finished_on)
    }
}
