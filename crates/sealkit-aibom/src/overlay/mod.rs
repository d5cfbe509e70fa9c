//! The overlay `aibom.yaml`: what people say of a kit that its bytes cannot.
//!
//! Read strictly: a key that is not known, a value of another type and a key that stands twice are
//! errors with their lines. What it says becomes declared facts with the file and the line.

mod entries;
mod error;
mod keys;
mod schema;
mod tree;

pub use error::{OverlayError, OverlayProblem};
pub use schema::schema as overlay_schema;

use sealkit_inspect::{Facts, PartyInfo, Value};
use sealkit_report::{Evidence, Known};

use crate::input::Supplied;
use keys::{Key, Shape};
use tree::{Kind, Node};

/// Reads an overlay. `file` is its name, which the evidence carries.
///
/// # Errors
/// [`OverlayError`] where it is no YAML or not what the schema demands; then nothing of it counts.
pub fn overlay(text: &str, file: &str) -> Result<Supplied, OverlayError> {
    let root = tree::parse(text)?;
    let mut reader = Reader { file, problems: Vec::new() };
    let mut supplied = Supplied::default();
    for (key, line, node) in reader.map("the overlay", &root) {
        match key {
            "supplier" => supplied.supplier = reader.parties(key, node).into_iter().next(),
            "authors" => supplied.authors = reader.parties(key, node),
            "kit" => supplied.kit = reader.section("kit", keys::KIT, node),
            "model" => supplied.model = reader.section("model", keys::MODEL, node),
            "datasets" => {
                for (name, _, node) in reader.map("datasets", node) {
                    let facts = reader.section("a dataset", keys::DATASET, node);
                    supplied.datasets.insert(name.to_owned(), facts);
                }
            }
            _ => reader.unknown(line, key, "the overlay", keys::TOP),
        }
    }
    if reader.problems.is_empty() {
        Ok(supplied)
    } else {
        Err(OverlayError::Problems(reader.problems))
    }
}

/// Reads nodes into facts and collects what is wrong.
struct Reader<'f> {
    file: &'f str,
    problems: Vec<OverlayProblem>,
}

