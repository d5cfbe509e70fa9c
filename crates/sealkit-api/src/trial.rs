//! What a policy would answer about what is stored, before it is in force.

use schemars::JsonSchema;
use sealkit_oci::Digest;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Number;

/// Which policy is tried, and on what.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PolicyTrialRequest {
    /// The policy, as its file has it.
    pub policy: String,
    /// Only the repository of this name and those below it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub below: Option<String>,
    /// Every tagged version, and not only the newest of each repository.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub all: bool,
    /// Where to go on: `next` of the page before it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
    /// Most versions of the page.
    #[serde(default, deserialize_with = "whole", skip_serializing_if = "Option::is_none")]
    pub limit: Option<u64>,
}

/// What a policy would answer about a page of versions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PolicyTrial {
    /// [`SCHEMA_VERSION`](crate::SCHEMA_VERSION).
    pub schema_version: u32,
    /// What the policy is called.
    pub name: String,
    /// Digest of its bytes.
    pub policy: Digest,
    /// The versions, the newest first. A page may hold less than asked for.
    pub versions: Vec<TriedVersion>,
    /// Versions that the catalogue does not know yet: nothing is said of them.
    pub waiting: u64,
    /// What to give as `after` for the next page; none on the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// What a policy would answer about one version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TriedVersion {
    /// Its repository.
    pub repository: String,
    /// Digest of its manifest.
    pub digest: Digest,
    /// The tags that point at it, sorted.
    pub tags: Vec<String>,
    /// Whether a tag would be set to it under this policy.
    pub allowed: bool,
    /// Whether one would be set to it now, under the policies that are in force.
    pub allowed_now: bool,
    /// Why it would be refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// What would warn.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
}

/// A whole number, also one that is written with a fraction of nothing: JSON Schema calls `7.0` an integer, and some
/// languages know no other numbers.
fn whole<'de, D: Deserializer<'de>>(from: D) -> Result<Option<u64>, D::Error> {
    let number = Option::<Number>::deserialize(from)?;
    number.as_ref().map(as_whole).transpose().map_err(D::Error::custom)
}

fn as_whole(number: &Number) -> Result<u64, String> {
    let fraction = number.as_f64().filter(|number| number.fract() == 0.0 && *number >= 0.0);
    // What is too large for this is larger than any list.
    number
        .as_u64()
        .or_else(|| fraction.map(|number| number as u64))
        .ok_or_else(|| format!("{number} is no whole number"))
}
