//! A lineage for people: text, Mermaid, SVG. Names are strangers' text and are made harmless here.

mod mermaid;
mod svg;
mod tree;

use sealkit_report::is_deceptive;

use super::graph::GraphNode;

/// Longest name that is shown, in characters.
const MAX_NAME: usize = 80;
/// Digits of a digest that are shown.
const DIGITS: usize = 12;

/// A text without characters that drive a terminal or reorder what stands around them, and cut.
fn harmless(text: &str) -> String {
    let cut = text.char_indices().nth(MAX_NAME).and_then(|(at, _)| text.get(..at));
    match cut {
        Some(start) => reasoned(start) + "…",
        None => reasoned(text),
    }
}

/// What a node is called: its name, with its version where the name does not end with it.
fn title(node: &GraphNode) -> String {
    let name = node.name.as_deref().unwrap_or_default();
    let version = node.version.as_deref().filter(|version| !name.ends_with(version));
    let parts = [node.kind.name(), name, version.unwrap_or_default()];
    let parts: Vec<String> =
        parts.iter().filter(|part| !part.is_empty()).map(|part| harmless(part)).collect();
    parts.join(" ")
}

/// The first digits of what identifies a node; none where only its name does.
fn short(node: &GraphNode) -> Option<String> {
    if let Some(digest) = &node.digest {
        return Some(format!("sha256:{}", digest.short()));
    }
    let rest = node.key.strip_prefix("digest:")?;
    let (algorithm, value) = rest.split_once(':')?;
    let value: String = value.chars().take(DIGITS).collect();
    Some(format!("{}:{}", harmless(algorithm), harmless(&value)))
}

/// Whose statement proves a node, and why it is no better.
fn because(node: &GraphNode) -> String {
    let mut signers: Vec<String> =
        node.proofs.iter().map(|proof| harmless(proof.signer.name())).collect();
    signers.sort();
    signers.dedup();
    let mut parts = Vec::new();
    if !signers.is_empty() {
        parts.push(format!("by {}", signers.join(", ")));
    }
    parts.extend(node.reasons.iter().map(|reason| reasoned(reason)));
    parts.join("; ")
}

/// A reason: our own words, in which foreign ones are quoted already; not cut.
fn reasoned(text: &str) -> String {
    text.chars()
        .map(|c| if is_deceptive(c) { c.escape_unicode().to_string() } else { c.to_string() })
        .collect()
}
