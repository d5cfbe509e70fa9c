//! JSON that two readers could read in two ways is refused; so is JSON without bounds.

use proptest::prelude::*;
use sealkit_attest::strict_json::{self, Limits};
use sealkit_attest::{AttestError, base64};
use sealkit_report::Hint as _;

fn code(bytes: &[u8]) -> &'static str {
    strict_json::parse(bytes, "document", Limits::default()).unwrap_err().code()
}

#[test]
fn a_plain_document_is_read() {
    let text = br#" {"a":[1,-2,2.5,true,null,"x"],"b":{"a":1},"c":{"a":18446744073709551615}} "#;
    let value = strict_json::parse(text, "document", Limits::default()).unwrap();
    assert_eq!(value["a"][2], 2.5);
    assert_eq!(value["c"]["a"], u64::MAX);
}

#[test]
fn duplicate_keys_are_refused_at_any_depth_and_however_written() {
    for text in [
        r#"{"a":1,"a":1}"#,
        r#"{"x":[{"a":1,"b":2,"a":3}]}"#,
        r#"{"a":1,"\u0061":2}"#,
        r#"{"x":{"y":{"":1,"":2}}}"#,
    ] {
        assert_eq!(code(text.as_bytes()), "duplicate-key", "{text}");
    }
    let error = strict_json::check(br#"{"a":1,"a":1}"#, "statement", Limits::default());
    assert_eq!(error.unwrap_err().to_string(), "statement has the key `a` twice in one object");
}

#[test]
fn a_foreign_key_is_repeated_without_its_tricks() {
    let text = "{\"\u{202e}\u{1b}[2J\":1,\"\u{202e}\u{1b}[2J\":1}".replace('\u{1b}', "\\u001b");
    let error = strict_json::check(text.as_bytes(), "bundle", Limits::default()).unwrap_err();
    assert!(!error.to_string().contains(['\u{202e}', '\u{1b}']), "{error}");
}

#[test]
fn what_is_not_one_json_document_is_refused() {
    let cases: &[&[u8]] = &[
        b"",
        b"{} {}",
        b"{}x",
        b"\xef\xbb\xbf{}",
        b"{\"a\":NaN}",
        b"{\"a\":Infinity}",
        b"{\"a\":1e400}",
        b"{\"a\":01}",
        b"{\"a\":+1}",
        b"{\"a\":.5}",
        b"{'a':1}",
        b"{\"a\":1,}",
        b"{\"a\":\"\xff\"}",
        b"{\"\xc0\x80\":1}",
        b"{\"a\":\"\\ud800\"}",
        b"{\"a\":\"\n\"}",
        b"{\"a\":/* c */1}",
        b"{}\0",
    ];
    for case in cases {
        assert_eq!(code(case), "parse-error", "{}", String::from_utf8_lossy(case));
        assert!(strict_json::check(case, "document", Limits::default()).is_err());
    }
}

#[test]
fn numbers_that_readers_round_differently_are_refused() {
    for text in ["18446744073709551616", "-9223372036854775809", "1e300", "9007199254740993.0"] {
        assert_eq!(code(text.as_bytes()), "parse-error", "{text}");
    }
    for text in ["9223372036854775808", "-9223372036854775808", "1e15", "0.1"] {
        strict_json::check(text.as_bytes(), "document", Limits::default()).unwrap();
    }
}

#[test]
fn whole_fields_take_whole_numbers_only() {
    #[derive(Debug, serde::Deserialize)]
    struct Sized {
        #[expect(dead_code, reason = "only its type matters")]
        size: i64,
    }
    for text in [r#"{"size":2.0}"#, r#"{"size":9223372036854775808}"#, r#"{"size":"2"}"#] {
        let read = strict_json::from_slice::<Sized>(text.as_bytes(), "document", Limits::default());
        assert_eq!(read.unwrap_err().code(), "parse-error", "{text}");
    }
}

#[test]
fn limits_hold_for_bytes_depth_and_strings() {
    let limits = Limits { bytes: 100, depth: 3, string: 5 };
    let limit = |text: &str| match strict_json::check(text.as_bytes(), "document", limits) {
        Err(AttestError::Limit { what, .. }) => what,
        other => panic!("{text}: {other:?}"),
    };
    strict_json::check(br#"[[["12345"]]]"#, "document", limits).unwrap();
    assert_eq!(limit("[[[[]]]]"), "depth");
    assert_eq!(limit(r#"{"a":{"a":{"a":{}}}}"#), "depth");
    assert_eq!(limit(r#"["123456"]"#), "string");
    assert_eq!(limit(r#"{"123456":1}"#), "string");
    assert_eq!(limit(&" ".repeat(101)), "byte");
}

#[test]
fn ten_thousand_levels_are_a_limit_and_no_crash() {
    let limits = Limits { depth: 64, ..Limits::default() };
    for open in ["[", "{\"a\":"] {
        let text = open.repeat(10_000);
        let error = strict_json::check(text.as_bytes(), "document", limits).unwrap_err();
        assert_eq!(error.code(), "limit-exceeded");
    }
}

#[test]
fn base64_has_one_form() {
    assert_eq!(base64::decode("+/8=", "f").unwrap(), [0xfb, 0xff]);
    for text in ["-_8=", "+/8", "+/8==", "+/9=", " +/8=", "+/8=\n", "+/8=AAAA", "="] {
        let error = base64::decode(text, "payload").unwrap_err();
        assert_eq!(error.code(), "parse-error", "{text}");
        assert_eq!(error.to_string(), "`payload` is not standard base64");
    }
}

proptest! {
    #[test]
    fn base64_reverses(bytes: Vec<u8>) {
        prop_assert_eq!(base64::decode(&base64::encode(&bytes), "f").unwrap(), bytes);
    }

    #[test]
    fn random_bytes_never_panic(bytes: Vec<u8>) {
        let _ = strict_json::parse(&bytes, "document", Limits::default());
    }

    #[test]
    fn what_is_accepted_means_the_same_to_serde_json(text in r#"[\[\]{}:,"a0-9.e\-]{0,24}"#) {
        if let Ok(value) = strict_json::parse(text.as_bytes(), "document", Limits::default()) {
            prop_assert_eq!(value, serde_json::from_str::<serde_json::Value>(&text).unwrap());
        }
    }
}
