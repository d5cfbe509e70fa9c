//! Tables: Parquet by its magic at both ends, JSON lines, comma and tab separated text by looking.

use sealkit_report::{Budget, Severity};

use crate::{
    Class, Confidence, Cursor, Facts, Format, InspectError, Inspector, Probe, ReadAt, Value,
    property,
};

const PARQUET: Format = Format::new("parquet", "Parquet", Class::Dataset, &[".parquet"])
    .media("application/vnd.apache.parquet");
const PARQUET_MAGIC: &[u8] = b"PAR1";
const JSONL: Format = Format::new("jsonl", "JSON lines", Class::Dataset, &[".jsonl", ".ndjson"])
    .media("application/jsonl");
/// Longest first line of a table whose columns are read, in bytes.
const MAX_LINE: u64 = 64 << 10;

pub(crate) struct Parquet;

impl Inspector for Parquet {
    fn format(&self) -> &Format {
        &PARQUET
    }

    fn probe(&self, probe: &Probe<'_>) -> Confidence {
        let named = PARQUET.claims(probe.path);
        match (probe.has(0, PARQUET_MAGIC), probe.tail.ends_with(PARQUET_MAGIC)) {
            (true, true) if probe.len >= 12 => Confidence::Magic,
            (true, _) if named => Confidence::Content,
            _ if named && probe.text().is_none() => Confidence::Name,
            _ => Confidence::No,
        }
    }

    fn inspect(
        &self,
        source: &dyn ReadAt,
        path: &str,
        budget: &mut Budget,
    ) -> Result<Facts, InspectError> {
        let mut facts = Facts::default();
        let mut cursor = Cursor::new(source, budget, "parquet");
        let Some(footer) = source.len().checked_sub(8).filter(|at| *at >= 4) else {
            return Err(cursor.malformed("a file too short for a footer"));
        };
        cursor.seek(footer)?;
        let len = u64::from(cursor.u32()?);
        if cursor.take(4, 4)? != PARQUET_MAGIC {
            return Err(cursor.malformed("no `PAR1` at the end"));
        }
        if len == 0 || len > footer - 4 {
            let message = "the footer states a length that the file cannot hold";
            facts.find("parquet-footer", Severity::High, (path, "footer"), message);
        }
        Ok(facts)
    }
}

pub(crate) struct JsonLines;

impl Inspector for JsonLines {
    fn format(&self) -> &Format {
        &JSONL
    }

    fn probe(&self, probe: &Probe<'_>) -> Confidence {
        let named = JSONL.claims(probe.path);
        if probe.len == 0 {
            return if named { Confidence::Name } else { Confidence::No };
        }
        let Some(text) = probe.text() else { return Confidence::No };
        let whole = probe.len <= probe.head.len() as u64;
        let lines: Vec<&str> = whole_lines(text, whole).take(8).collect();
        let is_object = |line: &&str| {
            line.starts_with('{') && serde_json::from_str::<serde::de::IgnoredAny>(line).is_ok()
        };
        match (lines.iter().all(is_object), named) {
            (true, true) => Confidence::Content,
            (true, false) if lines.len() >= 2 => Confidence::Guess,
            _ => Confidence::No,
        }
    }
}

/// Text with one separator.
pub(crate) struct Separated {
    format: Format,
    separator: char,
}

pub(crate) static CSV: Separated = Separated {
    format: Format::new("csv", "CSV", Class::Dataset, &[".csv"]).media("text/csv"),
    separator: ',',
};
pub(crate) static TSV: Separated = Separated {
    format: Format::new("tsv", "TSV", Class::Dataset, &[".tsv"]).media("text/tab-separated-values"),
    separator: '\t',
};

impl Inspector for Separated {
    fn format(&self) -> &Format {
        &self.format
    }

    fn probe(&self, probe: &Probe<'_>) -> Confidence {
        let named = self.format.claims(probe.path);
        match (named, probe.text()) {
            (true, Some(_)) => Confidence::Content,
            (true, None) if probe.len == 0 => Confidence::Name,
            // Prose has commas too: without a name, tabs alone count, in every one of many lines.
            (false, Some(text)) if self.separator == '\t' => {
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
        let len = source.len().min(MAX_LINE);
        budget.bytes(len)?;
        let mut bytes = vec![0; usize::try_from(len).unwrap_or(0)];
        source.read_at(0, &mut bytes)?;
        let text = String::from_utf8_lossy(&bytes);
        let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
        let columns = split(text, self.separator);
        let mut facts = Facts::default();
        let count = columns.len() as u64;
        facts.measured(path, "line 1", property::COLUMNS, Value::Uint(count));
        // Whether the first line names the columns cannot be known.
        facts.inferred(path, "line 1", property::COLUMN, Value::List(columns));
        Ok(facts)
    }

    fn gives(&self) -> &'static [&'static str] {
        &[property::COLUMNS, property::COLUMN]
    }
}

/// The fields of the first record (RFC 4180, quotes included).
fn split(text: &str, separator: char) -> Vec<String> {
    let mut fields = vec![String::new()];
    let mut quoted = false;
    for c in text.chars() {
        match c {
            '"' => quoted = !quoted,
            '\n' if !quoted => break,
            '\r' if !quoted => {}
            _ if c == separator && !quoted => fields.push(String::new()),
            _ => {
                if let Some(field) = fields.last_mut() {
                    field.push(c);
                }
            }
        }
    }
    fields
}

/// The lines that are not empty; the last one only where the text is known to be whole.
fn whole_lines(text: &str, whole: bool) -> impl Iterator<Item = &str> {
    let end = if whole { text.len() } else { text.rfind('\n').unwrap_or(text.len()) };
    text.get(..end).unwrap_or(text).lines().map(str::trim).filter(|line| !line.is_empty())
}
