//! Python pickle: recognised, and its protocol read. The stream itself is never run.

use sealkit_report::Budget;

use crate::format::ends_with;
use crate::{
    Class, Confidence, Cursor, Facts, Format, InspectError, Inspector, Probe, ReadAt, Value,
    property,
};

const FORMAT: Format = Format::new(
    "pickle",
    "Python pickle",
    Class::Model,
    &[".pkl", ".pickle", ".joblib", ".pt", ".pth"],
);
/// `PROTO` opcode (pickletools).
const PROTO: u8 = 0x80;
/// Opcodes that can follow `PROTO n` in a stream that Python writes.
const FIRST: &[u8] = b"cX\x8c\x95(}])NKMJGU\x8aCB\x8d\x8e\x88\x89";

pub(crate) struct Pickle;

impl Inspector for Pickle {
    fn format(&self) -> &Format {
        &FORMAT
    }

    fn probe(&self, probe: &Probe<'_>) -> Confidence {
        let named = FORMAT.claims(probe.path);
        let starts = match probe.head {
            [PROTO, 2..=5, next, ..] => FIRST.contains(next),
            _ => false,
        };
        let ends = probe.tail.last() == Some(&b'.');
        let is_bin = ends_with(probe.file_name(), ".bin");
        // `.bin` alone promises nothing; `pytorch_model.bin` does.
        let strong = named || is_bin && probe.file_name().contains("pytorch_model");
        match (starts, ends, named) {
            (true, true, _) => Confidence::Magic,
            (true, false, _) if named || is_bin => Confidence::Magic,
            (true, false, _) => Confidence::Content,
            (false, ..) if strong && probe.text().is_none() => Confidence::Name,
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
        let mut cursor = Cursor::new(source, budget, "pickle");
        if source.len() >= 2 && cursor.u8()? == PROTO {
            let protocol = u64::from(cursor.u8()?);
            facts.measured(path, "0", property::PICKLE_PROTOCOL, Value::Uint(protocol));
        }
        // What the stream does is for the pickle machine to say; that it could, is certain.
        facts.measured(path, "", property::CAN_RUN_CODE, Value::Bool(true));
        facts.incomplete = true;
        Ok(facts)
    }

    fn gives(&self) -> &'static [&'static str] {
        &[property::PICKLE_PROTOCOL, property::CAN_RUN_CODE]
    }
}
