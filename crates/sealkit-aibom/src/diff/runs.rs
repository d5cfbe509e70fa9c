//! Runs: what was done, with what, to what.

use std::collections::{BTreeMap, BTreeSet};

use super::{Area, BomDifference, Change, labels, properties, row, sets};
use crate::{Bom, ComponentId, Run};

/// A run with what went in and what came out, as people call them.
struct Told<'a> {
    run: &'a Run,
    inputs: BTreeSet<String>,
    outputs: BTreeSet<String>,
}

/// Compares the runs: those of one name are the same, and of several of one name those that are alike.
pub(super) fn compare(before: &Bom, after: &Bom, found: &mut Vec<BomDifference>) {
    let (mut old, mut new) = (by_name(before), by_name(after));
    let names: BTreeSet<&str> = old.keys().chain(new.keys()).copied().collect();
    for name in names {
        let label = format!("run {name}");
        let (mut old, mut new) =
            (old.remove(name).unwrap_or_default(), new.remove(name).unwrap_or_default());
        if old.len() > 1 || new.len() > 1 {
            let mut alike: BTreeMap<String, Vec<Told<'_>>> = BTreeMap::new();
            for told in new.drain(..) {
                alike.entry(content(&told)).or_default().push(told);
            }
            old.retain(|told| alike.get_mut(&content(told)).and_then(Vec::pop).is_none());
            new.extend(alike.into_values().flatten());
            old.sort_by_cached_key(content);
            new.sort_by_cached_key(content);
        }
        let (common, none) = (old.len().min(new.len()), || (Vec::new(), Vec::new()));
        for (old, new) in old.iter().zip(&new) {
            one(&label, old, new, found);
        }
        for (all, change) in [(&old, Change::Removed), (&new, Change::Added)] {
            let rest = all.iter().skip(common);
            found.extend(rest.map(|_| row(Area::Run, &label, change, "", none())));
        }
    }
}

fn by_name(bom: &Bom) -> BTreeMap<&str, Vec<Told<'_>>> {
    let labels = labels(bom);
    let told = |ids: &[ComponentId]| ids.iter().filter_map(|id| labels.get(id).cloned()).collect();
    let mut all: BTreeMap<&str, Vec<Told<'_>>> = BTreeMap::new();
    for run in &bom.runs {
        let told = Told { run, inputs: told(&run.inputs), outputs: told(&run.outputs) };
        all.entry(&run.name).or_default().push(told);
    }
    all
}

/// All that is compared of a run, as a text.
fn content(told: &Told<'_>) -> String {
    let Told { run, inputs, outputs } = told;
    format!("{:?}", (&run.activity, inputs, outputs, super::values(&run.properties)))
}

fn one(label: &str, old: &Told<'_>, new: &Told<'_>, found: &mut Vec<BomDifference>) {
    let activity = |told: &Told<'_>| BTreeSet::from([told.run.activity.clone()]);
    for (what, was, is) in [
        ("activity", &activity(old), &activity(new)),
        ("inputs", &old.inputs, &new.inputs),
        ("outputs", &old.outputs, &new.outputs),
    ] {
        sets(label, (Area::Run, what), (was, is), found);
    }
    properties(label, Area::Run, (&old.run.properties, &new.run.properties), found);
}
