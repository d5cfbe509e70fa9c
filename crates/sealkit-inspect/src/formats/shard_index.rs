//! The index of a model in several files: `*.safetensors.index.json`, `*.bin.index.json`.
//!
//! Source: `save_torch_state_dict` of huggingface_hub and `save_pretrained` of transformers, which
//! write `{"metadata": {"total_size": N}, "weight_map": {TENSOR: FILE}}`.

use std::collections::{BTreeMap, BTreeSet};

use sealkit_report::{Budget, Known, Severity};
use serde_json::Value as Json;

use crate::format::{ends_with, file_name};
use crate::{
    Class, Confidence, Facts, FileInfo, Format, InspectError, Inspector, Probe, ReadAt, Value,
    json, kept, property, reference,
};

const NAME: &str = "shard index";
const FORMAT: Format = Format::new(
    "shard-index",
    "index of a sharded model",
    Class::ModelPart,
    &[".safetensors.index.json", ".bin.index.json"],
)
.media("application/json");

pub(crate) struct ShardIndex;

impl Inspector for ShardIndex {
    fn format(&self) -> &Format {
        &FORMAT
    }

    fn probe(&self, probe: &Probe<'_>) -> Confidence {
        let is_object = probe.text().is_some_and(|text| text.trim_start().starts_with('{'));
        let named = FORMAT.claims_name(probe.file_name());
        let shown = probe.text().is_some_and(|text| text.contains("\"weight_map\""));
        match (is_object, named, shown) {
            (true, true, _) => Confidence::Content,
            (true, false, true) if ends_with(probe.file_name(), ".json") => Confidence::Content,
            _ => Confidence::No,
        }
    }

    fn inspect(
        &self,
        source: &dyn ReadAt,
        path: &str,
        budget: &mut Budget,
    ) -> Result<Facts, InspectError> {
        let broken = |what| InspectError::malformed(NAME, what, 0);
        let index = json::read(source, budget)?;
        let map = index.get("weight_map").and_then(Json::as_object);
        let map = map.ok_or(broken("no `weight_map` that is an object"))?;
        let mut facts = Facts::default();
        if let Some(Json::Object(metadata)) = index.get("metadata") {
            describe(metadata, path, &mut facts);
        }
        let mut shards: BTreeMap<&str, u64> = BTreeMap::new();
        for (tensor, shard) in map {
            let shard = shard.as_str().ok_or(broken("a tensor whose file is no text"))?;
            *shards.entry(shard).or_default() += 1;
            let place = format!("/weight_map/{}", kept::step(tensor));
            let file = FileInfo { path: shard.to_owned(), ..FileInfo::default() };
            let fact = (property::FILE_REFERENCE, Value::File(file));
            facts.about(tensor, Known::Declared, (path, &place), fact);
        }
        let at = (path, "/weight_map");
        facts.declared(path, at.1, property::TENSORS, Value::Uint(map.len() as u64));
        facts.declared(path, at.1, property::SHARDS, Value::Uint(shards.len() as u64));
        for shard in shards.into_keys() {
            let file = FileInfo { path: shard.to_owned(), ..FileInfo::default() };
            reference::add(file, at, "shard-path", &mut facts);
            if file_name(shard) == file_name(path) || ShardIndex.format().claims(shard) {
                let message = format!("the shard `{shard}` is an index itself");
                facts.find("shard-cycle", Severity::High, at, message);
                // Which tensors there are can not be told.
                facts.incomplete = true;
            }
        }
        Ok(facts)
    }

    fn gives(&self) -> &'static [&'static str] {
        &[
            property::TENSORS,
            property::SHARDS,
            property::FILE_REFERENCE,
            property::PARAMETERS,
            property::METADATA,
        ]
    }
}

fn describe(metadata: &serde_json::Map<String, Json>, path: &str, facts: &mut Facts) {
    for (key, value) in metadata {
        let place = format!("/metadata/{}", kept::step(key));
        // transformers before 4.45 wrote the size as a number with a fraction.
        let number = value.as_u64().or_else(|| value.as_f64().and_then(whole));
        let value = match (number, value) {
            (Some(number), _) => Value::Uint(number),
            (None, Json::String(text)) => kept::text(text),
            _ => continue,
        };
        if let ("total_parameters", Value::Uint(_)) = (key.as_str(), &value) {
            facts.declared(path, &place, property::PARAMETERS, value.clone());
        }
        facts.about(key, Known::Declared, (path, &place), (property::METADATA, value));
    }
}

fn whole(number: f64) -> Option<u64> {
    let is_whole = number.fract() == 0.0 && (0.0..9_007_199_254_740_992.0).contains(&number);
    is_whole.then_some(number as u64)
}

/// The names of the shards of an index, once each, in order.
pub(crate) fn shards(index: &Facts) -> BTreeSet<&str> {
    index.of(property::FILE_REFERENCE).filter_map(|fact| path_of(&fact.value)).collect()
}

/// The path that a file reference holds.
pub(crate) fn path_of(value: &Value) -> Option<&str> {
    if let Value::File(file) = value { Some(&file.path) } else { None }
}
