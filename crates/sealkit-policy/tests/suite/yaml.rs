//! Policies that are none: each is an error with its place, never a policy that allows.

#![expect(clippy::too_many_lines, reason = "a table of cases")]

use sealkit_policy::{Policy, PolicyError};
use sealkit_report::Hint as _;

fn error(text: &str) -> PolicyError {
    Policy::parse(text.as_bytes()).expect_err(text)
}

fn at(text: &str) -> (usize, usize, String) {
    match error(text) {
        PolicyError::Invalid { line, column, reason }
        | PolicyError::Syntax { line, column, reason } => (line, column, reason),
        other => panic!("{text}: {other}"),
    }
}

const HEAD: &str = "schemaVersion: 1\nname: p\nrules:\n";

#[test]
fn nothing_is_no_policy() {
    for text in ["", "\n\n", "# only words\n", "---\n", "~\n", "null\n", "--- \n...\n"] {
        assert!(matches!(error(text), PolicyError::Empty), "{text:?}");
        assert_eq!(error(text).code(), "policy-error");
    }
}

#[test]
fn every_mistake_names_its_line_and_column() {
    let cases: &[(String, usize, usize, &str)] = &[
        (
            format!("{HEAD}  - id: a\n    check: pinned\n    chekc: x\n"),
            6,
            5,
            "unknown field `chekc`",
        ),
        (
            format!("{HEAD}  - id: a\n    check: {{pined: {{}}}}\n"),
            5,
            13,
            "unknown variant `pined`",
        ),
        (format!("{HEAD}  - id: a\n    check: pined\n"), 5, 12, "unknown variant `pined`"),
        (format!("{HEAD}  - id: a\n    check: {{pinned: {{}}}}\n"), 5, 21, "no setting"),
        (format!("{HEAD}  - id: a\n    check: signers\n"), 5, 12, "settings"),
        (
            format!("{HEAD}  - id: a\n    check: {{pinned: {{}}, bomMatches: {{}}}}\n"),
            5,
            12,
            "one key",
        ),
        (format!("{HEAD}  - id: 5\n    check: pinned\n"), 4, 9, "quotes"),
        (format!("{HEAD}  - id: no\n    check: pinned\n"), 4, 9, "quotes"),
        (format!("{HEAD}  - id:\n    check: pinned\n"), 4, 7, "nothing"),
        (format!("{HEAD}  - id: a\n    id: b\n    check: pinned\n"), 5, 5, "stands twice"),
        (
            format!("{HEAD}  - id: a\n    check: pinned\n  - id: a\n    check: pinned\n"),
            6,
            9,
            "two rules",
        ),
        (
            format!("{HEAD}  - id: a\n    mode: maybe\n    check: pinned\n"),
            5,
            11,
            "unknown variant",
        ),
        ("schemaVersion: \"1\"\nname: p\nrules: []\n".into(), 1, 16, "whole number"),
        ("schemaVersion: 2\nname: p\nrules: []\n".into(), 1, 16, "not 1"),
        ("schemaVersion: 1\nname: p\nrules: []\n".into(), 3, 8, "1 to 1000"),
        ("schemaVersion: 1\nname: p\nrules: {}\n".into(), 3, 8, "a list"),
        ("schemaVersion: 1\nname: p\n".into(), 1, 1, "missing field `rules`"),
        (format!("{HEAD}  - &x id: a\n    check: pinned\n"), 4, 5, "anchors"),
        (format!("{HEAD}  - id: !!str a\n    check: pinned\n"), 4, 9, "tags"),
        (format!("{HEAD}  - id: a\n    check: pinned\n---\nx: 1\n"), 6, 1, "second document"),
        (
            format!(
                "{HEAD}  - id: a\n    check: pinned\nexceptions: [{{rule: b, reason: x, until: 2027-01-01}}]\n"
            ),
            6,
            21,
            "no rule",
        ),
        (
            format!(
                "{HEAD}  - id: a\n    check: pinned\nexceptions: [{{rule: a, reason: \"\", until: 2027-01-01}}]\n"
            ),
            6,
            32,
            "empty",
        ),
        (
            format!(
                "{HEAD}  - id: a\n    check: pinned\nexceptions: [{{rule: a, reason: x, until: soon}}]\n"
            ),
            6,
            42,
            "no day",
        ),
        (
            format!("{HEAD}  - id: a\n    check: pinned\nexceptions: [{{rule: a, reason: x}}]\n"),
            6,
            14,
            "missing field `until`",
        ),
        (
            format!("{HEAD}  - id: a\n    check: {{signers: {{by: {{roles: [ci, Signers]}}}}}}\n"),
            5,
            40,
            "role `Signers` is not",
        ),
        (
            format!(
                "{HEAD}  - id: a\n    check: {{forbiddenFormats: {{formats: [npy, Pickle]}}}}\n"
            ),
            5,
            47,
            "no format is called `Pickle`; did you mean `pickle`?",
        ),
        (format!("{HEAD}  - id: a\n    check: {{signatureAge: {{max: 90}}}}\n"), 5, 33, "quotes"),
        (format!("{HEAD}  - id: a\n    check: {{signatureAge: {{max: 90y}}}}\n"), 5, 33, "span"),
        (
            format!("{HEAD}  - id: a\n    check: {{bomScore: {{profile: x, atLeast: 101}}}}\n"),
            5,
            45,
            "between 0 and 100",
        ),
        (
            format!("{HEAD}  - id: a\n    check: {{bomScore: {{profile: x, atLeast: .nan}}}}\n"),
            5,
            45,
            "a number",
        ),
    ];
    let mut wrong = Vec::new();
    for (text, line, column, words) in cases {
        let (l, c, reason) = at(text);
        assert!(reason.contains(words), "{text}: {reason}");
        if (l, c) != (*line, *column) {
            wrong.push(format!("{text}: {reason}: at {l}:{c}, not {line}:{column}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_setting_that_asks_for_nothing_is_refused() {
    for check in [
        "{signers: {threshold: {atLeast: 0}}}",
        "{signers: {threshold: all}}",
        "{identities: {anyOf: []}}",
        "{keys: {anyOf: []}}",
        "{keys: {anyOf: [{id: abc}]}}",
        "{log: {operators: 0}}",
        "{predicates: {require: []}}",
        "{predicateSchemas: {types: []}}",
        "{forbiddenFormats: {formats: []}}",
        "{licences: {}}",
        "{licences: {allow: [MIT], of: []}}",
        "{builder: {builders: []}}",
        "{source: {repositories: []}}",
        "{evaluation: {harness: x, metrics: [{name: a}]}}",
        "{annotations: {require: {}}}",
        "{lineage: {depth: 0}}",
        "{approval: {by: {}}}",
        "{signers: {by: {keys: [x]}}}",
        "{identities: {anyOf: [{issuer: x, kind: uri, subject: \"**\", pattern: true}]}}",
        "{identities: {anyOf: [{kind: uri, subject: x}]}}",
        "{identities: {anyOf: [{issuer: x, subject: x}]}}",
        "{signers: {threshold: {atLeast: -1}}}",
        "{signers: {threshold: {atLeast: 1.0}}}",
        "{signers: {threshold: {atLeast: 4294967296}}}",
    ] {
        let (line, _, reason) = at(&format!("{HEAD}  - id: a\n    check: {check}\n"));
        assert_eq!(line, 5, "{check}: {reason}");
    }
}

#[test]
fn a_forbidden_format_that_nothing_is_called_is_refused_and_the_nearest_named() {
    let policy = |name: &str| {
        format!("{HEAD}  - id: a\n    check: {{forbiddenFormats: {{formats: [{name}]}}}}\n")
    };
    for (name, meant) in [
        ("Pickle", "pickle"),
        ("PICKLE", "pickle"),
        ("pickles", "pickle"),
        ("can_run_code", "can-run-code"),
        ("canRunCode", "can-run-code"),
        ("torch", "pytorch"),
        ("PyTorch", "pytorch"),
        ("TorchScript", "torchscript"),
        ("h5", "hdf5"),
        ("safetensor", "safetensors"),
    ] {
        let (_, _, reason) = at(&policy(name));
        let wanted = format!("no format is called `{name}`; did you mean `{meant}`?");
        assert_eq!(reason, wanted);
    }
    let (_, _, reason) = at(&policy("zzzzzzzzzz"));
    assert!(reason.ends_with("docs/reference/formats.md has the names"), "{reason}");
    let known = sealkit_inspect::capabilities().map(|one| one.format.id);
    let words = ["can-run-code", "embedded-code", "custom-code", "unknown"];
    for name in known.chain(words) {
        Policy::parse(policy(name).as_bytes()).unwrap_or_else(|error| panic!("{name}: {error}"));
    }
}

#[test]
fn hostile_text_costs_little_and_is_refused() {
    let bomb = "a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n";
    assert!(at(bomb).2.contains("anchors"));
    assert!(at("schemaVersion: 1\nname: *x\n").2.len() > 3);
    let deep = format!("{HEAD}{}", "[".repeat(100_000));
    assert!(matches!(error(&deep), PolicyError::Syntax { .. }));
    let deep = format!("a: {}{}", "{a: ".repeat(40), "}".repeat(40));
    assert!(matches!(error(&deep), PolicyError::Syntax { .. }));
    let large = format!("# {}\n", "x".repeat(2 << 20));
    assert!(matches!(error(&large), PolicyError::TooLarge { .. }));
    let many = format!("{HEAD}{}", "  - x\n".repeat(60_000));
    assert!(matches!(error(&many), PolicyError::Syntax { .. }));
    assert!(matches!(Policy::parse(b"a: \xff\n"), Err(PolicyError::Syntax { line: 1, .. })));
    let (_, _, reason) = at("\"a\\e[2Jb\": 1\n");
    assert!(!reason.contains('\u{1b}'), "{reason:?}");
}
