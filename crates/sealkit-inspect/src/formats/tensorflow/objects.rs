//! SavedObjectGraph: the variables and classes that a SavedModel holds.

use std::collections::{BTreeMap, BTreeSet};

use sealkit_report::Known;

use super::meta::Walk;
use super::types;
use crate::protobuf::{self, Field, pass, text};
use crate::{Cursor, InspectError, TensorInfo, Value, property};

/// What one tensor costs of the budget's entries: its facts take more memory than most.
const COST: u64 = 4;
/// Edges that lead to the state of training, not to the model.
const NOT_MODEL: &[&str] = &["optimizer", "_optimizer", "keras_api", "signatures", "save_counter"];

/// The objects by number: what they lead to, and which of them are variables.
#[derive(Default)]
struct Objects {
    edges: BTreeMap<u64, Vec<u64>>,
    variables: BTreeMap<u64, TensorInfo>,
}

impl Walk<'_> {
    pub(super) fn objects(
        &mut self,
        cursor: &mut Cursor<'_>,
        len: u64,
    ) -> Result<(), InspectError> {
        let end = cursor.pos() + len;
        let (mut objects, mut index) = (Objects::default(), 0);
        while let Some((number, field)) = protobuf::next(cursor, end)? {
            match (number, field) {
                (1, Field::Bytes(n)) => {
                    self.object(cursor, n, index, &mut objects)?;
                    index += 1;
                }
                (_, field) => pass(cursor, field)?,
            }
        }
        self.tensors.extend(objects.of_model());
        Ok(())
    }

    /// SavedObject number `index`.
    fn object(
        &mut self,
        cursor: &mut Cursor<'_>,
        len: u64,
        index: u64,
        objects: &mut Objects,
    ) -> Result<(), InspectError> {
        let end = cursor.pos() + len;
        while let Some((number, field)) = protobuf::next(cursor, end)? {
            match (number, field) {
                (1, Field::Bytes(n)) => {
                    if let Some(child) = child(cursor, n)? {
                        cursor.budget().entries(1)?;
                        objects.edges.entry(index).or_default().push(child);
                    }
                }
                (4, Field::Bytes(n)) => self.user_object(cursor, n)?,
                (7, Field::Bytes(n)) => {
                    if let Some(variable) = variable(cursor, n)? {
                        objects.variables.insert(index, variable);
                    }
                }
                (_, field) => pass(cursor, field)?,
            }
        }
        Ok(())
    }

    /// SavedUserObject: Keras writes `_tf_keras_model` and the like.
    fn user_object(&mut self, cursor: &mut Cursor<'_>, len: u64) -> Result<(), InspectError> {
        let end = cursor.pos() + len;
        while let Some((number, field)) = protobuf::next(cursor, end)? {
            match (number, field) {
                (1, Field::Bytes(n)) => {
                    let class = text(cursor, n)?;
                    let is_model = ["_tf_keras_model", "_tf_keras_sequential", "_tf_keras_network"];
                    if is_model.iter().any(|start| class.starts_with(start)) {
                        cursor.budget().entries(1)?;
                        let at = (self.path, "object_graph_def");
                        let fact = (property::MODEL_CLASS, Value::Text(class));
                        self.facts.about("", Known::Declared, at, fact);
                    }
                }
                (_, field) => pass(cursor, field)?,
            }
        }
        Ok(())
    }
}

impl Objects {
    /// The variables that the root leads to, in the order of their numbers.
    fn of_model(self) -> Vec<TensorInfo> {
        let (mut seen, mut next) = (BTreeSet::from([0]), vec![0]);
        while let Some(index) = next.pop() {
            for child in self.edges.get(&index).into_iter().flatten() {
                if seen.insert(*child) {
                    next.push(*child);
                }
            }
        }
        let reached = self.variables.into_iter().filter(|(index, _)| seen.contains(index));
        reached.map(|(_, variable)| variable).collect()
    }
}

/// The number of a child (ObjectReference), unless it belongs to training.
fn child(cursor: &mut Cursor<'_>, len: u64) -> Result<Option<u64>, InspectError> {
    let end = cursor.pos() + len;
    let (mut index, mut name) = (0, String::new());
    while let Some((number, field)) = protobuf::next(cursor, end)? {
        match (number, field) {
            (1, Field::Varint(n)) => index = n,
            (2, Field::Bytes(n)) => name = text(cursor, n)?,
            (_, field) => pass(cursor, field)?,
        }
    }
    Ok((!NOT_MODEL.contains(&name.as_str())).then_some(index))
}

/// SavedVariable; one without a fixed shape says nothing of its size.
fn variable(cursor: &mut Cursor<'_>, len: u64) -> Result<Option<TensorInfo>, InspectError> {
    cursor.budget().entries(COST)?;
    let end = cursor.pos() + len;
    let (mut kind, mut shape, mut name) = (0, Some(Vec::new()), String::new());
    while let Some((number, field)) = protobuf::next(cursor, end)? {
        match (number, field) {
            (1, Field::Varint(n)) => kind = n,
            (2, Field::Bytes(n)) => shape = types::shape(cursor, n)?,
            (6, Field::Bytes(n)) => name = text(cursor, n)?,
            (_, field) => pass(cursor, field)?,
        }
    }
    let (dtype, offset, size) = (types::name(kind), 0, 0);
    Ok(types::fixed(shape).map(|shape| TensorInfo { name, dtype, shape, offset, size }))
}
