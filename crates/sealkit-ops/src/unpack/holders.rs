//! Which layer holds which part of a kit, looked up and not searched: a hostile kit has a hundred
//! thousand of each.

use std::collections::{HashMap, HashSet, VecDeque};

use sealkit_kitfile::Part;
use sealkit_oci::{Digest, LayerRole};

use crate::KitLayer;

/// The layers of a kit by what tells a part's own.
pub(super) struct Holders<'a> {
    layers: &'a [KitLayer],
    /// By digest and path: two files of equal bytes are two layers of one digest.
    by_path: HashMap<(&'a Digest, String), usize>,
    by_digest: HashMap<&'a Digest, usize>,
    /// Of parts without a digest, by kind: they come in the order of their parts.
    in_order: HashMap<(LayerRole, bool), VecDeque<usize>>,
}

impl<'a> Holders<'a> {
    pub(super) fn new(layers: &'a [KitLayer]) -> Self {
        let (mut by_path, mut by_digest) = (HashMap::new(), HashMap::new());
        let mut in_order: HashMap<_, VecDeque<usize>> = HashMap::new();
        for (at, layer) in layers.iter().enumerate() {
            let descriptor = &layer.descriptor;
            by_digest.entry(&descriptor.digest).or_insert(at);
            if let Some(path) = descriptor.file_path() {
                let path = sealkit_kitfile::path::clean(path);
                by_path.entry((&descriptor.digest, path)).or_insert(at);
            }
            if let Some(part) = layer.part.as_ref().filter(|part| part.layer.digest.is_none()) {
                in_order.entry((part.role, part.is_prompt)).or_default().push_back(at);
            }
        }
        Self { layers, by_path, by_digest, in_order }
    }

    /// The layer that holds the next part, and its place: the one of its digest, else the next one
    /// of its kind. Parts are asked for in the Kitfile's order, each once.
    pub(super) fn take(&mut self, part: &Part) -> Option<(usize, &'a KitLayer)> {
        let at = if let Some(digest) = &part.layer.digest {
            let exact = self.by_path.get(&(digest, part.path.clone()));
            exact.or_else(|| self.by_digest.get(digest)).copied()
        } else {
            self.in_order.get_mut(&(part.role, part.is_prompt))?.pop_front()
        }?;
        Some((at, self.layers.get(at)?))
    }
}

/// The layers that are no part of the kit.
pub(super) fn strangers<'a>(
    layers: &'a [KitLayer],
    parts: &[Part],
) -> impl Iterator<Item = &'a KitLayer> {
    let named: HashSet<Digest> =
        parts.iter().filter_map(|part| part.layer.digest.clone()).collect();
    layers
        .iter()
        .filter(move |layer| layer.part.is_none() && !named.contains(&layer.descriptor.digest))
}
