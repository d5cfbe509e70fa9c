//! What is below a prefix of repository names.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{AdminRule, AdminToken, KitSummary, SCHEMA_VERSION};

/// The kits of an owner or a project: those whose names begin with `NAME/`, and the one that is named so itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct OwnerDetail {
    /// [`SCHEMA_VERSION`].
    pub schema_version: u32,
    /// The prefix, without a slash at its end.
    pub name: String,
    /// The kits that the caller may read, by name.
    pub kits: Vec<KitSummary>,
    /// Name to give as `after` for the next page; none on the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
    /// The rules that hold for some or all of them, with what is used of each quota; none for who administers less
    /// than all of what a rule is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rules: Option<Vec<AdminRule>>,
    /// The tokens that reach some of them and hold; none for who does not administer the whole hub.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tokens: Option<Vec<AdminToken>>,
}

impl OwnerDetail {
    /// The kits of an owner, in the current version.
    pub fn new(name: String, kits: Vec<KitSummary>, next: Option<String>) -> Self {
        Self { schema_version: SCHEMA_VERSION, name, kits, next, rules: None, tokens: None }
    }
}
