//! The path inside of one version: from the kit to one of its things.

use std::collections::{HashMap, VecDeque};

use rusqlite::Connection;
use sealkit_aibom::RelationKind;
use sealkit_api::Step;
use sealkit_report::Known;

use super::label;
use crate::read::{thing_at, tie};
use crate::{Thing, Tie};

/// Most things that are passed on the way up from one: a hostile AIBOM ties everything to everything.
const MAX_PASSED: usize = 1_000;

/// The path from the kit to the thing at `at`, and whether each step is more than a guess.
pub(super) fn to_thing(
    connection: &Connection,
    kit: i64,
    at: i64,
) -> rusqlite::Result<(Vec<Step>, bool)> {
    let (mut steps, mut from) = (Vec::new(), label(connection, kit)?);
    for tie in downward(connection, kit, at)? {
        let place = i64::try_from(tie.to).unwrap_or(at);
        let to = thing_at(connection, kit, place)?.map(|thing| name(&thing)).unwrap_or_default();
        let relation = relation(&tie);
        steps.push(Step { from, relation, to: to.clone(), known: tie.known, source: tie.source });
        from = to;
    }
    if steps.is_empty() && at != 0 {
        // Nothing ties it to the kit: its AIBOM lists it, and that is what is told.
        let thing = thing_at(connection, kit, at)?;
        steps.extend(thing.map(|thing| listed(from, &thing)));
    }
    let certain = steps.iter().all(|step| step.known != Known::Inferred);
    Ok((steps, certain))
}

fn listed(from: String, thing: &Thing) -> Step {
    let (relation, source) = ("lists".to_owned(), thing.source.clone());
    Step { from, relation, to: name(thing), known: thing.known, source }
}

fn relation(tie: &Tie) -> String {
    match (&tie.role, tie.kind) {
        (Some(role), RelationKind::DerivedFrom) => format!("{} ({role})", tie.kind.name()),
        _ => tie.kind.name().to_owned(),
    }
}

/// What a thing is called in a path.
pub(super) fn name(thing: &Thing) -> String {
    let what = thing.path_inside();
    let what = what.unwrap_or(&thing.name);
    let version = thing.version.as_deref().map(|version| format!("@{version}"));
    format!("{} {what}{}", thing.kind.name(), version.unwrap_or_default())
}

/// A tie on a way up, and the place in the list of ways of the one that leads on.
struct Way {
    tie: Tie,
    next: Option<usize>,
}

/// The ties that lead from the kit to `at`, none where nothing ties it to the kit: of all ways those whose weakest tie
/// is known best, and the shortest of them.
fn downward(connection: &Connection, kit: i64, at: i64) -> rusqlite::Result<Vec<Tie>> {
    let sql = "SELECT \"from\", \"to\", kind, role, known, source FROM ties
        WHERE kit = ?1 AND \"to\" = ?2 ORDER BY known DESC, kind = 'contains' DESC, \"from\" LIMIT 1000";
    let mut above = connection.prepare_cached(sql)?;
    let (mut ways, mut found) = (Vec::new(), None);
    // What was passed is passed again only on a way that is known better.
    let mut passed: HashMap<i64, Known> = HashMap::new();
    let mut queue = VecDeque::from([(at, None, Known::Measured)]);
    while let Some((below, next, weakest)) = queue.pop_front() {
        if ways.len() > MAX_PASSED {
            break;
        }
        for tie in above.query_map([kit, below], tie)? {
            let tie = settled(tie?, at);
            let (place, weakest) = (i64::try_from(tie.from).unwrap_or(0), weakest.min(tie.known));
            let is_better = |known: &Known| *known < weakest;
            if place == at || !passed.get(&place).is_none_or(is_better) {
                continue;
            }
            // Beyond the kit itself no way leads anywhere, and a worse one to it is none.
            if !passed.get(&0).is_none_or(is_better) {
                continue;
            }
            passed.insert(place, weakest);
            ways.push(Way { tie, next });
            let way = Some(ways.len() - 1);
            if place == 0 {
                found = way;
            } else {
                queue.push_back((place, way, weakest));
            }
        }
    }
    let mut path = Vec::new();
    while let Some(way) = found.and_then(|at| ways.get(at)) {
        path.push(way.tie.clone());
        found = way.next;
    }
    Ok(path)
}

/// A tie as a step to `at`. What lies in a thing of the kit lies in the kit, be it a guess what that thing is.
fn settled(tie: Tie, at: i64) -> Tie {
    let is_between = tie.kind == RelationKind::Contains && i64::try_from(tie.to) != Ok(at);
    let known =
        if is_between && tie.known == Known::Inferred { Known::Measured } else { tie.known };
    Tie { known, ..tie }
}
