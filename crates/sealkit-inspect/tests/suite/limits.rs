//! How much of what one file says is kept: counted, not timed.

use crate::common::GgufBuilder;
use crate::model_kit::{look, rules, tensors};
use sealkit_inspect::{Facts, Value, property};
use sealkit_report::{Evidence, Finding, Known, Severity};

fn of(facts: &Facts, property: &str) -> usize {
    facts.facts.iter().filter(|fact| fact.property == property).count()
}

#[test]
fn an_ordinary_model_keeps_all_that_it_says() {
    let (keys, tensors_of, tokens) = (100, 5_000_u64, 150_000_u64);
    let mut gguf = GgufBuilder::new(3, false, tensors_of, keys + 1);
    for at in 0..keys {
        gguf.pair(&format!("llama.key.{at}"), "value");
    }
    gguf.text("tokenizer.ggml.tokens").u32(9).u32(8).size(tokens);
    for at in 0..tokens {
        gguf.text(&at.to_string());
    }
    for at in 0..tensors_of {
        gguf.tensor(&format!("blk.{at}.weight"), &[8], 0, at * 32);
    }
    let facts = look("m.gguf", &gguf.data(tensors_of as usize * 32));
    assert!(!facts.incomplete && facts.tally.is_whole(), "{:?}", rules(&facts));
    assert_eq!(of(&facts, property::METADATA) as u64, keys + 1);
    assert_eq!(tensors(&facts).len() as u64, tensors_of);
    assert_eq!(facts.uint(property::VOCABULARY), Some(tokens));
    assert_eq!(facts.uint(property::PARAMETERS), Some(tensors_of * 8));
}

#[test]
fn a_file_of_very_many_keys_gives_the_first_and_says_so() {
    let many = 200_000;
    let mut gguf = GgufBuilder::new(3, false, 0, many);
    for at in 0..many {
        gguf.text(&format!("k{at}")).u32(0);
        gguf.bytes.push(1);
    }
    let facts = look("m.gguf", &gguf.data(0));
    assert!(facts.incomplete);
    assert!(facts.facts.len() < 5_000, "{} facts", facts.facts.len());
    assert!(facts.size() < 4 << 20, "{} bytes", facts.size());
    let left: Vec<_> = facts.tally.left_out().collect();
    assert!(matches!(left[..], [("metadata", count)] if count > 10_000), "{left:?}");
    assert!(rules(&facts).contains(&"facts-limit"));
    assert_eq!(facts.text(property::FORMAT), Some("gguf"), "what comes last is kept too");
}

#[test]
fn metadata_of_safetensors_is_bounded_too() {
    let pairs: Vec<String> = (0..100_000).map(|at| format!("\"k{at}\":\"v\"")).collect();
    let header = format!("{{\"__metadata__\":{{{}}}}}", pairs.join(","));
    let facts = look("m.safetensors", &crate::model_kit::safetensors(&header, 0));
    assert!(facts.incomplete && facts.facts.len() < 5_000, "{} facts", facts.facts.len());
}

#[test]
fn very_many_tensors_and_long_names_are_bounded() {
    let mut facts = Facts::default();
    let name = "n".repeat(60 << 10);
    for at in 0..4_000 {
        let fact = (property::TENSORS, Value::Uint(at));
        facts.about(&name, Known::Measured, ("m", ""), fact);
    }
    facts.measured("m", "", property::CAN_RUN_CODE, Value::Bool(true));
    assert!(facts.size() < 65 << 20, "{} bytes", facts.size());
    assert_eq!(of(&facts, property::CAN_RUN_CODE), 1, "another property has its place");
    assert_eq!(facts.tally.left_out().count(), 1);
}

#[test]
fn of_one_rule_the_first_findings_stand_and_that_there_are_more() {
    let mut facts = Facts::default();
    for at in 0..100_000 {
        facts.find("odd", Severity::High, ("m", &at.to_string()), "again");
    }
    facts.find("other", Severity::Low, ("m", ""), "once");
    assert_eq!(facts.findings.len(), 258);
    assert_eq!(facts.findings[256].message, "more of this kind was found than is listed");
    let mut again = Facts::default();
    again.extend(facts.clone());
    again.extend(facts.clone());
    assert_eq!(again.findings.len(), 258);
}

#[test]
fn what_is_cut_says_first_what_loading_can_do() {
    let mut facts = Facts::default();
    for at in 0..1_000 {
        let fact = (property::METADATA, Value::Uint(at));
        facts.about("key", Known::Declared, ("m", ""), fact);
        facts.find(&format!("rule-{at}"), Severity::Low, ("m", ""), "small");
    }
    facts.measured("m", "", property::CAN_RUN_CODE, Value::Bool(false));
    facts.measured("m", "", property::CAN_RUN_CODE, Value::Bool(true));
    facts.measured("m", "", property::FORMAT, Value::Text("pickle".to_owned()));
    facts.note(Finding {
        rule: "bad".to_owned(),
        severity: Severity::High,
        message: "bad".to_owned(),
        evidence: Evidence {
            known: Known::Measured,
            file: "m".into(),
            place: String::new(),
            digest: None,
        },
    });
    facts.cut("m", 8 << 10);
    assert!(facts.incomplete && facts.size() < 9 << 10, "{} bytes", facts.size());
    assert_eq!(facts.text(property::FORMAT), Some("pickle"));
    let can: Vec<_> = facts.of(property::CAN_RUN_CODE).map(|fact| &fact.value).collect();
    assert!(can.contains(&&Value::Bool(true)), "{can:?}");
    assert_eq!(facts.findings[0].rule, "bad");
    assert!(rules(&facts).contains(&"facts-limit"));
    let written = serde_json::to_string(&facts).unwrap();
    assert_eq!(serde_json::from_str::<Facts>(&written).unwrap(), facts);
}

#[test]
fn a_source_of_nothing_but_brackets_is_given_up() {
    let facts = look("a.py", "(".repeat(3_000_000).as_bytes());
    assert!(facts.incomplete);
}
