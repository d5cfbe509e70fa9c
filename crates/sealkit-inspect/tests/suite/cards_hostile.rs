//! Cards, settings and records that were made to do harm: bounded time, no panic, and what could
//! not be read is said.

use std::time::{Duration, Instant};

use crate::told::{facts, says, streamed};
use sealkit_inspect::{INSPECTORS, Value, inspect, property};
use sealkit_report::Budget;

/// Debug builds are slow; quadratic time would take minutes.
const LONG: Duration = Duration::from_secs(20);

fn card(front: &str, body: &str) -> Vec<u8> {
    format!("---\nlibrary_name: x\n{front}---\n{body}").into_bytes()
}

#[test]
fn front_matter_that_cannot_be_read_leaves_the_text() {
    let bomb = (1..8).fold("a0: &a0 [x, x, x, x, x, x, x, x]\n".to_owned(), |text, at| {
        let many = vec![format!("*a{}", at - 1); 8].join(", ");
        format!("{text}a{at}: &a{at} [{many}]\n")
    });
    let deep = format!("a: {}\n", "[".repeat(10_000));
    let twice = "license: mit\nlicense: gpl\n".to_owned();
    let broken = "a: [\n".to_owned();
    for front in [bomb, deep, twice, broken] {
        let told =
            crate::told::read("README.md", &card(&front, "# T\n\n## Bias\n\nThere is some.\n"));
        assert!(told.contains(&"incomplete".to_owned()), "{told:?}");
    }
    let told =
        crate::told::read("README.md", &card("a: [\n", "# T\n\n## Bias\n\nThere is some.\n"));
    assert!(says(&told, "bias = There is some. @line 9"), "{told:?}");
    assert!(says(&told, "! front-matter not valid YAML"), "{told:?}");
}

#[test]
fn origins_are_texts_or_maps_and_aliases_are_followed() {
    let front = "shared: &all [o/one, {name: o/two, revision: abc, subset: en}]\ndatasets: *all\n\
                 base_model: {id: o/base, revision: v2}\nbase_model_relation: finetune\n";
    let told = crate::told::read("README.md", &card(front, ""));
    for line in [
        "trained-on = {name:o/one role:train} @/datasets/0",
        "trained-on = {name:o/two revision:abc role:train config:en} @/datasets/1",
        "base-model = {name:o/base revision:v2 role:finetune} @/base_model",
    ] {
        assert!(says(&told, line), "{line}: {told:#?}");
    }
    // What names nothing is none.
    let facts = facts("README.md", &card("datasets: [{split: test}, null, [], '']\n", ""));
    assert_eq!(facts.list(property::TRAINED_ON).len(), 0);
    assert!(!facts.incomplete);
}

#[test]
fn a_budget_that_is_spent_is_said_and_what_was_read_is_kept() {
    let front = "datasets: [a, b, c, d, e, f]\n";
    let bytes = card(front, "This text takes more steps than there are.\n");
    let (_, facts) =
        inspect("README.md", &bytes.as_slice(), &mut Budget::new(1 << 20, 3, 1 << 20, 32));
    assert!(facts.incomplete);
    let (_, facts) =
        inspect("README.md", &bytes.as_slice(), &mut Budget::new(1 << 20, 500, 10, 32));
    assert!(facts.incomplete);
    assert_eq!(facts.list(property::TRAINED_ON).len(), 6);
}

