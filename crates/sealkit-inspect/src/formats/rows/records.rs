//! Records in one JSON array, as instruction datasets come: how many, and what they hold.

use sealkit_report::{Budget, Severity};

use super::lines::{Lines, is_json};
use super::{NOT_WHOLE, of_head};
use crate::format::ends_with;
use crate::{
    Class, Confidence, Facts, Format, InspectError, Inspector, Probe, ReadAt, Stream, property,
};

const FORMAT: Format = Format::new("json-records", "JSON array of records", Class::Dataset, &[])
    .media("application/json");

pub(crate) struct JsonRecords;

impl Inspector for JsonRecords {
    fn format(&self) -> &Format {
        &FORMAT
    }

    fn probe(&self, probe: &Probe<'_>) -> Confidence {
        let Some(text) = probe.text() else { return Confidence::No };
        let start = text.trim_start().strip_prefix('[').map(str::trim_start);
        let is_list = start.is_some_and(|rest| rest.starts_with('{'));
        if !is_list || !ends_with(probe.file_name(), ".json") {
            return Confidence::No;
        }
        let mut seen = Seen::default();
        let mut elements = Elements::default();
        elements.push(text.as_bytes(), &mut seen);
        let whole = probe.len <= probe.head.len() as u64;
        let fits = !whole || elements.at == At::Behind && seen.objects >= 2;
        // One object is a list of settings as well as a record.
        if fits && !elements.is_broken && !seen.has_other {
            Confidence::Content
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
        of_head(source, budget, self.stream(path), |head| {
            let mut records = Records::new(path);
            records.push(head);
            records.lines.say_head()
        })
    }

    fn stream(&self, path: &str) -> Option<Box<dyn Stream>> {
        Some(Box::new(Records::new(path)))
    }

    fn gives(&self) -> &'static [&'static str] {
        super::JsonLines.gives()
    }
}

/// The records of a file as its bytes pass by.
struct Records {
    path: String,
    elements: Elements,
    lines: Lines,
}

impl Records {
    fn new(path: &str) -> Self {
        let lines = Lines::of(path, "record");
        Self { path: path.to_owned(), elements: Elements::default(), lines }
    }
}

impl Stream for Records {
    fn push(&mut self, bytes: &[u8]) {
        self.lines.watch(bytes);
        self.elements.push(bytes, &mut self.lines);
    }

    fn finish(self: Box<Self>) -> Facts {
        if self.elements.at == At::Behind && !self.elements.is_broken {
            return self.lines.say();
        }
        // A part of the records is no number of records.
        let mut facts = Facts { incomplete: true, ..Facts::default() };
        facts.not_measured(&self.path, "", property::ROWS, NOT_WHOLE);
        let message = "the array does not end with the file";
        facts.find("json-records", Severity::Medium, (&self.path, ""), message);
        facts
    }
}

/// Takes the elements of an array.
pub(super) trait Sink {
    /// The next bytes of an element.
    fn keep(&mut self, bytes: &[u8]);

    /// The end of an element, or of nothing but blanks.
    fn end(&mut self);
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum At {
    #[default]
    Before,
    Inside,
    Behind,
}

/// Cuts an array into its elements. What they hold is only looked at for brackets and texts.
#[derive(Debug, Default)]
struct Elements {
    at: At,
    depth: u64,
    is_text: bool,
    is_escaped: bool,
    is_broken: bool,
}

impl Elements {
    fn push(&mut self, bytes: &[u8], sink: &mut impl Sink) {
        let mut rest = bytes;
        while let Some((&byte, tail)) = rest.split_first() {
            if self.at == At::Inside {
                let len = rest.iter().position(|byte| self.ends(*byte)).unwrap_or(rest.len());
                let (element, after) = rest.split_at(len);
                sink.keep(element);
                let Some((stop, after)) = after.split_first() else { return };
                sink.end();
                if *stop == b']' {
                    self.at = At::Behind;
                }
                rest = after;
                continue;
            }
            // A byte order mark is no break.
            let is_blank = byte.is_ascii_whitespace() || b"\xEF\xBB\xBF".contains(&byte);
            if self.at == At::Before && byte == b'[' {
                self.at = At::Inside;
            } else {
                self.is_broken |= !is_blank;
            }
            rest = tail;
        }
    }

    /// Whether the element ends before this byte.
    fn ends(&mut self, byte: u8) -> bool {
        if self.is_text {
            let was_escaped = std::mem::take(&mut self.is_escaped);
            self.is_escaped = byte == b'\\' && !was_escaped;
            self.is_text = byte != b'"' || was_escaped;
            return false;
        }
        match byte {
            b'"' => self.is_text = true,
            b'{' | b'[' => self.depth += 1,
            b']' | b',' if self.depth == 0 => return true,
            b'}' | b']' => self.depth = self.depth.saturating_sub(1),
            _ => {}
        }
        false
    }
}

/// Counts the objects of a head.
#[derive(Default)]
struct Seen {
    element: Vec<u8>,
    objects: u64,
    has_other: bool,
}

impl Sink for Seen {
    fn keep(&mut self, bytes: &[u8]) {
        self.element.extend_from_slice(bytes);
    }

    fn end(&mut self) {
        let element = std::mem::take(&mut self.element);
        let element = element.trim_ascii();
        let is_object =
            element.starts_with(b"{") && std::str::from_utf8(element).is_ok_and(is_json);
        self.objects += u64::from(is_object);
        self.has_other |= !is_object;
    }
}
