//! Compressed pickles, as joblib and pandas write them: found by what they unpack to.

use sealkit_report::{Budget, Severity};

use super::{GIVES, content};
use crate::codec::{Codec, Unpacked};
use crate::pickle::{looks_like_pickle, starts_with_opcode};
use crate::{Class, Confidence, Facts, Format, InspectError, Inspector, Probe, ReadAt};

const FORMAT: Format =
    Format::new("compressed-pickle", "compressed Python pickle", Class::Model, NAMES);
/// Names of files that hold one.
const NAMES: &[&str] = &[
    ".pkl",
    ".pickle",
    ".joblib",
    ".pkl.gz",
    ".pickle.gz",
    ".joblib.gz",
    ".joblib.z",
    ".pkl.z",
    ".pkl.bz2",
    ".pickle.bz2",
    ".joblib.bz2",
    ".pkl.xz",
    ".pickle.xz",
    ".joblib.xz",
    ".pkl.lzma",
    ".pkl.lz4",
    ".pickle.lz4",
    ".joblib.lz4",
    ".pkl.zst",
    ".pickle.zst",
    ".joblib.zst",
];
/// Bytes that are unpacked to look at.
const HEAD: usize = 4096;

/// A pickle packed by zlib, gzip, bzip2, XZ, LZMA, LZ4 or Zstandard.
pub(crate) struct Compressed;

impl Inspector for Compressed {
    fn format(&self) -> &Format {
        &FORMAT
    }

    fn probe(&self, probe: &Probe<'_>) -> Confidence {
        let Some(codec) = Codec::of(probe.head) else { return Confidence::No };
        let head = codec.unpack_head(probe.head, HEAD);
        if !head.is_empty() {
            // By its name it is one as long as nothing speaks against it: a long text may stand first.
            let named = FORMAT.claims_name(probe.file_name()) && starts_with_opcode(&head);
            let found = named || looks_like_pickle(&head, head.len() < HEAD);
            return if found { Confidence::Magic } else { Confidence::No };
        }
        // A block of bzip2, LZ4 or Zstandard may be longer than the head: only its name says what it unpacks to,
        // and goes before that of the packing.
        if FORMAT.claims_name(probe.file_name()) { Confidence::Magic } else { Confidence::No }
    }

    fn inspect(
        &self,
        source: &dyn ReadAt,
        path: &str,
        budget: &mut Budget,
    ) -> Result<Facts, InspectError> {
        let mut facts = Facts::default();
        let mut head = vec![0; usize::try_from(source.len().min(16)).unwrap_or(0)];
        budget.bytes(head.len() as u64)?;
        source.read_at(0, &mut head)?;
        let Some(codec) = Codec::of(&head) else {
            let what = "a start that no known way of compressing has";
            return Err(InspectError::malformed("compressed pickle", what, 0));
        };
        let unpacked = Unpacked::new(source, codec, budget)?;
        if unpacked.is_broken() {
            facts.incomplete = true;
            let message = "the compressed bytes cannot be unpacked to their end";
            facts.find("not-unpacked", Severity::Medium, (path, ""), message);
        }
        content(&unpacked, (path, "unpacked"), None, &mut facts, budget);
        Ok(facts)
    }

    fn gives(&self) -> &'static [&'static str] {
        GIVES
    }
}
