//! The checks against a second, small evaluator that reads the facts as plain JSON and shares no code
//! with the first.

use proptest::prelude::*;
use sealkit_policy::Policy;
use sealkit_report::Outcome;
use serde_json::{Value, json};

use super::common::*;

/// Licences that the random facts have.
const NAMES: [&str; 5] = ["MIT", "Apache-2.0", "GPL-3.0-only", "GPL-3.0-or-later", "llama3"];

/// An expression with what it means: each inner list is one choice, all of which has to be taken.
#[derive(Clone, Debug)]
struct Expression {
    text: String,
    choices: Vec<Vec<String>>,
}

fn expression() -> impl Strategy<Value = Expression> {
    let leaf = (prop::sample::select(NAMES.to_vec()), any::<bool>()).prop_map(|(name, with)| {
        let text = if with { format!("{name} WITH x-exception") } else { name.to_owned() };
        Expression { choices: vec![vec![name.to_owned()]], text }
    });
    leaf.prop_recursive(4, 12, 2, |inner| {
        (inner.clone(), inner, any::<bool>()).prop_map(|(a, b, is_choice)| {
            let word = if is_choice { "OR" } else { "and" };
            let text = format!("({} {word} {})", a.text, b.text);
            let choices = if is_choice {
                a.choices.into_iter().chain(b.choices).collect()
            } else {
                let both = |x: &Vec<String>| {
                    let of = |y: &Vec<String>| x.iter().chain(y).cloned().collect();
                    b.choices.iter().map(of).collect::<Vec<_>>()
                };
                a.choices.iter().flat_map(both).collect()
            };
            Expression { text, choices }
        })
    })
}

/// Whether a name is on the list; `GPL-3.0` stands for all of its forms.
fn on(list: &[&str], name: &str) -> bool {
    list.contains(&name) || (list.contains(&"GPL-3.0") && name.starts_with("GPL-3.0"))
}

const LISTED: [&str; 5] = ["MIT", "Apache-2.0", "GPL-3.0", "llama3", "BSD-2-Clause"];

/// Ancestors, files, layers and annotations by small numbers, so that both ways are met often.
fn facts_of(numbers: &[u8]) -> Value {
    let mut numbers = numbers.iter().copied().cycle();
    let mut next = |of: u8| numbers.next().unwrap_or_default() % of;
    let mut all = facts();
    all["subject"]["pinned"] = json!(next(2) == 0);
    let outcomes = ["pass", "fail", "unknown", "skip"];
    let step =
        |id: &str, at: u8| json!({"id": id, "title": id, "outcome": outcomes[usize::from(at)]});
    let ids = ["blob-digests", "bom", "files"];
    all["steps"] = ids.iter().take(usize::from(next(4))).map(|id| step(id, next(4))).collect();
    let file = |at: u8, format: Option<&str>, read: bool| {
        let mut file = json!({"path": format!("f{at}")});
        if let Some(format) = format {
            file["formats"] = json!([format]);
        }
        if read {
            file["digest"] = json!(digest("f"));
        }
        file
    };
    let formats = [Some("safetensors"), Some("gguf"), Some("pickle"), None];
    all["files"] =
        (0..next(3)).map(|at| file(at, formats[usize::from(next(4))], next(4) > 0)).collect();
    let layer = |at: u8| json!(digest(&format!("layer{at}")));
    all["manifest"]["layers"] = (0..next(3)).map(layer).collect();
    all["sealedLayers"] = (0..next(3)).map(layer).collect();
    all["manifest"]["annotations"] = match next(3) {
        0 => json!({}),
        1 => json!({"stage": "dev"}),
        _ => json!({"stage": "prod"}),
    };
    all["bom"]["scores"]["ntia"]["percent"] = json!(f64::from(next(101)));
    let states = ["verified", "declared", "missing", "failed"];
    all["lineage"]["complete"] = json!(next(4) > 0);
    all["lineage"]["ancestors"] = (0..next(3))
        .map(|_| {
            json!({"name": format!("org/base{}", next(2)), "kind": "baseModel",
                "depth": next(3) + 1, "state": states[usize::from(next(4))]})
        })
        .collect();
    for whole in ["steps", "manifest", "sealedLayers", "files", "bom", "lineage"] {
        if next(12) == 0 {
            all.as_object_mut().unwrap().remove(whole);
        }
    }
    all
}

fn list<'a>(value: &'a Value, name: &str) -> &'a [Value] {
    value.get(name).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

fn passed(facts: &Value, id: &str) -> bool {
    list(facts, "steps").iter().any(|step| step["id"] == id && step["outcome"] == "pass")
}

/// What the first evaluator has to allow.
pub(crate) type Naive = fn(&Value) -> bool;

