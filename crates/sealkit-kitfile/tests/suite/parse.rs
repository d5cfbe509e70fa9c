//! Reading the text of a Kitfile: strictness, places, aliases, merges, limits.

use proptest::prelude::*;
use sealkit_kitfile::{Kitfile, KitfileError, ProblemKind, Value, Warning};
use sealkit_report::Hint;

fn error(text: &str) -> KitfileError {
    Kitfile::parse(text, "Kitfile").unwrap_err()
}

fn kinds(text: &str) -> Vec<ProblemKind> {
    match error(text) {
        KitfileError::Content { problems } => problems.into_iter().map(|one| one.kind).collect(),
        other => panic!("{other}"),
    }
}

/// The value of `v` under the model's parameters.
fn parameter(yaml: &str) -> Value {
    let text = format!("manifestVersion: 1.0.0\nmodel:\n  path: m\n  parameters:\n{yaml}");
    let kitfile = Kitfile::parse(&text, "Kitfile").unwrap().kitfile;
    match kitfile.model.unwrap().parameters.unwrap() {
        Value::Map(map) => map.get("v").unwrap().clone(),
        other => other,
    }
}

#[test]
fn an_unknown_key_is_told_with_its_place_and_the_nearest_key() {
    let text = "manifestVersion: 1.0.0\nmodel:\n  name: m\n  framwork: onnx\n";
    let error = error(text);
    let expected = "Kitfile:4:3: unknown key `framwork` in model; did you mean `framework`?\n  \
                    4 |   framwork: onnx\n    |   ^^^^^^^^";
    assert_eq!(error.to_string(), expected);
    assert_eq!(error.code(), "kitfile-content");
    assert_eq!(error.hint().unwrap(), "replace `framwork` by `framework`");
}

#[test]
fn unknown_keys_are_found_at_every_level() {
    for (text, section, nearest) in [
        ("modell:\n  name: m\n", "the Kitfile", Some("model")),
        ("package: {licence: MIT}\n", "package", Some("license")),
        ("model: {parts: [{path: a}, {pth: b}]}\n", "model.parts[1]", Some("path")),
        ("code:\n  - name: x\n", "code[0]", None),
        ("datasets:\n  - remotepath: x\n", "datasets[0]", Some("remotePath")),
        ("docs:\n  - desc: x\n", "docs[0]", Some("description")),
        ("prompts:\n  - license: x\n", "prompts[0]", None),
        ("mcpServers:\n  - digest: x\n", "mcpServers[0]", None),
        ("model: {digest: x}\n", "model", None),
        ("mcpservers: []\n", "the Kitfile", Some("mcpServers")),
    ] {
        match kinds(text).as_slice() {
            [ProblemKind::UnknownKey { section: found, nearest: near, .. }] => {
                assert_eq!((found.as_str(), *near), (section, nearest), "{text}");
            }
            other => panic!("{text}: {other:?}"),
        }
    }
}

#[test]
fn all_problems_are_told_in_the_order_of_the_text() {
    let text = "foo: 1\nmodel:\n  name: [a]\n  parts: x\ncode: {}\npackage: text\n";
    let message = error(text).to_string();
    let heads: Vec<&str> = message.lines().filter(|line| line.starts_with("Kitfile:")).collect();
    assert_eq!(
        heads,
        [
            "Kitfile:1:1: unknown key `foo` in the Kitfile",
            "Kitfile:3:9: `model.name` must be a string, but is a list",
            "Kitfile:4:10: `model.parts` must be a list, but is a string",
            "Kitfile:5:7: `code` must be a list, but is a mapping",
            "Kitfile:6:10: `package` must be a mapping, but is a string",
        ]
    );
}

#[test]
fn problems_are_bounded() {
    let keys: Vec<String> = (0..1000).map(|at| format!("k{at}: 1")).collect();
    assert_eq!(kinds(&keys.join("\n")).len(), 50);
}

