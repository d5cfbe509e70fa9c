//! People, organisations and software that made something.

use std::borrow::Cow;
use std::collections::BTreeSet;

use sealkit_inspect::{PartyInfo, Value};
use serde_json::{Map, json};

use super::graph::{Graph, fields, own_id};
use super::tools;
use crate::{Bom, Property, name};

/// Says who made the document: the authors of the AIBOM, else the software that did.
pub(super) fn add_creation(graph: &mut Graph<'_>, bom: &Bom) {
    let authors = bom.properties.iter().filter(|property| property.name == name::BOM_AUTHOR);
    let mut by: Vec<String> = authors.filter_map(|author| add(graph, author)).collect();
    let is_made_by_software = by.is_empty();
    let mut using = Vec::new();
    for label in bom.properties.iter().filter_map(tools::label).collect::<BTreeSet<_>>() {
        let id = graph.own_id("tool", &label);
        graph.add(&id, "Tool", fields(json!({ "name": label })));
        using.push(id);
        if is_made_by_software {
            let id = graph.own_id("agent", &label);
            graph.add(&id, "SoftwareAgent", fields(json!({ "name": label })));
            by.push(id);
        }
    }
    if by.is_empty() {
        let id = graph.own_id("agent", "unknown");
        graph.add(&id, "Agent", fields(json!({ "name": "NOASSERTION" })));
        by.push(id);
    }
    by.dedup();
    graph.made_by(by, using);
}

/// Whom a property names; none where it names nobody.
fn party(property: &Property) -> Option<Cow<'_, PartyInfo>> {
    let party = match &property.value {
        Value::Party(party) => Cow::Borrowed(party),
        Value::Text(name) => Cow::Owned(PartyInfo { name: name.clone(), ..PartyInfo::default() }),
        _ => return None,
    };
    (!party.name.is_empty()).then_some(party)
}

fn kind(party: &PartyInfo) -> &'static str {
    match (party.organisation, &party.email) {
        (true, _) => "Organization",
        (false, Some(_)) => "Person",
        // A name alone does not tell whether it is a person.
        (false, None) => "Agent",
    }
}

/// Identifier of the element of whom a property names.
pub(super) fn id(namespace: &str, property: &Property) -> Option<String> {
    Some(id_of(namespace, &*party(property)?))
}

fn id_of(namespace: &str, party: &PartyInfo) -> String {
    let email = party.email.as_deref().unwrap_or_default();
    own_id(namespace, &format!("agent:{}:{}:{email}", kind(party), party.name))
}

/// Adds the element of whom a property names, and gives its identifier.
pub(super) fn add(graph: &mut Graph<'_>, property: &Property) -> Option<String> {
    let party = party(property)?;
    let id = id_of(graph.namespace(), &party);
    let mut agent = Map::new();
    agent.insert("name".into(), party.name.as_str().into());
    if let Some(email) = &party.email {
        let identifier = json!([{
            "type": "ExternalIdentifier",
            "externalIdentifierType": "email",
            "identifier": email,
        }]);
        agent.insert("externalIdentifier".into(), identifier);
    }
    if let Some(url) = &party.url {
        let reference = json!([{
            "type": "ExternalRef",
            "externalRefType": "altWebPage",
            "locator": [url],
        }]);
        agent.insert("externalRef".into(), reference);
    }
    graph.add(&id, kind(&party), agent);
    Some(id)
}
