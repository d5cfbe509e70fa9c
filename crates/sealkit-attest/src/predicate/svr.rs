//! in-toto simple verification result v0.2: what a verifier found to hold.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Predicate;
use super::resource::{ResourceDescriptor, fault_in};
use super::values::{Timestamp, Uri};

/// What a verifier found to hold of the subject (in-toto SVR v0.2). Only what holds is listed;
/// what is not listed was not found, and never means yes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Svr {
    /// Who verified, under which policies.
    pub verifier: SvrVerifier,
    /// When.
    pub time_created: Timestamp,
    /// The properties that hold, such as `SEALKIT_POLICY_PASSED`.
    pub properties: Vec<String>,
}

/// Who verified, under which policies.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SvrVerifier {
    /// Identity of the verifier.
    pub id: Uri,
    /// The policies; an empty list where there was none to name. It is never left out.
    pub policies: Vec<ResourceDescriptor>,
}

impl Predicate for Svr {
    const TYPE: &'static str = "https://in-toto.io/attestation/svr/v0.2";

    fn fault(&self) -> Option<String> {
        if self.properties.iter().any(String::is_empty) {
            return Some("a property is empty".to_owned());
        }
        fault_in(&self.verifier.policies)
    }
}
