//! Vocabularies by themselves: `vocab.txt` with one token a line, `vocab.json` with a number for
//! each token, `merges.txt` with one merge a line. They are counted while they stream by.

use sealkit_report::Severity;

use crate::json_scan::{Scanner, Sink, Step};
use crate::{Class, Confidence, Facts, Format, Inspector, Probe, Stream, Value, property};

/// One of the three kinds.
pub(crate) struct Vocabulary {
    format: Format,
    names: &'static [&'static str],
    is_json: bool,
    property: &'static str,
    gives: &'static [&'static str],
}

pub(crate) static LINES: Vocabulary = Vocabulary {
    format: Format::new("vocabulary", "vocabulary", Class::ModelPart, &[]).media("text/plain"),
    names: &["vocab.txt"],
    is_json: false,
    property: property::VOCABULARY,
    gives: &[property::VOCABULARY],
};
pub(crate) static NUMBERED: Vocabulary = Vocabulary {
    format: Format::new("vocabulary-json", "numbered vocabulary", Class::ModelPart, &[])
        .media("application/json"),
    names: &["vocab.json"],
    is_json: true,
    property: property::VOCABULARY,
    gives: &[property::VOCABULARY],
};
pub(crate) static MERGES: Vocabulary = Vocabulary {
    format: Format::new("merges", "merges of a tokenizer", Class::ModelPart, &[])
        .media("text/plain"),
    names: &["merges.txt"],
    is_json: false,
    property: property::MERGES,
    gives: &[property::MERGES],
};

impl Inspector for Vocabulary {
    fn format(&self) -> &Format {
        &self.format
    }

    fn probe(&self, probe: &Probe<'_>) -> Confidence {
        let Some(text) = probe.text() else { return Confidence::No };
        let fits = !self.is_json || text.trim_start().starts_with('{');
        if probe.is_named(self.names) && fits { Confidence::Content } else { Confidence::No }
    }

    fn stream(&self, path: &str) -> Option<Box<dyn Stream>> {
        let path = path.to_owned();
        Some(if self.is_json {
            let (scanner, members) = (Scanner::new(), Members(None));
            Box::new(Map { path, scanner, members, property: self.property })
        } else {
            let (count, line_is_empty, start) = (0, true, Some(Vec::new()));
            Box::new(Lines { path, count, line_is_empty, start, property: self.property })
        })
    }

    fn gives(&self) -> &'static [&'static str] {
        self.gives
    }
}

struct Lines {
    path: String,
    count: u64,
    line_is_empty: bool,
    /// The first bytes, until they tell whether the first line is a heading.
    start: Option<Vec<u8>>,
    property: &'static str,
}

/// `#version: 0.2` is the first line of most lists of merges.
const HEADING: &[u8] = b"#version";

impl Stream for Lines {
    fn push(&mut self, bytes: &[u8]) {
        if let Some(start) = &mut self.start {
            let wanted = HEADING.len() - start.len();
            start.extend(bytes.iter().take(wanted));
        }
        for byte in bytes {
            match byte {
                b'\n' => {
                    // An empty line is a token that is empty, but no merge.
                    let counts = !self.line_is_empty || self.property == property::VOCABULARY;
                    self.count = self.count.saturating_add(u64::from(counts));
                    self.line_is_empty = true;
                }
                b'\r' => {}
                _ => self.line_is_empty = false,
            }
        }
    }

    fn finish(self: Box<Self>) -> Facts {
        let lines = self.count.saturating_add(u64::from(!self.line_is_empty));
        let has_heading = self.property == property::MERGES
            && self.start.is_some_and(|start| start.starts_with(HEADING));
        let mut facts = Facts::default();
        let count = lines.saturating_sub(u64::from(has_heading));
        facts.measured(&self.path, "", self.property, Value::Uint(count));
        facts
    }
}

struct Members(Option<u64>);

impl Sink for Members {
    fn scalar(&mut self, _: &[Step], _: &str, _: bool) {}

    fn end(&mut self, path: &[Step], members: u64) {
        if path.is_empty() {
            self.0 = Some(members);
        }
    }
}

struct Map {
    path: String,
    scanner: Scanner,
    members: Members,
    property: &'static str,
}

impl Stream for Map {
    fn push(&mut self, bytes: &[u8]) {
        self.scanner.push(bytes, &mut self.members);
    }

    fn finish(mut self: Box<Self>) -> Facts {
        let mut facts = Facts::default();
        match (self.scanner.finish(&mut self.members), self.members.0) {
            (None, Some(count)) => {
                facts.measured(&self.path, "", self.property, Value::Uint(count));
            }
            (broken, _) => {
                let (what, offset) = broken.unwrap_or(("no object at the root", 0));
                let place = format!("bytes {offset}-{offset}");
                let at = (self.path.as_str(), place.as_str());
                let message = format!("not valid JSON: {what}");
                facts.find("malformed-json", Severity::Medium, at, message);
                facts.incomplete = true;
            }
        }
        facts
    }
}
