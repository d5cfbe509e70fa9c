//! ONNX: a protobuf message, walked without reading tensor data.
//!
//! Source: `onnx.proto`: ModelProto, GraphProto, TensorProto, OperatorSetIdProto,
//! StringStringEntryProto, ValueInfoProto.

use sealkit_report::{Budget, Known};

use crate::protobuf::{self, Field};
use crate::{
    Class, Confidence, Cursor, Facts, Format, InspectError, Inspector, Probe, ReadAt, Value,
    property,
};

const NAME: &str = "onnx";
const FORMAT: Format = Format::new(NAME, "ONNX", Class::Model, &[".onnx"]).read_by("onnx");
/// Longest text that is kept, in bytes.
const MAX_TEXT: u64 = 64 << 10;

pub(crate) struct Onnx;

impl Inspector for Onnx {
    fn format(&self) -> &Format {
        &FORMAT
    }

    fn probe(&self, probe: &Probe<'_>) -> Confidence {
        let named = FORMAT.claims(probe.path);
        // Protobuf has no magic: a small `ir_version` first, then another field of ModelProto.
        let starts = matches!(
            probe.head,
            [0x08, 1..=30, 0x12 | 0x1A | 0x22 | 0x28 | 0x32 | 0x3A | 0x42 | 0x72, ..]
        );
        match (starts, named) {
            (true, true) => Confidence::Magic,
            (true, false) => Confidence::Guess,
            (false, true) if probe.text().is_none() => Confidence::Name,
            (false, _) => Confidence::No,
        }
    }

    fn inspect(
        &self,
        source: &dyn ReadAt,
        path: &str,
        budget: &mut Budget,
    ) -> Result<Facts, InspectError> {
        let mut walk = Walk { facts: Facts::default(), path, parameters: Some(0), tensors: 0 };
        let mut cursor = Cursor::new(source, budget, NAME);
        walk.model(&mut cursor, source.len())?;
        walk.facts.measured(
            path,
            "graph/initializer",
            property::TENSORS,
            Value::Uint(walk.tensors),
        );
        match walk.parameters.filter(|_| walk.tensors > 0) {
            Some(n) => {
                let place = "graph/initializer";
                walk.facts.measured(path, place, property::PARAMETERS, Value::Uint(n));
            }
            // Some writers put every weight into constant nodes: none listed is not none there.
            None => walk.facts.incomplete = true,
        }
        Ok(walk.facts)
    }

    fn gives(&self) -> &'static [&'static str] {
        &[
            property::FORMAT_VERSION,
            property::PRODUCER,
            property::PRODUCER_VERSION,
            property::DOMAIN,
            property::VERSION,
            property::NAME,
            property::OPERATOR_SET,
            property::METADATA,
            property::INPUT,
            property::OUTPUT,
            property::EXTERNAL_DATA,
            property::TENSORS,
            property::PARAMETERS,
        ]
    }
}

struct Walk<'a> {
    facts: Facts,
    path: &'a str,
    /// None once a shape was beyond 64 bits.
    parameters: Option<u64>,
    tensors: u64,
}

