//! Entries about signatures: `hashedrekord` 0.0.2 of Rekor v2, which every Sigstore verifier knows.

use sealkit_oci::Digest;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Checkpoint, MerkleHash, NoteKey};
use crate::strict_json::{self, Limits};
use crate::{AttestError, KeyAlgorithm, PublicKey, base64};

const KIND: &str = "hashedrekord";
const VERSION: &str = "0.0.2";
/// How large an entry or a request may be that is read.
const LIMITS: Limits = Limits { bytes: u16::MAX as usize, depth: 8, string: 16 << 10 };
/// What comes before the 32 bytes of an Ed25519 key in an SPKI (RFC 8410 §4).
const ED25519_SPKI: [u8; 12] = [0x30, 0x2a, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 3, 0x21, 0];

/// A signature by a P-256 key over a SHA-256 digest: of an envelope's signed bytes
/// ([`pae`](crate::pae)), not of its payload. One that exists has been verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HashedRekord {
    digest: Digest,
    signature: Vec<u8>,
    key: PublicKey,
}

impl HashedRekord {
    /// Verifies that `signature` (DER) is by `key` over the bytes of which `digest` is the digest.
    /// Keys of other kinds than P-256 are [`AttestError::UnsupportedAlgorithm`].
    pub fn new(digest: Digest, signature: &[u8], key: PublicKey) -> Result<Self, AttestError> {
        if key.algorithm() != KeyAlgorithm::EcdsaP256 {
            let algorithm = key.algorithm().name().to_owned();
            return Err(AttestError::UnsupportedAlgorithm { algorithm });
        }
        key.verify_digest(&digest, signature)?;
        Ok(Self { digest, signature: signature.to_vec(), key })
    }

    /// Reads the request of Rekor v2's `POST /api/v2/log/entries`, and verifies the signature.
    pub fn from_request(bytes: &[u8]) -> Result<Self, AttestError> {
        let request: Request = strict_json::from_slice(bytes, "log request", LIMITS)?;
        let spec = request.hashed_rekord_request_v002;
        Self::of(&spec.digest, &spec.signature)
    }

    /// Reads an entry in its one form, and verifies the signature.
    pub fn parse(bytes: &[u8]) -> Result<Self, AttestError> {
        let body: Body = strict_json::from_slice(bytes, "log entry", LIMITS)?;
        let spec = &body.spec.hashed_rekord_v002;
        if body.kind != KIND || body.api_version != VERSION || spec.data.algorithm != "SHA2_256" {
            return Err(fault("an entry is of another kind"));
        }
        let rekord = Self::of(&spec.data.digest, &spec.signature)?;
        if rekord.encode()? == bytes { Ok(rekord) } else { Err(fault("an entry is not canonical")) }
    }

    /// What the signature of an entry is over, without verifying it again: for a log's own entries.
    pub fn logged_digest(entry: &[u8]) -> Result<Digest, AttestError> {
        let body: Body = strict_json::from_slice(entry, "log entry", LIMITS)?;
        digest_of(&body.spec.hashed_rekord_v002.data.digest)
    }

    fn of(digest: &str, signature: &SignatureJson) -> Result<Self, AttestError> {
        let digest = digest_of(digest)?;
        let content = base64::decode(&signature.content, "content")?;
        let key = base64::decode(&signature.verifier.public_key.raw_bytes, "rawBytes")?;
        Self::new(digest, &content, PublicKey::from_der(&key)?)
    }

    /// What is signed.
    pub fn digest(&self) -> &Digest {
        &self.digest
    }

    /// Who signed.
    pub fn key(&self) -> &PublicKey {
        &self.key
    }

    /// The bytes of the entry: canonical JSON (RFC 8785).
    pub fn encode(&self) -> Result<Vec<u8>, AttestError> {
        let data = DataJson {
            algorithm: "SHA2_256".to_owned(),
            digest: base64::encode(&self.digest.raw()),
        };
        let body = Body {
            api_version: VERSION.to_owned(),
            kind: KIND.to_owned(),
            spec: SpecJson { hashed_rekord_v002: RekordJson { data, signature: self.signature() } },
        };
        serde_json::to_vec(&body)
            .map_err(|source| AttestError::Json { document: "log entry", source })
    }

