//! Sigstore bundles (protobuf-specs, `sigstore_bundle.proto`, v0.3; v0.1 and v0.2 are read).

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::dsse::EnvelopeJson;
use crate::strict_json::{self, Limits};
use crate::{AttestError, Envelope, IN_TOTO_PAYLOAD, PublicKey, Signer, Statement, base64};

/// How large a bundle may be: 32 MiB in all and in one string, for the payload is one; depth 16.
pub const BUNDLE_LIMITS: Limits = Limits { bytes: 32 << 20, depth: 16, string: 32 << 20 };

/// Most log entries, timestamps or certificates of one bundle.
const MAX_ITEMS: usize = 32;

/// A version of the bundle format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum BundleVersion {
    /// 0.1
    V01,
    /// 0.2
    V02,
    /// 0.3, what SealKit writes.
    V03,
}

impl BundleVersion {
    fn parse(media_type: &str) -> Result<Self, AttestError> {
        match media_type {
            sealkit_oci::media_type::SIGSTORE_BUNDLE
            | "application/vnd.dev.sigstore.bundle+json;version=0.3" => Ok(Self::V03),
            "application/vnd.dev.sigstore.bundle+json;version=0.2" => Ok(Self::V02),
            "application/vnd.dev.sigstore.bundle+json;version=0.1" => Ok(Self::V01),
            other => Err(AttestError::BundleMediaType { found: AttestError::quote(other) }),
        }
    }
}

/// How the bundle names its signer. None of it is trusted: trust comes from the trust root alone.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Material {
    /// A key, by a hint that says which.
    PublicKey {
        /// The hint; cosign and OMS hash different forms of the key.
        hint: Option<String>,
    },
    /// One certificate, DER.
    Certificate(Vec<u8>),
    /// A chain of certificates, DER, leaf first.
    CertificateChain(Vec<Vec<u8>>),
}

impl Material {
    /// The kind, for people.
    pub fn name(&self) -> &'static str {
        match self {
            Self::PublicKey { .. } => "public key",
            Self::Certificate(_) => "certificate",
            Self::CertificateChain(_) => "certificate chain",
        }
    }
}

/// What is signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// A DSSE envelope.
    Dsse(Envelope),
    /// Bare bytes, by their digest.
    Message {
        /// Name of the digest algorithm, e.g. `SHA2_256`.
        algorithm: String,
        /// Raw digest of the bytes: a claim of the bundle.
        digest: Vec<u8>,
        /// The signature over the bytes.
        signature: Vec<u8>,
    },
}

/// How a hint names a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HintStyle {
    /// cosign: base64 of the SHA-256 of the SPKI DER.
    Cosign,
    /// OpenSSF Model Signing: lower-case hex of the SHA-256 of the SPKI PEM text.
    ModelSigning,
}

/// A bundle together with the exact bytes it came from.
#[derive(Clone, Debug)]
pub struct Bundle {
    bytes: Vec<u8>,
    version: BundleVersion,
    material: Material,
    log_entries: Vec<Value>,
    timestamps: Vec<Vec<u8>>,
    content: Content,
}

impl Bundle {
    /// Reads a bundle. What it says is unverified.
    pub fn parse(bytes: Vec<u8>) -> Result<Self, AttestError> {
        let json: BundleJson = strict_json::from_slice(&bytes, "bundle", BUNDLE_LIMITS)?;
        let version = BundleVersion::parse(&json.media_type)?;
        let content = match (json.dsse_envelope, json.message_signature) {
            (Some(envelope), None) => Content::Dsse(envelope.try_into()?),
            (None, Some(message)) => message.try_into()?,
            (None, None) => {
                return Err(invalid("it has neither an envelope nor a message signature"));
            }
            (Some(_), Some(_)) => {
                return Err(invalid("it has both an envelope and a message signature"));
            }
        };
        let material = json.verification_material;
        let log_entries = material.tlog_entries.unwrap_or_default();
        let stamps = material.timestamp_verification_data.unwrap_or_default();
        let stamps = stamps.rfc3161_timestamps.unwrap_or_default();
        if log_entries.len() > MAX_ITEMS || stamps.len() > MAX_ITEMS {
            let (document, what) = ("bundle", "evidence count");
            return Err(AttestError::Limit { document, what, limit: MAX_ITEMS });
        }
        let timestamps =
            stamps.iter().map(|s| base64::decode(&s.signed_timestamp, "signedTimestamp"));
        let timestamps = timestamps.collect::<Result<_, _>>()?;
        let material = read_material(
            material.public_key,
            material.certificate,
            material.x509_certificate_chain,
        )?;
        Ok(Self { bytes, version, material, log_entries, timestamps, content })
    }

