//! Tables as text in gzip (RFC 1952): what they hold is counted as the packed bytes pass by, unpacked in
//! small steps and never held whole.

use std::io::{self, Write};

use flate2::write::MultiGzDecoder;
use sealkit_report::{Budget, Severity};

use super::lines::{self, JsonLines};
use super::separated::{self, CSV, TSV};
use super::{HEAD, NOT_WHOLE};
use crate::codec::Codec;
use crate::format::ends_with;
use crate::{
    Class, Confidence, Facts, Format, InspectError, Inspector, Probe, ReadAt, Stream, property,
    read_at,
};

/// The first bytes of every member that holds deflated bytes.
const MAGIC: &[u8] = b"\x1F\x8B\x08";
/// Packed bytes that are unpacked in one step. Steps lie at fixed places, so that it does not matter in
/// which pieces the file passes by.
const STEP: usize = 16 << 10;
/// Unpacked bytes that every file may have.
const FREE: u64 = 32 << 20;
/// Unpacked bytes for each packed one that a file may have besides. Text packs to a fifth or so, a table of
/// zeros and ones to a hundredth; deflate goes to a thousandth.
const RATIO: u64 = 256;

/// A table in gzip.
pub(crate) struct Packed {
    format: Format,
    rows: &'static (dyn Rows + Sync),
}

/// A kind of rows that may be packed.
pub(super) trait Rows: Inspector {
    /// What the first bytes of a longer file give.
    fn first(&self, path: &str, head: &[u8]) -> Facts;
}

const fn packed(
    id: &'static str,
    name: &'static str,
    extensions: &'static [&'static str],
    rows: &'static (dyn Rows + Sync),
) -> Packed {
    let format = Format::new(id, name, Class::Dataset, extensions).media("application/gzip");
    Packed { format, rows }
}

pub(crate) static PACKED_CSV: Packed =
    packed("compressed-csv", "compressed CSV", &[".csv.gz"], &CSV);
pub(crate) static PACKED_TSV: Packed =
    packed("compressed-tsv", "compressed TSV", &[".tsv.gz"], &TSV);
pub(crate) static PACKED_JSONL: Packed =
    packed("compressed-jsonl", "compressed JSON lines", &[".jsonl.gz", ".ndjson.gz"], &JsonLines);

impl Rows for JsonLines {
    fn first(&self, path: &str, head: &[u8]) -> Facts {
        lines::first(path, head)
    }
}

impl Rows for separated::Separated {
    fn first(&self, path: &str, head: &[u8]) -> Facts {
        self.first_of(path, head)
    }
}

impl Inspector for Packed {
    fn format(&self) -> &Format {
        &self.format
    }

    fn probe(&self, probe: &Probe<'_>) -> Confidence {
        let named = self.format.claims_name(probe.file_name());
        if !probe.has(0, MAGIC) || !(named || self.format.id == PACKED_JSONL.format.id) {
            return Confidence::No;
        }
        let limit = Probe::HEAD as usize;
        let head = Codec::Gzip.unpack_head(probe.head, limit);
        if head.is_empty() {
            // Nothing, or nothing that can be unpacked: reading says which.
            return if named { Confidence::Magic } else { Confidence::No };
        }
        let whole = probe.len <= probe.head.len() as u64 && head.len() < limit;
        let len = if whole { head.len() as u64 } else { u64::MAX };
        let inside = Probe::new(inner_path(probe.path), &head, &[], len, None);
        // Without a name, only many lines of JSON are more than text.
        let wanted = if named { Confidence::Name } else { Confidence::Guess };
        if self.rows.probe(&inside) >= wanted { Confidence::Magic } else { Confidence::No }
    }

    fn inspect(
        &self,
        source: &dyn ReadAt,
        path: &str,
        budget: &mut Budget,
    ) -> Result<Facts, InspectError> {
        let bytes = read_at::piece(source, budget, 0, HEAD)?;
        if bytes.len() as u64 == source.len()
            && let Some(mut whole) = self.stream(path)
        {
            whole.push(&bytes);
            return Ok(whole.finish());
        }
        let head = Codec::Gzip.unpack_head(&bytes, HEAD as usize);
        Ok(self.rows.first(path, &head))
    }

    fn stream(&self, path: &str) -> Option<Box<dyn Stream>> {
        let rows = self.rows.stream(path)?;
        Some(Box::new(Unpacking::new(path, rows, FREE)))
    }

