//! Tables as text in gzip (RFC 1952) or Zstandard (RFC 8878): what they hold is counted as the packed bytes
//! pass by, unpacked in small steps and never held whole.

use std::io::{self, Write};

use flate2::write::MultiGzDecoder;
use sealkit_report::{Budget, Severity};

use super::lines::{self, JsonLines};
use super::separated::{self, CSV, TSV};
use super::{HEAD, NOT_WHOLE, of_head, zstd};
use crate::codec::Codec;
use crate::format::ends_with;
use crate::{
    Class, Confidence, Facts, Format, InspectError, Inspector, Probe, ReadAt, Stream, property,
};

/// The first bytes of every member of gzip that holds deflated bytes.
const GZIP: &[u8] = b"\x1F\x8B\x08";
/// Packed bytes that are unpacked in one step. Steps lie at fixed places, so that it does not matter in
/// which pieces the file passes by.
const STEP: usize = 16 << 10;
/// Unpacked bytes that every file may have.
const FREE: u64 = 32 << 20;
/// Unpacked bytes for each packed one that a file may have besides. Text packs to a fifth or so, a table of
/// zeros and ones to a hundredth; deflate goes to a thousandth.
const RATIO: u64 = 256;

/// A packed table.
pub(crate) struct Packed {
    format: Format,
    packing: Packing,
    rows: &'static (dyn Rows + Sync),
}

/// A kind of rows that may be packed.
pub(super) trait Rows: Inspector {
    /// What the first bytes of a longer file give.
    fn first(&self, path: &str, head: &[u8]) -> Facts;
}

/// How it is packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Packing {
    Gzip,
    Zstd,
}

impl Packing {
    const fn media_type(self) -> &'static str {
        match self {
            Self::Gzip => "application/gzip",
            Self::Zstd => "application/zstd",
        }
    }

    /// Whether a file that begins so is packed so.
    fn begins(self, head: &[u8]) -> bool {
        match self {
            Self::Gzip => head.starts_with(GZIP),
            Self::Zstd => zstd::begins(head),
        }
    }

    fn ending(self) -> &'static str {
        match self {
            Self::Gzip => ".gz",
            Self::Zstd => ".zst",
        }
    }

    fn unpack_head(self, head: &[u8], limit: usize) -> Vec<u8> {
        match self {
            Self::Gzip => Codec::Gzip.unpack_head(head, limit),
            Self::Zstd => zstd::unpack_head(head, limit),
        }
    }

    /// The path without the ending of the packing.
    fn inner_path(self, path: &str) -> &str {
        let ending = self.ending();
        let inner = path.len().checked_sub(ending.len()).filter(|_| ends_with(path, ending));
        inner.and_then(|end| path.get(..end)).unwrap_or(path)
    }
}

const fn packed(
    (id, name): (&'static str, &'static str),
    extensions: &'static [&'static str],
    packing: Packing,
    rows: &'static (dyn Rows + Sync),
) -> Packed {
    let format = Format::new(id, name, Class::Dataset, extensions).media(packing.media_type());
    Packed { format, packing, rows }
}

pub(crate) static PACKED_CSV: Packed =
    packed(("compressed-csv", "compressed CSV"), &[".csv.gz"], Packing::Gzip, &CSV);
pub(crate) static PACKED_TSV: Packed =
    packed(("compressed-tsv", "compressed TSV"), &[".tsv.gz"], Packing::Gzip, &TSV);
pub(crate) static PACKED_JSONL: Packed = packed(
    ("compressed-jsonl", "compressed JSON lines"),
    &[".jsonl.gz", ".ndjson.gz"],
    Packing::Gzip,
    &JsonLines,
);
pub(crate) static ZSTD_CSV: Packed =
    packed(("zstd-csv", "CSV in Zstandard"), &[".csv.zst"], Packing::Zstd, &CSV);
pub(crate) static ZSTD_TSV: Packed =
    packed(("zstd-tsv", "TSV in Zstandard"), &[".tsv.zst"], Packing::Zstd, &TSV);
pub(crate) static ZSTD_JSONL: Packed = packed(
    ("zstd-jsonl", "JSON lines in Zstandard"),
    &[".jsonl.zst", ".ndjson.zst"],
    Packing::Zstd,
    &JsonLines,
);

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
        let by_content = [PACKED_JSONL.format.id, ZSTD_JSONL.format.id].contains(&self.format.id);
        if !self.packing.begins(probe.head) || !(named || by_content) {
            return Confidence::No;
        }
        let limit = Probe::HEAD as usize;
        let head = self.packing.unpack_head(probe.head, limit);
        if head.is_empty() {
            // Nothing, nothing that can be unpacked, or a block that is longer: reading says which.
            return if named { Confidence::Magic } else { Confidence::No };
        }
        let whole = probe.len <= probe.head.len() as u64 && head.len() < limit;
        let len = if whole { head.len() as u64 } else { u64::MAX };
        let inside = Probe::new(self.packing.inner_path(probe.path), &head, &[], len, None);
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
        of_head(source, budget, self.stream(path), |bytes| {
            let head = self.packing.unpack_head(bytes, HEAD as usize);
            self.rows.first(path, &head)
        })
    }

    fn stream(&self, path: &str) -> Option<Box<dyn Stream>> {
        let rows = self.rows.stream(path)?;
        Some(Box::new(Unpacking::new(path, self.packing, rows, FREE)))
    }

    fn gives(&self) -> &'static [&'static str] {
        self.rows.gives()
    }
}

/// A table whose packed bytes pass by.
struct Unpacking {
    path: String,
    /// Packed bytes of a step that is not full.
    step: Vec<u8>,
    decoder: Decoder,
    problem: Option<&'static str>,
}

/// Unpacks what is written to it.
enum Decoder {
    Gzip(Box<MultiGzDecoder<Sink>>),
    Zstd(Box<zstd::Decoder<Sink>>),
}

impl Decoder {
    fn sink(&mut self) -> &mut Sink {
        match self {
            Self::Gzip(decoder) => decoder.get_mut(),
            Self::Zstd(decoder) => decoder.get_mut(),
        }
    }

    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self {
            Self::Gzip(decoder) => decoder.write_all(bytes),
            Self::Zstd(decoder) => decoder.write_all(bytes),
        }
    }

    fn try_finish(&mut self) -> io::Result<()> {
        match self {
            Self::Gzip(decoder) => decoder.try_finish(),
            Self::Zstd(decoder) => decoder.try_finish(),
        }
    }
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
    fn new(path: &str, packing: Packing, rows: Box<dyn Stream>, free: u64) -> Self {
        let sink = Sink { rows: Some(rows), left: free };
        let decoder = match packing {
            Packing::Gzip => Decoder::Gzip(Box::new(MultiGzDecoder::new(sink))),
            Packing::Zstd => Decoder::Zstd(Box::new(zstd::Decoder::new(sink))),
        };
        Self { path: path.to_owned(), step: Vec::with_capacity(STEP), decoder, problem: None }
    }

    /// Unpacks the bytes of one step.
    fn unpack(&mut self) {
        let sink = self.decoder.sink();
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
        let rows = self.decoder.sink().rows.take();
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
        let mut stream = Box::new(Unpacking::new("x.jsonl.gz", Packing::Gzip, rows, free));
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
