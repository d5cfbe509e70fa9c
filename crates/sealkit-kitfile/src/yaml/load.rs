//! Parser events → tree.

use std::borrow::Cow;
use std::collections::HashMap;

use saphyr_parser::{Event, Parser, ScalarStyle, ScanError, StrInput, Tag};
use sealkit_report::{Budget, Exceeded};

use super::breaks::as_go_reads;
use super::{Kind, MAX_BYTES, MAX_DEPTH, MAX_NODES, Node, NodeId, Span, Tree, indent};
use crate::KitfileError;

/// Reads the first document of `text`.
///
/// # Errors
/// When the text is not YAML, is empty or goes beyond the limits.
pub(crate) fn load(text: &str, origin: &str) -> Result<Tree, KitfileError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let syntax = |span: Span, problem: &str| KitfileError::Syntax {
        place: span.place(origin, text),
        problem: problem.to_owned(),
    };
    if let Some(span) = unprintable(text) {
        return Err(syntax(span, "control characters must be escaped inside double quotes"));
    }
    indented(text).map_err(|stop| match stop {
        Stop::Empty => KitfileError::Empty { origin: origin.to_owned() },
        Stop::Limit(source) => KitfileError::Limit { origin: origin.to_owned(), source },
        Stop::Separator(span) => syntax(
            span,
            "a line separator (U+2028, U+2029) before a blank must be escaped inside double quotes",
        ),
        Stop::Scan(error) => {
            let marker = error.marker();
            let span = Span { line: marker.line(), column: marker.col(), width: Some(1) };
            syntax(span, error.info())
        }
    })
}

/// Reads the text with lines indented that Go takes as they are, where the parser does not.
fn indented(text: &str) -> Result<Tree, Stop> {
    let first = match parsed(text) {
        Err(Stop::Scan(error)) if indent::is_meant(&error) => error,
        read => return read,
    };
    let (mut padded, mut at) = (indent::Padded::new(text), first.marker().line());
    while padded.pad(at) {
        match parsed(padded.text()) {
            Ok(mut tree) => {
                padded.settle(&mut tree);
                return Ok(tree);
            }
            Err(Stop::Scan(next)) if indent::is_meant(&next) => at = next.marker().line(),
            Err(Stop::Scan(_)) => break,
            Err(stop) => return Err(stop),
        }
    }
    // What is wrong beside that is told as it stands.
    Err(Stop::Scan(first))
}

fn parsed(text: &str) -> Result<Tree, Stop> {
    let mut loader = Loader {
        parser: Parser::new_from_str(text),
        nodes: Vec::new(),
        anchors: HashMap::new(),
        budget: Budget::new(MAX_BYTES, MAX_NODES, 0, MAX_DEPTH),
    };
    loader.document(text)
}

/// The first character that YAML does not allow in its text (YAML 1.2.2 §5.1).
fn unprintable(text: &str) -> Option<Span> {
    let is_allowed = |c: char| match c {
        '\t' | '\n' | '\r' | '\u{85}' => true,
        c => !c.is_control() && !matches!(c, '\u{fffe}' | '\u{ffff}'),
    };
    let (before, _) = text.split_at(text.find(|c| !is_allowed(c))?);
    let start = before.rfind(['\n', '\r']).map_or(0, |at| at + 1);
    let before_line = before.get(..start).unwrap_or_default();
    let line = 1 + before_line.replace("\r\n", "\n").matches(['\n', '\r']).count();
    let column = before.get(start..).unwrap_or_default().chars().count();
    Some(Span { line, column, width: Some(1) })
}

struct Loader<'a> {
    parser: Parser<'a, StrInput<'a>>,
    nodes: Vec<Node>,
    anchors: HashMap<usize, NodeId>,
    budget: Budget,
}

enum Stop {
    Empty,
    Limit(Exceeded),
    Scan(ScanError),
    Separator(Span),
}

impl From<Exceeded> for Stop {
    fn from(limit: Exceeded) -> Self {
        Self::Limit(limit)
    }
}

impl From<ScanError> for Stop {
    fn from(error: ScanError) -> Self {
        Self::Scan(error)
    }
}

