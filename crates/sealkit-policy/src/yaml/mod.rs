//! Policy text as a tree in which every node knows its place. The YAML that is read is a small part:
//! maps, lists and scalars. No alias, anchor, tag, second document or key that stands twice: each
//! could make two readers see two policies.

mod de;

use saphyr_parser::{Event, Parser, ScalarStyle, Span};

pub(crate) use de::from_node;

use crate::PolicyError;

/// Largest policy that is read, in bytes.
pub(crate) const MAX_BYTES: usize = 1 << 20;
/// Most nodes of one policy.
const MAX_NODES: usize = 50_000;
/// Deepest nesting; a subject in an identity of a check of a rule is nine deep.
const MAX_DEPTH: usize = 16;

/// Line and column, from one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) line: usize,
    pub(crate) column: usize,
}

/// One node with where it starts.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub(crate) place: Place,
    pub(crate) kind: Kind,
}

#[derive(Clone, Debug)]
pub(crate) enum Kind {
    /// Text, and whether it stands in quotes or in a block.
    Scalar(String, bool),
    List(Vec<Node>),
    /// Keys with their places, in the order of the text.
    Map(Vec<(String, Place, Node)>),
}

impl Node {
    /// The value of `key`, where this is a map that has it.
    pub(crate) fn get(&self, key: &str) -> Option<&Self> {
        match &self.kind {
            Kind::Map(entries) => {
                entries.iter().find(|(name, ..)| name == key).map(|(_, _, node)| node)
            }
            _ => None,
        }
    }

    /// The item at `at`, where this is a list that has it.
    pub(crate) fn item(&self, at: usize) -> Option<&Self> {
        match &self.kind {
            Kind::List(items) => items.get(at),
            _ => None,
        }
    }
}

/// A list or a map that is not closed yet.
enum Open {
    List(Place, Vec<Node>),
    Map(Place, Vec<(String, Place, Node)>, Option<(String, Place)>),
}

/// Parses the one document of `text`.
pub(crate) fn parse(text: &str) -> Result<Node, PolicyError> {
    if text.len() > MAX_BYTES {
        return Err(PolicyError::TooLarge { limit: MAX_BYTES });
    }
    let mut loader = Loader { open: Vec::new(), root: None, nodes: 0 };
    for event in Parser::new_from_str(text) {
        let (event, span) = event.map_err(|error| PolicyError::Syntax {
            line: error.marker().line(),
            column: error.marker().col() + 1,
            reason: error.info().to_owned(),
        })?;
        loader.take(event, span)?;
    }
    loader.root.ok_or(PolicyError::Empty)
}

struct Loader {
    open: Vec<Open>,
    root: Option<Node>,
    nodes: usize,
}

impl Loader {
    fn take(&mut self, event: Event<'_>, span: Span) -> Result<(), PolicyError> {
        let place = Place { line: span.start.line(), column: span.start.col() + 1 };
        let refuse = |reason: &str| Err(syntax(place, reason.to_owned()));
        let node = match event {
            Event::Scalar(.., anchor, _)
            | Event::SequenceStart(anchor, _)
            | Event::MappingStart(anchor, _)
                if anchor != 0 =>
            {
                return refuse("anchors are not read: write the value where it is needed");
            }
            Event::Scalar(.., Some(_))
            | Event::SequenceStart(_, Some(_))
            | Event::MappingStart(_, Some(_)) => {
                return refuse("tags are not read: write the plain value");
            }
            Event::Alias(_) => return refuse("aliases are not read: write the value itself"),
            Event::DocumentStart(_) if self.root.is_some() => {
                return refuse("a second document: a policy is one");
            }
            Event::SequenceStart(..) => return self.open(place, Open::List(place, Vec::new())),
            Event::MappingStart(..) => {
                return self.open(place, Open::Map(place, Vec::new(), None));
            }
            // An empty document has one plain scalar of nothing.
            Event::Scalar(text, ScalarStyle::Plain, ..)
                if self.open.is_empty() && de::is_null(&text) =>
            {
                return Err(PolicyError::Empty);
            }
            Event::Scalar(text, style, ..) => {
                Node { place, kind: Kind::Scalar(text.into_owned(), style != ScalarStyle::Plain) }
            }
            Event::SequenceEnd | Event::MappingEnd => match self.open.pop() {
                Some(Open::List(place, items)) => Node { place, kind: Kind::List(items) },
                Some(Open::Map(place, entries, _)) => Node { place, kind: Kind::Map(entries) },
                None => return refuse("an end without a start"),
            },
            _ => return Ok(()),
        };
        self.add(node)
    }

    fn open(&mut self, place: Place, open: Open) -> Result<(), PolicyError> {
        if self.open.len() >= MAX_DEPTH {
            return Err(syntax(place, format!("nested deeper than {MAX_DEPTH}")));
        }
        self.open.push(open);
        Ok(())
    }

    fn add(&mut self, node: Node) -> Result<(), PolicyError> {
        let place = node.place;
        self.nodes += 1;
        if self.nodes > MAX_NODES {
            return Err(syntax(place, format!("more than {MAX_NODES} values")));
        }
        match self.open.last_mut() {
            None => self.root = Some(node),
            Some(Open::List(_, items)) => items.push(node),
            Some(Open::Map(_, entries, key)) => match key.take() {
                Some((name, at)) => entries.push((name, at, node)),
                None => match node.kind {
                    Kind::Scalar(name, _) if entries.iter().any(|(known, ..)| *known == name) => {
                        let name = shown(&name);
                        return Err(syntax(place, format!("the key `{name}` stands twice")));
                    }
                    Kind::Scalar(name, _) => *key = Some((name, place)),
                    _ => return Err(syntax(place, "a key that is no plain value".to_owned())),
                },
            },
        }
        Ok(())
    }
}

fn syntax(place: Place, reason: String) -> PolicyError {
    PolicyError::Syntax { line: place.line, column: place.column, reason }
}

/// Text as an error repeats it: short, and without what a terminal would act on.
pub(crate) fn shown(text: &str) -> String {
    let clean = |c: char| if c.is_control() { '\u{fffd}' } else { c };
    let mut short: String = text.chars().take(80).map(clean).collect();
    if text.chars().nth(80).is_some() {
        short.push('…');
    }
    short
}