    /// The request of Rekor v2's `POST /api/v2/log/entries`.
    pub fn request(&self) -> Value {
        let signature = json!(self.signature());
        let digest = base64::encode(&self.digest.raw());
        json!({ "hashedRekordRequestV002": { "digest": digest, "signature": signature } })
    }

    fn signature(&self) -> SignatureJson {
        SignatureJson {
            content: base64::encode(&self.signature),
            verifier: VerifierJson {
                key_details: "PKIX_ECDSA_P256_SHA_256".to_owned(),
                public_key: KeyJson { raw_bytes: base64::encode(self.key.to_der()) },
            },
        }
    }
}

/// What a log answers, and a bundle carries (protobuf-specs, `TransparencyLogEntry`): that `body` is
/// entry `index` of the tree of `checkpoint`, a note that `key` signed.
pub fn transparency_entry(
    key: &NoteKey,
    index: u64,
    body: &[u8],
    proof: &[MerkleHash],
    checkpoint: &str,
) -> Result<Value, AttestError> {
    let tree = Checkpoint::parse(checkpoint)?;
    let hashes: Vec<String> = proof.iter().map(|hash| base64::encode(hash)).collect();
    Ok(json!({
        "logIndex": index.to_string(),
        "logId": { "keyId": base64::encode(key.id()) },
        "kindVersion": { "kind": KIND, "version": VERSION },
        "inclusionProof": {
            "logIndex": index.to_string(),
            "rootHash": base64::encode(tree.root()),
            "treeSize": tree.size().to_string(),
            "hashes": hashes,
            "checkpoint": { "envelope": checkpoint },
        },
        "canonicalizedBody": base64::encode(body),
    }))
}

/// The trusted root (Sigstore protobuf-specs, v0.1) of the log with this Ed25519 key, trusted from
/// `from` (RFC 3339) on, and of nobody else.
pub fn trusted_root(key: &NoteKey, from: &str) -> Value {
    let spki = [&ED25519_SPKI, key.bytes()].concat();
    json!({
        "mediaType": "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
        "tlogs": [{
            "baseUrl": format!("https://{}", key.name()),
            "hashAlgorithm": "SHA2_256",
            "publicKey": {
                "rawBytes": base64::encode(&spki),
                "keyDetails": "PKIX_ED25519",
                "validFor": { "start": from },
            },
            "logId": { "keyId": base64::encode(key.id()) },
        }],
        "certificateAuthorities": [],
        "ctlogs": [],
        "timestampAuthorities": [],
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Request {
    #[serde(rename = "hashedRekordRequestV002")]
    hashed_rekord_request_v002: RequestJson,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct RequestJson {
    digest: String,
    signature: SignatureJson,
}

// The fields of what follows stand in the order of their names: that is the canonical one.

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Body {
    api_version: String,
    kind: String,
    spec: SpecJson,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct SpecJson {
    #[serde(rename = "hashedRekordV002")]
    hashed_rekord_v002: RekordJson,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RekordJson {
    data: DataJson,
    signature: SignatureJson,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct DataJson {
    algorithm: String,
    digest: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SignatureJson {
    content: String,
    verifier: VerifierJson,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct VerifierJson {
    key_details: String,
    public_key: KeyJson,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct KeyJson {
    raw_bytes: String,
}

fn digest_of(text: &str) -> Result<Digest, AttestError> {
    let raw = base64::decode(text, "digest")?.try_into();
    Ok(Digest::from_sha256(raw.map_err(|_| fault("a digest has another length"))?))
}

fn fault(reason: &str) -> AttestError {
    AttestError::LogProofInvalid { reason: reason.to_owned() }
}
