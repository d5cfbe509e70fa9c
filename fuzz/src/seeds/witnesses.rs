//! Seeds of an instance of Sigstore that existed for a moment, and of a timestamp by OpenSSL.

/// A signer's certificate.
pub(super) const CERTIFICATE: &[u8] = include_bytes!("certificate.der");
/// An authority's certificate.
pub(super) const AUTHORITY: &[u8] = include_bytes!("authority.pem");
/// A checkpoint of Rekor's first generation.
pub(super) const CHECKPOINT: &str = include_str!("checkpoint.txt");
/// A key that verifies notes.
pub(super) const NOTE_KEY: &str =
    "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
/// A bundle with a certificate and a log entry, which verifies under the trusted root.
pub(super) const KEYLESS: &[u8] = include_bytes!("keyless.json");
/// An RFC 3161 response.
pub(super) const TIMESTAMP: &[u8] = include_bytes!("timestamp.tsr");
/// The trusted root of all of them.
pub(super) const TRUSTED_ROOT: &[u8] = include_bytes!("trusted_root.json");
