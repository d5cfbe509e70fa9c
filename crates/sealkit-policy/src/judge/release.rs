//! Whether an older release is offered in place of one that was seen.

use std::cmp::Ordering;

use sealkit_oci::Digest;
use semver::Version;

use super::answer::{Answer, quoted};
use super::scope::{self, Fit};
use super::view::View;
use crate::facts::{Claim, Seen};
use crate::model::{Check, Release, ReleaseOrder, Rule, Who};

/// What the statements about the kit say of its release.
struct Said<'a> {
    evidence: &'a Digest,
    sequence: Option<u64>,
    version: Option<Version>,
}

/// The version of a package URL: what stands behind the last `@` of its path.
fn version(purl: &str) -> Option<Version> {
    let bare = purl.split(['?', '#']).next()?;
    let (_, text) = bare.rsplit_once('@')?;
    let text = text.replace("%2B", "+").replace("%2b", "+");
    Version::parse(text.strip_prefix('v').unwrap_or(&text)).ok()
}

fn releases<'a>(who: &Who, view: &View<'a>) -> Vec<Said<'a>> {
    let read = |said: &'a crate::facts::Said| match &said.claim {
        Claim::Release(release) => Some(Said {
            evidence: &said.evidence,
            sequence: said.sequence,
            version: version(release.purl.as_str()),
        }),
        _ => None,
    };
    view.by(who).filter_map(read).collect()
}

/// The least claim counts: whoever has two statements about one kit must not choose the greater.
fn least<'a, T: Ord>(
    all: &'a [Said<'a>],
    of: impl Fn(&'a Said<'a>) -> Option<T>,
) -> Option<(T, &'a Digest)> {
    let claims = all.iter().filter_map(|said| of(said).map(|value| (value, said.evidence)));
    claims.min_by(|a, b| a.0.cmp(&b.0))
}

pub(super) fn release(ask: &Release, view: &View<'_>) -> Answer {
    let all = releases(&ask.by, view);
    let Some(seen) = &view.facts.seen else {
        return Answer::missing(match view.facts.subject.repository {
            Some(_) => "what was accepted before was not looked up",
            // By its digest alone, or in a layout: nobody knows what it would replace.
            None => "asked for without a repository, so that what was accepted before is not known",
        });
    };
    let none = || {
        let what = match ask.order {
            ReleaseOrder::Sequence => "a sequence number",
            ReleaseOrder::Semver => "a semantic version",
        };
        let reason = format!("no release statement with {what} by anybody who counts");
        Answer::missing(reason).with_note(view.revoked_note())
    };
    let (order, now, before, evidence) = match ask.order {
        ReleaseOrder::Sequence => {
            let Some((now, evidence)) = least(&all, |said| said.sequence) else { return none() };
            let before = seen.sequence;
            (
                before.map(|before| now.cmp(&before)),
                now.to_string(),
                before.map(|n| n.to_string()),
                evidence,
            )
        }
        ReleaseOrder::Semver => {
            let Some((now, evidence)) = least(&all, |said| said.version.clone()) else {
                return none();
            };
            let before = match seen.version.as_deref().map(Version::parse) {
                Some(Err(_)) => return Answer::missing("the version seen before can not be read"),
                Some(Ok(before)) => Some(before),
                None => None,
            };
            let order = before.as_ref().map(|before| now.cmp_precedence(before));
            (order, now.to_string(), before.map(|v| v.to_string()), evidence)
        }
    };
    judged(order, &now, before.as_deref(), seen, view).by(evidence)
}

fn judged(
    order: Option<Ordering>,
    now: &str,
    before: Option<&str>,
    seen: &Seen,
    view: &View<'_>,
) -> Answer {
    let now = quoted(now);
    let was = before.map(quoted).unwrap_or_default();
    match order {
        None => Answer::holds(format!("{now}; none was accepted before")),
        Some(Ordering::Less) => Answer::fails("rollback", format!("{now} is older than {was}")),
        Some(Ordering::Equal)
            if seen.digest.as_ref().is_some_and(|d| *d != view.facts.subject.digest) =>
        {
            Answer::fails("rollback", format!("{now} was another kit before"))
        }
        Some(_) => Answer::holds(format!("{now}, not older than {was}")),
    }
}

/// What to keep as seen where one of `rules` that is for the kit compares releases. A kit that is older, or
/// of which no release is known, changes nothing, also where a rule only warns or is excepted.
pub(super) fn remember(rules: &[Rule], view: &View<'_>) -> Option<Seen> {
    let is_for = |rule: &&Rule| scope::fit(&rule.scope, &view.facts.subject) != Fit::No;
    let ask = rules.iter().filter(is_for).find_map(|rule| match &rule.check {
        Check::Release(ask) => Some(ask),
        _ => None,
    })?;
    if !release(ask, view).is_pass() {
        return None;
    }
    let before = view.facts.seen.clone()?;
    let all = releases(&ask.by, view);
    let sequence = least(&all, |said| said.sequence).map(|(number, _)| number);
    let version = least(&all, |said| said.version.clone()).map(|(version, _)| version);
    let old = before.version.as_deref().and_then(|text| Version::parse(text).ok());
    let version = version.max(old).map(|version| version.to_string());
    let sequence = sequence.max(before.sequence);
    Some(Seen { sequence, version, digest: Some(view.facts.subject.digest.clone()) })
}
