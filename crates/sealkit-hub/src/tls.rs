//! TLS of the hub's own: certificate and key out of files, which can be read anew while it serves.

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use rcgen::{CertificateParams, KeyPair};
use sealkit_oci::Digest;
use sealkit_report::{Code, Hint};
use sealkit_store::{Readers, replace_file};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::ring::default_provider;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::{self, ServerConfig};
use tokio_rustls::server::TlsStream;
use zeroize::Zeroizing;

use crate::linger::throw_away;
use crate::socket::Socket;

/// Largest file of a certificate chain or key in bytes.
const MAX_FILE: u64 = 1 << 20;
/// First byte of a TLS record that begins a handshake (RFC 8446 §5.1).
const HANDSHAKE: u8 = 22;
/// What a client hears that does not speak TLS: the same as of other servers, in plain HTTP.
const NOT_TLS: &[u8] = b"HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\n\
    Content-Length: 58\r\nConnection: close\r\n\r\n\
    plain HTTP was sent to a port that speaks TLS: use https\r\n";
/// How long a client may take to read [`NOT_TLS`].
const FAREWELL: Duration = Duration::from_secs(1);

/// Why certificate and key can not be used.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file could not be read.
    #[error("could not read `{path}`")]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// A file is no PEM of what it should hold.
    #[error("`{path}` holds no {what} in PEM")]
    Pem {
        /// The file.
        path: PathBuf,
        /// What it should hold.
        what: &'static str,
    },
    /// Certificate and key do not go together, or are of a kind that is not supported.
    #[error("the certificate of `{path}` can not be used with the key")]
    Unusable {
        /// File of the certificate.
        path: PathBuf,
        /// Why.
        #[source]
        source: rustls::Error,
    },
    /// A certificate for trying could not be made.
    #[error("could not make a certificate")]
    Make(#[source] rcgen::Error),
    /// A certificate for trying could not be written.
    #[error("could not write `{path}`")]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
}

impl Hint for TlsError {
    fn code(&self) -> Code {
        match self {
            Self::Read { .. } | Self::Write { .. } => "io",
            Self::Pem { .. } => "tls-malformed",
            Self::Unusable { .. } => "tls-unusable",
            Self::Make(_) => "tls-not-made",
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Read { .. } | Self::Write { .. } | Self::Make(_) => None,
            Self::Pem { .. } => Some(
                "give the certificate, and the ones between it and the authority, with `--tls-cert`, \
                 and its key, not encrypted, with `--tls-key`"
                    .to_owned(),
            ),
            Self::Unusable { .. } => {
                Some("put the server's own certificate first, and give the key it was made for".into())
            }
        }
    }
}

/// The certificate that a hub shows, and its key. TLS 1.2 and later, HTTP/1.1.
pub struct Tls {
    current: RwLock<Current>,
    files: Option<(PathBuf, PathBuf)>,
}

#[derive(Clone)]
struct Current {
    config: Arc<ServerConfig>,
    fingerprint: String,
}

impl Tls {
    /// The certificate chain of one PEM file with the key of another.
    pub fn load(certificate: &Path, key: &Path) -> Result<Self, TlsError> {
        let files = (certificate.to_owned(), key.to_owned());
        let current = RwLock::new(Current::read(&files.0, &files.1)?);
        Ok(Self { current, files: Some(files) })
    }

    /// A certificate for `names` that nobody vouches for, written to `path` for clients that are told to
    /// trust it. The key is kept in memory alone, so that it ends with this process.
    pub fn self_signed(names: Vec<String>, path: &Path) -> Result<Self, TlsError> {
        let mut params = CertificateParams::new(names).map_err(TlsError::Make)?;
        params.distinguished_name.push(rcgen::DnType::CommonName, "SealKit hub, for trying");
        let key = KeyPair::generate().map_err(TlsError::Make)?;
        let made = params.self_signed(&key).map_err(TlsError::Make)?;
        let pair = PrivateKeyDer::try_from(key.serialize_der()).map_err(|text| {
            let source = rustls::Error::General(text.to_owned());
            TlsError::Unusable { path: path.to_owned(), source }
        })?;
        let current = RwLock::new(Current::of(vec![made.der().clone()], pair, path)?);
        replace_file(path, made.pem().as_bytes(), Readers::All)
            .map_err(|source| TlsError::Write { path: path.to_owned(), source })?;
        Ok(Self { current, files: None })
    }

