//! Annotations that carry all that is known of an element, with the evidence.

use std::borrow::Cow;

use sealkit_inspect::{Value, property};
use sealkit_report::Evidence;
use serde::ser::{Error as _, Serializer};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::NO_TIME;
use super::graph::{CREATION, Graph, fields};
use crate::{
    Bom, BomError, Completeness, Component, ComponentId, Composition, Kind, Property, Relation,
    RelationKind,
};

/// Media type of the statement of such an annotation.
pub(super) const MEDIA_TYPE: &str = "application/vnd.sealkit.properties.v1+json";

/// What a component is and all that is known of it. Read, it holds its texts; written, it borrows them:
/// there may be as many notes as files.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct ComponentNote<'a> {
    pub(super) id: Cow<'a, str>,
    pub(super) kind: Cow<'a, str>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) path: Option<Cow<'a, str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) size: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) media_type: Option<Cow<'a, str>>,
    /// The package URL of a file: SPDX has a field for those of packages alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) purl: Option<Cow<'a, str>>,
    /// Who says so of each digest that somebody says, by its text.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) hashes: Vec<HashNote<'a>>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) properties: Vec<PropertyNote<'a>>,
}

/// Who says so of a digest.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct HashNote<'a> {
    pub(super) digest: String,
    pub(super) evidence: Cow<'a, Evidence>,
}

/// One property.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PropertyNote<'a> {
    name: Cow<'a, str>,
    #[serde(default, skip_serializing_if = "str::is_empty")]
    subject: Cow<'a, str>,
    value: Cow<'a, Value>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    evidence: Option<Cow<'a, Evidence>>,
}

/// What SPDX has no place for in the ties and in the document.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct BomNote<'a> {
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) properties: Vec<PropertyNote<'a>>,
    /// The models in their order: the main one is the first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) models: Vec<Cow<'a, str>>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) relations: Vec<RelationNote<'a>>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) compositions: Vec<CompositionNote<'a>>,
}

/// A tie.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RelationNote<'a> {
    from: Cow<'a, str>,
    to: Cow<'a, str>,
    kind: Cow<'a, str>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    role: Option<Cow<'a, str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    evidence: Option<Cow<'a, Evidence>>,
}

/// What is complete.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CompositionNote<'a> {
    completeness: Cow<'a, str>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    contents: Vec<Cow<'a, str>>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    origins: Vec<Cow<'a, str>>,
}

/// Adds the annotation of something that is no component: a run, or under `bom` the document.
pub(super) fn add(graph: &mut Graph<'_>, of: &str, statement: &str) {
    let subject = subject(graph, of);
    let id = graph.own_id("note", of);
    graph.add(
        &id,
        "Annotation",
        fields(json!({
            "annotationType": "other",
            "contentType": MEDIA_TYPE,
            "subject": subject,
            "statement": statement,
        })),
    );
}

/// The element that an annotation of this name is about.
fn subject(graph: &Graph<'_>, of: &str) -> String {
    match graph.id(of) {
        Some(id) => id.to_owned(),
        None if of == "bom" => graph.own_sbom(),
        None => graph.own_id("run", of),
    }
}

/// An annotation of a component, as it is written.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Annotation<'a> {
    r#type: &'static str,
    spdx_id: &'a str,
    creation_info: &'static str,
    #[serde(rename = "annotationType")]
    purpose: &'static str,
    content_type: &'static str,
    subject: &'a str,
    statement: String,
}

/// Writes the annotation `id` of a component.
pub(super) fn write_annotation<S: Serializer>(
    graph: &Graph<'_>,
    (id, component): (&str, &Component),
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let annotation = Annotation {
        r#type: "Annotation",
        spdx_id: id,
        creation_info: CREATION,
        purpose: "other",
        content_type: MEDIA_TYPE,
        subject: &subject(graph, &component.id.0),
        statement: of_component(component).map_err(S::Error::custom)?,
    };
    annotation.serialize(serializer)
}

