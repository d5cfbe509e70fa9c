//! A kit of which nothing but the manifest is known.

use std::collections::BTreeMap;

use sealkit_inspect::Facts;
use sealkit_kitfile::Kitfile;

use super::{Described, Gathered, GatheredPart, Reading};
use crate::{Kit, KitLayer};

/// What is known of a kit whose Kitfile or layers can not be read: its manifest, and `why`.
pub(crate) fn of_manifest(kit: &Kit, why: String) -> Gathered {
    let mut all = unread(kit, None, Kitfile::default(), Reading::default());
    all.parts = kit.layers.iter().map(part_of).collect();
    all.reading.gaps.push(why);
    all
}

/// A kit of which nothing is read yet.
pub(super) fn unread(
    kit: &Kit,
    repository: Option<String>,
    kitfile: Kitfile,
    reading: Reading,
) -> Gathered {
    let manifest = Box::new(kit.manifest.descriptor().clone());
    let total = kit.layers.iter().fold(0, |sum: u64, one| sum.saturating_add(one.descriptor.size));
    Gathered {
        described: Described::Kit { manifest, repository },
        kitfile,
        parts: Vec::new(),
        facts: BTreeMap::new(),
        project: Facts::default(),
        cards: String::new(),
        reading: Reading { total, ..reading },
    }
}

/// A layer of which no file is listed.
pub(super) fn part_of(layer: &KitLayer) -> GatheredPart {
    GatheredPart {
        role: layer.layer_type.map(|kind| kind.role),
        is_prompt: layer.part.as_ref().is_some_and(|part| part.is_prompt),
        element: layer.part.clone(),
        layer: Some(layer.descriptor.clone()),
        files: None,
    }
}
