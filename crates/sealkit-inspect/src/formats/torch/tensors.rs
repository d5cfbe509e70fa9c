//! The tensors of a value tree, with the names under which a program finds them.
//!
//! Source: `torch/_utils.py`, `torch/_tensor.py`, `torch/nn/modules/module.py` of PyTorch 2.

use std::collections::{BTreeMap, BTreeSet};

use sealkit_report::Budget;

use super::storage::{self, DType, Storage};
use crate::pickle::{DType as NumpyType, Item, Node, Trace};

/// Parts of a module that the names of its tensors leave out.
const HIDDEN: &[&str] = &["_parameters", "_buffers", "_modules"];
/// Longest name that is followed, in bytes.
const MAX_NAME: usize = 512;
/// Deepest nesting that is followed.
const MAX_DEPTH: u32 = 96;

/// One tensor.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Tensor {
    /// Keys from the root, joined by dots.
    pub(crate) name: String,
    /// Number of elements in each dimension.
    pub(crate) shape: Vec<u64>,
    /// What it is made of.
    pub(crate) data: Data,
}

/// What a tensor is made of.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Data {
    /// A part of a storage.
    Storage {
        storage: Storage,
        dtype: DType,
        /// Elements before the first.
        offset: u64,
        /// Elements from one to the next in each dimension.
        stride: Vec<u64>,
    },
    /// An array of NumPy; its bytes, where they lie in the pickle as they are.
    Array { dtype: NumpyType, bytes: Option<(u64, u64)> },
}

impl Tensor {
    /// Element type in short.
    pub(crate) fn dtype(&self) -> &str {
        match &self.data {
            Data::Storage { dtype, .. } => dtype.name,
            Data::Array { dtype, .. } => &dtype.name,
        }
    }
}

/// All tensors below `root`, in the order of the pickle. False with them where some may be missing.
pub(crate) fn tensors(trace: &Trace, root: Item, budget: &mut Budget) -> (Vec<Tensor>, bool) {
    let whole = !trace.heap.is_lossy();
    let raw = trace.arrays.iter().map(|array| {
        let at = if let Item::Node(at) = array.wrapper { at } else { u32::MAX };
        (at, (array.range.start, array.range.end - array.range.start))
    });
    let raw = raw.collect();
    let mut walk = Walk { trace, budget, raw, seen: BTreeSet::new(), found: Vec::new(), whole };
    walk.visit(root, "", 0);
    (walk.found, walk.whole)
}

struct Walk<'a, 'b> {
    trace: &'a Trace,
    budget: &'b mut Budget,
    /// Bytes of joblib's arrays by their wrapper.
    raw: BTreeMap<u32, (u64, u64)>,
    seen: BTreeSet<u32>,
    found: Vec<Tensor>,
    whole: bool,
}

impl Walk<'_, '_> {
    fn visit(&mut self, item: Item, name: &str, depth: u32) {
        let Item::Node(at) = item else { return };
        if depth > MAX_DEPTH || name.len() > MAX_NAME || self.budget.steps(1).is_err() {
            self.whole = false;
            return;
        }
        match tensor(self.trace, item) {
            Some((shape, mut data)) if self.budget.entries(1).is_ok() => {
                if let Data::Array { bytes: bytes @ None, dtype } = &mut data
                    && !dtype.objects
                {
                    *bytes = self.raw.get(&at).copied();
                }
                self.found.push(Tensor { name: name.to_owned(), shape, data });
            }
            Some(_) => self.whole = false,
            // A container under two names is listed once: two would have no end.
            None if self.seen.insert(at) => self.children(item, name, depth),
            None => {}
        }
    }

    fn children(&mut self, item: Item, name: &str, depth: u32) {
        let heap = &self.trace.heap;
        match heap.node(item) {
            Some(Node::Tuple { .. } | Node::List(_) | Node::Set(_)) => {
                for (index, child) in heap.elements(item).unwrap_or_default().iter().enumerate() {
                    if matches!(child, Item::Node(_)) {
                        self.visit(*child, &join(name, &index.to_string()), depth + 1);
                    }
                }
            }
            Some(Node::Dict(_)) => self.pairs(item, name, depth),
            Some(Node::Object(object)) => {
                self.pairs(item, name, depth);
                match object.args {
                    // Ordered dictionaries of Python 2 come as a list of pairs.
                    args if self.trace.is(item, "collections.OrderedDict") => {
                        self.pair_list(args, name, depth);
                    }
                    // Arguments have no names of their own.
                    args => {
                        for arg in heap.tuple(args).unwrap_or_default() {
                            self.visit(*arg, name, depth + 1);
                        }
                    }
                }
                if let Some(after) = &object.after {
                    if let Some(state) = after.state {
                        self.state(state, name, depth);
                    }
                    for (index, child) in after.items.items.iter().enumerate() {
                        self.visit(*child, &join(name, &index.to_string()), depth + 1);
                    }
                }
            }
            _ => {}
        }
    }

