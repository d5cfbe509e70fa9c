//! The trust root and its file.

use proptest::prelude::*;
use sealkit_attest::{Role, Signer as _, TrustRoot, TrustedKey, Window};
use sealkit_report::Hint as _;

use crate::common::{NOW, key};

fn entry(seed: &str, name: &str) -> TrustedKey {
    TrustedKey::new(key(seed).public_key(), name, Role::Signer)
}

fn file() -> String {
    let mut root = TrustRoot::default();
    let windowed = TrustedKey {
        valid_from: Some(5),
        valid_until: Some(9),
        comment: "met in person".to_owned(),
        ..entry("a", "Ada")
    };
    root.add(windowed).unwrap();
    root.add(TrustedKey::new(key("b").public_key(), "me", Role::Own)).unwrap();
    String::from_utf8(root.to_json().unwrap()).unwrap()
}

#[test]
fn the_file_reads_back_and_says_what_it_means() {
    let root = TrustRoot::parse(file().as_bytes()).unwrap();
    assert_eq!(root.to_json().unwrap(), file().into_bytes());
    let value: serde_json::Value = serde_json::from_str(&file()).unwrap();
    assert_eq!(value["schemaVersion"], 1);
    assert_eq!(value["keys"][0]["validUntil"], 9);
    assert_eq!(value["keys"][1]["role"], "self");
    assert_eq!(value["keys"][1]["publicKey"], key("b").public_key().to_pem());
    assert!(value["keys"][1].get("validFrom").is_none());
}

#[test]
fn a_file_that_says_more_or_less_is_refused() {
    for (from, to) in [
        ("\"schemaVersion\": 1", "\"schemaVersion\": 2"),
        ("\"comment\"", "\"threshold\""),
        ("\"role\": \"self\"", "\"role\": \"Root\""),
        ("\"validFrom\": 5", "\"validFrom\": 10"),
        ("\"validFrom\": 5", "\"validFrom\": 5.0"),
        ("\"name\": \"me\"", "\"name\": \"\""),
        ("\"name\": \"me\"", "\"name\": \"Ada\""),
        ("\"name\": \"me\"", "\"name\": \"a\\u001b[31m\""),
        ("BEGIN PUBLIC", "BEGIN PRIVATE"),
    ] {
        let bad = file().replace(from, to);
        assert_ne!(bad, file(), "{from}");
        let error = TrustRoot::parse(bad.as_bytes()).unwrap_err();
        assert!(matches!(error.code(), "parse-error" | "trust-root-invalid"), "{to}: {error}");
    }
    let twice = file().replace("\"name\": \"me\"", "\"name\": \"me\", \"name\": \"me\"");
    assert_eq!(TrustRoot::parse(twice.as_bytes()).unwrap_err().code(), "duplicate-key");
}

#[test]
fn one_key_has_one_entry() {
    let mut root = TrustRoot::default();
    root.add(entry("a", "Ada")).unwrap();
    let again = root.add(entry("a", "Grace")).unwrap_err();
    assert_eq!(
        again.to_string(),
        "trust root is not valid: the key of `Grace` is already there as `Ada`"
    );
    assert!(root.add(entry("b", "Ada")).is_err());
    assert_eq!(root.keys().len(), 1);
}

#[test]
fn a_trust_root_has_an_end() {
    let mut root = TrustRoot::default();
    for at in 0..1000 {
        root.add(entry(&format!("key {at}"), &format!("signer {at}"))).unwrap();
    }
    assert!(root.add(entry("one more", "one more")).unwrap_err().to_string().contains("1000"));
    let file = root.to_json().unwrap();
    assert_eq!(TrustRoot::parse(&file).unwrap(), root);
}

#[test]
fn a_key_is_removed_by_name_or_id() {
    let mut root = TrustRoot::default();
    root.add(entry("a", "Ada")).unwrap();
    root.add(entry("b", "Bob")).unwrap();
    assert!(root.remove("Eve").is_none());
    assert_eq!(root.remove("Ada").unwrap().name, "Ada");
    assert_eq!(root.remove(&key("b").public_key().id()).unwrap().name, "Bob");
    assert!(root.keys().is_empty());
}

#[test]
fn both_ends_belong_to_the_window() {
    let open = entry("a", "Ada");
    assert_eq!(open.window(i64::MIN), Window::Inside);
    assert_eq!(open.window(i64::MAX), Window::Inside);
    let closed = TrustedKey { valid_from: Some(NOW), valid_until: Some(NOW + 1), ..open };
    assert_eq!(closed.window(NOW - 1), Window::Before(NOW));
    assert_eq!(closed.window(NOW), Window::Inside);
    assert_eq!(closed.window(NOW + 1), Window::Inside);
    assert_eq!(closed.window(NOW + 2), Window::After(NOW + 1));
}

proptest! {
    #[test]
    fn random_files_never_panic(bytes: Vec<u8>) {
        prop_assert!(TrustRoot::parse(&bytes).is_err());
    }
}

#[test]
fn roles_for_another_purpose_vouch_for_no_kit() {
    let vouches = |name: &str| name.parse::<Role>().unwrap().vouches_for_kits();
    assert!(
        ["self", "signer", "ci", "security", "hubs", "re-voker"].map(vouches).iter().all(|v| *v)
    );
    assert!(!vouches(Role::REVOKER) && !vouches(Role::HUB));
    assert_eq!((Role::REVOKER, Role::HUB), ("revoker", "hub"), "as the documents call them");
}
