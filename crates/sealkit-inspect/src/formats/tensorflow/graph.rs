//! GraphDef: nodes, functions, and the constants of a frozen graph.

use super::meta::Walk;
use super::types;
use crate::protobuf::{self, Field, pass, text};
use crate::{Cursor, InspectError, TensorInfo};

/// What one tensor costs of the budget's entries: its facts take more memory than most.
const COST: u64 = 4;

impl Walk<'_> {
    /// A GraphDef that ends at `end`.
    pub(super) fn graph(&mut self, cursor: &mut Cursor<'_>, end: u64) -> Result<(), InspectError> {
        while let Some((number, field)) = protobuf::next(cursor, end)? {
            match (number, field) {
                (1, Field::Bytes(n)) => self.node(cursor, n)?,
                (2, Field::Bytes(n)) => self.library(cursor, n)?,
                (_, field) => pass(cursor, field)?,
            }
        }
        Ok(())
    }

    /// FunctionDefLibrary.
    fn library(&mut self, cursor: &mut Cursor<'_>, len: u64) -> Result<(), InspectError> {
        let end = cursor.pos() + len;
        while let Some((number, field)) = protobuf::next(cursor, end)? {
            match (number, field) {
                (1, Field::Bytes(n)) => self.function(cursor, n)?,
                (_, field) => pass(cursor, field)?,
            }
        }
        Ok(())
    }

    /// FunctionDef: its nodes count like those of the graph.
    fn function(&mut self, cursor: &mut Cursor<'_>, len: u64) -> Result<(), InspectError> {
        let end = cursor.pos() + len;
        while let Some((number, field)) = protobuf::next(cursor, end)? {
            match (number, field) {
                (1, Field::Bytes(n)) => {
                    cursor.budget().entries(1)?;
                    self.functions.extend(first_text(cursor, n)?);
                }
                (3, Field::Bytes(n)) => self.node(cursor, n)?,
                (_, field) => pass(cursor, field)?,
            }
        }
        Ok(())
    }

    /// NodeDef.
    fn node(&mut self, cursor: &mut Cursor<'_>, len: u64) -> Result<(), InspectError> {
        let end = cursor.pos() + len;
        let (mut name, mut operator, mut value) = (String::new(), String::new(), None);
        while let Some((number, field)) = protobuf::next(cursor, end)? {
            match (number, field) {
                (1, Field::Bytes(n)) => name = text(cursor, n)?,
                (2, Field::Bytes(n)) => operator = text(cursor, n)?,
                (5, Field::Bytes(n)) if self.is_frozen => {
                    value = attribute(cursor, n)?.or(value);
                }
                (_, field) => pass(cursor, field)?,
            }
        }
        if let Some(tensor) = value.filter(|_| operator == "Const") {
            cursor.budget().entries(COST)?;
            self.tensors.push(TensorInfo { name, ..tensor });
        }
        if !self.operators.contains_key(&operator) {
            cursor.budget().entries(1)?;
        }
        *self.operators.entry(operator).or_default() += 1;
        Ok(())
    }
}

/// The tensor of an attribute called `value`, where it can be a weight.
fn attribute(cursor: &mut Cursor<'_>, len: u64) -> Result<Option<TensorInfo>, InspectError> {
    let end = cursor.pos() + len;
    let (mut key, mut found) = (String::new(), None);
    while let Some((number, field)) = protobuf::next(cursor, end)? {
        match (number, field) {
            (1, Field::Bytes(n)) => key = text(cursor, n)?,
            (2, Field::Bytes(n)) => {
                let end = cursor.pos() + n;
                while let Some((number, field)) = protobuf::next(cursor, end)? {
                    match (number, field) {
                        (8, Field::Bytes(n)) => found = tensor(cursor, n)?,
                        (_, field) => pass(cursor, field)?,
                    }
                }
            }
            (_, field) => pass(cursor, field)?,
        }
    }
    Ok(found.filter(|_| key == "value"))
}

/// TensorProto, its data not read.
fn tensor(cursor: &mut Cursor<'_>, len: u64) -> Result<Option<TensorInfo>, InspectError> {
    let end = cursor.pos() + len;
    let (mut kind, mut shape, mut place) = (0, Some(Vec::new()), (0, 0));
    while let Some((number, field)) = protobuf::next(cursor, end)? {
        match (number, field) {
            (1, Field::Varint(n)) => kind = n,
            (2, Field::Bytes(n)) => shape = types::shape(cursor, n)?,
            (4..=7 | 13, Field::Bytes(n)) => {
                place = (cursor.pos(), n);
                cursor.skip(n)?;
            }
            (_, field) => pass(cursor, field)?,
        }
    }
    let (offset, size) = place;
    let shape = types::fixed(shape).filter(|_| types::is_weight(kind));
    let dtype = types::name(kind);
    Ok(shape.map(|shape| TensorInfo { name: String::new(), dtype, shape, offset, size }))
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
