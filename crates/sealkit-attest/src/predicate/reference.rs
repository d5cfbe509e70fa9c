//! in-toto reference v0.1: documents about the subject that are too large to be signed themselves.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Predicate;
use super::resource::{ResourceDescriptor, fault_in};
use super::values::Uri;

/// Documents about the subject, by digest and place (in-toto reference v0.1).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct References {
    /// Who provides them.
    pub attester: Attester,
    /// The documents, each with `downloadLocation` and `mediaType`.
    pub references: Vec<ResourceDescriptor>,
}

/// Who provides documents.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Attester {
    /// Identity.
    pub id: Uri,
}

impl Predicate for References {
    const TYPE: &'static str = "https://in-toto.io/attestation/reference/v0.1";

    fn fault(&self) -> Option<String> {
        let bare = |one: &ResourceDescriptor| {
            one.download_location.is_none() || one.media_type.as_deref().is_none_or(str::is_empty)
        };
        if self.references.iter().any(bare) {
            return Some("a reference lacks `downloadLocation` or `mediaType`".to_owned());
        }
        fault_in(&self.references)
    }
}
