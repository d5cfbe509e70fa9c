//! What can go wrong with a statement, a bundle or a key, each with a stable code.

mod hint;

use sealkit_oci::Digest;

/// Longest piece of a foreign text that an error repeats, in characters.
const QUOTE_CHARS: usize = 160;

/// Why something was not signed, not read or not verified.
///
/// Foreign text in the fields has been through [`AttestError::quote`]: it is short and has no
/// control or direction characters.
#[derive(Debug, thiserror::Error)]
pub enum AttestError {
    /// The document is not JSON, or not JSON of the expected shape.
    #[error("{document} is not valid")]
    Json {
        /// Which document.
        document: &'static str,
        /// What the parser says.
        source: serde_json::Error,
    },
    /// An object has the same key twice, so that two readers could see two documents.
    #[error("{document} has the key `{key}` twice in one object")]
    DuplicateKey {
        /// Which document.
        document: &'static str,
        /// The key.
        key: String,
    },
    /// A number that readers do not agree on.
    #[error("{document} has the number {number}, which is out of range")]
    Number {
        /// Which document.
        document: &'static str,
        /// The number, as it was understood.
        number: f64,
    },
    /// A limit for untrusted documents was reached.
    #[error("{document} is over the {what} limit of {limit}")]
    Limit {
        /// Which document.
        document: &'static str,
        /// What is limited: `byte`, `depth` or `string`.
        what: &'static str,
        /// The limit.
        limit: usize,
    },
    /// A field is not padded standard base64.
    #[error("`{field}` is not standard base64")]
    Base64 {
        /// The field.
        field: &'static str,
        /// What the decoder says.
        source: ::base64::DecodeError,
    },
    /// A text is not one PEM block.
    #[error("not a PEM file: {reason}")]
    Pem {
        /// What is wrong with it.
        reason: &'static str,
    },
    /// The bundle's media type is not one that is known.
    #[error("bundle media type `{found}` is not supported")]
    BundleMediaType {
        /// The media type, quoted.
        found: String,
    },
    /// The bundle lacks a part, or has two that exclude each other.
    #[error("bundle is not valid: {reason}")]
    BundleInvalid {
        /// What is wrong with it.
        reason: &'static str,
    },
    /// The envelope does not have exactly one signature.
    #[error("envelope has {found} signatures: exactly one is expected")]
    SignatureCount {
        /// How many it has.
        found: usize,
    },
    /// The envelope's payload is not an in-toto statement.
    #[error("payload type `{found}` is not supported: `application/vnd.in-toto+json` is expected")]
    PayloadType {
        /// The type, quoted.
        found: String,
    },
    /// The signature does not fit the key that is said to have made it, or has no valid form.
    #[error("signature is not valid: {reason}")]
    SignatureInvalid {
        /// What is wrong with it.
        reason: &'static str,
    },
    /// The payload is not an in-toto Statement v1.
    #[error("statement is not valid: {reason}")]
    StatementInvalid {
        /// What is wrong with it.
        reason: String,
    },
    /// The statement is about something else.
    #[error("statement is not about {expected}: its subjects are {found}")]
    SubjectMismatch {
        /// What was asked about.
        expected: Digest,
        /// The first subjects, quoted.
        found: String,
    },
    /// The statement names its subjects only by digests that are not SHA-256.
    #[error("statement names no subject by sha256, only by {found}")]
    WeakAlgorithm {
        /// The algorithms, quoted.
        found: String,
    },
    /// The statement says another kind of thing than was asked for.
    #[error("statement has predicate type `{found}`: `{expected}` is expected")]
    PredicateType {
        /// The type that was asked for.
        expected: String,
        /// The type that it has, quoted.
        found: String,
    },
    /// The predicate does not have the shape of its type.
    #[error("predicate of type `{predicate_type}` is not valid")]
    PredicateInvalid {
        /// The predicate type.
        predicate_type: String,
        /// What the parser says.
        source: serde_json::Error,
    },
    /// The signature is valid under a key that nobody trusts.
    #[error("signed by a key that is not trusted: {fingerprint}")]
    UntrustedKey {
        /// Fingerprint of the key, [`crate::PublicKey::fingerprint`].
        fingerprint: String,
        /// The key itself as PEM, to show and to trust.
        public_key: String,
    },
    /// No trusted key made the signature, and it is not known which key did.
    #[error("no trusted key made the signature, and the signer's key is not known (hint: {hint})")]
    UnknownKey {
        /// The bundle's hint, quoted, or `none`.
        hint: String,
    },
    /// The key's window of trust has passed.
    #[error("trust in the key `{name}` ended at {until} (unix seconds)")]
    KeyExpired {
        /// Name of the key in the trust root.
        name: String,
        /// Last second of the window.
        until: i64,
    },
    /// The key's window of trust has not begun.
    #[error("trust in the key `{name}` begins at {from} (unix seconds)")]
    KeyNotYetValid {
        /// Name of the key in the trust root.
        name: String,
        /// First second of the window.
        from: i64,
    },
    /// A certificate of the signer's chain breaks a rule of RFC 5280, or may not sign.
    #[error("certificate `{subject}` is not valid: {reason}")]
    CertificateInvalid {
        /// The certificate's subject, quoted.
        subject: String,
        /// Which rule.
        reason: String,
    },
    /// The certificate does not lead to an authority that is trusted.
    #[error("certificate `{subject}`, issued by `{issuer}`, leads to no authority that is trusted")]
    UntrustedCertificate {
        /// The names of its holder, quoted.
        subject: String,
        /// Who issued it, quoted.
        issuer: String,
    },
    /// A trusted authority certified somebody for whom it is not trusted.
    #[error("authority `{authority}` certified {found}, whom it may not vouch for")]
    SubjectNotTrusted {
        /// Name of the authority in the trust root, quoted.
        authority: String,
        /// The names of the holder, quoted.
        found: String,
    },
    /// The signed list of a model's files breaks a rule of OpenSSF Model Signing.
    #[error("manifest of the model is not valid: {reason}")]
    ManifestInvalid {
        /// Which rule, with foreign text quoted.
        reason: String,
    },
    /// A name in a tree that could lead out of it, or that systems read in different ways.
    #[error("name `{name}` {problem}")]
    UnsafePath {
        /// The name, quoted.
        name: String,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// Two names that are one on systems which ignore case or the form of Unicode.
    #[error("`{first}` and `{second}` are one name on systems that ignore case or Unicode form")]
    PathCollision {
        /// One of them, quoted.
        first: String,
        /// The other, quoted.
        second: String,
    },
    /// A form of signature that only old or odd signers write.
    #[error("{what} is refused")]
    LegacyRefused {
        /// What it is.
        what: &'static str,
        /// The option that takes it nevertheless.
        flag: &'static str,
    },
    /// Files are hashed with another algorithm than SHA-256.
    #[error("files are hashed with {found}: only sha256 is supported")]
    HashUnsupported {
        /// The algorithm, quoted.
        found: String,
    },
    /// A signer outside of this program did not sign.
    #[error("the external signer did not sign: {reason}")]
    SignerFailed {
        /// Why, with its own words quoted.
        reason: String,
    },
    /// The bundle names its signer in a way that cannot be verified yet.
    #[error("verification by {material} is not supported yet")]
    MaterialUnsupported {
        /// What kind of material.
        material: &'static str,
    },
    /// The bundle signs bare bytes, so that it states nothing.
    #[error("bundle has a bare message signature and no statement")]
    NoStatement,
    /// The bundle has a statement where a bare message signature was asked for.
    #[error("bundle has a statement and no bare message signature")]
    NoMessage,
    /// The key is of a kind that is not supported.
    #[error("key algorithm {algorithm} is not supported here")]
    UnsupportedAlgorithm {
        /// Name of the algorithm.
        algorithm: String,
    },
    /// The bytes are not a key.
    #[error("not a valid {what}")]
    KeyInvalid {
        /// `public key`, `private key` or `encrypted key file`.
        what: &'static str,
    },
    /// The PEM block is of another kind than a key that can be read.
    #[error("PEM block `{found}` is not supported: {expected} is expected")]
    PemLabel {
        /// The label, quoted.
        found: String,
        /// The labels that can be read.
        expected: &'static str,
    },
    /// The key file is encrypted and there is no password.
    #[error("key file is encrypted and no password was given")]
    PasswordNeeded,
    /// The password does not open the key file, or the file was altered.
    #[error("password does not open the key file")]
    WrongPassword,
    /// The key file asks for another derivation or cipher than cosign's.
    #[error("key file has {what} {found}, which is refused")]
    KdfParams {
        /// What is refused: `kdf`, `cipher`, `scrypt parameters` or `salt or nonce length`.
        what: &'static str,
        /// The value, quoted.
        found: String,
    },
    /// The random source gave no usable key.
    #[error("random source gave no usable key")]
    RandomSource,
    /// The signer is the fixed key that only tests may use.
    #[error("signed by `insecure-test-key`, whose private key is public")]
    InsecureTestKey,
    /// The trust root breaks one of its rules.
    #[error("trust root is not valid: {reason}")]
    TrustRootInvalid {
        /// Which rule.
        reason: String,
    },
    /// The certificate of a keyless signature, or its chain, breaks a rule.
    #[error("certificate is not valid: {reason}")]
    ChainInvalid {
        /// Which rule.
        reason: String,
    },
    /// No Sigstore instance is trusted that could vouch for the certificate.
    #[error("certificate of {subject} is of no instance that is trusted")]
    CertificateUntrusted {
        /// The name that the certificate claims, quoted.
        subject: String,
    },
    /// A trusted instance vouches for a signer whom nobody trusts.
    #[error("signed by {kind} `{subject}`, known to `{issuer}`, which is no trusted identity")]
    IdentityMismatch {
        /// Kind of the name.
        kind: &'static str,
        /// The name, quoted.
        subject: String,
        /// The identity provider, quoted.
        issuer: String,
    },
    /// A log entry is about another signature, key or content.
    #[error("log entry does not fit: {reason}")]
    LogEntryMismatch {
        /// What is of something else.
        reason: &'static str,
    },
    /// A log's proof or promise does not hold.
    #[error("log proof is not valid: {reason}")]
    LogProofInvalid {
        /// Why.
        reason: String,
    },
    /// A timestamp or a log's time does not hold, or there is none where one is needed.
    #[error("timestamp is not valid: {reason}")]
    TimestampInvalid {
        /// Why.
        reason: String,
    },
    /// A log showed two histories.
    #[error("log is inconsistent: {reason}")]
    LogInconsistent {
        /// How it shows.
        reason: &'static str,
    },
    /// A log's checkpoint is older than one that was seen before.
    #[error("log has {found} entries, and had {pinned} before")]
    StaleCheckpoint {
        /// Entries that it had.
        pinned: u64,
        /// Entries that it says to have.
        found: u64,
    },
    /// A check could not be made because one before it did not pass.
    #[error("not checked: {needs}")]
    NotChecked {
        /// What it depends on.
        needs: &'static str,
    },
}

impl AttestError {
    /// Makes foreign text fit to be repeated: short, and escaped where it is not printable.
    pub fn quote(text: &str) -> String {
        let mut quoted: String =
            text.chars().take(QUOTE_CHARS).flat_map(char::escape_debug).collect();
        if text.chars().nth(QUOTE_CHARS).is_some() {
            quoted.push('…');
        }
        quoted
    }

    /// The message with those of its sources.
    pub fn full_message(&self) -> String {
        let mut text = self.to_string();
        let mut next = std::error::Error::source(self);
        while let Some(source) = next {
            text = format!("{text}: {source}");
            next = source.source();
        }
        text
    }

    /// Whether the thing could not be checked, as opposed to having been found wrong.
    pub fn is_unknown(&self) -> bool {
        matches!(
            self,
            Self::UntrustedKey { .. }
                | Self::UnknownKey { .. }
                | Self::UntrustedCertificate { .. }
                | Self::SubjectNotTrusted { .. }
                | Self::HashUnsupported { .. }
                | Self::LegacyRefused { .. }
                | Self::CertificateUntrusted { .. }
                | Self::IdentityMismatch { .. }
                | Self::MaterialUnsupported { .. }
                | Self::UnsupportedAlgorithm { .. }
                | Self::NoStatement
                | Self::NoMessage
                | Self::NotChecked { .. }
        )
    }
}