pub(crate) const CASES: &[(&str, Naive)] = &[
    ("pinned", |f| f["subject"]["pinned"] == true),
    ("{integrity: {steps: [blob-digests, bom]}}", |f| {
        passed(f, "blob-digests")
            && passed(f, "bom")
            && list(f, "steps").iter().all(|step| step["outcome"] != "fail")
    }),
    ("{forbiddenFormats: {formats: [pickle], except: [f1]}}", |f| {
        let good = |file: &Value| {
            file["path"] == "f1"
                || (file.get("digest").is_some()
                    && list(file, "formats").first().is_some_and(|format| format != "pickle"))
        };
        f.get("files").is_some() && list(f, "files").iter().all(good) && passed(f, "blob-digests")
    }),
    ("{annotations: {require: {stage: p*}}}", |f| f["manifest"]["annotations"]["stage"] == "prod"),
    ("signedLayers", |f| {
        let sealed = list(f, "sealedLayers");
        f.get("manifest").is_some()
            && list(&f["manifest"], "layers").iter().all(|layer| sealed.contains(layer))
    }),
    ("bomMatches", |f| f.get("bom").is_some() && passed(f, "bom")),
    ("{bomScore: {profile: ntia, atLeast: 50}}", |f| {
        f["bom"]["scores"]["ntia"]["percent"].as_f64().is_some_and(|percent| percent >= 50.0)
    }),
    ("{lineage: {}}", |f| {
        f["lineage"]["complete"] == true
            && list(&f["lineage"], "ancestors").iter().all(|one| one["state"] == "verified")
    }),
    ("{lineage: {depth: 1}}", |f| {
        let is_far = |one: &Value| one["depth"].as_u64().is_some_and(|depth| depth > 1);
        f["lineage"]["complete"] == true
            && list(&f["lineage"], "ancestors")
                .iter()
                .all(|one| is_far(one) || one["state"] == "verified")
    }),
    ("{baseModels: {names: [org/base, org/base0]}}", |f| {
        f.get("bom").is_some()
            && f.get("lineage").is_some()
            && list(&f["lineage"], "ancestors").iter().all(|one| one["name"] == "org/base0")
    }),
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn every_rule_answers_as_the_naive_one(numbers in prop::collection::vec(any::<u8>(), 24..60)) {
        let facts = facts_of(&numbers);
        for (check, naive) in CASES {
            let (outcome, reason) = outcome(&policy(check), &facts);
            prop_assert_eq!(outcome == Outcome::Pass, naive(&facts), "{}: {}: {}", check, reason, facts);
        }
    }

    #[test]
    fn licences_are_met_as_their_choices_say(
        expression in expression(),
        allow in prop::sample::subsequence(LISTED.to_vec(), 0..=4),
        deny in prop::sample::subsequence(LISTED.to_vec(), 0..=2),
    ) {
        prop_assume!(!allow.is_empty() || !deny.is_empty());
        let check = json!({"licences": {"allow": allow, "deny": deny, "of": ["models"]}});
        let mut facts = facts();
        facts["bom"]["parts"][0]["licences"] = json!([[expression.text, "declared"]]);
        let may = |name: &String| (allow.is_empty() || on(&allow, name)) && !on(&deny, name);
        let wanted = expression.choices.iter().any(|choice| choice.iter().all(may));
        let (outcome, reason) = outcome(&policy(&check.to_string()), &facts);
        prop_assert_eq!(outcome == Outcome::Pass, wanted, "{}: {}", check, reason);
    }

    #[test]
    fn any_rule_that_denies_and_is_enforced_denies(
        numbers in prop::collection::vec(any::<u8>(), 24..60),
        rules in prop::collection::vec((0..CASES.len(), any::<bool>(), 0_u8..4), 1..6),
    ) {
        let facts = facts_of(&numbers);
        let (mut text, mut wanted, mut covered) = (vec![], true, false);
        let mut exceptions = vec![];
        for (at, (case, is_warning, other)) in rules.iter().enumerate() {
            let (check, naive) = CASES[*case];
            let check: Value = as_json(check);
            let mode = if *is_warning { "warn" } else { "enforce" };
            let scope = if *other == 0 { json!({"repositories": ["else.example/**"]}) } else { json!({}) };
            text.push(json!({"id": format!("r{at}"), "check": check, "mode": mode, "scope": scope}));
            let is_excepted = *other == 1;
            if is_excepted {
                exceptions.push(json!({"rule": format!("r{at}"), "reason": "x", "until": "2027-01-01"}));
            }
            let counts = !is_warning && *other != 0;
            covered |= counts;
            wanted &= !counts || is_excepted || naive(&facts);
        }
        let policy = json!({"schemaVersion": 1, "name": "p", "rules": text, "exceptions": exceptions});
        let policy = Policy::parse(policy.to_string().as_bytes()).unwrap();
        prop_assert_eq!(try_facts(&policy, &facts).would_allow, wanted && covered);
    }
}

/// A check as the cases write it, as JSON.
fn as_json(check: &str) -> Value {
    if !check.starts_with('{') {
        return json!(check);
    }
    // Words of the cases are plain: quoting each makes JSON of it.
    let mut out = String::new();
    let mut word = String::new();
    let flush = |word: &mut String, out: &mut String| {
        let text = std::mem::take(word);
        match text.trim() {
            "" => {}
            number if number.bytes().all(|b| b.is_ascii_digit()) => out.push_str(number),
            text => out.push_str(&json!(text).to_string()),
        }
    };
    for c in check.chars() {
        if "{}[],:".contains(c) {
            flush(&mut word, &mut out);
            out.push(c);
        } else {
            word.push(c);
        }
    }
    serde_json::from_str(&out).unwrap_or_else(|error| panic!("{out}: {error}"))
}
