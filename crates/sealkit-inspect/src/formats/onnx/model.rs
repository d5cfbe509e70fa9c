//! The model around the graph.

use std::collections::{BTreeMap, BTreeSet};

use sealkit_report::{Known, Severity};

use crate::protobuf::{self, Field, entry, pass, text};
use crate::{
    Cursor, Facts, InspectError, TensorInfo, Value, inventory, kept, property, well_known,
};

/// Domains of operators that ONNX itself defines.
const STANDARD: &[&str] = &["", "ai.onnx.ml", "ai.onnx.training", "ai.onnx.preview.training"];

/// Operators that call Python functions of the process: those of ONNX Runtime's training and of its extensions.
const PYTHON: &[&str] = &["PyOp", "PyCustomOp", "PythonOp", "PythonOpGrad"];

/// What is gathered on the way.
pub(super) struct Walk<'a> {
    pub(super) facts: Facts,
    pub(super) path: &'a str,
    pub(super) tensors: Vec<TensorInfo>,
    /// Tensors in attributes of nodes.
    pub(super) constants: Vec<TensorInfo>,
    pub(super) has_graph: bool,
    /// How often each operator (domain, name) occurs.
    pub(super) operators: BTreeMap<(String, String), u64>,
    /// Files that hold data of tensors.
    pub(super) outside: BTreeSet<String>,
    /// Functions (domain, name) that the model defines.
    functions: BTreeSet<(String, String)>,
}

impl<'a> Walk<'a> {
    pub(super) fn new(path: &'a str) -> Self {
        Self {
            facts: Facts::default(),
            path,
            tensors: Vec::new(),
            constants: Vec::new(),
            has_graph: false,
            operators: BTreeMap::new(),
            outside: BTreeSet::new(),
            functions: BTreeSet::new(),
        }
    }

    pub(super) fn declare(&mut self, place: &str, property: &'static str, value: Value) {
        self.facts.declared(self.path, place, property, value);
    }

    /// A ModelProto that ends at `end`.
    pub(super) fn model(&mut self, cursor: &mut Cursor<'_>, end: u64) -> Result<(), InspectError> {
        let number = |n: u64| Value::Text((n as i64).to_string());
        while let Some((field_number, field)) = protobuf::next(cursor, end)? {
            match (field_number, field) {
                (1, Field::Varint(n)) => {
                    self.declare("ir_version", property::FORMAT_VERSION, number(n));
                }
                (5, Field::Varint(n)) if n > 0 => {
                    self.declare("model_version", property::VERSION, number(n));
                }
                (2, Field::Bytes(n)) => {
                    self.text(cursor, n, "producer_name", property::PRODUCER)?;
                }
                (3, Field::Bytes(n)) => {
                    self.text(cursor, n, "producer_version", property::PRODUCER_VERSION)?;
                }
                (4, Field::Bytes(n)) => self.text(cursor, n, "domain", property::DOMAIN)?,
                (6, Field::Bytes(n)) => {
                    self.text(cursor, n, "doc_string", property::DESCRIPTION)?;
                }
                (7, Field::Bytes(n)) => self.graph(cursor, n, 0)?,
                (8, Field::Bytes(n)) => self.operator_set(cursor, n)?,
                (14, Field::Bytes(n)) => self.metadata(cursor, n)?,
                (25, Field::Bytes(n)) => self.function(cursor, n)?,
                (_, field) => pass(cursor, field)?,
            }
        }
        Ok(())
    }

    pub(super) fn text(
        &mut self,
        cursor: &mut Cursor<'_>,
        len: u64,
        place: &str,
        property: &'static str,
    ) -> Result<(), InspectError> {
        let text = text(cursor, len)?;
        if !text.is_empty() {
            self.declare(place, property, kept::text(&text));
        }
        Ok(())
    }

