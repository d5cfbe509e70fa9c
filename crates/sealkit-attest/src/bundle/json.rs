//! The JSON form of a bundle: what is read, and the one form that is written.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Content, Material};
use crate::dsse::EnvelopeJson;
use crate::{AttestError, Envelope, base64};

/// Most log entries, timestamps or certificates of one bundle.
const MAX_ITEMS: usize = 32;

/// The parts of a bundle that was read.
pub(super) struct Parts {
    pub(super) material: Material,
    pub(super) log_entries: Vec<Value>,
    pub(super) timestamps: Vec<Vec<u8>>,
    pub(super) content: Content,
}

/// Reads the parts; each alternative must be there exactly once.
pub(super) fn read(json: BundleJson) -> Result<Parts, AttestError> {
    let content = match (json.dsse_envelope, json.message_signature) {
        (Some(envelope), None) => Content::Dsse(envelope.try_into()?),
        (None, Some(message)) => message.try_into()?,
        (None, None) => return Err(invalid("it has neither an envelope nor a message signature")),
        (Some(_), Some(_)) => {
            return Err(invalid("it has both an envelope and a message signature"));
        }
    };
    let material = json.verification_material;
    let log_entries = material.tlog_entries.unwrap_or_default();
    let stamps = material.timestamp_verification_data.unwrap_or_default();
    let stamps = stamps.rfc3161_timestamps.unwrap_or_default();
    few(log_entries.len(), "log entry")?;
    few(stamps.len(), "timestamp")?;
    let timestamps = stamps.iter().map(|s| base64::decode(&s.signed_timestamp, "signedTimestamp"));
    let timestamps = timestamps.collect::<Result<_, _>>()?;
    let (key, certificate) = (material.public_key, material.certificate);
    let material = read_material(key, certificate, material.x509_certificate_chain)?;
    Ok(Parts { material, log_entries, timestamps, content })
}

/// Writes a v0.3 bundle: compact, keys in the order that `model_signing` writes and every peer reads.
pub(super) fn emit(envelope: &Envelope, signer: &Material) -> Result<Vec<u8>, AttestError> {
    let mut material = EmittedMaterialJson::default();
    let coded = |der: &Vec<u8>| CertificateJson { raw_bytes: base64::encode(der) };
    match signer {
        Material::PublicKey { hint } => {
            let hint = hint.clone();
            material.public_key = Some(PublicKeyJson { hint, ..PublicKeyJson::default() });
        }
        Material::Certificate(one) => material.certificate = Some(coded(one)),
        Material::CertificateChain(chain) => {
            let certificates = Some(chain.iter().map(coded).collect());
            material.x509_certificate_chain = Some(ChainJson { certificates });
        }
    }
    let json = EmittedJson {
        media_type: sealkit_oci::media_type::SIGSTORE_BUNDLE,
        verification_material: material,
        dsse_envelope: EnvelopeJson::from(envelope),
    };
    serde_json::to_vec(&json).map_err(|source| AttestError::Json { document: "bundle", source })
}

fn few(count: usize, what: &'static str) -> Result<(), AttestError> {
    if count > MAX_ITEMS {
        return Err(AttestError::Limit { document: "bundle", what, limit: MAX_ITEMS });
    }
    Ok(())
}

fn invalid(reason: &'static str) -> AttestError {
    AttestError::BundleInvalid { reason }
}

fn read_material(
    key: Option<PublicKeyJson>,
    certificate: Option<CertificateJson>,
    chain: Option<ChainJson>,
) -> Result<Material, AttestError> {
    match (key, certificate, chain) {
        (Some(key), None, None) => Ok(Material::PublicKey { hint: key.hint }),
        (None, Some(certificate), None) => Ok(Material::Certificate(certificate.decode()?)),
        (None, None, Some(chain)) => {
            let certificates = chain.certificates.unwrap_or_default();
            if certificates.is_empty() {
                return Err(invalid("its certificate chain is empty"));
            }
            few(certificates.len(), "certificate")?;
            let certificates = certificates.iter().map(CertificateJson::decode);
            Ok(Material::CertificateChain(certificates.collect::<Result<_, _>>()?))
        }
        (None, None, None) => Err(invalid("it has no key and no certificate")),
        _ => Err(invalid("it has more than one kind of key and certificate")),
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct BundleJson {
    pub(super) media_type: String,
    verification_material: MaterialJson,
    #[serde(default)]
    dsse_envelope: Option<EnvelopeJson>,
    #[serde(default)]
    message_signature: Option<MessageJson>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct MaterialJson {
    #[serde(default)]
    public_key: Option<PublicKeyJson>,
    #[serde(default)]
    certificate: Option<CertificateJson>,
    #[serde(default)]
    x509_certificate_chain: Option<ChainJson>,
    #[serde(default)]
    tlog_entries: Option<Vec<Value>>,
    #[serde(default)]
    timestamp_verification_data: Option<TimestampsJson>,
}

/// `rawBytes` and `keyDetails` stand in bundles of `model_signing` before 1.1. They are read and
/// dropped: a key inside a bundle proves nothing.
#[derive(Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct PublicKeyJson {
    #[serde(default)]
    hint: Option<String>,
    #[serde(default, skip_serializing)]
    #[expect(dead_code, reason = "accepted, and never used")]
    raw_bytes: Option<String>,
    #[serde(default, skip_serializing)]
    #[expect(dead_code, reason = "accepted, and never used")]
    key_details: Option<Value>,
    #[serde(default, skip_serializing)]
    #[expect(dead_code, reason = "accepted, and never used")]
    valid_for: Option<Value>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct CertificateJson {
    raw_bytes: String,
}

impl CertificateJson {
    fn decode(&self) -> Result<Vec<u8>, AttestError> {
        base64::decode(&self.raw_bytes, "rawBytes")
    }
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ChainJson {
    #[serde(default)]
    certificates: Option<Vec<CertificateJson>>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct TimestampsJson {
    #[serde(default)]
    rfc3161_timestamps: Option<Vec<TimestampJson>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct TimestampJson {
    signed_timestamp: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct MessageJson {
    #[serde(default)]
    message_digest: Option<MessageDigestJson>,
    signature: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MessageDigestJson {
    algorithm: String,
    digest: String,
}

impl TryFrom<MessageJson> for Content {
    type Error = AttestError;

    fn try_from(json: MessageJson) -> Result<Self, AttestError> {
        let signature = base64::decode(&json.signature, "signature")?;
        let (algorithm, digest) = match json.message_digest {
            Some(named) => (named.algorithm, base64::decode(&named.digest, "digest")?),
            None => (String::new(), Vec::new()),
        };
        Ok(Self::Message { algorithm, digest, signature })
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct EmittedJson {
    media_type: &'static str,
    verification_material: EmittedMaterialJson,
    dsse_envelope: EnvelopeJson,
}

#[derive(Default, Serialize)]
#[serde(rename_all = "camelCase")]
struct EmittedMaterialJson {
    #[serde(skip_serializing_if = "Option::is_none")]
    public_key: Option<PublicKeyJson>,
    #[serde(skip_serializing_if = "Option::is_none")]
    certificate: Option<CertificateJson>,
    #[serde(skip_serializing_if = "Option::is_none")]
    x509_certificate_chain: Option<ChainJson>,
    tlog_entries: [(); 0],
}