    fn gives(&self) -> &'static [&'static str] {
        self.rows.gives()
    }
}

/// The path without the ending of the packing.
fn inner_path(path: &str) -> &str {
    let inner = path.len().checked_sub(3).filter(|_| ends_with(path, ".gz"));
    inner.and_then(|end| path.get(..end)).unwrap_or(path)
}

/// A table whose packed bytes pass by.
struct Unpacking {
    path: String,
    /// Packed bytes of a step that is not full.
    step: Vec<u8>,
    decoder: MultiGzDecoder<Sink>,
    problem: Option<&'static str>,
}

/// Takes what comes out, as long as it is within bounds.
struct Sink {
    rows: Option<Box<dyn Stream>>,
    left: u64,
}

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let left = self.left.checked_sub(bytes.len() as u64);
        self.left = left.ok_or(io::ErrorKind::FileTooLarge)?;
        if let Some(rows) = &mut self.rows {
            rows.push(bytes);
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Unpacking {
    fn new(path: &str, rows: Box<dyn Stream>, free: u64) -> Self {
        let sink = Sink { rows: Some(rows), left: free };
        Self {
            path: path.to_owned(),
            step: Vec::with_capacity(STEP),
            decoder: MultiGzDecoder::new(sink),
            problem: None,
        }
    }

    /// Unpacks the bytes of one step.
    fn unpack(&mut self) {
        let sink = self.decoder.get_mut();
        sink.left = sink.left.saturating_add(RATIO.saturating_mul(self.step.len() as u64));
        let done = self.decoder.write_all(&self.step);
        self.step.clear();
        self.note(done);
    }

    fn note(&mut self, done: io::Result<()>) {
        if let (Err(error), None) = (done, self.problem) {
            self.problem = Some(match error.kind() {
                io::ErrorKind::FileTooLarge => "it unpacks to more than text does",
                _ => "the compressed bytes cannot be unpacked to their end",
            });
        }
    }
}

impl Stream for Unpacking {
    fn push(&mut self, bytes: &[u8]) {
        let mut rest = bytes;
        while !rest.is_empty() && self.problem.is_none() {
            let room = STEP.saturating_sub(self.step.len()).min(rest.len());
            let (now, later) = rest.split_at(room);
            self.step.extend_from_slice(now);
            rest = later;
            if self.step.len() >= STEP {
                self.unpack();
            }
        }
    }

    fn finish(mut self: Box<Self>) -> Facts {
        if self.problem.is_none() {
            self.unpack();
        }
        if self.problem.is_none() {
            let done = self.decoder.try_finish();
            self.note(done);
        }
        let rows = self.decoder.get_mut().rows.take();
        let Some(problem) = self.problem else {
            return rows.map(Stream::finish).unwrap_or_default();
        };
        // A part of the rows is no number of rows.
        let mut facts = Facts { incomplete: true, ..Facts::default() };
        facts.not_measured(&self.path, "", property::ROWS, NOT_WHOLE);
        facts.find("not-unpacked", Severity::Medium, (&self.path, ""), problem);
        facts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unpacked(bytes: &[u8], free: u64, piece: usize) -> Facts {
        let rows = JsonLines.stream("x.jsonl.gz").unwrap();
        let mut stream = Box::new(Unpacking::new("x.jsonl.gz", rows, free));
        for piece in bytes.chunks(piece) {
            stream.push(piece);
        }
        stream.finish()
    }

    #[test]
    fn a_bomb_is_let_lie_in_whatever_pieces_it_comes() {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        encoder.write_all(&vec![b'\n'; 16 << 20]).unwrap();
        let bomb = encoder.finish().unwrap();
        assert!((bomb.len() as u64) < 32 << 10);
        let facts = unpacked(&bomb, 1 << 20, bomb.len());
        assert!(facts.incomplete);
        assert_eq!(facts.uint(property::ROWS), None);
        assert_eq!(facts.findings[0].message, "it unpacks to more than text does");
        for piece in [1, 1000, STEP, STEP + 1] {
            assert_eq!(unpacked(&bomb, 1 << 20, piece), facts, "{piece}");
        }
        // With room enough it is a file like any other.
        assert_eq!(unpacked(&bomb, 16 << 20, 4096).uint(property::ROWS), Some(0));
    }
}
