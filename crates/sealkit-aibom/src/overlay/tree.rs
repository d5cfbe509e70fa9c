//! The overlay's text as a tree in which every node knows its line.

use saphyr_parser::{Event, Parser, ScalarStyle};
use sealkit_report::is_deceptive;

use super::error::OverlayError;

/// Largest overlay that is read, in bytes.
const MAX_BYTES: usize = 1 << 20;
/// Most nodes of one overlay.
const MAX_NODES: usize = 50_000;
/// Characters of a value that a message repeats.
const MAX_SHOWN: usize = 60;
/// Deepest nesting: a list in an entry of a list of a section is five deep.
const MAX_DEPTH: usize = 16;

/// One node with the line that it starts in.
#[derive(Clone, Debug)]
pub(super) struct Node {
    pub(super) line: u64,
    pub(super) kind: Kind,
}

#[derive(Clone, Debug)]
pub(super) enum Kind {
    /// Text, and whether it stands in quotes.
    Scalar(String, bool),
    List(Vec<Node>),
    /// Keys with their lines, in the order in which they stand.
    Map(Vec<(String, u64, Node)>),
}

impl Node {
    /// What it is, for messages.
    pub(super) fn what(&self) -> String {
        match &self.kind {
            Kind::Scalar(..) if self.is_null() => "nothing".to_owned(),
            Kind::Scalar(text, _) if text.trim().is_empty() => "empty text".to_owned(),
            Kind::Scalar(text, _) => {
                let clean = |c: char| if is_deceptive(c) { '\u{fffd}' } else { c };
                let shown: String = text.chars().take(MAX_SHOWN).map(clean).collect();
                format!("`{shown}`")
            }
            Kind::List(_) => "a list".to_owned(),
            Kind::Map(_) => "a map".to_owned(),
        }
    }

    /// Whether nothing is written here.
    pub(super) fn is_null(&self) -> bool {
        let is_word = |text: &str| matches!(text, "" | "~" | "null" | "Null" | "NULL");
        matches!(&self.kind, Kind::Scalar(text, false) if is_word(text))
    }
}

/// A list or a map that is not closed yet.
enum Open {
    List(u64, Vec<Node>),
    Map(u64, Vec<(String, u64, Node)>, Option<(String, u64)>),
}

/// Parses the one document of `text`.
pub(super) fn parse(text: &str) -> Result<Node, OverlayError> {
    if text.len() > MAX_BYTES {
        return Err(OverlayError::TooLarge { limit: MAX_BYTES as u64 });
    }
    let mut open: Vec<Open> = Vec::new();
    let mut root = None;
    let mut nodes = 0;
    for event in Parser::new_from_str(text) {
        let (event, span) = event.map_err(|error| OverlayError::Syntax {
            line: error.marker().line() as u64,
            reason: error.info().to_owned(),
        })?;
        let line = span.start.line() as u64;
        let fail = |reason: &str| OverlayError::Syntax { line, reason: reason.to_owned() };
        if open.len() > MAX_DEPTH {
            return Err(fail("too deeply nested values"));
        }
        let node = match event {
            Event::Scalar(text, style, ..) => {
                let kind = Kind::Scalar(text.into_owned(), style != ScalarStyle::Plain);
                Node { line, kind }
            }
            Event::SequenceStart(..) => {
                open.push(Open::List(line, Vec::new()));
                continue;
            }
            Event::MappingStart(..) => {
                open.push(Open::Map(line, Vec::new(), None));
                continue;
            }
            Event::SequenceEnd | Event::MappingEnd => close(open.pop()).ok_or(fail("an end"))?,
            Event::Alias(_) => return Err(fail("an alias, which is not read")),
            Event::DocumentStart(_) if root.is_some() => return Err(fail("a second document")),
            _ => continue,
        };
        nodes += 1;
        if nodes > MAX_NODES {
            return Err(fail("too many values"));
        }
        match open.last_mut() {
            None => root = Some(node),
            Some(parent) => add(parent, node)?,
        }
    }
    Ok(root.unwrap_or(Node { line: 1, kind: Kind::Map(Vec::new()) }))
}

fn close(open: Option<Open>) -> Option<Node> {
    Some(match open? {
        Open::List(line, list) => Node { line, kind: Kind::List(list) },
        Open::Map(line, map, _) => Node { line, kind: Kind::Map(map) },
    })
}

fn add(parent: &mut Open, node: Node) -> Result<(), OverlayError> {
    let line = node.line;
    let fail = |reason: String| OverlayError::Syntax { line, reason };
    match parent {
        Open::List(_, list) => list.push(node),
        Open::Map(_, map, key) => match key.take() {
            Some((name, at)) => map.push((name, at, node)),
            None => match node.kind {
                Kind::Scalar(name, _) => {
                    if map.iter().any(|(known, ..)| *known == name) {
                        return Err(fail(format!("the key `{name}` stands twice")));
                    }
                    *key = Some((name, line));
                }
                _ => return Err(fail("a key that is no plain value".to_owned())),
            },
        },
    }
    Ok(())
}
