//! Who signed, and when.

use std::collections::BTreeSet;

use sealkit_attest::Window;

use super::answer::{Answer, listed, quoted};
use super::view::{SKEW, View, fits_identity};
use crate::facts::Said;
use crate::model::{
    Identities, Keys, Log, SignatureAge, Signers, Threshold, Timestamp, Who, rfc3339,
};

/// Names of distinct signers. One is whoever is known by the same name or has signed with the same key,
/// also where two certificates, or a key and a certificate, stand between.
fn distinct<'a>(said: impl Iterator<Item = &'a Said>) -> Vec<String> {
    let mut all: Vec<(BTreeSet<String>, String)> = Vec::new();
    for one in said {
        let key = one.signer.key_id().map(|id| format!("key:{id}"));
        let mut marks: BTreeSet<String> = key.into_iter().chain([one.signer.id()]).collect();
        // Whoever shares a mark with two that were apart so far makes one of them.
        let shares = |(known, _): &(BTreeSet<String>, String)| !known.is_disjoint(&marks);
        let at = all.iter().position(shares).unwrap_or(all.len());
        let (same, others): (Vec<_>, Vec<_>) = all.into_iter().partition(shares);
        all = others;
        let mut name = quoted(one.signer.name());
        for (known, first) in same.into_iter().rev() {
            marks.extend(known);
            name = first;
        }
        all.insert(at, (marks, name));
    }
    all.into_iter().map(|(_, name)| name).collect()
}

pub(super) fn signers(ask: &Signers, view: &View<'_>) -> Answer {
    let wanted = match ask.threshold {
        Threshold::Any => 1,
        Threshold::AtLeast(count) => count as usize,
        Threshold::All => return every(&ask.by, view),
    };
    let names = distinct(view.signatures(&ask.by));
    let Some(first) = view.signatures(&ask.by).next() else {
        let reason = "no signature of the kit by anybody who counts";
        return Answer::missing(reason).with_note(view.unsigned_note());
    };
    if names.len() < wanted {
        let reason = format!("{} of {wanted} distinct signers: {}", names.len(), listed(&names));
        return Answer::fails("threshold-not-met", reason)
            .by(&first.evidence)
            .with_note(view.unsigned_note());
    }
    Answer::holds(format!("signed by {}", listed(&names))).by(&first.evidence)
}

/// Each role, name, identity and key has signed.
fn every(who: &Who, view: &View<'_>) -> Answer {
    let one = Who::default;
    let roles = who
        .roles
        .iter()
        .map(|role| (format!("role `{role}`"), Who { roles: vec![role.clone()], ..one() }));
    let names = who
        .names
        .iter()
        .map(|name| (format!("`{name}`"), Who { names: vec![name.clone()], ..one() }));
    let identities = who.identities.iter().map(|identity| {
        let who = Who { identities: vec![identity.clone()], ..one() };
        (format!("`{}`", identity.subject.value), who)
    });
    let keys = who
        .keys
        .iter()
        .map(|key| (format!("key `{key}`"), Who { keys: vec![key.clone()], ..one() }));
    let all: Vec<(String, Who)> = roles.chain(names).chain(identities).chain(keys).collect();
    let has = |who: &Who| view.signatures(who).next().is_some();
    let lacking: Vec<String> =
        all.iter().filter(|(_, who)| !has(who)).map(|(name, _)| name.clone()).collect();
    let names = distinct(view.signatures(who));
    match view.signatures(who).next() {
        Some(first) if lacking.is_empty() => {
            Answer::holds(format!("signed by {}", listed(&names))).by(&first.evidence)
        }
        Some(first) => {
            Answer::fails("threshold-not-met", format!("no signature by {}", listed(&lacking)))
                .by(&first.evidence)
                .with_note(view.unsigned_note())
        }
        None => Answer::missing(format!("no signature by {}", listed(&lacking)))
            .with_note(view.unsigned_note()),
    }
}

