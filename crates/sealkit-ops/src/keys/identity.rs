//! As whom one signs: a key of a file, or a program that holds it, with or without certificates.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use sealkit_attest::{AttestError, Bundle, Certificate, HintStyle, Signer, Statement};

use crate::OpsError;
use crate::trust::file;

/// Largest certificate file that is read, in bytes.
const MAX_CERTIFICATES: u64 = 1 << 20;

/// As whom one signs.
#[derive(Clone)]
pub struct SigningIdentity {
    signer: Arc<dyn Signer + Send + Sync>,
    chain: Vec<Certificate>,
}

impl SigningIdentity {
    /// Signs with a key that others know.
    pub fn of_key(signer: impl Signer + Send + Sync + 'static) -> Self {
        Self { signer: Arc::new(signer), chain: Vec::new() }
    }

    /// Signs as the holder of the first certificate of `chain`, whose key must be the signer's.
    pub fn with_chain(mut self, chain: Vec<Certificate>) -> Result<Self, OpsError> {
        if let Some(leaf) = chain.first()
            && leaf.public_key()? != self.signer.public_key()
        {
            let (subject, reason) = (leaf.subject(), "its key is not the signer's".to_owned());
            return Err(AttestError::CertificateInvalid { subject, reason }.into());
        }
        self.chain = chain;
        Ok(self)
    }

    /// The signer itself.
    pub fn signer(&self) -> &dyn Signer {
        &*self.signer
    }

    /// The certificates, the signer's first; empty for a bare key.
    pub fn chain(&self) -> &[Certificate] {
        &self.chain
    }

    /// Signs a statement; `hint` is how a bare key is named.
    pub(crate) fn sign(&self, statement: &Statement, hint: HintStyle) -> Result<Bundle, OpsError> {
        Ok(if self.chain.is_empty() {
            Bundle::sign(statement, &*self.signer, hint)?
        } else {
            Bundle::sign_certified(statement, &*self.signer, &self.chain)?
        })
    }
}

impl std::fmt::Debug for SigningIdentity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SigningIdentity({:?})", self.signer.public_key())
    }
}

/// Reads the signer's certificate and the files of those above it, in their order.
pub fn read_chain(certificate: &Path, above: &[PathBuf]) -> Result<Vec<Certificate>, OpsError> {
    let mut chain = read_certificates(certificate)?;
    for path in above {
        chain.extend(read_certificates(path)?);
    }
    Ok(chain)
}

/// Reads the certificates of a PEM file.
pub fn read_certificates(path: &Path) -> Result<Vec<Certificate>, OpsError> {
    let bytes = file::require(path, MAX_CERTIFICATES)?;
    Certificate::from_pem_file(&String::from_utf8_lossy(&bytes)).map_err(|source| {
        let message = format!("`{}` has no valid certificates: {source}", path.display());
        OpsError::usage("certificate-invalid", message)
            .with_hint("give a PEM file with `-----BEGIN CERTIFICATE-----`")
    })
}
