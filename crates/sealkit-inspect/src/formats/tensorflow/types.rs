//! Element types and shapes (`types.proto`, `tensor_shape.proto`).

use crate::protobuf::{self, Field, pass};
use crate::{Cursor, InspectError};

const NAMES: &[(u64, &str)] = &[
    (1, "DT_FLOAT"),
    (2, "DT_DOUBLE"),
    (3, "DT_INT32"),
    (4, "DT_UINT8"),
    (5, "DT_INT16"),
    (6, "DT_INT8"),
    (7, "DT_STRING"),
    (8, "DT_COMPLEX64"),
    (9, "DT_INT64"),
    (10, "DT_BOOL"),
    (11, "DT_QINT8"),
    (12, "DT_QUINT8"),
    (13, "DT_QINT32"),
    (14, "DT_BFLOAT16"),
    (15, "DT_QINT16"),
    (16, "DT_QUINT16"),
    (17, "DT_UINT16"),
    (18, "DT_COMPLEX128"),
    (19, "DT_HALF"),
    (20, "DT_RESOURCE"),
    (21, "DT_VARIANT"),
    (22, "DT_UINT32"),
    (23, "DT_UINT64"),
    (24, "DT_FLOAT8_E5M2"),
    (25, "DT_FLOAT8_E4M3FN"),
    (29, "DT_INT4"),
    (30, "DT_UINT4"),
];

/// Name of an element type; one that ends in `_REF` where it is a reference.
pub(super) fn name(kind: u64) -> String {
    // References are numbered from 101 on.
    let (plain, ending) = if kind > 100 { (kind - 100, "_REF") } else { (kind, "") };
    match NAMES.iter().find(|known| known.0 == plain) {
        Some((_, name)) => format!("{name}{ending}"),
        None => format!("type {kind}"),
    }
}

/// Whether numbers of a type can be weights, not sizes, texts or flags.
pub(super) fn is_weight(kind: u64) -> bool {
    !matches!(kind, 3 | 7 | 9 | 10 | 20 | 21 | 22 | 23)
}

/// A TensorShapeProto: its dimensions, -1 for one that is not known; none where even their number
/// is not.
pub(super) fn shape(cursor: &mut Cursor<'_>, len: u64) -> Result<Option<Vec<i64>>, InspectError> {
    let end = cursor.pos() + len;
    let (mut all, mut is_known) = (Vec::new(), true);
    while let Some((number, field)) = protobuf::next(cursor, end)? {
        match (number, field) {
            (2, Field::Bytes(n)) => {
                cursor.budget().entries(1)?;
                all.push(dimension(cursor, n)?);
            }
            (3, Field::Varint(unknown)) => is_known = unknown == 0,
            (_, field) => pass(cursor, field)?,
        }
    }
    Ok(is_known.then_some(all))
}

fn dimension(cursor: &mut Cursor<'_>, len: u64) -> Result<i64, InspectError> {
    let end = cursor.pos() + len;
    let mut size = 0;
    while let Some((number, field)) = protobuf::next(cursor, end)? {
        match (number, field) {
            (1, Field::Varint(n)) => size = n as i64,
            (_, field) => pass(cursor, field)?,
        }
    }
    Ok(size)
}

/// A shape whose every dimension is known.
pub(super) fn fixed(shape: Option<Vec<i64>>) -> Option<Vec<u64>> {
    shape?.into_iter().map(|dim| u64::try_from(dim).ok()).collect()
}

/// Type and shape as text: `DT_FLOAT[-1,224]`, `DT_FLOAT[…]` where the shape is not known.
pub(super) fn describe(kind: u64, shape: Option<&[i64]>) -> String {
    let dims = shape.map(|dims| dims.iter().map(i64::to_string).collect::<Vec<_>>().join(","));
    format!("{}[{}]", name(kind), dims.as_deref().unwrap_or("…"))
}