    /// Reads the files anew. Where they can not be used, what was used before stays in use.
    /// Connections that are open keep what they began with.
    pub fn reload(&self) -> Result<(), TlsError> {
        if let Some((certificate, key)) = &self.files {
            let read = Current::read(certificate, key)?;
            *self.current.write().unwrap_or_else(PoisonError::into_inner) = read;
        }
        Ok(())
    }

    /// SHA-256 of the certificate's DER, as pairs of hexadecimal digits between colons.
    pub fn fingerprint(&self) -> String {
        self.now().fingerprint
    }

    fn now(&self) -> Current {
        self.current.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Shakes hands within `limit`; none where that fails, also with a client that speaks plain HTTP,
    /// which is told so.
    pub(crate) async fn accept(
        &self,
        stream: TcpStream,
        limit: Duration,
    ) -> Option<(TlsStream<Socket>, Socket)> {
        let acceptor = TlsAcceptor::from(self.now().config);
        let shake = async {
            let mut first = [0];
            if stream.peek(&mut first).await.ok()? == 0 {
                return None;
            }
            if first != [HANDSHAKE] {
                tell_not_tls(stream).await;
                return None;
            }
            let socket = Socket::new(stream);
            Some((acceptor.accept(socket.clone()).await.ok()?, socket))
        };
        tokio::time::timeout(limit, shake).await.ok().flatten()
    }
}

impl Current {
    fn read(certificate: &Path, key: &Path) -> Result<Self, TlsError> {
        let malformed = |path: &Path, what| TlsError::Pem { path: path.to_owned(), what };
        let text = read(certificate)?;
        let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&text).collect();
        let chain = chain.ok().filter(|chain| !chain.is_empty());
        let chain = chain.ok_or_else(|| malformed(certificate, "certificate"))?;
        let pair = PrivateKeyDer::from_pem_slice(&read(key)?);
        let pair = pair.map_err(|_| malformed(key, "private key"))?;
        Self::of(chain, pair, certificate)
    }

    fn of(
        chain: Vec<CertificateDer<'static>>,
        key: PrivateKeyDer<'static>,
        path: &Path,
    ) -> Result<Self, TlsError> {
        let unusable = |source| TlsError::Unusable { path: path.to_owned(), source };
        let fingerprint = chain.first().map(|first| fingerprint(first)).unwrap_or_default();
        let builder = ServerConfig::builder_with_provider(Arc::new(default_provider()));
        let builder =
            builder.with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12]);
        let config = builder.map_err(unusable)?.with_no_client_auth().with_single_cert(chain, key);
        let mut config = config.map_err(unusable)?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Self { config: Arc::new(config), fingerprint })
    }
}

fn fingerprint(certificate: &[u8]) -> String {
    let hex = Digest::of(certificate).hex().to_ascii_uppercase();
    let pairs: Vec<&str> = (0..hex.len()).step_by(2).filter_map(|at| hex.get(at..at + 2)).collect();
    pairs.join(":")
}

fn read(path: &Path) -> Result<Zeroizing<Vec<u8>>, TlsError> {
    let failed = |source| TlsError::Read { path: path.to_owned(), source };
    let mut bytes = Zeroizing::new(Vec::new());
    let file = std::fs::File::open(path).map_err(failed)?;
    file.take(MAX_FILE).read_to_end(&mut bytes).map_err(failed)?;
    Ok(bytes)
}

/// Answers a request in plain HTTP. What the client sent is taken: a connection that is closed on unread bytes is
/// reset, and the answer with it.
async fn tell_not_tls(mut stream: TcpStream) {
    let talk = async {
        let mut sent = [0; 4096];
        let _ = stream.read(&mut sent).await;
        let _ = stream.write_all(NOT_TLS).await;
        throw_away(stream).await;
    };
    let _ = tokio::time::timeout(FAREWELL, talk).await;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_farewell_is_one_whole_answer() {
        let text = std::str::from_utf8(NOT_TLS).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        assert!(head.contains(&format!("Content-Length: {}\r\n", body.len())), "{text}");
    }

    #[test]
    fn a_fingerprint_is_what_other_tools_show() {
        let shown = fingerprint(b"");
        assert!(shown.starts_with("E3:B0:C4:42:"), "{shown}");
        assert_eq!(shown.len(), 95);
    }
}
