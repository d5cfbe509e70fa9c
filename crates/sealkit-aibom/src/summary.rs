//! What files and the Kitfile say of a part, put on the part.

use std::collections::BTreeMap;

use sealkit_inspect::{Fact, Facts, Value, property};
use sealkit_kitfile::{Kitfile, Part};
use sealkit_oci::{Digest, LayerRole};
use sealkit_report::{Evidence, Known};

use crate::from_kit::{declared, plain, some};
use crate::{Component, Licence, Property};

/// Longest value that is kept in an AIBOM, in bytes; longer ones stand in the file.
const MAX_VALUE: usize = 4096;
/// Most properties of one file.
const MAX_PROPERTIES: usize = 256;
/// Properties of a model that its files, its settings and its card say.
const OF_MODEL: &[&str] = &[
    property::ARCHITECTURE,
    property::MODEL_CLASS,
    property::TASK,
    property::CONTEXT_LENGTH,
    property::VOCABULARY,
    property::QUANTISATION,
    property::DTYPE,
    property::FRAMEWORK,
    property::FRAMEWORK_VERSION,
    property::LANGUAGE,
    property::CHAT_TEMPLATE_DIGEST,
    property::CAN_RUN_CODE,
];

/// One file of the kit with what it says.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FileFacts<'a> {
    /// Digest of the layer that holds it.
    pub(crate) layer: &'a Digest,
    /// Path inside the kit.
    pub(crate) path: &'a str,
    /// What it says; none where it was not inspected.
    pub(crate) facts: Option<&'a Facts>,
}

/// Puts on a file what it says of itself, tensors left out.
pub(crate) fn file(component: &mut Component, facts: &Facts) {
    for fact in facts.facts.iter().filter(|fact| fact.property != property::TENSOR) {
        if component.properties.len() >= MAX_PROPERTIES {
            break;
        }
        if fact.property == property::LICENCE && fact.subject.is_empty() {
            component.licences.extend(licences(fact));
        } else {
            component.properties.extend(properties(fact));
        }
    }
    let format = facts.text(property::FORMAT);
    let formats = sealkit_inspect::capabilities().map(|row| row.format);
    let known = formats.into_iter().find(|known| Some(known.id) == format);
    component.media_type = known.map(|format| format.media_type.to_owned());
}

/// Puts on a part what the Kitfile says of it.
pub(crate) fn from_kitfile(component: &mut Component, kitfile: &Kitfile, part: &Part) {
    let is_it = |path: &str| path == part.written_path;
    match part.role {
        LayerRole::Model => {
            let Some(model) = &kitfile.model else { return };
            component.version = some(&model.version);
            component.description = some(&model.description);
            component.licences = declared(&model.license);
            for (name, value) in
                [(property::FRAMEWORK, &model.framework), (property::FORMAT, &model.format)]
            {
                if !value.is_empty() {
                    component.properties.push(from_kit_file(name, value));
                }
            }
        }
        LayerRole::ModelPart => {
            let all = kitfile.model.iter().flat_map(|model| &model.parts);
            if let Some(found) = all.into_iter().find(|found| is_it(&found.path)) {
                component.licences = declared(&found.license);
                if !found.kind.is_empty() {
                    component.properties.push(from_kit_file("part-type", &found.kind));
                }
            }
        }
        LayerRole::Dataset => {
            if let Some(data) = kitfile.datasets.iter().find(|data| is_it(&data.path)) {
                component.description = some(&data.description);
                component.licences = declared(&data.license);
            }
        }
        LayerRole::Code if part.is_prompt => {
            let found = kitfile.prompts.iter().find(|prompt| is_it(&prompt.path));
            component.description = found.and_then(|prompt| some(&prompt.description));
        }
        LayerRole::Code => {
            if let Some(code) = kitfile.code.iter().find(|code| is_it(&code.path)) {
                component.description = some(&code.description);
                component.licences = declared(&code.license);
            }
        }
        LayerRole::Docs => {
            let found = kitfile.docs.iter().find(|docs| is_it(&docs.path));
            component.description = found.and_then(|docs| some(&docs.description));
        }
        LayerRole::Mcpb => {
            let found = kitfile.mcp_servers.iter().find(|server| is_it(&server.path));
            component.description = found.and_then(|server| some(&server.description));
        }
    }
}