#[test]
fn text_without_end_is_read_in_time() {
    let big = 1 << 18;
    let bodies: Vec<String> = vec![
        "[".repeat(big),
        "](".repeat(big / 2),
        "[a](".repeat(big / 4),
        "[a](b)".repeat(big / 6),
        "|".repeat(big),
        "#".repeat(big),
        "# Bias\n".repeat(big / 7),
        "**Bias**\nx\n".repeat(big / 11),
        "- a: b\n".repeat(big / 7),
        "<!--".repeat(big / 4),
        "```\n".repeat(big / 4),
        "batch size ".repeat(big / 11),
        "1 steps ".repeat(big / 8),
        "*".repeat(big),
        "a\n-\n".repeat(big / 4),
        "pretrained [a/b](https://h/a/b) ".repeat(big / 32),
        "| Dataset | Size |\n|---|---|\n| a | 1 |\n\n".repeat(big / 44),
        format!(
            "## Training data\n\n| Dataset | Size |\n|---|---|\n{}",
            "| a | 1 |\n".repeat(big / 10)
        ),
        "- **License:** mit\n".repeat(big / 19),
        "@a{\n".repeat(big / 4),
        "\u{130}".repeat(big / 2),
        "train A100 ".repeat(big / 11),
        "\u{0}\u{1}".repeat(100),
    ];
    for body in bodies {
        for front in ["", "pretty_name: x\n"] {
            let start = Instant::now();
            let bytes = card(front, &body);
            let _ = inspect("README.md", &bytes.as_slice(), &mut Budget::default());
            let shown: String = body.chars().take(30).collect();
            assert!(start.elapsed() < LONG, "{shown}: {:?}", start.elapsed());
        }
    }
}

#[test]
fn a_card_that_is_too_long_says_so_and_gives_its_start() {
    let mut bytes = card("license: mit\n", "# T\n\nA model for tests of length.\n");
    bytes.resize(3 << 20, b'x');
    let told = crate::told::read("README.md", &bytes);
    assert!(says(&told, "licence = mit @/license"));
    assert!(says(&told, "! card-too-long"));
    assert!(told.contains(&"incomplete".to_owned()));
}

#[test]
fn long_text_is_cut_at_a_character() {
    let text = "ä".repeat(20_000);
    let told = facts("README.md", &card("", &format!("## Bias\n\n{text}\n")));
    let fact = told.of(property::BIAS).next().expect("a fact");
    let Value::Text(kept) = &fact.value else { panic!() };
    assert_eq!((kept.len(), fact.evidence.place.as_str()), (16 << 10, "line 6"));
}

#[test]
fn json_bombs_are_refused_under_every_name() {
    let deep = format!("{{\"model_type\":{}", "[".repeat(100_000));
    let twice = r#"{"model_type":"a","model_type":"b"}"#.to_owned();
    let huge = format!(r#"{{"model_type":"{}"}}"#, "x".repeat(9 << 20));
    let many = format!(r#"{{"model_type":"a","x":[{}1]}}"#, "1,".repeat(1_100_000));
    for text in [deep, twice, huge, many] {
        let told = facts("config.json", text.as_bytes());
        assert!(told.incomplete, "{}", &text[..30]);
    }
    for name in ["trainer_state.json", "tokenizer.json"] {
        let deep = format!("{{\"epoch\":1,\"added_tokens\":{}", "[".repeat(100_000));
        assert!(facts(name, deep.as_bytes()).incomplete, "{name}");
    }
}

#[test]
fn numbers_of_any_size_are_taken_or_left() {
    let config = br#"{"model_type":"a","hidden_size":9223372036854775808,"vocab_size":1e400}"#;
    assert!(facts("config.json", config).incomplete, "no JSON number is that large");
    let config =
        br#"{"model_type":"a","hidden_size":9223372036854775808,"vocab_size":-5,"n_layer":1.5}"#;
    let told = facts("config.json", config);
    assert_eq!(told.uint(property::HIDDEN_SIZE), Some(9_223_372_036_854_775_808));
    assert_eq!((told.uint(property::VOCABULARY), told.uint(property::LAYERS)), (None, None));
    let data =
        br#"[{"name":"a","lines":18446744073709551616},{"name":"b","lines":18446744073709551615}]"#;
    let rows: Vec<_> =
        facts("data_config.json", data).origins(property::TRAINED_ON).map(|o| o.rows).collect();
    assert_eq!(rows, [None, Some(u64::MAX)]);
    let run = "0123456789abcdef0123456789abcdef";
    let meta = b"run_id: a\nexperiment_id: b\nstart_time: 18446744073709551615\nend_time: 0\n";
    let told = facts(&format!("{run}/meta.yaml"), meta);
    assert_eq!(told.of(property::CREATED).count(), 1);
    assert_eq!(told.of(property::TRAINING_SECONDS).count(), 0);
}

#[test]
fn values_of_the_wrong_kind_are_left_out() {
    let wrong = ["null", "[]", "{}", "[[1]]", "\"\"", "\"  \"", "\"n/a\"", "[null]"];
    for value in wrong {
        let config = format!(
            r#"{{"model_type":{value},"architectures":{value},"num_hidden_layers":{value},"id2label":{value},
            "_name_or_path":{value},"text_config":{value},"vision_config":{value},"quantization_config":{value}}}"#
        );
        let told = crate::told::read("config.json", config.as_bytes());
        assert_eq!(told.len(), 2, "{value}: {told:?}");
        let front = format!(
            "base_model: {value}\ndatasets: {value}\nlicense: {value}\nmodel-index: {value}\nco2_eq_emissions: {value}\n\
             authors: {value}\nthumbnail: {value}\nextra_gated_fields: {value}\ntags: {value}\nmetrics: {value}\n"
        );
        let told = crate::told::read("README.md", &card(&front, ""));
        let more = told
            .iter()
            .filter(|line| !line.starts_with("framework") && !line.starts_with("format"));
        let more: Vec<_> = more
            .filter(|line| *line != "Docs" && *line != "access = [] @/extra_gated_fields")
            .collect();
        assert!(
            more.iter().all(|line| line.contains("[[1]]") || line.is_empty()),
            "{value}: {more:?}"
        );
    }
}

