//! MetaGraphDef: a graph with its tags, signatures, assets and objects.

use std::collections::{BTreeMap, BTreeSet};

use sealkit_report::{Known, Severity};

use super::types;
use crate::protobuf::{self, Field, pass, text};
use crate::{
    Cursor, Facts, FileInfo, InspectError, TensorInfo, Value, inventory, property, reference,
};

/// Operators that call Python functions of the process, load a library, or write files where the graph says, which can
/// be a program.
const RUNS_CODE: &[&str] =
    &["PyFunc", "PyFuncStateless", "EagerPyFunc", "LoadLibrary", "WriteFile"];
/// Operators that reach for files where the graph says.
const FILES: &[&str] = &["ReadFile", "WriteFile", "MatchingFiles", "SaveDataset", "SaveDatasetV2"];

/// What is gathered on the way.
pub(super) struct Walk<'a> {
    pub(super) facts: Facts,
    pub(super) path: &'a str,
    /// Whether constants are the weights.
    pub(super) is_frozen: bool,
    pub(super) tensors: Vec<TensorInfo>,
    pub(super) operators: BTreeMap<String, u64>,
    pub(super) functions: BTreeSet<String>,
}

impl<'a> Walk<'a> {
    pub(super) fn new(path: &'a str, is_frozen: bool) -> Self {
        Self {
            facts: Facts::default(),
            path,
            is_frozen,
            tensors: Vec::new(),
            operators: BTreeMap::new(),
            functions: BTreeSet::new(),
        }
    }

    /// The MetaGraphDef number `index`, which ends at `end`.
    pub(super) fn meta_graph(
        &mut self,
        cursor: &mut Cursor<'_>,
        end: u64,
        index: u64,
    ) -> Result<(), InspectError> {
        cursor.budget().entries(1)?;
        let place = format!("meta_graphs/{index}");
        while let Some((number, field)) = protobuf::next(cursor, end)? {
            match (number, field) {
                (1, Field::Bytes(n)) => self.info(cursor, n, &format!("{place}/meta_info_def"))?,
                (2, Field::Bytes(n)) => {
                    let end = cursor.pos() + n;
                    self.graph(cursor, end)?;
                }
                (5, Field::Bytes(n)) => self.signature(cursor, n, &place)?,
                (6, Field::Bytes(n)) => {
                    self.asset(cursor, n, &format!("{place}/asset_file_def"))?;
                }
                (7, Field::Bytes(n)) => self.objects(cursor, n)?,
                (_, field) => pass(cursor, field)?,
            }
        }
        Ok(())
    }

    fn declare(&mut self, place: &str, property: &'static str, value: Value) {
        self.facts.declared(self.path, place, property, value);
    }

    /// MetaInfoDef.
    fn info(&mut self, cursor: &mut Cursor<'_>, len: u64, place: &str) -> Result<(), InspectError> {
        let end = cursor.pos() + len;
        let mut tags = Vec::new();
        while let Some((number, field)) = protobuf::next(cursor, end)? {
            match (number, field) {
                (4, Field::Bytes(n)) => {
                    cursor.budget().entries(1)?;
                    tags.push(text(cursor, n)?);
                }
                (5, Field::Bytes(n)) => {
                    let version = Value::Text(text(cursor, n)?);
                    let place = format!("{place}/tensorflow_version");
                    self.declare(&place, property::FRAMEWORK_VERSION, version);
                }
                (6, Field::Bytes(n)) => {
                    let fact = (property::METADATA, Value::Text(text(cursor, n)?));
                    let at = (self.path, place);
                    self.facts.about("tensorflow_git_version", Known::Declared, at, fact);
                }
                (_, field) => pass(cursor, field)?,
            }
        }
        if !tags.is_empty() {
            self.declare(&format!("{place}/tags"), property::TAG, Value::List(tags));
        }
        Ok(())
    }

    /// One entry of the map of signatures: its name, then a SignatureDef.
    fn signature(
        &mut self,
        cursor: &mut Cursor<'_>,
        len: u64,
        place: &str,
    ) -> Result<(), InspectError> {
        let end = cursor.pos() + len;
        let (mut name, mut ports) = (String::new(), Vec::new());
        while let Some((number, field)) = protobuf::next(cursor, end)? {
            match (number, field) {
                (1, Field::Bytes(n)) => name = text(cursor, n)?,
                (2, Field::Bytes(n)) => ports = signature_ports(cursor, n)?,
                (_, field) => pass(cursor, field)?,
            }
        }
        // The names of TensorFlow's own entry points start with two lines.
        if name.starts_with("__") {
            return Ok(());
        }
        let place = format!("{place}/signature_def/{name}");
        for (is_input, port, kind) in ports {
            let (property, type_property) = if is_input {
                (property::INPUT, property::INPUT_TYPE)
            } else {
                (property::OUTPUT, property::OUTPUT_TYPE)
            };
            let subject = format!("{name}/{port}");
            self.declare(&place, property, Value::Text(subject.clone()));
            let fact = (type_property, Value::Text(kind));
            self.facts.about(&subject, Known::Declared, (self.path, &place), fact);
        }
        Ok(())
    }

