//! What a model descends from, as a graph.

use std::collections::HashSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Predicate;
use super::values::DigestSet;

/// Most nodes of one statement.
pub const MAX_LINEAGE_NODES: usize = 10_000;
/// Most edges of one statement.
pub const MAX_LINEAGE_EDGES: usize = 50_000;

/// What the subject descends from: things, and typed edges between them, each of which names the
/// statement that proves it. The subject is the node that has its digest.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Lineage {
    /// Things.
    pub nodes: Vec<LineageNode>,
    /// Ties between them.
    pub edges: Vec<LineageEdge>,
}

/// A thing in a lineage.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct LineageNode {
    /// Name inside this statement.
    pub id: String,
    /// Its digests; none where only a name is known, which can never be verified.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<DigestSet>,
    /// What it is.
    pub kind: NodeKind,
    /// Its media type.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub media_type: Option<String>,
    /// Where it can be had or what people call it: a reference, a URI, `owner/name`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Its version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
}

/// A tie between two things.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct LineageEdge {
    /// Id of the node that came to be.
    pub from: String,
    /// Id of the node that it came from; of the kit in `packaged-in`.
    pub to: String,
    /// How.
    #[serde(rename = "type")]
    pub kind: EdgeKind,
    /// Digests of the statement (its payload) that proves the edge; none where it is only said here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evidence: Option<DigestSet>,
}

/// What a thing in a lineage is.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum NodeKind {
    /// A kit.
    Kit,
    /// Weights.
    Model,
    /// An adapter.
    Adapter,
    /// Data.
    Dataset,
    /// A tokenizer.
    Tokenizer,
    /// Source code.
    Code,
    /// Anything else: a kind that this version does not know, too.
    #[serde(other)]
    Other,
}

impl NodeKind {
    /// How it is written.
    pub fn name(self) -> &'static str {
        match self {
            Self::Kit => "kit",
            Self::Model => "model",
            Self::Adapter => "adapter",
            Self::Dataset => "dataset",
            Self::Tokenizer => "tokenizer",
            Self::Code => "code",
            Self::Other => "other",
        }
    }
}

/// How one thing came from another.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum EdgeKind {
    /// The model was trained on the data.
    TrainedOn,
    /// The model was evaluated on the data.
    EvaluatedOn,
    /// The model was trained further from the base.
    FineTunedFrom,
    /// The model is the base with fewer bits.
    QuantizedFrom,
    /// The model was merged from the other, among several.
    MergedFrom,
    /// The model learnt from the teacher.
    DistilledFrom,
    /// The thing is the other in another format.
    ConvertedFrom,
    /// The adapter belongs to the base.
    AdapterOf,
    /// The tokenizer belongs to the model.
    TokenizerOf,
    /// The thing was made by the code.
    ProducedByCode,
    /// The thing is part of the kit.
    PackagedIn,
}

impl EdgeKind {
    /// Every kind.
    pub const ALL: [Self; 11] = [
        Self::TrainedOn,
        Self::EvaluatedOn,
        Self::FineTunedFrom,
        Self::QuantizedFrom,
        Self::MergedFrom,
        Self::DistilledFrom,
        Self::ConvertedFrom,
        Self::AdapterOf,
        Self::TokenizerOf,
        Self::ProducedByCode,
        Self::PackagedIn,
    ];

    /// How it is written.
    pub fn name(self) -> &'static str {
        match self {
            Self::TrainedOn => "trained-on",
            Self::EvaluatedOn => "evaluated-on",
            Self::FineTunedFrom => "fine-tuned-from",
            Self::QuantizedFrom => "quantized-from",
            Self::MergedFrom => "merged-from",
            Self::DistilledFrom => "distilled-from",
            Self::ConvertedFrom => "converted-from",
            Self::AdapterOf => "adapter-of",
            Self::TokenizerOf => "tokenizer-of",
            Self::ProducedByCode => "produced-by-code",
            Self::PackagedIn => "packaged-in",
        }
    }
}

impl Predicate for Lineage {
    const TYPE: &'static str = "https://sealkit.dev/attestations/lineage/v1";

    fn fault(&self) -> Option<String> {
        if self.nodes.len() > MAX_LINEAGE_NODES || self.edges.len() > MAX_LINEAGE_EDGES {
            return Some(format!(
                "a lineage has at most {MAX_LINEAGE_NODES} nodes and {MAX_LINEAGE_EDGES} edges"
            ));
        }
        let mut ids = HashSet::new();
        if self.nodes.iter().any(|node| node.id.is_empty() || !ids.insert(node.id.as_str())) {
            return Some("the ids of nodes are not empty, and each is there once".to_owned());
        }
        let loose = |edge: &&LineageEdge| {
            edge.from == edge.to
                || !ids.contains(edge.from.as_str())
                || !ids.contains(edge.to.as_str())
        };
        let edge = self.edges.iter().find(loose)?;
        let kind = edge.kind.name();
        Some(format!("an edge `{kind}` does not tie two nodes of this lineage"))
    }
}
