//! Element types, and the types of inputs and outputs (`onnx.proto`: TensorProto.DataType,
//! TypeProto).

use crate::protobuf::{self, Field, pass, text};
use crate::{Cursor, InspectError};

/// Number, name and size in bits; size 0 where elements have no fixed size.
const ELEMENTS: &[(u64, &str, u64)] = &[
    (1, "FLOAT", 32),
    (2, "UINT8", 8),
    (3, "INT8", 8),
    (4, "UINT16", 16),
    (5, "INT16", 16),
    (6, "INT32", 32),
    (7, "INT64", 64),
    (8, "STRING", 0),
    (9, "BOOL", 8),
    (10, "FLOAT16", 16),
    (11, "DOUBLE", 64),
    (12, "UINT32", 32),
    (13, "UINT64", 64),
    (14, "COMPLEX64", 64),
    (15, "COMPLEX128", 128),
    (16, "BFLOAT16", 16),
    (17, "FLOAT8E4M3FN", 8),
    (18, "FLOAT8E4M3FNUZ", 8),
    (19, "FLOAT8E5M2", 8),
    (20, "FLOAT8E5M2FNUZ", 8),
    (21, "UINT4", 4),
    (22, "INT4", 4),
    (23, "FLOAT4E2M1", 4),
    (24, "FLOAT8E8M0", 8),
    (25, "UINT2", 2),
    (26, "INT2", 2),
    (27, "FLOAT6E2M3", 6),
    (28, "FLOAT6E3M2", 6),
];

/// Name of an element type, and its size in bits where it is fixed.
pub(super) fn element(kind: u64) -> (String, Option<u64>) {
    match ELEMENTS.iter().find(|known| known.0 == kind) {
        Some(&(_, name, bits)) => (name.to_owned(), (bits > 0).then_some(bits)),
        None => (format!("type {kind}"), None),
    }
}

/// A TypeProto as text: `FLOAT[batch,3,224]`, `sequence(INT64[])`, `map(STRING,FLOAT[])`.
pub(super) fn describe(
    cursor: &mut Cursor<'_>,
    len: u64,
    depth: u32,
) -> Result<String, InspectError> {
    cursor.budget().depth(depth)?;
    let end = cursor.pos() + len;
    let mut found = String::from("unknown");
    while let Some((number, field)) = protobuf::next(cursor, end)? {
        let Field::Bytes(n) = field else { continue };
        match number {
            1 => found = tensor(cursor, n)?,
            8 => found = format!("sparse {}", tensor(cursor, n)?),
            4 => found = format!("sequence({})", inner(cursor, n, depth)?),
            5 => found = format!("map({})", inner(cursor, n, depth)?),
            9 => found = format!("optional({})", inner(cursor, n, depth)?),
            _ => cursor.skip(n)?,
        }
    }
    Ok(found)
}

/// The types inside a sequence, a map or an optional value.
fn inner(cursor: &mut Cursor<'_>, len: u64, depth: u32) -> Result<String, InspectError> {
    let end = cursor.pos() + len;
    let mut parts = Vec::new();
    while let Some((number, field)) = protobuf::next(cursor, end)? {
        match (number, field) {
            (1, Field::Varint(kind)) => parts.push(element(kind).0),
            (1 | 2, Field::Bytes(n)) => parts.push(describe(cursor, n, depth + 1)?),
            (_, field) => pass(cursor, field)?,
        }
    }
    Ok(parts.join(","))
}

fn tensor(cursor: &mut Cursor<'_>, len: u64) -> Result<String, InspectError> {
    let end = cursor.pos() + len;
    let (mut kind, mut shape) = (String::from("unknown"), None);
    while let Some((number, field)) = protobuf::next(cursor, end)? {
        match (number, field) {
            (1, Field::Varint(n)) => kind = element(n).0,
            (2, Field::Bytes(n)) => shape = Some(dimensions(cursor, n)?),
            (_, field) => pass(cursor, field)?,
        }
    }
    Ok(format!("{kind}[{}]", shape.as_deref().unwrap_or("…")))
}

fn dimensions(cursor: &mut Cursor<'_>, len: u64) -> Result<String, InspectError> {
    let end = cursor.pos() + len;
    let mut all = Vec::new();
    while let Some((number, field)) = protobuf::next(cursor, end)? {
        if let (1, Field::Bytes(n)) = (number, field) {
            cursor.budget().entries(1)?;
            all.push(dimension(cursor, n)?);
        } else {
            pass(cursor, field)?;
        }
    }
    Ok(all.join(","))
}

fn dimension(cursor: &mut Cursor<'_>, len: u64) -> Result<String, InspectError> {
    let end = cursor.pos() + len;
    let mut found = String::from("?");
    while let Some((number, field)) = protobuf::next(cursor, end)? {
        match (number, field) {
            (1, Field::Varint(size)) => found = (size as i64).to_string(),
            (2, Field::Bytes(n)) => found = text(cursor, n)?,
            (_, field) => pass(cursor, field)?,
        }
    }
    Ok(found)
}
