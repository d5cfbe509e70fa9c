//! The text tree.

use super::{because, harmless, reasoned, short, title};
use crate::lineage::graph::{GraphEdge, GraphNode, LineageGraph, Standing};

/// Deepest indentation that is drawn, in levels: below, lines only say so.
const MAX_INDENT: usize = 40;

impl LineageGraph {
    /// The graph as a tree of text: each node once, then `see above`. Ends without a line feed.
    pub fn tree(&self) -> String {
        let mut lines = Vec::new();
        let mut seen = vec![false; self.nodes.len()];
        // Without recursion: how deep it goes is a stranger's choice.
        let mut stack = vec![(0usize, None, Vec::new(), true)];
        while let Some((at, edge, bars, last)) = stack.pop() {
            let Some(node) = self.nodes.get(at) else { continue };
            let again = seen.get(at).copied().unwrap_or_default();
            lines.push(line(node, edge, &bars, last, again));
            if again {
                continue;
            }
            if let Some(seen) = seen.get_mut(at) {
                *seen = true;
            }
            let mut below: Vec<bool> = bars;
            if edge.is_some() {
                below.push(!last);
            }
            let next: Vec<(&GraphEdge, usize)> = self.next_of(at).collect();
            for (number, (edge, to)) in next.iter().enumerate().rev() {
                stack.push((*to, Some(*edge), below.clone(), number + 1 == next.len()));
            }
        }
        lines.extend(self.closing());
        lines.join("\n")
    }

    /// The edges that lead away from the root, with the nodes at their far ends.
    fn next_of(&self, at: usize) -> impl Iterator<Item = (&GraphEdge, usize)> {
        self.edges.iter().filter_map(move |edge| {
            let (child, parent) = edge.descent();
            let (near, far) = if self.is_down { (parent, child) } else { (child, parent) };
            (near == at).then_some((edge, far))
        })
    }

    fn closing(&self) -> Vec<String> {
        let mut lines = Vec::new();
        for cycle in &self.cycles {
            let names = cycle.iter().chain(cycle.first()).filter_map(|at| self.nodes.get(*at));
            let names: Vec<String> = names.map(name).collect();
            lines.push(format!("cycle: {}", names.join(" → ")));
        }
        if self.left_out > 0 {
            lines.push(format!("left out: {} more, the limit was reached", self.left_out));
        }
        if let Some(weakest) = self.weakest_link() {
            let named = |key: &str| {
                let node = self.nodes.iter().find(|node| node.key == key);
                node.map_or_else(|| harmless(key), name)
            };
            let what = match (&weakest.ancestor, weakest.kind) {
                (Some(ancestor), Some(kind)) => {
                    format!("{} {} {}", named(&weakest.node), kind.name(), named(ancestor))
                }
                _ => named(&weakest.node),
            };
            let standing = weakest.standing.name();
            lines.push(format!("weakest link: {what}: {standing}: {}", reasoned(&weakest.reason)));
        }
        lines
    }
}

fn name(node: &GraphNode) -> String {
    match short(node) {
        Some(digest) => format!("{} {digest}", title(node)),
        None => title(node),
    }
}

fn line(
    node: &GraphNode,
    edge: Option<&GraphEdge>,
    bars: &[bool],
    last: bool,
    again: bool,
) -> String {
    let mut text = String::new();
    let Some(edge) = edge else {
        return format!("{} {}{}", node.standing.mark(), name(node), behind(node, None, again));
    };
    for bar in bars.iter().take(MAX_INDENT) {
        text.push_str(if *bar { "│  " } else { "   " });
    }
    if bars.len() > MAX_INDENT {
        text.push_str("… ");
    }
    text.push_str(if last { "└─ " } else { "├─ " });
    let mark = node.standing.max(edge.standing).mark();
    let behind = behind(node, Some(edge), again);
    format!("{text}{mark} {} {}{behind}", edge.kind.name(), name(node))
}

/// What stands behind a name: how far it is proven, by whom, and why it is no better.
fn behind(node: &GraphNode, edge: Option<&GraphEdge>, again: bool) -> String {
    let mut text = format!(": {}", node.standing.name());
    let why = because(node);
    if again {
        text.push_str(" (see above)");
    } else if !why.is_empty() {
        text = format!("{text} ({why})");
    }
    let Some(edge) = edge else { return text };
    if edge.standing > Standing::Verified {
        let reasons: Vec<String> = edge.reasons.iter().map(|reason| reasoned(reason)).collect();
        text = format!("{text}; tie {}: {}", edge.standing.name(), reasons.join("; "));
        let declared: Vec<String> =
            edge.declared.iter().take(3).map(|text| harmless(text)).collect();
        if !declared.is_empty() {
            text = format!("{text} (in {})", declared.join(", "));
        }
    }
    text
}
