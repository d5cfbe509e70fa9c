//! What of a kit could not be read.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use sealkit_inspect::Facts;

use crate::bom::gather::GatheredPart;

/// Most files that are named.
const NAMED: usize = 3;

/// The files of which not everything could be read, or is kept; none where there are none. Of those that are `empty`
/// nothing is left unread, whatever their names promise.
pub(super) fn partly_read(
    facts: &BTreeMap<String, Facts>,
    empty: &BTreeSet<&str>,
) -> Option<String> {
    named(facts, "not read to the end", |path, facts| facts.incomplete && !empty.contains(path))
}

/// The paths of files of no bytes, where no other file of the same path has some.
pub(super) fn empty(parts: &[GatheredPart]) -> BTreeSet<&str> {
    let files = parts.iter().filter_map(|part| part.files.as_ref()).flatten();
    let (empty, others): (Vec<_>, Vec<_>) = files.partition(|file| file.size == 0);
    let others: BTreeSet<&str> = others.into_iter().map(|file| file.path.as_str()).collect();
    let empty = empty.into_iter().map(|file| file.path.as_str());
    empty.filter(|path| !others.contains(path)).collect()
}

/// The archives that hold what somebody may ask for, and are looked at for code alone; none where there are none.
pub(super) fn not_indexed(facts: &BTreeMap<String, Facts>) -> Option<String> {
    let is_one =
        |_: &str, facts: &Facts| facts.findings.iter().any(|f| f.rule == "archive-not-indexed");
    named(facts, "archives whose contents are not indexed", is_one)
}

fn named(
    facts: &BTreeMap<String, Facts>,
    what: &str,
    is_one: impl Fn(&str, &Facts) -> bool,
) -> Option<String> {
    let all: Vec<&str> = facts
        .iter()
        .filter(|(path, facts)| is_one(path, facts))
        .map(|(path, _)| path.as_str())
        .collect();
    let (first, rest) = all.split_at(all.len().min(NAMED));
    if first.is_empty() {
        return None;
    }
    let mut text = format!("{what}: {}", first.join(", "));
    if !rest.is_empty() {
        let _ = write!(text, " and {} more files", rest.len());
    }
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_that_are_not_read_wholly_are_named() {
        let facts = |incomplete| Facts { incomplete, ..Facts::default() };
        let of = |count: usize| {
            let all = (0..count).map(|at| (format!("f{at}"), facts(true)));
            let all = all.chain([("empty.npy".to_owned(), facts(true))]);
            let all = all.chain([("whole".to_owned(), facts(false))]).collect();
            partly_read(&all, &BTreeSet::from(["empty.npy"]))
        };
        assert_eq!(of(0), None);
        assert_eq!(of(2).as_deref(), Some("not read to the end: f0, f1"));
        assert_eq!(of(5).as_deref(), Some("not read to the end: f0, f1, f2 and 2 more files"));
    }
}
