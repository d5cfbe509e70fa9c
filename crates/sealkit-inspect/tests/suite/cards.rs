//! Which file is a card, of what, and what the layout of a cache tells.

use crate::told::{facts, found, read, says};
use proptest::prelude::*;
use sealkit_inspect::{HubKind, Value, hub_origin, property};
use sealkit_report::Known;

const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";

fn format(path: &str, text: &str) -> &'static str {
    found(path, text.as_bytes()).format.map_or("-", |format| format.id)
}

#[test]
fn cards_are_told_apart_by_their_keys_then_by_their_place() {
    let fence = |keys: &str| format!("---\n{keys}---\n# T\n");
    let cases: &[(&str, &str, &str)] = &[
        ("README.md", "license: mit\n", "model-card"),
        ("README.md", "pipeline_tag: x\ndatasets: [a]\n", "model-card"),
        ("README.md", "task_categories: [x]\nsize_categories: y\n", "dataset-card"),
        ("README.md", "task_categories: [x]\nlibrary_name: y\nbase_model: z\n", "model-card"),
        ("data/README.md", "license: mit\n", "dataset-card"),
        ("my/Datasets/x/README.md", "license: mit\n", "dataset-card"),
        ("data/README.md", "pipeline_tag: x\n", "model-card"),
        ("database/README.md", "license: mit\n", "model-card"),
        ("notes.md", "pretty_name: x\n", "dataset-card"),
        ("notes.txt", "license: mit\n", "text"),
    ];
    for (path, keys, id) in cases {
        assert_eq!(format(path, &fence(keys)), *id, "{path} {keys}");
    }
    let titled = "---\nlicense: mit\n---\n# Dataset Card for X\n";
    assert_eq!(format("README.md", titled), "dataset-card");
}

#[test]
fn a_readme_without_front_matter_is_a_card_only_with_the_headings_of_one() {
    let card = "# M\n\n## Intended use\n\nx\n\n## Limitations\n\ny\n";
    assert_eq!(format("README.md", card), "model-card");
    assert_eq!(format("model/MODEL_CARD.md", card), "model-card");
    assert_eq!(format("notes.md", card), "markdown");
    assert_eq!(format("README.md", "# M\n\n## Limitations\n\ny\n"), "markdown");
    assert_eq!(format("README.md", "# M\n\n## Installation\n\n## Usage\n"), "markdown");
    let code = "# M\n\n```\n# Intended use\n# Limitations\n```\n";
    assert_eq!(format("README.md", code), "markdown");
}

#[test]
fn front_matter_longer_than_the_head_is_read_whole() {
    let many: String =
        (0..2000).map(|n| format!("- set/number-{n}\n")).collect::<Vec<_>>().concat();
    let card = format!("---\ndatasets:\n{many}pipeline_tag: x\n---\n# T\n");
    assert!(card.len() > 16 << 10);
    let told = facts("README.md", card.as_bytes());
    assert_eq!(told.origins(property::TRAINED_ON).count(), 2000);
    assert_eq!(told.text(property::TASK), Some("x"));
    let last = told.of(property::TRAINED_ON).last().unwrap();
    assert_eq!(last.evidence.place, "/datasets/1999");
}

#[test]
fn lines_are_those_of_the_file() {
    let card = "---\r\nlicense: mit\r\n---\r\n# T\r\n\r\nA small model of words.\r\n\r\n## Bias\r\n\r\nSome.\r\nMore.\r\n";
    let told = read("README.md", card.as_bytes());
    assert!(says(&told, "description = A small model of words. @line 6"), "{told:?}");
    assert!(says(&told, "bias = Some.\\nMore. @lines 10-11"), "{told:?}");
    let marked = format!("\u{feff}{card}");
    assert_eq!(read("README.md", marked.as_bytes()), told);
}

