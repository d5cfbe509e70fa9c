//! Holding what a log has against what the bundle has. An entry of another signature proves nothing
//! about this one (CVE-2022-23649, CVE-2022-36056, CVE-2026-22703).

use sealkit_oci::Digest;
use serde_json::Value;

use super::entry::{Entry, Kind};
use super::{Signed, SignedBy, hex};
use crate::strict_json::{self, Limits};
use crate::{AttestError, PublicKey, base64, pem};

/// How large an entry may be; an in-toto entry may hold the payload twice encoded.
const LIMITS: Limits = Limits { bytes: 32 << 20, depth: 16, string: 32 << 20 };

/// Checks that the entry is about exactly this signature, by this key, of this content.
pub(super) fn check(entry: &Entry, signed: &Signed<'_>) -> Result<(), AttestError> {
    let body = strict_json::parse(&entry.body, "log entry", LIMITS)?;
    let (kind, version) = entry.kind.name();
    if text(&body, "/kind") != Some(kind) || text(&body, "/apiVersion") != Some(version) {
        return mismatch("it is of another kind than it is said to be");
    }
    match entry.kind {
        Kind::HashedRekord1 => hashed_rekord_1(&body, signed),
        Kind::HashedRekord2 => hashed_rekord_2(&body, signed),
        Kind::Dsse1 => dsse(&body, signed),
        Kind::Intoto2 => intoto(&body, signed),
    }
}

fn hashed_rekord_1(body: &Value, signed: &Signed<'_>) -> Result<(), AttestError> {
    let algorithm = text(body, "/spec/data/hash/algorithm");
    is_hex(algorithm, text(body, "/spec/data/hash/value"), signed.sha256, CONTENT)?;
    is_signature(text(body, "/spec/signature/content"), signed)?;
    is_pem(text(body, "/spec/signature/publicKey/content"), signed)
}

/// The hash of an envelope's entry is that of the bytes that were signed, not of its payload.
fn hashed_rekord_2(body: &Value, signed: &Signed<'_>) -> Result<(), AttestError> {
    let spec = body.pointer("/spec/hashedRekordV002").unwrap_or(&Value::Null);
    let digest = decoded(text(spec, "/data/digest"));
    if text(spec, "/data/algorithm") != Some("SHA2_256") || digest.as_deref() != Some(signed.sha256)
    {
        return mismatch(CONTENT);
    }
    is_signature(text(spec, "/signature/content"), signed)?;
    let (at, not, der) = match signed.by {
        SignedBy::Certificate(der) => ("x509Certificate", "publicKey", der),
        SignedBy::Key(der) => ("publicKey", "x509Certificate", der),
    };
    let verifier = spec.pointer("/signature/verifier").unwrap_or(&Value::Null);
    let found = decoded(text(verifier, &format!("/{at}/rawBytes")));
    if found.as_deref() != Some(der) || verifier.get(not).is_some() {
        return mismatch(KEY);
    }
    Ok(())
}

fn dsse(body: &Value, signed: &Signed<'_>) -> Result<(), AttestError> {
    let Some(envelope) = signed.envelope else { return mismatch(CONTENT) };
    let payload = Digest::of(&envelope.payload).raw();
    let algorithm = text(body, "/spec/payloadHash/algorithm");
    is_hex(algorithm, text(body, "/spec/payloadHash/value"), &payload, CONTENT)?;
    let one = only(body, "/spec/signatures")?;
    is_signature(text(one, "/signature"), signed)?;
    is_pem(text(one, "/verifier"), signed)
}

/// This kind encodes signature and payload twice.
fn intoto(body: &Value, signed: &Signed<'_>) -> Result<(), AttestError> {
    let Some(envelope) = signed.envelope else { return mismatch(CONTENT) };
    let payload = Digest::of(&envelope.payload).raw();
    let content = body.pointer("/spec/content").unwrap_or(&Value::Null);
    let algorithm = text(content, "/payloadHash/algorithm");
    is_hex(algorithm, text(content, "/payloadHash/value"), &payload, CONTENT)?;
    if text(content, "/envelope/payloadType") != Some(envelope.payload_type.as_str()) {
        return mismatch(CONTENT);
    }
    let twice = |outer| {
        let inner = String::from_utf8(decoded(Some(outer))?).ok()?;
        decoded(Some(&inner))
    };
    let logged = text(content, "/envelope/payload");
    if logged.is_some_and(|logged| twice(logged).as_ref() != Some(&envelope.payload)) {
        return mismatch(CONTENT);
    }
    let one = only(content, "/envelope/signatures")?;
    let signature = text(one, "/sig").and_then(twice);
    if signature.as_deref() != Some(signed.signature) {
        return mismatch(SIGNATURE);
    }
    is_pem(text(one, "/publicKey"), signed)
}

const CONTENT: &str = "it is about other content";
const SIGNATURE: &str = "it is about another signature";
const KEY: &str = "it is about a signature by another key";

fn mismatch<T>(reason: &'static str) -> Result<T, AttestError> {
    Err(AttestError::LogEntryMismatch { reason })
}

fn text<'a>(value: &'a Value, pointer: &str) -> Option<&'a str> {
    value.pointer(pointer)?.as_str()
}

fn decoded(text: Option<&str>) -> Option<Vec<u8>> {
    base64::decode(text?, "log entry").ok()
}

fn only<'a>(value: &'a Value, pointer: &str) -> Result<&'a Value, AttestError> {
    match value.pointer(pointer).and_then(Value::as_array).map(Vec::as_slice) {
        Some([one]) => Ok(one),
        _ => mismatch("it has not exactly one signature"),
    }
}

fn is_hex(
    algorithm: Option<&str>,
    found: Option<&str>,
    sha256: &[u8],
    reason: &'static str,
) -> Result<(), AttestError> {
    if algorithm != Some("sha256") || found != Some(hex(sha256).as_str()) {
        return mismatch(reason);
    }
    Ok(())
}

fn is_signature(found: Option<&str>, signed: &Signed<'_>) -> Result<(), AttestError> {
    if decoded(found).as_deref() == Some(signed.signature) { Ok(()) } else { mismatch(SIGNATURE) }
}

/// Whether base64 of PEM is the certificate or key.
fn is_pem(found: Option<&str>, signed: &Signed<'_>) -> Result<(), AttestError> {
    let found = decoded(found).and_then(|pem| String::from_utf8(pem).ok());
    let Some(found) = found.and_then(|text| pem::parse(&text).ok()) else { return mismatch(KEY) };
    let same = match signed.by {
        SignedBy::Certificate(der) => {
            found.label == "CERTIFICATE" && found.content.as_slice() == der
        }
        // A key has more than one form; ours is the canonical one.
        SignedBy::Key(der) => {
            found.label == "PUBLIC KEY"
                && PublicKey::from_der(&found.content).is_ok_and(|key| key.to_der() == der)
        }
    };
    if same { Ok(()) } else { mismatch(KEY) }
}

#[cfg(test)]
#[path = "body_tests.rs"]
mod tests;
