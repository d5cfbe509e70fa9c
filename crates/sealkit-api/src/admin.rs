//! What administrators of a hub see. None of it is a secret, and all of it is for who may do everything.

use schemars::JsonSchema;
use sealkit_oci::Digest;
use serde::{Deserialize, Serialize};

use crate::SCHEMA_VERSION;

/// What a hub stores, and how it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AdminState {
    /// [`SCHEMA_VERSION`].
    pub schema_version: u32,
    /// Version of the program.
    pub version: String,
    /// Whether it can do its work.
    pub health: AdminHealth,
    /// What is stored; none where the hub has no storage of its own, or it does not answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stored: Option<AdminStored>,
    /// What a sweep would remove now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sweep: Option<AdminSweep>,
    /// Uploads that were begun and not ended, the ones that were touched last first; at most a hundred.
    pub uploads: Vec<AdminUpload>,
    /// Rules of repositories, by prefix, with what is used of each quota.
    pub rules: Vec<AdminRule>,
    /// Number of entries of the transparency log; none where there is no log.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub log_entries: Option<u64>,
}

/// Whether a hub can do its work.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AdminHealth {
    /// Whether all is well.
    pub ready: bool,
    /// Whether it is about to end.
    pub draining: bool,
    /// Whether the database answers.
    pub database: bool,
    /// Whether the folder of the data can be written to.
    pub folder: bool,
}

/// What is stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AdminStored {
    /// Blobs, each counted once.
    pub blobs: u64,
    /// Bytes of them.
    pub bytes: u64,
    /// Manifests, each counted once.
    pub manifests: u64,
    /// Uploads that were begun and not ended.
    pub uploads: u64,
    /// Tags of all repositories.
    pub tags: u64,
}

/// What a sweep would remove.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AdminSweep {
    /// Blobs that no manifest names and nobody used for the time of grace.
    pub blobs: u64,
    /// Bytes of them.
    pub bytes: u64,
    /// The time of grace in seconds.
    pub grace: u64,
}

/// An upload that was begun and not ended. Its address, which lets whoever knows it go on with it, is not here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AdminUpload {
    /// Where to.
    pub repository: String,
    /// Bytes that came.
    pub bytes: u64,
    /// When the last of them came, in seconds since 1970.
    pub touched: i64,
}

/// A rule of repositories.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AdminRule {
    /// A repository, for it and those below it; `*` for all.
    pub prefix: String,
    /// Which tags stay: `none`, `versions` or `all`; none where it does not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub immutable_tags: Option<String>,
    /// Most bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_bytes: Option<u64>,
    /// Most versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_versions: Option<u64>,
    /// Bytes that are used.
    pub used_bytes: u64,
    /// Versions that are there.
    pub used_versions: u64,
}

/// The tokens of a hub.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AdminTokens {
    /// [`SCHEMA_VERSION`].
    pub schema_version: u32,
    /// The newest first, those that ended too; at most a thousand.
    pub tokens: Vec<AdminToken>,
    /// How many there are.
    pub total: u64,
}

impl AdminTokens {
    /// Tokens in the current version.
    pub fn new(tokens: Vec<AdminToken>, total: u64) -> Self {
        Self { schema_version: SCHEMA_VERSION, tokens, total }
    }
}

/// What is known of a token. The token itself is known to nobody but who holds it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AdminToken {
    /// Its number.
    pub id: i64,
    /// Whose it is.
    pub user: String,
    /// What it is for.
    pub name: String,
    /// What it allows, e.g. `write:team`.
    pub scopes: Vec<String>,
    /// When it was made, in seconds since 1970.
    pub created: i64,
    /// When it ends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<i64>,
    /// When it was revoked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revoked: Option<i64>,
    /// When it was used last, to the minute; none where it never was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub used: Option<i64>,
    /// Whether it is the one that asked.
    #[serde(default)]
    pub own: bool,
}

/// Jobs of the catalogue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AdminJobs {
    /// [`SCHEMA_VERSION`].
    pub schema_version: u32,
    /// Those that come next, at most a hundred.
    pub jobs: Vec<AdminJob>,
    /// How many there are.
    pub total: u64,
}

impl AdminJobs {
    /// Jobs in the current version.
    pub fn new(jobs: Vec<AdminJob>, total: u64) -> Self {
        Self { schema_version: SCHEMA_VERSION, jobs, total }
    }
}

/// A version that is to be looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AdminJob {
    /// Its repository.
    pub repository: String,
    /// Digest of its manifest.
    pub digest: Digest,
    /// How often it was tried in vain.
    pub attempts: u32,
    /// Why the last try failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
}
