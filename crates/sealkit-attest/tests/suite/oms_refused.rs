//! Model signatures that must be refused: each defect of the reference implementation, and each
//! attack on the list of files. All of them are validly signed by a trusted key.

use sealkit_attest::oms::{GitPaths, Ignores, TreeManifest};
use sealkit_attest::{IN_TOTO_PAYLOAD, Legacy, ModelVerification, Signer as _, Verifier};
use sealkit_oci::Digest;
use sealkit_report::{Hint as _, Outcome};

use crate::common::{NOW, key, signed, signed_statement, trusting, wrapped};

const A: &str = "6b86b273ff34fce19d6b804eff5a3f5747ada4eaa22f1d49c01e52ddb7875b4b";
const B: &str = "d4735e3a265e16eee03f59718b9b5d03019c07d8b6c51f90da3a666eec13ab35";

fn resource(name: &str, digest: &str) -> String {
    let name = serde_json::to_string(name).unwrap();
    format!(r#"{{"name":{name},"algorithm":"sha256","digest":"{digest}"}}"#)
}

fn root(digests: &[&str]) -> String {
    let raw: Vec<u8> = digests
        .iter()
        .flat_map(|hex| format!("sha256:{hex}").parse::<Digest>().unwrap().raw())
        .collect();
    Digest::of(&raw).hex().to_owned()
}

const FILES: &str = r#""method":"files","hash_type":"sha256","allow_symlinks":false"#;

/// A statement with any serialization and resources, and the root that belongs to `digests`.
fn statement(serialization: &str, resources: &[String], digests: &[&str]) -> String {
    let (root, resources) = (root(digests), resources.join(","));
    format!(
        r#"{{"_type":"https://in-toto.io/Statement/v1","subject":[{{"name":"m","digest":{{"sha256":"{root}"}}}}],"predicateType":"https://model_signing/signature/v1.0","predicate":{{"serialization":{{{serialization}}},"resources":[{resources}]}}}}"#
    )
}

fn good() -> String {
    statement(FILES, &[resource("a", A), resource("b", B)], &[A, B])
}

fn check(text: &str, legacy: Legacy) -> ModelVerification {
    let signer = key("attacker is trusted");
    let trust = trusting(&[&signer]);
    let bundle = signed_statement(&signer, text);
    Verifier::new(&trust, NOW).insecure_allowing_legacy(legacy).check_model(&bundle)
}

/// The code by which a validly signed statement is refused.
fn refused(text: &str) -> &'static str {
    let result = check(text, Legacy::default());
    assert!(result.verified().is_none(), "{text}");
    result.into_result().unwrap_err().code()
}

