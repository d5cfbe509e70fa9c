//! People, organisations and software that made something.

use sealkit_inspect::{PartyInfo, Value};
use serde_json::{Map, json};

use super::graph::{Graph, fields};
use crate::{Bom, Property, name};

/// Says who made the document: the authors of the AIBOM, else the software that did.
pub(super) fn add_creation(graph: &mut Graph, bom: &Bom, tool: Option<&(String, String)>) {
    let authors = bom.properties.iter().filter(|property| property.name == name::BOM_AUTHOR);
    let mut by: Vec<String> = authors.filter_map(|author| add(graph, author)).collect();
    let mut using = Vec::new();
    if let Some((name, version)) = tool {
        let label = format!("{name} {version}");
        let id = graph.own_id("tool", &label);
        graph.add(&id, "Tool", fields(json!({ "name": label })));
        using.push(id);
        if by.is_empty() {
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

/// The element of whom a property names; none where it names nobody.
pub(super) fn add(graph: &mut Graph, property: &Property) -> Option<String> {
    let party = match &property.value {
        Value::Party(party) => party.clone(),
        Value::Text(name) => PartyInfo { name: name.clone(), ..PartyInfo::default() },
        _ => return None,
    };
    if party.name.is_empty() {
        return None;
    }
    let kind = match (party.organisation, &party.email) {
        (true, _) => "Organization",
        (false, Some(_)) => "Person",
        // A name alone does not tell whether it is a person.
        (false, None) => "Agent",
    };
    let email = party.email.as_deref().unwrap_or_default();
    let id = graph.own_id("agent", &format!("{kind}:{}:{email}", party.name));
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
    graph.add(&id, kind, agent);
    Some(id)
}
