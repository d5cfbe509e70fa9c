//! `tokenizer.json` of the tokenizers library. What it says of itself stands at its start; the
//! vocabulary behind it, which may have many megabytes, is counted while the file streams by.

use sealkit_report::{Budget, Severity};

use crate::json_scan::{Scanner, Sink, Step, is};
use crate::{
    Class, Confidence, Facts, Format, InspectError, Inspector, Probe, ReadAt, Stream, Value,
    property, read_at,
};

const FORMAT: Format =
    Format::new("hf-tokenizer", "tokenizer", Class::ModelPart, &[]).media("application/json");
/// Bytes from the start in which the algorithm is looked for: added tokens stand before it.
const START: u64 = 256 << 10;
/// Bytes that are read at once while looking.
const PIECE: u64 = 16 << 10;

pub(crate) struct Tokenizer;

impl Inspector for Tokenizer {
    fn format(&self) -> &Format {
        &FORMAT
    }

    fn probe(&self, probe: &Probe<'_>) -> Confidence {
        let keys = ["\"added_tokens\"", "\"pre_tokenizer\"", "\"truncation\""];
        crate::pick::sniff(probe, "tokenizer.json", &keys)
    }

    fn inspect(
        &self,
        source: &dyn ReadAt,
        path: &str,
        budget: &mut Budget,
    ) -> Result<Facts, InspectError> {
        let (mut scanner, mut seen) = (Scanner::new(), Seen::default());
        let end = source.len().min(START);
        let mut at = 0;
        while at < end && seen.algorithm.is_none() {
            let bytes = read_at::piece(source, budget, at, PIECE.min(end - at))?;
            scanner.push(&bytes, &mut seen);
            if let Some((what, offset)) = scanner.broken() {
                return Err(InspectError::malformed("JSON", what, offset));
            }
            at += bytes.len() as u64;
        }
        let mut facts = Facts::default();
        seen.start(path, &mut facts);
        Ok(facts)
    }

    fn stream(&self, path: &str) -> Option<Box<dyn Stream>> {
        let reading =
            Reading { path: path.to_owned(), scanner: Scanner::new(), seen: Seen::default() };
        Some(Box::new(reading))
    }

    fn gives(&self) -> &'static [&'static str] {
        &[property::TOKENIZER, property::CONTEXT_LENGTH, property::VOCABULARY]
    }
}

/// What passed.
#[derive(Default)]
struct Seen {
    algorithm: Option<String>,
    truncation: Option<u64>,
    vocabulary: Option<u64>,
    /// Highest number of a token that was added to the vocabulary.
    last_added: Option<u64>,
}

impl Seen {
    fn start(&self, path: &str, facts: &mut Facts) {
        if let Some(algorithm) = &self.algorithm {
            let algorithm = Value::Text(algorithm.clone());
            facts.declared(path, "/model/type", property::TOKENIZER, algorithm);
        }
        if let Some(length) = self.truncation {
            let place = "/truncation/max_length";
            facts.declared(path, place, property::CONTEXT_LENGTH, Value::Uint(length));
        }
    }
}

impl Sink for Seen {
    fn scalar(&mut self, path: &[Step], text: &str, quoted: bool) {
        match path {
            _ if is(path, &["model", "type"]) && quoted => {
                self.algorithm = Some(crate::pick::cut(text, 64).to_owned());
            }
            _ if is(path, &["truncation", "max_length"]) => self.truncation = text.parse().ok(),
            [Step::Key(list), Step::Index(_), Step::Key(id)]
                if list == "added_tokens" && id == "id" =>
            {
                self.last_added = self.last_added.max(text.parse().ok());
            }
            _ => {}
        }
    }

    fn end(&mut self, path: &[Step], members: u64) {
        if is(path, &["model", "vocab"]) {
            self.vocabulary = Some(members);
        }
    }
}

struct Reading {
    path: String,
    scanner: Scanner,
    seen: Seen,
}

impl Stream for Reading {
    fn push(&mut self, bytes: &[u8]) {
        self.scanner.push(bytes, &mut self.seen);
    }

    fn finish(mut self: Box<Self>) -> Facts {
        let mut facts = Facts::default();
        if let Some((what, offset)) = self.scanner.finish(&mut self.seen) {
            let place = format!("bytes {offset}-{offset}");
            let at = (self.path.as_str(), place.as_str());
            facts.find("malformed-json", Severity::Medium, at, format!("not valid JSON: {what}"));
            facts.incomplete = true;
        }
        if let Some(count) = self.seen.vocabulary {
            // Added tokens may be numbered past the vocabulary, or name entries of it.
            let with_added = self.seen.last_added.and_then(|last| last.checked_add(1));
            let count = count.max(with_added.unwrap_or(0));
            let place = "/model/vocab";
            facts.measured(&self.path, place, property::VOCABULARY, Value::Uint(count));
        }
        facts
    }
}
