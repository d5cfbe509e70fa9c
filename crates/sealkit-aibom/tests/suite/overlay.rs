//! What people say of a kit: read strictly, with the line of each value.

use sealkit_aibom::{OverlayError, OverlayProblem, Supplied, name, overlay, overlay_schema};
use sealkit_inspect::{Fact, Facts, Value, property};
use sealkit_report::{Hint, Known};

const WHOLE: &str = r#"
supplier: {name: Us Inc, url: "https://us.example", organisation: true}
authors:
  - A. Writer
  - name: B
    email: b@example.org
kit:
  domain: [healthcare, law]
  standards: ISO 42001
  links: {kind: vcs, url: "https://code.example"}
model:
  description: |
    Compares
    sentences.
  intendedUse:
    - to compare
    - to search
  limitations: short texts only
  ethics:
    - it may leak names
    - {name: bias, mitigation: none yet}
  fairness: {group: children, harms: misread, mitigation: filter}
  safetyRiskAssessment: low
  autonomy: no
  sensitiveData: false
  energy: {activity: training, kwh: 1.5, co2Grams: 300, region: NO, source: water}
  trainingSeconds: 60
  version: 1.10
datasets:
  pairs:
    licence: cc-by-4.0
    sensitiveData: [names]
    synthetic: true
    rows: 12
    classification: public
    creators: [C, {name: D, role: creator}]
"#;

fn read(text: &str) -> Supplied {
    overlay(text, "aibom.yaml").unwrap()
}

fn problems(text: &str) -> Vec<String> {
    match overlay(text, "aibom.yaml") {
        Err(OverlayError::Problems(all)) => all.iter().map(ToString::to_string).collect(),
        other => panic!("{other:?}"),
    }
}

fn find<'f>(facts: &'f Facts, property: &str, subject: &str) -> Option<&'f Fact> {
    facts.facts.iter().find(|f| f.property == property && f.subject == subject)
}

fn said(facts: &Facts, property: &str, subject: &str) -> Option<String> {
    find(facts, property, subject).map(|fact| fact.value.to_string())
}

#[test]
fn every_section_becomes_declared_facts_with_their_lines() {
    let all = read(WHOLE);
    assert_eq!(all.supplier.as_ref().unwrap().name, "Us Inc");
    assert!(all.supplier.as_ref().unwrap().organisation);
    let authors: Vec<_> =
        all.authors.iter().map(|a| (a.name.as_str(), a.email.as_deref())).collect();
    assert_eq!(authors, [("A. Writer", None), ("B", Some("b@example.org"))]);
    assert_eq!(all.kit.list(name::APPLICATION_DOMAIN), ["healthcare", "law"]);
    let model = &all.model;
    assert_eq!(said(model, property::DESCRIPTION, "").unwrap(), "Compares\nsentences.");
    let uses = find(model, property::INTENDED_USE, "").unwrap();
    assert_eq!(uses.evidence.place, "line 16");
    assert_eq!((uses.evidence.known, &*uses.evidence.file), (Known::Declared, "aibom.yaml"));
    assert_eq!(said(model, name::ETHICS_MITIGATION, "bias").unwrap(), "none yet");
    assert_eq!(model.list(property::ETHICS), ["it may leak names", "bias"]);
    assert_eq!(said(model, name::FAIRNESS_HARM, "children").unwrap(), "misread");
    assert_eq!(said(model, name::SAFETY_RISK, "").unwrap(), "low");
    assert_eq!(said(model, name::AUTONOMY, "").unwrap(), "no");
    assert_eq!(find(model, property::SENSITIVE_DATA, "").unwrap().value, Value::Bool(false));
    assert_eq!(find(model, property::ENERGY_KWH, "").unwrap().value, Value::Float(1.5));
    assert_eq!(said(model, property::ENERGY_ACTIVITY, "").unwrap(), "training");
    assert_eq!(find(model, property::TRAINING_SECONDS, "").unwrap().value, Value::Uint(60));
    assert_eq!(said(model, property::VERSION, "").unwrap(), "1.10", "no digit is lost");
    let data = &all.datasets["pairs"];
    assert_eq!(find(data, property::ROWS, "").unwrap().value, Value::Uint(12));
    assert_eq!(data.list(property::SENSITIVE_DATA), ["names"]);
    assert_eq!(find(data, name::SYNTHETIC, "").unwrap().value, Value::Bool(true));
    assert_eq!(data.of(property::PARTY).count(), 2);
}

#[test]
fn nothing_says_nothing() {
    for text in ["", "# only a comment\n", "kit:\nmodel: ~\n", "model: {limitations: }\n", "{}"] {
        let all = read(text);
        assert_eq!(all, Supplied::default(), "{text}");
    }
}

#[test]
fn unknown_keys_are_named_with_line_and_nearest_key() {
    let found = problems("modle: {}\nmodel:\n  limitation: x\n  energy: {kw: 1}\n  zzz: 1\n");
    let expected = [
        "line 1: unknown key `modle` in the overlay; did you mean `model`?",
        "line 3: unknown key `limitation` in model; did you mean `limitations`?",
        "line 4: unknown key `kw` in energy; did you mean `kwh`?",
        "line 5: unknown key `zzz` in model",
    ];
    assert_eq!(found, expected);
    assert!(problems("datasets: {a: {row: 1}}")[0].contains("did you mean `rows`"));
    assert!(problems("authors: [{nam: x}]")[0].contains("did you mean `name`"));
}

