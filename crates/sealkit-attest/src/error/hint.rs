//! The stable code of each cause, and what to do next.

use sealkit_report::{Code, Hint};

use super::AttestError;

impl Hint for AttestError {
    fn code(&self) -> Code {
        match self {
            Self::Json { .. }
            | Self::Number { .. }
            | Self::Base64 { .. }
            | Self::Pem { .. }
            | Self::BundleInvalid { .. } => "parse-error",
            Self::DuplicateKey { .. } => "duplicate-key",
            Self::Limit { .. } => "limit-exceeded",
            Self::BundleMediaType { .. } => "media-type-unsupported",
            Self::SignatureCount { .. } => "exactly-one-signature",
            Self::PayloadType { .. } => "payload-type-unsupported",
            Self::SignatureInvalid { .. } => "signature-invalid",
            Self::StatementInvalid { .. } => "statement-invalid",
            Self::SubjectMismatch { .. } => "subject-mismatch",
            Self::WeakAlgorithm { .. } => "weak-algorithm",
            Self::PredicateType { .. } => "predicate-type-mismatch",
            Self::PredicateInvalid { .. } => "predicate-invalid",
            Self::UntrustedKey { .. } | Self::UnknownKey { .. } => "untrusted-key",
            Self::KeyExpired { .. } => "key-expired",
            Self::KeyNotYetValid { .. } => "key-not-yet-valid",
            Self::CertificateInvalid { .. } => "certificate-invalid",
            Self::UntrustedCertificate { .. } => "untrusted-certificate",
            Self::SubjectNotTrusted { .. } => "identity-mismatch",
            Self::ManifestInvalid { .. } => "manifest-invalid",
            Self::UnsafePath { .. } => "unsafe-path",
            Self::PathCollision { .. } => "path-collision",
            Self::LegacyRefused { .. } => "legacy-refused",
            Self::HashUnsupported { .. } => "unsupported-algorithm",
            Self::SignerFailed { .. } => "signer-failed",
            Self::MaterialUnsupported { .. } => "material-unsupported",
            Self::NoStatement => "no-statement",
            Self::NoMessage => "no-message-signature",
            Self::UnsupportedAlgorithm { .. } => "unsupported-algorithm",
            Self::KeyInvalid { .. } | Self::PemLabel { .. } => "key-invalid",
            Self::PasswordNeeded => "password-needed",
            Self::WrongPassword => "wrong-password",
            Self::KdfParams { .. } => "kdf-params-refused",
            Self::RandomSource => "random-source",
            Self::InsecureTestKey => "insecure-test-key",
            Self::TrustRootInvalid { .. } => "trust-root-invalid",
            Self::ChainInvalid { .. } => "certificate-invalid",
            Self::CertificateUntrusted { .. } => "untrusted-certificate",
            Self::IdentityMismatch { .. } => "identity-mismatch",
            Self::LogEntryMismatch { .. } => "log-entry-mismatch",
            Self::LogProofInvalid { .. } => "log-proof-invalid",
            Self::TimestampInvalid { .. } => "timestamp-invalid",
            Self::LogInconsistent { .. } => "log-inconsistent",
            Self::StaleCheckpoint { .. } => "stale-checkpoint",
            Self::NotChecked { .. } => "not-checked",
        }
    }

    fn hint(&self) -> Option<String> {
        if let Self::LegacyRefused { flag, .. } = self {
            return Some(format!("ask the signer for a new signature, or take it with `{flag}`"));
        }
        let text = match self {
            Self::Limit { document: "AIBOM", what: "byte", .. } => {
                "give no document: the AIBOM that `sealkit bom attach` makes of the kit fits"
            }
            Self::UntrustedKey { .. } => "make sure by another way whose key it is, then trust it",
            Self::UnknownKey { .. } => "get the signer's public key and trust it",
            Self::UntrustedCertificate { .. } => {
                "get the authority's certificate by another way, and give it with `--ca`"
            }
            Self::CertificateUntrusted { .. } => {
                "trust the signer's Sigstore instance with `sealkit trust add --trusted-root FILE`"
            }
            Self::IdentityMismatch { .. } => {
                "make sure by another way that this is who should sign, then trust the identity"
            }
            Self::StaleCheckpoint { .. } => "ask the log for its newest checkpoint",
            Self::PasswordNeeded => {
                "give the password with `--password-stdin` or `SEALKIT_PASSWORD`"
            }
            Self::PemLabel { found, .. } if found.ends_with("PRIVATE KEY") => {
                "convert it with `openssl pkcs8 -topk8 -nocrypt`"
            }
            Self::WrongPassword => "try the password with which the key was made",
            Self::KdfParams { .. } => "make a new key with `sealkit keys generate`",
            Self::UnsupportedAlgorithm { .. } => {
                "ECDSA P-256, P-384 and P-521 are verified, and a key file signs with P-256: make one with \
                 `sealkit keys generate`"
            }
            Self::SignatureInvalid { .. } | Self::SubjectMismatch { .. } => {
                "get the kit and its signature again from where it was published"
            }
            Self::KeyExpired { .. } => "ask the signer for a new signature with a current key",
            _ => return None,
        };
        Some(text.to_owned())
    }
}