impl<'a> Loader<'a> {
    fn document(&mut self, text: &str) -> Result<Tree, Stop> {
        self.budget.bytes(text.len() as u64)?;
        loop {
            match self.next()?.0 {
                Event::StreamEnd => return Err(Stop::Empty),
                Event::DocumentStart(_) => break,
                _ => {}
            }
        }
        let (event, span) = self.next()?;
        let root = self.node(event, span, 0)?;
        let mut has_more = false;
        loop {
            // What follows the first document is not used, but a text that breaks off is told.
            match self.next()?.0 {
                Event::StreamEnd => break,
                Event::DocumentStart(_) => {
                    has_more = true;
                    break;
                }
                _ => {}
            }
        }
        Ok(Tree { nodes: std::mem::take(&mut self.nodes), root, has_more })
    }

    fn next(&mut self) -> Result<(Event<'a>, Span), Stop> {
        let Some(next) = self.parser.next_event() else {
            return Ok((Event::StreamEnd, Span::default()));
        };
        let (event, span) = next?;
        let one_line = span.start.line() == span.end.line();
        let width = one_line.then(|| span.end.col().saturating_sub(span.start.col()));
        let (line, column) = (span.start.line(), span.start.col());
        Ok((event, Span { line, column, width }))
    }

    fn node(&mut self, event: Event<'a>, span: Span, depth: u32) -> Result<NodeId, Stop> {
        self.budget.depth(depth)?;
        self.budget.entries(1)?;
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                let is_plain = style == ScalarStyle::Plain;
                let text = as_go_reads(text, style).ok_or(Stop::Separator(span))?.into_owned();
                let kind = Kind::Scalar { text, is_plain };
                let id = self.push(span, tag, kind);
                self.anchor(anchor, id);
                Ok(id)
            }
            Event::SequenceStart(anchor, tag) => {
                let id = self.push(span, tag, Kind::List(Vec::new()));
                self.anchor(anchor, id);
                let mut items = Vec::new();
                while let Some((event, span)) = self.until(&Event::SequenceEnd)? {
                    items.push(self.node(event, span, depth + 1)?);
                }
                self.fill(id, Kind::List(items));
                Ok(id)
            }
            Event::MappingStart(anchor, tag) => {
                let id = self.push(span, tag, Kind::Map(Vec::new()));
                self.anchor(anchor, id);
                let mut pairs = Vec::new();
                while let Some((event, span)) = self.until(&Event::MappingEnd)? {
                    let key = self.node(event, span, depth + 1)?;
                    let (event, span) = self.next()?;
                    pairs.push((key, self.node(event, span, depth + 1)?));
                }
                self.fill(id, Kind::Map(pairs));
                Ok(id)
            }
            Event::Alias(anchor) => {
                let target = self.anchors.get(&anchor).copied().ok_or(Stop::Empty)?;
                Ok(self.push(span, None, Kind::Alias(target)))
            }
            _ => Err(Stop::Empty),
        }
    }

    fn until(&mut self, end: &Event<'a>) -> Result<Option<(Event<'a>, Span)>, Stop> {
        let (event, span) = self.next()?;
        let ended = event == *end || event == Event::StreamEnd;
        Ok((!ended).then_some((event, span)))
    }

    fn push(&mut self, span: Span, tag: Option<Cow<'_, Tag>>, kind: Kind) -> NodeId {
        self.nodes.push(Node { span, tag: tag.as_deref().and_then(short_tag), kind });
        self.nodes.len() - 1
    }

    fn fill(&mut self, id: NodeId, kind: Kind) {
        if let Some(node) = self.nodes.get_mut(id) {
            node.kind = kind;
        }
    }

    fn anchor(&mut self, anchor: usize, id: NodeId) {
        if anchor != 0 {
            self.anchors.insert(anchor, id);
        }
    }
}

/// `!!name` for the tags of YAML, `!name` for local ones; none for the bare `!`.
fn short_tag(tag: &Tag) -> Option<String> {
    const YAML: &str = "tag:yaml.org,2002:";
    let whole = format!("{}{}", tag.handle, tag.suffix);
    match whole.strip_prefix(YAML) {
        Some(name) => Some(format!("!!{name}")),
        None if whole == "!" => None,
        None => Some(whole),
    }
}