#[test]
fn the_good_one_is_good() {
    assert!(check(&good(), Legacy::default()).verified().is_some());
    let later = good().replace("signature/v1.0", "signature/v1.1");
    assert!(check(&later, Legacy::default()).verified().is_some());
    // Resources and subjects may say more.
    let more = good().replacen(r#""algorithm""#, r#""annotations":{},"algorithm""#, 1);
    assert!(check(&more, Legacy::default()).verified().is_some());
}

#[test]
fn ignored_paths_that_hide_the_model_are_refused() {
    for path in [".", "", "..", "../x", "/", "/a", "*", "a*", "b?", "./b", "a", "b/"] {
        let path = serde_json::to_string(path).unwrap();
        let serialization = format!(r#"{FILES},"ignore_paths":[{path}]"#);
        let text = statement(&serialization, &[resource("a", A), resource("b", B)], &[A, B]);
        assert_eq!(refused(&text), "manifest-invalid", "{path}");
    }
    let below = format!(r#"{FILES},"ignore_paths":["d"]"#);
    assert_eq!(refused(&statement(&below, &[resource("d/a", A)], &[A])), "manifest-invalid");
    let all = format!(r#"{FILES},"ignore_paths":["."]"#);
    assert_eq!(refused(&statement(&all, &[], &[])), "manifest-invalid");
}

#[test]
fn lists_that_say_nothing_or_say_it_twice_are_refused() {
    assert_eq!(refused(&statement(FILES, &[], &[])), "manifest-invalid");
    let twice = [resource("a", A), resource("a", B)];
    assert_eq!(refused(&statement(FILES, &twice, &[A, B])), "manifest-invalid");
    let same = [resource("a", A), resource("a", A)];
    assert_eq!(refused(&statement(FILES, &same, &[A, A])), "manifest-invalid");
}

#[test]
fn names_that_lead_elsewhere_are_refused() {
    let bad =
        ["../x", "/x", "./a", "a//b", "a/", "C:\\x", "a\\b", "a\0b", "a.", ".", "..", "a/../b", ""];
    for name in bad {
        let listed = [resource(name, A), resource("z", B)];
        assert_eq!(refused(&statement(FILES, &listed, &[A, B])), "unsafe-path", "{name:?}");
    }
    for pair in [["a", "A"], ["é", "e\u{301}"]] {
        let listed = pair.map(|name| resource(name, A));
        assert_eq!(refused(&statement(FILES, &listed, &[A, A])), "path-collision", "{pair:?}");
    }
}

#[test]
fn keys_twice_anywhere_are_refused() {
    for (part, twice) in [
        (r#""allow_symlinks":false"#, r#""allow_symlinks":true,"allow_symlinks":false"#),
        (r#""name":"a""#, r#""name":"z","name":"a""#),
        (r#""predicateType""#, r#""predicateType":"x","predicateType""#),
    ] {
        assert_eq!(refused(&good().replacen(part, twice, 1)), "duplicate-key", "{part}");
    }
}

#[test]
fn shapes_that_no_schema_knows_are_refused() {
    for (part, other) in [
        (r#""serialization":{"#, r#""serialization":{"extra":1,"#),
        (r#""predicate":{"#, r#""predicate":{"extra":1,"#),
        (r#""subject":["#, r#""extra":1,"subject":["#),
        (r#""method":"files","#, ""),
        (r#""method":"files""#, r#""method":"tensors""#),
        (r#""hash_type":"sha256","#, ""),
        (r#""allow_symlinks":false"#, r#""allow_symlinks":"false""#),
        (r#""allow_symlinks":false"#, r#""allow_symlinks":false,"shard_size":10"#),
        (r#""algorithm":"sha256""#, r#""algorithm":"blake3""#),
        (r#""algorithm":"sha256""#, r#""algorithm":"sha256-sharded-2""#),
        (A, &A.to_uppercase()),
        (A, &A[..62]),
    ] {
        let text = good().replacen(part, other, 1);
        assert_ne!(text, good());
        assert_eq!(refused(&text), "manifest-invalid", "{other}");
    }
    for hash in ["blake3", "blake2b", "sha512"] {
        let text = good().replace(r#""hash_type":"sha256""#, &format!(r#""hash_type":"{hash}""#));
        assert_eq!(refused(&text), "unsupported-algorithm");
    }
    let second = good()
        .replace(r#""subject":["#, &format!(r#""subject":[{{"digest":{{"sha256":"{A}"}}}},"#));
    assert_eq!(refused(&second), "manifest-invalid");
    let other = good().replace("signature/v1.0", "signature/v2.0");
    assert_eq!(refused(&other), "predicate-type-mismatch");
    assert_eq!(
        refused(&good().replace("signature/v1.0", "signature/v1.x")),
        "predicate-type-mismatch"
    );
}

#[test]
fn a_root_that_is_not_of_the_list_is_refused() {
    let swapped = statement(FILES, &[resource("a", A), resource("b", B)], &[B, A]);
    assert_eq!(refused(&swapped), "subject-mismatch");
    let sha512 = good().replacen(r#"{"sha256":"#, r#"{"sha512":"#, 1);
    assert_eq!(refused(&sha512), "weak-algorithm");
}

#[test]
fn the_form_of_0_2_is_refused_unless_it_is_asked_for() {
    let text = format!(
        r#"{{"_type":"https://in-toto.io/Statement/v1","subject":[{{"name":"a","digest":{{"sha256":"{A}"}}}}],"predicateType":"https://model_signing/Digests/v0.1","predicate":{{"unused":"x"}}}}"#
    );
    let legacy = Legacy { format: true, ..Legacy::default() };
    assert_eq!(refused(&text), "legacy-refused");
    assert!(check(&text, legacy).verified().is_some());
    let unsafe_name = text.replace(r#""name":"a""#, r#""name":"../a""#);
    assert_eq!(check(&unsafe_name, legacy).into_result().unwrap_err().code(), "unsafe-path");

    // The faulty encoding around a statement of today.
    let (signer, payload) = (key("old"), good());
    let repr = format!("b'{payload}'");
    let message = format!("DSSEV1 28 {IN_TOTO_PAYLOAD} {} {repr}", payload.len());
    let signature = signer.sign(message.as_bytes()).unwrap();
    let bundle = wrapped(&signer.public_key(), IN_TOTO_PAYLOAD, payload.as_bytes(), &signature);
    let trust = trusting(&[&signer]);
    let strict = Verifier::new(&trust, NOW);
    assert_eq!(strict.check_model(&bundle).into_result().unwrap_err().code(), "legacy-refused");
    assert!(strict.insecure_allowing_legacy(legacy).check_model(&bundle).verified().is_some());
    // It takes nothing but itself.
    let other = wrapped(
        &signer.public_key(),
        IN_TOTO_PAYLOAD,
        payload.replace("\"a\"", "\"c\"").as_bytes(),
        &signature,
    );
    assert!(strict.insecure_allowing_legacy(legacy).check_model(&other).verified().is_none());
}

#[test]
fn shards_are_refused_unless_they_are_asked_for_and_whole() {
    let of = |size: &str, names: &[&str]| {
        let listed: Vec<_> = names.iter().map(|name| resource(name, A)).collect();
        let serialization =
            format!(r#""method":"shards","hash_type":"sha256","allow_symlinks":false{size}"#);
        statement(&serialization, &listed, &vec![A; names.len()])
    };
    let legacy = Legacy { shards: true, ..Legacy::default() };
    let ten = r#","shard_size":10"#;
    let whole = of(ten, &["w:0:10", "w:10:13", "ab:c:0:4"]);
    assert_eq!(refused(&whole), "legacy-refused");
    let result = check(&whole, legacy);
    let read = result.verified().unwrap().value();
    assert_eq!(read.shards().keys().collect::<Vec<_>>(), ["ab:c", "w"]);
    for (size, names) in [
        (ten, &["w:0:10", "w:11:13"][..]),
        (ten, &["w:0:10", "w:9:13"]),
        (ten, &["w:0:10", "w:0:10"]),
        (ten, &["w:1:10"]),
        (ten, &["w:0:5", "w:5:10"]),
        (ten, &["w:0:11"]),
        (ten, &["w:5:5"]),
        (ten, &["w:10:0"]),
        (ten, &["w"]),
        (ten, &["w:0:"]),
        (ten, &["w:0:+5"]),
        (ten, &["w:0:05"]),
        (ten, &["w:0:99999999999999999999"]),
        (r#","shard_size":2.0"#, &["w:0:2"]),
        (r#","shard_size":0"#, &["w:0:2"]),
        ("", &["w:0:2"]),
    ] {
        let result = check(&of(size, names), legacy);
        assert_eq!(
            result.into_result().unwrap_err().code(),
            "manifest-invalid",
            "{size} {names:?}"
        );
    }
    let outside = check(&of(ten, &["../w:0:2"]), legacy);
    assert_eq!(outside.into_result().unwrap_err().code(), "unsafe-path");
}

#[test]
fn signatures_and_envelopes_are_held_to_the_same_rules() {
    let (signer, other) = (key("attacker is trusted"), key("other"));
    let trust = trusting(&[&signer]);
    let verifier = Verifier::new(&trust, NOW);
    let code = |bytes: &[u8]| verifier.check_model(bytes).into_result().unwrap_err().code();
    assert_eq!(code(&signed_statement(&other, &good())), "untrusted-key");
    assert_eq!(
        code(&signed(&signer, "application/json", good().as_bytes())),
        "payload-type-unsupported"
    );
    let bundle = String::from_utf8(signed_statement(&signer, &good())).unwrap();
    let sig = r#""signatures":[{"#;
    let garbage = bundle.replace(sig, r#""signatures":[{"sig":"AAAA"},{"#);
    assert_eq!(code(garbage.as_bytes()), "exactly-one-signature");
    assert_eq!(code(bundle.replace("v0.3+json", "v0.4+json").as_bytes()), "media-type-unsupported");
    assert_eq!(code(bundle.replacen('{', r#"{"extra":1,"#, 1).as_bytes()), "parse-error");
    assert_eq!(code(bundle.replacen('{', r#"{"mediaType":"x","#, 1).as_bytes()), "duplicate-key");
    let twice = format!("{bundle}{bundle}");
    assert_eq!(code(twice.as_bytes()), "parse-error");
    let payload = bundle.find(r#""payload":""#).unwrap() + 12;
    let mut url_safe = bundle.clone();
    url_safe.replace_range(payload..=payload, "_");
    assert_eq!(code(url_safe.as_bytes()), "parse-error");
}

#[test]
fn every_check_is_reported_even_of_nothing() {
    let trust = trusting(&[]);
    let result = Verifier::new(&trust, NOW).check_model(b"not a bundle");
    assert!(result.checks.len() >= 10);
    assert!(result.claimed().is_none() && result.verified().is_none());
    assert_eq!(result.find("model-manifest").unwrap().step.outcome, Outcome::Unknown);
}

#[test]
fn a_list_that_is_none_is_the_one_cause_and_every_step_has_its_code() {
    let result = check("{}", Legacy::default());
    let codes = |id: &str| result.find(id).unwrap().step.codes.clone();
    // The text is no statement at all.
    assert_eq!(result.find("statement-valid").unwrap().step.outcome, Outcome::Fail);
    assert_eq!((codes("subject-bound"), codes("model-manifest")), (not_checked(), not_checked()));
    // It is a statement, and its list is none.
    let listless = good().replace("\"resources\"", "\"others\"");
    let result = check(&listless, Legacy::default());
    let codes = |id: &str| result.find(id).unwrap().step.codes.clone();
    assert_eq!(
        (codes("subject-bound"), codes("model-manifest")),
        (not_checked(), manifest_invalid())
    );
    assert_eq!(result.find("model-manifest").unwrap().step.outcome, Outcome::Fail);
    assert!(result.claimed().is_none() && result.verified().is_none());
}

fn not_checked() -> Vec<String> {
    vec!["not-checked".to_owned()]
}

fn manifest_invalid() -> Vec<String> {
    vec!["manifest-invalid".to_owned()]
}

#[test]
fn ignores_of_the_verifier_may_not_cover_what_is_signed() {
    let result = check(&good(), Legacy::default());
    let tree = result.verified().unwrap().value();
    let more = Ignores::new(["a".to_owned()]).unwrap();
    assert_eq!(tree.ignores(GitPaths::Ignore, &more).unwrap_err().code(), "manifest-invalid");
    // What of git is signed is checked, whatever the default.
    let git = statement(FILES, &[resource(".github/w.yml", A)], &[A]);
    let result = check(&git, Legacy::default());
    let ignores = result.verified().unwrap().value().ignores(GitPaths::Ignore, &Ignores::default());
    assert!(!ignores.unwrap().covers(".github/evil.yml"));
}

#[test]
fn what_must_not_be_read_is_not_signed() {
    let of = |names: &[&str], ignores: &[&str]| {
        let files = names.iter().map(|name| ((*name).to_owned(), Digest::of(b"")));
        let ignores = Ignores::new(ignores.iter().map(|path| (*path).to_owned())).unwrap();
        TreeManifest::new("m", files, ignores).unwrap_err().code()
    };
    assert_eq!(of(&[], &[]), "manifest-invalid");
    assert_eq!(of(&["a", "a"], &[]), "manifest-invalid");
    assert_eq!(of(&["d/a"], &["d"]), "manifest-invalid");
    assert_eq!(of(&["/a"], &[]), "unsafe-path");
    assert_eq!(of(&["a", "A"], &[]), "path-collision");
}
