//! Citations (CycloneDX 1.7): for each value at a native place, the file that says so. 1.6 has no
//! such thing; there, as here, the evidence stands in properties too.
//!
//! `attributedTo` is the file's component, or the first tool where no file of the document says so,
//! or what the document describes where no tool is named either. `timestamp` is that of the
//! document; without one it is the first second of 1970, as the schema demands a time and equal
//! kits have equal documents.

use std::collections::{BTreeMap, BTreeSet};

use sealkit_report::Evidence;
use serde_json::{Map, Value as Json, json};

use super::claims::Shown;
use super::shape::insert;
use crate::{Bom, Kind};

const NO_TIME: &str = "1970-01-01T00:00:00Z";
const TOOL: &str = "tool";

/// The citations of a document, gathered entry by entry.
pub(super) struct Citations<'a> {
    bom: &'a Bom,
    /// Component of each file, by its path.
    files: BTreeMap<&'a str, &'a str>,
    /// Where values stand, by the component that says so and how it is known.
    all: BTreeMap<(Option<&'a str>, String), BTreeSet<String>>,
}

impl<'a> Citations<'a> {
    pub(super) fn new(bom: &'a Bom) -> Self {
        let files = bom.of_kind(Kind::File);
        let files = files.filter_map(|file| Some((file.path.as_deref()?, file.id.0.as_str())));
        Self { bom, files: files.collect(), all: BTreeMap::new() }
    }

    /// Takes in what is shown in an object that stands at `above`.
    pub(super) fn note(&mut self, above: &str, object: &Map<String, Json>, shown: &[Shown<'_>]) {
        let mut lists = BTreeMap::new();
        for shown in shown {
            let Some(evidence) = shown.evidence else { continue };
            if let Some(place) = place(object, &mut lists, shown) {
                let by = self.files.get(evidence.file.as_str()).copied();
                let said = (by, text(evidence, by.is_some()));
                self.all.entry(said).or_default().insert(format!("{above}{place}"));
            }
        }
    }

    /// Adds them to the document.
    pub(super) fn add_to(self, root: &mut Map<String, Json>) {
        if self.all.is_empty() {
            return;
        }
        let time = find(root, "/metadata/timestamp").cloned().unwrap_or_else(|| json!(NO_TIME));
        let maker = maker(root, self.bom);
        for ((by, note), pointers) in self.all {
            let by = by.unwrap_or(&maker);
            let citation =
                json!({"pointers": pointers, "timestamp": time, "attributedTo": by, "note": note});
            insert(root, "/citations", true, citation);
        }
    }
}

/// Where the elements of lists stand, by list.
type Lists = BTreeMap<&'static str, BTreeMap<String, usize>>;

/// Where an element stands in the object that shows it.
fn place(object: &Map<String, Json>, lists: &mut Lists, shown: &Shown<'_>) -> Option<String> {
    let path = shown.place.path;
    let there = find(object, path)?;
    if !shown.place.many {
        return (*there == shown.element).then(|| path.to_owned());
    }
    if !lists.contains_key(path) {
        let all = there.as_array()?.iter().enumerate();
        let places = all.map(|(at, element)| (element.to_string(), at)).collect();
        lists.insert(path, places);
    }
    let at = lists.get(path)?.get(&shown.element.to_string())?;
    Some(format!("{path}/{at}"))
}

fn find<'a>(root: &'a Map<String, Json>, pointer: &str) -> Option<&'a Json> {
    let inside = pointer.strip_prefix('/')?;
    let (first, rest) = inside.split_at(inside.find('/').unwrap_or(inside.len()));
    root.get(first)?.pointer(rest)
}

fn text(evidence: &Evidence, is_listed: bool) -> String {
    let file = if is_listed { "" } else { &evidence.file };
    let words = [evidence.known.name(), file, &evidence.place];
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
