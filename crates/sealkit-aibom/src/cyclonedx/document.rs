//! The part of CycloneDX 1.6 that SealKit writes and reads. Fields stand in the schema's order;
//! unknown ones of foreign documents are passed over.

use serde::{Deserialize, Serialize};

pub(super) const SCHEMA: &str = "http://cyclonedx.org/schema/bom-1.6.schema.json";

#[derive(Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Document {
    #[serde(rename = "$schema", skip_serializing_if = "Option::is_none")]
    pub(super) schema: Option<String>,
    pub(super) bom_format: String,
    pub(super) spec_version: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) serial_number: Option<String>,
    pub(super) version: u64,
    pub(super) metadata: Metadata,
    pub(super) components: Vec<Entry>,
    /// Services of foreign documents: what they tie must be found. SealKit writes none.
    #[serde(skip_serializing)]
    pub(super) services: Vec<Entry>,
    pub(super) dependencies: Vec<Dependency>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) compositions: Vec<Aggregate>,
}

#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Metadata {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) timestamp: Option<String>,
    // The list form that 1.4 had says nothing that is kept, so tools are never read.
    #[serde(skip_serializing_if = "Option::is_none", skip_deserializing)]
    pub(super) tools: Option<Tools>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) component: Option<Entry>,
}

#[derive(Default, Serialize)]
pub(super) struct Tools {
    pub(super) components: Vec<Entry>,
}

#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Entry {
    #[serde(rename = "type")]
    pub(super) kind: String,
    #[serde(rename = "mime-type", skip_serializing_if = "Option::is_none")]
    pub(super) mime_type: Option<String>,
    #[serde(rename = "bom-ref", skip_serializing_if = "Option::is_none")]
    pub(super) bom_ref: Option<String>,
    pub(super) name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) version: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) description: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) hashes: Vec<Hash>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) licenses: Vec<LicenseChoice>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) purl: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", skip_deserializing)]
    pub(super) pedigree: Option<Pedigree>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) components: Vec<Entry>,
    /// Services inside a service of a foreign document.
    #[serde(skip_serializing)]
    pub(super) services: Vec<Entry>,
    #[serde(rename = "modelCard", skip_serializing_if = "Option::is_none", skip_deserializing)]
    pub(super) model_card: Option<ModelCard>,
    #[serde(skip_serializing_if = "Vec::is_empty", skip_deserializing)]
    pub(super) data: Vec<Data>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) properties: Vec<Named>,
}

#[derive(Serialize, Deserialize)]
pub(super) struct Hash {
    pub(super) alg: String,
    pub(super) content: String,
}

#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct LicenseChoice {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) license: Option<License>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) expression: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) acknowledgement: Option<String>,
}

#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct License {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) acknowledgement: Option<String>,
}

#[derive(Default, Serialize)]
pub(super) struct Pedigree {
    pub(super) ancestors: Vec<Entry>,
}

#[derive(Default, Serialize)]
pub(super) struct ModelCard {
    #[serde(rename = "modelParameters")]
    pub(super) parameters: ModelParameters,
}

#[derive(Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ModelParameters {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) task: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) architecture_family: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) model_architecture: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) datasets: Vec<Link>,
}

#[derive(Serialize)]
pub(super) struct Link {
    #[serde(rename = "ref")]
    pub(super) reference: String,
}

#[derive(Serialize)]
pub(super) struct Data {
    #[serde(rename = "type")]
    pub(super) kind: &'static str,
    pub(super) name: String,
}

#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Named {
    pub(super) name: String,
    pub(super) value: String,
}

#[derive(Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Dependency {
    #[serde(rename = "ref")]
    pub(super) reference: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) depends_on: Vec<String>,
}

#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Aggregate {
    #[serde(rename = "aggregate")]
    pub(super) completeness: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) assemblies: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) dependencies: Vec<String>,
}
