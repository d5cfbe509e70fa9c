//! Every kind of entry, and every way not to fit.

use p256::ecdsa::SigningKey;
use p256::pkcs8::EncodePublicKey as _;
use sealkit_report::Hint as _;
use serde_json::{Value, json};

use super::{Entry, Kind, Signed, SignedBy, check, hex};
use crate::{Envelope, IN_TOTO_PAYLOAD, PublicKey, base64};

const PAYLOAD: &[u8] = b"{\"a\":1}";
const SIGNATURE: &[u8] = b"signature";

fn key(seed: u8) -> PublicKey {
    let key = SigningKey::from_slice(&[seed; 32]).unwrap();
    PublicKey::from_der(key.verifying_key().to_public_key_der().unwrap().as_bytes()).unwrap()
}

fn envelope() -> Envelope {
    Envelope {
        payload_type: IN_TOTO_PAYLOAD.to_owned(),
        payload: PAYLOAD.to_vec(),
        signature: SIGNATURE.to_vec(),
    }
}

/// The code with which a body of `kind` is refused, or none.
fn refused(kind: Kind, body: &Value) -> Option<&'static str> {
    let (key, envelope) = (key(1), envelope());
    let sha256 = sealkit_oci::Digest::of(&envelope.signed_bytes()).raw();
    let signed = Signed {
        signature: SIGNATURE,
        by: SignedBy::Key(key.to_der()),
        sha256: &sha256,
        envelope: Some(&envelope),
    };
    let entry = Entry {
        index: 0,
        log_id: Vec::new(),
        kind,
        time: None,
        promise: None,
        proof: None,
        body: serde_json::to_vec(body).unwrap(),
    };
    check(&entry, &signed).err().map(|error| error.code())
}

fn pem(seed: u8) -> String {
    base64::encode(key(seed).to_pem().as_bytes())
}

fn hash(bytes: &[u8]) -> Value {
    json!({ "algorithm": "sha256", "value": sealkit_oci::Digest::of(bytes).hex() })
}

fn good(kind: Kind) -> Value {
    let signed = envelope().signed_bytes();
    let (name, version) = kind.name();
    let twice = |bytes: &[u8]| base64::encode(base64::encode(bytes).as_bytes());
    let spec = match kind {
        Kind::HashedRekord1 => json!({
            "data": { "hash": hash(&signed) },
            "signature": {
                "content": base64::encode(SIGNATURE), "publicKey": { "content": pem(1) }
            },
        }),
        Kind::HashedRekord2 => json!({ "hashedRekordV002": {
            "data": {
                "algorithm": "SHA2_256",
                "digest": base64::encode(&sealkit_oci::Digest::of(&signed).raw()),
            },
            "signature": {
                "content": base64::encode(SIGNATURE),
                "verifier": { "publicKey": { "rawBytes": base64::encode(key(1).to_der()) } },
            },
        } }),
        Kind::Dsse1 => json!({
            "envelopeHash": hash(b"anything"),
            "payloadHash": hash(PAYLOAD),
            "signatures": [{ "signature": base64::encode(SIGNATURE), "verifier": pem(1) }],
        }),
        Kind::Intoto2 => json!({ "content": {
            "envelope": {
                "payload": twice(PAYLOAD),
                "payloadType": IN_TOTO_PAYLOAD,
                "signatures": [{ "publicKey": pem(1), "sig": twice(SIGNATURE) }],
            },
            "payloadHash": hash(PAYLOAD),
        } }),
    };
    json!({ "kind": name, "apiVersion": version, "spec": spec })
}

/// Each of the places is changed to each of the values in turn.
#[track_caller]
fn all_refused(kind: Kind, places: &[(&str, &[Value])]) {
    assert_eq!(refused(kind, &good(kind)), None, "{kind:?}");
    for (pointer, values) in places {
        for value in *values {
            let mut body = good(kind);
            let place = body.pointer_mut(pointer).unwrap();
            assert_ne!(place, value);
            *place = value.clone();
            assert_eq!(refused(kind, &body), Some("log-entry-mismatch"), "{pointer} {value}");
        }
    }
}

#[test]
fn a_hashedrekord_of_rekor_v1_fits_in_every_part_or_not_at_all() {
    let other = base64::encode(b"other");
    all_refused(
        Kind::HashedRekord1,
        &[
            ("/kind", &[json!("dsse"), json!(null)]),
            ("/apiVersion", &[json!("0.0.2"), json!(1)]),
            ("/spec/data/hash/algorithm", &[json!("sha512"), json!("SHA256")]),
            ("/spec/data/hash/value", &[json!("00"), json!(null), json!(hex(b"x"))]),
            ("/spec/signature/content", &[json!(other), json!("?"), json!(null)]),
            ("/spec/signature/publicKey/content", &[json!(pem(2)), json!(other), json!(null)]),
        ],
    );
}

#[test]
fn a_hashedrekord_of_rekor_v2_fits_in_every_part_or_not_at_all() {
    let other = base64::encode(b"other");
    let certificate = json!({ "x509Certificate": { "rawBytes": base64::encode(key(1).to_der()) } });
    let both = json!({
        "publicKey": { "rawBytes": base64::encode(key(1).to_der()) },
        "x509Certificate": { "rawBytes": other },
    });
    let payload = base64::encode(&sealkit_oci::Digest::of(PAYLOAD).raw());
    all_refused(
        Kind::HashedRekord2,
        &[
            ("/spec/hashedRekordV002/data/algorithm", &[json!("SHA2_512"), json!("sha256")]),
            // The hash is that of the signed bytes, and not of the payload.
            ("/spec/hashedRekordV002/data/digest", &[json!(payload), json!(other), json!("")]),
            ("/spec/hashedRekordV002/signature/content", &[json!(other), json!("")]),
            ("/spec/hashedRekordV002/signature/verifier", &[certificate, both, json!({})]),
            (
                "/spec/hashedRekordV002/signature/verifier/publicKey/rawBytes",
                &[json!(base64::encode(key(2).to_der())), json!(pem(1))],
            ),
        ],
    );
}

#[test]
fn a_dsse_entry_fits_in_every_part_or_not_at_all() {
    let other = base64::encode(b"other");
    let one = json!({ "signature": base64::encode(SIGNATURE), "verifier": pem(1) });
    all_refused(
        Kind::Dsse1,
        &[
            ("/spec/payloadHash", &[hash(b"other"), json!(null)]),
            ("/spec/signatures", &[json!([]), json!([one, one]), json!({}), json!(null)]),
            ("/spec/signatures/0/signature", &[json!(other)]),
            ("/spec/signatures/0/verifier", &[json!(pem(2)), json!(other)]),
        ],
    );
}

#[test]
fn an_intoto_entry_fits_in_every_part_or_not_at_all() {
    let once = base64::encode(SIGNATURE);
    all_refused(
        Kind::Intoto2,
        &[
            ("/spec/content/payloadHash", &[hash(b"other"), json!(null)]),
            ("/spec/content/envelope/payload", &[json!(once)]),
            ("/spec/content/envelope/payloadType", &[json!("text/plain"), json!(null)]),
            ("/spec/content/envelope/signatures", &[json!([]), json!(null)]),
            ("/spec/content/envelope/signatures/0/sig", &[json!(once), json!(null)]),
            ("/spec/content/envelope/signatures/0/publicKey", &[json!(pem(2))]),
        ],
    );
    // The log drops the payload where it has its hash.
    let mut body = good(Kind::Intoto2);
    body["spec"]["content"]["envelope"].as_object_mut().unwrap().remove("payload");
    assert_eq!(refused(Kind::Intoto2, &body), None);
}