#[test]
fn the_own_name_of_a_configuration_is_no_name() {
    let config = br#"{"model_type":"bert","_name_or_path":"lab/base"}"#;
    let told = facts("config.json", config);
    assert_eq!(told.text(property::NAME), None);
    let base = told.of(property::BASE_MODEL).next().unwrap();
    assert_eq!(base.evidence.known, Known::Inferred);
    for path in ["./", "/a/b", "C:\\models\\x", "~/m", "a/b/c", "..", ""] {
        let config = serde_json::json!({"model_type": "bert", "_name_or_path": path});
        let told = facts("config.json", config.to_string().as_bytes());
        assert_eq!(told.of(property::BASE_MODEL).count(), 0, "{path}");
    }
}

#[test]
fn a_cache_tells_repository_and_commit() {
    let path = format!("hub/models--lab--tiny-2/snapshots/{COMMIT}/sub/config.json");
    let origin = hub_origin(&path).unwrap();
    assert_eq!((origin.kind, origin.name.as_str()), (HubKind::Model, "lab/tiny-2"));
    assert_eq!(origin.commit, COMMIT);
    let kinds = [("datasets--a--b", HubKind::Dataset), ("spaces--a--b", HubKind::Space)];
    for (folder, kind) in kinds {
        let path = format!("{folder}/snapshots/{COMMIT}/x");
        assert_eq!(hub_origin(&path).map(|o| o.kind), Some(kind));
    }
    let old = hub_origin(&format!("models--gpt2/snapshots/{COMMIT}/x")).unwrap();
    assert_eq!(old.name, "gpt2");
    let none = [
        format!("models--a--b/snapshots/{COMMIT}"),
        format!("models--a--b/blobs/{COMMIT}/x"),
        format!("models--a--b--c/snapshots/{COMMIT}/x"),
        format!("things--a--b/snapshots/{COMMIT}/x"),
        format!("models----/snapshots/{COMMIT}/x"),
        "models--a--b/snapshots/main/x".to_owned(),
        "models--a--b/snapshots/0123/x".to_owned(),
        String::new(),
    ];
    for path in none {
        assert_eq!(
            hub_origin(&path).filter(|o| !o.name.trim_matches('/').is_empty()),
            None,
            "{path}"
        );
    }
}

#[test]
fn every_file_of_a_cache_says_where_it_comes_from() {
    let path = format!("models--lab--m/snapshots/{COMMIT}/notes.txt");
    let told = facts(&path, b"hello");
    let id = told.facts.iter().find(|fact| fact.property == property::HUB_ID).unwrap();
    let Value::Origin(origin) = &id.value else { panic!() };
    assert_eq!((origin.name.as_str(), origin.revision.as_deref()), ("lab/m", Some(COMMIT)));
    assert_eq!((id.subject.as_str(), id.evidence.known), ("model", Known::Inferred));
    assert_eq!(told.text(property::COMMIT), Some(COMMIT));
}

#[test]
fn names_alone_make_no_record() {
    let cases = [
        ("MLmodel", "hello: x\n", "yaml"),
        ("emissions.csv", "a,b\n1,2\n", "csv"),
        ("x.dvc", "hello\n", "-"),
        ("dvc.lock", "hello\n", "-"),
        ("config.yaml", "base_model: a\n", "yaml"),
        ("config.yaml", "base_model: a\ndatasets: []\nlearning_rate: 1\n", "axolotl"),
        ("tokenizer_config.json", "[1]", "model-file"),
        ("trainer_state.json", "{}", "model-file"),
        ("data_config.json", "{}", "json"),
        ("modules.json", "{}", "model-file"),
        ("eval_results.json", "{\"a\":1}", "trainer-results"),
        ("a.cff", "x: 1\n", "-"),
    ];
    for (path, text, id) in cases {
        let is = format(path, text);
        assert!(is == id || (id == "yaml" && is == "-") || is == "text", "{path}: {is}, not {id}");
    }
}

