//! One version name, one content.

use std::collections::BTreeMap;

use sealkit_report::Step;

use super::things::{Thing, What};
use super::{Contradiction, judged};

const TITLE: &str = "one version of a dataset or model has one content";

type Key<'a> = (What, &'a str, &'a str, Option<&'a str>);

/// Compares everything that has name, version and digest.
pub(super) fn step(things: &[Thing]) -> Step {
    let mut groups: BTreeMap<Key<'_>, Vec<&Thing>> = BTreeMap::new();
    for thing in things.iter().filter(|thing| thing.digests.is_some()) {
        let Some(version) = thing.version.as_deref() else { continue };
        let key = (thing.what, thing.name.as_str(), version, thing.part.as_deref());
        groups.entry(key).or_default().push(thing);
    }
    let mut compared = 0;
    let mut found = Vec::new();
    for (key, group) in groups {
        let Some((first, rest)) = group.split_first() else { continue };
        for other in rest {
            compared += 1;
            found.extend(conflict(key, first, other));
        }
    }
    judged(("version-conflict", "version-conflict"), TITLE, compared, found)
}

fn conflict(key: Key<'_>, one: &Thing, other: &Thing) -> Option<Contradiction> {
    let (of_one, of_other) = (one.digests.as_ref()?, other.digests.as_ref()?);
    if of_one.agrees_with(of_other) {
        return None;
    }
    let (_, name, version, part) = key;
    let part = part.map(|part| format!(" ({part})")).unwrap_or_default();
    let said = |thing: &Thing| {
        let digest = thing.digests.as_ref().and_then(|digests| digests.iter().next());
        digest.map(|(algorithm, hex)| format!("{algorithm}:{hex}")).unwrap_or_default()
    };
    let evidence = one.evidence.clone().or_else(|| other.evidence.clone())?;
    Some(Contradiction {
        about: name.to_owned(),
        reason: format!(
            "`{name}` version `{version}`{part} is {} by {} and {} by {}",
            said(one),
            one.by,
            said(other),
            other.by
        ),
        evidence,
    })
}
