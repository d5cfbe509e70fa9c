//! JSON lines: how many, which keys their objects have, and of which types.

use std::collections::BTreeMap;

use sealkit_report::{Budget, Known, Severity};

use super::keys::{Keys, Shape};
use super::records::Sink;
use super::watch::Watch;
use super::{of_head, whole_lines};
use crate::format::ends_with;
use crate::formats::columns::subject;
use crate::{
    Class, Confidence, Facts, Format, InspectError, Inspector, Probe, ReadAt, Stream, Value,
    json_loose, property,
};

const FORMAT: Format = Format::new("jsonl", "JSON lines", Class::Dataset, &[".jsonl", ".ndjson"])
    .media("application/jsonl");
/// Longest line that is parsed, in bytes; longer ones are counted.
const MAX_LINE: usize = 4 << 20;

pub(crate) struct JsonLines;

impl Inspector for JsonLines {
    fn format(&self) -> &Format {
        &FORMAT
    }

    fn probe(&self, probe: &Probe<'_>) -> Confidence {
        let named = FORMAT.claims_name(probe.file_name());
        if probe.len == 0 {
            return if named { Confidence::Name } else { Confidence::No };
        }
        let Some(text) = probe.text() else {
            let is_other = named && probe.has(0, b"{") && probe.is_other_text();
            return if is_other { Confidence::Name } else { Confidence::No };
        };
        let whole = probe.len <= probe.head.len() as u64;
        let lines: Vec<&str> = whole_lines(text, whole).take(8).collect();
        let objects = lines.iter().filter(|line| line.starts_with('{') && is_json(line)).count();
        let values = || lines.iter().filter(|line| is_json(line)).count();
        // Where the first line does not end in the head, its start is all there is to see.
        let is_long = !whole && !text.contains('\n') && text.trim_start().starts_with('{');
        let is_mostly = 2 * objects >= lines.len() || lines.len() > 1 && values() == lines.len();
        if named && (is_mostly || is_long) {
            // A bad line among good ones is a bad line, and no other format.
            Confidence::Content
        } else if ends_with(probe.file_name(), ".json") && objects >= 2 && objects == lines.len() {
            // Two objects after each other are no JSON document.
            Confidence::Content
        } else if !named && objects >= 2 && objects == lines.len() {
            Confidence::Guess
        } else {
            Confidence::No
        }
    }

    fn inspect(
        &self,
        source: &dyn ReadAt,
        path: &str,
        budget: &mut Budget,
    ) -> Result<Facts, InspectError> {
        of_head(source, budget, self.stream(path), |head| first(path, head))
    }

    fn stream(&self, path: &str) -> Option<Box<dyn Stream>> {
        Some(Box::new(Lines::new(path)))
    }

    fn gives(&self) -> &'static [&'static str] {
        &[
            property::ROWS,
            property::BAD_ROWS,
            property::COLUMNS,
            property::COLUMN,
            property::COLUMN_TYPE,
            property::MISSING_VALUES,
            property::NOT_MEASURED,
        ]
    }
}

/// Whether a line is a JSON value, or what Python takes for one.
pub(super) fn is_json(line: &str) -> bool {
    let is = |line: &[u8]| serde_json::from_slice::<serde::de::IgnoredAny>(line).is_ok();
    is(line.as_bytes()) || json_loose::strict(line.as_bytes()).is_some_and(|line| is(&line))
}

/// What the first bytes of a longer file give. A line that they cut is no bad line.
pub(super) fn first(path: &str, head: &[u8]) -> Facts {
    let end = head.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    let mut lines = Lines::new(path);
    lines.push(head.get(..end).unwrap_or_default());
    lines.say_head()
}

/// Reads a line as JSON, or else as what Python takes for it.
fn read(keys: &mut Keys, line: &[u8]) -> Shape {
    match json_loose::strict(line) {
        Some(strict) => keys.read(&strict),
        None => keys.read(line),
    }
}

/// The lines of a file as its bytes pass by.
pub(super) struct Lines {
    path: String,
    /// What a row is called.
    unit: &'static str,
    line: Vec<u8>,
    /// Whether the line outgrew the limit.
    is_long: bool,
    number: u64,
    rows: u64,
    keys: Keys,
    watch: Watch,
    /// What is odd: how many lines, and the first of them.
    odd: BTreeMap<&'static str, (u64, u64)>,
}

const LONG: &str = "are too long to be parsed";
const BROKEN: &str = "are no JSON";
const PLAIN: &str = "are no objects";
const TWICE: &str = "have a key twice";

impl Lines {
    fn new(path: &str) -> Self {
        Self::of(path, "line")
    }

