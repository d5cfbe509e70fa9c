//! The model as a whole document.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value as Json, json};

use super::claims;
use super::entry::{self, Entry};
use super::own::{self, Named};
use super::place::{self, On};
use super::shape::{insert, order, with};
use super::tie::Ties;
use super::types::SerialNumber;
use super::{Context, Version, citation, older, patch, run};
use crate::identity::urn_uuid_of;
use crate::{
    Bom, BomError, Completeness, Component, ComponentId, Composition, Property, Residue, name,
};
use sealkit_inspect::Value;

/// Order of keys, as the schema lists them.
const KEYS: &[&str] = &[
    "$schema",
    "bomFormat",
    "specVersion",
    "serialNumber",
    "version",
    "metadata",
    "components",
    "services",
    "externalReferences",
    "dependencies",
    "compositions",
    "vulnerabilities",
    "annotations",
    "formulation",
    "declarations",
    "definitions",
    "citations",
    "properties",
    "signature",
];

/// Order of keys in `metadata`.
const METADATA: &[&str] = &[
    "timestamp",
    "lifecycles",
    "tools",
    "manufacturer",
    "authors",
    "component",
    "manufacture",
    "supplier",
    "licenses",
    "properties",
    "distributionConstraints",
];

/// The format that residue of this family belongs to.
pub(super) const FORMAT: &str = "CycloneDX";
/// In the residue of a component: the document has no entry for it.
pub(super) const ABSENT: &str = "absent";
/// In the residue of the document: it has no serial number.
pub(super) const UNNUMBERED: &str = "unnumbered";

/// In the residue of the document: what is beyond the model was read as 1.7.
pub(super) const NEWER: &str = "newer";

/// In the residue of the document: what went into the making stands among the components.
pub(super) const TOGETHER: &str = "together";

/// The fields of residue of this format.
pub(super) fn residue(residue: Option<&Residue>) -> Option<&Map<String, Json>> {
    residue.filter(|residue| residue.format == FORMAT).map(|residue| &residue.fields)
}

/// Whether the document has no entry for a component.
fn is_absent(component: &Component) -> bool {
    residue(component.residue.as_ref()).is_some_and(|fields| fields.contains_key(ABSENT))
}

/// Writes the whole document.
pub(super) fn write(bom: &Bom, version: Version) -> Result<Map<String, Json>, BomError> {
    let mut root = plain(bom, version)?;
    let fields = residue(bom.residue.as_ref());
    if let Some(fields) = fields {
        patch::apply(&mut root, fields);
    }
    let newer = fields.is_some_and(|fields| fields.contains_key(NEWER));
    if version == Version::V1_6 && newer {
        older::fit(&mut root);
    }
    order(&mut root, KEYS);
    if let Some(Json::Object(metadata)) = root.get_mut("metadata") {
        order(metadata, METADATA);
    }
    let unnumbered = fields.is_some_and(|fields| fields.contains_key(UNNUMBERED));
    if unnumbered || root.contains_key("serialNumber") {
        return Ok(root);
    }
    let number = match serial_number(bom) {
        Some((_, number)) => json!(number),
        None => Json::from(derived_number(&root)?),
    };
    root.insert("serialNumber".to_owned(), number);
    order(&mut root, KEYS);
    Ok(root)
}

/// The serial number follows from everything else that is said: another statement gets another
/// number, the same statement the same one.
pub(super) fn derived_number(root: &Map<String, Json>) -> Result<String, BomError> {
    Ok(urn_uuid_of(root)?)
}