    /// The state of an object is its dictionary, or a pair of that and its slots.
    fn state(&mut self, state: Item, name: &str, depth: u32) {
        match self.trace.heap.tuple(state) {
            Some([dict, slots]) => {
                self.visit(*dict, name, depth + 1);
                self.visit(*slots, name, depth + 1);
            }
            _ => self.visit(state, name, depth + 1),
        }
    }

    fn pairs(&mut self, item: Item, name: &str, depth: u32) {
        for (key, value) in self.trace.heap.pairs(item).unwrap_or_default() {
            if matches!(value, Item::Node(_)) {
                let name = self.key(name, *key);
                self.visit(*value, &name, depth + 1);
            }
        }
    }

    fn pair_list(&mut self, args: Item, name: &str, depth: u32) {
        let heap = &self.trace.heap;
        let Some([list]) = heap.tuple(args) else { return };
        for pair in heap.elements(*list).unwrap_or_default() {
            if let Some([key, value]) = heap.elements(*pair) {
                let name = self.key(name, *key);
                self.visit(*value, &name, depth + 1);
            }
        }
    }

    fn key(&self, name: &str, key: Item) -> String {
        match key {
            Item::Int(number) => join(name, &number.to_string()),
            key => match self.trace.heap.text(key) {
                Some(text) if HIDDEN.contains(&text) => name.to_owned(),
                Some(text) => join(name, text),
                None => join(name, "?"),
            },
        }
    }
}

fn join(name: &str, key: &str) -> String {
    if name.is_empty() { key.to_owned() } else { format!("{name}.{key}") }
}

/// Shape and data of a tensor or array.
fn tensor(trace: &Trace, item: Item) -> Option<(Vec<u64>, Data)> {
    let object = trace.heap.object(item)?;
    let path = trace.path(item)?;
    let args = trace.heap.tuple(object.args)?;
    match path.as_str() {
        "torch._tensor._rebuild_from_type_v2" => {
            let [function, _, args, ..] = args else { return None };
            rebuilt(trace, &trace.path(*function)?, trace.heap.tuple(*args)?)
        }
        "numpy.core.multiarray._reconstruct" | "numpy._core.multiarray._reconstruct" => {
            let state = trace.heap.tuple(trace.heap.state(item)?)?;
            let [_, shape, dtype, _, data] = state else { return None };
            let bytes = bytes(trace, *data);
            Some((trace.numbers(*shape)?, Data::Array { dtype: trace.dtype(*dtype)?, bytes }))
        }
        "numpy.core.numeric._frombuffer" | "numpy._core.numeric._frombuffer" => {
            let [data, dtype, shape, ..] = args else { return None };
            let bytes = bytes(trace, *data);
            Some((trace.numbers(*shape)?, Data::Array { dtype: trace.dtype(*dtype)?, bytes }))
        }
        "joblib.numpy_pickle.NumpyArrayWrapper" => wrapped(trace, item),
        path => rebuilt(trace, path, args),
    }
}

fn bytes(trace: &Trace, item: Item) -> Option<(u64, u64)> {
    match trace.heap.node(item) {
        Some(Node::Bytes { at, len }) => Some((*at, *len)),
        _ => None,
    }
}

fn wrapped(trace: &Trace, item: Item) -> Option<(Vec<u64>, Data)> {
    let state = trace.heap.state(item)?;
    let dtype = trace.dtype(trace.heap.get(state, "dtype")?)?;
    let shape = trace.numbers(trace.heap.get(state, "shape")?)?;
    Some((shape, Data::Array { dtype, bytes: None }))
}

/// What one of the functions of PyTorch that make tensors would make.
fn rebuilt(trace: &Trace, path: &str, args: &[Item]) -> Option<(Vec<u64>, Data)> {
    match path {
        "torch._utils._rebuild_parameter"
        | "torch._utils._rebuild_parameter_with_state"
        | "torch.nn.parameter.Parameter" => tensor(trace, *args.first()?),
        "torch._utils._rebuild_tensor"
        | "torch._utils._rebuild_tensor_v2"
        | "torch._utils._rebuild_tensor_v3"
        | "torch._utils._rebuild_qtensor" => {
            let [from, offset, size, stride, ..] = args else { return None };
            let storage = Storage::of(trace, *from)?;
            let dtype = match (storage.dtype, args.get(6)) {
                (Some(dtype), _) => dtype,
                (None, Some(given)) => storage::dtype(trace.path(*given)?.strip_prefix("torch.")?)?,
                (None, None) => return None,
            };
            let Item::Int(offset) = offset else { return None };
            let offset = u64::try_from(*offset).ok()?;
            let (shape, stride) = (trace.numbers(*size)?, trace.numbers(*stride)?);
            Some((shape, Data::Storage { storage, dtype, offset, stride }))
        }
        _ => None,
    }
}