#[test]
#[ignore = "needs the card of all-MiniLM-L6-v2 in SEALKIT_MINILM_CARD"]
fn the_card_of_a_real_model_says_everything() {
    let Ok(place) = std::env::var("SEALKIT_MINILM_CARD") else { return };
    let told = read("README.md", &std::fs::read(place).unwrap());
    let count = |start: &str| told.iter().filter(|line| line.starts_with(start)).count();
    assert_eq!(count("trained-on = "), 21 + 32);
    assert!(says(
        &told,
        "trained-on = {name:Reddit comments (2015-2018) role:train url:https://github.com/"
    ));
    assert!(told.iter().any(|line| line.contains("rows:726484430") && line.ends_with("@line 141")));
    let lines = [
        "licence = apache-2.0 @/license",
        "task = sentence-similarity @/pipeline_tag",
        "base-model = {name:nreimers/MiniLM-L6-H384-uncased role:finetune",
        "intended-use = Our model is intended to be used as a sentence",
        "hyperparameter[batch_size] = 1024 @line 129",
        "hyperparameter[max_steps] = 100000 @line 129",
        "hyperparameter[warmup_steps] = 500 @line 130",
        "hyperparameter[max_seq_length] = 128 @line 130",
        "hyperparameter[optimizer] = AdamW @line 130",
        "hyperparameter[learning_rate] = 2e-5 @line 131",
        "hardware = TPU v3-8 @line 129",
        "hardware = 7 TPUs v3-8 @line 106",
    ];
    for line in lines {
        assert!(says(&told, line), "{line}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn what_a_cache_is_called_is_read_back(
        owner in "[A-Za-z0-9](-?[A-Za-z0-9_.]){0,8}",
        name in "[A-Za-z0-9](-?[A-Za-z0-9_.]){0,8}",
        commit in "[0-9a-f]{40}",
    ) {
        let path = format!("models--{owner}--{name}/snapshots/{commit}/file");
        let origin = hub_origin(&path).expect("an origin");
        prop_assert_eq!(origin.name, format!("{}/{}", owner, name));
        prop_assert_eq!(origin.commit, commit);
    }

    #[test]
    fn any_text_is_a_card_without_panic(front in "[a-z_:\\[\\]{}0-9 \n-]{0,80}", body in "\\PC{0,200}") {
        let card = format!("---\nlicense: mit\n{front}\n---\n{body}");
        let first = read("README.md", card.as_bytes());
        prop_assert_eq!(first, read("README.md", card.as_bytes()));
    }

    #[test]
    fn a_quoted_section_is_in_the_file(text in "[a-zA-Z0-9 .,]{3,60}") {
        let card = format!("---\nlicense: mit\n---\n# T\n\n## Limitations\n\n{text}\n");
        let told = facts("README.md", card.as_bytes());
        if let Some(said) = told.text(property::LIMITATION) {
            prop_assert!(card.contains(said));
        }
    }
}

#[test]
fn bounds_in_a_section_about_use_are_limits() {
    let card = "---\nlicense: mit\n---\n# M\n\n## Intended uses\n\nFor short texts. Input longer\n\
        than 256 pieces is truncated. Works well.\n\n- Not suitable for medicine\n- Fun\n";
    let facts = facts("README.md", card.as_bytes());
    let found: Vec<_> = facts
        .of(property::LIMITATION)
        .map(|fact| (fact.value.to_string(), fact.evidence.place.clone(), fact.evidence.known))
        .collect();
    let limit = |text: &str, place: &str| (text.to_owned(), place.to_owned(), Known::Inferred);
    let expected = [
        limit("Input longer than 256 pieces is truncated.", "lines 8-9"),
        limit("- Not suitable for medicine", "line 11"),
    ];
    assert_eq!(found, expected);
    // Where there is a section for limits, what stands elsewhere is no limit by itself.
    let plain = "---\nlicense: mit\n---\n# M\n\n## Training\n\nInput is truncated.\n";
    assert_eq!(facts_of_limits(plain), 0);
}

fn facts_of_limits(card: &str) -> usize {
    facts("README.md", card.as_bytes()).of(property::LIMITATION).count()
}