/// The document as the model gives it, with the residue of components but not its own.
pub(super) fn plain(bom: &Bom, version: Version) -> Result<Map<String, Json>, BomError> {
    unique(bom)?;
    let ties = Ties::new(bom);
    let mut entries = BTreeMap::new();
    for component in bom.all() {
        let is_subject = component.id == bom.subject.id;
        let mut entry = entry::write(component, &ties, version, is_subject)?;
        if let Some(fields) = residue(component.residue.as_ref()) {
            patch::apply(&mut entry.map, fields);
        }
        entries.insert(component.id.0.as_str(), entry);
    }
    let mut root = Map::new();
    root.insert("$schema".to_owned(), json!(version.schema()));
    root.insert("bomFormat".to_owned(), json!(FORMAT));
    root.insert("specVersion".to_owned(), json!(version.number()));
    let number = document_version(bom).map_or(1, |(_, number)| number);
    root.insert("version".to_owned(), json!(number));
    let split = statements(bom, version, &ties, &mut root);
    let (pointers, ingredients) = place_entries(bom, &ties, &mut entries, &mut root);
    root.insert("dependencies".to_owned(), json!(ties.dependencies()));
    if !bom.compositions.is_empty() {
        let all: Vec<Json> = bom.compositions.iter().map(composition).collect();
        root.insert("compositions".to_owned(), json!(all));
    }
    if let Some(formula) = run::write(&bom.runs, ingredients, version) {
        root.insert("formulation".to_owned(), formula);
    }
    if version == Version::V1_7 {
        citation::add(&mut root, bom, &pointers, &entries, &split.shown);
    }
    Ok(root)
}

/// Two things of one name could not be told apart.
fn unique(bom: &Bom) -> Result<(), BomError> {
    let mut seen = BTreeSet::new();
    let runs = bom.runs.iter().map(|run| &run.id);
    for id in bom.all().map(|component| &component.id).chain(runs) {
        if id.0.is_empty() {
            return Err(BomError::Nameless);
        }
        if !seen.insert(id) {
            return Err(BomError::Duplicate { reference: id.0.clone() });
        }
    }
    Ok(())
}

/// What the AIBOM says of itself.
fn statements<'a>(
    bom: &'a Bom,
    version: Version,
    ties: &Ties<'_>,
    root: &mut Map<String, Json>,
) -> claims::Split<'a> {
    let context = Context::new(version, &bom.properties);
    let split = claims::split(place::of(On::Document), &context);
    for shown in &split.shown {
        insert(root, shown.place.path, shown.place.many, shown.element.clone());
    }
    let mut all: Vec<Named> = ties.loose_properties();
    for (name, of, evidence) in &split.evidence {
        all.push(own::native_evidence(name, *of, evidence));
    }
    let at_root = [serial_number(bom).map(|pair| pair.0), document_version(bom).map(|pair| pair.0)];
    let is_said = |claim: &Property| at_root.iter().flatten().any(|at| std::ptr::eq(*at, claim));
    for claim in &split.full {
        if claim.name != name::READING_PROBLEM && !is_said(claim) {
            all.extend(own::write(claim));
        }
    }
    for named in all {
        insert(root, "/metadata/properties", true, json!(named));
    }
    split
}

/// The first claim of a name, if it says no more than the root of a document can hold.
fn first<'a>(bom: &'a Bom, name: &str) -> Option<&'a Property> {
    let claim = bom.properties.iter().find(|claim| claim.name == name)?;
    (claim.subject.is_empty() && claim.evidence.is_none()).then_some(claim)
}

fn serial_number(bom: &Bom) -> Option<(&Property, SerialNumber)> {
    let claim = first(bom, name::SERIAL_NUMBER)?;
    Some((claim, SerialNumber::new(claim.as_text()?)?))
}

fn document_version(bom: &Bom) -> Option<(&Property, u64)> {
    let claim = first(bom, name::BOM_VERSION)?;
    match claim.value {
        Value::Uint(number @ 2..) => Some((claim, number)),
        _ => None,
    }
}

