//! How many bytes two models share, and in which layers they differ most.

use std::collections::{HashMap, HashSet};

use sealkit_api::{LayerChange, TensorChangeKind as Kind};

use super::pair::Pair;
use super::{ComparedTensor, layer_of, natural};

/// Most layers that are given.
const MAX_LAYERS: usize = 1_000;

/// Bytes of the second side.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Bytes {
    /// Of tensors that the first has too.
    pub(super) equal: u64,
    /// Of tensors that the first may have.
    pub(super) unknown: u64,
    /// Of distinct tensors that the first is not known to have.
    pub(super) delta: u64,
}

/// Sums up what the second side has and the first has too, under whatever name.
pub(super) fn bytes(a: &[ComparedTensor], b: &[ComparedTensor]) -> Bytes {
    let digests: HashSet<&String> = a.iter().filter_map(|one| one.digest.as_ref()).collect();
    let place = |one: &ComparedTensor| Some((one.place.clone()?, one.bytes));
    let places: HashSet<_> = a.iter().filter_map(place).collect();
    let unhashed: HashSet<u64> =
        a.iter().filter(|one| one.digest.is_none()).map(|one| one.bytes).collect();
    let (mut sums, mut seen) = (Bytes::default(), (HashSet::new(), HashSet::new()));
    for one in b {
        let here = place(one).is_some_and(|place| places.contains(&place));
        if here || one.digest.as_ref().is_some_and(|digest| digests.contains(digest)) {
            sums.equal = sums.equal.saturating_add(one.bytes);
            continue;
        }
        // One that is not hashed could be any of equal size.
        if one.digest.is_none() || unhashed.contains(&one.bytes) {
            sums.unknown = sums.unknown.saturating_add(one.bytes);
        }
        let is_new = match (&one.digest, place(one)) {
            (Some(digest), _) => seen.0.insert(digest),
            (None, Some(place)) => seen.1.insert(place),
            (None, None) => true,
        };
        if is_new {
            sums.delta = sums.delta.saturating_add(one.bytes);
        }
    }
    sums
}

/// The layers in which something differs, those with most bytes that differ first.
pub(super) fn layers(
    a: &[ComparedTensor],
    b: &[ComparedTensor],
    pairs: &[Pair],
) -> Vec<LayerChange> {
    let mut sums: HashMap<&str, LayerChange> = HashMap::new();
    for pair in pairs {
        let tensor = pair.b.and_then(|at| b.get(at)).or(pair.a.and_then(|at| a.get(at)));
        let Some(tensor) = tensor else { continue };
        let name = layer_of(&tensor.name);
        let sum = sums.entry(name).or_insert_with(|| LayerChange {
            name: name.to_owned(),
            tensors: 0,
            changed: 0,
            bytes: 0,
            changed_bytes: 0,
        });
        sum.tensors += 1;
        sum.bytes = sum.bytes.saturating_add(tensor.bytes);
        sum.changed += u64::from(!matches!(pair.change, Kind::Unchanged | Kind::Unknown));
        if matches!(pair.change, Kind::Changed | Kind::Added | Kind::Removed) {
            sum.changed_bytes = sum.changed_bytes.saturating_add(tensor.bytes);
        }
    }
    let mut layers: Vec<LayerChange> = sums.into_values().filter(|sum| sum.changed > 0).collect();
    layers.sort_by(|one, two| {
        let most = two.changed_bytes.cmp(&one.changed_bytes).then(two.changed.cmp(&one.changed));
        most.then_with(|| natural(&one.name, &two.name))
    });
    layers.truncate(MAX_LAYERS);
    layers
}
