//! Which tensor of one side is which of the other.

use std::collections::{BTreeMap, VecDeque};

use sealkit_api::TensorChangeKind as Kind;

use super::names::{FAMILIES, Family, plain};
use super::{ComparedTensor, layer_of, natural};

/// A tensor of the first, of the second, or of both: their places in the lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Pair {
    pub(super) change: Kind,
    pub(super) a: Option<usize>,
    pub(super) b: Option<usize>,
    /// Whether they belong together by name: their own, or what one format calls what the other has.
    pub(super) by_name: bool,
}

impl Pair {
    /// Whether it is of the layer, under either name.
    pub(super) fn is_of(&self, layer: &str, a: &[ComparedTensor], b: &[ComparedTensor]) -> bool {
        let of = |at: Option<usize>, all: &[ComparedTensor]| {
            at.and_then(|at| all.get(at)).is_some_and(|tensor| layer_of(&tensor.name) == layer)
        };
        of(self.a, a) || of(self.b, b)
    }
}

/// Pairs the tensors of both sides, in the order of their names. What `pairs(b, a)` gives is the same with
/// sides and additions and removals swapped.
pub(super) fn pairs(a: &[ComparedTensor], b: &[ComparedTensor]) -> Vec<Pair> {
    let mut pairing = Pairing { a, b, left: sorted(a), right: sorted(b), found: Vec::new() };
    // Of several with one name those with equal bytes belong together, then those of one file.
    pairing.by(|tensor| Some((&tensor.name, tensor.digest.as_ref()?)));
    pairing.by(|tensor| Some((&tensor.name, tensor.place.as_ref()?, tensor.bytes)));
    pairing.by(|tensor| Some((&tensor.name, &tensor.path, &tensor.dtype, &tensor.shape)));
    pairing.by(|tensor| Some((&tensor.name, &tensor.path)));
    pairing.by(|tensor| Some((&tensor.name, &tensor.dtype, &tensor.shape)));
    pairing.by(|tensor| Some(&tensor.name));
    let named = pairing.found.len();
    for family in &FAMILIES {
        pairing.called_otherwise(family);
    }
    let known = pairing.found.len();
    let sized = |tensor: &ComparedTensor| (tensor.bytes > 0).then_some(());
    pairing.by(|tensor| sized(tensor).and(tensor.digest.as_ref()));
    pairing.by(|tensor| sized(tensor).and(tensor.place.as_ref()).zip(Some(tensor.bytes)));
    let mut all: Vec<Pair> = Vec::with_capacity(pairing.found.len());
    for (at, (one, two)) in pairing.found.iter().enumerate() {
        let change = match (a.get(*one), b.get(*two)) {
            (Some(one), Some(two)) if at < named => difference(one, two),
            (Some(one), Some(two)) if at < known => converted(one, two),
            _ => Kind::Moved,
        };
        all.push(Pair { change, a: Some(*one), b: Some(*two), by_name: at < known });
    }
    let gone = pairing.left.iter().map(|at| (Kind::Removed, Some(*at), None));
    let come = pairing.right.iter().map(|at| (Kind::Added, None, Some(*at)));
    all.extend(gone.chain(come).map(|(change, a, b)| Pair { change, a, b, by_name: false }));
    all.sort_by(|one, two| natural(name(one, a, b), name(two, a, b)));
    all
}

/// The name that a pair is shown under: the lesser of two, so that it is the same either way.
fn name<'a>(pair: &Pair, a: &'a [ComparedTensor], b: &'a [ComparedTensor]) -> &'a str {
    let of = |at: Option<usize>, all: &'a [ComparedTensor]| {
        at.and_then(|at| all.get(at)).map(|tensor| tensor.name.as_str())
    };
    of(pair.a, a).into_iter().chain(of(pair.b, b)).min().unwrap_or_default()
}

/// The places of all tensors, by name, then by everything else that orders them the same on both sides.
fn sorted(tensors: &[ComparedTensor]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..tensors.len()).collect();
    let key = |at: &usize| {
        let one = tensors.get(*at)?;
        Some((&one.name, &one.path, &one.place, &one.digest, &one.dtype, &one.shape, one.bytes))
    };
    order.sort_by(|one, two| key(one).cmp(&key(two)));
    order
}

struct Pairing<'a> {
    a: &'a [ComparedTensor],
    b: &'a [ComparedTensor],
    /// Those of the first that have no other yet.
    left: Vec<usize>,
    right: Vec<usize>,
    found: Vec<(usize, usize)>,
}

impl<'a> Pairing<'a> {
    /// Pairs those with equal keys, the first of one side with the first of the other.
    fn by<K: Ord>(&mut self, key: impl Fn(&'a ComparedTensor) -> Option<K>) {
        self.across(&key, &key);
    }

    /// Pairs what one side calls as GGUF does with what the other calls as `family` does.
    fn called_otherwise(&mut self, family: &Family) {
        let gguf = |tensor: &ComparedTensor| family.name_of(&tensor.name);
        let other = |tensor: &ComparedTensor| Some(plain(&tensor.name).to_owned());
        self.across(gguf, other);
        self.across(other, gguf);
    }

    /// Pairs those of the first side with those of the second that have the same key.
    fn across<K: Ord>(
        &mut self,
        key_a: impl Fn(&'a ComparedTensor) -> Option<K>,
        key_b: impl Fn(&'a ComparedTensor) -> Option<K>,
    ) {
        if self.left.is_empty() || self.right.is_empty() {
            return;
        }
        let (a, b) = (self.a, self.b);
        let mut places: BTreeMap<K, VecDeque<usize>> = BTreeMap::new();
        for at in &self.right {
            if let Some(key) = b.get(*at).and_then(&key_b) {
                places.entry(key).or_default().push_back(*at);
            }
        }
        let mut taken = vec![false; b.len()];
        let found = &mut self.found;
        self.left.retain(|at| {
            let places = a.get(*at).and_then(&key_a).and_then(|key| places.get_mut(&key));
            let Some(other) = places.and_then(VecDeque::pop_front) else { return true };
            if let Some(taken) = taken.get_mut(other) {
                *taken = true;
            }
            found.push((*at, other));
            false
        });
        self.right.retain(|at| taken.get(*at) == Some(&false));
    }
}

/// How two tensors of one name differ.
fn difference(a: &ComparedTensor, b: &ComparedTensor) -> Kind {
    if a.dtype != b.dtype || a.shape != b.shape {
        return Kind::Changed;
    }
    match same_bytes(a, b) {
        Some(true) => Kind::Unchanged,
        Some(false) => Kind::Changed,
        None => Kind::Unknown,
    }
}

/// How two tensors differ that are one tensor under two names. GGUF lists dimensions the other way round, the one
/// whose elements lie next to each other first.
fn converted(a: &ComparedTensor, b: &ComparedTensor) -> Kind {
    if a.dtype != b.dtype || !a.shape.iter().eq(b.shape.iter().rev()) {
        return Kind::Changed;
    }
    match same_bytes(a, b) {
        Some(true) => Kind::Moved,
        Some(false) => Kind::Changed,
        None => Kind::Unknown,
    }
}

/// Whether the bytes are equal, as far as it is known.
fn same_bytes(a: &ComparedTensor, b: &ComparedTensor) -> Option<bool> {
    if a.bytes != b.bytes {
        return Some(false);
    }
    if a.bytes > 0 && a.place.is_some() && a.place == b.place {
        return Some(true);
    }
    Some(a.digest.as_ref()? == b.digest.as_ref()?)
}
