//! Annotations that carry all that is known of an element, with the evidence.

use sealkit_inspect::Value;
use sealkit_report::Evidence;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::graph::{Graph, fields};
use crate::{
    Bom, BomError, Completeness, Component, ComponentId, Composition, Kind, Property, Relation,
    RelationKind,
};

/// Media type of the statement of such an annotation.
pub(super) const MEDIA_TYPE: &str = "application/vnd.sealkit.properties.v1+json";

/// What a component is and all that is known of it.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct ComponentNote {
    pub(super) id: String,
    pub(super) kind: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) path: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) size: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) media_type: Option<String>,
    /// Who says so of each digest that somebody says, by its text.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) hashes: Vec<HashNote>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) properties: Vec<PropertyNote>,
}

/// Who says so of a digest.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct HashNote {
    pub(super) digest: String,
    pub(super) evidence: Evidence,
}

/// One property.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PropertyNote {
    name: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    subject: String,
    value: Value,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    evidence: Option<Evidence>,
}

/// What SPDX has no place for in the ties and in the document.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct BomNote {
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) properties: Vec<PropertyNote>,
    /// The models in their order: the main one is the first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) models: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) relations: Vec<RelationNote>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) compositions: Vec<CompositionNote>,
}

/// A tie.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RelationNote {
    from: String,
    to: String,
    kind: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    role: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    evidence: Option<Evidence>,
}

/// What is complete.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CompositionNote {
    completeness: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    contents: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    origins: Vec<String>,
}

/// Adds the annotation of the element of this name.
pub(super) fn add(graph: &mut Graph, of: &str, statement: &str) {
    let subject = match graph.id(&ComponentId(of.to_owned())) {
        Some(id) => id.to_owned(),
        None if of == "bom" => graph.own_sbom(),
        None => graph.own_id("run", of),
    };
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

/// The text of a component's annotation.
pub(super) fn of_component(component: &Component) -> Result<String, BomError> {
    let hashes = component.hashes.iter().filter_map(|hash| {
        Some(HashNote { digest: hash.to_string(), evidence: hash.evidence.clone()? })
    });
    Ok(serde_json::to_string(&ComponentNote {
        id: component.id.0.clone(),
        kind: component.kind.name().to_owned(),
        path: component.path.clone(),
        size: component.size,
        media_type: component.media_type.clone(),
        hashes: hashes.collect(),
        properties: write(&component.properties),
    })?)
}

/// The text of the document's annotation.
pub(super) fn of_bom(bom: &Bom) -> Result<String, BomError> {
    let relation = |tie: &Relation| RelationNote {
        from: tie.from.0.clone(),
        to: tie.to.0.clone(),
        kind: tie.kind.name().to_owned(),
        role: tie.role.clone(),
        evidence: tie.evidence.clone(),
    };
    let texts = |ids: &[ComponentId]| ids.iter().map(|id| id.0.clone()).collect();
    let composition = |of: &Composition| CompositionNote {
        completeness: completeness_name(of.completeness).to_owned(),
        contents: texts(&of.contents),
        origins: texts(&of.origins),
    };
    Ok(serde_json::to_string(&BomNote {
        properties: write(&bom.properties),
        models: bom.of_kind(Kind::Model).map(|model| model.id.0.clone()).collect(),
        relations: bom.relations.iter().map(relation).collect(),
        compositions: bom.compositions.iter().map(composition).collect(),
    })?)
}

pub(super) fn write(properties: &[Property]) -> Vec<PropertyNote> {
    let one = |property: &Property| PropertyNote {
        name: property.name.clone(),
        subject: property.subject.clone(),
        value: property.value.clone(),
        evidence: property.evidence.clone(),
    };
    properties.iter().map(one).collect()
}

pub(super) fn read(notes: Vec<PropertyNote>) -> Vec<Property> {
    let one = |note: PropertyNote| Property {
        name: note.name,
        subject: note.subject,
        value: note.value,
        evidence: note.evidence,
    };
    notes.into_iter().map(one).collect()
}

impl ComponentNote {
    /// The kind, where it is one that is known.
    pub(super) fn kind(&self) -> Option<Kind> {
        Kind::from_name(&self.kind)
    }
}

impl RelationNote {
    pub(super) fn relation(self) -> Option<Relation> {
        Some(Relation {
            from: ComponentId(self.from),
            to: ComponentId(self.to),
            kind: RelationKind::from_name(&self.kind)?,
            role: self.role,
            evidence: self.evidence,
        })
    }
}

impl CompositionNote {
    pub(super) fn composition(self) -> Option<Composition> {
        let completeness = match self.completeness.as_str() {
            "complete" => Completeness::Complete,
            "incomplete" => Completeness::Incomplete,
            "unknown" => Completeness::Unknown,
            _ => return None,
        };
        let ids = |texts: Vec<String>| texts.into_iter().map(ComponentId).collect();
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
