//! A lineage as a document: `schemaVersion` 1.

use schemars::JsonSchema;
use serde::Serialize;

use super::graph::{GraphEdge, GraphNode, LineageGraph, Link, Proof, Standing};
use crate::{EdgeKind, NodeKind};

/// A lineage for programs. Names are as strangers wrote them: whoever shows them makes them harmless.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct LineageReport {
    /// Always 1.
    pub schema_version: u32,
    /// Id of the node that was asked about.
    pub root: String,
    /// How far the whole is proven: as far as the worst of it.
    pub standing: Standing,
    /// The worst of it that is nearest to the root; none where all is verified.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub weakest: Option<WeakestLink>,
    /// Things, the nearer first.
    pub nodes: Vec<ReportNode>,
    /// Ties between them.
    pub edges: Vec<ReportEdge>,
    /// Cycles, each as the ids of its nodes in order.
    pub cycles: Vec<Vec<String>>,
    /// How many things were left out because of a limit.
    pub left_out: usize,
}

/// The worst of a lineage.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct WeakestLink {
    /// Id of the node, or of the descendant of the edge.
    pub node: String,
    /// Id of the ancestor; none where it is the node itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ancestor: Option<String>,
    /// Type of the edge.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<EdgeKind>,
    /// How far it is proven.
    pub standing: Standing,
    /// Why it is no better.
    pub reason: String,
}

/// A thing.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReportNode {
    /// What edges call it: its digest where it has one.
    pub id: String,
    /// What it is.
    pub kind: NodeKind,
    /// What people call it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Its version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// Its SHA-256 digest.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
    /// How many edges lie between it and the root.
    pub depth: usize,
    /// How far it is proven.
    pub standing: Standing,
    /// Stable name of the first cause why it is no better.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// Why it is no better.
    pub reasons: Vec<String>,
    /// What proves it.
    pub proofs: Vec<ReportProof>,
}

/// A tie.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReportEdge {
    /// Id of the node that came to be.
    pub from: String,
    /// Id of the node that it came from.
    pub to: String,
    /// How.
    #[serde(rename = "type")]
    pub kind: EdgeKind,
    /// How far it is proven.
    pub standing: Standing,
    /// Stable name of the first cause why it is no better.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// Why it is no better.
    pub reasons: Vec<String>,
    /// What proves it.
    pub proofs: Vec<ReportProof>,
    /// Where it is declared: file and place.
    pub declared_in: Vec<String>,
}

/// What proves a node or an edge.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReportProof {
    /// Digest of the statement.
    pub statement: String,
    /// Digest of the bundle that carries it.
    pub bundle: String,
    /// Who signed.
    pub signer: String,
}

impl LineageReport {
    /// Its JSON Schema (draft 2020-12), with a line feed at its end.
    pub fn schema() -> String {
        let settings = schemars::generate::SchemaSettings::draft2020_12().for_serialize();
        let mut schema = settings.into_generator().into_root_schema_for::<Self>();
        let id = "https://sealkit.dev/schemas/lineage-report.schema.json";
        schema.insert("$id".to_owned(), id.into());
        let mut text = serde_json::to_string_pretty(&schema).unwrap_or_default();
        text.push('\n');
        text
    }
}

impl LineageGraph {
    /// The graph as a document.
    pub fn report(&self) -> LineageReport {
        let id = |at: usize| self.nodes.get(at).map(|node| node.key.clone()).unwrap_or_default();
        LineageReport {
            schema_version: 1,
            root: id(0),
            standing: self.standing(),
            weakest: self.weakest_link(),
            nodes: self.nodes.iter().map(node).collect(),
            edges: self.edges.iter().map(|edge| self::edge(edge, &id)).collect(),
            cycles: self.cycles.iter().map(|c| c.iter().map(|at| id(*at)).collect()).collect(),
            left_out: self.left_out,
        }
    }

    /// The worst of it that is nearest to the root; none where all is verified.
    pub fn weakest_link(&self) -> Option<WeakestLink> {
        let node = |at: usize| self.nodes.get(at);
        let link = match self.weakest() {
            Some(Link::Node(at)) => {
                let node = node(at)?;
                WeakestLink {
                    node: node.key.clone(),
                    ancestor: None,
                    kind: None,
                    standing: node.standing,
                    reason: node.reasons.join("; "),
                }
            }
            Some(Link::Edge(at)) => {
                let edge = self.edges.get(at)?;
                let (child, parent) = edge.descent();
                WeakestLink {
                    node: node(child)?.key.clone(),
                    ancestor: Some(node(parent)?.key.clone()),
                    kind: Some(edge.kind),
                    standing: edge.standing,
                    reason: edge.reasons.join("; "),
                }
            }
            None if self.left_out > 0 => WeakestLink {
                node: node(0)?.key.clone(),
                ancestor: None,
                kind: None,
                standing: Standing::Missing,
                reason: format!("{} things were left out: the limit was reached", self.left_out),
            },
            None => return None,
        };
        Some(link)
    }
}

fn node(node: &GraphNode) -> ReportNode {
    ReportNode {
        id: node.key.clone(),
        kind: node.kind,
        name: node.name.clone(),
        version: node.version.clone(),
        digest: node.digest.as_ref().map(ToString::to_string),
        depth: node.depth,
        standing: node.standing,
        code: node.code.map(str::to_owned),
        reasons: node.reasons.clone(),
        proofs: proofs(&node.proofs),
    }
}

fn edge(edge: &GraphEdge, id: &impl Fn(usize) -> String) -> ReportEdge {
    ReportEdge {
        from: id(edge.from),
        to: id(edge.to),
        kind: edge.kind,
        standing: edge.standing,
        code: edge.code.map(str::to_owned),
        reasons: edge.reasons.clone(),
        proofs: proofs(&edge.proofs),
        declared_in: edge.declared.clone(),
    }
}

fn proofs(proofs: &[Proof]) -> Vec<ReportProof> {
    let proof = |proof: &Proof| ReportProof {
        statement: proof.statement.to_string(),
        bundle: proof.bundle.to_string(),
        signer: proof.signer.name().to_owned(),
    };
    proofs.iter().map(proof).collect()
}
