//! The words that every judge shares: what they add up to, and how they are written down.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use sealkit_oci::Digest;
use sealkit_report::{
    Budget, Evidence, Exceeded, Finding, Known, Outcome, Report, Severity, Step, Verdict,
    is_deceptive, lookalikes,
};
use serde_json::{Value, json};

const OUTCOMES: [Outcome; 4] = [Outcome::Pass, Outcome::Fail, Outcome::Unknown, Outcome::Skip];

fn step(outcome: Outcome) -> Step {
    match outcome {
        Outcome::Pass => Step::pass("s", "s"),
        Outcome::Fail => Step::fail("s", "s", "why"),
        Outcome::Unknown => Step::unknown("s", "s", "why"),
        Outcome::Skip => Step::skip("s", "s", "why"),
    }
}

fn report(outcomes: &[Outcome]) -> Report {
    Report { steps: outcomes.iter().copied().map(step).collect() }
}

/// Every list of up to four outcomes.
fn lists() -> Vec<Vec<Outcome>> {
    let mut all = vec![Vec::new()];
    let mut last = all.clone();
    for _ in 0..4 {
        let longer = |list: &Vec<Outcome>| {
            let list = list.clone();
            OUTCOMES.into_iter().map(move |one| list.iter().copied().chain([one]).collect())
        };
        last = last.iter().flat_map(longer).collect();
        all.extend(last.clone());
    }
    all
}

/// How good an answer is.
fn rank(verdict: Verdict) -> u8 {
    match verdict {
        Verdict::No => 0,
        Verdict::Unknown => 1,
        Verdict::Yes => 2,
    }
}

#[test]
fn a_yes_needs_a_pass_and_nothing_that_failed_or_is_open() {
    let all = lists();
    assert_eq!(all.len(), 1 + 4 + 16 + 64 + 256);
    for list in all {
        let verdict = report(&list).verdict();
        let has = |outcome| list.contains(&outcome);
        let is_yes = has(Outcome::Pass) && !has(Outcome::Fail) && !has(Outcome::Unknown);
        assert_eq!(verdict == Verdict::Yes, is_yes, "{list:?}");
        assert_eq!(verdict == Verdict::No, has(Outcome::Fail), "{list:?}");
        assert_eq!(
            report(&list).failures().count(),
            list.iter().filter(|one| **one == Outcome::Fail).count()
        );
    }
}

#[test]
fn order_says_nothing_and_what_is_open_or_failed_never_makes_it_better() {
    for list in lists() {
        let verdict = report(&list).verdict();
        let mut turned = list.clone();
        turned.reverse();
        assert_eq!(report(&turned).verdict(), verdict, "{list:?}");
        for more in [Outcome::Fail, Outcome::Unknown, Outcome::Skip] {
            let longer: Vec<Outcome> = list.iter().copied().chain([more]).collect();
            assert!(rank(report(&longer).verdict()) <= rank(verdict), "{list:?} and {more:?}");
        }
    }
}

#[test]
fn the_words_of_reports_are_a_promise() {
    let words = |values: &[Value]| -> Vec<String> {
        values.iter().map(|value| value.as_str().unwrap().to_owned()).collect()
    };
    let outcomes = OUTCOMES.map(|one| serde_json::to_value(one).unwrap());
    assert_eq!(words(&outcomes), ["pass", "fail", "unknown", "skip"]);
    let verdicts = [Verdict::Yes, Verdict::No, Verdict::Unknown];
    assert_eq!(
        words(&verdicts.map(|one| serde_json::to_value(one).unwrap())),
        ["yes", "no", "unknown"]
    );
    let severities =
        [Severity::Info, Severity::Low, Severity::Medium, Severity::High, Severity::Critical];
    assert!(severities.is_sorted(), "the worst is the greatest");
    for one in severities {
        assert_eq!(serde_json::to_value(one).unwrap(), one.name());
    }
    let known = [Known::Inferred, Known::Declared, Known::Attested, Known::Measured];
    assert!(known.is_sorted(), "what is measured is known best");
    for one in known {
        assert_eq!(serde_json::to_value(one).unwrap(), one.name());
    }
    let step = Step::fail("blob-digests", "layers", "one byte differs")
        .coded(["digest-mismatch"])
        .proven_by(Digest::of(b""))
        .about(["a/b.bin".to_owned()]);
    let expected = json!({
        "id": "blob-digests", "title": "layers", "outcome": "fail", "reason": "one byte differs",
        "codes": ["digest-mismatch"], "evidence": Digest::of(b"").to_string(), "subjects": ["a/b.bin"],
    });
    assert_eq!(serde_json::to_value(&step).unwrap(), expected);
    let plain = json!({ "id": "a", "title": "b", "outcome": "pass" });
    assert_eq!(serde_json::to_value(Step::pass("a", "b")).unwrap(), plain);
    let finding = Finding {
        rule: "pickle-import".to_owned(),
        severity: Severity::Critical,
        message: "it calls `os.system`".to_owned(),
        evidence: Evidence {
            known: Known::Measured,
            file: "m.pkl".to_owned(),
            place: String::new(),
            digest: None,
        },
    };
    let expected = json!({
        "rule": "pickle-import", "severity": "critical", "message": "it calls `os.system`",
        "evidence": { "known": "measured", "file": "m.pkl" },
    });
    assert_eq!(serde_json::to_value(&finding).unwrap(), expected);
    assert_eq!(serde_json::from_value::<Finding>(expected).unwrap(), finding);
}

