//! Bytes that are no UTF-8, and keys far from the start, hide nothing of a file whose name says what it is.

use std::fmt::Write as _;

use crate::common::rules;
use crate::told::facts;
use sealkit_inspect::{Facts, Value, property};

fn utf16(text: &str) -> Vec<u8> {
    let units = text.encode_utf16().flat_map(u16::to_le_bytes);
    [0xFF, 0xFE].into_iter().chain(units).collect()
}

fn utf16_big(text: &str) -> Vec<u8> {
    let units = text.encode_utf16().flat_map(u16::to_be_bytes);
    [0xFE, 0xFF].into_iter().chain(units).collect()
}

/// What a file names: models, datasets and packages.
fn names(facts: &Facts) -> Vec<&str> {
    let all = facts.facts.iter().map(|fact| &fact.value);
    all.filter_map(|value| match value {
        Value::Origin(origin) => Some(origin.name.as_str()),
        Value::Package(package) => Some(package.name.as_str()),
        _ => None,
    })
    .collect()
}

const ADAPTER: &str = "{\"base_model_name_or_path\":\"evil/a\",\"peft_type\":\"LORA\",\"x\":\"é\"}";

#[test]
fn a_byte_of_another_encoding_hides_nothing() {
    let cases: &[(&str, &str, &str)] = &[
        ("README.md", "---\nbase_model: evil/a\n---\n# Modèle\n", "evil/a"),
        ("adapter_config.json", ADAPTER, "evil/a"),
        (
            "config.json",
            "{\"_name_or_path\":\"evil/a\",\"model_type\":\"bert\",\"x\":\"é\"}",
            "evil/a",
        ),
        ("requirements.txt", "# -*- coding: latin-1 -*-\n# für\nlightgbm==3.0.1\n", "lightgbm"),
        ("environment.yml", "name: x\n# é\ndependencies:\n- evil=1.0\n", "evil"),
        ("pyproject.toml", "# é\n[project]\nname=\"x\"\ndependencies=[\"evil==1.0\"]\n", "evil"),
        ("Dockerfile", "# é\nFROM evil:1.0\n", "evil"),
        (
            "axo.yml",
            "# é\nbase_model: evil/a\ndatasets:\n  - path: evil/d\nmicro_batch_size: 1\n",
            "evil/d",
        ),
        ("train.py", "# é\nfrom datasets import load_dataset\nload_dataset('evil/d')\n", "evil/d"),
    ];
    for (path, text, name) in cases {
        let latin: Vec<u8> = text.chars().map(|c| c as u8).collect();
        for bytes in [latin, utf16(text), utf16_big(text)] {
            let facts = facts(path, &bytes);
            assert!(names(&facts).contains(name), "{path} {facts:#?}");
            assert!(rules(&facts).contains(&"other-encoding"), "{path}");
            assert!(!facts.incomplete, "{path} {facts:#?}");
        }
        let plain = facts(path, text.as_bytes());
        assert!(names(&plain).contains(name) && !rules(&plain).contains(&"other-encoding"));
    }
}

#[test]
fn a_byte_of_another_encoding_further_on_hides_nothing() {
    let long = format!("---\nbase_model: evil/a\n---\n# x\n{}", "word ".repeat(4000));
    let card = facts("README.md", &[long.as_bytes(), b"\xFF\n"].concat());
    assert_eq!(names(&card), ["evil/a"]);
    let start = format!("{{\"a\":\"{}ÿ", "x".repeat(9000));
    let start: Vec<u8> = start.chars().map(|c| c as u8).collect();
    let rest = b"\",\"peft_type\":\"LORA\",\"base_model_name_or_path\":\"evil/a\"}";
    let adapter = facts("adapter_config.json", &[&start, rest.as_slice()].concat());
    assert!(names(&adapter).contains(&"evil/a") && !adapter.incomplete, "{adapter:#?}");
}

#[test]
fn nul_bytes_leave_it_open() {
    let facts = facts("README.md", b"---\nbase_model: evil/a\n---\n\0\n");
    assert_eq!(names(&facts), ["evil/a"]);
    assert!(facts.incomplete && rules(&facts).contains(&"other-encoding"));
}

#[test]
fn what_is_not_what_its_name_says_leaves_it_open() {
    let cases: &[(&str, &[u8])] = &[
        // pip reads it: both lines are names of packages.
        ("requirements.txt", b"GIF89a==1.0\nevil==1.0\n"),
        ("README.md", b"\x89PNG\r\n\x1a\n"),
        ("adapter_config.json", b"\x80\x04}."),
        ("pyproject.toml", b"\x1f\x8b\x08\0\0"),
        ("config.json", &[0x01; 9000]),
    ];
    for (path, bytes) in cases {
        let facts = facts(path, bytes);
        assert!(facts.incomplete, "{path} {facts:#?}");
        assert!(rules(&facts).iter().any(|r| ["metadata-unread", "not-inspected"].contains(r)));
    }
    // Names that no program reads for what a model is made of.
    for (path, bytes) in [("a.md", b"\x89PNG\r\n\x1a\n".as_slice()), ("x.bin", &[1; 900])] {
        assert!(!rules(&facts(path, bytes)).contains(&"metadata-unread"), "{path}");
    }
}

#[test]
fn keys_behind_the_first_bytes_are_found() {
    let pad = format!("# {}\n", "x".repeat(20_000));
    let mut pattern = String::new();
    for layer in 0..400 {
        write!(pattern, "\"model.layers.{layer}.self_attn.q_proj\": 16, ").unwrap();
    }
    let pattern = pattern.trim_end_matches(", ");
    let adapter = format!(
        "{{\"alpha_pattern\": {{{pattern}}}, \"base_model_name_or_path\": \"evil/a\", \"peft_type\": \"LORA\"}}"
    );
    assert!(adapter.len() > 16_000);
    let infos = format!(
        "{{\"a\": {{\"x\": \"{}\", \"dataset_name\": \"evil-d\", \"builder_name\": \"csv\", \"splits\": {{}}}}}}",
        "x".repeat(20_000)
    );
    let cases = [
        ("adapter_config.json", adapter, "evil/a"),
        ("environment.yml", format!("{pad}name: x\ndependencies:\n- evil=1.0\n"), "evil"),
        (
            "a.yml",
            format!("{pad}base_model: evil/a\ndatasets:\n  - path: evil/d\nmicro_batch_size: 1\n"),
            "evil/d",
        ),
        ("m.yml", format!("{pad}models:\n  - model: evil/m\nmerge_method: linear\n"), "evil/m"),
        (
            "package.json",
            format!("{}{{\"dependencies\":{{\"evil\":\"1.0\"}}}}", " ".repeat(9000)),
            "evil",
        ),
    ];
    for (path, text, name) in cases {
        let facts = facts(path, text.as_bytes());
        assert!(names(&facts).contains(&name), "{path} {facts:#?}");
    }
    assert_eq!(
        facts("dataset_infos.json", infos.as_bytes()).text(property::FORMAT),
        Some("hf-dataset-info")
    );
}

#[test]
fn empty_lines_before_front_matter_hide_no_card() {
    let facts = facts(
        "README.md",
        b"\n  \n---\nbase_model: evil/a\n---\n# x\n\nTrained with [x](https://example.com).\n",
    );
    assert_eq!(names(&facts), ["evil/a"]);
}
