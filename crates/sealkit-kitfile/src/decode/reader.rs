//! Reads typed values from nodes, following aliases and merges, and collects what is wrong.

use std::collections::{HashMap, HashSet};

use sealkit_report::{Budget, Exceeded};

use crate::yaml::scalar::{self, Scalar};
use crate::yaml::{Kind, MAX_BYTES, MAX_DEPTH, MAX_NODES, Node, NodeId, Tree};
use crate::{KitfileError, Problem, ProblemKind};

/// Most problems that are told.
const MAX_PROBLEMS: usize = 50;

/// Reads one tree.
pub(super) struct Reader<'a> {
    tree: &'a Tree,
    text: &'a str,
    origin: &'a str,
    problems: Vec<Problem>,
    /// Nodes that have a problem: one that is merged or aliased is met more than once.
    told: HashSet<NodeId>,
    budget: Budget,
    depth: u32,
    exceeded: Option<Exceeded>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(tree: &'a Tree, text: &'a str, origin: &'a str) -> Self {
        // Steps are visits: an alias is visited as often as it is used, so bombs end here.
        let budget = Budget::new(MAX_BYTES, 0, MAX_NODES, MAX_DEPTH);
        let (problems, told) = (Vec::new(), HashSet::new());
        Self { tree, text, origin, problems, told, budget, depth: 0, exceeded: None }
    }

    /// Ends the reading with every problem that was met.
    pub(super) fn finish(self) -> Result<(), KitfileError> {
        if let Some(source) = self.exceeded {
            return Err(KitfileError::Limit { origin: self.origin.to_owned(), source });
        }
        if self.problems.is_empty() {
            return Ok(());
        }
        let mut problems = self.problems;
        problems.sort_by_key(|problem| (problem.place.line, problem.place.column));
        Err(KitfileError::Content { problems })
    }

    /// Adds a problem at a node, the first one only.
    pub(super) fn problem(&mut self, id: NodeId, kind: ProblemKind) {
        let Some(node) = self.tree.nodes.get(id) else { return };
        if self.problems.len() < MAX_PROBLEMS && self.told.insert(id) {
            let place = node.span.place(self.origin, self.text);
            self.problems.push(Problem { place, kind });
        }
    }

    /// The node, its alias followed. None where a limit is reached; then reading winds down.
    pub(super) fn node(&mut self, id: NodeId) -> Option<(NodeId, &'a Node)> {
        if self.exceeded.is_some() {
            return None;
        }
        let id = match self.tree.nodes.get(id)?.kind {
            Kind::Alias(target) => target,
            _ => id,
        };
        let node = self.tree.nodes.get(id)?;
        let bytes = match &node.kind {
            Kind::Scalar { text, .. } => text.len() as u64,
            _ => 0,
        };
        let spent = self.budget.steps(1).and_then(|()| self.budget.bytes(bytes));
        if let Err(exceeded) = spent {
            self.exceeded = Some(exceeded);
            return None;
        }
        Some((id, node))
    }

    /// Reads something one level deeper. An alias inside its own anchor ends at the depth limit.
    pub(super) fn deeper<T>(&mut self, read: impl FnOnce(&mut Self) -> T) -> Option<T> {
        if let Err(exceeded) = self.budget.depth(self.depth + 1) {
            self.exceeded.get_or_insert(exceeded);
            return None;
        }
        self.depth += 1;
        let value = read(self);
        self.depth -= 1;
        Some(value)
    }

    /// What a scalar node means. A quoted one is text.
    pub(super) fn scalar(&mut self, id: NodeId, node: &Node) -> Scalar {
        let Kind::Scalar { text, is_plain } = &node.kind else { return Scalar::Text };
        let resolved = match node.tag.as_deref() {
            None if *is_plain => return scalar::resolve(text),
            None => return Scalar::Text,
            Some("!!str" | "!!binary") => return Scalar::Text,
            Some(tag @ ("!!null" | "!!bool" | "!!int" | "!!float" | "!!timestamp")) => {
                scalar::resolve_tagged(text, tag)
            }
            Some(_) => return Scalar::Text,
        };
        resolved.unwrap_or_else(|| {
            let (value, tag) = (text.clone(), node.tag.clone().unwrap_or_default());
            self.problem(id, ProblemKind::Tag { value, tag });
            Scalar::Text
        })
    }

    /// Whether the node is null, which counts as absent everywhere.
    pub(super) fn is_null(&mut self, id: NodeId) -> bool {
        match self.node(id) {
            Some((id, node)) => {
                matches!(node.kind, Kind::Scalar { .. }) && self.scalar(id, node) == Scalar::Null
            }
            None => true,
        }
    }

    /// A string field: any scalar as it is written, empty for null.
    pub(super) fn string(&mut self, id: NodeId, field: &str) -> String {
        let Some((target, node)) = self.node(id) else { return String::new() };
        let Kind::Scalar { text, .. } = &node.kind else {
            self.mismatch(id, field, "a string");
            return String::new();
        };
        match self.scalar(target, node) {
            Scalar::Null => String::new(),
            _ => self.text(target, node, text),
        }
    }

    /// The text of a scalar, decoded where it is tagged as base64.
    pub(super) fn text(&mut self, id: NodeId, node: &Node, text: &str) -> String {
        if node.tag.as_deref() != Some("!!binary") {
            return text.to_owned();
        }
        let decoded = super::value::from_base64(text);
        decoded.unwrap_or_else(|| {
            self.problem(id, ProblemKind::Tag { value: text.to_owned(), tag: "!!binary".into() });
            String::new()
        })
    }

    /// A list, its nulls left out as `kit` does.
    pub(super) fn list<T>(
        &mut self,
        id: NodeId,
        field: &str,
        read: impl Fn(&mut Self, NodeId, &str) -> T,
    ) -> Vec<T> {
        let Some((_, node)) = self.node(id) else { return Vec::new() };
        let Kind::List(items) = &node.kind else {
            if !self.is_null(id) {
                self.mismatch(id, field, "a list");
            }
            return Vec::new();
        };
        let mut out = Vec::new();
        for (at, item) in items.iter().enumerate() {
            if !self.is_null(*item) {
                let field = format!("{field}[{at}]");
                out.extend(self.deeper(|reader| read(reader, *item, &field)));
            }
        }
        out
    }

    /// A mapping of which every value is a string.
    pub(super) fn strings(
        &mut self,
        id: NodeId,
        section: &str,
        keys: &'static [&'static str],
        mut set: impl FnMut(&'static str, String),
    ) {
        self.fields(id, section, keys, |reader, key, id| {
            let value = reader.string(id, &format!("{section}.{key}"));
            set(key, value);
        });
    }

    /// A mapping with known keys. `section` is empty for the whole Kitfile.
    pub(super) fn fields(
        &mut self,
        id: NodeId,
        section: &str,
        keys: &'static [&'static str],
        mut set: impl FnMut(&mut Self, &'static str, NodeId),
    ) {
        if self.is_null(id) {
            return;
        }
        let named = if section.is_empty() { "the Kitfile" } else { section };
        let Some(pairs) = self.pairs(id, named) else { return };
        for (key_id, value) in pairs {
            let key = self.string(key_id, named);
            if let Some(known) = keys.iter().find(|known| **known == key) {
                self.deeper(|reader| set(reader, known, value));
            } else {
                let (nearest, section) = (nearest(&key, keys), named.to_owned());
                self.problem(key_id, ProblemKind::UnknownKey { key, section, nearest });
            }
        }
    }

    /// The pairs of a mapping, merges included: own keys win, then the first that is merged.
    pub(super) fn pairs(&mut self, id: NodeId, field: &str) -> Option<Vec<(NodeId, NodeId)>> {
        let mut out = Vec::new();
        let mut seen = HashSet::new();
        let (_, node) = self.node(id)?;
        if !matches!(node.kind, Kind::Map(_)) {
            self.mismatch(id, field, "a mapping");
            return None;
        }
        self.collect(id, &mut seen, &mut out);
        Some(out)
    }

    fn collect(&mut self, id: NodeId, seen: &mut HashSet<String>, out: &mut Vec<(NodeId, NodeId)>) {
        let Some((_, node)) = self.node(id) else { return };
        let Kind::Map(pairs) = &node.kind else {
            self.problem(id, ProblemKind::Merge);
            return;
        };
        let mut own: HashMap<String, usize> = HashMap::new();
        let mut merges = Vec::new();
        let mut kept = Vec::new();
        for (key_id, value) in pairs {
            let Some((_, key)) = self.node(*key_id) else { return };
            let line = self.tree.nodes.get(*key_id).map_or(0, |node| node.span.line);
            let Kind::Scalar { text, .. } = &key.kind else {
                kept.push((None, *key_id, *value));
                continue;
            };
            if let Some(&first_line) = own.get(text) {
                let key = text.clone();
                self.problem(*key_id, ProblemKind::DuplicateKey { key, first_line });
                continue;
            }
            own.insert(text.clone(), line);
            if is_merge(key) {
                merges.push(*value);
            } else {
                kept.push((Some(text), *key_id, *value));
            }
        }
        for (text, key, value) in kept {
            let is_new = text.is_none_or(|text| seen.insert(text.clone()));
            if is_new {
                out.push((key, value));
            }
        }
        for merge in merges {
            self.merge(merge, seen, out);
        }
    }

    fn merge(&mut self, id: NodeId, seen: &mut HashSet<String>, out: &mut Vec<(NodeId, NodeId)>) {
        let Some((_, node)) = self.node(id) else { return };
        let sources = match &node.kind {
            Kind::List(items) => items.clone(),
            _ => vec![id],
        };
        for source in sources {
            self.deeper(|reader| reader.collect(source, seen, out));
        }
    }

    /// Adds the problem that a node is of another kind than it must be.
    pub(super) fn mismatch(&mut self, id: NodeId, field: &str, expected: &'static str) {
        if let Some(found) = self.noun(id) {
            let field = field.to_owned();
            self.problem(id, ProblemKind::Type { field, expected, found });
        }
    }

    /// What a node is, in words.
    pub(super) fn noun(&mut self, id: NodeId) -> Option<&'static str> {
        let (id, node) = self.node(id)?;
        Some(match node.kind {
            Kind::List(_) => "a list",
            Kind::Map(_) => "a mapping",
            Kind::Scalar { .. } => self.scalar(id, node).noun(),
            Kind::Alias(_) => "an alias",
        })
    }
}

