//! GGUF that is odd or hostile.

use crate::common::GgufBuilder;
use crate::model_kit::{about, all, files, look, rules, tensors};
use sealkit_inspect::{Facts, property};
use sealkit_report::{Budget, Severity};

/// A file of entries that the closure writes, and no tensors.
fn entries(count: u64, write: impl FnOnce(&mut GgufBuilder)) -> Facts {
    let mut gguf = GgufBuilder::new(3, false, 0, count);
    write(&mut gguf);
    look("m.gguf", &gguf.data(0))
}

#[test]
fn the_same_key_twice_is_a_finding() {
    let facts = entries(2, |gguf| {
        gguf.pair("general.name", "a").pair("general.name", "b");
    });
    assert_eq!(rules(&facts), ["gguf-duplicate-key"]);
    assert_eq!(facts.findings[0].severity, Severity::Medium);
}

#[test]
fn the_name_of_a_licence_counts_where_the_id_says_nothing() {
    let of = |pairs: &[(&str, &str)]| {
        let facts = entries(pairs.len() as u64, |gguf| {
            for (key, value) in pairs {
                gguf.pair(key, value);
            }
        });
        facts.list(property::LICENCE).join("+")
    };
    let (id, name) = ("general.license", "general.license.name");
    assert_eq!(of(&[(id, "mit")]), "mit");
    assert_eq!(of(&[(id, "mit"), (name, "The MIT licence")]), "mit");
    assert_eq!(of(&[(name, "llama3")]), "llama3");
    assert_eq!(of(&[(id, "Other"), (name, "llama3")]), "Other+llama3");
}

#[test]
fn what_it_was_converted_from_is_its_base() {
    let base = |pairs: &[(&str, &str)]| {
        let facts = entries(pairs.len() as u64, |gguf| {
            for (key, value) in pairs {
                gguf.pair(&format!("general.source.{key}"), value);
            }
        });
        facts.list(property::BASE_MODEL).join("+")
    };
    let address = "https://huggingface.co/o/b";
    assert_eq!(base(&[("repo_url", address)]), "o/b");
    assert_eq!(base(&[("url", "https://example.com"), ("repo_url", address)]), "o/b");
    assert_eq!(base(&[("url", "https://example.com/b.bin")]), "https://example.com/b.bin");
    assert_eq!(base(&[("url", " "), ("other", "x")]), "");
}

#[test]
fn origins_are_named_by_the_best_key_there_is() {
    let base = |pairs: &[(&str, &str)]| {
        let facts = entries(pairs.len() as u64, |gguf| {
            for (key, value) in pairs {
                gguf.pair(&format!("general.base_model.0.{key}"), value);
            }
        });
        facts.list(property::BASE_MODEL).join("+")
    };
    assert_eq!(base(&[("name", "B")]), "B");
    assert_eq!(base(&[("name", "B"), ("organization", "O")]), "O/B");
    assert_eq!(base(&[("name", "B"), ("repo_url", "https://h/o/b")]), "o/b");
    assert_eq!(base(&[("name", "B"), ("repo_url", "https://h/o/b/tree/main")]), "B");
    assert_eq!(base(&[("url", "https://h/x")]), "https://h/x");
    assert_eq!(base(&[("author", "A")]), "", "an author alone names no model");
    let adapter = entries(3, |gguf| {
        gguf.pair("general.type", "adapter").pair("general.base_model.0.name", "B");
        gguf.pair("adapter.type", "lora");
    });
    let origin = adapter.origins(property::BASE_MODEL).next().unwrap();
    assert_eq!(origin.role.as_deref(), Some("adapter"));
    assert_eq!(adapter.text(property::ADAPTER_TYPE), Some("lora"));
    let many = entries(3, |gguf| {
        gguf.pair("general.base_model.10.name", "ten").pair("general.base_model.2.name", "two");
        gguf.pair("general.base_model.x.name", "none");
    });
    assert_eq!(many.list(property::BASE_MODEL), ["two", "ten"]);
}

#[test]
fn experts_are_counted() {
    let facts = entries(3, |gguf| {
        gguf.pair("general.architecture", "mixtral");
        gguf.text("mixtral.expert_count").u32(4).u32(8);
        gguf.text("mixtral.expert_used_count").u32(4).u32(2);
    });
    assert_eq!(facts.uint(property::EXPERTS), Some(8));
    assert_eq!(facts.uint(property::EXPERTS_USED), Some(2));
}

