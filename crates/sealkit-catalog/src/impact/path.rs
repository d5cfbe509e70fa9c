//! The path inside of one version: from the kit to one of its things.

use std::collections::hash_map::Entry;
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

/// The shortest path from the kit to the thing at `at`, and whether each step is more than a guess.
pub(super) fn to_thing(
    connection: &Connection,
    kit: i64,
    at: i64,
) -> rusqlite::Result<(Vec<Step>, bool)> {
    let ties = upward(connection, kit, at)?;
    let (mut steps, mut certain, mut place) = (Vec::new(), true, 0);
    let mut from = label(connection, kit)?;
    while place != at {
        let Some(tie) = ties.get(&place) else {
            // Nothing ties it to the kit: its AIBOM lists it, and that is what is told.
            let thing = thing_at(connection, kit, at)?;
            steps.clear();
            steps.extend(thing.map(|thing| listed(label(connection, kit), &thing)).transpose()?);
            certain = steps.iter().all(|step| step.known != Known::Inferred);
            break;
        };
        place = i64::try_from(tie.to).unwrap_or(at);
        let to = thing_at(connection, kit, place)?.map(|thing| name(&thing)).unwrap_or_default();
        certain &= tie.known != Known::Inferred;
        let (relation, source) = (relation(tie), tie.source.clone());
        steps.push(Step { from, relation, to: to.clone(), known: tie.known, source });
        from = to;
    }
    Ok((steps, certain))
}

fn listed(from: rusqlite::Result<String>, thing: &Thing) -> rusqlite::Result<Step> {
    Ok(Step {
        from: from?,
        relation: "lists".to_owned(),
        to: name(thing),
        known: thing.known,
        source: thing.source.clone(),
    })
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

/// For each thing on a way from the kit to `at`, the tie that leads on.
fn upward(connection: &Connection, kit: i64, at: i64) -> rusqlite::Result<HashMap<i64, Tie>> {
    let sql = "SELECT \"from\", \"to\", kind, role, known, source FROM ties
        WHERE kit = ?1 AND \"to\" = ?2 ORDER BY kind = 'contains' DESC, \"from\" LIMIT 1000";
    let mut above = connection.prepare_cached(sql)?;
    let (mut ways, mut queue) = (HashMap::new(), VecDeque::from([at]));
    while let Some(below) = queue.pop_front() {
        if below == 0 || ways.len() > MAX_PASSED {
            break;
        }
        let found: Vec<Tie> =
            above.query_map([kit, below], tie)?.collect::<rusqlite::Result<_>>()?;
        for tie in found {
            let place = i64::try_from(tie.from).unwrap_or(0);
            if let Entry::Vacant(vacant) = ways.entry(place)
                && place != at
            {
                vacant.insert(tie);
                queue.push_back(place);
            }
        }
    }
    Ok(ways)
}
