//! Tensors and parameters of a file as facts, and whether they fit what they are made of.

use std::collections::{BTreeMap, BTreeSet};

use sealkit_report::{Budget, Severity};

use super::storage::Storage;
use super::tensors::{Data, Tensor, tensors};
use crate::formats::pickle::report::Place;
use crate::inventory::{add_counts, elements, list};
use crate::pickle::{Item, Trace};
use crate::{Facts, TensorInfo, Value, property};

/// Keys under which a checkpoint keeps the weights of the model, the likeliest first.
const WEIGHTS: &[&str] = &[
    "state_dict",
    "model_state_dict",
    "model",
    "net",
    "module",
    "weights",
    "params",
    "params_ema",
    "ema",
    "generator",
];
/// Findings of one kind in one file.
const MAX_FINDINGS: usize = 16;

/// Where the bytes of a storage lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Span {
    /// Nowhere.
    Missing,
    /// In the file, packed; with their unpacked size.
    Packed(u64),
    /// In the file as they are: offset and size.
    Plain(u64, u64),
}

/// Where things lie for one pickle.
pub(crate) struct Layout<'a> {
    pub(crate) place: Place<'a>,
    /// Where storages lie.
    pub(crate) span: &'a dyn Fn(&Storage) -> Span,
    /// Offset of the pickle in the file; none where it is packed.
    pub(crate) base: Option<u64>,
}

/// Adds what tensors there are below `root`. Gives their number.
pub(crate) fn inventory(
    facts: &mut Facts,
    layout: &Layout<'_>,
    (trace, root): (&Trace, Item),
    budget: &mut Budget,
) -> usize {
    let (all, whole) = tensors(trace, root, budget);
    // What looks up no name holds no tensor, however much of it is kept.
    facts.incomplete |= !whole && !trace.is_plain_data();
    let place = layout.place;
    let at = (place.file, place.member);
    let weights = weights(trace, root, &all);
    let holds = holds(trace, root, &all, weights);
    let known = facts.of(property::HOLDS).next().is_some();
    if let Some(holds) = holds.filter(|_| !known) {
        facts.measured(at.0, at.1, property::HOLDS, Value::Text(holds.to_owned()));
    }
    if all.is_empty() {
        return 0;
    }
    facts.measured(at.0, at.1, property::TENSORS, Value::Uint(all.len() as u64));
    if all.iter().any(|tensor| matches!(tensor.data, Data::Storage { .. })) {
        count(facts, at, &all, weights);
    }
    check(facts, layout, &all);
    list(all.iter().filter_map(|tensor| info(layout, tensor)).collect(), at, facts);
    all.len()
}

/// The key of the root under which the model's weights stand; none where all are weights.
fn weights(trace: &Trace, root: Item, all: &[Tensor]) -> Option<&'static str> {
    let below = |key: &str| {
        all.iter().any(|t| t.name.strip_prefix(key).is_some_and(|rest| rest.starts_with('.')))
    };
    WEIGHTS.iter().copied().find(|key| trace.heap.get(root, key).is_some() && below(key))
}

fn is_weight(tensor: &Tensor, weights: Option<&str>) -> bool {
    weights
        .is_none_or(|key| tensor.name.strip_prefix(key).is_some_and(|rest| rest.starts_with('.')))
}

fn holds(trace: &Trace, root: Item, all: &[Tensor], weights: Option<&str>) -> Option<&'static str> {
    let heap = &trace.heap;
    if weights.is_some() {
        return Some("checkpoint");
    }
    let is_module =
        |state| ["_parameters", "_modules"].iter().all(|k| heap.get(state, k).is_some());
    let is_program = trace.path(root).is_some_and(|path| {
        path.starts_with("__torch__.") || path.starts_with("torch.fx.graph_module.")
    });
    if is_program || heap.state(root).is_some_and(is_module) {
        return Some("module");
    }
    let pairs = entries(trace, root);
    let flat = all.iter().any(|tensor| tensor.name.is_empty());
    match all.len() {
        0 => None,
        1 if flat => Some("tensor"),
        _ if all.iter().all(|tensor| matches!(tensor.data, Data::Array { .. })) => Some("arrays"),
        count if count >= pairs && pairs > 0 => Some("state-dict"),
        _ => Some("tensors"),
    }
}

/// Number of entries of a dictionary; an ordered one of Python 2 comes as a list of pairs.
fn entries(trace: &Trace, root: Item) -> usize {
    let heap = &trace.heap;
    let args = heap.object(root).and_then(|object| heap.tuple(object.args));
    match args.and_then(|args| args.first()).and_then(|list| heap.elements(*list)) {
        Some(list) if !list.is_empty() => list.len(),
        _ => heap.pairs(root).map_or(0, <[_]>::len),
    }
}

