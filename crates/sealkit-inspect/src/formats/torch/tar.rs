//! PyTorch up to 0.1.1: a tar archive of pickles with raw storages between them.
//!
//! Source: `legacy_load` in `torch/serialization.py` of PyTorch 2; ustar of POSIX.1-1988.

use sealkit_report::{Budget, Severity};

use crate::formats::pickle::report::{Place, report};
use crate::pickle::{self, Limits};
use crate::{
    Class, Confidence, Cursor, Facts, Format, InspectError, Inspector, Probe, ReadAt, Slice, Value,
    property,
};

const FORMAT: Format =
    Format::new("pytorch-tar", "PyTorch tar archive", Class::Model, &[".pt", ".pth", ".tar"])
        .read_by("pytorch");
const BLOCK: u64 = 512;
/// The members, each with how many pickles in a row it starts with.
const MEMBERS: &[(&str, usize)] =
    &[("sys_info", 1), ("pickle", 1), ("storages", 1), ("tensors", 1)];
/// Members that are looked at.
const MAX_MEMBERS: u32 = 64;

/// The tar archives of the first PyTorch.
pub(crate) struct Tar;

impl Inspector for Tar {
    fn format(&self) -> &Format {
        &FORMAT
    }

    fn probe(&self, probe: &Probe<'_>) -> Confidence {
        let Some(header) = probe.head.get(..BLOCK as usize) else { return Confidence::No };
        let is_ours = || MEMBERS.iter().any(|(member, _)| *member == member_name(header));
        if probe.has(257, b"ustar") && is_ours() { Confidence::Magic } else { Confidence::No }
    }

    fn inspect(
        &self,
        source: &dyn ReadAt,
        path: &str,
        budget: &mut Budget,
    ) -> Result<Facts, InspectError> {
        let mut facts = Facts::default();
        let message = "an old tar archive, which loaders unpickle without a check of what it calls";
        facts.find("torch-tar", Severity::High, (path, ""), message);
        facts.measured(path, "", property::CAN_RUN_CODE, Value::Bool(true));
        // Tensors and storages lie behind pickles of their own, which are not followed.
        facts.incomplete = true;
        let mut at = 0;
        let mut count = 0;
        while let Some((name, start, size)) = member(source, at, budget)? {
            count += 1;
            if count > MAX_MEMBERS {
                break;
            }
            let known = MEMBERS.iter().find(|(member, _)| *member == name);
            if let Some((_, streams)) = known {
                let slice = Slice::new(source, start, size)?;
                let limits = Limits::streams(*streams);
                let trace = pickle::trace(&slice, 0..size, limits, budget);
                report(&mut facts, Place { file: path, member: &name }, &trace, budget);
            }
            let padded = size.checked_next_multiple_of(BLOCK).and_then(|n| start.checked_add(n));
            at = padded
                .ok_or_else(|| InspectError::malformed("tar", "a size beyond 64 bits", at))?;
        }
        facts.measured(path, "", property::MEMBERS, Value::Uint(u64::from(count)));
        Ok(facts)
    }

    fn gives(&self) -> &'static [&'static str] {
        &[property::CALLABLE, property::CAN_RUN_CODE, property::EMBEDDED_CODE, property::MEMBERS]
    }
}

fn member_name(header: &[u8]) -> String {
    let raw = header.get(..100).unwrap_or_default();
    let name = raw.split(|byte| *byte == 0).next().unwrap_or_default();
    String::from_utf8_lossy(name).into_owned()
}

/// Name, first byte and size of the member whose header stands at `at`; none at the end.
fn member(
    source: &dyn ReadAt,
    at: u64,
    budget: &mut Budget,
) -> Result<Option<(String, u64, u64)>, InspectError> {
    if at.saturating_add(BLOCK) > source.len() {
        return Ok(None);
    }
    let mut cursor = Cursor::new(source, budget, "tar");
    cursor.seek(at)?;
    let header = cursor.take(BLOCK, BLOCK)?;
    if header.iter().all(|byte| *byte == 0) {
        return Ok(None);
    }
    let digits = header.get(124..136).unwrap_or_default();
    let digits = String::from_utf8_lossy(digits);
    let size = u64::from_str_radix(digits.trim_matches(['\0', ' ']), 8);
    let size = size.map_err(|_| cursor.malformed("a size that is no number"))?;
    cursor.skip(size)?;
    Ok(Some((member_name(&header), at + BLOCK, size)))
}