#[test]
fn keys_may_not_stand_twice() {
    let twice =
        |text| matches!(kinds(text).as_slice(), [ProblemKind::DuplicateKey { first_line: 1, .. }]);
    assert!(twice("package: {}\npackage: {}\n"));
    assert!(twice("model: {parameters: {a: 1, 'a': 2}}\n"));
    assert!(twice("model: {parameters: {<<: {}, <<: {}}}\n"));
}

#[test]
fn broken_yaml_is_told_with_its_place() {
    let error = error("package:\n  name: \"x\n");
    assert!(matches!(error, KitfileError::Syntax { .. }), "{error}");
    assert!(error.to_string().starts_with("Kitfile:"), "{error}");
    assert_eq!(error.code(), "kitfile-syntax");
}

#[test]
fn control_characters_are_refused_where_they_stand() {
    for (text, place) in [
        ("a: 1\r\nb: x\u{1}\n", "Kitfile:2:5"),
        ("\0", "Kitfile:1:1"),
        ("# \u{7f}", "Kitfile:1:3"),
        ("a\rb\n\u{9f}", "Kitfile:3:1"),
        ("\u{feff}x: \u{ffff}", "Kitfile:1:4"),
    ] {
        let message = error(text).to_string();
        assert!(message.starts_with(&format!("{place}: control")), "{message}");
    }
    let quoted = "manifestVersion: 1.0.0\npackage: {name: \"\\u0001\\0\"}\n";
    assert_eq!(Kitfile::parse(quoted, "K").unwrap().kitfile.package.name, "\u{1}\0");
}

#[test]
fn nothing_is_no_kitfile() {
    for text in ["", "\n", "# only a comment\n", "\u{feff}"] {
        assert!(matches!(error(text), KitfileError::Empty { .. }), "{text:?}");
    }
    for text in ["[]", "text", "3"] {
        assert!(matches!(kinds(text).as_slice(), [ProblemKind::Type { .. }]), "{text:?}");
    }
}

#[test]
fn a_null_document_is_an_empty_kitfile_as_for_kit() {
    let parsed = Kitfile::parse("---\n", "Kitfile").unwrap();
    assert_eq!(parsed.kitfile, Kitfile::default());
    assert_eq!(parsed.warnings, [Warning::ManifestVersion { found: String::new() }]);
}

#[test]
fn scalars_of_any_kind_are_taken_as_written_where_text_is_expected() {
    let text = "manifestVersion: 1.0.0\npackage: {name: yes, version: 1.10, license: 0x1F, \
                description: 2001-01-01, authors: [1, true, null, !!binary aGk=, ~]}\n";
    let package = Kitfile::parse(text, "Kitfile").unwrap().kitfile.package;
    let fields = [package.name, package.version, package.license, package.description];
    assert_eq!(fields, ["yes", "1.10", "0x1F", "2001-01-01"]);
    assert_eq!(package.authors, ["1", "true", "hi"]);
}

#[test]
fn nulls_count_as_absent() {
    let text = "manifestVersion: 1.0.0\npackage: ~\nmodel: null\ncode: [null]\ndocs: ~\n";
    let kitfile = Kitfile::parse(text, "Kitfile").unwrap().kitfile;
    let expected = Kitfile { manifest_version: "1.0.0".into(), ..Kitfile::default() };
    assert_eq!(kitfile, expected);
    let text = "manifestVersion: 1.0.0\nmodel: {}\n";
    assert!(Kitfile::parse(text, "Kitfile").unwrap().kitfile.model.is_some());
}

#[test]
fn anchors_and_merges_are_followed() {
    let text = "    base: &b {x: 1, y: 2}\n    v: {<<: *b, y: 3}\n";
    let map = |pairs: &[(&str, i64)]| {
        let pairs = pairs.iter().map(|(key, value)| ((*key).to_owned(), Value::Int(*value)));
        Value::Map(pairs.collect())
    };
    assert_eq!(parameter(text), map(&[("x", 1), ("y", 3)]));
    let text = "    a: &a {x: 1}\n    b: &b {x: 2, y: 2}\n    v: {<<: [*a, *b], z: 3}\n";
    assert_eq!(parameter(text), map(&[("x", 1), ("y", 2), ("z", 3)]));
    let text = "code:\n  - &c {path: a, license: MIT}\n  - {<<: *c, path: b}\n";
    let kitfile = Kitfile::parse_unchecked(text, "Kitfile").unwrap();
    assert_eq!((kitfile.code[1].path.as_str(), kitfile.code[1].license.as_str()), ("b", "MIT"));
}

