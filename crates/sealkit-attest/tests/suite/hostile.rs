//! Every field of a bundle is taken away, doubled, and made something else. What still verifies says the
//! same, by the same signer, and is on the short list of what may.

use std::collections::BTreeSet;

use sealkit_attest::{TrustRoot, Verifier};
use sealkit_report::Hint as _;
use sealkit_testkit::FakeSigstore;
use serde_json::{Value, json};

use crate::common::{NOW, bundle, key, kit, signed_statement, statement, trusting};
use crate::keyless::{check, signed, signer, trust};
use crate::predicates::{GOLDEN, golden, state};

/// Every place in a document, as JSON pointers; the whole is none.
fn places(value: &Value, at: &str, found: &mut Vec<String>) {
    let step = |key: &str| format!("{at}/{}", key.replace('~', "~0").replace('/', "~1"));
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                found.push(step(key));
                places(value, &step(key), found);
            }
        }
        Value::Array(list) => {
            for (index, value) in list.iter().enumerate() {
                found.push(step(&index.to_string()));
                places(value, &step(&index.to_string()), found);
            }
        }
        _ => {}
    }
}

fn all_places(value: &Value) -> Vec<String> {
    let mut found = Vec::new();
    places(value, "", &mut found);
    found
}

fn without(whole: &Value, at: &str) -> Value {
    let (parent, last) = at.rsplit_once('/').unwrap();
    let mut less = whole.clone();
    match less.pointer_mut(parent).unwrap() {
        Value::Object(map) => {
            map.shift_remove(last);
        }
        Value::Array(list) => {
            list.remove(last.parse().unwrap());
        }
        _ => panic!("{at} is inside nothing"),
    }
    less
}

/// Values of every type, none of which a field has.
fn odd() -> Vec<Value> {
    vec![
        Value::Null,
        json!(true),
        json!(0),
        json!(-1),
        json!(u64::MAX),
        json!(0.5),
        json!(""),
        json!("A"),
        json!("AAAA"),
        json!("\u{0}"),
        json!("9".repeat(40)),
        json!([]),
        json!({}),
        json!([[]]),
        json!({"": null}),
        json!("A".repeat(100_000)),
    ]
}

/// The places at which `bundle` may lack or say something else and still verify.
fn lenient(good: &Value, trust: &TrustRoot) -> BTreeSet<String> {
    let name = |bundle: &Value| {
        let verified = check(trust, bundle).into_result().ok()?;
        assert_eq!(verified.value().payload(), statement().payload());
        Some(verified.signer().id())
    };
    let signer = name(good).unwrap();
    let mut found = BTreeSet::new();
    for at in all_places(good) {
        let mut tries = vec![("gone", without(good, &at))];
        for value in odd() {
            let mut other = good.clone();
            *other.pointer_mut(&at).unwrap() = value;
            if other != *good {
                tries.push(("other", other));
            }
        }
        if let Some(Value::Object(map)) = good.pointer(&at) {
            let mut other = good.clone();
            *other.pointer_mut(&at).unwrap() = map.values().cloned().collect();
            tries.push(("by position", other));
        }
        for (how, changed) in tries {
            if let Some(by) = name(&changed) {
                assert_eq!(by, signer, "{at} {how}");
                found.insert(format!("{at} {how}"));
            }
        }
    }
    found
}

#[test]
fn no_field_of_a_bundle_by_key_may_be_anything_else() {
    let signer = key("a");
    let good: Value = serde_json::from_slice(&bundle(&signer)).unwrap();
    let found = lenient(&good, &trusting(&[&signer]));
    // What names the key proves nothing, and a log that nobody trusts is not read.
    let material = "/verificationMaterial";
    let free = [
        "/dsseEnvelope/signatures/0/keyid gone".to_owned(),
        "/dsseEnvelope/signatures/0/keyid other".to_owned(),
        format!("{material}/publicKey other"),
        format!("{material}/publicKey/hint gone"),
        format!("{material}/publicKey/hint other"),
        format!("{material}/tlogEntries gone"),
        format!("{material}/tlogEntries other"),
    ];
    assert_eq!(found, BTreeSet::from(free));
}

#[test]
fn no_field_of_a_keyless_bundle_may_be_anything_else() {
    let fake = FakeSigstore::default();
    let good = signed(&fake, &signer());
    let found = lenient(&good, &trust(&fake));
    assert_eq!(found, BTreeSet::new());
}

/// The text of a document in which one field stands twice.
fn doubled(value: &Value, at: &str, twice: &str) -> String {
    match value {
        Value::Object(map) => {
            let fields = map.iter().map(|(key, value)| {
                let here = format!("{at}/{}", key.replace('~', "~0").replace('/', "~1"));
                let field = format!("{}:{}", json!(key), doubled(value, &here, twice));
                if here == twice { format!("{field},{field}") } else { field }
            });
            format!("{{{}}}", fields.collect::<Vec<_>>().join(","))
        }
        Value::Array(list) => {
            let all = list.iter().enumerate();
            let all = all.map(|(index, value)| doubled(value, &format!("{at}/{index}"), twice));
            format!("[{}]", all.collect::<Vec<_>>().join(","))
        }
        other => other.to_string(),
    }
}

#[test]
fn no_field_may_stand_twice() {
    let fake = FakeSigstore::default();
    let good = signed(&fake, &signer());
    let trust = trust(&fake);
    let is_field =
        |at: &String| at.rsplit('/').next().is_some_and(|last| last.parse::<u8>().is_err());
    for at in all_places(&good).into_iter().filter(is_field) {
        let text = doubled(&good, "", &at);
        let error = Verifier::new(&trust, NOW).verify(text.as_bytes(), &kit()).unwrap_err();
        assert_eq!(error.code(), "duplicate-key", "{at}");
    }
}

/// The same document with the object at a place as a list of its values.
fn by_position(whole: &Value, at: &str) -> Value {
    let mut other = whole.clone();
    let object = other.pointer_mut(at).unwrap();
    *object = object.as_object().unwrap().values().cloned().collect();
    other
}

#[test]
fn no_statement_has_its_fields_by_position() {
    let signer = key("a");
    let trust = trusting(&[&signer]);
    let whole: Value = serde_json::from_slice(statement().payload()).unwrap();
    for at in ["", "/subject/0", "/predicate"] {
        let text = by_position(&whole, at).to_string();
        let bytes = signed_statement(&signer, &text);
        let error = Verifier::new(&trust, NOW).verify(&bytes, &kit()).unwrap_err();
        assert_eq!(error.code(), "statement-invalid", "{at}: {error}");
    }
}

#[test]
fn no_predicate_has_its_fields_by_position() {
    let mut refused = 0;
    for (name, _) in GOLDEN {
        let whole = golden(name);
        let is_object = |at: &String| whole.pointer(at).is_some_and(Value::is_object);
        for at in all_places(&whole).into_iter().filter(is_object) {
            let is_read = state(name, &by_position(&whole, &at)).any_predicate().is_ok();
            // What is free may be anything.
            let is_free = state(name, &{
                let mut other = whole.clone();
                *other.pointer_mut(&at).unwrap() = json!(["anything"]);
                other
            });
            assert_eq!(is_read, is_free.any_predicate().is_ok(), "{name} {at}");
            refused += usize::from(!is_read);
        }
    }
    assert!(refused > 30, "{refused}");
}
