//! The Kitfile as types. Fields are serialised in the order in which `kit` writes them.

use std::collections::BTreeMap;

use sealkit_oci::{Digest, LayerRole, LayerType};
use serde::{Serialize, Serializer};

/// A whole Kitfile (KitOps Kitfile format 1.0.0).
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Kitfile {
    /// Version of the format: `1.0.0`.
    pub manifest_version: String,
    /// What the kit is.
    pub package: Package,
    /// The model.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<Model>,
    /// Code.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub code: Vec<Code>,
    /// Datasets.
    #[serde(rename = "datasets", skip_serializing_if = "Vec::is_empty")]
    pub datasets: Vec<Dataset>,
    /// Documentation.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub docs: Vec<Docs>,
    /// Prompts.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub prompts: Vec<Prompt>,
    /// MCP bundles.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub mcp_servers: Vec<McpServer>,
}

/// Name, version and people of the kit.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Package {
    /// Name.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// Version, SemVer by convention.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub version: String,
    /// Description.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// Licence, an SPDX identifier by convention.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub license: String,
    /// Authors.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub authors: Vec<String>,
}

/// The model of the kit.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[allow(missing_docs, reason = "the fields are the Kitfile's own words")]
pub struct Model {
    #[serde(skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// Path inside the folder, or a reference to another kit.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub path: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub license: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub framework: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub format: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub version: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub description: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<ModelPart>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parameters: Option<Value>,
    #[serde(flatten)]
    pub layer: LayerInfo,
}

/// A further part of the model: adapter, tokenizer, config.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[allow(missing_docs, reason = "the fields are the Kitfile's own words")]
pub struct ModelPart {
    #[serde(skip_serializing_if = "String::is_empty")]
    pub name: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub path: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub license: String,
    #[serde(rename = "type", skip_serializing_if = "String::is_empty")]
    pub kind: String,
    #[serde(flatten)]
    pub layer: LayerInfo,
}

/// Code.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[allow(missing_docs, reason = "the fields are the Kitfile's own words")]
pub struct Code {
    #[serde(skip_serializing_if = "String::is_empty")]
    pub path: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub description: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub license: String,
    #[serde(flatten)]
    pub layer: LayerInfo,
}

/// A dataset.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs, reason = "the fields are the Kitfile's own words")]
pub struct Dataset {
    #[serde(skip_serializing_if = "String::is_empty")]
    pub name: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub path: String,
    /// `s3://bucket/key` of a dataset that stays where it is.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub remote_path: String,
    /// ETag of the remote dataset.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub remote_hash: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub description: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub license: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parameters: Option<Value>,
    #[serde(flatten)]
    pub layer: LayerInfo,
}

/// Documentation. The path is written even where it is empty, as `kit` does.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[allow(missing_docs, reason = "the fields are the Kitfile's own words")]
pub struct Docs {
    pub path: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub description: String,
    #[serde(flatten)]
    pub layer: LayerInfo,
}

/// A prompt.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[allow(missing_docs, reason = "the fields are the Kitfile's own words")]
pub struct Prompt {
    #[serde(skip_serializing_if = "String::is_empty")]
    pub name: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub path: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub description: String,
    #[serde(flatten)]
    pub layer: LayerInfo,
}

/// An MCP server, packaged as one `.mcpb` file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[allow(missing_docs, reason = "the fields are the Kitfile's own words")]
pub struct McpServer {
    #[serde(skip_serializing_if = "String::is_empty")]
    pub name: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub path: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub description: String,
    #[serde(flatten)]
    pub layer: LayerInfo,
}

/// Which layer an element became: in the config's JSON only, filled when packing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LayerInfo {
    /// Digest of the layer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub digest: Option<Digest>,
    /// Digest of the uncompressed layer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub diff_id: Option<Digest>,
}

/// Free data under `parameters`: the JSON subset of YAML. Maps are sorted, as Go writes them.
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs, reason = "the variants are JSON's own words")]
pub enum Value {
    Null,
    Bool(bool),
    Int(i64),
    /// A whole number above `i64::MAX`.
    Uint(u64),
    /// Always finite.
    Float(f64),
    String(String),
    List(Vec<Value>),
    Map(BTreeMap<String, Value>),
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_unit(),
            Self::Bool(value) => serializer.serialize_bool(*value),
            Self::Int(value) => serializer.serialize_i64(*value),
            Self::Uint(value) => serializer.serialize_u64(*value),
            Self::Float(value) => serializer.serialize_f64(*value),
            Self::String(value) => serializer.serialize_str(value),
            Self::List(values) => values.serialize(serializer),
            Self::Map(values) => values.serialize(serializer),
        }
    }
}

/// One element of a Kitfile that becomes one layer, in the manifest's order: model, parts, code,
/// datasets, docs, prompts, MCP servers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// What it is.
    pub role: LayerRole,
    /// Whether a code layer is a prompt.
    pub is_prompt: bool,
    /// Name in the Kitfile, empty where the element has none.
    pub name: String,
    /// Cleaned path inside the folder; `.` for the whole folder.
    pub path: String,
    /// The path as the Kitfile writes it, which is what `--filter` compares.
    pub written_path: String,
    /// The layer it became, where it is known.
    pub layer: LayerInfo,
}

impl Part {
    /// Whether a layer of this media type and subtype can hold this part.
    pub fn fits(&self, layer: LayerType, is_prompt: bool) -> bool {
        self.role == layer.role && self.is_prompt == is_prompt
    }
}