pub(super) fn identities(ask: &Identities, view: &View<'_>) -> Answer {
    let everybody = Who::default();
    let fits = |said: &&Said| ask.any_of.iter().any(|rule| fits_identity(rule, &said.signer));
    if let Some(said) = view.signatures(&everybody).find(fits) {
        return Answer::holds(said.signer.proves()).by(&said.evidence);
    }
    let others = distinct(view.signatures(&everybody));
    if others.is_empty() {
        return Answer::missing("no signature of the kit").with_note(view.unsigned_note());
    }
    Answer::fails("identity-mismatch", format!("signed by {} only", listed(&others)))
        .with_note(view.unsigned_note())
}

pub(super) fn keys(ask: &Keys, view: &View<'_>) -> Answer {
    let everybody = Who::default();
    let mut outside = None;
    for said in view.signatures(&everybody) {
        let Some(id) = said.signer.key().map(|key| key.public_key.id()) else { continue };
        for rule in ask.any_of.iter().filter(|rule| rule.id.as_str() == id) {
            let seconds = |moment: crate::model::Moment| moment.seconds();
            let (from, until) = (rule.valid_from.map(seconds), rule.valid_until.map(seconds));
            match Window::at(view.now, from, until) {
                Window::Inside => {
                    return Answer::holds(said.signer.proves()).by(&said.evidence);
                }
                Window::Before(from) => {
                    let reason = format!("the key counts from {} on", rfc3339(from));
                    outside = Some(Answer::fails("key-not-yet-valid", reason).by(&said.evidence));
                }
                Window::After(until) => {
                    let reason = format!("the key counted until {}", rfc3339(until));
                    outside = Some(Answer::fails("key-expired", reason).by(&said.evidence));
                }
            }
        }
    }
    outside.unwrap_or_else(|| {
        let others = distinct(view.signatures(&everybody));
        if others.is_empty() {
            Answer::missing("no signature of the kit")
        } else {
            Answer::fails("key-not-allowed", format!("signed by {} only", listed(&others)))
        }
        .with_note(view.unsigned_note())
    })
}

pub(super) fn age(ask: &SignatureAge, view: &View<'_>) -> Answer {
    let max = ask.max.seconds();
    let mut old = None;
    for said in view.signatures(&ask.by) {
        let Some(time) = said.witnesses.earliest() else { continue };
        let shown = rfc3339(time);
        if time > view.now.saturating_add(SKEW) {
            old.get_or_insert(Answer::fails("signature-in-future", shown).by(&said.evidence));
        } else if view.is_recent(time, Some(max)) == Some(true) {
            return Answer::holds(format!("signed at {shown}")).by(&said.evidence);
        } else {
            let reason = format!("signed at {shown}, more than {} ago", ask.max);
            old = Some(Answer::fails("signature-too-old", reason).by(&said.evidence));
        }
    }
    let missing = || Answer::missing("no log or timestamp proves when it was signed");
    old.unwrap_or_else(missing)
}

pub(super) fn log(ask: &Log, view: &View<'_>) -> Answer {
    let mut best: (usize, Option<&Said>) = (0, None);
    for said in view.signatures(&ask.by) {
        let fits = |log: &str| ask.logs.is_empty() || ask.logs.iter().any(|p| p.matches(log));
        let logs = said.witnesses.logs.iter().filter(|log| fits(&log.log));
        let operators: BTreeSet<&str> = logs.map(|log| log.operator.as_str()).collect();
        if operators.len() > best.0 {
            best = (operators.len(), Some(said));
        }
    }
    let wanted = ask.operators as usize;
    match best {
        (0, _) | (_, None) => Answer::missing("no proof of a log that counts"),
        (count, Some(said)) if count >= wanted => {
            Answer::holds(format!("in logs of {count} operators")).by(&said.evidence)
        }
        (count, Some(said)) => {
            let reason = format!("in logs of {count} distinct operators, not {wanted}");
            Answer::fails("threshold-not-met", reason).by(&said.evidence)
        }
    }
}

pub(super) fn timestamp(ask: &Timestamp, view: &View<'_>) -> Answer {
    for said in view.signatures(&ask.by) {
        let times = said.witnesses.timestamps.iter().copied();
        if let Some(time) = times.filter(|time| *time <= view.now.saturating_add(SKEW)).min() {
            return Answer::holds(format!("signed by {}", rfc3339(time))).by(&said.evidence);
        }
    }
    Answer::missing("no verified timestamp of a signature that counts")
}
