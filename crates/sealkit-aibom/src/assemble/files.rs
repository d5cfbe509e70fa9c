//! Every file is a component, with what it says of itself.

use std::collections::{BTreeMap, BTreeSet};

use sealkit_inspect::{Fact, Value, property};
use sealkit_report::Evidence;

use super::claims::{left_out, unknown};
use super::evidence::{inferred, measured};
use super::limits;
use super::world::File;
use crate::identity::component_id;
use crate::{Component, ComponentId, Hash, Kind, Property, name};

/// What a file lists and has a place of its own in the AIBOM, or stays in the file: only the
/// number is said.
const COUNTED: &[&str] = &[property::TENSOR, property::PACKAGE];
/// What is there only because somebody asked for it.
const ASKED_FOR: &[&str] = &[property::TENSOR_SHA256, property::TENSOR_BLAKE3];

/// Rules of findings that say why a file was not read to its end; those that may say something else as
/// well stand last.
const UNREAD: &[&str] = &[
    "not-inspected",
    "facts-limit",
    "arrow-cut",
    "card-too-long",
    "front-matter",
    "hdf5-unread",
    "jsonl-keys",
    "malformed-file",
    "malformed-json",
    "not-unpacked",
    "parquet-footer",
    "parquet-metadata",
    "pickle-truncated",
    "pickle-unread",
    "pickle-bytes-after",
    "pickle-overflow",
    "python-broken",
    "shard-cycle",
    "sqlite-cut",
    "tar-cut",
    "tensor-shape",
    "tfrecord-broken",
    "torch-storages",
    "torch-streams",
    "torch-tar",
    "jsonl-lines",
    "table-columns",
    "table-quotes",
    "table-text",
    "zip-size",
];

/// The component of a file that `holder` holds.
pub(super) fn component(holder: &ComponentId, file: &File<'_>) -> Component {
    let digest = file.digest.map(ToString::to_string).unwrap_or_default();
    let id = component_id(Kind::File, &[&holder.0, file.path, &digest]);
    let mut component = Component::new(id, Kind::File, file.path);
    component.path = Some(file.path.to_owned());
    component.hashes = file.digest.map(Hash::from).into_iter().collect();
    component.size = Some(file.size);
    component.media_type = (!file.media_type.is_empty()).then(|| file.media_type.to_owned());
    describe(&mut component, file);
    component
}

fn describe(component: &mut Component, file: &File<'_>) {
    let at = || inferred(file.path, "");
    if file.digest.is_none() {
        component.properties.push(unknown("hash", "nobody read the whole file", at()));
    }
    let Some(facts) = file.facts else {
        component.properties.push(unknown("content", "the file was not inspected", at()));
        return;
    };
    if facts.incomplete {
        component.properties.push(unreadable(file));
    }
    if facts.facts.is_empty() {
        return;
    }
    let mut count: BTreeMap<&str, usize> = BTreeMap::new();
    for fact in &facts.facts {
        *count.entry(&fact.property).or_default() += 1;
    }
    // What is said once of its kind is not said twice.
    let is_only = |fact: &Fact| count.get(&*fact.property) == Some(&1);
    let mut details: BTreeMap<&str, usize> = BTreeMap::new();
    let mut left: BTreeMap<&str, (u64, Option<&Evidence>)> = BTreeMap::new();
    let mut seen: BTreeSet<(&str, &str, String)> = BTreeSet::new();
    let asked = facts.facts.iter().filter(|fact| ASKED_FOR.contains(&&*fact.property)).count();
    let most = limits::FILE_PROPERTIES.saturating_add(asked.min(limits::TENSOR_DIGESTS));
    for fact in &facts.facts {
        let detail = details.entry(&fact.property).or_default();
        *detail += usize::from(!fact.subject.is_empty());
        let within = if ASKED_FOR.contains(&&*fact.property) {
            *detail <= limits::TENSOR_DIGESTS
        } else {
            *detail <= limits::FILE_DETAILS && component.properties.len() < most
        };
        let is_kept = within && !COUNTED.contains(&&*fact.property) && is_short(fact);
        if !is_kept {
            left.entry(&fact.property).or_insert((0, Some(&fact.evidence))).0 += 1;
        } else if is_only(fact)
            || seen.insert((&fact.property, &fact.subject, format!("{:?}", fact.value)))
        {
            component.properties.push(Property::from(fact));
        }
    }
    for (property, count) in facts.tally.left_out() {
        left.entry(property).or_insert((0, None)).0 += count;
    }
    for (property, (count, evidence)) in left {
        let evidence = evidence.cloned().unwrap_or_else(|| measured(file.path, ""));
        component.properties.push(left_out(property, count, Some(evidence)));
    }
    // There may be as many of these lists as files.
    component.properties.shrink_to_fit();
}

fn is_short(fact: &Fact) -> bool {
    let len = match &fact.value {
        Value::Text(text) => text.len(),
        Value::List(texts) => texts.iter().map(String::len).fold(0, usize::saturating_add),
        _ => 0,
    };
    len <= limits::FILE_TEXT && fact.subject.len() <= limits::FILE_TEXT
}

/// Why the file could not be read to its end.
fn unreadable(file: &File<'_>) -> Property {
    let findings = file.facts.map(|facts| facts.findings.as_slice()).unwrap_or_default();
    // Of what one rule found the worst is the reason, and of equals what was found last.
    let of = |rule: &&str| {
        let fits = findings.iter().filter(|finding| finding.rule == **rule);
        fits.max_by_key(|finding| finding.severity)
    };
    let found = UNREAD.iter().find_map(of);
    let said = found.map(|finding| (finding.message.as_str(), finding.evidence.place.as_str()));
    // Findings that speak of something else say nothing of why; what was not measured says it too.
    let not_measured = || {
        let fact = file.all(property::NOT_MEASURED).next()?;
        let Value::Text(why) = &fact.value else { return None };
        Some((why.as_str(), fact.evidence.place.as_str()))
    };
    let (why, place) =
        said.or_else(not_measured).unwrap_or(("a part of the file could not be read", ""));
    Property::text(name::UNREADABLE, why, Some(measured(file.path, place)))
}
