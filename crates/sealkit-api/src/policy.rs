//! The policies of a hub, and what they answered.

use schemars::JsonSchema;
use sealkit_oci::Digest;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::SCHEMA_VERSION;

/// The policies that guard the tags of a hub.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct HubPolicies {
    /// [`SCHEMA_VERSION`].
    pub schema_version: u32,
    /// Whether pulls are judged too, of whoever may not push.
    pub pulls: bool,
    /// The policies that concern repositories which whoever asks may read. Of those that fit a repository,
    /// all have to allow.
    pub policies: Vec<HubPolicy>,
}

impl HubPolicies {
    /// Policies in the current version.
    pub fn new(pulls: bool, policies: Vec<HubPolicy>) -> Self {
        Self { schema_version: SCHEMA_VERSION, pulls, policies }
    }
}

/// One policy.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct HubPolicy {
    /// The repository that it is for, with those below it; none where it is for every one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prefix: Option<String>,
    /// What it is called.
    pub name: String,
    /// What it is for, where it says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// What its rules do that do not say so themselves: `enforce` or `warn`.
    pub mode: String,
    /// Digest of its bytes: verdicts in the log name it.
    pub digest: Digest,
    /// Its rules, in their order.
    pub rules: Vec<HubPolicyRule>,
    /// Exceptions that hold: only told to who may read every repository.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exceptions: Vec<HubPolicyException>,
}

/// What a rule asks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct HubPolicyRule {
    /// Its id.
    pub id: String,
    /// Why it is there, where the policy says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// What it does where it does not hold: `enforce` or `warn`.
    pub mode: String,
    /// What it asks, in words.
    pub asks: String,
    /// The evidence that answers it; without it the rule denies.
    pub evidence: String,
    /// How a kit comes to meet it.
    pub satisfy: String,
    /// Repositories that it is for, as patterns; empty where it is for all of the policy. Only told to who may
    /// read every repository, as are the settings.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub repositories: Vec<String>,
    /// Its settings as they stand in the policy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub settings: Option<Value>,
}

/// A rule that need not hold for some kits until a time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct HubPolicyException {
    /// Id of the rule.
    pub rule: String,
    /// Why.
    pub reason: String,
    /// Its last moment, in seconds since 1970.
    pub until: i64,
    /// The one manifest that it is for; none where it is for more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<Digest>,
}

/// What the policies of a hub say of a version now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct HubJudgement {
    /// [`SCHEMA_VERSION`].
    pub schema_version: u32,
    /// The repository.
    pub name: String,
    /// The manifest.
    pub digest: Digest,
    /// Whether a policy is for it: without one everything is allowed.
    pub judged: bool,
    /// Whether a tag would be set to it.
    pub allowed: bool,
    /// Why not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// What would deny, of policies and rules that only warn.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
    /// What each policy answered; none where the version could not be judged, which denies.
    pub answers: Vec<HubAnswer>,
}

/// What one policy answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct HubAnswer {
    /// What it is called.
    pub name: String,
    /// Digest of its bytes.
    pub policy: Digest,
    /// `allow`, `deny`, or `unknown`, which denies too.
    pub outcome: String,
}

/// A page of what policies answered when tags were to be set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct HubVerdicts {
    /// [`SCHEMA_VERSION`].
    pub schema_version: u32,
    /// About repositories that whoever asks may read, the newest first. A page may hold less than asked for.
    pub verdicts: Vec<HubVerdict>,
    /// What to give as `before` for the verdicts before these; none on the last page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<u64>,
}

impl HubVerdicts {
    /// Verdicts in the current version.
    pub fn new(verdicts: Vec<HubVerdict>, next: Option<u64>) -> Self {
        Self { schema_version: SCHEMA_VERSION, verdicts, next }
    }
}

/// What one policy answered about one manifest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct HubVerdict {
    /// Number of its entry in the log; `/api/v1/log/proof?index=` proves it.
    pub index: u64,
    /// When, by the hub's clock, in seconds since 1970.
    pub time: i64,
    /// Who wanted to set the tag.
    pub actor: String,
    /// The repository.
    pub repository: String,
    /// The manifest.
    pub digest: Digest,
    /// Digest of the policy's bytes.
    pub policy: Digest,
    /// `allow`, `deny`, or `unknown`, which denies too.
    pub outcome: String,
}
