//! Entries of a kit that stand for others, or in their place: which of them a program gets is for it to choose.

use std::collections::{BTreeMap, BTreeSet};

use sealkit_inspect::Facts;
use sealkit_oci::Digest;

use super::{GatheredFile, Reading};

/// Most paths that are named.
const NAMED: usize = 3;

/// The files that were met so far.
#[derive(Default)]
pub(super) struct Seen {
    digests: BTreeMap<String, Option<Digest>>,
    /// Those that are there more than once, with different content.
    doubled: BTreeSet<String>,
    /// Entries that are neither file nor folder.
    links: BTreeSet<String>,
}

impl Seen {
    /// Takes over what a file says. Where one of the same path was there before, what both say is kept.
    pub(super) fn keep(
        &mut self,
        file: &GatheredFile,
        facts: Facts,
        all: &mut BTreeMap<String, Facts>,
    ) {
        let before = self.digests.insert(file.path.clone(), file.digest.clone());
        let Some(before) = before else {
            all.insert(file.path.clone(), facts);
            return;
        };
        // The same bytes once more hide nothing.
        if before.is_some() && before == file.digest {
            return;
        }
        self.doubled.insert(file.path.clone());
        let first = all.entry(file.path.clone()).or_default();
        proves(first, before.as_ref());
        let mut facts = facts;
        proves(&mut facts, file.digest.as_ref());
        first.extend(facts);
    }

    /// Notes entries of a layer that are neither file nor folder.
    pub(super) fn links(&mut self, paths: Vec<String>) {
        self.links.extend(paths);
    }

    /// Says what was met.
    pub(super) fn tell(self, reading: &mut Reading) {
        let doubled = named(&self.doubled, "there more than once, with different content");
        let links = named(
            &self.links,
            "neither a file nor a folder, so what they stand for is not looked at",
        );
        for text in doubled.into_iter().chain(links) {
            reading.warnings.push(text.clone());
            reading.gaps.push(text);
        }
    }
}

/// Says from which bytes the facts of one of several files come.
fn proves(facts: &mut Facts, digest: Option<&Digest>) {
    for fact in facts.facts.iter_mut().filter(|fact| fact.evidence.digest.is_none()) {
        fact.evidence.digest = digest.cloned();
    }
}

fn named(paths: &BTreeSet<String>, what: &str) -> Option<String> {
    let first: Vec<&str> = paths.iter().take(NAMED).map(String::as_str).collect();
    if first.is_empty() {
        return None;
    }
    let rest = paths.len() - first.len();
    let more = if rest > 0 { format!(" and {rest} more") } else { String::new() };
    Some(format!("entries that are {what}: {}{more}", first.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use sealkit_inspect::{Value, property};

    fn file(path: &str, content: Option<&str>) -> GatheredFile {
        let digest = content.map(|content| Digest::of(content.as_bytes()));
        GatheredFile { path: path.to_owned(), size: 1, digest }
    }

    fn says(name: &str) -> Facts {
        let mut facts = Facts::default();
        facts.declared("a", "", property::NAME, Value::Text(name.to_owned()));
        facts
    }

    #[test]
    fn what_is_there_twice_keeps_what_both_say_and_is_told() {
        let (mut seen, mut all) = (Seen::default(), BTreeMap::new());
        for (path, content) in [("a", "1"), ("a", "2"), ("b", "1"), ("b", "1")] {
            seen.keep(&file(path, Some(content)), says(content), &mut all);
        }
        // Without a digest nobody knows whether they are the same.
        seen.keep(&file("c", None), says("1"), &mut all);
        seen.keep(&file("c", None), says("2"), &mut all);
        let names = |path: &str| all[path].list(property::NAME);
        assert_eq!(
            (names("a"), names("b"), names("c")),
            (vec!["1", "2"], vec!["1"], vec!["1", "2"])
        );
        let digests = all["a"].facts.iter().map(|fact| fact.evidence.digest.clone());
        assert!(digests.eq(["1", "2"].map(|content| Some(Digest::of(content.as_bytes())))));
        let mut reading = Reading::default();
        seen.tell(&mut reading);
        let wanted = "entries that are there more than once, with different content: a, c";
        assert_eq!(reading.gaps, [wanted]);
        assert_eq!(reading.warnings, reading.gaps);
    }

    #[test]
    fn links_are_told_and_counted() {
        let mut seen = Seen::default();
        seen.links((0..5).map(|at| format!("l{at}")).collect());
        let mut reading = Reading::default();
        seen.tell(&mut reading);
        assert!(reading.gaps[0].ends_with("looked at: l0, l1, l2 and 2 more"), "{reading:?}");
        let mut reading = Reading::default();
        Seen::default().tell(&mut reading);
        assert_eq!(reading, Reading::default());
    }
}
