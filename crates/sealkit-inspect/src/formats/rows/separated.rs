//! Comma and tab separated text: columns from its head, rows and types from the whole.

use sealkit_report::{Budget, Severity};

use super::split::Splitter;
use super::table::Table;
use super::watch::Watch;
use super::{HEAD, of_head, utf16, whole_lines};
use crate::{
    Class, Confidence, Facts, Format, InspectError, Inspector, Probe, ReadAt, Stream, Value,
    property,
};

/// Text with one separator.
pub(crate) struct Separated {
    format: Format,
    separator: u8,
}

pub(crate) static CSV: Separated = Separated {
    format: Format::new("csv", "CSV", Class::Dataset, &[".csv"]).media("text/csv"),
    separator: b',',
};
pub(crate) static TSV: Separated = Separated {
    format: Format::new("tsv", "TSV", Class::Dataset, &[".tsv", ".tab"])
        .media("text/tab-separated-values"),
    separator: b'\t',
};

impl Separated {
    /// What the first bytes of a longer file give.
    pub(super) fn first_of(&self, path: &str, head: &[u8]) -> Facts {
        let mut cells = Cells::new(path, self.separator);
        cells.push(head);
        cells.say_head()
    }
}

impl Inspector for Separated {
    fn format(&self) -> &Format {
        &self.format
    }

    fn probe(&self, probe: &Probe<'_>) -> Confidence {
        let named = self.format.claims_name(probe.file_name());
        match (named, probe.text()) {
            (true, Some(_)) => Confidence::Content,
            (true, None) if probe.len == 0 || probe.is_other_text() => Confidence::Name,
            // Prose has commas too: without a name, tabs alone count, in every one of many lines.
            (false, Some(text)) if self.separator == b'\t' => {
                let lines: Vec<usize> =
                    whole_lines(text, false).map(|line| line.matches('\t').count()).collect();
                let first = lines.first().copied().unwrap_or(0);
                let even = lines.len() >= 3 && first > 0 && lines.iter().all(|n| *n == first);
                if even { Confidence::Guess } else { Confidence::No }
            }
            _ => Confidence::No,
        }
    }

    fn inspect(
        &self,
        source: &dyn ReadAt,
        path: &str,
        budget: &mut Budget,
    ) -> Result<Facts, InspectError> {
        of_head(source, budget, self.stream(path), |head| self.first_of(path, head))
    }

    fn stream(&self, path: &str) -> Option<Box<dyn Stream>> {
        Some(Box::new(Cells::new(path, self.separator)))
    }

    fn gives(&self) -> &'static [&'static str] {
        &[
            property::ROWS,
            property::BAD_ROWS,
            property::HEADER,
            property::COLUMNS,
            property::COLUMN,
            property::COLUMN_TYPE,
            property::MISSING_VALUES,
            property::MODALITY,
            property::NOT_MEASURED,
        ]
    }
}

/// The cells of a file as its bytes pass by.
struct Cells {
    path: String,
    encoding: Encoding,
    /// The separator that the name promises.
    separator: u8,
    /// The bytes up to the first line end: they say which separator it is.
    held: Option<Vec<u8>>,
    splitter: Splitter<Table>,
    watch: Watch,
}

/// How characters are written.
enum Encoding {
    /// The first byte, before the second one tells.
    Unknown(Vec<u8>),
    /// UTF-8, or a form that has ASCII in it.
    Bytes,
    Utf16(utf16::Decoder),
}

impl Cells {
    fn new(path: &str, separator: u8) -> Self {
        Self {
            path: path.to_owned(),
            encoding: Encoding::Unknown(Vec::new()),
            separator,
            held: Some(Vec::new()),
            splitter: Splitter::new(separator, Table::default()),
            watch: Watch::default(),
        }
    }