#[test]
fn words_that_are_none_are_refused() {
    for bad in ["Pass", "passed", "", "ok", "yes"] {
        assert!(serde_json::from_value::<Outcome>(json!(bad)).is_err(), "{bad}");
    }
    for bad in ["pass", "Yes", "maybe", ""] {
        assert!(serde_json::from_value::<Verdict>(json!(bad)).is_err(), "{bad}");
    }
    for bad in [json!({}), json!({"id": "a", "title": "b"}), json!({"id": "a", "outcome": "pass"})]
    {
        assert!(serde_json::from_value::<Step>(bad.clone()).is_err(), "{bad}");
    }
}

#[test]
fn a_budget_gives_exactly_what_it_has_of_each_kind() {
    type Spend = fn(&mut Budget, u64) -> Result<(), Exceeded>;
    let spends: [(&str, Spend); 3] =
        [("byte", Budget::bytes), ("entry", Budget::entries), ("step", Budget::steps)];
    for (what, spend) in spends {
        for pieces in [vec![10], vec![3, 3, 4], vec![0, 10, 0], vec![1; 10]] {
            let mut budget = Budget::new(10, 10, 10, 1);
            for piece in pieces {
                spend(&mut budget, piece).unwrap();
            }
            let over = Exceeded { what, limit: 10 };
            assert_eq!(spend(&mut budget, 1), Err(over.clone()), "{what}");
            assert_eq!(spend(&mut budget, u64::MAX), Err(over), "no sum overflows");
            // The other kinds are whole.
            for (other, spend) in spends.iter().filter(|(other, _)| *other != what) {
                spend(&mut budget, 10).unwrap_or_else(|error| panic!("{other}: {error}"));
            }
        }
    }
    let mut budget = Budget::new(10, 0, 0, 0);
    budget.bytes(4).unwrap();
    assert_eq!(budget.bytes_left(), 6);
    budget.bytes(7).unwrap_err();
    assert_eq!(budget.bytes_left(), 0, "who asked too much gets nothing more");
    budget.depth(0).unwrap();
    assert_eq!(budget.depth(1).unwrap_err().to_string(), "depth limit of 0 was exceeded");
}

#[test]
fn a_name_that_passes_for_another_is_found_wherever_the_letter_stands() {
    for c in ['\u{430}', '\u{3bf}', '\u{ff41}', '\u{1d41a}', '\u{13aa}'] {
        for (before, after) in [("", "dmin"), ("adm", "in"), ("admin", ""), ("x/a", "min@y")] {
            let text = format!("{before}{c}{after}");
            assert_eq!(lookalikes(&text), [before.len()], "{text}");
            assert!(text.is_char_boundary(before.len()));
        }
        // A word by itself, of one script alone, is somebody's language.
        assert!(lookalikes(&format!("model {c}{c} v1")).is_empty());
        assert!(!is_deceptive(c), "it is a letter");
    }
}

#[test]
fn nothing_that_is_drawn_as_writing_is_taken_for_a_trick_and_no_trick_for_writing() {
    for c in ('\u{0}'..='\u{1f}')
        .chain('\u{7f}'..='\u{9f}')
        .chain('\u{202a}'..='\u{202e}')
        .chain('\u{2066}'..='\u{2069}')
    {
        assert!(is_deceptive(c), "{c:?}");
    }
    for c in ' '..='~' {
        assert!(!is_deceptive(c), "{c:?}");
    }
}
