//! Citations (CycloneDX 1.7): for each value at a native place, the file that says so. 1.6 has no
//! such thing; there, as here, the evidence stands in properties too.
//!
//! `attributedTo` is the file's component, or the first tool where no file of the document says so,
//! or what the document describes where no tool is named either. `timestamp` is that of the
//! document; without one it is the first second of 1970, as the schema demands a time and equal
//! kits have equal documents.

use std::collections::{BTreeMap, BTreeSet};

use sealkit_report::{Evidence, Known};
use serde_json::{Map, Value as Json, json};

use super::claims::Shown;
use super::entry::Entry;
use super::shape::insert;
use crate::{Bom, Kind};

const NO_TIME: &str = "1970-01-01T00:00:00Z";
const TOOL: &str = "tool";

/// Adds the citations of everything that is shown.
pub(super) fn add(
    root: &mut Map<String, Json>,
    bom: &Bom,
    pointers: &BTreeMap<&str, String>,
    entries: &BTreeMap<&str, Entry<'_>>,
    statements: &[Shown<'_>],
) {
    let files = bom.of_kind(Kind::File);
    let files: BTreeMap<&str, &str> =
        files.filter_map(|file| Some((file.path.as_deref()?, file.id.0.as_str()))).collect();
    let mut all: BTreeMap<(Option<&str>, String), BTreeSet<String>> = BTreeMap::new();
    let mut lists = BTreeMap::new();
    let mut note = |above: &str, shown: &Shown<'_>| {
        let Some(evidence) = shown.evidence else { return };
        if let Some(pointer) = pointer(root, &mut lists, above, shown) {
            let by = files.get(evidence.file.as_str()).copied();
            all.entry((by, text(evidence, by.is_some()))).or_default().insert(pointer);
        }
    };
    for shown in statements {
        note("", shown);
    }
    for (id, above) in pointers {
        let entry = entries.get(id).map(|entry| entry.shown.as_slice()).unwrap_or_default();
        for shown in entry {
            note(above, shown);
        }
    }
    if all.is_empty() {
        return;
    }
    let time = find(root, "/metadata/timestamp").cloned().unwrap_or_else(|| json!(NO_TIME));
    let maker = maker(root, bom);
    for ((by, note), pointers) in all {
        let by = by.unwrap_or(&maker);
        let citation =
            json!({"pointers": pointers, "timestamp": time, "attributedTo": by, "note": note});
        insert(root, "/citations", true, citation);
    }
}

/// Where the elements of lists stand, by list.
type Lists = BTreeMap<String, BTreeMap<String, usize>>;

/// Where an element stands in the document.
fn pointer(
    root: &Map<String, Json>,
    lists: &mut Lists,
    above: &str,
    shown: &Shown<'_>,
) -> Option<String> {
    let pointer = format!("{above}{}", shown.place.path);
    let there = find(root, &pointer)?;
    if !shown.place.many {
        return (*there == shown.element).then_some(pointer);
    }
    if !lists.contains_key(&pointer) {
        let all = there.as_array()?.iter().enumerate();
        let places = all.map(|(at, element)| (element.to_string(), at)).collect();
        lists.insert(pointer.clone(), places);
    }
    let at = lists.get(&pointer)?.get(&shown.element.to_string())?;
    Some(format!("{pointer}/{at}"))
}

fn find<'a>(root: &'a Map<String, Json>, pointer: &str) -> Option<&'a Json> {
    let inside = pointer.strip_prefix('/')?;
    let (first, rest) = inside.split_at(inside.find('/').unwrap_or(inside.len()));
    root.get(first)?.pointer(rest)
}

fn text(evidence: &Evidence, is_listed: bool) -> String {
    let known = match evidence.known {
        Known::Measured => "measured",
        Known::Attested => "attested",
        Known::Declared => "declared",
        Known::Inferred => "inferred",
    };
    let file = if is_listed { "" } else { &evidence.file };
    let words = [known, file, &evidence.place];
    words.into_iter().filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

/// The reference of the tool that made the document, which it gets here.
fn maker(root: &mut Map<String, Json>, bom: &Bom) -> String {
    let tools = root.get_mut("metadata").and_then(|m| m.pointer_mut("/tools/components/0"));
    let Some(tool) = tools.and_then(Json::as_object_mut) else { return bom.subject.id.0.clone() };
    let known: BTreeSet<&str> =
        bom.all().map(|c| &c.id).chain(bom.runs.iter().map(|r| &r.id)).map(|id| &*id.0).collect();
    let mut id = TOOL.to_owned();
    while known.contains(id.as_str()) {
        id.push('\'');
    }
    let given = tool.entry("bom-ref").or_insert_with(|| json!(id));
    given.as_str().unwrap_or_default().to_owned()
}
