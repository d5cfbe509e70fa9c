//! Whether the fields of a document of ours still say what its annotations say.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value as Json};

use super::read::shorten;
use super::read_component::{Index, component};
use crate::{Bom, Component, ComponentId};

/// Fields that the annotation decides, and which therefore must agree with it.
const WATCHED: &[&str] = &[
    "type",
    "description",
    "software_packageVersion",
    "software_primaryPurpose",
    "builtTime",
    "releaseTime",
    "contentType",
];

/// What of the element of `known` says something else.
pub(super) fn differences(
    index: &Index<'_>,
    known: &Component,
    element: &Map<String, Json>,
    id: &str,
) -> Vec<String> {
    let mut graph = super::graph::Graph::scratch();
    let mut wanted = super::component::native(&mut graph, known);
    wanted.insert("type".into(), super::component::element_type(known.kind).into());
    let mut differ: Vec<&str> = Vec::new();
    let is_watched =
        |key: &str| WATCHED.contains(&key) || key.starts_with("ai_") || key.starts_with("dataset_");
    let keys: BTreeSet<&String> = wanted.keys().chain(element.keys()).collect();
    for key in keys.into_iter().filter(|key| is_watched(key)) {
        if wanted.get(key) != element.get(key) {
            differ.push(key);
        }
    }
    let licences = |of: &Component| {
        let all = of.of(sealkit_inspect::property::LICENCE).filter(|p| p.subject.is_empty());
        super::licences::expressions(&all.collect::<Vec<_>>())
    };
    if licences(known) != licences(&component(index, id, element)) {
        differ.push("licences");
    }
    let say = |key: &str| format!("`{key}` of `{}` is not what its annotation says", shorten(id));
    differ.into_iter().map(say).collect()
}

/// Ties that the relationships say and the annotation does not, or the other way round.
pub(super) fn ties(
    index: &Index<'_>,
    bom: &Bom,
    ids: &BTreeMap<String, ComponentId>,
) -> Vec<String> {
    // A tie that loads is written as one that depends, and reads back so.
    let key = |tie: &crate::Relation| {
        let name = super::relations::spdx_name(tie.kind).0;
        (tie.from.clone(), tie.to.clone(), name)
    };
    let written: BTreeSet<_> = index.relations(ids).iter().map(key).collect();
    let noted: BTreeSet<_> = bom.relations.iter().map(key).collect();
    let say = |(from, to, name): &(ComponentId, ComponentId, &str)| {
        let (from, to) = (shorten(&from.0), shorten(&to.0));
        format!("`{from}` {name} `{to}` stands in the relationships or in the annotation alone")
    };
    written.symmetric_difference(&noted).map(say).collect()
}