/// Parameters by type. What two names share counts once.
fn count(facts: &mut Facts, at: (&str, &str), all: &[Tensor], weights: Option<&str>) {
    let mut seen = BTreeSet::new();
    let mut by_type: BTreeMap<&str, u64> = BTreeMap::new();
    let mut total = 0_u64;
    for tensor in all.iter().filter(|tensor| is_weight(tensor, weights)) {
        // Arrays of NumPy beside tensors are states of random numbers and the like.
        let Data::Storage { storage, offset, .. } = &tensor.data else { continue };
        if !seen.insert((&storage.key, offset, &tensor.shape)) {
            continue;
        }
        let sum = elements(&tensor.shape).and_then(|n| {
            let of_type = by_type.entry(tensor.dtype()).or_default();
            *of_type = of_type.checked_add(n)?;
            total.checked_add(n)
        });
        let Some(sum) = sum else {
            facts.incomplete = true;
            let message = format!("tensor `{}` has a shape beyond 64 bits", tensor.name);
            facts.find("tensor-shape", Severity::High, at, message);
            return;
        };
        total = sum;
    }
    let key = weights.map_or_else(|| at.1.to_owned(), |key| format!("{} /{key}", at.1));
    let at = (at.0, key.trim_start());
    add_counts(&by_type, at, facts);
}

/// Name, type, shape and place. A tensor whose elements do not follow each other has no place.
fn info(layout: &Layout<'_>, tensor: &Tensor) -> Option<TensorInfo> {
    let (offset, size) = range(layout, tensor).unwrap_or((0, 0));
    elements(&tensor.shape)?;
    let dtype = tensor.dtype().to_owned();
    Some(TensorInfo { name: tensor.name.clone(), dtype, shape: tensor.shape.clone(), offset, size })
}

fn range(layout: &Layout<'_>, tensor: &Tensor) -> Option<(u64, u64)> {
    match &tensor.data {
        Data::Array { bytes, .. } => {
            let (at, len) = (*bytes)?;
            Some((layout.base?.checked_add(at)?, len))
        }
        Data::Storage { storage, dtype, offset, stride } => {
            let Span::Plain(start, len) = (layout.span)(storage) else { return None };
            let skipped = offset.checked_mul(dtype.size)?;
            let size = elements(&tensor.shape)?.checked_mul(dtype.size)?;
            let fits = skipped.checked_add(size).is_some_and(|end| end <= len);
            let begin = start.checked_add(skipped)?;
            (fits && is_row_major(&tensor.shape, stride)).then_some((begin, size))
        }
    }
}

fn is_row_major(shape: &[u64], stride: &[u64]) -> bool {
    let mut expected = 1_u64;
    shape.len() == stride.len()
        && shape.iter().zip(stride).rev().all(|(dim, step)| {
            let fits = *dim <= 1 || *step == expected;
            expected = expected.saturating_mul(*dim);
            fits
        })
}

/// Storages must be there with the stated size, and tensors inside their storage: a loader that
/// trusts the pickle reads or writes outside otherwise.
fn check(facts: &mut Facts, layout: &Layout<'_>, all: &[Tensor]) {
    let at = (layout.place.file, layout.place.member);
    let mut seen = BTreeSet::new();
    let [mut missing, mut wrong, mut outside] = [0, 0, 0];
    for tensor in all {
        let Data::Storage { storage, dtype, offset, stride } = &tensor.data else { continue };
        if seen.insert(&storage.key) {
            let stated = storage.size();
            match (layout.span)(storage) {
                Span::Missing => {
                    let message = format!("storage `{}` is not in the file", storage.key);
                    find(facts, &mut missing, ("torch-storage-missing", at), message);
                }
                Span::Packed(size) | Span::Plain(_, size) if Some(size) != stated => {
                    let message =
                        format!("storage `{}` has a size unlike the stated one", storage.key);
                    find(facts, &mut wrong, ("torch-storage-size", at), message);
                }
                _ => {}
            }
        }
        let end = end(&tensor.shape, *offset, stride).and_then(|end| end.checked_mul(dtype.size));
        if end.zip(storage.size()).is_none_or(|(end, size)| end > size)
            && !dtype.name.starts_with("QUINT")
        {
            let message = format!("tensor `{}` reaches out of its storage", tensor.name);
            find(facts, &mut outside, ("torch-tensor-outside", at), message);
        }
    }
}

fn find(facts: &mut Facts, count: &mut usize, rule: (&str, (&str, &str)), message: String) {
    *count += 1;
    if *count <= MAX_FINDINGS {
        facts.find(rule.0, Severity::High, rule.1, message);
    }
}

/// One behind the last element that a tensor touches.
fn end(shape: &[u64], offset: u64, stride: &[u64]) -> Option<u64> {
    if shape.len() != stride.len() {
        return None;
    }
    if shape.contains(&0) {
        return Some(0);
    }
    let mut last = offset;
    for (dim, step) in shape.iter().zip(stride) {
        last = last.checked_add(dim.checked_sub(1)?.checked_mul(*step)?)?;
    }
    last.checked_add(1)
}
