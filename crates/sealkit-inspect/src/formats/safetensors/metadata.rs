//! What `__metadata__` says: a map of texts in which each writer has keys of its own.
//!
//! Sources: the Stability AI model metadata standard 1.0.1 (`modelspec.*`), the training metadata
//! of kohya-ss sd-scripts (`ss_*`), and `format`, which the Hugging Face libraries write.

use sealkit_report::Known;
use serde_json::Value as Json;

use super::NAME;
use super::training;
use crate::{
    Facts, InspectError, LinkInfo, OriginInfo, Value, kept, partial, property, well_known,
};

const PLACE: &str = "/__metadata__";

/// Adds every entry as it is, and what the known keys mean.
pub(super) fn read(entry: &Json, path: &str, facts: &mut Facts) {
    let what = "metadata that is not a map of texts";
    let Some(entries) = entry.as_object() else {
        partial::note(facts, path, PLACE, &InspectError::malformed(NAME, what, 8));
        return;
    };
    for (key, value) in entries {
        let place = format!("{PLACE}/{}", kept::step(key));
        let Some(value) = value.as_str() else {
            partial::note(facts, path, &place, &InspectError::malformed(NAME, what, 8));
            continue;
        };
        facts.about(key, Known::Declared, (path, &place), (property::METADATA, kept::text(value)));
        if let Some((property, value)) = meaning(key, value.trim()) {
            facts.declared(path, &place, property, value);
        }
    }
    training::read(entries, path, facts);
}

/// Property and value of a key that is known.
fn meaning(key: &str, value: &str) -> Option<(&'static str, Value)> {
    let text = || kept::text(value);
    let fact = match key {
        "format" => {
            let framework = match value {
                "pt" => "pytorch",
                "tf" => "tensorflow",
                "flax" | "np" | "mlx" => value,
                _ => return None,
            };
            (property::FRAMEWORK, Value::Text(framework.to_owned()))
        }
        "ss_output_name" => (property::NAME, text()),
        "modelspec.usage_hint" => (property::INTENDED_USE, text()),
        "modelspec.implementation" if value.starts_with("https://") => {
            let link = LinkInfo { kind: "vcs".to_owned(), url: value.to_owned() };
            (property::LINK, Value::Link(link))
        }
        "modelspec.merged_from" => {
            let role = Some("merge".to_owned());
            let origin = OriginInfo { role, ..OriginInfo::named(value) };
            (property::BASE_MODEL, Value::Origin(origin))
        }
        "base_model" | "base_model_name_or_path" => {
            (property::BASE_MODEL, Value::Origin(OriginInfo::named(value)))
        }
        "modelspec.tags" | "tags" => {
            let tags = value.split(',').map(str::trim).filter(|tag| !tag.is_empty());
            (property::TAG, Value::List(tags.map(str::to_owned).collect()))
        }
        _ => {
            let key = key.strip_prefix("modelspec.").unwrap_or(key);
            (well_known::property_of(key)?, text())
        }
    };
    (!value.is_empty()).then_some(fact)
}
