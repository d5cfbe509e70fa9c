//! Graphs and their nodes, those inside of nodes included.

use std::collections::BTreeSet;

use sealkit_report::{Known, Severity};

use super::model::Walk;
use super::{tensor, types};
use crate::protobuf::{self, Field, pass, text};
use crate::{Cursor, InspectError, Value, kept, property, reference};

/// What one tensor costs of the budget's entries: its facts take more memory than most.
const COST: u64 = 4;

/// Names that exporters give every graph: they name no model.
const GENERATED: &[&str] = &[
    "Model from PaddlePaddle.",
    "graph",
    "main_graph",
    "paddle-onnx",
    "spox_graph",
    "tf2onnx",
    "torch-jit-export",
    "torch_jit",
    "torch_jit_export",
];

/// The same by their start: skl2onnx names the class that it converts, Paddle2ONNX a number.
const GENERATED_STARTS: &[&str] = &["ONNX(", "PaddlePaddle Graph"];

/// Whether a name says nothing of the model; onnxmltools writes a random one of 32 digits.
fn is_generated(name: &str) -> bool {
    let is_random = name.len() == 32 && name.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_random
        || GENERATED.contains(&name)
        || GENERATED_STARTS.iter().any(|start| name.starts_with(start))
}

/// Name and type of an input or output.
type Port = (String, String);

