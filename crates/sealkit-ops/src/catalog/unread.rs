//! What of a kit could not be read.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use sealkit_inspect::Facts;

/// Most files that are named.
const NAMED: usize = 3;

/// The files of which not everything could be read, or is kept; none where there are none.
pub(super) fn partly_read(facts: &BTreeMap<String, Facts>) -> Option<String> {
    named(facts, "not read to the end", |facts| facts.incomplete)
}

/// The archives that hold what somebody may ask for, and are looked at for code alone; none where there are none.
pub(super) fn not_indexed(facts: &BTreeMap<String, Facts>) -> Option<String> {
    let is_one = |facts: &Facts| facts.findings.iter().any(|f| f.rule == "archive-not-indexed");
    named(facts, "archives whose contents are not indexed", is_one)
}

fn named(
    facts: &BTreeMap<String, Facts>,
    what: &str,
    is_one: impl Fn(&Facts) -> bool,
) -> Option<String> {
    let all: Vec<&str> =
        facts.iter().filter(|(_, facts)| is_one(facts)).map(|(path, _)| path.as_str()).collect();
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
            partly_read(&all.chain([("whole".to_owned(), facts(false))]).collect())
        };
        assert_eq!(of(0), None);
        assert_eq!(of(2).as_deref(), Some("not read to the end: f0, f1"));
        assert_eq!(of(5).as_deref(), Some("not read to the end: f0, f1, f2 and 2 more files"));
    }
}