#[test]
fn arrays_may_hold_arrays() {
    let facts = entries(2, |gguf| {
        // Two arrays: of two numbers, and of none.
        gguf.text("x.nested").u32(9).u32(9).size(2);
        gguf.u32(4).size(2).u32(7).u32(8).u32(8).size(0);
        gguf.pair("general.name", "behind");
    });
    assert_eq!(facts.text(property::NAME), Some("behind"));
    assert_eq!(facts.findings, []);
    // Arrays without end in each other end at the depth of the budget.
    let deep = entries(1, |gguf| {
        gguf.text("x").u32(9);
        for _ in 0..1000 {
            gguf.u32(9).size(1);
        }
    });
    assert!(deep.incomplete);
}

#[test]
fn long_texts_are_digests_and_long_arrays_are_counts() {
    let long = "x".repeat(20_000);
    let facts = entries(3, |gguf| {
        gguf.pair("general.description", &long).pair("tokenizer.chat_template", &long);
        gguf.text("tokenizer.ggml.scores").u32(9).u32(6).size(5000);
        for _ in 0..5000 {
            gguf.u32(0);
        }
    });
    let digest = sealkit_oci::Digest::of(long.as_bytes()).to_string();
    assert_eq!(facts.text(property::DESCRIPTION), Some(digest.as_str()));
    assert_eq!(about(&facts, property::CHAT_TEMPLATE_DIGEST, ""), digest);
    assert_eq!(about(&facts, property::METADATA, "tokenizer.ggml.scores"), "5000 elements");
}

#[test]
fn parts_of_a_split_model_name_each_other() {
    let mut gguf = GgufBuilder::new(3, false, 0, 3);
    gguf.text("split.no").u32(2).bytes.extend(1_u16.to_le_bytes());
    gguf.text("split.count").u32(2).bytes.extend(3_u16.to_le_bytes());
    gguf.text("split.tensors.count").u32(5).u32(9);
    let bytes = gguf.data(0);
    let facts = look("d/m-00002-of-00003.gguf", &bytes);
    assert_eq!(facts.uint(property::SHARDS), Some(3));
    assert_eq!(files(&facts), ["m-00001-of-00003.gguf", "m-00003-of-00003.gguf"]);
    assert_eq!(about(&facts, property::METADATA, "split.tensors.count"), "9");
    // Another name says nothing of the others.
    assert_eq!(files(&look("m.gguf", &bytes)), Vec::<String>::new());
    let mut wrong = GgufBuilder::new(3, false, 0, 2);
    wrong.text("split.no").u32(2).bytes.extend(3_u16.to_le_bytes());
    wrong.text("split.count").u32(2).bytes.extend(3_u16.to_le_bytes());
    assert_eq!(rules(&look("m.gguf", &wrong.data(0))), ["gguf-split"]);
}

#[test]
fn tensors_must_follow_each_other() {
    let places = |places: &[u64], data: usize| {
        let mut gguf = GgufBuilder::new(3, false, places.len() as u64, 0);
        for (at, place) in places.iter().enumerate() {
            gguf.tensor(&format!("t{at}"), &[8], 0, *place);
        }
        let facts = look("m.gguf", &gguf.data(data));
        rules(&facts).join("+")
    };
    assert_eq!(places(&[0, 32], 64), "");
    assert_eq!(places(&[0, 0], 32), "gguf-places", "they overlap");
    assert_eq!(places(&[0, 64], 96), "gguf-places", "a hole");
    assert_eq!(places(&[32, 0], 64), "gguf-places+gguf-places", "out of order");
    assert_eq!(places(&[0, 32], 63), "gguf-places", "past the end");
    assert_eq!(places(&[0, 32], 200), "gguf-trailing-bytes");
    assert_eq!(places(&[u64::MAX], 64), "gguf-places");
}

