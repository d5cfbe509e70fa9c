//! Models and datasets outside of the kit that its files name as their origin.

use sealkit_inspect::{Value, property};

use crate::identity::{component_id, hugging_face_purl};
use crate::summary::FileFacts;
use crate::{Bom, Component, ComponentId, Kind, Property, Relation, RelationKind};

/// Longest name of an origin that is believed, in bytes.
const MAX_NAME: usize = 512;

/// Adds what the files name as base models and training data, tied to every model of the kit; to
/// the kit itself where it holds no model.
pub(crate) fn add(bom: &mut Bom, files: &[FileFacts<'_>]) {
    let mut models: Vec<ComponentId> =
        bom.of_kind(Kind::Model).map(|model| model.id.clone()).collect();
    if models.is_empty() {
        models.push(bom.subject.id.clone());
    }
    for file in files {
        let Some(facts) = file.facts else { continue };
        let revision = facts.text(property::BASE_MODEL_REVISION);
        for fact in facts.facts.iter().filter(|fact| fact.subject.is_empty()) {
            let (kind, relation) = match &*fact.property {
                property::BASE_MODEL => (Kind::BaseModel, RelationKind::DerivedFrom),
                property::TRAINED_ON => (Kind::ExternalDataset, RelationKind::TrainedOn),
                _ => continue,
            };
            for name in names(&fact.value) {
                let revision = revision.filter(|_| kind == Kind::BaseModel);
                let mut origin = origin(kind, name, revision);
                let stated = Property {
                    name: fact.property.to_string(),
                    value: name.to_owned(),
                    evidence: Some(fact.evidence.clone()),
                };
                origin.properties.push(stated);
                for model in &models {
                    let (from, to) = (model.clone(), origin.id.clone());
                    bom.relations.push(Relation { from, to, kind: relation });
                }
                merge(bom, origin);
            }
        }
    }
}

fn names(value: &Value) -> Vec<&str> {
    let all = match value {
        Value::Text(text) => vec![text.as_str()],
        Value::List(texts) => texts.iter().map(String::as_str).collect(),
        _ => Vec::new(),
    };
    all.into_iter().map(str::trim).filter(|n| !n.is_empty() && n.len() <= MAX_NAME).collect()
}

fn origin(kind: Kind, name: &str, revision: Option<&str>) -> Component {
    let id = component_id(kind, &[name, revision.unwrap_or_default()]);
    let mut component = Component::new(id, kind, name);
    component.version = revision.map(str::to_owned);
    if kind == Kind::BaseModel {
        // There is no package URL of a dataset yet (purl-spec), so only models get one.
        component.purl = hugging_face_purl(name, revision);
    }
    component
}

/// Two files may name the same origin: one component, with the evidence of both.
fn merge(bom: &mut Bom, origin: Component) {
    match bom.components.iter_mut().find(|component| component.id == origin.id) {
        Some(known) => known.properties.extend(origin.properties),
        None => bom.components.push(origin),
    }
}
