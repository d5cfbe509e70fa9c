//! Keras 3: a zip archive of `config.json`, `metadata.json` and `model.weights.h5`.
//!
//! Source: `saving_lib.py` of Keras 3.

pub(crate) mod config;
mod member;

use sealkit_report::{Budget, Known};
use serde_json::Value as Json;

use self::member::{open, small};
use super::hdf5;
use crate::zip::{self, Directory, Member};
use crate::{
    Class, Confidence, Facts, Format, InspectError, Inspector, Probe, ReadAt, Value, json, partial,
    property,
};

const FORMAT: Format = Format::new("keras", "Keras 3", Class::Model, &[".keras"]).read_by("keras");
const WEIGHTS: &str = "model.weights.h5";

pub(crate) struct Keras;

impl Inspector for Keras {
    fn format(&self) -> &Format {
        &FORMAT
    }

    fn probe(&self, probe: &Probe<'_>) -> Confidence {
        let is_keras = probe.zip.is_some_and(|members| {
            let has_weights = members.has(WEIGHTS) || members.has("model.weights.npz");
            let named = FORMAT.claims_name(probe.file_name());
            // Keras itself asks for nothing but the configuration.
            members.has("config.json") && (has_weights || members.has("metadata.json") || named)
        });
        if is_keras { Confidence::Magic } else { Confidence::No }
    }

    fn inspect(
        &self,
        source: &dyn ReadAt,
        path: &str,
        budget: &mut Budget,
    ) -> Result<Facts, InspectError> {
        let members = Directory::read(source, budget)?;
        let mut facts = Facts::default();
        let place = "central directory";
        let count = members.members.len() as u64;
        facts.measured(path, place, property::MEMBERS, Value::Uint(count));
        let size = Value::Uint(members.unpacked_size());
        facts.declared(path, place, property::UNPACKED_SIZE, size);
        zip::find_doubt(&members, path, &mut facts);
        let parts: [(&str, Reader); 3] =
            [("metadata.json", metadata), ("config.json", model), (WEIGHTS, weights)];
        for (name, read) in parts {
            // Of two with one name nobody knows which one is taken.
            for member in members.members.iter().filter(|member| member.name == name) {
                let mut part = Facts::default();
                let result = read(source, member, path, budget, &mut part);
                facts.extend(part);
                if let Err(error) = result {
                    partial::note(&mut facts, path, name, &error);
                }
            }
        }
        let known = facts.of(property::CAN_RUN_CODE).next().is_some();
        if !known {
            // Without the configuration nothing speaks against it.
            facts.inferred(path, "config.json", property::CAN_RUN_CODE, Value::Bool(true));
        }
        Ok(facts)
    }

    fn gives(&self) -> &'static [&'static str] {
        &[
            property::MEMBERS,
            property::UNPACKED_SIZE,
            property::CAN_RUN_CODE,
            property::FORMAT_VERSION,
            property::FRAMEWORK,
            property::FRAMEWORK_VERSION,
            property::METADATA,
            property::CREATED,
            property::NAME,
            property::MODEL_CLASS,
            property::LAYERS,
            property::LAYER_KIND,
            property::CUSTOM_OPERATOR,
            property::INPUT,
            property::INPUT_TYPE,
            property::HYPERPARAMETER,
            property::FILE_REFERENCE,
            property::TENSORS,
            property::PARAMETERS,
            property::PARAMETERS_OF_TYPE,
            property::DTYPE,
            property::TENSOR,
            property::NOT_MEASURED,
        ]
    }
}

/// Reads one member of the archive.
type Reader = fn(&dyn ReadAt, &Member, &str, &mut Budget, &mut Facts) -> Result<(), InspectError>;

fn metadata(
    source: &dyn ReadAt,
    member: &Member,
    path: &str,
    budget: &mut Budget,
    facts: &mut Facts,
) -> Result<(), InspectError> {
    let bytes = small(source, member, budget)?;
    let metadata = json::parse_python(&bytes, budget)?;
    let text = |key: &str| metadata.get(key).and_then(Json::as_str);
    if let Some(version) = text("keras_version") {
        let place = "metadata.json/keras_version";
        let version = Value::Text(version.to_owned());
        facts.declared(path, place, property::FRAMEWORK_VERSION, version);
    }
    if let Some(saved) = text("date_saved") {
        // Keras writes `2025-01-31@12:30:00`, local time without its zone.
        let value = Value::Text(saved.replacen('@', "T", 1));
        facts.declared(path, "metadata.json/date_saved", property::CREATED, value);
    }
    if let Some(backend) = text("backend") {
        let fact = (property::METADATA, Value::Text(backend.to_owned()));
        facts.about("backend", Known::Declared, (path, "metadata.json/backend"), fact);
    }
    Ok(())
}

fn model(
    source: &dyn ReadAt,
    member: &Member,
    path: &str,
    budget: &mut Budget,
    facts: &mut Facts,
) -> Result<(), InspectError> {
    let bytes = small(source, member, budget)?;
    let json = json::parse_python(&bytes, budget)?;
    config::model(&json, (path, "config.json"), budget, facts)?;
    if let Some(compile) = json.get("compile_config") {
        config::training(compile, (path, "config.json/compile_config"), facts);
    }
    Ok(())
}

fn weights(
    source: &dyn ReadAt,
    member: &Member,
    path: &str,
    budget: &mut Budget,
    facts: &mut Facts,
) -> Result<(), InspectError> {
    let Some((start, inner)) = open(source, member, budget)? else {
        let why = Value::Text("the weights are compressed inside the archive".to_owned());
        let fact = (property::NOT_MEASURED, why);
        facts.about(property::PARAMETERS, Known::Measured, (path, WEIGHTS), fact);
        return Ok(());
    };
    let mut found = hdf5::read(&inner, (path, WEIGHTS), budget)?;
    // Places count from the start of the archive.
    for fact in &mut found.facts {
        if let Value::Tensor(tensor) = &mut fact.value
            && tensor.size > 0
        {
            tensor.offset = tensor.offset.saturating_add(start);
        }
    }
    found.facts.retain(|fact| fact.property != property::FORMAT_VERSION);
    facts.extend(found);
    Ok(())
}
