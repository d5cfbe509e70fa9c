//! What statements add to what the AIBOM of a kit says that it came from.

use sealkit_report::Known;

use crate::keys::name_key;
use crate::{AttestedTie, Entry, Thing, Tie};

/// Most ties that statements add to one version.
pub(crate) const MAX_ATTESTED: usize = 1_000;

/// Adds what statements say. What a file declares already is known better by one that is verified; what none declares
/// is added.
pub(crate) fn attest(entry: &mut Entry, attested: &[AttestedTie]) {
    for one in attested.iter().take(MAX_ATTESTED) {
        let known = entry.ties.iter().position(|tie| {
            let to = entry.things.get(tie.to);
            tie.kind == one.kind && to.is_some_and(|to| is_same(to, &one.thing))
        });
        let source = one.thing.source.clone();
        if let Some(tie) = known.and_then(|at| entry.ties.get_mut(at)) {
            if one.thing.known < Known::Attested {
                continue;
            }
            if tie.known < Known::Attested {
                (tie.known, tie.source) = (Known::Attested, source.clone());
            }
            tie.role = tie.role.take().or_else(|| one.role.clone());
            if let Some(thing) = entry.things.get_mut(tie.to).filter(|to| !to.kind.is_inside()) {
                thing.version = thing.version.take().or_else(|| one.thing.version.clone());
                let new = |digest: &&String| !thing.digests.contains(digest);
                let new: Vec<String> = one.thing.digests.iter().filter(new).cloned().collect();
                thing.digests.extend(new);
                if thing.known < Known::Attested {
                    (thing.known, thing.source) = (Known::Attested, source);
                }
            }
            continue;
        }
        let (to, kind, role) = (entry.things.len(), one.kind, one.role.clone());
        entry.things.push(one.thing.clone());
        entry.ties.push(Tie { from: 0, to, kind, role, known: one.thing.known, source });
    }
}

/// Whether two things are the same: by their bytes where both have some, else by what they are called.
fn is_same(one: &Thing, other: &Thing) -> bool {
    if !one.digests.is_empty() && !other.digests.is_empty() {
        return one.digests.iter().any(|digest| other.digests.contains(digest));
    }
    let (a, b) = (name_key(&one.name), name_key(&other.name));
    a.is_some() && a == b
}