    /// Chooses the separator and lets the held bytes go.
    fn release(&mut self) {
        if let Encoding::Unknown(start) = &mut self.encoding {
            let start = std::mem::take(start);
            self.encoding = Encoding::Bytes;
            self.text(&start);
        }
        let Some(held) = self.held.take() else { return };
        let text = held.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&held);
        if let Some(separator) = said_separator(text) {
            self.splitter = Splitter::new(separator, Table::default()).after_line();
            return;
        }
        self.splitter = Splitter::new(separator(text, self.separator), Table::default());
        self.splitter.push(text);
    }

    /// The next bytes of text.
    fn text(&mut self, bytes: &[u8]) {
        self.watch.push(bytes);
        let Some(held) = &mut self.held else {
            self.splitter.push(bytes);
            return;
        };
        let room = (HEAD as usize).saturating_sub(held.len());
        let end = bytes.iter().take(room).position(|byte| matches!(byte, b'\n' | b'\r'));
        let (now, later) = bytes.split_at(end.map_or(room, |end| end + 1).min(bytes.len()));
        held.extend_from_slice(now);
        if end.is_some() || held.len() >= HEAD as usize {
            self.release();
            self.splitter.push(later);
        }
    }

    /// What the first bytes of a longer file give.
    fn say_head(mut self) -> Facts {
        self.release();
        let mut facts = Facts::default();
        self.splitter.rows.say_first(&self.path, &mut facts);
        facts.inferred(&self.path, "", property::MODALITY, Value::Text("tabular".to_owned()));
        facts.not_measured(&self.path, "", property::ROWS, super::NOT_WHOLE);
        facts
    }
}

impl Stream for Cells {
    fn push(&mut self, bytes: &[u8]) {
        let mut rest = bytes;
        while let Encoding::Unknown(start) = &mut self.encoding {
            let Some((&byte, tail)) = rest.split_first() else { return };
            start.push(byte);
            rest = tail;
            if start.len() == 2 {
                let start = std::mem::take(start);
                if let Some(decoder) = utf16::Decoder::of(&start) {
                    self.encoding = Encoding::Utf16(decoder);
                } else {
                    self.encoding = Encoding::Bytes;
                    self.text(&start);
                }
            }
        }
        let Encoding::Utf16(decoder) = &mut self.encoding else { return self.text(rest) };
        let mut text = String::new();
        decoder.push(rest, &mut text);
        self.text(text.as_bytes());
    }

    fn finish(mut self: Box<Self>) -> Facts {
        self.release();
        let mut facts = Facts::default();
        let path = self.path.as_str();
        let (mut table, is_open, stray_quotes) = self.splitter.finish();
        table.end();
        table.say_first(path, &mut facts);
        table.say_rows(path, &mut facts);
        facts.inferred(path, "", property::MODALITY, Value::Text("tabular".to_owned()));
        if let Some(problem) = self.watch.problem() {
            facts.find("table-text", Severity::Low, (path, ""), problem);
        }
        if is_open {
            facts.incomplete = true;
            let message = "a quote is never closed: what follows it is one cell";
            facts.find("table-quotes", Severity::Medium, (path, ""), message);
        }
        if stray_quotes > 0 {
            let message = format!("{stray_quotes} quoted cells go on after their quote");
            facts.find("table-quotes", Severity::Low, (path, ""), message);
        }
        facts
    }
}

/// The separator that a first line `sep=;` names, as spreadsheets write and read it.
fn said_separator(line: &[u8]) -> Option<u8> {
    match line.trim_ascii_end().strip_prefix(b"sep=")? {
        [separator @ (b',' | b';' | b'|')] => Some(*separator),
        // The tab is trimmed.
        [] if line.contains(&b'\t') => Some(b'\t'),
        _ => None,
    }
}

/// The separator that stands in the first line: the one that the name promises, else the most
/// frequent of those in use, outside of quotes.
fn separator(text: &[u8], promised: u8) -> u8 {
    let mut counts = [(promised, 0_u64), (b';', 0), (b'\t', 0), (b'|', 0), (b',', 0)];
    let mut quoted = false;
    for byte in text {
        quoted ^= *byte == b'"';
        if let Some((_, count)) = counts.iter_mut().find(|(is, _)| !quoted && is == byte) {
            *count += 1;
        }
    }
    match counts {
        [(_, 1..), ..] => promised,
        // The first of equals: `max_by_key` takes the last.
        _ => counts.iter().rev().max_by_key(|(_, count)| *count).map_or(promised, |(is, _)| *is),
    }
}
