//! YAML text → a tree of nodes, each with its place, under limits.

mod breaks;
mod indent;
mod load;
pub(crate) mod scalar;
mod time;

pub(crate) use load::load;

use crate::Place;

/// Largest Kitfile that is read, in bytes.
pub(crate) const MAX_BYTES: u64 = 4 << 20;
/// Most nodes, before and after aliases are expanded.
pub(crate) const MAX_NODES: u64 = 200_000;
/// Deepest nesting, aliases followed.
pub(crate) const MAX_DEPTH: u32 = 64;

/// Index of a node in its tree.
pub(crate) type NodeId = usize;

/// The first document of a YAML text.
#[derive(Debug)]
pub(crate) struct Tree {
    pub(crate) nodes: Vec<Node>,
    pub(crate) root: NodeId,
    /// Whether the text goes on after the first document.
    pub(crate) has_more: bool,
}

/// One node.
#[derive(Debug)]
pub(crate) struct Node {
    pub(crate) span: Span,
    /// Explicit tag in its short form (`!!str`), if there is one.
    pub(crate) tag: Option<String>,
    pub(crate) kind: Kind,
}

/// What a node is.
#[derive(Debug)]
pub(crate) enum Kind {
    Scalar { text: String, is_plain: bool },
    List(Vec<NodeId>),
    Map(Vec<(NodeId, NodeId)>),
    Alias(NodeId),
}

/// Where a node stands: line from one, column from zero, in characters.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Span {
    pub(crate) line: usize,
    pub(crate) column: usize,
    /// `None` where it goes on to another line.
    pub(crate) width: Option<usize>,
}

impl Span {
    /// The place for people, with the line it stands on.
    pub(crate) fn place(self, origin: &str, text: &str) -> Place {
        let line = line_of(text, self.line).to_owned();
        let rest = line.trim_end().chars().count().saturating_sub(self.column);
        let width = self.width.unwrap_or(rest).max(1);
        let (origin, column) = (origin.to_owned(), self.column + 1);
        Place { origin, line: self.line, column, width, text: line }
    }
}

/// Line `number`, counted from one. A line ends with `\n`, `\r\n` or `\r`, as in YAML.
fn line_of(text: &str, number: usize) -> &str {
    let mut rest = text;
    for _ in 1..number {
        let Some(end) = rest.find(['\n', '\r']) else { return "" };
        let after = &rest[end..];
        let ending = if after.starts_with("\r\n") { 2 } else { 1 };
        rest = &after[ending..];
    }
    rest.split(['\n', '\r']).next().unwrap_or_default()
}
