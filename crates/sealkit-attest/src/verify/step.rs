//! Stable names of the steps of a verification, in their order.

/// The bundle is strict JSON of a known version.
pub const BUNDLE: &str = "bundle-readable";
/// The envelope has exactly one signature.
pub const ONE_SIGNATURE: &str = "one-signature";
/// The bundle names its signer in a way that can be verified.
pub const MATERIAL: &str = "signer-material";
/// The signature is valid under a known key.
pub const SIGNATURE: &str = "signature-valid";
/// A trusted Sigstore instance vouches for the certificate; only where a certificate names the signer.
pub const CERTIFICATE: &str = "certificate-valid";
/// The key or the identity is trusted.
pub const TRUSTED: &str = "signer-trusted";
/// The time lies in the key's window of trust.
pub const WINDOW: &str = "key-window";
/// The payload is an in-toto statement by its type.
pub const PAYLOAD_TYPE: &str = "payload-type";
/// The payload is a valid statement.
pub const STATEMENT: &str = "statement-valid";
/// The statement is about the digest that was asked for.
pub const SUBJECT: &str = "subject-bound";
/// The statement says the kind of thing that was asked for.
pub const PREDICATE: &str = "predicate-type";
/// Log entries and timestamps.
pub const LOG: &str = "transparency-log";
/// The statement lists the files of a model by the rules of OpenSSF Model Signing.
pub const MANIFEST: &str = "model-manifest";
