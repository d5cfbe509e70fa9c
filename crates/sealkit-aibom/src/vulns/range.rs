//! Whether a version is affected (OSV schema 1.7.5, "Evaluation").

use std::cmp::Ordering;

use super::osv::Affected;
use super::version::Version;

/// Something that happened to a package.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Event {
    /// From this version on it is affected.
    Introduced(String),
    /// From this version on it is not.
    Fixed(String),
    /// After this version it is not.
    LastAffected(String),
    /// Versions from this on are not spoken of.
    Limit(String),
}

impl Event {
    pub(super) fn new(word: &str, version: String) -> Option<Self> {
        Some(match word {
            "introduced" => Self::Introduced(version),
            "fixed" => Self::Fixed(version),
            "last_affected" => Self::LastAffected(version),
            "limit" => Self::Limit(version),
            _ => return None,
        })
    }

    fn version(&self) -> &str {
        let (Self::Introduced(text)
        | Self::Fixed(text)
        | Self::LastAffected(text)
        | Self::Limit(text)) = self;
        text
    }
}

/// One range of versions.
#[derive(Clone, Debug)]
pub(super) struct Range {
    pub(super) is_semantic: bool,
    /// Whether its versions are commits, whose order only the repository knows.
    pub(super) is_commits: bool,
    pub(super) events: Vec<Event>,
}

/// Whether something is affected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Answer {
    No,
    /// It cannot be told.
    Open,
    Yes,
}

/// Whether this version of a package of this type is affected.
pub(super) fn is_affected(affected: &Affected, kind: &str, version: Option<&str>) -> Answer {
    let is_all =
        affected.ranges.is_empty() && affected.versions.is_empty() && affected.version.is_none();
    if is_all {
        return Answer::Yes;
    }
    if affected.ranges.iter().any(is_every_version) {
        return Answer::Yes;
    }
    let Some(version) = version else { return Answer::Open };
    let listed = affected.versions.iter().chain(&affected.version);
    let is_listed = |other: &String| {
        let order = |text: &str| Version::new(kind, false, text);
        other == version
            || order(other).zip(order(version)).and_then(|(a, b)| a.order(&b))
                == Some(Ordering::Equal)
    };
    if listed.into_iter().any(is_listed) {
        return Answer::Yes;
    }
    let of_ranges = affected.ranges.iter().map(|range| in_range(range, kind, version));
    of_ranges.max().unwrap_or(Answer::No)
}

/// Whether a range has no end, so that no version needs to be known or compared: as of malicious packages.
fn is_every_version(range: &Range) -> bool {
    let is_start = |event: &Event| matches!(event, Event::Introduced(at) if at == "0");
    let is_open = |event: &Event| is_start(event) || matches!(event, Event::Limit(at) if at == "*");
    !range.is_commits && range.events.iter().any(is_start) && range.events.iter().all(is_open)
}

fn in_range(range: &Range, kind: &str, version: &str) -> Answer {
    if range.is_commits {
        let is_named = range.events.iter().any(|event| event.version() == version);
        return if is_named { Answer::Open } else { Answer::No };
    }
    let parse = |text: &str| Version::new(kind, range.is_semantic, text);
    let Some(version) = parse(version) else { return Answer::Open };
    // Events in the order of their versions; `0` is before all of them.
    let mut events: Vec<(Option<Version>, &Event)> = Vec::new();
    for event in &range.events {
        match event.version() {
            "0" if matches!(event, Event::Introduced(_)) => events.push((None, event)),
            "*" if matches!(event, Event::Limit(_)) => {}
            text => match parse(text) {
                Some(parsed) => events.push((Some(parsed), event)),
                None => return Answer::Open,
            },
        }
    }
    let order = |a: &Option<Version>, b: &Option<Version>| match (a, b) {
        (Some(a), Some(b)) => a.order(b).unwrap_or(Ordering::Equal),
        (a, b) => a.is_some().cmp(&b.is_some()),
    };
    events.sort_by(|a, b| order(&a.0, &b.0));
    let place = Some(version);
    let limits = events.iter().filter(|(_, event)| matches!(event, Event::Limit(_)));
    let is_limited = limits.clone().next().is_some();
    if is_limited && !limits.into_iter().any(|(at, _)| order(&place, at) == Ordering::Less) {
        return Answer::No;
    }
    let mut affected = false;
    for (at, event) in &events {
        let stands = order(&place, at);
        match event {
            Event::Introduced(_) if stands != Ordering::Less => affected = true,
            Event::Fixed(_) if stands != Ordering::Less => affected = false,
            Event::LastAffected(_) if stands == Ordering::Greater => affected = false,
            _ => {}
        }
    }
    if affected { Answer::Yes } else { Answer::No }
}

