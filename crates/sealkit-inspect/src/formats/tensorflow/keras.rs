//! `keras_metadata.pb`: what Keras 2 writes beside a SavedModel, with the configuration of every layer.
//!
//! Source: `saved_metadata.proto` of Keras 2: SavedMetadata, SavedObject, whose `metadata` is JSON.

use sealkit_report::Budget;

use super::NAME;
use crate::formats::keras::config;
use crate::protobuf::{self, Field, pass, text};
use crate::{
    Class, Confidence, Cursor, Facts, Format, InspectError, Inspector, Probe, ReadAt, Value, json,
    partial, property,
};

const FORMAT: Format =
    Format::new("keras-metadata", "metadata of Keras 2", Class::ModelPart, &[".pb"]).read_by(NAME);

pub(crate) static KERAS_METADATA: KerasMetadata = KerasMetadata;

pub(crate) struct KerasMetadata;

impl Inspector for KerasMetadata {
    fn format(&self) -> &Format {
        &FORMAT
    }

    fn probe(&self, probe: &Probe<'_>) -> Confidence {
        // The first field of the first object is the number of its node, or its path.
        let is_message = matches!(probe.head, [] | [0x0A, ..]);
        let is_named = probe.is_named(&["keras_metadata.pb"]);
        if is_named && is_message { Confidence::Magic } else { Confidence::No }
    }

    fn inspect(
        &self,
        source: &dyn ReadAt,
        path: &str,
        budget: &mut Budget,
    ) -> Result<Facts, InspectError> {
        let mut facts = Facts::default();
        let mut cursor = Cursor::new(source, budget, NAME);
        let read = objects(&mut cursor, source.len(), path, &mut facts);
        let is_said = facts.of(property::CAN_RUN_CODE).next().is_some();
        if read.is_ok() && !is_said && !facts.incomplete {
            facts.measured(path, "nodes", property::CAN_RUN_CODE, Value::Bool(false));
        }
        partial::keep(facts, path, read)
    }

    fn gives(&self) -> &'static [&'static str] {
        &[property::CAN_RUN_CODE]
    }
}

/// SavedMetadata.
fn objects(
    cursor: &mut Cursor<'_>,
    end: u64,
    path: &str,
    facts: &mut Facts,
) -> Result<(), InspectError> {
    let mut node = 0_u64;
    while let Some((number, field)) = protobuf::next(cursor, end)? {
        match (number, field) {
            (1, Field::Bytes(n)) => {
                object(cursor, n, (path, &format!("nodes/{node}")), facts)?;
                node += 1;
            }
            (_, field) => pass(cursor, field)?,
        }
    }
    Ok(())
}

/// SavedObject: only what the configuration runs is of interest, the rest is in the SavedModel.
fn object(
    cursor: &mut Cursor<'_>,
    len: u64,
    (path, place): (&str, &str),
    facts: &mut Facts,
) -> Result<(), InspectError> {
    let end = cursor.pos() + len;
    while let Some((number, field)) = protobuf::next(cursor, end)? {
        match (number, field) {
            (5, Field::Bytes(n)) => {
                let metadata = text(cursor, n)?;
                let place = format!("{place}/metadata");
                match json::parse_python(metadata.as_bytes(), cursor.budget()) {
                    Ok(json) => config::code(&json, (path, &place), cursor.budget(), facts)?,
                    Err(error) => partial::note(facts, path, &place, &error),
                }
            }
            (_, field) => pass(cursor, field)?,
        }
    }
    Ok(())
}
