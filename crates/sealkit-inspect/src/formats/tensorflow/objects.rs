//! SavedObjectGraph: the variables and classes that a SavedModel holds.

use sealkit_report::Known;

use super::meta::Walk;
use super::types;
use crate::protobuf::{self, Field, pass, text};
use crate::{Cursor, InspectError, TensorInfo, Value, property};

/// What one tensor costs of the budget's entries: its facts take more memory than most.
const COST: u64 = 4;

impl Walk<'_> {
    pub(super) fn objects(
        &mut self,
        cursor: &mut Cursor<'_>,
        len: u64,
    ) -> Result<(), InspectError> {
        let end = cursor.pos() + len;
        while let Some((number, field)) = protobuf::next(cursor, end)? {
            match (number, field) {
                (1, Field::Bytes(n)) => self.object(cursor, n)?,
                (_, field) => pass(cursor, field)?,
            }
        }
        Ok(())
    }

    /// SavedObject.
    fn object(&mut self, cursor: &mut Cursor<'_>, len: u64) -> Result<(), InspectError> {
        let end = cursor.pos() + len;
        while let Some((number, field)) = protobuf::next(cursor, end)? {
            match (number, field) {
                (4, Field::Bytes(n)) => self.user_object(cursor, n)?,
                (7, Field::Bytes(n)) => self.variable(cursor, n)?,
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

    /// SavedVariable.
    fn variable(&mut self, cursor: &mut Cursor<'_>, len: u64) -> Result<(), InspectError> {
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
        // A variable without a fixed shape says nothing of its size.
        let dtype = types::name(kind);
        if let Some(shape) = types::fixed(shape) {
            self.tensors.push(TensorInfo { name, dtype, shape, offset: 0, size: 0 });
        }
        Ok(())
    }
}