#[test]
fn a_merge_of_something_else_is_told() {
    assert_eq!(kinds("model: {parameters: {<<: 3}}\n"), [ProblemKind::Merge]);
    assert!(Kitfile::parse("package: *nowhere\n", "Kitfile").is_err());
}

#[test]
fn values_without_a_json_form_are_refused() {
    for text in [".inf", "-.inf", ".nan", "2001-12-14T21:59:43+24:00"] {
        let text = format!("model: {{parameters: {{v: {text}}}}}\n");
        assert!(matches!(kinds(&text).as_slice(), [ProblemKind::Number { .. }]), "{text}");
    }
    for text in ["1: x", "true: x", "~: x", "2001-01-01: x", "[a]: x"] {
        let text = format!("model: {{parameters: {{{text}}}}}\n");
        assert!(matches!(kinds(&text).as_slice(), [ProblemKind::Key { .. }]), "{text}");
    }
    for text in ["!!int abc", "!!float x", "!!bool 1", "!!binary '*'"] {
        let text = format!("model: {{parameters: {{v: {text}}}}}\n");
        assert!(matches!(kinds(&text).as_slice(), [ProblemKind::Tag { .. }]), "{text}");
    }
}

#[test]
fn explicit_tags_decide() {
    assert_eq!(parameter("    v: !!str 12\n"), Value::String("12".into()));
    assert_eq!(parameter("    v: !!float 3\n"), Value::Float(3.0));
    assert_eq!(parameter("    v: !!int \"7\"\n"), Value::Int(7));
    assert_eq!(parameter("    v: !own 7\n"), Value::String("7".into()));
    assert_eq!(parameter("    v: \"7\"\n"), Value::String("7".into()));
    assert_eq!(parameter("    v: !!binary aGVsbG8=\n"), Value::String("hello".into()));
}

#[test]
fn further_documents_are_warned_of() {
    let parsed = Kitfile::parse("manifestVersion: 1.0.0\n---\nfoo: bar\n", "Kitfile").unwrap();
    assert_eq!(parsed.warnings, [Warning::FurtherDocuments]);
}

#[test]
fn alias_bombs_end_at_a_limit() {
    let mut lines =
        vec!["model:\n  parameters:\n    a0: &a0 [x, x, x, x, x, x, x, x, x]".to_owned()];
    for level in 1..12 {
        let before = vec![format!("*a{}", level - 1); 9].join(", ");
        lines.push(format!("    a{level}: &a{level} [{before}]"));
    }
    assert!(matches!(error(&lines.join("\n")), KitfileError::Limit { .. }));
    let long = "x".repeat(100_000);
    let uses = vec!["*a"; 2000].join(", ");
    let text = format!("model:\n  parameters: [&a {long}, {uses}]\n");
    let error = error(&text);
    assert_eq!(error.code(), "kitfile-limit");
}

#[test]
fn an_alias_inside_its_own_anchor_ends_at_a_limit() {
    let text = "model:\n  parameters: &a {x: *a}\n";
    assert!(matches!(error(text), KitfileError::Limit { .. }));
    let text = "model:\n  parameters: &a {<<: *a}\n";
    assert!(matches!(error(text), KitfileError::Limit { .. }));
    let text = "code: &a [*a]\n";
    assert!(Kitfile::parse(text, "Kitfile").is_err());
}

