//! Which tensors of two models are the same, by name and by bytes.
//!
//! A tensor is the same by its name, whatever file or shard holds it, and by the name that GGUF has for it. Its bytes are equal where digests say so,
//! or where both sides are one place of one layer. Everything here works on lists that are in memory and takes
//! the time of sorting them, whatever a stranger put into the headers.

mod names;
mod order;
mod pair;
mod read;
mod sums;

use sealkit_api::{
    TensorChange, TensorChangeKind, TensorComparison, TensorSide, TensorState, TensorTally,
};
use sealkit_catalog::PackedTensor;
use sealkit_oci::Digest;

pub use order::{layer_of, natural};
pub use read::{TensorReading, diff_tensors, hashed_tensors};

use pair::{Pair, pairs};
use sums::{bytes, layers};

/// A tensor of one side.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ComparedTensor {
    /// Name.
    pub name: String,
    /// Element type as the format names it.
    pub dtype: String,
    /// Size of each dimension.
    pub shape: Vec<u64>,
    /// Size in bytes; 0 where they do not lie in one piece.
    pub bytes: u64,
    /// Path of the file that holds it.
    pub path: String,
    /// The layer that holds it and its place in there, where that is known.
    pub place: Option<(Digest, u64)>,
    /// The layer of the kit that holds its file, where that is known.
    pub layer: Option<Digest>,
    /// Digest of its bytes, with its algorithm; both sides use the same one.
    pub digest: Option<String>,
}

impl ComparedTensor {
    /// The tensor as a catalogue keeps it.
    #[must_use]
    pub fn kept(self) -> PackedTensor {
        let Self { path, name, dtype, shape, bytes, digest, layer, .. } = self;
        PackedTensor { path, name, dtype, shape, bytes, digest, layer }
    }

    fn state(&self) -> TensorState {
        TensorState {
            name: self.name.clone(),
            dtype: self.dtype.clone(),
            shape: self.shape.clone(),
            bytes: self.bytes,
            path: self.path.clone(),
            digest: self.digest.clone(),
        }
    }
}

/// Which tensors of a comparison are given.
#[derive(Clone, Debug, Default)]
pub struct TensorPage {
    /// Those that differ so; all that differ where nothing is said.
    pub change: Option<TensorChangeKind>,
    /// Those of this layer.
    pub layer: Option<String>,
    /// How many come before.
    pub from: usize,
    /// Most of them.
    pub limit: usize,
}

/// Compares the tensors of two sides; `sides` says whose they are, and its counts are filled in here.
pub fn compare_tensors(
    (a, b): (&[ComparedTensor], &[ComparedTensor]),
    (mut side_a, mut side_b): (TensorSide, TensorSide),
    page: &TensorPage,
) -> TensorComparison {
    count(&mut side_a, a);
    count(&mut side_b, b);
    let pairs = pairs(a, b);
    let mut found = TensorComparison::new(side_a, side_b);
    found.tally = tally(&pairs);
    found.other_names = other_names(&found, pairs.iter().filter(|pair| pair.by_name).count());
    let sums = bytes(a, b);
    found.equal_bytes = sums.equal;
    found.unknown_bytes = sums.unknown;
    found.delta_bytes = sums.delta;
    found.layers = layers(a, b, &pairs);
    let wanted = |pair: &&Pair| {
        let asked = match page.change {
            Some(change) => pair.change == change,
            None => pair.change != TensorChangeKind::Unchanged,
        };
        asked && page.layer.as_ref().is_none_or(|layer| pair.is_of(layer, a, b))
    };
    let matching: Vec<&Pair> = pairs.iter().filter(wanted).collect();
    found.matching = matching.len() as u64;
    let end = page.from.saturating_add(page.limit);
    found.next = (end < matching.len()).then_some(end as u64);
    let shown = matching.into_iter().skip(page.from).take(page.limit);
    found.tensors = shown
        .map(|pair| TensorChange {
            change: pair.change,
            a: pair.a.and_then(|at| a.get(at)).map(ComparedTensor::state),
            b: pair.b.and_then(|at| b.get(at)).map(ComparedTensor::state),
        })
        .collect();
    found
}

fn count(side: &mut TensorSide, tensors: &[ComparedTensor]) {
    side.count = tensors.len() as u64;
    side.bytes = tensors.iter().fold(0, |sum: u64, tensor| sum.saturating_add(tensor.bytes));
    side.unhashed = tensors.iter().filter(|tensor| tensor.digest.is_none()).count() as u64;
}

fn tally(pairs: &[Pair]) -> TensorTally {
    let mut tally = TensorTally::default();
    for pair in pairs {
        *match pair.change {
            TensorChangeKind::Unchanged => &mut tally.unchanged,
            TensorChangeKind::Changed => &mut tally.changed,
            TensorChangeKind::Unknown => &mut tally.unknown,
            TensorChangeKind::Moved => &mut tally.moved,
            TensorChangeKind::Added => &mut tally.added,
            TensorChangeKind::Removed => &mut tally.removed,
        } += 1;
    }
    tally
}

/// Whether both have formats, none in common, and at most one tensor of ten has a namesake, or one under a name that
/// is known to mean the same; `namesakes` is how many have.
fn other_names(found: &TensorComparison, namesakes: usize) -> bool {
    let (a, b) = (&found.a, &found.b);
    let disjoint = a.formats.iter().all(|format| !b.formats.contains(format));
    let namesakes = namesakes as u64;
    let both = !a.formats.is_empty() && !b.formats.is_empty();
    both && disjoint && namesakes.saturating_mul(10) <= a.count.min(b.count)
}

#[cfg(test)]
mod tests;