    fn metadata(&mut self, cursor: &mut Cursor<'_>, len: u64) -> Result<(), InspectError> {
        cursor.budget().entries(1)?;
        let (key, value) = entry(cursor, len)?;
        let place = format!("metadata_props/{key}");
        let fact = (property::METADATA, kept::text(&value));
        self.facts.about(&key, Known::Declared, (self.path, &place), fact);
        if let Some(property) = well_known::property_of(&key).filter(|_| !value.is_empty()) {
            self.declare(&place, property, kept::text(&value));
        }
        Ok(())
    }

    fn operator_set(&mut self, cursor: &mut Cursor<'_>, len: u64) -> Result<(), InspectError> {
        cursor.budget().entries(1)?;
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

    fn function(&mut self, cursor: &mut Cursor<'_>, len: u64) -> Result<(), InspectError> {
        cursor.budget().entries(1)?;
        let end = cursor.pos() + len;
        let (mut name, mut domain) = (String::new(), String::new());
        while let Some((number, field)) = protobuf::next(cursor, end)? {
            match (number, field) {
                (1, Field::Bytes(n)) => name = text(cursor, n)?,
                (7, Field::Bytes(n)) => self.node(cursor, n, 1)?,
                (10, Field::Bytes(n)) => domain = text(cursor, n)?,
                (_, field) => pass(cursor, field)?,
            }
        }
        if domain == "ai.onnx" {
            domain.clear();
        }
        self.functions.insert((domain, name));
        Ok(())
    }

    /// Adds what only the whole walk tells; after one that broke off, only the tensors so far.
    pub(super) fn finish(mut self, is_whole: bool) -> Facts {
        if !is_whole {
            inventory::list(self.tensors, (self.path, "graph/initializer"), &mut self.facts);
            return self.facts;
        }
        let at = (self.path, "graph/node");
        for (domain, name) in &self.functions {
            let shown = qualified(domain, name);
            if STANDARD.contains(&domain.as_str()) {
                let message = format!("the function `{shown}` stands in for an operator of ONNX");
                self.facts.find(
                    "onnx-function-shadows",
                    Severity::Medium,
                    (self.path, "functions"),
                    message,
                );
            }
            let value = Value::Text(shown);
            self.facts.declared(self.path, "functions", property::LOCAL_FUNCTION, value);
        }
        for (key, count) in &self.operators {
            let shown = qualified(&key.0, &key.1);
            if !STANDARD.contains(&key.0.as_str()) && PYTHON.contains(&key.1.as_str()) {
                self.facts.measured(at.0, at.1, property::CAN_RUN_CODE, Value::Bool(true));
                let message = format!("the operator `{shown}` calls a function of Python");
                self.facts.find("onnx-python-operator", Severity::High, at, message);
            }
            let fact = (property::LAYER_KIND, Value::Uint(*count));
            self.facts.about(&shown, Known::Measured, at, fact);
            if !STANDARD.contains(&key.0.as_str()) && !self.functions.contains(key) {
                self.facts.measured(at.0, at.1, property::CUSTOM_OPERATOR, Value::Text(shown));
            }
        }
        self.weights();
        self.facts
    }

    fn weights(&mut self) {
        let at = (self.path, "graph/initializer");
        let tensors = std::mem::take(&mut self.tensors);
        if !tensors.is_empty() {
            inventory::add(tensors, at, &mut self.facts);
            return;
        }
        // Some writers put every weight into a constant node.
        let constants = std::mem::take(&mut self.constants);
        if !constants.is_empty() {
            inventory::add(constants, (self.path, "graph/node"), &mut self.facts);
            return;
        }
        // Trees and linear models of scikit-learn lie in attributes.
        self.facts.incomplete |= !self.has_graph;
        self.facts.measured(at.0, at.1, property::TENSORS, Value::Uint(0));
        let why = Value::Text("no tensors are listed".to_owned());
        let fact = (property::NOT_MEASURED, why);
        self.facts.about(property::PARAMETERS, Known::Measured, at, fact);
    }
}

/// An operator's name with its domain, where it is not the usual one.
fn qualified(domain: &str, name: &str) -> String {
    if domain.is_empty() { name.to_owned() } else { format!("{domain}::{name}") }
}
