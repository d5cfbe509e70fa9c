//! Claims of a model once more under the names that SPDX 3 and the field registry of the OWASP AIBOM
//! project have for them: `spdx:typeOfModel`. Readers of CycloneDX that look for these fields find
//! them as properties of the model. Each repeats a claim that stands elsewhere in the document with
//! its evidence; none is a claim of its own, and reading passes over what repeats.

use sealkit_inspect::property;

use super::own::{Named, SPDX};
use crate::{Component, Kind, Property, name};

/// The claims, with the fields that repeat them.
const ALIASES: &[(&str, &[&str])] = &[
    (property::TASK, &["primaryPurpose"]),
    (name::SUPPLIER, &["suppliedBy"]),
    (property::ARCHITECTURE, &["typeOfModel"]),
    (property::HYPERPARAMETER, &["hyperparameter"]),
    (property::INTENDED_USE, &["intendedUse", "informationAboutApplication"]),
    (property::LIMITATION, &["technicalLimitations", "limitation"]),
    (property::ETHICS, &["ethicalConsiderations"]),
    (property::TRAINING_PROCEDURE, &["informationAboutTraining"]),
    (property::PREPROCESSING, &["modelDataPreprocessing"]),
    (property::METRIC, &["metric"]),
    (property::TRAINED_ON, &["datasets"]),
    (property::SENSITIVE_DATA, &["useSensitivePersonalInformation"]),
    (property::ENERGY_KWH, &["energyConsumption"]),
    (property::VOCABULARY, &["vocab_size"]),
    (property::CONTEXT_LENGTH, &["context_length"]),
    (property::LAYERS, &["block_count"]),
    (property::HEADS, &["attention_head_count"]),
    (property::KEY_VALUE_HEADS, &["attention_head_count_kv"]),
    (property::HIDDEN_SIZE, &["embedding_length"]),
    (property::FEED_FORWARD_SIZE, &["feed_forward_length"]),
    (property::TOKENIZER, &["tokenizer_class"]),
];

/// The properties that repeat the claims of a model.
pub(super) fn of(component: &Component) -> Vec<Named> {
    let mut all: Vec<Named> = Vec::new();
    if component.kind != Kind::Model {
        return all;
    }
    for (claim, fields) in ALIASES {
        for claim in component.of(claim) {
            let value = text(claim);
            for field in fields.iter().filter(|_| !value.is_empty()) {
                all.push(Named { name: format!("{SPDX}{field}"), value: value.clone() });
            }
        }
    }
    let mut seen = std::collections::BTreeSet::new();
    all.retain(|named| seen.insert(named.clone()));
    all
}

fn text(claim: &Property) -> String {
    match claim.name.as_str() {
        property::ENERGY_KWH => format!("{} kilowattHour", claim.value),
        _ if claim.subject.is_empty() => claim.value.to_string(),
        _ => format!("{}={}", claim.subject, claim.value),
    }
}
