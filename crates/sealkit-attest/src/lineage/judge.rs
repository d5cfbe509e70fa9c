//! The standing of every node and edge, once all is known.

use sealkit_report::Code;

use super::cycles;
use super::graph::{LineageGraph, Proof, Standing};
use super::walk::{LineageWalk, needs_own_proof};

/// Stable name of the cause that nobody signed for it.
const DECLARED: &str = "declared-only";

/// Judges all of it, and keeps what goes up from the root, or down.
pub(super) fn finish(mut walk: LineageWalk, down: bool) -> LineageGraph {
    if down {
        walk.tie_parts();
    }
    for at in 0..walk.graph.edges.len() {
        judge_edge(&mut walk, at);
    }
    let LineageWalk { mut graph, datasets, .. } = walk;
    datasets.judge(&mut graph);
    let mut graph = graph.restrict(0, !down);
    cycles::mark(&mut graph);
    judge_nodes(&mut graph);
    graph
}

const OTHER_SUBJECT: (Standing, Code, &str) =
    (Standing::Failed, "evidence-mismatch", "is about another subject");
const SAYS_OTHERWISE: (Standing, Code, &str) =
    (Standing::Failed, "evidence-mismatch", "does not say so");
const NOT_AT_HAND: (Standing, Code, &str) =
    (Standing::Missing, "evidence-missing", "is not at hand, or not verified");

fn judge_edge(walk: &mut LineageWalk, at: usize) {
    let LineageWalk { graph, statements, .. } = walk;
    let Some(edge) = graph.edges.get_mut(at) else { return };
    Proof::arrange(&mut edge.proofs);
    if edge.proofs.is_empty() && edge.evidence.is_empty() {
        let reason = "no verified statement says so".to_owned();
        edge.worsen(Standing::Declared, DECLARED, reason);
    }
    for evidence in std::mem::take(&mut edge.evidence) {
        let (child, _) = edge.descent();
        match evidence {
            Some(digest) if edge.proofs.iter().any(|proof| proof.statement == digest) => {}
            Some(digest) => {
                let (standing, code, what) = match statements.get(&digest) {
                    Some(about) if *about != child => OTHER_SUBJECT,
                    Some(_) => SAYS_OTHERWISE,
                    None => NOT_AT_HAND,
                };
                edge.worsen(standing, code, format!("its evidence {digest} {what}"));
            }
            None => {
                let reason = "its evidence has no sha256 digest".to_owned();
                edge.worsen(Standing::Missing, "evidence-missing", reason);
            }
        }
    }
}

/// A thing with a lineage of its own stands as its own statements do; any other stands as the best
/// edge that names it by digest.
fn judge_nodes(graph: &mut LineageGraph) {
    let mut naming: Vec<Vec<Proof>> = vec![Vec::new(); graph.nodes.len()];
    for edge in graph.edges.iter().filter(|edge| edge.standing == Standing::Verified) {
        if let Some(proofs) = naming.get_mut(edge.descent().1) {
            proofs.extend(edge.proofs.iter().cloned());
        }
    }
    for (node, naming) in graph.nodes.iter_mut().zip(naming) {
        node.standing = match node.own {
            Some(own) => own,
            None if !node.by_digest => {
                node.worsen(Standing::Declared, DECLARED, "only its name is known".to_owned());
                Standing::Declared
            }
            None if needs_own_proof(node.kind) => {
                let reason = "no statement about it is at hand".to_owned();
                node.worsen(Standing::Missing, "unresolved", reason);
                Standing::Missing
            }
            None if naming.is_empty() => {
                let reason = "no verified statement names it".to_owned();
                node.worsen(Standing::Declared, DECLARED, reason);
                Standing::Declared
            }
            None => {
                node.proofs.extend(naming);
                Standing::Verified
            }
        };
        Proof::arrange(&mut node.proofs);
    }
}