#[test]
fn values_of_another_type_are_named() {
    for (text, expected) in [
        ("model: []", "line 1: `model` must be a map, not a list"),
        ("[a]", "line 1: `the overlay` must be a map, not a list"),
        ("model: {description: [a]}", "`description` must be text, not a list"),
        ("model: {limitations: {a: b}}", "must be text or a list of texts, not a map"),
        ("model: {trainingSeconds: -1}", "must be a whole number that is not negative"),
        ("model: {trainingFlops: .inf}", "must be a number that is not negative"),
        ("model: {autonomy: maybe}", "must be one of `yes`, `no`, `unknown`"),
        ("model: {energy: {activity: play}}", "`activity` must be one of `design`"),
        ("model: {energy: {activity: training, kwh: x}}", "`kwh` must be a number"),
        ("model: {energy: x}", "`energy` must be a map"),
        ("datasets: {a: {synthetic: 'true'}}", "must be `true` or `false`"),
        ("supplier: {url: x}", "line 1: `supplier` needs `name`"),
        ("kit: {links: [{kind: vcs}]}", "`links` needs `url`"),
        ("model: {ethics: [{mitigation: x}]}", "`ethics` needs `name`"),
        ("model: {energy: [{kwh: 1}, {activity: training}]}", "`energy` needs `activity`"),
    ] {
        let found = problems(text);
        assert!(found.iter().any(|problem| problem.contains(expected)), "{text}: {found:?}");
    }
}

#[test]
fn hostile_yaml_is_an_error_with_its_line() {
    let deep = format!("model: {}", "[".repeat(200));
    let wide = format!("kit: {{domain: [{}]}}", "a,".repeat(60_000));
    for text in [
        "a: &x 1\nb: *x\n",
        "kit: {}\nkit: {}\n",
        "model: {task: a, task: b}",
        "? [a]\n: b\n",
        "kit: {}\n---\nmodel: {}\n",
        "kit: [",
        deep.as_str(),
        wide.as_str(),
    ] {
        let error = overlay(text, "aibom.yaml").unwrap_err();
        assert!(matches!(error, OverlayError::Syntax { .. }), "{error}");
        assert_eq!(error.code(), "overlay-malformed");
    }
    let large = "#".repeat((1 << 20) + 1);
    assert!(matches!(overlay(&large, "x"), Err(OverlayError::TooLarge { .. })));
}

#[test]
fn cut_anywhere_it_is_read_or_refused() {
    for end in 0..WHOLE.len() {
        if let Some(text) = WHOLE.get(..end) {
            let _ = overlay(text, "aibom.yaml");
        }
    }
}

#[test]
fn several_energies_are_each_about_their_activity() {
    let all =
        read("model: {energy: [{activity: training, kwh: 1}, {activity: inference, kwh: 2}]}");
    assert_eq!(said(&all.model, property::ENERGY_KWH, "training").unwrap(), "1");
    assert_eq!(said(&all.model, property::ENERGY_KWH, "inference").unwrap(), "2");
}

#[test]
fn the_schema_takes_what_is_read_and_refuses_what_is_not() {
    let schema: serde_json::Value = serde_json::from_str(&overlay_schema()).unwrap();
    let judge = jsonschema::validator_for(&schema).unwrap();
    let good = serde_json::json!({
        "supplier": {"name": "Us", "organisation": true},
        "authors": ["A", {"name": "B"}],
        "kit": {"domain": ["a"], "links": [{"kind": "vcs", "url": "https://x.example"}]},
        "model": {
            "intendedUse": "x",
            "ethics": ["x", {"name": "y"}],
            "fairness": {"group": "g"},
            "autonomy": "no",
            "energy": {"activity": "training", "kwh": 1.5},
            "sensitiveData": false,
        },
        "datasets": {"d": {"rows": 1, "synthetic": true}},
    });
    assert!(judge.is_valid(&good), "{:?}", judge.iter_errors(&good).next().map(|e| e.to_string()));
    assert!(overlay(&good.to_string(), "x").is_ok(), "JSON is YAML");
    for bad in [
        serde_json::json!({"modle": {}}),
        serde_json::json!({"model": {"limitation": "x"}}),
        serde_json::json!({"model": {"autonomy": "maybe"}}),
        serde_json::json!({"model": {"energy": {"kwh": -1}}}),
        serde_json::json!({"datasets": {"d": {"rows": "x"}}}),
        serde_json::json!({"supplier": {"url": "x"}}),
    ] {
        assert!(!judge.is_valid(&bad), "{bad}");
        let refused = overlay(&bad.to_string(), "x");
        assert!(matches!(refused, Err(OverlayError::Problems(_))), "{bad}");
    }
}

#[test]
fn problems_are_data() {
    let Err(OverlayError::Problems(all)) = overlay("kit: {domian: x}", "x") else { panic!() };
    let expected = OverlayProblem::UnknownKey {
        line: 1,
        key: "domian".into(),
        section: "kit".into(),
        nearest: Some("domain"),
    };
    assert_eq!(all, [expected]);
}

#[test]
fn a_date_is_one_that_there_is_and_a_wrong_value_is_repeated() {
    for date in ["2026-01-31", "2024-02-29", "2026-01-31T12:00:00Z", "2026-01-31T12:00:00+02:00"] {
        let text = format!("kit: {{released: {date}}}\nmodel: {{released: '{date}'}}");
        assert_eq!(said(&read(&text).model, property::RELEASED, "").as_deref(), Some(date));
    }
    for date in ["2026-13-01", "2026-02-29", "soon", "2026", "31.01.2026"] {
        let wanted = format!(
            "line 1: `released` must be a date such as `2026-01-31`, or RFC 3339, not `{date}`"
        );
        assert_eq!(problems(&format!("model: {{released: {date}}}")), [wanted]);
    }
    let found = problems("model: {energy: {kwh: 'a\u{202e}b'}, trainingSeconds: \"\"}");
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(found[0].ends_with("not `a\u{fffd}b`") && found[1].ends_with("not empty text"));
}