/// Puts on a model what its files, and the cards and settings beside it, say.
pub(crate) fn from_files(component: &mut Component, files: &[FileFacts<'_>], layer: &Digest) {
    for file in files {
        let own = file.layer == layer;
        let Some(facts) = file.facts.filter(|_| own || is_about_model(file.facts)) else {
            continue;
        };
        for fact in facts.facts.iter().filter(|fact| fact.subject.is_empty()) {
            if OF_MODEL.contains(&&*fact.property) {
                component.properties.extend(properties(fact));
            } else if fact.property == property::LICENCE && !own && component.licences.is_empty() {
                component.licences.extend(licences(fact));
            }
        }
    }
    add_parameters(component, files.iter().filter(|file| file.layer == layer));
    // The Kitfile's word comes first; many files may say the same.
    let mut seen = std::collections::BTreeSet::new();
    component.properties.retain(|p| seen.insert((p.name.clone(), p.value.clone())));
}

/// Cards and settings describe the model wherever in the kit they lie.
fn is_about_model(facts: Option<&Facts>) -> bool {
    let format = facts.and_then(|facts| facts.text(property::FORMAT));
    matches!(format, Some("model-card" | "hf-config" | "hf-adapter-config"))
}

/// The sum over the files of one format: shards add up, the same model in two formats does not.
fn add_parameters<'a>(component: &mut Component, files: impl Iterator<Item = &'a FileFacts<'a>>) {
    let mut by_format: BTreeMap<&str, (u64, &str)> = BTreeMap::new();
    for file in files {
        let Some(facts) = file.facts else { continue };
        let (Some(format), Some(count)) =
            (facts.text(property::FORMAT), facts.uint(property::PARAMETERS))
        else {
            continue;
        };
        let sum = by_format.entry(format).or_insert((0, file.path));
        sum.0 = sum.0.saturating_add(count);
    }
    if let (1, Some((_, (sum, file)))) = (by_format.len(), by_format.first_key_value()) {
        let evidence = Evidence {
            known: Known::Measured,
            file: (*file).to_owned(),
            place: String::new(),
            digest: None,
        };
        component.properties.push(Property {
            evidence: Some(evidence),
            ..plain(property::PARAMETERS, &sum.to_string())
        });
    }
}

fn from_kit_file(name: &str, value: &str) -> Property {
    let evidence = Evidence {
        known: Known::Declared,
        file: "Kitfile".to_owned(),
        place: String::new(),
        digest: None,
    };
    Property { evidence: Some(evidence), ..plain(name, value) }
}

/// A fact as properties, one for each value.
pub(crate) fn properties(fact: &Fact) -> Vec<Property> {
    let name = if fact.subject.is_empty() {
        fact.property.to_string()
    } else {
        format!("{}:{}", fact.property, fact.subject)
    };
    let evidence = Some(fact.evidence.clone());
    texts(&fact.value)
        .into_iter()
        .filter(|value| value.len() <= MAX_VALUE && name.len() <= MAX_VALUE)
        .map(|value| Property { evidence: evidence.clone(), ..plain(&name, &value) })
        .collect()
}

fn licences(fact: &Fact) -> Vec<Licence> {
    let known = fact.evidence.known;
    let short = texts(&fact.value).into_iter().filter(|text| text.len() <= MAX_VALUE);
    short.map(|text| Licence { text, known }).collect()
}

fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::List(texts) => texts.clone(),
        other => vec![other.to_string()],
    }
}
