//! Models and datasets outside of the kit that its files name as their origin.

use std::collections::BTreeMap;

use sealkit_inspect::{Value, property};

use crate::identity::{component_id, hugging_face_purl};
use crate::summary::FileFacts;
use crate::{Bom, Component, ComponentId, Kind, Property, Relation, RelationKind};

/// Longest name of an origin that is believed, in bytes.
const MAX_NAME: usize = 512;
/// Most origins that are listed. The list of a model's origins is never called complete.
const MAX_ORIGINS: usize = 4096;
/// Most models that origins are tied to one by one; a kit has one, a hostile manifest thousands.
const MAX_MODELS: usize = 64;

/// Adds what the files name as base models and training data, tied to every model of the kit; to
/// the kit itself where it holds no model.
pub(crate) fn add(bom: &mut Bom, files: &[FileFacts<'_>]) {
    let mut models: Vec<ComponentId> =
        bom.of_kind(Kind::Model).map(|model| model.id.clone()).collect();
    if models.is_empty() || models.len() > MAX_MODELS {
        models.clear();
        models.push(bom.subject.id.clone());
    }
    let mut origins: BTreeMap<ComponentId, Component> = BTreeMap::new();
    for file in files {
        let Some(facts) = file.facts else { continue };
        let revision = facts.text(property::BASE_MODEL_REVISION);
        for fact in facts.facts.iter().filter(|fact| fact.subject.is_empty()) {
            let (kind, relation) = match &*fact.property {
                property::BASE_MODEL => (Kind::BaseModel, RelationKind::DerivedFrom),
                property::TRAINED_ON => (Kind::ExternalDataset, RelationKind::TrainedOn),
                _ => continue,
            };
            let stated = match &fact.value {
                Value::Origin(origin) => origin.revision.as_deref(),
                _ => revision,
            };
            for name in names(&fact.value) {
                let revision = stated.filter(|_| kind == Kind::BaseModel);
                let mut origin = origin(kind, name, revision);
                if origins.len() >= MAX_ORIGINS && !origins.contains_key(&origin.id) {
                    continue;
                }
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
                merge(&mut origins, origin);
            }
        }
    }
    bom.components.extend(origins.into_values());
}

fn names(value: &Value) -> Vec<&str> {
    let all = match value {
        Value::Text(text) => vec![text.as_str()],
        Value::List(texts) => texts.iter().map(String::as_str).collect(),
        Value::Origin(origin) => vec![origin.name.as_str()],
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
fn merge(origins: &mut BTreeMap<ComponentId, Component>, origin: Component) {
    match origins.get_mut(&origin.id) {
        Some(known) => known.properties.extend(origin.properties),
        None => {
            origins.insert(origin.id.clone(), origin);
        }
    }
}
