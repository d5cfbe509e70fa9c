//! Targets about policies and the facts that they judge.

use sealkit_policy::{HypotheticalFacts, Policy, default_policy};

const NOW: i64 = 1_790_000_000;

/// A policy that is accepted has rules, can be explained, and means the same when it is read again.
pub fn policy(data: &[u8]) {
    match Policy::parse(data) {
        Ok(policy) => {
            assert!(!policy.rules().is_empty());
            assert_eq!(policy.explain().len(), policy.rules().len());
            drop(policy.lint(NOW));
            assert_eq!(Policy::parse(data).ok(), Some(policy));
        }
        Err(error) => drop(error.to_string()),
    }
}

/// Facts that are accepted get the same answer twice, and never more steps than rules account for.
pub fn facts(data: &[u8]) {
    let Ok(facts) = HypotheticalFacts::parse(data) else { return };
    for policy in [default_policy(), Policy::parse(sealkit_policy::STARTER.as_bytes())] {
        let Ok(policy) = policy else { unreachable!("a policy that comes with SealKit") };
        let answer = policy.rehearse(&facts, NOW);
        assert_eq!(answer, policy.rehearse(&facts, NOW));
        assert_eq!(answer.report.steps.len(), policy.rules().len() + 2);
    }
}