    /// Rows that are called so.
    pub(super) fn of(path: &str, unit: &'static str) -> Self {
        Self {
            path: path.to_owned(),
            unit,
            line: Vec::new(),
            is_long: false,
            number: 1,
            rows: 0,
            keys: Keys::default(),
            watch: Watch::default(),
            odd: BTreeMap::new(),
        }
    }

    fn keep(&mut self, bytes: &[u8]) {
        if self.line.len() + bytes.len() > MAX_LINE {
            self.is_long = true;
            self.line = Vec::new();
        } else if !self.is_long {
            self.line.extend_from_slice(bytes);
        }
    }

    fn end_line(&mut self) {
        let line = std::mem::take(&mut self.line);
        let text = if self.number == 1 { line.strip_prefix(b"\xEF\xBB\xBF") } else { None };
        let text = text.unwrap_or(&line).trim_ascii();
        let is_long = std::mem::take(&mut self.is_long);
        if is_long || !text.is_empty() {
            self.rows += 1;
            let odd = match is_long.then_some(LONG) {
                Some(long) => Some(long),
                None => match read(&mut self.keys, text) {
                    Shape::Object => None,
                    Shape::Twice => Some(TWICE),
                    Shape::Plain => Some(PLAIN),
                    Shape::Broken => Some(BROKEN),
                },
            };
            if let Some(odd) = odd {
                self.odd.entry(odd).or_insert((0, self.number)).0 += 1;
            }
        }
        self.number += 1;
        // The room is used again for the next line.
        self.line = line;
        self.line.clear();
    }

    /// What the first lines of a longer file give: a guess of what all of them hold.
    pub(super) fn say_head(self) -> Facts {
        let mut facts = Facts::default();
        let path = self.path.as_str();
        let at = format!("{}s 1-{}", self.unit, self.number.saturating_sub(1));
        if self.rows > 0 {
            facts.inferred(path, &at, property::COLUMNS, Value::Uint(self.keys.len()));
            facts.inferred(path, &at, property::COLUMN, Value::List(self.keys.names()));
        }
        facts.not_measured(path, "", property::ROWS, super::NOT_WHOLE);
        facts
    }
}

impl Lines {
    /// Looks whether the bytes are text.
    pub(super) fn watch(&mut self, bytes: &[u8]) {
        self.watch.push(bytes);
    }

    /// What all rows give.
    pub(super) fn say(&self) -> Facts {
        let mut facts = Facts::default();
        let path = self.path.as_str();
        let odd = |what: &str| self.odd.get(what).map_or(0, |(count, _)| *count);
        let bad = odd(BROKEN);
        let objects = self.rows - bad - odd(LONG) - odd(PLAIN);
        facts.measured(path, "", property::ROWS, Value::Uint(self.rows));
        facts.measured(path, "", property::BAD_ROWS, Value::Uint(bad));
        facts.measured(path, "", property::COLUMNS, Value::Uint(self.keys.len()));
        facts.measured(path, "", property::COLUMN, Value::List(self.keys.names()));
        for (index, (name, kinds, given)) in self.keys.all().enumerate() {
            let name = subject(name, index);
            let kind = (property::COLUMN_TYPE, Value::Text(kinds.name()));
            facts.about(&name, Known::Measured, (path, ""), kind);
            if let Some(missing @ 1..) = objects.checked_sub(given) {
                let missing = (property::MISSING_VALUES, Value::Uint(missing));
                facts.about(&name, Known::Measured, (path, ""), missing);
            }
        }
        for (what, (count, line)) in &self.odd {
            let severity = if *what == PLAIN { Severity::Info } else { Severity::Low };
            let at = format!("{} {line}", self.unit);
            let message = format!("{count} {}s {what}", self.unit);
            facts.find("jsonl-lines", severity, (path, &at), message);
        }
        if let Some(problem) = self.watch.problem() {
            facts.find("jsonl-text", Severity::Low, (path, ""), problem);
        }
        if odd(LONG) > 0 || self.keys.is_full() {
            facts.incomplete = true;
        }
        if self.keys.is_full() {
            let message = format!("only the first {} keys are told", self.keys.len());
            facts.find("jsonl-keys", Severity::Low, (path, ""), message);
        }
        facts
    }
}

impl Sink for Lines {
    fn keep(&mut self, bytes: &[u8]) {
        Self::keep(self, bytes);
    }

    fn end(&mut self) {
        self.end_line();
    }
}

impl Stream for Lines {
    fn push(&mut self, bytes: &[u8]) {
        self.watch.push(bytes);
        let mut rest = bytes;
        while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
            let (line, tail) = rest.split_at(end);
            self.keep(line);
            self.end_line();
            rest = tail.get(1..).unwrap_or_default();
        }
        self.keep(rest);
    }

    fn finish(mut self: Box<Self>) -> Facts {
        self.end_line();
        self.say()
    }
}
