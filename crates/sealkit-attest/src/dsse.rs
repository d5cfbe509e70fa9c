//! DSSE envelopes (Dead Simple Signing Envelope 1.0.2) with exactly one signature.

use serde::{Deserialize, Serialize};

use crate::{AttestError, base64};

/// The payload type of an in-toto statement.
pub const IN_TOTO_PAYLOAD: &str = "application/vnd.in-toto+json";

/// The bytes that a signature covers: `DSSEv1 SP len(type) SP type SP len(payload) SP payload`,
/// lengths in decimal ASCII.
pub fn pae(payload_type: &str, payload: &[u8]) -> Vec<u8> {
    let head = format!("DSSEv1 {} {payload_type} {} ", payload_type.len(), payload.len());
    let mut bytes = Vec::with_capacity(head.len() + payload.len());
    bytes.extend_from_slice(head.as_bytes());
    bytes.extend_from_slice(payload);
    bytes
}

/// A payload with its type and its one signature. The key id is not kept: it proves nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Envelope {
    /// What the payload is.
    pub payload_type: String,
    /// The payload, exactly as it was signed.
    pub payload: Vec<u8>,
    /// The signature over [`pae`].
    pub signature: Vec<u8>,
}

impl Envelope {
    /// The bytes that the signature covers.
    pub fn signed_bytes(&self) -> Vec<u8> {
        pae(&self.payload_type, &self.payload)
    }
}

/// The JSON form, keys in the order in which it is written.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct EnvelopeJson {
    payload: String,
    payload_type: String,
    signatures: Vec<SignatureJson>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SignatureJson {
    sig: String,
    #[serde(default)]
    keyid: Option<String>,
}

impl TryFrom<EnvelopeJson> for Envelope {
    type Error = AttestError;

    fn try_from(json: EnvelopeJson) -> Result<Self, AttestError> {
        let [signature] = json.signatures.as_slice() else {
            return Err(AttestError::SignatureCount { found: json.signatures.len() });
        };
        Ok(Self {
            payload: base64::decode(&json.payload, "payload")?,
            signature: base64::decode(&signature.sig, "sig")?,
            payload_type: json.payload_type,
        })
    }
}

impl From<&Envelope> for EnvelopeJson {
    fn from(envelope: &Envelope) -> Self {
        let sig = base64::encode(&envelope.signature);
        Self {
            payload: base64::encode(&envelope.payload),
            payload_type: envelope.payload_type.clone(),
            signatures: vec![SignatureJson { sig, keyid: Some(String::new()) }],
        }
    }
}