#[test]
fn depth_and_size_are_bounded() {
    let deep = format!("model: {{parameters: {}{}}}", "[".repeat(5000), "]".repeat(5000));
    assert!(matches!(error(&deep), KitfileError::Limit { .. } | KitfileError::Syntax { .. }));
    let deep: Vec<String> = (0..3000).map(|at| format!("{}a:", " ".repeat(at % 700))).collect();
    assert!(Kitfile::parse(&deep.join("\n"), "Kitfile").is_err());
    let large = format!("# {}\n", "x".repeat(5 << 20));
    assert!(matches!(error(&large), KitfileError::Limit { .. }));
}

#[test]
fn a_long_or_strange_line_is_shown_safely() {
    let message = error(&format!("\"\\e{}\": 1\n", "x".repeat(5000))).to_string();
    assert!(message.lines().all(|line| line.len() < 6000));
    let shown = message.lines().nth(1).unwrap();
    assert!(shown.chars().count() < 140, "{shown}");
    let message = error("é日:\t[\u{7}\n").to_string();
    assert!(!message.contains('\u{7}'));
}

fn yamlish() -> impl Strategy<Value = String> {
    let words = prop::sample::select(vec![
        "model:",
        "path",
        "name: ",
        "- ",
        "\n",
        "  ",
        "&a ",
        "*a",
        "<<: ",
        "{",
        "}",
        "[",
        "]",
        ", ",
        "'",
        "\"",
        "|\n",
        "x",
        "1",
        "!!int ",
        "? ",
        ": ",
        "#",
        "---\n",
        "code:",
        "é",
        "\t",
        "parameters:",
        "\r",
        "%",
        "!",
        "@",
        "\u{2028}",
        "null",
    ]);
    prop::collection::vec(words, 0..40).prop_map(|words| words.concat())
}

proptest! {
    #[test]
    fn no_text_makes_it_panic(text in "\\PC{0,200}", yaml in yamlish()) {
        let _ = Kitfile::parse(&text, "Kitfile").map_err(|error| error.to_string());
        let _ = Kitfile::parse(&yaml, "Kitfile").map_err(|error| error.to_string());
    }

    #[test]
    fn whatever_is_read_is_written_and_read_again(yaml in yamlish()) {
        prop_assume!(!yaml.contains('\u{2028}'));
        if let Ok(kitfile) = Kitfile::parse_unchecked(&yaml, "Kitfile") {
            let written = kitfile.to_yaml();
            let back = Kitfile::parse_unchecked(&written, "Kitfile");
            prop_assert_eq!(back.ok(), Some(kitfile), "{}", written);
        }
    }
}

#[test]
fn lists_and_maps_in_brackets_may_be_indented_as_go_takes_them() {
    let authors = |yaml: &str| {
        let text = format!("manifestVersion: 1.0.0\npackage:\n{yaml}\nmodel: {{path: m}}\n");
        let parsed = Kitfile::parse(&text, "Kitfile");
        let kitfile = parsed.unwrap_or_else(|error| panic!("{yaml}: {error}")).kitfile;
        assert_eq!(kitfile.model.unwrap().path, "m");
        kitfile.package.authors.join("|")
    };
    // By `kit` 1.15.0.
    for (yaml, expected) in [
        ("  authors: [\n    a\n]", "a"),
        ("  authors: [a,\n  b]", "a|b"),
        ("  authors: [a,\nb,\nc\n]", "a|b|c"),
        ("  authors: [a\nb]", "a b"),
        ("  authors: [\r\na\r\n]", "a"),
    ] {
        assert_eq!(authors(yaml), expected, "{yaml}");
    }
    let text = "manifestVersion: 1.0.0\npackage: {\n  authors: [\na],\nnme: x\n}\n";
    let expected = "Kitfile:5:1: unknown key `nme`";
    assert!(error(text).to_string().starts_with(expected), "{}", error(text));
    // What is wrong beside is told where it stands.
    let text = "manifestVersion: 1.0.0\npackage:\n  authors: [a\nmodel:\n  path: m\n";
    assert!(error(text).to_string().starts_with("Kitfile:4:6: "), "{}", error(text));
}
