//! What an AIBOM says of itself.

use sealkit_inspect::Value;
use serde_json::{Map, Value as Json, json};

use super::own::{self, Named};
use super::place::{self, On};
use super::shape::insert;
use super::tie::Ties;
use super::types::SerialNumber;
use super::{Context, Version, claims};
use crate::{Bom, Property, name};

/// What the AIBOM says of itself.
pub(super) fn write<'a>(
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

pub(super) fn serial_number(bom: &Bom) -> Option<(&Property, SerialNumber)> {
    let claim = first(bom, name::SERIAL_NUMBER)?;
    Some((claim, SerialNumber::new(claim.as_text()?)?))
}

pub(super) fn document_version(bom: &Bom) -> Option<(&Property, u64)> {
    let claim = first(bom, name::BOM_VERSION)?;
    match claim.value {
        Value::Uint(number @ 2..) => Some((claim, number)),
        _ => None,
    }
}