impl Reader<'_> {
    /// The facts of one section.
    fn section(&mut self, section: &'static str, keys: &'static [Key], node: &Node) -> Facts {
        let mut facts = Facts::default();
        for (name, line, node) in self.map(section, node) {
            if let Some(key) = keys.iter().find(|key| key.name == name) {
                self.value(key, node, &mut facts);
            } else {
                let names: Vec<&'static str> = keys.iter().map(|key| key.name).collect();
                self.unknown(line, name, section, &names);
            }
        }
        facts
    }

    fn value(&mut self, key: &'static Key, node: &Node, facts: &mut Facts) {
        let mut add = |line: u64, value: Value| {
            let place = format!("line {line}");
            facts.declared(self.file, &place, key.property, value);
        };
        let text = |node: &Node| text(node).map(|text| Value::Text(text.to_owned()));
        let expected = match key.shape {
            Shape::Text => match text(node) {
                Some(value) => return add(node.line, value),
                None => "text",
            },
            Shape::Date => match text_of(node).map(str::trim).filter(|text| is_date(text)) {
                Some(date) => return add(node.line, Value::Text(date.to_owned())),
                None => "a date such as `2026-01-31`, or RFC 3339",
            },
            Shape::Flag => match flag(node) {
                Some(yes) => return add(node.line, Value::Bool(yes)),
                None => "`true` or `false`",
            },
            Shape::FlagOrTexts if flag(node).is_some() => {
                return add(node.line, Value::Bool(flag(node).unwrap_or_default()));
            }
            Shape::Texts | Shape::FlagOrTexts => {
                let all: Option<Vec<_>> =
                    each(node).map(|node| Some((node.line, text(node)?))).collect();
                match all {
                    Some(all) => return all.into_iter().for_each(|(line, text)| add(line, text)),
                    None => "text or a list of texts",
                }
            }
            Shape::Number => match number(node) {
                Some(number) => return add(node.line, Value::Float(number)),
                None => "a number that is not negative",
            },
            Shape::Count => match text_of(node).and_then(|text| text.parse().ok()) {
                Some(count) => return add(node.line, Value::Uint(count)),
                None => "a whole number that is not negative",
            },
            Shape::Choice(words) => match choice(node, words) {
                Some(word) => return add(node.line, Value::Text(word.to_owned())),
                None => {
                    return self.wrong(key.name, node, &format!("one of `{}`", words.join("`, `")));
                }
            },
            Shape::Parties => {
                for party in self.parties(key.name, node) {
                    facts.declared(
                        self.file,
                        &format!("line {}", node.line),
                        key.property,
                        Value::Party(party),
                    );
                }
                return;
            }
            Shape::Links => return self.links(key.property, node, facts),
            Shape::Ethics => return self.ethics(node, facts),
            Shape::Fairness => return self.fairness(node, facts),
            Shape::Energy => return self.energy(node, facts),
        };
        self.wrong(key.name, node, expected);
    }

    /// The entries of a map; nothing and a problem where there is none.
    fn map<'n>(
        &mut self,
        key: &str,
        node: &'n Node,
    ) -> impl Iterator<Item = (&'n str, u64, &'n Node)> + use<'n> {
        // `kit:` with nothing after it says nothing, which is no error.
        if !matches!(node.kind, Kind::Map(_)) && !node.is_null() {
            self.wrong(key, node, "a map");
        }
        let entries = match &node.kind {
            Kind::Map(map) => map.as_slice(),
            _ => &[],
        };
        entries.iter().map(|(key, line, node)| (key.as_str(), *line, node))
    }

    fn wrong(&mut self, key: &str, node: &Node, expected: &str) {
        let (key, expected) = (key.to_owned(), expected.to_owned());
        let found = node.what();
        self.problems.push(OverlayProblem::Type { line: node.line, key, expected, found });
    }

    fn unknown(&mut self, line: u64, key: &str, section: &str, known: &[&'static str]) {
        let nearest = sealkit_kitfile::nearest(key, known);
        let (key, section) = (key.to_owned(), section.to_owned());
        self.problems.push(OverlayProblem::UnknownKey { line, key, section, nearest });
    }

    fn evidence(&self, line: u64) -> Evidence {
        let (file, place) = (self.file.to_owned(), format!("line {line}"));
        Evidence { known: Known::Declared, file, place, digest: None }
    }

    /// People or organisations: one or a list of them, each a name or a map.
    fn parties(&mut self, key: &str, node: &Node) -> Vec<PartyInfo> {
        each(node).filter_map(|node| self.party(key, node)).collect()
    }
}

/// The items of a list, or the one node that is none; nothing of an empty value.
fn each(node: &Node) -> impl Iterator<Item = &Node> {
    let items = match &node.kind {
        Kind::List(items) => items.as_slice(),
        _ if node.is_null() => &[],
        _ => std::slice::from_ref(node),
    };
    items.iter()
}

/// Text that says something; numbers and `true` are texts too, as they are written.
fn text(node: &Node) -> Option<&str> {
    text_of(node).map(str::trim).filter(|text| !text.is_empty() && !node.is_null())
}

/// Whether a text is a day or a moment that there is.
fn is_date(text: &str) -> bool {
    crate::time::in_utc(text).is_some()
}

fn text_of(node: &Node) -> Option<&str> {
    match &node.kind {
        Kind::Scalar(text, _) => Some(text),
        _ => None,
    }
}

fn flag(node: &Node) -> Option<bool> {
    match &node.kind {
        Kind::Scalar(text, false) if text == "true" => Some(true),
        Kind::Scalar(text, false) if text == "false" => Some(false),
        _ => None,
    }
}

fn number(node: &Node) -> Option<f64> {
    let number = text(node)?.parse::<f64>().ok()?;
    (number.is_finite() && number >= 0.0).then_some(number)
}

fn choice(node: &Node, words: &'static [&'static str]) -> Option<&'static str> {
    let said = text(node)?;
    words.iter().copied().find(|word| *word == said)
}
