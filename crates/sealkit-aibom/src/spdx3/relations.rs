//! Ties as relationships. One relationship says all that one component is tied to in one way.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value as Json};

use super::graph::Graph;
use crate::{Bom, Completeness, ComponentId, RelationKind};

/// How SPDX names a kind of tie, and whether it goes the other way.
pub(super) fn spdx_name(kind: RelationKind) -> (&'static str, bool) {
    match kind {
        RelationKind::Contains => ("contains", false),
        RelationKind::DerivedFrom => ("descendantOf", false),
        RelationKind::TrainedOn => ("trainedOn", false),
        RelationKind::EvaluatedOn => ("testedOn", false),
        RelationKind::DependsOn | RelationKind::Loads => ("dependsOn", false),
        RelationKind::Documents => ("hasDocumentation", true),
    }
}

/// The kind of tie of this name; the other way round where `hasDocumentation` says so.
pub(super) fn kind_of(name: &str) -> Option<(RelationKind, bool)> {
    Some(match name {
        "contains" | "hasDataFile" => (RelationKind::Contains, false),
        "descendantOf" => (RelationKind::DerivedFrom, false),
        "ancestorOf" => (RelationKind::DerivedFrom, true),
        "trainedOn" => (RelationKind::TrainedOn, false),
        "testedOn" => (RelationKind::EvaluatedOn, false),
        "dependsOn" => (RelationKind::DependsOn, false),
        "hasDocumentation" => (RelationKind::Documents, true),
        _ => return None,
    })
}

type Group<'a> = (&'a ComponentId, &'static str, Option<&'static str>);

/// Adds the ties.
pub(super) fn add(graph: &mut Graph<'_>, bom: &Bom) {
    let kept = super::read::kept_relations(bom);
    let mut groups: BTreeMap<Group<'_>, BTreeSet<&ComponentId>> = BTreeMap::new();
    for tie in &bom.relations {
        let (name, turned) = spdx_name(tie.kind);
        let (from, to) = if turned { (&tie.to, &tie.from) } else { (&tie.from, &tie.to) };
        if kept.contains(&(from, to, name)) {
            continue;
        }
        let scope = if name == "dependsOn" { scope(tie.role.as_deref()) } else { None };
        groups.entry((from, name, scope)).or_default().insert(to);
    }
    for ((from, name, scope), to) in groups {
        relationship(graph, bom, (from, name, scope), &to);
    }
}

fn relationship(graph: &mut Graph<'_>, bom: &Bom, group: Group<'_>, to: &BTreeSet<&ComponentId>) {
    let (from, name, scope) = group;
    let Some(from_id) = graph.id(&from.0).map(str::to_owned) else { return };
    let to: Vec<Json> = to.iter().filter_map(|id| Some(graph.id(&id.0)?.into())).collect();
    if to.is_empty() {
        return;
    }
    let mut fields = Map::new();
    fields.insert("relationshipType".into(), name.into());
    fields.insert("from".into(), from_id.into());
    fields.insert("to".into(), to.into());
    if let Some(completeness) = completeness(bom, from, name) {
        fields.insert("completeness".into(), completeness.into());
    }
    let id = graph.own_id("relation", &format!("{name}:{}:{from}", scope.unwrap_or_default()));
    match scope {
        Some(scope) => {
            fields.insert("scope".into(), scope.into());
            graph.add(&id, "LifecycleScopedRelationship", fields);
        }
        None => graph.add(&id, "Relationship", fields),
    }
}

fn scope(role: Option<&str>) -> Option<&'static str> {
    match role {
        Some("development") => Some("development"),
        Some("build") => Some("build"),
        Some("test") => Some("test"),
        Some("runtime") => Some("runtime"),
        _ => None,
    }
}

/// What compositions say of the list that a relationship is.
fn completeness(bom: &Bom, from: &ComponentId, name: &str) -> Option<&'static str> {
    let is_content = name == "contains";
    let found = bom.compositions.iter().find(|composition| {
        let list = if is_content { &composition.contents } else { &composition.origins };
        list.contains(from)
    });
    Some(match found?.completeness {
        Completeness::Complete => "complete",
        Completeness::Incomplete => "incomplete",
        Completeness::Unknown => "noAssertion",
    })
}
