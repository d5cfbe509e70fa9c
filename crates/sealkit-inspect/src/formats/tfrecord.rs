//! TFRecord: records with their length before them, and checksums.
//!
//! Source: TensorFlow's `record_writer.h`; CRC-32C as in RFC 3720, appendix B.4.

use sealkit_report::{Budget, Severity};

use crate::hops::{self, End, Hop, Hops, Passing};
use crate::{
    Class, Confidence, Facts, Format, InspectError, Inspector, Probe, ReadAt, Stream, Value,
    partial, property,
};

const FORMAT: Format =
    Format::new("tfrecord", "TFRecord", Class::Dataset, &[".tfrecord", ".tfrecords"])
        .read_by("tensorflow");
/// Bytes before a record: its length and the checksum of that.
const HEAD: usize = 12;
/// Bytes behind a record: its checksum.
const TAIL: u64 = 4;
/// Most records that are jumped over; whoever reads the whole file counts them all.
const MAX_JUMPS: u64 = 4096;

pub(crate) struct TfRecord;

impl Inspector for TfRecord {
    fn format(&self) -> &Format {
        &FORMAT
    }

    fn probe(&self, probe: &Probe<'_>) -> Confidence {
        let is_shard = probe.file_name().contains(".tfrecord-");
        let named = FORMAT.claims_name(probe.file_name()) || is_shard;
        match length(probe.head) {
            // Zeros have a checksum of their own that is not zero.
            Some(len) if len <= probe.len => Confidence::Magic,
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
        let mut records = Records::new(path);
        match hops::walk(&mut records, source, budget, MAX_JUMPS) {
            Ok(end) => Ok(records.finish(end)),
            Err(error) => partial::keep(records.finish(End::Bounded), path, Err(error)),
        }
    }

    fn stream(&self, path: &str) -> Option<Box<dyn Stream>> {
        Some(Box::new(Passing::new(Records::new(path))))
    }

    fn gives(&self) -> &'static [&'static str] {
        &[property::ROWS, property::NOT_MEASURED]
    }
}

struct Records {
    path: String,
    count: u64,
    broken: Option<u64>,
}

impl Records {
    fn new(path: &str) -> Self {
        Self { path: path.to_owned(), count: 0, broken: None }
    }
}

impl Hops for Records {
    fn first(&self) -> usize {
        HEAD
    }

    fn head(&mut self, offset: u64, head: &[u8]) -> Hop {
        let Some(skip) = length(head).and_then(|len| len.checked_add(TAIL)) else {
            self.broken = Some(offset);
            return Hop::Stop;
        };
        self.count += 1;
        Hop::Next { skip, len: HEAD }
    }

    fn finish(self, end: End) -> Facts {
        let mut facts = Facts::default();
        let path = self.path.as_str();
        match (end, self.broken) {
            (End::Whole, None) => {
                facts.measured(path, "", property::ROWS, Value::Uint(self.count));
            }
            (End::Bounded, None) => {
                facts.not_measured(path, "", property::ROWS, "not every record was looked at");
            }
            (_, broken) => {
                facts.incomplete = true;
                facts.not_measured(path, "", property::ROWS, "a record is broken");
                let (what, at) = match broken {
                    Some(at) => {
                        ("a length has a wrong checksum", format!("bytes {at}-{}", at + 12))
                    }
                    None => ("the file ends inside a record", String::new()),
                };
                facts.find("tfrecord-broken", Severity::Medium, (path, &at), what);
            }
        }
        facts
    }
}

/// The length at the start of a record, where its checksum is right.
fn length(head: &[u8]) -> Option<u64> {
    let len = head.first_chunk::<8>()?;
    let stated = u32::from_le_bytes(*head.get(8..)?.first_chunk()?);
    (masked(crc32c(len)) == stated).then(|| u64::from_le_bytes(*len))
}

/// How TensorFlow stores checksums, since one of bytes with a checksum inside is weak.
fn masked(crc: u32) -> u32 {
    crc.rotate_right(15).wrapping_add(0xA282_EAD8)
}

/// Bit by bit: it is only used for lengths.
fn crc32c(bytes: &[u8]) -> u32 {
    let fold = |crc: u32, byte: &u8| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            if crc & 1 == 1 { crc >> 1 ^ 0x82F6_3B78 } else { crc >> 1 }
        })
    };
    !bytes.iter().fold(!0, fold)
}

#[cfg(test)]
mod tests {
    use super::crc32c;

    #[test]
    fn the_checksum_is_that_of_the_standard() {
        assert_eq!(crc32c(b"123456789"), 0xE306_9283);
        assert_eq!(crc32c(&[0; 32]), 0x8A91_36AA);
    }
}
