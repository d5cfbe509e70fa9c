//! Cycles: a thing that comes from itself, over however many steps. No true lineage has one.

use std::collections::BTreeMap;

use super::graph::{LineageGraph, Standing};

/// Most cycles that are named one by one.
const MAX_CYCLES: usize = 16;

/// Finds cycles, names them, and fails their edges. Without recursion: depth is a stranger's choice.
pub(super) fn mark(graph: &mut LineageGraph) {
    let mut next: Vec<Vec<(usize, usize)>> = vec![Vec::new(); graph.nodes.len()];
    // That a kit holds what it was trained on is no cycle.
    for (at, edge) in graph.edges.iter().enumerate().filter(|(_, edge)| !edge.is_layer) {
        let (child, parent) = edge.descent();
        if let Some(list) = next.get_mut(child) {
            list.push((parent, at));
        }
    }
    // For each node on the way: the edges that are still to be followed.
    let mut done = vec![false; graph.nodes.len()];
    let mut cycles: Vec<(Vec<usize>, Vec<usize>)> = Vec::new();
    for start in 0..graph.nodes.len() {
        if done.get(start).copied().unwrap_or(true) {
            continue;
        }
        let mut path: Vec<(usize, usize)> = vec![(start, usize::MAX)];
        let mut on_path = BTreeMap::from([(start, 0)]);
        let mut followed: BTreeMap<usize, usize> = BTreeMap::new();
        while let Some(&(node, _)) = path.last() {
            let at = followed.entry(node).or_default();
            let step = next.get(node).and_then(|list| list.get(*at)).copied();
            *at += 1;
            let Some((parent, edge)) = step else {
                path.pop();
                on_path.remove(&node);
                if let Some(done) = done.get_mut(node) {
                    *done = true;
                }
                continue;
            };
            if let Some(&begin) = on_path.get(&parent) {
                let ring = path.get(begin..).unwrap_or_default();
                let nodes = ring.iter().map(|(node, _)| *node).collect();
                let edges = ring.iter().skip(1).map(|(_, edge)| *edge).chain([edge]).collect();
                cycles.push((nodes, edges));
                if cycles.len() >= MAX_CYCLES {
                    return record(graph, cycles);
                }
            } else if !done.get(parent).copied().unwrap_or(true) {
                on_path.insert(parent, path.len());
                path.push((parent, edge));
            }
        }
    }
    record(graph, cycles);
}

fn record(graph: &mut LineageGraph, cycles: Vec<(Vec<usize>, Vec<usize>)>) {
    for (nodes, edges) in cycles {
        for edge in edges {
            if let Some(edge) = graph.edges.get_mut(edge) {
                let reason = format!("it closes a cycle of {} things", nodes.len());
                edge.worsen(Standing::Failed, "lineage-cycle", reason);
            }
        }
        graph.cycles.push(nodes);
    }
}