impl Walk<'_> {
    fn declare(&mut self, place: &str, property: &'static str, value: Value) {
        self.facts.declared(self.path, place, property, value);
    }

    fn model(&mut self, cursor: &mut Cursor<'_>, end: u64) -> Result<(), InspectError> {
        while let Some((number, field)) = protobuf::next(cursor, end)? {
            match (number, field) {
                (1, Field::Varint(n)) => {
                    self.declare(
                        "ir_version",
                        property::FORMAT_VERSION,
                        Value::Text(n.to_string()),
                    );
                }
                (5, Field::Varint(n)) if n > 0 => {
                    self.declare("model_version", property::VERSION, Value::Text(n.to_string()));
                }
                (2, Field::Bytes(n)) => {
                    self.text(cursor, n, "producer_name", property::PRODUCER)?;
                }
                (3, Field::Bytes(n)) => {
                    self.text(cursor, n, "producer_version", property::PRODUCER_VERSION)?;
                }
                (4, Field::Bytes(n)) => self.text(cursor, n, "domain", property::DOMAIN)?,
                (7, Field::Bytes(n)) => self.graph(cursor, n)?,
                (8, Field::Bytes(n)) => self.operator_set(cursor, n)?,
                (14, Field::Bytes(n)) => {
                    let (key, value) = entry(cursor, n)?;
                    let fact = (property::METADATA, Value::Text(value));
                    let at = (self.path, "metadata_props");
                    self.facts.about(&key, Known::Declared, at, fact);
                }
                (_, field) => pass(cursor, field)?,
            }
        }
        Ok(())
    }

    fn graph(&mut self, cursor: &mut Cursor<'_>, len: u64) -> Result<(), InspectError> {
        let end = cursor.pos() + len;
        let mut initializers = Vec::new();
        let mut inputs = Vec::new();
        while let Some((number, field)) = protobuf::next(cursor, end)? {
            match (number, field) {
                (2, Field::Bytes(n)) => self.text(cursor, n, "graph/name", property::NAME)?,
                (5, Field::Bytes(n)) => {
                    cursor.budget().entries(1)?;
                    initializers.extend(self.initializer(cursor, n)?);
                }
                (11, Field::Bytes(n)) => inputs.extend(first_text(cursor, n)?),
                (12, Field::Bytes(n)) => {
                    if let Some(name) = first_text(cursor, n)? {
                        self.declare("graph/output", property::OUTPUT, Value::Text(name));
                    }
                }
                (_, field) => pass(cursor, field)?,
            }
        }
        // Files of the first versions list every weight as an input too.
        initializers.sort();
        inputs.retain(|name| initializers.binary_search(name).is_err());
        for name in inputs {
            self.declare("graph/input", property::INPUT, Value::Text(name));
        }
        Ok(())
    }

    /// Counts one weight and gives its name.
    fn initializer(
        &mut self,
        cursor: &mut Cursor<'_>,
        len: u64,
    ) -> Result<Option<String>, InspectError> {
        let end = cursor.pos() + len;
        let mut elements = Some(1_u64);
        let mut name = None;
        while let Some((number, field)) = protobuf::next(cursor, end)? {
            match (number, field) {
                (1, Field::Varint(dim)) => elements = elements.and_then(|n| n.checked_mul(dim)),
                (1, Field::Bytes(n)) => {
                    let packed_end = cursor.pos() + n;
                    while cursor.pos() < packed_end {
                        cursor.budget().steps(1)?;
                        let dim = cursor.varint()?;
                        elements = elements.and_then(|n| n.checked_mul(dim));
                    }
                }
                (8, Field::Bytes(n)) => name = Some(text(cursor, n)?),
                (13, Field::Bytes(n)) => {
                    let (key, value) = entry(cursor, n)?;
                    if key == "location" {
                        let place = "graph/initializer/external_data";
                        self.declare_once(place, property::EXTERNAL_DATA, value);
                    }
                }
                (_, field) => pass(cursor, field)?,
            }
        }
        self.tensors += 1;
        self.parameters = self.parameters.zip(elements).and_then(|(sum, n)| sum.checked_add(n));
        Ok(name)
    }

    fn declare_once(&mut self, place: &str, property: &'static str, text: String) {
        let value = Value::Text(text);
        if !self.facts.of(property).any(|fact| fact.value == value) {
            self.declare(place, property, value);
        }
    }

    fn operator_set(&mut self, cursor: &mut Cursor<'_>, len: u64) -> Result<(), InspectError> {
        let end = cursor.pos() + len;
        let (mut domain, mut version) = (String::new(), 0);
        while let Some((number, field)) = protobuf::next(cursor, end)? {
            match (number, field) {
                (1, Field::Bytes(n)) => domain = text(cursor, n)?,
                (2, Field::Varint(n)) => version = n,
                (_, field) => pass(cursor, field)?,
            }
        }
        if domain.is_empty() {
            // The specification's own name of the empty domain.
            domain.push_str("ai.onnx");
        }
        let fact = (property::OPERATOR_SET, Value::Uint(version));
        self.facts.about(&domain, Known::Declared, (self.path, "opset_import"), fact);
        Ok(())
    }

    fn text(
        &mut self,
        cursor: &mut Cursor<'_>,
        len: u64,
        place: &str,
        property: &'static str,
    ) -> Result<(), InspectError> {
        let text = text(cursor, len)?;
        if !text.is_empty() {
            self.declare(place, property, Value::Text(text));
        }
        Ok(())
    }
}

fn pass(cursor: &mut Cursor<'_>, field: Field) -> Result<(), InspectError> {
    if let Field::Bytes(len) = field { cursor.skip(len) } else { Ok(()) }
}

fn text(cursor: &mut Cursor<'_>, len: u64) -> Result<String, InspectError> {
    Ok(String::from_utf8_lossy(&cursor.take(len, MAX_TEXT)?).into_owned())
}

/// Field 1 of a message, as text.
fn first_text(cursor: &mut Cursor<'_>, len: u64) -> Result<Option<String>, InspectError> {
    let end = cursor.pos() + len;
    let mut found = None;
    while let Some((number, field)) = protobuf::next(cursor, end)? {
        match (number, field) {
            (1, Field::Bytes(n)) => found = Some(text(cursor, n)?),
            (_, field) => pass(cursor, field)?,
        }
    }
    Ok(found)
}

/// A key (field 1) with its value (field 2).
fn entry(cursor: &mut Cursor<'_>, len: u64) -> Result<(String, String), InspectError> {
    let end = cursor.pos() + len;
    let (mut key, mut value) = (String::new(), String::new());
    while let Some((number, field)) = protobuf::next(cursor, end)? {
        match (number, field) {
            (1, Field::Bytes(n)) => key = text(cursor, n)?,
            (2, Field::Bytes(n)) => value = text(cursor, n)?,
            (_, field) => pass(cursor, field)?,
        }
    }
    Ok((key, value))
}
