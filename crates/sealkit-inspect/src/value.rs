//! What a fact can say: plain values, and the few things that have a shape of their own.

use serde::{Deserialize, Serialize};

/// The value of a fact.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", tag = "type", content = "value")]
pub enum Value {
    /// Text.
    Text(String),
    /// A whole number.
    Uint(u64),
    /// A negative whole number.
    Int(i64),
    /// A number with a fraction.
    Float(f64),
    /// Yes or no.
    Bool(bool),
    /// Several texts.
    List(Vec<String>),
    /// One tensor.
    Tensor(TensorInfo),
    /// A software package.
    Package(PackageInfo),
    /// A model or dataset that something was made from or uses.
    Origin(OriginInfo),
    /// A result of an evaluation.
    Metric(MetricInfo),
    /// Another file.
    File(FileInfo),
    /// An address where more is found.
    Link(LinkInfo),
    /// A person or an organisation.
    Party(PartyInfo),
}

/// Name, type, shape and place of one tensor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TensorInfo {
    /// Name.
    pub name: String,
    /// Element type as the format names it: `F32`, `BF16`, `Q4_K`.
    pub dtype: String,
    /// Size of each dimension.
    pub shape: Vec<u64>,
    /// Offset in bytes from the start of the file.
    pub offset: u64,
    /// Size in bytes; 0 where the bytes do not lie in this file as they are: compressed, spread,
    /// or kept elsewhere. The offset then means nothing.
    pub size: u64,
}

/// What a package is needed for.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum Scope {
    /// To run.
    #[default]
    Runtime,
    /// To run with a feature that may be left out.
    Optional,
    /// To develop or test.
    Development,
    /// To build.
    Build,
}

/// A software package as a lock file, a manifest or code names it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PackageInfo {
    /// Type of its package URL: `pypi`, `npm`, `cargo`, `golang`, `conda`, `docker`, `generic`.
    pub ecosystem: String,
    /// Name as the file writes it.
    pub name: String,
    /// The one version that is meant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// What versions are allowed, as it is written, where no single one is meant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requirement: Option<String>,
    /// Digests of its archives, `sha256:HEX`, as the file states them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub digests: Vec<String>,
    /// Where it comes from, if not from the ecosystem's usual registry; credentials left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// What it is needed for.
    #[serde(default)]
    pub scope: Scope,
    /// Whether the project asks for it itself; false for what other packages bring.
    #[serde(default)]
    pub direct: bool,
    /// Names of the packages of the same file that it needs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub needs: Vec<String>,
}

/// A model or a dataset elsewhere, as a file names it. Which of the two, and what for, says the
/// property of the fact.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OriginInfo {
    /// Name as it is written: a hub id `owner/name`, a path, a title.
    pub name: String,
    /// Commit, tag or branch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revision: Option<String>,
    /// Version, where the file gives one beside or instead of a revision.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// For a model `finetune`, `adapter`, `quantized`, `merge`; for data `train`, `test`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    /// Configuration or subset of a dataset.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub config: Option<String>,
    /// Split of a dataset.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub split: Option<String>,
    /// Address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// Digests, `sha256:HEX` or `md5:HEX`, as the file states them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub digests: Vec<String>,
    /// Number of rows or samples, as the file states it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rows: Option<u64>,
}

impl OriginInfo {
    /// An origin of which only the name is known.
    pub fn named(name: impl Into<String>) -> Self {
        Self { name: name.into(), ..Self::default() }
    }
}

/// A result of an evaluation.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MetricInfo {
    /// What was measured: `accuracy`.
    pub name: String,
    /// The value as it is written.
    pub value: String,
    /// Task.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub task: Option<String>,
    /// Dataset.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dataset: Option<String>,
    /// Configuration or subset of the dataset.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub config: Option<String>,
    /// Split of the dataset.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub split: Option<String>,
    /// Revision of the dataset.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revision: Option<String>,
    /// Name of the dataset for people, where `dataset` is an identifier.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dataset_name: Option<String>,
    /// Identifier of the metric, where `name` is one for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// Whether somebody else than the authors says to have verified it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verified: Option<bool>,
}

/// A file that another file names.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FileInfo {
    /// Path as it is written, or an address.
    pub path: String,
    /// Size in bytes, as it is stated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<u64>,
    /// Digests, `sha256:HEX` or `md5:HEX`, as they are stated.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub digests: Vec<String>,
}

/// An address where more is found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinkInfo {
    /// What is found there, as CycloneDX calls it: `vcs`, `website`, `documentation`.
    pub kind: String,
    /// The address; credentials left out.
    pub url: String,
}

/// A person or an organisation.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PartyInfo {
    /// Name.
    pub name: String,
    /// Address for mail.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// Page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// Whether it is an organisation; false for a person, and where it cannot be told.
    #[serde(default)]
    pub organisation: bool,
    /// What it did: `author`, `publisher`, `creator`, `funder`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
}

impl std::fmt::Display for Value {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Text(text) => f.write_str(text),
            Self::Uint(number) => write!(f, "{number}"),
            Self::Int(number) => write!(f, "{number}"),
            Self::Float(number) => write!(f, "{number}"),
            Self::Bool(yes) => write!(f, "{yes}"),
            Self::List(texts) => f.write_str(&texts.join(", ")),
            Self::Tensor(tensor) => {
                write!(f, "{} {} {:?}", tensor.name, tensor.dtype, tensor.shape)
            }
            Self::Package(package) => {
                let version = package.version.as_ref().map(|v| format!("=={v}"));
                let version = version.or_else(|| package.requirement.clone()).unwrap_or_default();
                write!(f, "{}{version}", package.name)
            }
            Self::Origin(origin) => match &origin.revision {
                Some(revision) => write!(f, "{}@{revision}", origin.name),
                None => f.write_str(&origin.name),
            },
            Self::Metric(metric) => write!(f, "{}={}", metric.name, metric.value),
            Self::File(file) => f.write_str(&file.path),
            Self::Link(link) => f.write_str(&link.url),
            Self::Party(party) => f.write_str(&party.name),
        }
    }
}
