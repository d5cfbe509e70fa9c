//! Which statements are there, and what others have found before.

use sealkit_attest::{ResourceDescriptor, Svr};

use super::answer::{Answer, listed, quoted};
use super::safety::newest;
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

/// Of the verdicts that are meant, the newest of each signer and verifier counts, and each of these has to
/// say yes.
pub(super) fn approval(ask: &Approval, view: &View<'_>) -> Answer {
    let (mut meant, mut nearest) = (Vec::new(), None);
    let fails =
        |reason, said: &Said| Answer::fails("approval-insufficient", reason).by(&said.evidence);
    for said in view.by(&ask.by) {
        let Claim::Svr(svr) = &said.claim else { continue };
        match other(ask, svr) {
            None => meant.push((said, svr.verifier.id.as_str(), svr.time_created.unix(), svr)),
            Some(reason) => nearest = Some(fails(reason, said)),
        }
    }
    let mut good = None;
    for (said, _, svr) in newest(meant.into_iter()) {
        if let Some(reason) = untimely(ask, svr, view) {
            nearest = Some(fails(reason, said));
        } else if let Some(reason) = lacks(ask, svr) {
            return fails(reason, said);
        } else {
            good = good.or(Some((said, svr)));
        }
    }
    if let Some((said, svr)) = good {
        let (verifier, signer) = (quoted(svr.verifier.id.as_str()), quoted(said.signer.name()));
        return Answer::holds(format!("{verifier} found so, says {signer}")).by(&said.evidence);
    }
    nearest.unwrap_or_else(|| {
        Answer::missing("no verdict (SVR) by anybody who counts").with_note(view.revoked_note())
    })
}

/// Why a verdict is another one than is asked for.
fn other(ask: &Approval, svr: &Svr) -> Option<String> {
    let verifier = svr.verifier.id.as_str();
    if !ask.verifiers.is_empty() && !ask.verifiers.iter().any(|p| p.matches(verifier)) {
        return Some(format!("its verifier is {}", quoted(verifier)));
    }
    let named = || svr.verifier.policies.iter().filter_map(ResourceDescriptor::sha256);
    let is_other = !ask.policies.is_empty() && !named().any(|one| ask.policies.contains(&one));
    is_other.then(|| "it was checked by another policy".to_owned())
}

/// Why a verdict does not count by its time.
fn untimely(ask: &Approval, svr: &Svr, view: &View<'_>) -> Option<String> {
    match view.is_recent(svr.time_created.unix(), ask.max_age.map(crate::model::Age::seconds)) {
        Some(true) => None,
        Some(false) => Some(format!("it is of {}", svr.time_created.as_str())),
        None => Some("it claims to be from the future".to_owned()),
    }
}

/// What a verdict does not say.
fn lacks(ask: &Approval, svr: &Svr) -> Option<String> {
    let says = |property: &str| svr.properties.iter().any(|said| said == property);
    let lacking = match ask.properties.as_slice() {
        [] => (!says(PROPERTY_PASSED)).then_some(PROPERTY_PASSED),
        all => all.iter().map(crate::model::Text::as_str).find(|property| !says(property)),
    };
    lacking.map(|property| format!("it does not say {}", quoted(property)))
}
