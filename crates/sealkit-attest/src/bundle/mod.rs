//! Sigstore bundles (protobuf-specs, `sigstore_bundle.proto`, v0.3; v0.1 and v0.2 are read).

mod json;

use serde_json::Value;

use crate::strict_json::{self, Limits};
use crate::{AttestError, Certificate, Envelope, IN_TOTO_PAYLOAD, PublicKey, Signer, Statement};

/// How large a bundle may be: 32 MiB in all and in one string, for the payload is one; depth 16.
pub const BUNDLE_LIMITS: Limits = Limits { bytes: 32 << 20, depth: 16, string: 32 << 20 };

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
        let json: json::BundleJson = strict_json::from_slice(&bytes, "bundle", BUNDLE_LIMITS)?;
        let version = BundleVersion::parse(&json.media_type)?;
        let parts = json::read(json)?;
        let json::Parts { material, log_entries, timestamps, content } = parts;
        Ok(Self { bytes, version, material, log_entries, timestamps, content })
    }

    /// Signs `statement`; the bundle names the key in the way of `hint`.
    pub fn sign(
        statement: &Statement,
        signer: &dyn Signer,
        hint: HintStyle,
    ) -> Result<Self, AttestError> {
        let envelope = signed(statement, signer)?;
        Self::of_envelope(envelope, &signer.public_key(), hint)
    }

    /// Signs `statement` as the holder of the first of `chain`, whose key must be the signer's. The
    /// certificates go into the bundle in their order: the signer's first, then what leads to the
    /// authority (OpenSSF Model Signing, method `certificate`).
    pub fn sign_certified(
        statement: &Statement,
        signer: &dyn Signer,
        chain: &[Certificate],
    ) -> Result<Self, AttestError> {
        let reason = "its certificate chain is empty";
        let leaf = chain.first().ok_or(AttestError::BundleInvalid { reason })?;
        if leaf.public_key()? != signer.public_key() {
            let (subject, reason) = (leaf.subject(), "its key is not the signer's".to_owned());
            return Err(AttestError::CertificateInvalid { subject, reason });
        }
        let chain = chain.iter().map(|one| one.to_der().to_vec()).collect();
        Self::of_material(signed(statement, signer)?, Material::CertificateChain(chain))
    }

    /// Puts a signed envelope into a bundle, v0.3, compact, in the order of keys that cosign and
    /// `model_signing` read and the latter writes.
    pub fn of_envelope(
        envelope: Envelope,
        key: &PublicKey,
        hint: HintStyle,
    ) -> Result<Self, AttestError> {
        Self::of_material(envelope, Material::PublicKey { hint: Some(key.hint(hint)) })
    }

    /// Puts a signed envelope into a bundle that names its signer by `material`.
    pub fn of_material(envelope: Envelope, material: Material) -> Result<Self, AttestError> {
        let bytes = json::emit(&envelope, &material)?;
        Ok(Self {
            bytes,
            version: BundleVersion::V03,
            material,
            log_entries: Vec::new(),
            timestamps: Vec::new(),
            content: Content::Dsse(envelope),
        })
    }

    /// The same bundle with one more log entry in it (protobuf-specs, `TransparencyLogEntry`): for
    /// whoever has just signed it and logged the signature. The bytes are written anew.
    pub fn with_log_entry(self, entry: Value) -> Result<Self, AttestError> {
        let mut json = strict_json::parse(&self.bytes, "bundle", BUNDLE_LIMITS)?;
        let material = json.get_mut("verificationMaterial").and_then(Value::as_object_mut);
        let reason = "it has no verification material";
        let material = material.ok_or(AttestError::BundleInvalid { reason })?;
        let entries = [self.log_entries.as_slice(), &[entry]].concat();
        material.insert("tlogEntries".to_owned(), Value::Array(entries));
        let bytes = serde_json::to_vec(&json);
        Self::parse(bytes.map_err(|source| AttestError::Json { document: "bundle", source })?)
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

    /// What the envelope states, unverified; [`AttestError::NoStatement`] for a bare message signature.
    pub fn statement(&self) -> Result<Statement, AttestError> {
        Statement::parse(self.payload()?)
    }

    /// The same, which takes statements of in-toto's v0.1 too.
    pub fn statement_allowing_v01(&self) -> Result<Statement, AttestError> {
        Statement::parse_allowing_v01(self.payload()?)
    }

    fn payload(&self) -> Result<Vec<u8>, AttestError> {
        match &self.content {
            Content::Dsse(envelope) => Ok(envelope.payload.clone()),
            Content::Message { .. } => Err(AttestError::NoStatement),
        }
    }
}

/// The envelope of a statement. What the signer gives is verified before it is used: a signer may be
/// a program of somebody else.
fn signed(statement: &Statement, signer: &dyn Signer) -> Result<Envelope, AttestError> {
    let payload = statement.payload().to_vec();
    let mut envelope =
        Envelope { payload_type: IN_TOTO_PAYLOAD.to_owned(), payload, signature: Vec::new() };
    let bytes = envelope.signed_bytes();
    envelope.signature = signer.sign(&bytes)?;
    signer.public_key().verify(&bytes, &envelope.signature)?;
    Ok(envelope)
}
