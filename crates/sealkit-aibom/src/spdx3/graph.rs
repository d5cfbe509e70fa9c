//! The elements of a document while it is written.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde::ser::{SerializeMap as _, SerializeSeq as _, Serializer};
use serde_json::{Map, Value as Json, json};

use super::{CONTEXT, FAMILY, component, note};
use crate::{Bom, BomError, Component, name};

/// The blank node that says who made the document.
pub(super) const CREATION: &str = "_:creationinfo";

/// An element of the document.
pub(super) enum Element<'a> {
    /// One that is made. In a box, as most are none and each takes the room of the largest kind.
    Made(Box<Map<String, Json>>),
    /// That of a component, made when it is written: there may be as many as files.
    Component(&'a Component),
    /// The annotation of a component, made when it is written.
    Note(&'a Component),
    /// The SBOM, which lists all elements but itself and the document around it.
    Sbom(Box<Around>),
}

/// What the SBOM says beside its elements.
pub(super) struct Around {
    /// Identifier of what the SBOM is about.
    root: String,
    /// `software_sbomType`.
    kind: &'static str,
    /// Identifier of the document around it, unless that is one of the elements.
    document: Option<String>,
}

/// The elements, by their identifiers. Written, it is the document, of which no more than one element is
/// made at a time.
pub(super) struct Graph<'a> {
    namespace: String,
    created: String,
    /// Identifiers of components, by their names inside the AIBOM.
    ids: BTreeMap<&'a str, String>,
    creation: Map<String, Json>,
    elements: BTreeMap<String, Element<'a>>,
    profiles: BTreeSet<&'static str>,
    /// The elements of the document that the AIBOM was read from.
    kept: Option<&'a Vec<Json>>,
}

impl<'a> Graph<'a> {
    pub(super) fn new(bom: &'a Bom, namespace: &str, created: &str) -> Self {
        Self {
            namespace: namespace.to_owned(),
            created: created.to_owned(),
            ids: bom.all().map(|c| (c.id.0.as_str(), id_of(c, namespace))).collect(),
            creation: Map::new(),
            elements: BTreeMap::new(),
            profiles: BTreeSet::from(["core", "software"]),
            kept: kept_elements(bom),
        }
    }

    /// Start of the identifiers of all elements that are made here.
    pub(super) fn namespace(&self) -> &str {
        &self.namespace
    }

    /// Identifier of the component of this name.
    pub(super) fn id(&self, component: &str) -> Option<&str> {
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

    /// Puts an element in unless one of this identifier is there.
    pub(super) fn put(&mut self, id: String, element: Element<'a>) {
        self.elements.entry(id).or_insert(element);
    }

    /// Makes an element and puts it in unless one of this identifier is there.
    pub(super) fn add(&mut self, id: &str, kind: &str, fields: Map<String, Json>) {
        let mut element = Map::new();
        element.insert("type".into(), kind.into());
        element.insert("spdxId".into(), id.into());
        element.insert("creationInfo".into(), CREATION.into());
        element.extend(fields);
        self.put(id.to_owned(), Element::Made(Box::new(element)));
    }

    /// Adds a relationship of this kind from one element to others; `about` tells it from others
    /// of its kind.
    pub(super) fn relate(&mut self, kind: &str, from: &str, to: Vec<Json>, about: &str) {
        let id = self.own_id("relation", &format!("{kind}:{about}"));
        let relation = json!({ "relationshipType": kind, "from": from, "to": to });
        self.add(&id, "Relationship", fields(relation));
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
        note::add(self, "bom", &note::of_bom(bom, &self.created)?);
        let lifecycle = bom.properties.iter().find(|p| p.name == name::LIFECYCLE);
        let kind = match lifecycle.and_then(crate::Property::as_text) {
            Some(name::PRE_BUILD) => "source",
            _ => "analyzed",
        };
        let root = self.id(&bom.subject.id.0).unwrap_or_default().to_owned();
        let (sbom, document) = (self.own_sbom(), document_id(&self.namespace));
        let around = Some(document.clone()).filter(|id| !self.elements.contains_key(id));
        let around = Around { root, kind, document: around };
        self.put(sbom.clone(), Element::Sbom(Box::new(around)));
        let profiles: Vec<Json> = self.profiles.iter().map(|profile| (*profile).into()).collect();
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

    /// Who made the document.
    fn creation(&self) -> Map<String, Json> {
        let mut creation = fields(json!({
            "type": "CreationInfo",
            "@id": CREATION,
            "specVersion": "3.0.1",
            "created": self.created,
        }));
        creation.extend(self.creation.clone());
        creation
    }
}

impl Serialize for Graph<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut document = serializer.serialize_map(Some(2))?;
        document.serialize_entry("@context", CONTEXT)?;
        document.serialize_entry("@graph", &Elements(self))?;
        document.end()
    }
}

/// All elements: who made the document first, or what a document that was read said beside, then by
/// identifier.
struct Elements<'a>(&'a Graph<'a>);

impl Serialize for Elements<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(None)?;
        match self.0.kept {
            Some(kept) => kept.iter().try_for_each(|element| list.serialize_element(element))?,
            None => list.serialize_element(&self.0.creation())?,
        }
        for (id, element) in &self.0.elements {
            list.serialize_element(&Written { graph: self.0, id, element })?;
        }
        list.end()
    }
}

/// One element while it is written.
struct Written<'a> {
    graph: &'a Graph<'a>,
    id: &'a str,
    element: &'a Element<'a>,
}

impl Serialize for Written<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { graph, id, element } = *self;
        match element {
            Element::Made(element) => element.serialize(serializer),
            Element::Component(of) => component::write(&graph.namespace, (id, of), serializer),
            Element::Note(of) => note::write_annotation(graph, (id, of), serializer),
            Element::Sbom(around) => {
                let Around { root, kind, document } = &**around;
                let outside = |other: &&str| *other != id && Some(*other) != document.as_deref();
                let sbom = Sbom {
                    r#type: "software_Sbom",
                    spdx_id: id,
                    creation_info: CREATION,
                    profile_conformance: &graph.profiles,
                    root_element: [root],
                    element: graph.elements.keys().map(String::as_str).filter(outside).collect(),
                    purpose: [kind],
                };
                sbom.serialize(serializer)
            }
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Sbom<'a> {
    r#type: &'static str,
    spdx_id: &'a str,
    creation_info: &'static str,
    profile_conformance: &'a BTreeSet<&'static str>,
    root_element: [&'a str; 1],
    element: Vec<&'a str>,
    #[serde(rename = "software_sbomType")]
    purpose: [&'a str; 1],
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

/// The identifier of something in a name space.
pub(super) fn own_id(namespace: &str, name: &str) -> String {
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
