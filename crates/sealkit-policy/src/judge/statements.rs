//! Which statements are there, and what others have found before.

use sealkit_attest::{ResourceDescriptor, Svr};

use super::answer::{Answer, listed, quoted};
use super::view::View;
use crate::facts::{Claim, Said};
use crate::model::{Approval, Predicates, SchemaTypes};

/// What a verdict (SVR) says where a policy allows the subject.
pub const PROPERTY_PASSED: &str = "SEALKIT_POLICY_PASSED";

pub(super) fn predicates(ask: &Predicates, view: &View<'_>) -> Answer {
    let mut lacking = Vec::new();
    let mut evidence = None;
    for entry in &ask.require {
        let good = |said: &&Said| {
            entry.predicate_type.matches(&said.predicate_type)
                && !matches!(said.claim, Claim::Invalid(_))
        };
        match view.by(&entry.by).find(good) {
            Some(said) => evidence = Some(&said.evidence),
            None => lacking.push(quoted(entry.predicate_type.as_str())),
        }
    }
    match (lacking.is_empty(), evidence) {
        (true, Some(evidence)) => {
            Answer::holds(format!("{} kinds of statements", ask.require.len())).by(evidence)
        }
        _ => Answer::missing(format!("no statement {} by anybody who counts", listed(&lacking)))
            .about(lacking)
            .with_note(view.revoked_note()),
    }
}

pub(super) fn schemas(ask: &SchemaTypes, view: &View<'_>) -> Answer {
    let mut lacking = Vec::new();
    let mut evidence = None;
    for kind in &ask.types {
        let mut is_there = false;
        for said in view.all().filter(|said| kind.matches(&said.predicate_type)) {
            if let Claim::Invalid(reason) = &said.claim {
                return Answer::fails("predicate-invalid", quoted(reason)).by(&said.evidence);
            }
            // A kind that nobody here can read was not found to be valid.
            is_there |= !matches!(said.claim, Claim::Other);
            evidence = Some(&said.evidence);
        }
        if !is_there {
            lacking.push(quoted(kind.as_str()));
        }
    }
    match (lacking.is_empty(), evidence) {
        (true, Some(evidence)) => Answer::holds("they say what their types demand").by(evidence),
        _ => Answer::missing(format!("no statement that can be read: {}", listed(&lacking))),
    }
}

pub(super) fn approval(ask: &Approval, view: &View<'_>) -> Answer {
    let mut nearest = None;
    for said in view.by(&ask.by) {
        let Claim::Svr(svr) = &said.claim else { continue };
        match objection(ask, svr, view) {
            None => {
                let reason = format!(
                    "{} found so, says {}",
                    quoted(svr.verifier.id.as_str()),
                    quoted(said.signer.name())
                );
                return Answer::holds(reason).by(&said.evidence);
            }
            Some(reason) => {
                nearest = Some(Answer::fails("approval-insufficient", reason).by(&said.evidence));
            }
        }
    }
    nearest.unwrap_or_else(|| {
        Answer::missing("no verdict (SVR) by anybody who counts").with_note(view.revoked_note())
    })
}

/// Why a verdict is not enough.
fn objection(ask: &Approval, svr: &Svr, view: &View<'_>) -> Option<String> {
    let verifier = svr.verifier.id.as_str();
    if !ask.verifiers.is_empty() && !ask.verifiers.iter().any(|p| p.matches(verifier)) {
        return Some(format!("its verifier is {}", quoted(verifier)));
    }
    let named = || svr.verifier.policies.iter().filter_map(ResourceDescriptor::sha256);
    if !ask.policies.is_empty() && !named().any(|digest| ask.policies.contains(&digest)) {
        return Some("it was checked by another policy".to_owned());
    }
    let lacks = |property: &&crate::model::Text| {
        !svr.properties.iter().any(|said| said == property.as_str())
    };
    if let Some(property) = ask.properties.iter().find(lacks) {
        return Some(format!("it does not say {}", quoted(property.as_str())));
    }
    let passed = || svr.properties.iter().any(|said| said == PROPERTY_PASSED);
    if ask.properties.is_empty() && !passed() {
        return Some(format!("it does not say `{PROPERTY_PASSED}`"));
    }
    match view.is_recent(svr.time_created.unix(), ask.max_age.map(crate::model::Age::seconds)) {
        Some(true) => None,
        Some(false) => Some(format!("it is of {}", svr.time_created.as_str())),
        None => Some("it claims to be from the future".to_owned()),
    }
}