/// Puts the entries where they stand; gives the JSON pointer of each, and the entries of what only
/// went into the making.
fn place_entries<'a>(
    bom: &'a Bom,
    ties: &Ties<'a>,
    entries: &mut BTreeMap<&'a str, Entry<'a>>,
    root: &mut Map<String, Json>,
) -> (BTreeMap<&'a str, String>, Vec<Json>) {
    let subject = bom.subject.id.0.as_str();
    let (all, pointers) = outside_in(bom, ties);
    let mut ingredients = Vec::new();
    let mut lists: BTreeMap<Option<&str>, [Vec<Json>; 2]> = BTreeMap::new();
    // Inner ones first, so that each is whole when it is put into its holder.
    for id in all.iter().rev() {
        let (Some(entry), Some(component)) = (entries.get_mut(id), ties.components.get(id)) else {
            continue;
        };
        let mut map = std::mem::take(&mut entry.map);
        nest(&mut map, lists.remove(&Some(*id)));
        order(&mut map, entry::KEYS);
        if *id == subject {
            // Somebody may supply what the document does not name.
            if let Some(supplier) = map.get("supplier").cloned() {
                insert(root, "/metadata/supplier", false, supplier);
            }
            if !is_absent(component) {
                insert(root, "/metadata/component", false, Json::Object(map));
            }
        } else if ties.is_ingredient(id) {
            ingredients.push(Json::Object(map));
        } else {
            let [things, services] = lists.entry(ties.parent(id)).or_default();
            let list = if ties.is_service(component) { services } else { things };
            list.push(Json::Object(map));
        }
    }
    nest(root, lists.remove(&None));
    ingredients.reverse();
    (pointers, ingredients)
}

/// Puts what lies inside into its holder; the lists come in reverse.
fn nest(holder: &mut Map<String, Json>, lists: Option<[Vec<Json>; 2]>) {
    for (key, mut list) in ["components", "services"].into_iter().zip(lists.unwrap_or_default()) {
        if !list.is_empty() {
            list.reverse();
            holder.insert(key.to_owned(), Json::Array(list));
        }
    }
}

/// The components in an order in which each comes after its holder, with the place of each.
fn outside_in<'a>(bom: &'a Bom, ties: &Ties<'a>) -> (Vec<&'a str>, BTreeMap<&'a str, String>) {
    let mut inner: BTreeMap<Option<&str>, Vec<&Component>> = BTreeMap::new();
    for component in bom.components.iter().filter(|component| !is_absent(component)) {
        inner.entry(ties.parent(&component.id.0)).or_default().push(component);
    }
    let subject = bom.subject.id.0.as_str();
    let mut order = vec![subject];
    let mut pointers = BTreeMap::from([(subject, "/metadata/component".to_owned())]);
    let (mut next, mut holder) = (0, Some(None));
    while let Some(parent) = holder {
        let above: String = parent.and_then(|id| pointers.get(id).cloned()).unwrap_or_default();
        let (mut things, mut services, mut ingredients) = (0, 0, 0);
        for component in inner.remove(&parent).unwrap_or_default() {
            let (key, number) = if ties.is_ingredient(&component.id.0) {
                ("formulation/0/components", &mut ingredients)
            } else if ties.is_service(component) {
                ("services", &mut services)
            } else {
                ("components", &mut things)
            };
            pointers.insert(&component.id.0, format!("{above}/{key}/{number}"));
            order.push(&component.id.0);
            *number += 1;
        }
        holder = order.get(next).map(|id| Some(*id));
        next += 1;
    }
    (order, pointers)
}

fn composition(composition: &Composition) -> Json {
    let aggregate = match composition.completeness {
        Completeness::Complete => "complete",
        Completeness::Incomplete => "incomplete",
        Completeness::Unknown => "unknown",
    };
    let list = |ids: &[ComponentId]| {
        let ids: Vec<&str> = ids.iter().map(|id| id.0.as_str()).collect();
        (!ids.is_empty()).then(|| json!(ids))
    };
    let out = with(json!({"aggregate": aggregate}), "assemblies", list(&composition.contents));
    with(out, "dependencies", list(&composition.origins))
}
