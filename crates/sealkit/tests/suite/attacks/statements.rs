//! Cases 8 to 11, 15 and 39: what a validly signed statement must say to count for this kit.

use sealkit_attest::IN_TOTO_PAYLOAD;
use sealkit_oci::Digest;

use super::stage::{Stage, key, refused, signed, statement};

/// A kit with nothing but a statement by `ana` in which `from` became `to` before it was signed.
async fn stating(from: &str, to: impl Fn(&Digest) -> String) -> Stage {
    let stage = Stage::unsigned().await;
    let sound = statement(stage.digest());
    let from = from.replace("{hex}", stage.digest().hex());
    let altered = sound.replace(&from, &to(stage.digest()));
    assert_ne!(sound, altered, "{from}");
    stage.state("ana", &altered).await;
    stage
}

#[tokio::test(flavor = "multi_thread")]
async fn a_statement_about_something_else_does_not_count() {
    type Change = fn(&Digest) -> String;
    let cases: [(&str, Change, &str); 6] = [
        ("{hex}", |_| Digest::of(b"other").hex().to_owned(), "subject-mismatch"),
        ("{hex}", |digest| digest.hex().to_uppercase(), "subject-mismatch"),
        ("{hex}", |digest| digest.hex()[..40].to_owned(), "subject-mismatch"),
        ("\"sha256\"", |_| "\"sha512\"".to_owned(), "weak-algorithm"),
        ("\"sha256\"", |_| "\"sha1\"".to_owned(), "weak-algorithm"),
        ("\"sha256\"", |_| "\"md5\"".to_owned(), "weak-algorithm"),
    ];
    for (from, to, code) in cases {
        let stage = stating(from, to).await;
        let run = refused(stage.verify(), 1, "signatures", code);
        refused(run, 1, "signature", "no-signature");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_right_digest_in_the_predicate_does_not_bind() {
    let stage = Stage::unsigned().await;
    let inner = format!("\"predicate\":{{\"digest\":{{\"sha256\":\"{}\"}}}}", stage.digest().hex());
    let other = statement(&Digest::of(b"other")).replace("\"predicate\":{}", &inner);
    assert!(other.contains(stage.digest().hex()));
    stage.state("ana", &other).await;
    refused(stage.verify(), 1, "signatures", "subject-mismatch");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_payload_type_is_signed_and_must_be_a_statements() {
    let stage = Stage::unsigned().await;
    let sound = statement(stage.digest());
    let bundle = signed(&key("ana"), IN_TOTO_PAYLOAD, &sound);
    let altered = String::from_utf8(bundle).unwrap();
    let altered = altered.replace(IN_TOTO_PAYLOAD, "application/json");
    stage.attach(altered.as_bytes()).await;
    refused(stage.verify(), 1, "signatures", "signature-invalid");

    let stage = Stage::unsigned().await;
    let sound = statement(stage.digest());
    stage.attach(&signed(&key("ana"), "application/json", &sound)).await;
    refused(stage.verify(), 1, "signatures", "payload-type-unsupported");
}

/// An attestation of another kind is no signature, though the signer and the subject are right.
#[tokio::test(flavor = "multi_thread")]
async fn an_attestation_offered_as_a_signature_is_none() {
    let bom = "{\"bomFormat\":\"CycloneDX\",\"specVersion\":\"1.6\"}";
    for (kind, predicate) in [
        ("https://cyclonedx.org/bom/v1.6", bom),
        ("https://slsa.dev/verification_summary/v1", "{}"),
        ("https://sigstore.dev/cosign/sign/v2", "{}"),
        ("https://example.com/cosign/sign/v1", "{}"),
    ] {
        let stage = Stage::unsigned().await;
        let other = statement(stage.digest())
            .replace("https://sigstore.dev/cosign/sign/v1", kind)
            .replace("\"predicate\":{}", &format!("\"predicate\":{predicate}"));
        stage.state("ana", &other).await;
        let run = stage.verify();
        refused(run, 2, "signature", "no-signature");
    }
}

/// A bare signature offered as a seal: the predicate has not the shape of its type.
#[tokio::test(flavor = "multi_thread")]
async fn a_seal_that_names_no_table_is_invalid() {
    let seal = <sealkit_attest::KitSeal as sealkit_attest::Predicate>::TYPE;
    let stage = Stage::signed().await;
    let other = statement(stage.digest()).replace("https://sigstore.dev/cosign/sign/v1", seal);
    stage.state("ana", &other).await;
    refused(stage.verify(), 1, "signatures", "predicate-invalid");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_envelope_has_exactly_one_signature() {
    for count in [0, 2, 1000] {
        let stage = Stage::unsigned().await;
        let bundle = signed(&key("ana"), IN_TOTO_PAYLOAD, &statement(stage.digest()));
        let text = String::from_utf8(bundle).unwrap();
        let at = text.find("\"signatures\":[").unwrap() + "\"signatures\":[".len();
        let one = text[at..].trim_end_matches("]}}").to_owned();
        let list = vec![one.as_str(); count].join(",");
        stage.attach(format!("{}{list}]}}}}", &text[..at]).as_bytes()).await;
        refused(stage.verify(), 1, "signatures", "exactly-one-signature");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_statement_without_its_parts_is_invalid() {
    let subject = "[{\"digest\":{\"sha256\":\"{hex}\"}}]";
    for (from, to) in [
        ("Statement/v1", "Statement/v2"),
        ("https://in-toto.io/Statement/v1", ""),
        (subject, "[]"),
        ("\"subject\"", "\"subjects\""),
        ("\"predicate\":{}", "\"predicate\":[]"),
    ] {
        let stage = stating(from, |_| to.to_owned()).await;
        refused(stage.verify(), 1, "signatures", "statement-invalid");
    }
}
