//! in-toto vulns v0.2: which known vulnerabilities a scanner found.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::values::{Timestamp, Uri};
use super::{Predicate, order_fault};

/// Which known vulnerabilities a scanner found (in-toto vulns v0.2).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Vulns {
    /// What scanned, with which data, and what it found.
    pub scanner: VulnScanner,
    /// When.
    pub metadata: ScanMetadata,
}

/// What scanned, with which data, and what it found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct VulnScanner {
    /// Which scanner.
    pub uri: Uri,
    /// Its version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// The data that it looked things up in.
    pub db: VulnDb,
    /// What it found; an empty list says that it found nothing.
    pub result: Vec<Vulnerability>,
}

/// The data that vulnerabilities were looked up in.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct VulnDb {
    /// Where it comes from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uri: Option<Uri>,
    /// Its version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// When it was last changed.
    pub last_update: Timestamp,
}

/// One vulnerability.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Vulnerability {
    /// Its id, such as `CVE-2024-3094`.
    pub id: String,
    /// How bad it is, by one or more methods.
    pub severity: Vec<VulnSeverity>,
    /// Anything more.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub annotations: Vec<Map<String, Value>>,
}

/// How bad a vulnerability is, by one method.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct VulnSeverity {
    /// The method, such as `nvd` or `cvss_score`.
    pub method: String,
    /// The score, as the method writes it.
    pub score: String,
}

/// When a scan ran.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ScanMetadata {
    /// When it began.
    pub scan_started_on: Timestamp,
    /// When it ended.
    pub scan_finished_on: Timestamp,
}

impl Predicate for Vulns {
    const TYPE: &'static str = "https://in-toto.io/attestation/vulns/v0.2";

    fn fault(&self) -> Option<String> {
        if self.scanner.result.iter().any(|found| found.id.is_empty()) {
            return Some("a vulnerability has no id".to_owned());
        }
        order_fault(&self.metadata.scan_started_on, &self.metadata.scan_finished_on)
    }
}
