//! One TensorProto: type, shape and place of its data, which is not read.

use super::types::element;
use crate::inventory::elements;
use crate::protobuf::{self, Field, entry, pass, text};
use crate::{Cursor, FileInfo, InspectError, TensorInfo};

/// A tensor, and where its data lies if not in this file.
pub(super) struct Tensor {
    pub(super) info: TensorInfo,
    pub(super) external: Option<FileInfo>,
    /// Whether the bytes there are do not fit type and shape.
    pub(super) is_odd: bool,
}

#[derive(Default)]
struct Parts {
    name: String,
    kind: u64,
    shape: Vec<u64>,
    /// Offset and size of the data.
    data: Option<(u64, u64)>,
    is_raw: bool,
    is_external: bool,
    outside: Vec<(String, String)>,
}

/// Reads the tensor in the next `len` bytes.
pub(super) fn read(cursor: &mut Cursor<'_>, len: u64) -> Result<Tensor, InspectError> {
    let end = cursor.pos() + len;
    let mut parts = Parts::default();
    while let Some((number, field)) = protobuf::next(cursor, end)? {
        match (number, field) {
            (1, Field::Varint(dim)) => push(cursor, &mut parts.shape, dim)?,
            (1, Field::Bytes(n)) => {
                let packed_end = cursor.pos() + n;
                while cursor.pos() < packed_end {
                    let dim = cursor.varint()?;
                    push(cursor, &mut parts.shape, dim)?;
                }
            }
            (2, Field::Varint(kind)) => parts.kind = kind,
            (8, Field::Bytes(n)) => parts.name = text(cursor, n)?,
            (4..=7 | 9..=11, Field::Bytes(n)) => {
                let (start, before) = parts.data.unwrap_or((cursor.pos(), 0));
                parts.data = Some((start, before.saturating_add(n)));
                parts.is_raw = number == 9;
                cursor.skip(n)?;
            }
            (13, Field::Bytes(n)) => {
                cursor.budget().entries(1)?;
                parts.outside.push(entry(cursor, n)?);
            }
            (14, Field::Varint(location)) => parts.is_external = location == 1,
            (_, field) => pass(cursor, field)?,
        }
    }
    Ok(parts.finish())
}

fn push(cursor: &mut Cursor<'_>, shape: &mut Vec<u64>, dim: u64) -> Result<(), InspectError> {
    cursor.budget().entries(1)?;
    shape.push(dim);
    Ok(())
}

impl Parts {
    fn finish(self) -> Tensor {
        let (dtype, bits) = element(self.kind);
        let sum = elements(&self.shape).zip(bits).and_then(|(n, bits)| n.checked_mul(bits));
        let stated = sum.map(|bits| bits.div_ceil(8));
        let (mut offset, mut size) = self.data.unwrap_or((0, 0));
        let mut is_odd = self.is_raw && bits.is_some() && stated != Some(size);
        let find = |key: &str| self.outside.iter().find(|(k, _)| k == key).map(|(_, v)| v.as_str());
        let mut external = None;
        if let Some(location) = find("location").or(self.is_external.then_some("")) {
            // Without a length the data goes on for as long as the shape says.
            let number = |key| find(key).map_or(Some(None), |text| text.parse().ok().map(Some));
            let (start, length) = (number("offset"), number("length"));
            is_odd = start.is_none() || length.is_none();
            offset = start.flatten().unwrap_or(0);
            size = length.flatten().or(stated).unwrap_or(0);
            is_odd |= stated.is_some_and(|stated| stated != size);
            let digests = find("checksum").map(|hex| vec![format!("sha1:{hex}")]);
            let digests = digests.unwrap_or_default();
            external = Some(FileInfo { path: location.to_owned(), size: None, digests });
        }
        let info = TensorInfo { name: self.name, dtype, shape: self.shape, offset, size };
        Tensor { info, external, is_odd }
    }
}