/// The first version of each range that is not affected any more and comes after this one.
pub(super) fn fixed(affected: &Affected, kind: &str, version: Option<&str>) -> Vec<String> {
    let mut all = Vec::new();
    for range in affected.ranges.iter().filter(|range| !range.is_commits) {
        let parse = |text: &str| Version::new(kind, range.is_semantic, text);
        for event in &range.events {
            let Event::Fixed(text) = event else { continue };
            let order = version.and_then(parse).zip(parse(text)).and_then(|(a, b)| a.order(&b));
            if order.is_none_or(|order| order == Ordering::Less) && !all.contains(text) {
                all.push(text.clone());
            }
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn affected(events: &[(&str, &str)], versions: &[&str]) -> Affected {
        let events =
            events.iter().filter_map(|(word, text)| Event::new(word, (*text).to_owned())).collect();
        let range = Range { is_semantic: false, is_commits: false, events };
        Affected {
            package: None,
            version: None,
            ranges: vec![range],
            versions: versions.iter().map(|text| (*text).to_owned()).collect(),
        }
    }

    #[test]
    fn events_are_taken_in_the_order_of_their_versions() {
        let of = affected(&[("fixed", "1.5"), ("introduced", "0"), ("introduced", "2.0")], &[]);
        for (version, wanted) in [
            ("1.4.9", Answer::Yes),
            ("1.5", Answer::No),
            ("1.5rc1", Answer::Yes),
            ("1.9", Answer::No),
            ("2.0", Answer::Yes),
            ("9", Answer::Yes),
            ("main", Answer::Open),
        ] {
            assert_eq!(is_affected(&of, "pypi", Some(version)), wanted, "{version}");
        }
        assert_eq!(is_affected(&of, "pypi", None), Answer::Open);
        assert_eq!(is_affected(&of, "deb", Some("1.0")), Answer::Open, "no order is known");
    }

    #[test]
    fn last_affected_and_limits_end_a_range() {
        let of = affected(&[("introduced", "1.0"), ("last_affected", "1.2")], &[]);
        let is = |version| is_affected(&of, "npm", Some(version));
        assert_eq!((is("0.9"), is("1.2.0"), is("1.2.1")), (Answer::No, Answer::Yes, Answer::No));
        let of = affected(&[("introduced", "0"), ("limit", "2.0")], &[]);
        let is = |version| is_affected(&of, "npm", Some(version));
        assert_eq!((is("1.9.9"), is("2.0.0")), (Answer::Yes, Answer::No));
        let of = affected(&[("introduced", "0"), ("limit", "*")], &[]);
        assert_eq!(is_affected(&of, "npm", Some("9.0.0")), Answer::Yes);
    }

    #[test]
    fn a_range_without_an_end_needs_no_version() {
        for events in [&[("introduced", "0")] as &[_], &[("introduced", "0"), ("limit", "*")]] {
            let of = affected(events, &["1.0"]);
            for (kind, version) in [("pypi", None), ("pypi", Some("main")), ("deb", Some("1:2-3"))]
            {
                assert_eq!(is_affected(&of, kind, version), Answer::Yes, "{kind} {version:?}");
            }
        }
        for events in [
            &[("introduced", "1")] as &[_],
            &[("introduced", "0"), ("fixed", "2")],
            &[("introduced", "0"), ("limit", "2")],
            &[("limit", "*")],
        ] {
            assert_eq!(is_affected(&affected(events, &[]), "pypi", None), Answer::Open);
        }
    }

    /// The algorithm of the specification, on whole numbers, over every event in any order.
    fn naive(events: &[(&str, u8)], version: u8) -> bool {
        let limits: Vec<u8> = events.iter().filter(|e| e.0 == "limit").map(|e| e.1).collect();
        let mut sorted = events.to_vec();
        sorted.sort_by_key(|event| event.1);
        let mut is_vulnerable = false;
        for (word, at) in sorted {
            match word {
                "introduced" if version >= at => is_vulnerable = true,
                "fixed" if version >= at => is_vulnerable = false,
                "last_affected" if version > at => is_vulnerable = false,
                _ => {}
            }
        }
        is_vulnerable && (limits.is_empty() || limits.iter().any(|limit| version < *limit))
    }

    proptest::proptest! {
        #[test]
        fn ranges_answer_as_the_naive_algorithm(
            words in proptest::collection::vec(0_usize..4, 1..6),
            start in 0_u8..3,
            version in 0_u8..14,
        ) {
            const WORDS: [&str; 4] = ["introduced", "fixed", "last_affected", "limit"];
            // Distinct versions: the specification leaves the order of equal ones open.
            let events: Vec<(&str, u8)> = words
                .iter()
                .zip(0_u8..)
                .map(|(word, at)| (WORDS[*word], start + (at * 5) % 11))
                .collect();
            let texts: Vec<(&str, String)> =
                events.iter().map(|(word, at)| (*word, at.to_string())).collect();
            let texts: Vec<(&str, &str)> = texts.iter().map(|(w, at)| (*w, at.as_str())).collect();
            let wanted = if naive(&events, version) { Answer::Yes } else { Answer::No };
            for kind in ["pypi", "npm"] {
                let dotted: Vec<(&str, String)> =
                    texts.iter().map(|(w, at)| (*w, format!("{at}.0.0"))).collect();
                let dotted: Vec<(&str, &str)> =
                    dotted.iter().map(|(w, at)| (*w, at.as_str())).collect();
                let of = affected(&dotted, &[]);
                let found = is_affected(&of, kind, Some(&format!("{version}.0.0")));
                proptest::prop_assert_eq!(found, wanted, "{}: {:?}", kind, &dotted);
            }
        }
    }

    #[test]
    fn listed_versions_count_in_any_spelling() {
        let of = affected(&[("introduced", "9"), ("fixed", "10")], &["1.0"]);
        assert_eq!(is_affected(&of, "pypi", Some("1.0.0")), Answer::Yes);
        assert_eq!(is_affected(&of, "deb", Some("1.0")), Answer::Yes);
        assert_eq!(is_affected(&of, "pypi", Some("1.1")), Answer::No);
    }

    #[test]
    fn later_fixes_are_named() {
        let of = affected(
            &[("introduced", "0"), ("fixed", "1.5"), ("introduced", "2"), ("fixed", "2.1")],
            &[],
        );
        assert_eq!(fixed(&of, "pypi", Some("2.0")), ["2.1"]);
        assert_eq!(fixed(&of, "pypi", None), ["1.5", "2.1"]);
    }
}
