//! A Sigstore instance that exists for one test: a certificate authority with an intermediate, and
//! a log of Rekor's first generation. It signs what it is asked to, attacks included.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use p256::ecdsa::signature::Signer as _;
use p256::ecdsa::{DerSignature, SigningKey};
use p256::pkcs8::{DecodePrivateKey as _, EncodePublicKey as _};
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, CustomExtension, DistinguishedName,
    DnType, ExtendedKeyUsagePurpose, GeneralSubtree, IsCa, KeyPair, KeyUsagePurpose,
    NameConstraints, PublicKeyData as _, SanType, SerialNumber,
};
use sealkit_oci::Digest;
use serde_json::{Value, json};
use time::OffsetDateTime;

/// Name and address of the log.
const HOST: &str = "rekor.example";
/// Promises of logs of certificates.
const PROMISES: &[u64] = &[1, 3, 6, 1, 4, 1, 11129, 2, 4, 2];
/// Fulcio's issuer, a `UTF8String`.
const ISSUER: &[u64] = &[1, 3, 6, 1, 4, 1, 57264, 1, 8];

/// What is wrong with an instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flaw {
    /// Nothing.
    None,
    /// The intermediate expired a second before the time that is given.
    IntermediateExpired(i64),
    /// The intermediate is no authority.
    IntermediateNoAuthority,
    /// The intermediate may vouch for mail of `elsewhere.example` alone.
    NameConstraint,
    /// The root allows no intermediate below it.
    PathLength,
}

/// Whom a certificate names, and what else it says.
#[derive(Clone, Debug)]
pub struct FakeSigner {
    /// Their address: a URI where it has a scheme, else mail.
    pub name: String,
    /// The identity provider; none is a certificate that names none.
    pub issuer: Option<String>,
    /// First and last second of the certificate.
    pub valid: (i64, i64),
    /// Whether the certificate is for signing code.
    pub signs_code: bool,
    /// Whether the certificate is an authority's.
    pub is_authority: bool,
    /// An extension that nobody knows, which is critical.
    pub unknown_critical: bool,
    /// One more name.
    pub second_name: Option<String>,
    /// When the log of certificates promised to show it, unix milliseconds, if it did.
    pub promised: Option<u64>,
}

impl FakeSigner {
    /// A signer whose certificate is good for ten minutes around `time` (unix seconds).
    pub fn new(name: &str, issuer: &str, time: i64) -> Self {
        Self {
            name: name.to_owned(),
            issuer: Some(issuer.to_owned()),
            valid: (time - 300, time + 300),
            signs_code: true,
            is_authority: false,
            unknown_critical: false,
            second_name: None,
            promised: None,
        }
    }
}

/// An instance.
pub struct FakeSigstore {
    root: CertifiedIssuer<'static, KeyPair>,
    intermediate: CertifiedIssuer<'static, KeyPair>,
    log: SigningKey,
    certificate_log: SigningKey,
}

impl Default for FakeSigstore {
    fn default() -> Self {
        Self::new(Flaw::None)
    }
}

fn key() -> KeyPair {
    KeyPair::generate().expect("a key can be made")
}

fn signing(key: &KeyPair) -> SigningKey {
    SigningKey::from_pkcs8_der(&key.serialize_der()).expect("a key of P-256")
}

fn spki(key: &SigningKey) -> Vec<u8> {
    key.verifying_key().to_public_key_der().expect("a key has a form").into_vec()
}

fn sign(key: &SigningKey, message: &[u8]) -> Vec<u8> {
    let signature: DerSignature = key.sign(message);
    signature.as_bytes().to_vec()
}

fn at(seconds: i64) -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp(seconds).expect("a time")
}

fn authority(name: &str, limit: BasicConstraints) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(limit);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    params.not_before = at(1_500_000_000);
    params
}

