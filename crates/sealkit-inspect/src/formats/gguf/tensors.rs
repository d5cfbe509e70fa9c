//! The tensor descriptions, and whether they fit together and into the file.

use std::collections::BTreeSet;

use sealkit_report::Severity;

use super::reader::{MAX_KEY, Reader};
use super::types;
use crate::inventory::{self, elements};
use crate::{Facts, InspectError, TensorInfo};

/// What one tensor costs of the budget's entries: its facts take more memory than most.
const COST: u64 = 4;

/// Reads `count` descriptions and adds them.
pub(super) fn read(
    reader: &mut Reader<'_>,
    count: u64,
    alignment: u64,
    path: &str,
    facts: &mut Facts,
) -> Result<(), InspectError> {
    let mut all = Vec::new();
    for _ in 0..count {
        reader.cursor.budget().entries(COST)?;
        all.push(tensor(reader)?);
    }
    let start = reader.cursor.pos();
    let end = start.saturating_add(reader.cursor.left());
    if !alignment.is_power_of_two() {
        let message = format!("an alignment of {alignment} is no power of two");
        facts.find("gguf-alignment", Severity::Medium, (path, "general.alignment"), message);
    }
    let alignment = alignment.max(1);
    let data = start.checked_next_multiple_of(alignment).unwrap_or(u64::MAX);
    check(&all, (data, end), alignment, path, facts);
    for tensor in &mut all {
        tensor.offset = data.saturating_add(tensor.offset);
    }
    let place = format!("bytes {start}-{end}");
    inventory::add(all, (path, &place), facts);
    Ok(())
}

fn tensor(reader: &mut Reader<'_>) -> Result<TensorInfo, InspectError> {
    let name = reader.text(MAX_KEY)?;
    let dimensions = reader.cursor.u32()?;
    if dimensions > types::MAX_DIMENSIONS {
        return Err(reader.cursor.malformed("a tensor of more than 4 dimensions"));
    }
    let mut shape = Vec::new();
    for _ in 0..dimensions {
        shape.push(reader.count()?);
    }
    let kind = reader.cursor.u32()?;
    let offset = reader.cursor.u64()?;
    let (dtype, size) = types::tensor_type(kind, &shape);
    if elements(&shape).is_none() {
        return Err(reader.cursor.malformed("a shape beyond 64 bits"));
    }
    let size = size.ok_or_else(|| reader.cursor.malformed("a shape unlike its type"))?;
    Ok(TensorInfo { name, dtype, shape, offset, size })
}

/// Each tensor starts where the one before it ended, rounded up to the alignment; a tensor of an
/// unknown type has an unknown end.
fn check(all: &[TensorInfo], data: (u64, u64), alignment: u64, path: &str, facts: &mut Facts) {
    let (start, end) = data;
    let mut names = BTreeSet::new();
    let mut expected = Some(0_u64);
    let mut last = 0;
    for tensor in all {
        let at = (path, tensor.name.as_str());
        if !names.insert(tensor.name.as_str()) {
            let message = format!("two tensors are called `{}`", tensor.name);
            facts.find("gguf-duplicate-tensor", Severity::High, at, message);
        }
        let behind = tensor.offset.checked_add(tensor.size);
        let inside = behind.and_then(|at| start.checked_add(at)).is_some_and(|at| at <= end);
        if !inside {
            let message = format!("tensor `{}` reaches past the end of the file", tensor.name);
            facts.find("gguf-places", Severity::High, at, message);
        } else if expected.is_some_and(|expected| expected != tensor.offset) {
            let message = format!("tensor `{}` overlaps another or leaves a hole", tensor.name);
            facts.find("gguf-places", Severity::High, at, message);
        }
        last = last.max(behind.unwrap_or(u64::MAX));
        let is_known = !tensor.dtype.starts_with("type ");
        let next = behind.and_then(|at| at.checked_next_multiple_of(alignment));
        expected = next.filter(|_| is_known && inside);
    }
    // The last tensor is padded like the others.
    let used = last.checked_next_multiple_of(alignment).and_then(|at| start.checked_add(at));
    if !all.is_empty() && expected.is_some() && used.is_some_and(|used| used < end) {
        let message = "bytes that no tensor names follow";
        facts.find("gguf-trailing-bytes", Severity::Medium, (path, ""), message);
    }
}
