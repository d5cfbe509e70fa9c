//! What tests have found.

use sealkit_attest::{ResourceDescriptor, TestOutcome, TestResult, Uri};

use super::answer::{Answer, quoted};
use super::view::View;
use crate::facts::Claim;
use crate::model::{Evaluation, Metric};

/// Where a harness writes what it measured: an annotation of its entry in `configuration`, a map of
/// names to numbers.
pub const ANNOTATION_METRICS: &str = "metrics";

/// How far a result goes.
enum Found {
    /// It reaches all that is asked.
    Enough,
    /// It does not say all that is asked.
    Lacks(String),
    /// It says the contrary.
    Against(String),
}

/// A test-result has no time of its own, so that none of them is newer: the worst one decides.
pub(super) fn evaluation(ask: &Evaluation, view: &View<'_>) -> Answer {
    let is_harness = |part: &&ResourceDescriptor| {
        let uri = part.uri.as_ref().map(Uri::as_str);
        part.name.as_deref().into_iter().chain(uri).any(|name| ask.harness.matches(name))
    };
    let fails = |reason| Answer::fails("evaluation-insufficient", reason);
    let (mut enough, mut lacking) = (None, None);
    for said in view.by(&ask.by) {
        let Claim::Test(test) = &said.claim else { continue };
        for harness in test.configuration.iter().filter(is_harness) {
            match found(ask, test, harness) {
                Found::Enough => enough = Some(&said.evidence),
                Found::Lacks(reason) => lacking = Some((&said.evidence, reason)),
                Found::Against(reason) => return fails(reason).by(&said.evidence),
            }
        }
    }
    match (enough, lacking) {
        (Some(evidence), _) => {
            let harness = quoted(ask.harness.as_str());
            let reason = format!("{} metrics, measured with {harness}", ask.metrics.len());
            Answer::holds(reason).by(evidence)
        }
        (None, Some((evidence, reason))) => fails(reason).by(evidence),
        (None, None) => {
            let harness = quoted(ask.harness.as_str());
            let reason = format!("no result of harness {harness} by anybody who counts");
            Answer::missing(reason).with_note(view.revoked_note())
        }
    }
}

fn found(ask: &Evaluation, test: &TestResult, harness: &ResourceDescriptor) -> Found {
    if test.result == TestOutcome::Failed {
        return Found::Against("the test failed".to_owned());
    }
    let metrics = harness.annotations.get(ANNOTATION_METRICS);
    let value =
        |name: &str| metrics.and_then(|all| all.get(name)).and_then(serde_json::Value::as_f64);
    // Written so that a number that is none does not pass.
    let fits = |metric: &Metric, value: f64| {
        metric.at_least.is_none_or(|least| value >= least)
            && metric.at_most.is_none_or(|most| value <= most)
    };
    let mut lacking = None;
    for metric in &ask.metrics {
        let name = metric.name.as_str();
        match value(name) {
            Some(value) if fits(metric, value) => {}
            Some(value) => return Found::Against(format!("{} is {value}", quoted(name))),
            None => lacking = lacking.or(Some(format!("{} was not measured", quoted(name)))),
        }
    }
    lacking.map_or(Found::Enough, Found::Lacks)
}
