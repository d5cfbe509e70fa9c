//! `evidence` of a component: how it is known to be what it is, and where it is named.

use std::collections::{BTreeMap, BTreeSet};

use sealkit_inspect::property;
use sealkit_report::{Evidence, Known};
use serde_json::{Map, Value as Json, json};

use super::shape::{insert, with};
use super::{Context, Version, licence};
use crate::{Component, Property};

/// How name, version, package URL and hashes are known, and where the component is named.
pub(super) fn add(component: &Component, version: Version, map: &mut Map<String, Json>) {
    let mut fields: BTreeMap<&str, (Json, Vec<&Evidence>)> = BTreeMap::new();
    let mut note = |field, value: Option<&Json>, evidence| {
        if let (Some(value), Some(evidence)) = (value, evidence) {
            let entry = fields.entry(field).or_insert_with(|| (value.clone(), Vec::new()));
            entry.1.push(evidence);
        }
    };
    for claim in &component.properties {
        match claim.name.as_str() {
            property::NAME => note("name", map.get("name"), claim.evidence.as_ref()),
            property::VERSION => note("version", map.get("version"), claim.evidence.as_ref()),
            said if NAMES_IT.contains(&said) => {
                note("purl", map.get("purl"), claim.evidence.as_ref());
            }
            _ => {}
        }
    }
    if let Some(hash) = component.hashes.iter().find(|hash| hash.evidence.is_some()) {
        note("hash", Some(&json!(hash.to_string())), hash.evidence.as_ref());
    }
    for (field, (value, all)) in fields {
        insert(map, "/evidence/identity", true, identity(field, &value, &all));
    }
    for occurrence in occurrences(component) {
        insert(map, "/evidence/occurrences", true, occurrence);
    }
    licences(component, version, map);
}

/// Where the component is named.
pub(super) fn occurrences(component: &Component) -> Vec<Json> {
    let named = component.properties.iter().filter(|c| NAMES_IT.contains(&c.name.as_str()));
    let named = named.filter_map(|claim| claim.evidence.as_ref()).filter(|e| !e.file.is_empty());
    let mut seen = BTreeSet::new();
    named.filter(|e| seen.insert((&e.file, &e.place))).map(occurrence).collect()
}

/// Claims by which another file names this component.
const NAMES_IT: [&str; 8] = [
    property::PACKAGE,
    property::BASE_MODEL,
    property::TRAINED_ON,
    property::EVALUATED_ON,
    property::SOURCE_DATASET,
    property::LOADS_MODEL,
    property::LOADS_DATASET,
    property::IMPORT,
];

fn identity(field: &str, value: &Json, all: &[&Evidence]) -> Json {
    let method = |evidence: &&Evidence| {
        let (technique, confidence) = match evidence.known {
            Known::Measured if field == "hash" => ("hash-comparison", 1.0),
            Known::Measured => ("binary-analysis", 1.0),
            Known::Attested => ("attestation", 1.0),
            Known::Declared => ("manifest-analysis", 0.8),
            Known::Inferred if field == "name" && evidence.place.is_empty() => ("filename", 0.4),
            Known::Inferred => ("other", 0.4),
        };
        let place = format!("{} {}", evidence.file, evidence.place);
        let place = Some(place.trim()).filter(|place| !place.is_empty()).map(Json::from);
        let method = json!({"technique": technique, "confidence": confidence});
        (confidence, with(method, "value", place))
    };
    let mut methods: Vec<(f64, Json)> = all.iter().map(method).collect();
    let confidence = methods.iter().map(|method| method.0).fold(0.0, f64::max);
    let mut seen = BTreeSet::new();
    methods.retain(|method| seen.insert(method.1.to_string()));
    let methods: Vec<Json> = methods.into_iter().map(|method| method.1).collect();
    let field = json!(field);
    json!({"field": field, "confidence": confidence, "concludedValue": value, "methods": methods})
}

fn occurrence(evidence: &Evidence) -> Json {
    let lines = evidence.place.strip_prefix("line ").or(evidence.place.strip_prefix("lines "));
    let line = lines.and_then(|text| text.split('-').next()?.parse::<u32>().ok());
    let other = (line.is_none() && !evidence.place.is_empty()).then(|| json!(evidence.place));
    let out = with(json!({"location": evidence.file}), "line", line.map(Json::from));
    with(out, "additionalContext", other)
}

/// Licences that were recognised in the component's own files, as they stand among its licences.
fn licences(component: &Component, version: Version, map: &mut Map<String, Json>) {
    let is_found = |claim: &&Property| claim.known() == Known::Measured && claim.evidence.is_some();
    let claims = component.of(property::LICENCE).filter(is_found).cloned();
    let claims: Vec<Property> = claims.collect();
    let context = Context::new(version, &claims);
    let mut seen = BTreeSet::new();
    for element in claims.iter().filter_map(|claim| licence::write(claim, &context)) {
        if seen.insert(element.to_string()) {
            insert(map, "/evidence/licenses", true, element);
        }
    }
}
