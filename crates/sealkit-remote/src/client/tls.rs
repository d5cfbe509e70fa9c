//! TLS: rustls with ring, the system's authorities and those of the options.

use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};

use crate::RemoteError;
use crate::options::{ClientOptions, Pem};

/// Largest PEM file that is read.
const MAX_PEM: u64 = 4 * 1024 * 1024;

/// The TLS configuration of these options.
pub(crate) fn config(options: &ClientOptions) -> Result<ClientConfig, RemoteError> {
    let provider = Arc::new(ring::default_provider());
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(|error| refused("--tls-verify", &error.to_string()))?;
    let builder = if options.tls_verify {
        builder.with_root_certificates(roots(&options.tls_certs)?)
    } else {
        let any = Arc::new(AnyCertificate(provider));
        builder.dangerous().with_custom_certificate_verifier(any)
    };
    let Some(identity) = &options.identity else {
        return Ok(builder.with_no_client_auth());
    };
    let chain = certificates("--cert", &identity.certificate)?;
    let key = PrivateKeyDer::from_pem_slice(&bytes("--key", &identity.key)?)
        .map_err(|_| refused("--key", "it holds no readable private key in PEM form"))?;
    builder
        .with_client_auth_cert(chain, key)
        .map_err(|_| refused("--key", "it does not fit the certificate"))
}

/// The system's authorities (`SSL_CERT_FILE` and `SSL_CERT_DIR` are honoured) and those given.
/// Single system certificates that can not be read are left out: that can only deny.
fn roots(extra: &[Pem]) -> Result<RootCertStore, RemoteError> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    for pem in extra {
        for certificate in certificates("--tls-cert", pem)? {
            roots
                .add(certificate)
                .map_err(|_| refused("--tls-cert", "one of its certificates can not be read"))?;
        }
    }
    Ok(roots)
}

fn certificates(
    option: &'static str,
    pem: &Pem,
) -> Result<Vec<CertificateDer<'static>>, RemoteError> {
    let text = bytes(option, pem)?;
    let all: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&text).collect();
    match all {
        Ok(all) if !all.is_empty() => Ok(all),
        _ => Err(refused(option, "it holds no certificate in PEM form")),
    }
}

fn bytes(option: &'static str, pem: &Pem) -> Result<Vec<u8>, RemoteError> {
    let path = match pem {
        Pem::Bytes(bytes) => return Ok(bytes.clone()),
        Pem::Path(path) => path,
    };
    crate::files::read_limited(path, MAX_PEM)
        .map_err(|error| refused(option, &format!("`{}`: {error}", path.display())))
}

fn refused(option: &'static str, reason: &str) -> RemoteError {
    RemoteError::Option { option, reason: reason.to_owned() }
}

/// Takes any certificate: what `tls_verify: false` asks for. Signatures of the handshake are still
/// checked.
#[derive(Debug)]
struct AnyCertificate(Arc<CryptoProvider>);

impl ServerCertVerifier for AnyCertificate {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, cert, dss, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, cert, dss, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
