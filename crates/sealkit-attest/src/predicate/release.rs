//! in-toto release v0.1: which release the subject is.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Predicate;
use super::values::Uri;
use crate::Subject;

/// The annotation of the subject that numbers releases: a whole number that only grows.
pub const ANNOTATION_SEQUENCE: &str = "sealkit.dev/sequence";

/// Which release of which package the subject is (in-toto release v0.1).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Release {
    /// Package URL with a version.
    pub purl: Uri,
    /// What stays the same over all releases of the package.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub package_id: Option<String>,
}

impl Release {
    /// The number of the release that a subject is annotated with; none where it has none or it is
    /// no whole number. A kit with a smaller number than one seen before is a rollback.
    pub fn sequence(subject: &Subject) -> Option<u64> {
        subject.annotations.as_ref()?.get(ANNOTATION_SEQUENCE)?.as_u64()
    }
}

impl Predicate for Release {
    const TYPE: &'static str = "https://in-toto.io/attestation/release/v0.1";

    /// The schema's text says v0.1, its change log v0.2 with the same fields: both are meant.
    fn matches(predicate_type: &str) -> bool {
        matches!(
            predicate_type,
            "https://in-toto.io/attestation/release/v0.1"
                | "https://in-toto.io/attestation/release/v0.2"
        )
    }

    fn fault(&self) -> Option<String> {
        let bare = self.purl.as_str().split(['?', '#']).next().unwrap_or_default();
        let version = bare.strip_prefix("pkg:").and_then(|rest| rest.rsplit_once('@'));
        let good = version.is_some_and(|(name, version)| {
            name.contains('/') && !version.is_empty() && !version.contains('/')
        });
        (!good).then(|| "`purl` is not a package URL with a version".to_owned())
    }
}
