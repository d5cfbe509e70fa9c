//! A kit of which nothing but the manifest is known.

use std::collections::{BTreeMap, HashMap};

use sealkit_inspect::Facts;
use sealkit_kitfile::{Kitfile, Part};
use sealkit_oci::{Digest, LayerRole};

use super::{Described, Gathered, GatheredPart, Reading};
use crate::{Kit, KitLayer};

/// Most parts that are named to people.
const TOLD: usize = 3;

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

/// Adds the parts that the Kitfile names and no layer of the kit holds, and says so: whoever asks for one of them by
/// its name learns of this kit, and whoever asks for its content that it is not known here.
pub(super) fn add_absent(kit: &Kit, all: &mut Gathered) {
    let Some(kitfile) = &kit.kitfile else { return };
    // A hostile Kitfile names a hundred thousand parts: they are counted off, not searched.
    let mut held: HashMap<Named<'_>, usize> = HashMap::new();
    for part in kit.layers.iter().filter_map(|layer| layer.part.as_ref()) {
        *held.entry(named(part)).or_default() += 1;
    }
    let parts = kitfile.parts();
    let mut absent: Vec<&Part> = Vec::new();
    for part in &parts {
        match held.get_mut(&named(part)) {
            Some(count) if *count > 0 => *count -= 1,
            _ => absent.push(part),
        }
    }
    let (first, rest) = absent.split_at(absent.len().min(TOLD));
    if first.is_empty() {
        return;
    }
    let names: Vec<String> = first.iter().map(|part| format!("`{}`", part.written_path)).collect();
    let more = if rest.is_empty() { String::new() } else { format!(" and {} more", rest.len()) };
    let warning = format!("the Kitfile names {}{more}, and no layer holds it", names.join(", "));
    all.reading.warnings.push(warning.clone());
    all.reading.gaps.push(warning);
    all.parts.extend(absent.into_iter().map(|part| GatheredPart {
        role: Some(part.role),
        is_prompt: part.is_prompt,
        element: Some(part.clone()),
        layer: None,
        files: None,
    }));
}

/// What tells one element of a Kitfile from another.
type Named<'p> = (LayerRole, bool, &'p str, &'p str, Option<&'p Digest>);

fn named(part: &Part) -> Named<'_> {
    (part.role, part.is_prompt, &part.name, &part.written_path, part.layer.digest.as_ref())
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
