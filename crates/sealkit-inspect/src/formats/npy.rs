//! NumPy `.npy`: a Python dictionary literal as header, then the array.
//!
//! Source: `numpy/lib/format.py`, format versions 1.0 to 3.0.

use sealkit_report::{Budget, Severity};

use crate::{
    Class, Confidence, Cursor, Facts, Format, InspectError, Inspector, Probe, ReadAt, Value,
    property,
};

const NAME: &str = "npy";
const FORMAT: Format = Format::new(NAME, "NumPy array", Class::Model, &[".npy"]).read_by("numpy");
const MAGIC: &[u8] = b"\x93NUMPY";
/// Longest header that is read; NumPy itself warns above 10,000 characters.
const MAX_HEADER: u64 = 64 << 10;

pub(crate) struct Npy;

impl Inspector for Npy {
    fn format(&self) -> &Format {
        &FORMAT
    }

    fn probe(&self, probe: &Probe<'_>) -> Confidence {
        if probe.has(0, MAGIC) {
            Confidence::Magic
        } else if FORMAT.claims(probe.path) && probe.text().is_none() {
            Confidence::Name
        } else {
            Confidence::No
        }
    }

    fn inspect(
        &self,
        source: &dyn ReadAt,
        path: &str,
        budget: &mut Budget,
    ) -> Result<Facts, InspectError> {
        let mut cursor = Cursor::new(source, budget, NAME);
        if cursor.take(6, 6)? != MAGIC {
            return Err(cursor.malformed("no `NUMPY` at the start"));
        }
        let (major, minor) = (cursor.u8()?, cursor.u8()?);
        let len = match major {
            1 => u64::from(cursor.u16()?),
            2 | 3 => u64::from(cursor.u32()?),
            _ => return Err(cursor.malformed("a version that is not 1, 2 or 3")),
        };
        let header = cursor.take(len, MAX_HEADER)?;
        let header = String::from_utf8_lossy(&header).into_owned();
        let broken = |what| InspectError::malformed(NAME, what, 10);
        let descr = item(&header, "descr").ok_or(broken("a header without `descr`"))?;
        let shape = item(&header, "shape").ok_or(broken("a header without `shape`"))?;
        let shape = numbers(shape).ok_or(broken("a shape that is no list of numbers"))?;
        let mut facts = Facts::default();
        let version = Value::Text(format!("{major}.{minor}"));
        facts.measured(path, "6", property::FORMAT_VERSION, version);
        let dtype = descr.trim_matches(['\'', '"']).to_owned();
        let has_objects = has_objects(descr);
        facts.measured(path, "header", property::DTYPE, Value::Text(dtype));
        facts.measured(path, "header", property::CAN_RUN_CODE, Value::Bool(has_objects));
        if has_objects {
            let message = "the array holds Python objects: loading it unpickles them";
            facts.find("npy-objects", Severity::Medium, (path, "header"), message);
        }
        let shape = shape.iter().map(u64::to_string).collect();
        facts.measured(path, "header", property::SHAPE, Value::List(shape));
        Ok(facts)
    }

    fn gives(&self) -> &'static [&'static str] {
        &[property::FORMAT_VERSION, property::DTYPE, property::SHAPE, property::CAN_RUN_CODE]
    }
}

/// Whether a dtype, nested fields included, has an object type: a letter `O` in a quoted type.
fn has_objects(descr: &str) -> bool {
    descr.split(['\'', '"']).any(|piece| {
        let kind = piece.trim_start_matches(['<', '>', '|', '=']);
        kind.strip_prefix('O').is_some_and(|rest| rest.bytes().all(|c| c.is_ascii_digit()))
    })
}

/// The text of the value of `key` in a dictionary literal, up to the comma that ends it.
fn item<'a>(header: &'a str, key: &str) -> Option<&'a str> {
    let at = ["'", "\""].iter().find_map(|quote| {
        let name = format!("{quote}{key}{quote}");
        header.find(&name).map(|at| at + name.len())
    })?;
    let rest = header.get(at..)?.trim_start().strip_prefix(':')?.trim_start();
    let mut depth = 0_u32;
    let mut quote = None;
    for (at, c) in rest.char_indices() {
        match (quote, c) {
            (Some(open), _) if c == open => quote = None,
            (Some(_), _) => {}
            (None, '\'' | '"') => quote = Some(c),
            (None, '(' | '[') => depth += 1,
            (None, ')' | ']') => depth = depth.checked_sub(1)?,
            (None, ',' | '}') if depth == 0 => return rest.get(..at).map(str::trim_end),
            _ => {}
        }
    }
    None
}

fn numbers(tuple: &str) -> Option<Vec<u64>> {
    let inner = tuple.strip_prefix('(')?.strip_suffix(')')?;
    let items = inner.split(',').map(str::trim).filter(|item| !item.is_empty());
    items.map(|item| item.trim_end_matches('L').parse().ok()).collect()
}
