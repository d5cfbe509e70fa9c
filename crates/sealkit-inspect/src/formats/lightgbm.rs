//! LightGBM models: text, a head of `key=value` lines, the trees, then the parameters.
//!
//! Source: `gbdt_model_text.cpp` of LightGBM.

use sealkit_report::{Budget, Known};

use super::xgboost::task;
use crate::{
    Class, Confidence, Cursor, Facts, Format, InspectError, Inspector, Probe, ReadAt, Value, kept,
    partial, property,
};

const NAME: &str = "lightgbm";
const FORMAT: Format = Format::new(NAME, "LightGBM", Class::Model, &[".lgb", ".lgbm"])
    .media("text/plain")
    .read_by(NAME);
/// Longest head that is read, in bytes: two lines for each feature.
const MAX_HEAD: u64 = 4 << 20;
/// Bytes at the end that are read for the parameters.
const TAIL: u64 = 64 << 10;

pub(crate) struct LightGbm;

impl Inspector for LightGbm {
    fn format(&self) -> &Format {
        &FORMAT
    }

    fn probe(&self, probe: &Probe<'_>) -> Confidence {
        let starts = [b"tree\nversion=".as_slice(), b"tree\r\nversion="];
        if starts.iter().any(|start| probe.has(0, start)) {
            Confidence::Magic
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
        let mut facts = Facts::default();
        let read = head(&mut cursor, path, &mut facts);
        let read = read.and_then(|()| parameters(&mut cursor, path, &mut facts));
        partial::keep(facts, path, read)
    }

    fn gives(&self) -> &'static [&'static str] {
        &[
            property::FORMAT_VERSION,
            property::TASK,
            property::HYPERPARAMETER,
            property::METADATA,
            property::INPUT,
            property::LAYER_KIND,
        ]
    }
}

fn head(cursor: &mut Cursor<'_>, path: &str, facts: &mut Facts) -> Result<(), InspectError> {
    let bytes = head_bytes(cursor)?;
    let text = String::from_utf8_lossy(&bytes);
    let what = "no empty line behind the head";
    for (number, line) in text.lines().enumerate() {
        cursor.budget().entries(1)?;
        if line.is_empty() {
            return Ok(());
        }
        let Some((key, value)) = line.split_once('=') else { continue };
        describe(key, value, (path, &format!("line {}", number + 1)), facts);
    }
    Err(cursor.malformed(what))
}

/// The bytes up to the first empty line, in steps that double.
fn head_bytes(cursor: &mut Cursor<'_>) -> Result<Vec<u8>, InspectError> {
    let len = cursor.left();
    let mut want = 8 << 10;
    loop {
        let size = len.min(want);
        cursor.seek(0)?;
        let bytes = cursor.take(size, MAX_HEAD)?;
        let has_end = bytes.windows(2).any(|pair| pair == b"\n\n")
            || bytes.windows(3).any(|three| three == b"\n\r\n");
        if has_end || size == len || want >= MAX_HEAD {
            return Ok(bytes);
        }
        want *= 4;
    }
}

fn describe(key: &str, value: &str, at: (&str, &str), facts: &mut Facts) {
    let (path, place) = at;
    match key {
        "version" => {
            let version = Value::Text(value.to_owned());
            facts.declared(path, place, property::FORMAT_VERSION, version);
        }
        "objective" => {
            let fact = (property::HYPERPARAMETER, kept::text(value));
            facts.about("objective", Known::Declared, at, fact);
            if let Some(task) = task(value) {
                facts.inferred(path, place, property::TASK, Value::Text(task.to_owned()));
            }
        }
        "feature_names" => {
            for name in value.split_ascii_whitespace() {
                facts.declared(path, place, property::INPUT, Value::Text(name.to_owned()));
            }
        }
        "tree_sizes" => {
            let count = value.split_ascii_whitespace().count() as u64;
            let fact = (property::LAYER_KIND, Value::Uint(count));
            facts.about("tree", Known::Declared, at, fact);
        }
        "feature_infos" => {}
        _ => facts.about(key, Known::Declared, at, (property::METADATA, kept::text(value))),
    }
}

/// `[key: value]` lines between `parameters:` and `end of parameters`, near the end.
fn parameters(cursor: &mut Cursor<'_>, path: &str, facts: &mut Facts) -> Result<(), InspectError> {
    let len = cursor.pos().saturating_add(cursor.left());
    let start = len.saturating_sub(TAIL);
    cursor.seek(start)?;
    let tail = cursor.take(len - start, TAIL)?;
    let tail = String::from_utf8_lossy(&tail);
    let Some((_, list)) = tail.split_once("\nparameters:") else { return Ok(()) };
    for line in list.lines().take_while(|line| *line != "end of parameters") {
        cursor.budget().entries(1)?;
        let entry = line.trim().strip_prefix('[').and_then(|line| line.strip_suffix(']'));
        let Some((key, value)) = entry.and_then(|entry| entry.split_once(':')) else { continue };
        let value = value.trim();
        // Every setting is listed, those without a value too.
        if !value.is_empty() {
            let fact = (property::HYPERPARAMETER, kept::text(value));
            facts.about(key.trim(), Known::Declared, (path, "parameters"), fact);
        }
    }
    Ok(())
}
