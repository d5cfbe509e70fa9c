//! What the kit descends from, walked and verified, as a policy sees it.

use std::collections::BTreeMap;

use sealkit_attest::{GraphNode, LineageGraph, NodeKind, Proof, Standing};
use sealkit_policy::{Ancestor, AncestorSigner, AncestorState, LineageFacts, PartKind};

use crate::bom::gather::Gathered;
use crate::lineage::{LineageRequest, with_files};
use crate::{Context, OpsError, Place};

use super::CheckRequest;

/// Most steps up that are walked.
const MAX_DEPTH: usize = 32;

/// Walks up from the kit at `at`.
pub(super) async fn facts(
    context: &Context,
    at: &Place,
    request: &CheckRequest,
    files: &Gathered,
) -> Result<LineageFacts, OpsError> {
    let trusted = request.verify.trusted.clone();
    let wanted = LineageRequest { place: at.clone(), trusted, down: false, depth: MAX_DEPTH };
    let walked = with_files(context, &wanted, Some(files)).await?;
    let mut facts = of_graph(&walked.graph);
    facts.complete &= walked.warnings.is_empty();
    Ok(facts)
}

/// Every node but the kit itself: as well proven as it and the ties that lead to it are.
fn of_graph(graph: &LineageGraph) -> LineageFacts {
    let mut ties: BTreeMap<usize, (Standing, Option<&Proof>)> = BTreeMap::new();
    for edge in &graph.edges {
        let (_, above) = edge.descent();
        let tie = ties.entry(above).or_insert((Standing::Verified, None));
        tie.0 = tie.0.max(edge.standing);
        tie.1 = tie.1.or(edge.proofs.first());
    }
    let all = graph.nodes.iter().enumerate().filter(|(_, node)| node.depth > 0);
    let ancestors = all.map(|(at, node)| {
        let (standing, proof) = ties.get(&at).copied().unwrap_or((Standing::Missing, None));
        Ancestor {
            name: node.name.clone().unwrap_or_else(|| node.key.clone()),
            digest: node.digest.clone(),
            kind: kind(node.kind),
            depth: u32::try_from(node.depth).unwrap_or(u32::MAX),
            state: state(standing.max(node.standing)),
            reason: node.reasons.first().filter(|_| node.standing == Standing::Failed).cloned(),
            signers: signers(node),
            evidence: proof.map(|proof| proof.bundle.clone()),
        }
    });
    LineageFacts {
        ancestors: ancestors.collect(),
        complete: graph.left_out == 0 && graph.cycles.is_empty(),
    }
}

fn kind(kind: NodeKind) -> PartKind {
    match kind {
        NodeKind::Kit | NodeKind::Model | NodeKind::Adapter => PartKind::BaseModel,
        NodeKind::Dataset => PartKind::Dataset,
        NodeKind::Code => PartKind::Code,
        _ => PartKind::Other,
    }
}

fn state(standing: Standing) -> AncestorState {
    match standing {
        Standing::Verified => AncestorState::Verified,
        Standing::Declared => AncestorState::Declared,
        Standing::Missing => AncestorState::Missing,
        Standing::Failed => AncestorState::Failed,
    }
}

/// Who signed the node's own statements.
fn signers(node: &GraphNode) -> Vec<AncestorSigner> {
    let mut all: Vec<AncestorSigner> = Vec::new();
    for proof in &node.proofs {
        let signer = AncestorSigner::of(&proof.signer);
        if !all.contains(&signer) {
            all.push(signer);
        }
    }
    all
}
