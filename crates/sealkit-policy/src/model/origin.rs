//! Settings of the checks that ask where it comes from.

use schemars::JsonSchema;
use sealkit_oci::Digest;
use serde::{Deserialize, Serialize};

use super::{Age, Pattern, Text, Who};

/// [`super::Check::Datasets`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct Datasets {
    /// Whether each also needs a statement about its version with the same digest.
    pub attested: bool,
    /// Who may make it.
    pub by: Who,
}

/// [`super::Check::BaseModels`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct BaseModels {
    /// Names that are allowed, patterns.
    #[serde(default)]
    pub names: Vec<Pattern>,
    /// Digests that are allowed.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    pub digests: Vec<Digest>,
    /// Signers whose verified models are allowed; the ancestor has to be verified.
    #[serde(default)]
    pub by: Option<Who>,
}

/// [`super::Check::Lineage`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Lineage {
    /// How many steps up every ancestor has to be verified; without a number all that are known.
    #[serde(default)]
    pub depth: Option<u32>,
}

/// [`super::Check::Builder`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Builder {
    /// Ids of builders, patterns.
    pub builders: Vec<Pattern>,
    /// Build types, patterns; any where none is given.
    #[serde(default)]
    pub build_types: Vec<Pattern>,
    /// Who may say so.
    #[serde(default)]
    pub by: Who,
}

/// [`super::Check::Source`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Source {
    /// Addresses of repositories, patterns, without `git+` and `@REF`.
    pub repositories: Vec<Pattern>,
    /// Branches or tags, patterns; any where none is given.
    #[serde(default)]
    pub refs: Vec<Pattern>,
    /// Commits; any where none is given.
    #[serde(default)]
    pub commits: Vec<Text>,
    /// Who may say so.
    #[serde(default)]
    pub by: Who,
}

/// A bound of a metric.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Metric {
    /// Its name.
    pub name: Text,
    /// Least value.
    #[serde(default)]
    pub at_least: Option<f64>,
    /// Greatest value.
    #[serde(default)]
    pub at_most: Option<f64>,
}

/// [`super::Check::Evaluation`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Evaluation {
    /// Harness that measured, a pattern of its name or address.
    pub harness: Pattern,
    /// What has to be reached, every one; none asks that the test passed.
    #[serde(default)]
    pub metrics: Vec<Metric>,
    /// Who may measure.
    #[serde(default)]
    pub by: Who,
}

/// What orders releases.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum ReleaseOrder {
    /// The sequence number.
    Sequence,
    /// The version, by `SemVer`.
    Semver,
}

/// [`super::Check::Release`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Release {
    /// What is compared.
    pub order: ReleaseOrder,
    /// Who may release.
    #[serde(default)]
    pub by: Who,
}

/// [`super::Check::Approval`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Approval {
    /// Whose word counts; at least one has to be named.
    pub by: Who,
    /// Verifiers that count, patterns of their ids; any where none is given.
    #[serde(default)]
    pub verifiers: Vec<Pattern>,
    /// Digests of policies that it may have been checked by; any where none is given.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    pub policies: Vec<Digest>,
    /// Properties that it has to state; `SEALKIT_POLICY_PASSED` where none is given.
    #[serde(default)]
    pub properties: Vec<Text>,
    /// Oldest that it may be.
    #[serde(default)]
    pub max_age: Option<Age>,
}
