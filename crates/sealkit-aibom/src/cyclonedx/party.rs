//! People and organisations: `organizationalContact`, `organizationalEntity` and who holds them.

use sealkit_inspect::{PartyInfo, Value, property};
use serde::Serialize;
use serde_json::{Value as Json, json};

use super::element::{json_of, text};
use super::types::{Address, Filled, Mail};
use crate::{Property, name};

/// A person: `organizationalContact`.
#[derive(Serialize)]
struct Contact {
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<Filled>,
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<Mail>,
}

/// An organisation: `organizationalEntity`.
#[derive(Serialize)]
struct Entity {
    name: Filled,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    url: Vec<Address>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    contact: Vec<Contact>,
}

fn party(claim: &Property) -> Option<&PartyInfo> {
    match &claim.value {
        Value::Party(party) if claim.subject.is_empty() => Some(party),
        _ => None,
    }
}

fn mail(party: &PartyInfo) -> Option<Mail> {
    party.email.as_deref().and_then(Mail::new)
}

fn contact_of(party: &PartyInfo) -> Option<Json> {
    json_of(&Contact { name: Some(Filled::new(&party.name)?), email: mail(party) })
}

fn entity_of(party: &PartyInfo) -> Option<Json> {
    let contact = mail(party).map(|email| Contact { name: None, email: Some(email) });
    json_of(&Entity {
        name: Filled::new(&party.name)?,
        url: party.url.as_deref().and_then(Address::new).into_iter().collect(),
        contact: contact.into_iter().collect(),
    })
}

/// An author by name, or a person with an address for mail.
pub(super) fn author(claim: &Property) -> Option<Json> {
    match party(claim) {
        Some(party) => {
            let wrote = matches!(party.role.as_deref(), None | Some("author" | "creator"));
            wrote.then(|| contact_of(party))?
        }
        None => Some(json!({"name": text(claim)?})),
    }
}

pub(super) fn read_author(element: &Json) -> Option<Property> {
    let contact = read_contact(element)?;
    if contact.email.is_none() {
        return Some(Property::text(property::AUTHOR, contact.name, None));
    }
    let role = Some("author".to_owned());
    Some(Property::new(property::PARTY, Value::Party(PartyInfo { role, ..contact }), None))
}

fn read_contact(element: &Json) -> Option<PartyInfo> {
    let text = |key: &str| element.get(key)?.as_str().filter(|text| !text.is_empty());
    let name = text("name")?.to_owned();
    Some(PartyInfo { name, email: text("email").map(str::to_owned), ..PartyInfo::default() })
}

/// Someone who answers for the AIBOM, and is a person.
pub(super) fn bom_author(claim: &Property) -> Option<Json> {
    party(claim).filter(|party| !party.organisation).and_then(contact_of)
}

pub(super) fn read_bom_author(element: &Json) -> Option<Property> {
    Some(Property::new(name::BOM_AUTHOR, Value::Party(read_contact(element)?), None))
}

/// A party that is an organisation.
pub(super) fn organisation(claim: &Property) -> Option<Json> {
    party(claim).filter(|party| party.organisation).and_then(entity_of)
}

/// A supplier: CycloneDX takes every supplier for an organisation.
pub(super) fn supplier(claim: &Property) -> Option<Json> {
    party(claim).and_then(entity_of)
}

pub(super) fn read_organisation(claim: &'static str, element: &Json) -> Option<Property> {
    let text = |value: Option<&Json>| value?.as_str().filter(|t| !t.is_empty()).map(str::to_owned);
    let party = PartyInfo {
        name: text(element.get("name"))?,
        url: text(element.pointer("/url/0")),
        email: text(element.pointer("/contact/0/email")),
        organisation: true,
        role: None,
    };
    Some(Property::new(claim, Value::Party(party), None))
}

/// Who publishes: a name, or a party in this role.
pub(super) fn publisher(claim: &Property) -> Option<Json> {
    match party(claim) {
        Some(party) if party.role.as_deref() == Some("publisher") => {
            json_of(&Filled::new(&party.name)?)
        }
        Some(_) => None,
        None => text(claim),
    }
}

/// Someone who answers for data in this role.
pub(super) fn governor(claim: &Property, role: &str) -> Option<Json> {
    let party = party(claim).filter(|party| party.role.as_deref() == Some(role))?;
    if party.organisation {
        return Some(json!({"organization": entity_of(party)?}));
    }
    Some(json!({"contact": contact_of(party)?}))
}

pub(super) fn read_governor(element: &Json, role: &str) -> Option<Property> {
    let mut claim = match (element.get("organization"), element.get("contact")) {
        (Some(entity), _) => read_organisation(property::PARTY, entity)?,
        (_, Some(contact)) => {
            Property::new(property::PARTY, Value::Party(read_contact(contact)?), None)
        }
        _ => return None,
    };
    if let Value::Party(party) = &mut claim.value {
        party.role = Some(role.to_owned());
    }
    Some(claim)
}
