//! Records of training: what trainers, trackers and pipelines write of a run, and what people
//! write of citing, reporting and energy.

pub(crate) mod citation;
pub(crate) mod codecarbon;
pub(crate) mod dvc;
pub(crate) mod mlflow;
pub(crate) mod mlflow_store;
pub(crate) mod mlmodel;
pub(crate) mod recipe;
pub(crate) mod results;
pub(crate) mod security;
pub(crate) mod trainer;

use sealkit_report::Budget;
use serde_json::{Map, Value as Json};

use crate::pick::head;
use crate::{InspectError, Probe, ReadAt, yaml};

/// Longest YAML file that is read, in bytes.
const MAX_YAML: u64 = 4 << 20;

/// The map that the whole of a YAML file is.
pub(super) fn yaml_map(
    source: &dyn ReadAt,
    budget: &mut Budget,
) -> Result<Map<String, Json>, InspectError> {
    let (text, whole) = head(source, budget, MAX_YAML)?;
    if !whole {
        return Err(InspectError::malformed(
            "YAML",
            "a document above the limit of 4 MiB",
            MAX_YAML,
        ));
    }
    match yaml::parse(&text, budget)? {
        Json::Object(map) => Ok(map),
        _ => Err(InspectError::malformed("YAML", "no map at the root", 0)),
    }
}

/// Whether the head has lines that start with each of these keys.
fn has_keys(probe: &Probe<'_>, keys: &[&str]) -> bool {
    let has = |text: &str, key: &str| text.lines().any(|line| line.starts_with(key));
    probe.text().is_some_and(|text| keys.iter().all(|key| has(text, key)))
}