    /// Signs `statement`; the bundle names the key in the way of `hint`.
    pub fn sign(
        statement: &Statement,
        signer: &dyn Signer,
        hint: HintStyle,
    ) -> Result<Self, AttestError> {
        let payload = statement.payload().to_vec();
        let mut envelope =
            Envelope { payload_type: IN_TOTO_PAYLOAD.to_owned(), payload, signature: Vec::new() };
        envelope.signature = signer.sign(&envelope.signed_bytes())?;
        Self::of_envelope(envelope, &signer.public_key(), hint)
    }

    /// Puts a signed envelope into a bundle, v0.3, compact, in the order of keys that cosign and
    /// `model_signing` read and the latter writes.
    pub fn of_envelope(
        envelope: Envelope,
        key: &PublicKey,
        hint: HintStyle,
    ) -> Result<Self, AttestError> {
        let hint = key.hint(hint);
        let json = EmittedJson {
            media_type: sealkit_oci::media_type::SIGSTORE_BUNDLE,
            verification_material: EmittedMaterialJson {
                public_key: PublicKeyJson { hint: Some(hint.clone()), ..PublicKeyJson::default() },
                tlog_entries: [],
            },
            dsse_envelope: EnvelopeJson::from(&envelope),
        };
        let bytes = serde_json::to_vec(&json)
            .map_err(|source| AttestError::Json { document: "bundle", source })?;
        Ok(Self {
            bytes,
            version: BundleVersion::V03,
            material: Material::PublicKey { hint: Some(hint) },
            log_entries: Vec::new(),
            timestamps: Vec::new(),
            content: Content::Dsse(envelope),
        })
    }

    /// The exact bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The exact bytes, taken out.
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    /// The version of the format.
    pub fn version(&self) -> BundleVersion {
        self.version
    }

    /// How it names its signer.
    pub fn material(&self) -> &Material {
        &self.material
    }

    /// The hint that names the signer's key, where there is one.
    pub fn hint(&self) -> Option<&str> {
        match &self.material {
            Material::PublicKey { hint } => hint.as_deref(),
            _ => None,
        }
    }

    /// Entries of transparency logs, as they came.
    pub fn log_entries(&self) -> &[Value] {
        &self.log_entries
    }

    /// RFC 3161 time stamp responses, DER.
    pub fn timestamps(&self) -> &[Vec<u8>] {
        &self.timestamps
    }

    /// What is signed.
    pub fn content(&self) -> &Content {
        &self.content
    }
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
            if certificates.len() > MAX_ITEMS {
                let (document, what) = ("bundle", "certificate count");
                return Err(AttestError::Limit { document, what, limit: MAX_ITEMS });
            }
            let certificates = certificates.iter().map(CertificateJson::decode);
            Ok(Material::CertificateChain(certificates.collect::<Result<_, _>>()?))
        }
        (None, None, None) => Err(invalid("it has no key and no certificate")),
        _ => Err(invalid("it has more than one kind of key and certificate")),
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct BundleJson {
    media_type: String,
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

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct CertificateJson {
    raw_bytes: String,
}

impl CertificateJson {
    fn decode(&self) -> Result<Vec<u8>, AttestError> {
        base64::decode(&self.raw_bytes, "rawBytes")
    }
}

#[derive(Deserialize)]
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

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct EmittedMaterialJson {
    public_key: PublicKeyJson,
    tlog_entries: [(); 0],
}