#[test]
fn every_stream_ends_whatever_it_was_fed() {
    let endless: [&[u8]; 6] = [
        b"",
        b"\x0A",
        &[0xFF; 5000],
        &[0; 5000],
        b"{\"a\":{\"b\":[1,",
        b"\x0A\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01",
    ];
    for inspector in INSPECTORS {
        for bytes in endless {
            let Some(mut stream) = inspector.stream("any") else { continue };
            for _ in 0..3 {
                stream.push(bytes);
            }
            let told = stream.finish();
            assert!(told.facts.len() < 100, "{}", inspector.format().id);
        }
    }
}

#[test]
fn a_broken_sentencepiece_model_counts_nothing() {
    let good = include_bytes!("../records/in/sp/bpe.model");
    for end in 1..good.len() {
        let told = streamed("tokenizer.model", &good[..end], 16);
        let Some(told) = told else { continue };
        // Cut between two fields it is a smaller model; anywhere else it is none.
        let counts = told.iter().any(|line| line.starts_with("vocabulary"));
        let broken = told.contains(&"incomplete".to_owned());
        assert!(counts != broken, "{end}: {told:?}");
    }
    let mut lying = good.to_vec();
    lying[1] = 0x7F;
    assert!(
        streamed("tokenizer.model", &lying, 16).is_some_and(|t| t.contains(&"incomplete".into()))
    );
}

#[test]
fn endless_rows_and_stages_are_bounded() {
    let rows = "x,1,1,1\n".repeat(200_000);
    let csv = format!("timestamp,duration,emissions,energy_consumed\n{rows}");
    assert!(facts("emissions.csv", csv.as_bytes()).incomplete);
    let stages: Vec<String> = (0..60_000).map(|n| format!("  s{n}: {{cmd: x}}")).collect();
    let stages = stages.join("\n");
    let start = Instant::now();
    let told = facts("dvc.yaml", format!("stages:\n{stages}").as_bytes());
    assert!(told.of(property::FORMAT).count() == 1 && start.elapsed() < LONG);
    let results = "  - metrics: [{type: a, value: 1}]\n    dataset: {type: d}\n".repeat(12_000);
    let start = Instant::now();
    let told =
        facts("README.md", &card(&format!("model-index:\n- name: n\n  results:\n{results}"), ""));
    assert!(told.of(property::EVALUATED_ON).count() <= 1 && start.elapsed() < LONG);
}
