//! Storages of PyTorch: element types, and the ids by which a pickle asks for them.
//!
//! Source: `torch/serialization.py` and `torch/storage.py` of PyTorch 2.

use crate::pickle::{Item, Node, Trace};

/// A storage as a pickle asks for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Storage {
    /// Key: the name of a member in an archive.
    pub(crate) key: String,
    /// Element type and its size in bytes; none for bytes without a type.
    pub(crate) dtype: Option<DType>,
    /// Number of elements, of bytes where there is no type.
    pub(crate) count: u64,
}

/// An element type: its short name and its size in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct DType {
    pub(crate) name: &'static str,
    pub(crate) size: u64,
}

impl Storage {
    /// The storage that a persistent id stands for: `('storage', class, key, location, count)`.
    pub(crate) fn of(trace: &Trace, item: Item) -> Option<Self> {
        let heap = &trace.heap;
        let Some(Node::Persistent(id)) = heap.node(item) else { return None };
        let [kind, class, key, _, count, ..] = heap.tuple(*id)? else { return None };
        if heap.text(*kind) != Some("storage") {
            return None;
        }
        let class = trace.path(*class)?;
        let (root, name) = class.rsplit_once('.')?;
        if root != "torch" && !root.starts_with("torch.") {
            return None;
        }
        let key = match key {
            Item::Int(number) => number.to_string(),
            key => heap.text(*key)?.to_owned(),
        };
        let Item::Int(count) = count else { return None };
        let count = u64::try_from(*count).ok()?;
        let dtype = match name {
            "UntypedStorage" => None,
            name => Some(of_storage(name)?),
        };
        Some(Self { key, dtype, count })
    }

    /// Its size in bytes.
    pub(crate) fn size(&self) -> Option<u64> {
        self.count.checked_mul(self.dtype.map_or(1, |dtype| dtype.size))
    }
}

/// Element type by the name of a storage class.
fn of_storage(name: &str) -> Option<DType> {
    let name = match name.strip_suffix("Storage")? {
        "Float" => "float32",
        "Double" => "float64",
        "Half" => "float16",
        "BFloat16" => "bfloat16",
        "Long" => "int64",
        "Int" => "int32",
        "Short" => "int16",
        "Char" => "int8",
        "Byte" => "uint8",
        "Bool" => "bool",
        "ComplexFloat" => "complex64",
        "ComplexDouble" => "complex128",
        "QInt8" => "qint8",
        "QUInt8" => "quint8",
        "QInt32" => "qint32",
        "QUInt4x2" => "quint4x2",
        "QUInt2x4" => "quint2x4",
        _ => return None,
    };
    dtype(name)
}

/// Element type by its name in `torch`; in short as safetensors writes it.
pub(crate) fn dtype(name: &str) -> Option<DType> {
    let (name, size) = match name {
        "float32" => ("F32", 4),
        "float64" => ("F64", 8),
        "float16" => ("F16", 2),
        "bfloat16" => ("BF16", 2),
        "int64" => ("I64", 8),
        "int32" => ("I32", 4),
        "int16" => ("I16", 2),
        "int8" => ("I8", 1),
        "uint64" => ("U64", 8),
        "uint32" => ("U32", 4),
        "uint16" => ("U16", 2),
        "uint8" => ("U8", 1),
        "bool" => ("BOOL", 1),
        "complex32" => ("C32", 4),
        "complex64" => ("C64", 8),
        "complex128" => ("C128", 16),
        "float8_e4m3fn" => ("F8_E4M3", 1),
        "float8_e5m2" => ("F8_E5M2", 1),
        "float8_e4m3fnuz" => ("F8_E4M3FNUZ", 1),
        "float8_e5m2fnuz" => ("F8_E5M2FNUZ", 1),
        "float8_e8m0fnu" => ("F8_E8M0", 1),
        "qint8" => ("QINT8", 1),
        "quint8" => ("QUINT8", 1),
        "qint32" => ("QINT32", 4),
        "quint4x2" => ("QUINT4X2", 1),
        "quint2x4" => ("QUINT2X4", 1),
        _ => return None,
    };
    Some(DType { name, size })
}