    /// AssetFileDef: the name of a file in the folder `assets`.
    fn asset(
        &mut self,
        cursor: &mut Cursor<'_>,
        len: u64,
        place: &str,
    ) -> Result<(), InspectError> {
        cursor.budget().entries(1)?;
        let end = cursor.pos() + len;
        while let Some((number, field)) = protobuf::next(cursor, end)? {
            match (number, field) {
                (2, Field::Bytes(n)) => {
                    let name = text(cursor, n)?;
                    let at = (self.path, place);
                    reference::check(&name, at, "tensorflow-asset-path", &mut self.facts);
                    let file = FileInfo { path: format!("assets/{name}"), ..FileInfo::default() };
                    self.declare(place, property::FILE_REFERENCE, Value::File(file));
                }
                (_, field) => pass(cursor, field)?,
            }
        }
        Ok(())
    }

    /// Adds what only the whole walk tells; after one that broke off, only the tensors so far.
    pub(super) fn finish(mut self, is_whole: bool) -> Facts {
        let place = if self.is_frozen { "node" } else { "object_graph_def" };
        let at = (self.path, place);
        if !is_whole {
            inventory::list(self.tensors, at, &mut self.facts);
            return self.facts;
        }
        for (name, count) in &self.operators {
            let fact = (property::LAYER_KIND, Value::Uint(*count));
            self.facts.about(name, Known::Measured, (self.path, "graph_def"), fact);
            // Operators of an extension have a name space: `Addons>BitmaskOp`.
            if name.contains('>') {
                let value = Value::Text(name.clone());
                self.facts.measured(self.path, "graph_def", property::CUSTOM_OPERATOR, value);
            }
            if RUNS_CODE.contains(&name.as_str()) {
                let value = Value::Bool(true);
                self.facts.measured(self.path, "graph_def", property::CAN_RUN_CODE, value);
            }
            if FILES.contains(&name.as_str()) {
                let message =
                    format!("the operator `{name}` reaches for files of who runs the model");
                let at = (self.path, "graph_def");
                self.facts.find("tensorflow-file-operator", Severity::High, at, message);
            }
        }
        for name in std::mem::take(&mut self.functions) {
            self.declare("graph_def/library", property::LOCAL_FUNCTION, Value::Text(name));
        }
        if !self.tensors.is_empty() {
            inventory::add(self.tensors, at, &mut self.facts);
        }
        self.facts
    }
}

/// Inputs (true) and outputs of a SignatureDef, with name and type, by name.
fn signature_ports(
    cursor: &mut Cursor<'_>,
    len: u64,
) -> Result<Vec<(bool, String, String)>, InspectError> {
    let end = cursor.pos() + len;
    let mut ports = Vec::new();
    while let Some((number, field)) = protobuf::next(cursor, end)? {
        match (number, field) {
            (1 | 2, Field::Bytes(n)) => {
                cursor.budget().entries(1)?;
                let (name, kind) = port(cursor, n)?;
                ports.push((number == 1, name, kind));
            }
            (_, field) => pass(cursor, field)?,
        }
    }
    // The entries of a map come in any order.
    ports.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
    Ok(ports)
}

/// One entry of a map of ports: its name, then a TensorInfo.
fn port(cursor: &mut Cursor<'_>, len: u64) -> Result<(String, String), InspectError> {
    let end = cursor.pos() + len;
    let (mut name, mut kind, mut shape) = (String::new(), 0, Some(Vec::new()));
    while let Some((number, field)) = protobuf::next(cursor, end)? {
        match (number, field) {
            (1, Field::Bytes(n)) => name = text(cursor, n)?,
            (2, Field::Bytes(n)) => {
                let end = cursor.pos() + n;
                while let Some((number, field)) = protobuf::next(cursor, end)? {
                    match (number, field) {
                        (2, Field::Varint(n)) => kind = n,
                        (3, Field::Bytes(n)) => shape = types::shape(cursor, n)?,
                        (_, field) => pass(cursor, field)?,
                    }
                }
            }
            (_, field) => pass(cursor, field)?,
        }
    }
    Ok((name, types::describe(kind, shape.as_deref())))
}
