//! The elements of a document while it is written.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value as Json, json};

use super::{FAMILY, note};
use crate::{Bom, BomError, Component, ComponentId, name};

/// The blank node that says who made the document.
pub(super) const CREATION: &str = "_:creationinfo";

/// The elements so far, by their identifiers.
pub(super) struct Graph {
    namespace: String,
    created: String,
    /// Identifiers of components, by their names inside the AIBOM.
    ids: BTreeMap<ComponentId, String>,
    creation: Map<String, Json>,
    elements: BTreeMap<String, Map<String, Json>>,
    profiles: BTreeSet<&'static str>,
}

impl Graph {
    pub(super) fn new(bom: &Bom, namespace: &str, created: &str) -> Self {
        let ids = bom.all().map(|c| (c.id.clone(), id_of(c, namespace))).collect();
        Self {
            namespace: namespace.to_owned(),
            created: created.to_owned(),
            ids,
            creation: Map::new(),
            elements: BTreeMap::new(),
            profiles: BTreeSet::from(["core", "software"]),
        }
    }

    /// A graph to try things in.
    pub(super) fn scratch() -> Self {
        Self {
            namespace: "urn:uuid:0".to_owned(),
            created: String::new(),
            ids: BTreeMap::new(),
            creation: Map::new(),
            elements: BTreeMap::new(),
            profiles: BTreeSet::new(),
        }
    }

    /// Identifier of a component.
    pub(super) fn id(&self, component: &ComponentId) -> Option<&str> {
        self.ids.get(component).map(String::as_str)
    }

    /// Identifier of something that is no component.
    pub(super) fn own_id(&self, kind: &str, key: &str) -> String {
        own_id(&self.namespace, &format!("{kind}:{key}"))
    }

    /// Identifier of the SBOM.
    pub(super) fn own_sbom(&self) -> String {
        own_id(&self.namespace, "sbom")
    }

    /// Adds an element unless one of this identifier is there.
    pub(super) fn add(&mut self, id: &str, kind: &str, fields: Map<String, Json>) {
        let mut element = Map::new();
        element.insert("type".into(), kind.into());
        element.insert("spdxId".into(), id.into());
        element.insert("creationInfo".into(), CREATION.into());
        element.extend(fields);
        self.elements.entry(id.to_owned()).or_insert(element);
    }

    /// Adds a relationship of this kind from one element to others; `about` tells it from others
    /// of its kind.
    pub(super) fn relate(&mut self, kind: &str, from: &str, to: Vec<Json>, about: &str) {
        let id = self.own_id("relation", &format!("{kind}:{about}"));
        let relation = json!({ "relationshipType": kind, "from": from, "to": to });
        self.add(&id, "Relationship", fields(relation));
    }

    /// Adds an element as it was read.
    pub(super) fn add_kept(&mut self, id: &str, element: Map<String, Json>) {
        self.elements.entry(id.to_owned()).or_insert(element);
    }

    /// Says that the document keeps to a profile.
    pub(super) fn uses(&mut self, profile: &'static str) {
        self.profiles.insert(profile);
    }

    /// Says who made the document, with what.
    pub(super) fn made_by(&mut self, by: Vec<String>, using: Vec<String>) {
        self.creation.insert("createdBy".into(), by.into());
        if !using.is_empty() {
            self.creation.insert("createdUsing".into(), using.into());
        }
    }

    /// Adds the SBOM and the document around everything.
    pub(super) fn add_collections(&mut self, bom: &Bom) -> Result<(), BomError> {
        note::add(self, "bom", &note::of_bom(bom)?);
        let lifecycle = bom.properties.iter().find(|p| p.name == name::LIFECYCLE);
        let kind = match lifecycle.and_then(crate::Property::as_text) {
            Some(name::PRE_BUILD) => "source",
            _ => "analyzed",
        };
        let all: Vec<Json> = self.elements.keys().map(|id| id.as_str().into()).collect();
        let profiles: Vec<Json> = self.profiles.iter().map(|profile| (*profile).into()).collect();
        let sbom = self.own_sbom();
        let root = self.id(&bom.subject.id).unwrap_or_default().to_owned();
        self.add(
            &sbom,
            "software_Sbom",
            fields(json!({
                "profileConformance": profiles,
                "rootElement": [root],
                "element": all,
                "software_sbomType": [kind],
            })),
        );
        let document = document_id(&self.namespace);
        self.add(
            &document,
            "SpdxDocument",
            fields(json!({
                "profileConformance": profiles,
                "rootElement": [sbom],
            })),
        );
        Ok(())
    }

    /// All elements: who made the document first, then by identifier, with what a document that was
    /// read said beside.
    pub(super) fn into_elements(self, bom: &Bom) -> Vec<Json> {
        let elements = self.elements.into_values().map(Json::Object);
        if let Some(kept) = kept_elements(bom) {
            return kept.iter().cloned().chain(elements).collect();
        }
        let mut creation = fields(json!({
            "type": "CreationInfo",
            "@id": CREATION,
            "specVersion": "3.0.1",
            "created": self.created,
        }));
        creation.extend(self.creation);
        std::iter::once(Json::Object(creation)).chain(elements).collect()
    }
}

/// The elements, other than components, of the document that the AIBOM was read from.
pub(super) fn kept_elements(bom: &Bom) -> Option<&Vec<Json>> {
    let residue = bom.residue.as_ref().filter(|residue| residue.format == FAMILY)?;
    residue.fields.get("elements")?.as_array()
}

/// The identifier of a component: the one it had in the document it was read from, else one in the
/// name space of this document.
fn id_of(component: &Component, namespace: &str) -> String {
    let residue = component.residue.as_ref().filter(|residue| residue.format == FAMILY);
    let kept = residue.and_then(|residue| residue.fields.get("spdxId")).and_then(Json::as_str);
    kept.map_or_else(|| own_id(namespace, &component.id.0), str::to_owned)
}

fn own_id(namespace: &str, name: &str) -> String {
    format!("{namespace}#{}", crate::identity::escape(name))
}

/// The identifier of the document.
pub(super) fn document_id(namespace: &str) -> String {
    format!("{namespace}#document")
}

/// The map of an object literal.
pub(super) fn fields(object: Json) -> Map<String, Json> {
    match object {
        Json::Object(map) => map,
        _ => Map::new(),
    }
}
