//! What errors say: a stable code, a message fit for any terminal, the next step.

use sealkit_attest::AttestError;
use sealkit_report::Hint as _;

#[test]
fn foreign_text_is_quoted_short_and_printable() {
    assert_eq!(AttestError::quote("plain é 模型"), "plain é 模型");
    assert_eq!(AttestError::quote("\u{1b}[31m\u{202e}\n\0"), "\\u{1b}[31m\\u{202e}\\n\\0");
    let long = AttestError::quote(&"x".repeat(1_000_000));
    assert_eq!(long.chars().count(), 161);
    assert!(long.ends_with('…'));
    assert_eq!(AttestError::quote(&"x".repeat(160)), "x".repeat(160));
}

#[test]
fn the_full_message_names_every_cause() {
    let source = serde_json::from_str::<u8>("x").unwrap_err();
    let text = source.to_string();
    let error = AttestError::Json { document: "bundle", source };
    assert_eq!(error.to_string(), "bundle is not valid");
    assert_eq!(error.full_message(), format!("bundle is not valid: {text}"));
}

#[test]
fn what_could_not_be_checked_is_told_from_what_is_wrong() {
    let unknown = [
        AttestError::NoStatement,
        AttestError::NoMessage,
        AttestError::UnknownKey { hint: "none".to_owned() },
        AttestError::MaterialUnsupported { material: "certificate" },
        AttestError::UnsupportedAlgorithm { algorithm: "RSA".to_owned() },
        AttestError::NotChecked { needs: "x" },
    ];
    assert!(unknown.iter().all(AttestError::is_unknown));
    let wrong = [
        AttestError::SignatureInvalid { reason: "x" },
        AttestError::SignatureCount { found: 2 },
        AttestError::KeyExpired { name: "Ada".to_owned(), until: 1 },
        AttestError::InsecureTestKey,
        AttestError::PayloadType { found: String::new() },
        AttestError::Limit { document: "bundle", what: "byte", limit: 1 },
    ];
    assert!(!wrong.iter().any(AttestError::is_unknown));
}

#[test]
fn codes_are_words_and_messages_are_plain() {
    let errors = [
        AttestError::NoStatement,
        AttestError::WrongPassword,
        AttestError::PasswordNeeded,
        AttestError::RandomSource,
        AttestError::InsecureTestKey,
        AttestError::SignatureCount { found: 0 },
        AttestError::KeyNotYetValid { name: "Ada".to_owned(), from: 5 },
        AttestError::KdfParams { what: "kdf", found: "argon2id".to_owned() },
        AttestError::UnknownKey { hint: "abc".to_owned() },
    ];
    for error in errors {
        let word = |c: char| c.is_ascii_lowercase() || c == '-';
        assert!(error.code().chars().all(word), "{}", error.code());
        let message = error.to_string();
        assert!(!message.ends_with('.') && message.starts_with(char::is_lowercase), "{message}");
        if let Some(hint) = error.hint() {
            assert!(!hint.ends_with('.') && !hint.is_empty(), "{hint}");
        }
    }
}
