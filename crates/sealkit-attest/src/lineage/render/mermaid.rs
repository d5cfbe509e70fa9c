//! Mermaid: a flow chart that documentation pages draw.

use std::fmt::Write as _;

use super::{short, title};
use crate::lineage::graph::{LineageGraph, Standing};

impl LineageGraph {
    /// The graph as a Mermaid flow chart, with a line feed at its end. Every character of a name that
    /// could mean anything to Mermaid, Markdown or HTML is written as a numeric entity.
    pub fn mermaid(&self) -> String {
        let mut text = String::from("flowchart LR\n");
        for (at, node) in self.nodes.iter().enumerate() {
            let mut label = entities(&format!("{} {}", node.standing.mark(), title(node)));
            if let Some(digest) = short(node) {
                label = format!("{label}<br/>{}", entities(&digest));
            }
            let class = class(node.standing);
            let _ = writeln!(text, "  n{at}[\"{label}\"]:::{class}");
        }
        for edge in &self.edges {
            let arrow = if edge.standing == Standing::Verified { "-->" } else { "-.->" };
            let kind = edge.kind.name();
            let mark = edge.standing.mark();
            let _ = writeln!(text, "  n{} {arrow}|\"{mark} {kind}\"| n{}", edge.from, edge.to);
        }
        if self.left_out > 0 {
            let _ = writeln!(text, "  %% {} more were left out: limit", self.left_out);
        }
        text.push_str(CLASSES);
        text
    }
}

const CLASSES: &str = "  classDef verified fill:#e6f4ea,stroke:#137333,color:#0b3d20
  classDef declared fill:#fef7e0,stroke:#b06000,color:#5c3300
  classDef missing fill:#f1f3f4,stroke:#5f6368,color:#202124,stroke-dasharray:4 3
  classDef failed fill:#fce8e6,stroke:#b3261e,color:#601410
";

fn class(standing: Standing) -> &'static str {
    match standing {
        Standing::Verified => "verified",
        Standing::Declared => "declared",
        Standing::Missing => "missing",
        Standing::Failed => "failed",
    }
}

/// Letters, digits and a few signs as they are; the rest as `#NN;`.
fn entities(text: &str) -> String {
    let mut safe = String::new();
    for c in text.chars() {
        if c.is_alphanumeric() || matches!(c, ' ' | '.' | '-' | '/' | ':' | '✓' | '✗' | '–' | '…')
        {
            safe.push(c);
        } else {
            let _ = write!(safe, "#{};", u32::from(c));
        }
    }
    safe
}
