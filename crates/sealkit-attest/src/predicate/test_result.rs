//! in-toto test-result v0.1: how a run of tests or an evaluation ended.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Predicate;
use super::resource::{ResourceDescriptor, fault_in};
use super::values::Uri;

/// How a run of tests ended (in-toto test-result v0.1).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TestResult {
    /// How it ended as a whole.
    pub result: TestOutcome,
    /// What the tests were run with.
    pub configuration: Vec<ResourceDescriptor>,
    /// Where the run can be looked at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<Uri>,
    /// Tests that passed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub passed_tests: Vec<String>,
    /// Tests that passed with a warning.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warned_tests: Vec<String>,
    /// Tests that failed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub failed_tests: Vec<String>,
}

/// How a run of tests ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum TestOutcome {
    /// All passed.
    Passed,
    /// All passed, some with a warning.
    Warned,
    /// Some failed.
    Failed,
}

impl Predicate for TestResult {
    const TYPE: &'static str = "https://in-toto.io/attestation/test-result/v0.1";

    fn fault(&self) -> Option<String> {
        if self.result == TestOutcome::Passed && !self.failed_tests.is_empty() {
            return Some("`result` is PASSED beside tests that failed".to_owned());
        }
        fault_in(&self.configuration)
    }
}
