//! Settings of the checks that ask what is inside.

use schemars::JsonSchema;
use sealkit_report::Severity;
use serde::{Deserialize, Serialize};

use super::{Age, Name, Pattern, Percent, Text, Who};

/// [`super::Check::Integrity`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct Integrity {
    /// Ids of steps that have to be there and to have passed, beside that none may have failed.
    pub steps: Vec<Name>,
}

/// [`super::Check::Bom`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct BomPresent {
    /// Who may make it.
    pub by: Who,
}

/// [`super::Check::BomScore`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct BomScore {
    /// Profile, as `sealkit bom score --profile` knows it.
    pub profile: Name,
    /// Least share of it that is said, in percent.
    pub at_least: Percent,
}

/// [`super::Check::ForbiddenFormats`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ForbiddenFormats {
    /// Names of formats, as the reference of file formats has them, e.g. `pytorch`, `keras`, `npy`;
    /// `pickle` for whatever is one or holds one; `can-run-code` for any file whose loading can run code that
    /// it holds, `embedded-code` for code inside (a Keras Lambda layer), `custom-code` for models that need
    /// code of their own, `unknown` for what no inspector knows. Another name is an error.
    pub formats: Vec<Name>,
    /// Paths that may be of them all the same.
    #[serde(default)]
    pub except: Vec<Pattern>,
}

/// [`super::Check::Scan`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Scan {
    /// Who may scan.
    #[serde(default)]
    pub by: Who,
    /// Oldest that it may be.
    #[serde(default)]
    pub max_age: Option<Age>,
    /// Names of scanners that count, patterns; any where none is given.
    #[serde(default)]
    pub scanners: Vec<Pattern>,
}

/// [`super::Check::Vulnerabilities`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Vulnerabilities {
    /// Worst severity that is still accepted; what has none is the worst.
    #[schemars(with = "SeverityName")]
    pub max_severity: Severity,
    /// Who may say which are known.
    #[serde(default)]
    pub by: Who,
    /// Oldest that it may be.
    #[serde(default)]
    pub max_age: Option<Age>,
    /// Who may say (VEX) that one does no harm here; nobody where none is given.
    #[serde(default)]
    pub vex_by: Option<Who>,
    /// Ids that are accepted.
    #[serde(default)]
    pub accept: Vec<Text>,
}

/// Names of [`Severity`] for the schema.
#[derive(JsonSchema)]
#[serde(rename_all = "lowercase")]
#[expect(dead_code, reason = "only its schema is used")]
enum SeverityName {
    Info,
    Low,
    Medium,
    High,
    Critical,
}

/// What a licence is asked of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Licensed {
    /// Models inside.
    Models,
    /// Datasets, inside and named.
    Datasets,
    /// Base models.
    BaseModels,
    /// Code inside.
    Code,
}

/// [`super::Check::Licences`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Licences {
    /// Identifiers that are allowed; any where none is given.
    #[serde(default)]
    pub allow: Vec<Text>,
    /// Identifiers that are not.
    #[serde(default)]
    pub deny: Vec<Text>,
    /// Of what.
    #[serde(default = "everything_licensed")]
    pub of: Vec<Licensed>,
}

fn everything_licensed() -> Vec<Licensed> {
    vec![Licensed::Models, Licensed::Datasets, Licensed::BaseModels]
}

/// [`super::Check::UseRestrictions`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct Rail {
    /// Licences with restrictions of use that somebody has read and accepted.
    pub accept: Vec<Text>,
}

/// [`super::Check::Annotations`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Annotations {
    /// Keys, and a pattern for the value of each.
    pub require: std::collections::BTreeMap<String, Pattern>,
}

/// [`super::Check::Documentation`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Documentation {
    /// Profile whose elements are meant, e.g. `eu-ai-act-xi`.
    pub profile: Name,
    /// Ids of its elements that have to be there; all that it demands where none is given.
    #[serde(default)]
    pub fields: Vec<Name>,
}
