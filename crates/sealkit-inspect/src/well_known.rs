//! Keys of free-form metadata that mean the same in every format.

use crate::property;

/// Property of a key, whatever its case.
pub(crate) fn property_of(key: &str) -> Option<&'static str> {
    Some(match key.to_ascii_lowercase().as_str() {
        "title" | "name" | "model_name" => property::NAME,
        "description" => property::DESCRIPTION,
        "author" | "model_author" | "creator" => property::AUTHOR,
        "license" | "licence" | "model_license" => property::LICENCE,
        "architecture" => property::ARCHITECTURE,
        "model_version" => property::VERSION,
        "date" => property::CREATED,
        "task" => property::TASK,
        _ => return None,
    })
}