impl Walk<'_> {
    /// A graph; only the one at depth 0 has the inputs and outputs of the model.
    pub(super) fn graph(
        &mut self,
        cursor: &mut Cursor<'_>,
        len: u64,
        depth: u32,
    ) -> Result<(), InspectError> {
        cursor.budget().depth(depth)?;
        let end = cursor.pos() + len;
        self.has_graph = true;
        let first = self.tensors.len();
        let mut inputs = Vec::new();
        while let Some((number, field)) = protobuf::next(cursor, end)? {
            match (number, field) {
                (1, Field::Bytes(n)) => self.node(cursor, n, depth)?,
                (2, Field::Bytes(n)) if depth == 0 => {
                    let name = text(cursor, n)?;
                    if !name.is_empty() && !is_generated(&name) {
                        self.declare("graph/name", property::NAME, kept::text(&name));
                    }
                }
                (10, Field::Bytes(n)) if depth == 0 => {
                    self.text(cursor, n, "graph/doc_string", property::DESCRIPTION)?;
                }
                (5, Field::Bytes(n)) => self.initializer(cursor, n)?,
                (15, Field::Bytes(n)) => self.sparse(cursor, n)?,
                (11, Field::Bytes(n)) if depth == 0 => inputs.extend(port(cursor, n)?),
                (12, Field::Bytes(n)) if depth == 0 => {
                    if let Some(output) = port(cursor, n)? {
                        self.port(
                            output,
                            ["graph/output", property::OUTPUT, property::OUTPUT_TYPE],
                        );
                    }
                }
                (_, field) => pass(cursor, field)?,
            }
        }
        if depth == 0 {
            // Files of the first versions list every weight as an input too.
            let weights = self.tensors.get(first..).unwrap_or_default();
            let weights: BTreeSet<&str> = weights.iter().map(|t| t.name.as_str()).collect();
            inputs.retain(|(name, _)| !weights.contains(name.as_str()));
            for input in inputs {
                self.port(input, ["graph/input", property::INPUT, property::INPUT_TYPE]);
            }
        }
        Ok(())
    }

    fn port(&mut self, (name, kind): Port, words: [&'static str; 3]) {
        let [place, property, type_property] = words;
        self.declare(place, property, Value::Text(name.clone()));
        let fact = (type_property, Value::Text(kind));
        self.facts.about(&name, Known::Declared, (self.path, place), fact);
    }

    /// Counts a node by its operator, and follows it to graphs and tensors inside.
    pub(super) fn node(
        &mut self,
        cursor: &mut Cursor<'_>,
        len: u64,
        depth: u32,
    ) -> Result<(), InspectError> {
        let end = cursor.pos() + len;
        let (mut operator, mut domain, mut output) = (String::new(), String::new(), None);
        let first = self.constants.len();
        while let Some((number, field)) = protobuf::next(cursor, end)? {
            match (number, field) {
                (2, Field::Bytes(n)) if output.is_none() => output = Some(text(cursor, n)?),
                (4, Field::Bytes(n)) => operator = text(cursor, n)?,
                (5, Field::Bytes(n)) => self.attribute(cursor, n, depth)?,
                (7, Field::Bytes(n)) => domain = text(cursor, n)?,
                (_, field) => pass(cursor, field)?,
            }
        }
        // A constant is known by what the node gives.
        if let ([constant], Some(output)) =
            (self.constants.get_mut(first..).unwrap_or_default(), output)
        {
            constant.name = output;
        }
        if domain == "ai.onnx" {
            domain.clear();
        }
        let key = (domain, operator);
        if !self.operators.contains_key(&key) {
            cursor.budget().entries(1)?;
        }
        *self.operators.entry(key).or_default() += 1;
        Ok(())
    }

    fn attribute(
        &mut self,
        cursor: &mut Cursor<'_>,
        len: u64,
        depth: u32,
    ) -> Result<(), InspectError> {
        let end = cursor.pos() + len;
        while let Some((number, field)) = protobuf::next(cursor, end)? {
            match (number, field) {
                (5 | 10, Field::Bytes(n)) => {
                    cursor.budget().entries(COST)?;
                    let constant = tensor::read(cursor, n)?;
                    if let Some(file) = &constant.external {
                        self.external(&file.path.clone(), constant.external, "");
                    }
                    self.constants.push(constant.info);
                }
                (6 | 11, Field::Bytes(n)) => self.graph(cursor, n, depth + 1)?,
                (_, field) => pass(cursor, field)?,
            }
        }
        Ok(())
    }

    fn initializer(&mut self, cursor: &mut Cursor<'_>, len: u64) -> Result<(), InspectError> {
        cursor.budget().entries(COST)?;
        let tensor = tensor::read(cursor, len)?;
        let name = tensor.info.name.clone();
        if tensor.is_odd {
            let message = format!("tensor `{name}` has a size unlike its type and shape");
            let at = (self.path, name.as_str());
            self.facts.find("onnx-tensor-size", Severity::Medium, at, message);
        }
        if let Some(file) = &tensor.external {
            self.external(&file.path.clone(), tensor.external, &name);
        }
        self.tensors.push(tensor.info);
        Ok(())
    }

    /// The values of a SparseTensorProto count; its indices are no parameters.
    fn sparse(&mut self, cursor: &mut Cursor<'_>, len: u64) -> Result<(), InspectError> {
        let end = cursor.pos() + len;
        while let Some((number, field)) = protobuf::next(cursor, end)? {
            match (number, field) {
                (1, Field::Bytes(n)) => self.initializer(cursor, n)?,
                (_, field) => pass(cursor, field)?,
            }
        }
        Ok(())
    }

    fn external(&mut self, location: &str, file: Option<crate::FileInfo>, tensor: &str) {
        let place = "graph/initializer/external_data";
        let value = Value::Text(location.to_owned());
        if !tensor.is_empty() {
            let fact = (property::EXTERNAL_DATA, value.clone());
            self.facts.about(tensor, Known::Declared, (self.path, place), fact);
        }
        if let Some(file) = file.filter(|_| self.outside.insert(location.to_owned())) {
            self.declare(place, property::EXTERNAL_DATA, value);
            reference::add(file, (self.path, place), "onnx-external-path", &mut self.facts);
        }
    }
}

/// Name and type of a ValueInfoProto.
fn port(cursor: &mut Cursor<'_>, len: u64) -> Result<Option<Port>, InspectError> {
    cursor.budget().entries(1)?;
    let end = cursor.pos() + len;
    let (mut name, mut kind) = (None, String::from("unknown"));
    while let Some((number, field)) = protobuf::next(cursor, end)? {
        match (number, field) {
            (1, Field::Bytes(n)) => name = Some(text(cursor, n)?),
            (2, Field::Bytes(n)) => kind = types::describe(cursor, n, 0)?,
            (_, field) => pass(cursor, field)?,
        }
    }
    Ok(name.map(|name| (name, kind)))
}