impl FakeSigstore {
    /// A new instance with new keys.
    pub fn new(flaw: Flaw) -> Self {
        let limit = match flaw {
            Flaw::PathLength => BasicConstraints::Constrained(0),
            _ => BasicConstraints::Unconstrained,
        };
        let root = CertifiedIssuer::self_signed(authority("fake root", limit), key());
        let root = root.expect("a certificate can be made");
        let mut params = authority("fake intermediate", BasicConstraints::Unconstrained);
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::CodeSigning];
        match flaw {
            Flaw::IntermediateExpired(time) => params.not_after = at(time - 1),
            Flaw::IntermediateNoAuthority => params.is_ca = IsCa::ExplicitNoCa,
            Flaw::NameConstraint => {
                let only = GeneralSubtree::Rfc822Name("elsewhere.example".to_owned());
                params.name_constraints = Some(NameConstraints {
                    permitted_subtrees: vec![only],
                    excluded_subtrees: Vec::new(),
                });
            }
            Flaw::None | Flaw::PathLength => {}
        }
        let intermediate = CertifiedIssuer::signed_by(params, key(), &root);
        let intermediate = intermediate.expect("a certificate can be made");
        Self { root, intermediate, log: signing(&key()), certificate_log: signing(&key()) }
    }

    /// Its `trusted_root.json`, without a log of certificates or a timestamp authority.
    pub fn trusted_root(&self) -> Vec<u8> {
        let key = spki(&self.log);
        let certificates = [self.intermediate.der().as_ref(), self.root.der().as_ref()];
        let certificates =
            certificates.map(|der: &[u8]| json!({ "rawBytes": STANDARD.encode(der) }));
        let since = json!({ "start": "2020-01-01T00:00:00Z" });
        let root = json!({
            "mediaType": "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
            "tlogs": [{
                "baseUrl": format!("https://{HOST}"),
                "hashAlgorithm": "SHA2_256",
                "publicKey": {
                    "rawBytes": STANDARD.encode(&key),
                    "keyDetails": "PKIX_ECDSA_P256_SHA_256",
                    "validFor": since,
                },
                "logId": { "keyId": STANDARD.encode(Digest::of(&key).raw()) },
            }],
            "certificateAuthorities": [{
                "subject": { "organization": "fake", "commonName": "fake root" },
                "uri": "https://fulcio.example",
                "certChain": { "certificates": certificates },
                "validFor": since,
            }],
            "ctlogs": [],
            "timestampAuthorities": [],
        });
        serde_json::to_vec(&root).expect("JSON can be written")
    }

    /// The same trusted root, which asks for the promises of a log of certificates too.
    pub fn trusted_root_with_certificate_log(&self) -> Vec<u8> {
        let bytes = self.trusted_root();
        let mut root: Value = serde_json::from_slice(&bytes).expect("JSON that was just written");
        let key = spki(&self.certificate_log);
        let mut log = root["tlogs"][0].clone();
        log["publicKey"]["rawBytes"] = json!(STANDARD.encode(&key));
        log["logId"]["keyId"] = json!(STANDARD.encode(Digest::of(&key).raw()));
        root["ctlogs"] = json!([log]);
        serde_json::to_vec(&root).expect("JSON can be written")
    }

    /// The content of the extension with one promise (RFC 6962 §3.3), for a certificate, DER, that
    /// has no such extension yet.
    fn promise(&self, certificate: &[u8], time: u64) -> Vec<u8> {
        let tbs = inner(certificate);
        let size = u32::try_from(tbs.len()).expect("a short certificate").to_be_bytes();
        let issuer = self.intermediate.key().subject_public_key_info();
        let signed = [
            &[0, 0][..],
            &time.to_be_bytes(),
            &[0, 1],
            &Digest::of(&issuer).raw(),
            size.get(1..).unwrap_or_default(),
            tbs,
            &[0, 0],
        ]
        .concat();
        let id = Digest::of(&spki(&self.certificate_log)).raw();
        let signature = sized(&sign(&self.certificate_log, &signed));
        let one = [&[0][..], &id, &time.to_be_bytes(), &[0, 0, 4, 3], &signature].concat();
        let list = sized(&sized(&one));
        let size = u8::try_from(list.len()).expect("one promise");
        // One promise by P-256 is a little shorter than what needs the long form.
        assert!(size < 0x80);
        [&[0x04, size][..], &list].concat()
    }

    /// A certificate, DER, and its key.
    pub fn certify(&self, signer: &FakeSigner) -> (Vec<u8>, SigningKey) {
        let mut params = CertificateParams::default();
        params.distinguished_name = DistinguishedName::new();
        (params.not_before, params.not_after) = (at(signer.valid.0), at(signer.valid.1));
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        let names = std::iter::once(&signer.name).chain(&signer.second_name);
        let san = |name: &String| {
            let text = name.as_str().try_into().expect("a name of ASCII");
            if name.contains("://") { SanType::URI(text) } else { SanType::Rfc822Name(text) }
        };
        params.subject_alt_names = names.map(san).collect();
        let usage = if signer.signs_code {
            ExtendedKeyUsagePurpose::CodeSigning
        } else {
            ExtendedKeyUsagePurpose::ServerAuth
        };
        params.extended_key_usages = vec![usage];
        if signer.is_authority {
            params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        }
        if let Some(issuer) = &signer.issuer {
            let size = u8::try_from(issuer.len()).expect("a short issuer");
            let text = [&[0x0c, size], issuer.as_bytes()].concat();
            params.custom_extensions.push(CustomExtension::from_oid_content(ISSUER, text));
        }
        if signer.unknown_critical {
            let mut unknown = CustomExtension::from_oid_content(&[1, 2, 3, 4, 5], vec![5, 0]);
            unknown.set_criticality(true);
            params.custom_extensions.push(unknown);
        }
        // Fixed, so that the certificate that the log sees differs in the promise alone.
        params.serial_number = Some(SerialNumber::from(vec![1, 2, 3, 4, 5, 6, 7]));
        let key = key();
        if let Some(time) = signer.promised {
            let before = params.clone().signed_by(&key, &self.intermediate);
            let before = before.expect("a certificate can be made");
            let promise = self.promise(before.der(), time);
            params.custom_extensions.push(CustomExtension::from_oid_content(PROMISES, promise));
        }
        let certificate = params.signed_by(&key, &self.intermediate);
        (certificate.expect("a certificate can be made").der().to_vec(), signing(&key))
    }

    /// A bundle with a DSSE envelope over `payload`, and an entry that the log took at `time` (unix
    /// seconds).
    pub fn sign(&self, kind: &str, payload: &[u8], signer: &FakeSigner, time: i64) -> Value {
        let (certificate, key) = self.certify(signer);
        let head = format!("DSSEv1 {} {kind} {} ", kind.len(), payload.len());
        let signature = sign(&key, &[head.as_bytes(), payload].concat());
        let verifier = pem("CERTIFICATE", &certificate);
        json!({
            "mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
            "verificationMaterial": {
                "certificate": { "rawBytes": STANDARD.encode(&certificate) },
                "tlogEntries": [self.entry(payload, &signature, &verifier, time)],
            },
            "dsseEnvelope": {
                "payload": STANDARD.encode(payload),
                "payloadType": kind,
                "signatures": [{ "sig": STANDARD.encode(&signature) }],
            },
        })
    }

    /// An entry of kind `dsse`, number 1 of 3 of the log's tree.
    pub fn entry(&self, payload: &[u8], signature: &[u8], verifier_pem: &str, time: i64) -> Value {
        let hash = json!({ "algorithm": "sha256", "value": Digest::of(payload).hex() });
        let body = json!({
            "apiVersion": "0.0.1",
            "kind": "dsse",
            "spec": {
                "envelopeHash": hash,
                "payloadHash": hash,
                "signatures": [{
                    "signature": STANDARD.encode(signature),
                    "verifier": STANDARD.encode(verifier_pem),
                }],
            },
        });
        let body = serde_json::to_vec(&body).expect("JSON can be written");
        self.entry_of(&body, "dsse", "0.0.1", time)
    }

    /// An entry with any body, number 1 of 3 of the log's tree.
    pub fn entry_of(&self, body: &[u8], kind: &str, version: &str, time: i64) -> Value {
        let leaf = |bytes: &[u8]| Digest::of(&[&[0], bytes].concat()).raw();
        let node = |left: &[u8], right: &[u8]| Digest::of(&[&[1], left, right].concat()).raw();
        let (first, ours, last) = (leaf(b"first"), leaf(body), leaf(b"last"));
        let root = STANDARD.encode(node(&node(&first, &ours), &last));
        let text = format!("{HOST} - 42\n3\n{root}\n");
        let id = Digest::of(&spki(&self.log)).raw();
        let line = [id.get(..4).unwrap_or_default(), &sign(&self.log, text.as_bytes())].concat();
        let hex = Digest::of(&spki(&self.log)).hex().to_owned();
        let encoded = STANDARD.encode(body);
        let promise = format!(
            r#"{{"body":"{encoded}","integratedTime":{time},"logID":"{hex}","logIndex":1001}}"#
        );
        json!({
            "logIndex": "1001",
            "logId": { "keyId": STANDARD.encode(&id) },
            "kindVersion": { "kind": kind, "version": version },
            "integratedTime": time.to_string(),
            "inclusionPromise": {
                "signedEntryTimestamp": STANDARD.encode(sign(&self.log, promise.as_bytes())),
            },
            "inclusionProof": {
                "logIndex": "1",
                "rootHash": root,
                "treeSize": "3",
                "hashes": [STANDARD.encode(first), STANDARD.encode(last)],
                "checkpoint": {
                    "envelope": format!("{text}\n\u{2014} {HOST} {}\n", STANDARD.encode(line)),
                },
            },
            "canonicalizedBody": encoded,
        })
    }
}

/// A vector with its length in two bytes before it.
fn sized(bytes: &[u8]) -> Vec<u8> {
    let size = u16::try_from(bytes.len()).expect("a short vector");
    [&size.to_be_bytes(), bytes].concat()
}

/// The first element of a DER sequence: of a certificate, what is signed.
fn inner(der: &[u8]) -> &[u8] {
    let header = |der: &[u8]| match der.get(1) {
        Some(0x81) => (3, usize::from(der[2])),
        Some(0x82) => (4, usize::from(der[2]) << 8 | usize::from(der[3])),
        length => (2, length.copied().map_or(0, usize::from)),
    };
    let (start, _) = header(der);
    let content = der.get(start..).unwrap_or_default();
    let (head, length) = header(content);
    content.get(..head + length).unwrap_or_default()
}

fn pem(label: &str, der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    let lines: Vec<String> =
        text.as_bytes().chunks(64).map(|line| String::from_utf8_lossy(line).into_owned()).collect();
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.join("\n"))
}