#[test]
fn tensors_of_one_name_and_of_unknown_types_are_listed() {
    let mut twice = GgufBuilder::new(3, false, 2, 0);
    twice.tensor("t", &[8], 0, 0).tensor("t", &[8], 0, 32);
    let facts = look("m.gguf", &twice.data(64));
    assert_eq!(rules(&facts), ["gguf-duplicate-tensor"]);
    assert_eq!(tensors(&facts).len(), 2);
    let mut unknown = GgufBuilder::new(3, false, 2, 0);
    unknown.tensor("t", &[8], 99, 0).tensor("u", &[8], 0, 96);
    let facts = look("m.gguf", &unknown.data(128));
    assert_eq!(rules(&facts), Vec::<&str>::new(), "nobody knows where the first one ends");
    assert_eq!(tensors(&facts)[0].dtype, "type 99");
}

#[test]
fn an_alignment_that_is_none_is_a_finding() {
    for (alignment, is_good) in [(32, true), (64, true), (0, false), (3, false)] {
        let mut gguf = GgufBuilder::new(3, false, 0, 1);
        gguf.text("general.alignment").u32(4).u32(alignment);
        let facts = look("m.gguf", &gguf.data(64));
        assert_eq!(rules(&facts).contains(&"gguf-alignment"), !is_good, "{alignment}");
    }
}

#[test]
fn what_was_read_before_the_break_is_kept() {
    let mut gguf = GgufBuilder::new(3, false, 0, 3);
    gguf.pair("general.name", "a").pair("general.license", "mit").text("x").u32(77);
    let facts = look("m.gguf", &gguf.data(64));
    assert!(facts.incomplete);
    assert_eq!(facts.text(property::NAME), Some("a"));
    assert_eq!(facts.text(property::LICENCE), Some("mit"));
    assert_eq!(rules(&facts), ["not-inspected"]);
    assert_eq!(facts.uint(property::PARAMETERS), None);
}

#[test]
fn false_counts_end_at_the_end_of_the_file_or_of_the_budget() {
    let mut gguf = GgufBuilder::new(3, false, u64::MAX, 1);
    gguf.pair("general.name", "a");
    assert!(look("m.gguf", &gguf.data(64)).incomplete);
    let mut texts = GgufBuilder::new(3, false, 0, 1);
    texts.text("a").u32(9).u32(8).u64(u64::MAX);
    assert!(look("m.gguf", &texts.data(1 << 16)).incomplete);
    let mut many = GgufBuilder::new(3, false, 2000, 0);
    for _ in 0..2000 {
        many.tensor("", &[], 0, 0);
    }
    let bytes = many.data(64);
    let mut budget = Budget::new(1 << 20, 1000, 10_000, 16);
    let (_, facts) = sealkit_inspect::inspect("m.gguf", &bytes, &mut budget);
    assert!(facts.incomplete && tensors(&facts).is_empty());
}

#[test]
fn every_type_has_the_size_that_ggml_gives_it() {
    // Number, elements, bytes: `GGML_QUANT_SIZES` of the `gguf` package, `Q8_1` as in `ggml.h`.
    let sizes = [
        (0, 8, 32),
        (1, 8, 16),
        (2, 32, 18),
        (9, 32, 36),
        (10, 256, 84),
        (14, 256, 210),
        (30, 8, 16),
        (34, 256, 54),
        (39, 32, 17),
        (40, 64, 36),
        (41, 128, 18),
    ];
    for (kind, elements, bytes) in sizes {
        let mut gguf = GgufBuilder::new(3, false, 1, 0);
        gguf.tensor("t", &[elements], kind, 0);
        let facts = look("m.gguf", &gguf.data(512));
        assert_eq!(tensors(&facts)[0].size, bytes, "type {kind}");
        let mut odd = GgufBuilder::new(3, false, 1, 0);
        odd.tensor("t", &[elements + 1], kind, 0);
        let is_block = elements > 8;
        assert_eq!(look("m.gguf", &odd.data(512)).incomplete, is_block, "type {kind}");
    }
}

#[test]
fn file_types_have_names_and_unknown_ones_numbers() {
    for (kind, name) in [(0, "F32"), (15, "Q4_K_M"), (1024 + 7, "Q8_0"), (4, "4"), (999, "999")] {
        let facts = entries(1, |gguf| {
            gguf.text("general.file_type").u32(4).u32(kind);
        });
        assert_eq!(facts.text(property::QUANTISATION), Some(name));
    }
    let facts = entries(1, |gguf| {
        gguf.pair("general.file_type", "Q4");
    });
    assert_eq!(all(&facts, property::QUANTISATION), []);
}
