//! What a model card and a configuration beside the weights say of the model.

use std::collections::{BTreeMap, HashMap};

use sealkit_inspect::property;
use sealkit_kitfile::{Facts, Kitfile, Value};

use super::content::Content;

/// Files at the top of a folder that speak of the model beside them, the first being heard first.
pub(crate) const SPEAKERS: [&str; 3] = ["README.md", "config.json", "adapter_config.json"];

/// What the files at the top say of the model, by their names.
pub(crate) fn of(contents: &HashMap<String, Content>) -> Facts {
    let mut told = Facts::default();
    let mut parameters = BTreeMap::new();
    for content in SPEAKERS.iter().filter_map(|name| contents.get(*name)) {
        told.name = told.name.or_else(|| content.text(property::NAME));
        told.version = told.version.or_else(|| content.text(property::VERSION));
        told.licence = told.licence.or_else(|| content.licence());
        told.framework = told.framework.or_else(|| content.text(property::FRAMEWORK));
        if let Some(Value::Map(map)) = content.parameters("") {
            merge(&mut parameters, map);
        }
        let bases: Vec<Value> =
            content.declared(property::BASE_MODEL).into_iter().map(Value::String).collect();
        let bases = match bases.as_slice() {
            [] => continue,
            [one] => one.clone(),
            _ => Value::List(bases),
        };
        parameters.entry("baseModel".to_owned()).or_insert(bases);
    }
    told.parameters = (!parameters.is_empty()).then_some(Value::Map(parameters));
    told
}

/// Fills what the Kitfile does not say yet. What the weights say of themselves goes before the
/// card, but for framework, where the card names what people load them with.
pub(super) fn apply(kitfile: &mut Kitfile, told: Facts) {
    let licence = told.licence.clone().unwrap_or_default();
    let Some(model) = &mut kitfile.model else {
        match kitfile.datasets.as_mut_slice() {
            [dataset] => fill(&mut dataset.license, &licence),
            _ => fill(&mut kitfile.package.license, &licence),
        }
        return;
    };
    fill(&mut model.license, &licence);
    fill(&mut model.version, told.version.as_deref().unwrap_or_default());
    if let Some(name) = told.name {
        model.name = name;
    }
    if let Some(framework) = told.framework {
        model.framework = framework;
    }
    let Some(Value::Map(more)) = told.parameters else { return };
    match &mut model.parameters {
        Some(Value::Map(map)) => merge(map, more),
        Some(_) => {}
        none => *none = Some(Value::Map(more)),
    }
}

/// A licence as SPDX writes it, where SPDX knows it; cards write `apache-2.0`.
pub(super) fn spdx(text: &str) -> String {
    match sealkit_aibom::licence_form(text) {
        Some(sealkit_aibom::LicenceForm::Id(id)) => id.to_owned(),
        _ => text.trim().to_owned(),
    }
}

fn fill(field: &mut String, value: &str) {
    if field.is_empty() {
        value.clone_into(field);
    }
}

fn merge(map: &mut BTreeMap<String, Value>, more: BTreeMap<String, Value>) {
    for (key, value) in more {
        map.entry(key).or_insert(value);
    }
}