/// The text of a component's annotation.
fn of_component(component: &Component) -> Result<String, BomError> {
    let hashes = component.hashes.iter().filter_map(|hash| {
        let evidence = Cow::Borrowed(hash.evidence.as_ref()?);
        Some(HashNote { digest: hash.to_string(), evidence })
    });
    Ok(serde_json::to_string(&ComponentNote {
        id: text(&component.id.0),
        kind: text(component.kind.name()),
        path: component.path.as_deref().map(text),
        size: component.size,
        media_type: component.media_type.as_deref().map(text),
        purl: component.purl.as_deref().filter(|_| component.kind == Kind::File).map(text),
        hashes: hashes.collect(),
        properties: write(&component.properties),
    })?)
}

/// The text of the document's annotation.
pub(super) fn of_bom(bom: &Bom, created: &str) -> Result<String, BomError> {
    // When the document was made stands in its frame, unless more or something else is said of it.
    let of = |p: &&Property| p.name == property::CREATED && p.subject.is_empty();
    let is_only = created != NO_TIME && bom.properties.iter().filter(of).count() == 1;
    let is_framed = |p: &Property| is_only && is_time(p) && p.as_text() == Some(created);
    Ok(serde_json::to_string(&BomNote {
        properties: bom.properties.iter().filter(|p| !is_framed(p)).map(property).collect(),
        models: bom.of_kind(Kind::Model).map(|model| text(&model.id.0)).collect(),
        relations: bom.relations.iter().map(relation).collect(),
        compositions: bom.compositions.iter().map(composition).collect(),
    })?)
}

fn relation(tie: &Relation) -> RelationNote<'_> {
    RelationNote {
        from: text(&tie.from.0),
        to: text(&tie.to.0),
        kind: text(tie.kind.name()),
        role: tie.role.as_deref().map(text),
        evidence: tie.evidence.as_ref().map(Cow::Borrowed),
    }
}

fn composition(of: &Composition) -> CompositionNote<'_> {
    CompositionNote {
        completeness: text(completeness_name(of.completeness)),
        contents: of.contents.iter().map(|id| text(&id.0)).collect(),
        origins: of.origins.iter().map(|id| text(&id.0)).collect(),
    }
}

fn text(text: &str) -> Cow<'_, str> {
    Cow::Borrowed(text)
}

/// Whether it says when the document was made.
pub(super) fn is_time(property: &Property) -> bool {
    property.name == property::CREATED && property.subject.is_empty() && property.evidence.is_none()
}

pub(super) fn write(properties: &[Property]) -> Vec<PropertyNote<'_>> {
    properties.iter().map(property).collect()
}

fn property(property: &Property) -> PropertyNote<'_> {
    PropertyNote {
        name: text(&property.name),
        subject: text(&property.subject),
        value: Cow::Borrowed(&property.value),
        evidence: property.evidence.as_ref().map(Cow::Borrowed),
    }
}

pub(super) fn read(notes: Vec<PropertyNote<'_>>) -> Vec<Property> {
    let one = |note: PropertyNote<'_>| Property {
        name: note.name.into_owned(),
        subject: note.subject.into_owned(),
        value: note.value.into_owned(),
        evidence: note.evidence.map(Cow::into_owned),
    };
    notes.into_iter().map(one).collect()
}

impl ComponentNote<'_> {
    /// The kind, where it is one that is known.
    pub(super) fn kind(&self) -> Option<Kind> {
        Kind::from_name(&self.kind)
    }
}

impl RelationNote<'_> {
    pub(super) fn relation(self) -> Option<Relation> {
        Some(Relation {
            from: ComponentId(self.from.into_owned()),
            to: ComponentId(self.to.into_owned()),
            kind: RelationKind::from_name(&self.kind)?,
            role: self.role.map(Cow::into_owned),
            evidence: self.evidence.map(Cow::into_owned),
        })
    }
}

impl CompositionNote<'_> {
    pub(super) fn composition(self) -> Option<Composition> {
        let completeness = match &*self.completeness {
            "complete" => Completeness::Complete,
            "incomplete" => Completeness::Incomplete,
            "unknown" => Completeness::Unknown,
            _ => return None,
        };
        let ids = |texts: Vec<Cow<'_, str>>| {
            texts.into_iter().map(|text| ComponentId(text.into_owned())).collect()
        };
        let (contents, origins) = (ids(self.contents), ids(self.origins));
        Some(Composition { completeness, contents, origins })
    }
}

fn completeness_name(completeness: Completeness) -> &'static str {
    match completeness {
        Completeness::Complete => "complete",
        Completeness::Incomplete => "incomplete",
        Completeness::Unknown => "unknown",
    }
}
