//! Arrays of NumPy inside a pickle: their element type, and the raw bytes that joblib puts
//! between the opcodes.
//!
//! Source: `numpy.dtype.__reduce__` and `__setstate__`, `joblib/numpy_pickle.py` 1.4.

use super::Item;
use super::machine::Machine;
use super::trace::{RawArray, Trace, Why};
use crate::inventory::elements;

/// Flag of a dtype with objects inside (`NPY_ITEM_HASOBJECT`).
const HAS_OBJECTS: i64 = 1;

/// The element type of an array.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DType {
    /// As NumPy writes it in a `.npy` header: `<f8`, `|O`, `|V16` for a structure.
    pub name: String,
    /// Size of one element in bytes.
    pub size: u64,
    /// Whether elements are or hold Python objects.
    pub objects: bool,
}

impl DType {
    /// Reads a dtype's kind and size, `f8`, with its byte order before it or given apart.
    pub fn parse(descr: &str, order: &str) -> Option<Self> {
        let inner = descr.trim_start_matches(['<', '>', '|', '=']);
        let given = descr.get(..descr.len() - inner.len()).filter(|given| !given.is_empty());
        let kind = inner.chars().next()?;
        let digits = inner.get(kind.len_utf8()..)?;
        let digits = digits.split_once('[').map_or(digits, |(digits, _)| digits);
        let count: u64 = if digits.is_empty() { 1 } else { digits.parse().ok()? };
        let size = match kind {
            'U' => count.checked_mul(4)?,
            'O' => 8,
            'b' | 'B' | 'i' | 'u' | 'f' | 'c' | 'S' | 'a' | 'V' | 'm' | 'M' => count,
            '?' => 1,
            _ => return None,
        };
        let order = given.unwrap_or(if order.is_empty() { "|" } else { order });
        Some(Self { name: format!("{order}{inner}"), size, objects: kind == 'O' })
    }
}

impl Trace {
    /// The dtype that a `numpy.dtype` object is.
    pub fn dtype(&self, item: Item) -> Option<DType> {
        if !self.is(item, "numpy.dtype") {
            return None;
        }
        let heap = &self.heap;
        let args = heap.tuple(heap.object(item)?.args)?;
        let descr = heap.text(*args.first()?)?;
        let state = heap.state(item).and_then(|state| heap.tuple(state)).unwrap_or_default();
        let order = state.get(1).and_then(|order| heap.text(*order)).unwrap_or("");
        let mut dtype = DType::parse(descr, order)?;
        if let Some(Item::Int(flags)) = state.get(7) {
            dtype.objects |= flags & HAS_OBJECTS != 0;
        }
        Some(dtype)
    }

    /// The numbers of a tuple or list.
    pub fn numbers(&self, item: Item) -> Option<Vec<u64>> {
        let number = |item: &Item| match item {
            Item::Int(n) => u64::try_from(*n).ok(),
            _ => None,
        };
        self.heap.elements(item)?.iter().map(number).collect()
    }
}

impl Machine<'_, '_> {
    /// Passes over the bytes of an array that stand behind its wrapper.
    pub(super) fn raw_array(&mut self, wrapper: Item) -> Result<(), Why> {
        let heap = &self.trace.heap;
        let Some(state) = heap.state(wrapper) else { return Err(Why::Array) };
        let dtype = heap.get(state, "dtype").and_then(|dtype| self.trace.dtype(dtype));
        let shape = heap.get(state, "shape").and_then(|shape| self.trace.numbers(shape));
        let aligned = heap.get(state, "numpy_array_alignment_bytes");
        let aligned = aligned.is_some_and(|item| item != Item::None);
        let (Some(dtype), Some(shape)) = (dtype, shape) else { return Err(Why::Array) };
        self.leave_frame();
        let start = self.reader.pos();
        if dtype.objects {
            self.nested()?;
            let range = start..self.reader.pos();
            self.trace.arrays.push(RawArray { wrapper, range });
            return Ok(());
        }
        if aligned {
            let padding = self.reader.byte()?;
            self.reader.skip(u64::from(padding))?;
        }
        let size = elements(&shape).and_then(|count| count.checked_mul(dtype.size));
        let start = self.reader.pos();
        self.reader.skip(size.ok_or(Why::Array)?)?;
        if self.trace.arrays.len() >= MAX_ARRAYS {
            self.trace.overflow = true;
            return Ok(());
        }
        self.trace.arrays.push(RawArray { wrapper, range: start..self.reader.pos() });
        Ok(())
    }
}

/// Raw arrays that are kept.
const MAX_ARRAYS: usize = 1 << 16;
