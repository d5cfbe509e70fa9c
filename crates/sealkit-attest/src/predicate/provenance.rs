//! SLSA provenance v1, with the build types of models (slsa.dev/spec/v1.2/provenance).

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::resource::{ResourceDescriptor, fault_in};
use super::values::{Timestamp, Uri};
use super::{Predicate, order_fault};

/// How the subject came to be (SLSA provenance v1).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Provenance {
    /// What was run, on what.
    pub build_definition: BuildDefinition,
    /// Who ran it, and when.
    pub run_details: RunDetails,
}

/// What was run, on what.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct BuildDefinition {
    /// What kind of build, see [`BuildType`]; it says how the parameters are to be read.
    pub build_type: Uri,
    /// What whoever asked for the build chose: command, hyper-parameters, seed, task.
    pub external_parameters: Map<String, Value>,
    /// What the builder chose: hardware, framework versions, parallelism.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub internal_parameters: Map<String, Value>,
    /// What went in, each with a [`super::resource::Role`] in its annotation `role`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub resolved_dependencies: Vec<ResourceDescriptor>,
}

/// Who ran a build, and when.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RunDetails {
    /// Who answers for the build.
    pub builder: Builder,
    /// When it ran.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metadata: Option<BuildMetadata>,
    /// What came out beside the subject: logs, metrics, checkpoints.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub byproducts: Vec<ResourceDescriptor>,
}

/// Who answers for a build.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Builder {
    /// Identity of the builder and of how it is trusted.
    pub id: Uri,
    /// What the builder itself is made of.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub builder_dependencies: Vec<ResourceDescriptor>,
    /// Versions of its parts.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub version: BTreeMap<String, String>,
}

/// When a build ran.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct BuildMetadata {
    /// Which run it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invocation_id: Option<String>,
    /// When it began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started_on: Option<Timestamp>,
    /// When it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finished_on: Option<Timestamp>,
}

impl Provenance {
    /// The build type, where it is one of ours.
    pub fn build_type(&self) -> Option<BuildType> {
        BuildType::read(self.build_definition.build_type.as_str())
    }
}

impl Predicate for Provenance {
    const TYPE: &'static str = "https://slsa.dev/provenance/v1";

    fn fault(&self) -> Option<String> {
        let resources = [
            &self.build_definition.resolved_dependencies,
            &self.run_details.byproducts,
            &self.run_details.builder.builder_dependencies,
        ];
        let times = self.run_details.metadata.as_ref();
        fault_in(resources.into_iter().flatten()).or_else(|| {
            let (from, to) = times.map(|at| (&at.started_on, &at.finished_on))?;
            order_fault(from.as_ref()?, to.as_ref()?)
        })
    }
}

/// The kinds of builds of a model's life that SealKit documents, each under
/// `https://sealkit.dev/buildtypes/NAME/v1`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum BuildType {
    /// A model is trained from nothing.
    Train,
    /// A base model is trained further.
    Finetune,
    /// A model is quantised.
    Quantize,
    /// Models are merged.
    Merge,
    /// A model learns from a teacher.
    Distill,
    /// A model is written in another format.
    Convert,
    /// Data is made from data.
    DataPrep,
    /// Files are packed into a kit.
    Pack,
}

impl BuildType {
    /// Every build type.
    pub const ALL: [Self; 8] = [
        Self::Train,
        Self::Finetune,
        Self::Quantize,
        Self::Merge,
        Self::Distill,
        Self::Convert,
        Self::DataPrep,
        Self::Pack,
    ];

    /// The short name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Train => "train",
            Self::Finetune => "finetune",
            Self::Quantize => "quantize",
            Self::Merge => "merge",
            Self::Distill => "distill",
            Self::Convert => "convert",
            Self::DataPrep => "data-prep",
            Self::Pack => "pack",
        }
    }

    /// The URI.
    pub fn uri(self) -> &'static str {
        match self {
            Self::Train => "https://sealkit.dev/buildtypes/train/v1",
            Self::Finetune => "https://sealkit.dev/buildtypes/finetune/v1",
            Self::Quantize => "https://sealkit.dev/buildtypes/quantize/v1",
            Self::Merge => "https://sealkit.dev/buildtypes/merge/v1",
            Self::Distill => "https://sealkit.dev/buildtypes/distill/v1",
            Self::Convert => "https://sealkit.dev/buildtypes/convert/v1",
            Self::DataPrep => "https://sealkit.dev/buildtypes/data-prep/v1",
            Self::Pack => "https://sealkit.dev/buildtypes/pack/v1",
        }
    }

    /// The build type of a URI or short name.
    pub fn read(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.uri() == text || kind.name() == text)
    }
}
