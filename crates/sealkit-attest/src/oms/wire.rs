//! The JSON of the statement, as the schemas of the spec have it: nothing may be added to the
//! statement, the predicate and its serialization.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::AttestError;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct StatementJson {
    #[serde(rename = "_type")]
    _type: serde::de::IgnoredAny,
    pub(super) subject: Vec<SubjectJson>,
    #[serde(rename = "predicateType")]
    _predicate_type: serde::de::IgnoredAny,
    pub(super) predicate: serde_json::Value,
}

/// A subject may have more fields: they are ignored.
#[derive(Deserialize)]
pub(super) struct SubjectJson {
    #[serde(default)]
    pub(super) name: Option<String>,
    pub(super) digest: BTreeMap<String, String>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PredicateJson {
    pub(super) serialization: SerializationJson,
    pub(super) resources: Vec<ResourceJson>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SerializationJson {
    pub(super) method: String,
    pub(super) hash_type: String,
    pub(super) allow_symlinks: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) shard_size: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) ignore_paths: Option<Vec<String>>,
}

/// A resource may have more fields: they are ignored.
#[derive(Serialize, Deserialize)]
pub(super) struct ResourceJson {
    pub(super) name: String,
    pub(super) algorithm: String,
    pub(super) digest: String,
}

/// The predicate of SealKit's own signatures.
impl crate::Predicate for PredicateJson {
    const TYPE: &'static str = super::PREDICATE_TYPE;

    fn matches(predicate_type: &str) -> bool {
        super::is_v1(predicate_type)
    }
}

/// An error that the shape of the JSON gave.
pub(super) fn shape(source: &serde_json::Error) -> AttestError {
    invalid(AttestError::quote(&source.to_string()))
}

pub(super) fn invalid(reason: impl Into<String>) -> AttestError {
    AttestError::ManifestInvalid { reason: reason.into() }
}