/// Whether a key is the merge key of YAML 1.1: a plain `<<`.
fn is_merge(node: &Node) -> bool {
    let Kind::Scalar { text, is_plain } = &node.kind else { return false };
    text == "<<" && (*is_plain && node.tag.is_none() || node.tag.as_deref() == Some("!!merge"))
}

/// The known key that is nearest to `key`, where one is near enough to be meant.
pub fn nearest(key: &str, keys: &[&'static str]) -> Option<&'static str> {
    let key = key.to_lowercase();
    let distance = |known: &str| edit_distance(&key, &known.to_lowercase());
    let best = keys.iter().map(|known| (distance(known), *known)).min_by_key(|(far, _)| *far)?;
    let starts = |known: &str| {
        key.len() >= 3 && (known.to_lowercase().starts_with(&key) || key.starts_with(known))
    };
    if best.0 <= 1.max(best.1.len() / 3) {
        return Some(best.1);
    }
    keys.iter().find(|known| starts(known)).copied()
}

/// Edit distance with swaps of neighbours, of the first characters of both.
fn edit_distance(a: &str, b: &str) -> usize {
    const MAX: usize = 40;
    let a: Vec<char> = a.chars().take(MAX).collect();
    let b: Vec<char> = b.chars().take(MAX).collect();
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    let at = |row: &[usize], at: usize| row.get(at).copied().unwrap_or(MAX);
    for (i, x) in a.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, y) in b.iter().enumerate() {
            let change = at(&last, j) + usize::from(x != y);
            let mut best = change.min(at(&last, j + 1) + 1).min(at(&row, j) + 1);
            let swapped = i > 0 && j > 0 && a.get(i - 1) == Some(y) && b.get(j - 1) == Some(x);
            if swapped {
                best = best.min(at(&before, j - 1) + 1);
            }
            row.push(best);
        }
        before = std::mem::replace(&mut last, row);
    }
    last.last().copied().unwrap_or(MAX)
}
