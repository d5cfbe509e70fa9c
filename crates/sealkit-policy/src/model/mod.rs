//! The policy document as types. Whatever parses is a policy that can be judged by.

mod check;
mod contents;
mod name;
mod origin;
mod revoked;
mod signing;
mod span;
mod who;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use check::Check;
pub use contents::{
    Annotations, BomPresent, BomScore, Documentation, ForbiddenFormats, Integrity, Licences,
    Licensed, Rail, Scan, Vulnerabilities,
};
pub use name::{Name, Pattern, Percent, Text};
pub use origin::{
    Approval, BaseModels, Builder, Datasets, Evaluation, Lineage, Metric, Release, ReleaseOrder,
    Source,
};
pub use revoked::{Revoked, RevokedDataset, RevokedDigest, RevokedIdentity, RevokedName};
pub use signing::{
    Identities, KeyRule, Keys, Log, Predicates, RequiredPredicate, SchemaTypes, SignatureAge,
    Signers, Threshold, Timestamp,
};
pub(crate) use span::rfc3339;
pub use span::{Age, Moment};
pub use who::{IdentityRule, SubjectType, Who};

/// What a rule that does not hold does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Mode {
    /// It denies.
    #[default]
    Enforce,
    /// It is said, and nothing depends on it.
    Warn,
}

/// What a kit is about, by the kinds of its parts.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "camelCase")]
pub enum KitKind {
    /// It holds a model.
    Model,
    /// It holds a dataset.
    Dataset,
    /// It holds code.
    Code,
    /// It holds prompts.
    Prompts,
    /// It holds documentation.
    Docs,
}

/// Whom a rule or an exception is for. Every list that is given has to fit; none fits everything.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct Scope {
    /// Repositories, with registry, without tag: `*` stands for any characters but `/`, `**` for any
    /// at all.
    pub repositories: Vec<Pattern>,
    /// Kits that hold one of these.
    pub kinds: Vec<KitKind>,
    /// Environments that the person who asks may name, e.g. `production`.
    pub environments: Vec<Name>,
}

/// One rule.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Rule {
    /// Unique name, for exceptions and reports.
    pub id: Name,
    /// Why it is there, for people.
    #[serde(default)]
    pub description: Option<Text>,
    /// What it does where it does not hold; the policy's own mode where none is given.
    #[serde(default)]
    pub mode: Option<Mode>,
    /// Which kits it is for; all where none is given.
    #[serde(default)]
    pub scope: Scope,
    /// What it asks.
    pub check: Check,
}

/// A rule that need not hold for some kits until a time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Exception {
    /// Id of the rule.
    pub rule: Name,
    /// Why, for people.
    pub reason: Text,
    /// Last moment of it.
    pub until: Moment,
    /// Which kits it is for; all where none is given.
    #[serde(default)]
    pub scope: Scope,
    /// The one manifest that it is for.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub digest: Option<sealkit_oci::Digest>,
}

/// The whole document.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(title = "SealKit policy", rename = "Policy")]
pub(crate) struct Document {
    /// Version of this format: 1.
    pub(crate) schema_version: u32,
    /// What the policy is called in reports.
    pub(crate) name: Name,
    /// What it is for.
    #[serde(default)]
    pub(crate) description: Option<Text>,
    /// What rules do that do not say so themselves. `warn` is for trying a policy out: then nothing
    /// denies but rules that say `enforce`, and what is revoked.
    #[serde(default)]
    pub(crate) mode: Mode,
    /// The rules.
    pub(crate) rules: Vec<Rule>,
    /// Rules that need not hold for some kits until a time.
    #[serde(default)]
    pub(crate) exceptions: Vec<Exception>,
    /// What is never accepted, whatever the rules say.
    #[serde(default)]
    pub(crate) revoked: Revoked,
}
