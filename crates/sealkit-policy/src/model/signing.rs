//! Settings of the checks that ask who signed.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Age, IdentityRule, Moment, Pattern, Text, Who};

/// How many of the signers that are meant have to sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Threshold {
    /// One of them.
    Any,
    /// Each role, name, identity and key that is listed.
    All,
    /// So many distinct ones.
    AtLeast(u32),
}

/// [`super::Check::Signers`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Signers {
    /// Who counts.
    #[serde(default)]
    pub by: Who,
    /// How many of them: `any`, `all` or `atLeast: 2`.
    #[serde(default = "any")]
    pub threshold: Threshold,
}

fn any() -> Threshold {
    Threshold::Any
}

/// [`super::Check::Identities`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Identities {
    /// Whose signature counts.
    pub any_of: Vec<IdentityRule>,
}

/// A key of [`Keys`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct KeyRule {
    /// Its id: 64 hexadecimal digits.
    pub id: Text,
    /// First moment at which it counts.
    #[serde(default)]
    pub valid_from: Option<Moment>,
    /// Last moment at which it counts.
    #[serde(default)]
    pub valid_until: Option<Moment>,
}

/// [`super::Check::Keys`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Keys {
    /// Whose signature counts.
    pub any_of: Vec<KeyRule>,
}

/// [`super::Check::SignatureAge`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SignatureAge {
    /// Oldest that it may be.
    pub max: Age,
    /// Whose signature counts.
    #[serde(default)]
    pub by: Who,
}

/// [`super::Check::Log`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Log {
    /// Logs that count, by origin or address; all trusted ones where none is given.
    #[serde(default)]
    pub logs: Vec<Pattern>,
    /// How many distinct operators; two logs of one are one witness.
    #[serde(default = "one")]
    pub operators: u32,
    /// Whose signature counts.
    #[serde(default)]
    pub by: Who,
}

fn one() -> u32 {
    1
}

/// [`super::Check::Timestamp`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct Timestamp {
    /// Whose signature counts.
    pub by: Who,
}

/// One entry of [`Predicates`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RequiredPredicate {
    /// The predicate type, or a pattern of it: `https://cyclonedx.org/bom**`.
    #[serde(rename = "type")]
    pub predicate_type: Pattern,
    /// Who may make it.
    #[serde(default)]
    pub by: Who,
}

/// [`super::Check::Predicates`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Predicates {
    /// What has to be there, every entry.
    pub require: Vec<RequiredPredicate>,
}

/// [`super::Check::PredicateSchemas`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SchemaTypes {
    /// Types whose statements have to be valid, and there; patterns.
    pub types: Vec<Pattern>,
}
