//! Encrypted connections: authorities, client certificates, and ways that must stay encrypted.
#![allow(clippy::unwrap_used, reason = "a test that can not set up its stage has failed")]

mod common;

use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::pki_types::PrivateKeyDer;
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use sealkit_oci::Digest;
use sealkit_remote::ClientOptions;
use sealkit_remote::options::{ClientIdentity, Pem};
use sealkit_report::Hint;
use sealkit_store::{BlobStore, StoreError};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use common::{CANARY, all_text, basic, options, remote};

const OK: &str = "HTTP/1.1 200 OK\r\ncontent-length: 7\r\nconnection: close\r\n\r\n";

type Change = fn(&mut ClientOptions, &Pki);

/// An authority and a certificate of it for `127.0.0.1`.
struct Pki {
    authority: CertifiedIssuer<'static, KeyPair>,
    certificate: rcgen::Certificate,
    key: KeyPair,
}

impl Pki {
    fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap();
        let certificate = params.signed_by(&key, &authority).unwrap();
        Self { authority, certificate, key }
    }

    fn pem(&self) -> Pem {
        Pem::Bytes(self.authority.pem().into_bytes())
    }

    fn identity(&self) -> ClientIdentity {
        ClientIdentity {
            certificate: Pem::Bytes(self.certificate.pem().into_bytes()),
            key: Pem::Bytes(self.key.serialize_pem().into_bytes()),
        }
    }

    fn server(&self, clients: Option<&Pki>) -> ServerConfig {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .unwrap();
        let builder = match clients {
            None => builder.with_no_client_auth(),
            Some(clients) => {
                let mut roots = RootCertStore::empty();
                roots.add(clients.authority.der().clone()).unwrap();
                let verifier =
                    WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
                builder.with_client_cert_verifier(verifier.build().unwrap())
            }
        };
        let key = PrivateKeyDer::try_from(self.key.serialize_der()).unwrap();
        builder.with_single_cert(vec![self.certificate.der().clone()], key).unwrap()
    }
}

/// A server that gives one answer to every request; its address.
async fn serve(config: ServerConfig, answer: String) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let host = listener.local_addr().unwrap().to_string();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            let (acceptor, answer) = (acceptor.clone(), answer.clone());
            tokio::spawn(async move {
                let Ok(mut stream) = acceptor.accept(socket).await else { return };
                let mut request = Vec::new();
                while !request.ends_with(b"\r\n\r\n") {
                    let Ok(byte) = stream.read_u8().await else { return };
                    request.push(byte);
                }
                stream.write_all(answer.as_bytes()).await.ok();
                stream.shutdown().await.ok();
            });
        }
    });
    host
}

async fn ask(
    host: &str,
    change: impl FnOnce(&mut ClientOptions),
) -> Result<Option<u64>, StoreError> {
    let mut options = ClientOptions { plain_http: false, ..options() };
    options.retry.retries = 0;
    change(&mut options);
    remote(host, options).stat(&Digest::of(b"x")).await
}

#[tokio::test]
async fn a_private_authority_must_be_named() {
    let pki = Pki::new();
    let host = serve(pki.server(None), OK.to_owned()).await;
    let error = ask(&host, |_| {}).await.unwrap_err();
    assert_eq!(error.code(), "tls-certificate", "{}", all_text(&error));
    assert!(error.hint().unwrap().contains("--tls-cert"));
    assert_eq!(ask(&host, |options| options.tls_certs = vec![pki.pem()]).await.unwrap(), Some(7));
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), pki.authority.pem()).unwrap();
    let path = Pem::Path(file.path().to_owned());
    assert_eq!(ask(&host, |options| options.tls_certs = vec![path]).await.unwrap(), Some(7));
    let other = Pki::new();
    assert!(ask(&host, |options| options.tls_certs = vec![other.pem()]).await.is_err());
    assert_eq!(ask(&host, |options| options.tls_verify = false).await.unwrap(), Some(7));
}

/// A certificate that signed itself, for `127.0.0.1`, as `openssl req -x509` makes it with and without
/// `basicConstraints=CA:FALSE`.
fn of_itself(is_ca: IsCa) -> (ServerConfig, Pem) {
    let mut params = CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap();
    params.is_ca = is_ca;
    let own = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ServerConfig::builder_with_provider(provider);
    let builder = builder.with_safe_default_protocol_versions().unwrap().with_no_client_auth();
    let key = PrivateKeyDer::try_from(own.key().serialize_der()).unwrap();
    let config = builder.with_single_cert(vec![own.der().clone()], key).unwrap();
    (config, Pem::Bytes(own.pem().into_bytes()))
}

#[tokio::test]
async fn a_server_that_shows_an_authority_s_certificate_is_told_apart() {
    let (config, pem) = of_itself(IsCa::Ca(BasicConstraints::Unconstrained));
    let host = serve(config, OK.to_owned()).await;
    let error = ask(&host, |options| options.tls_certs = vec![pem]).await.unwrap_err();
    assert_eq!(error.code(), "tls-authority", "{}", all_text(&error));
    assert!(error.hint().unwrap().contains("CA:FALSE"));
    let (config, pem) = of_itself(IsCa::ExplicitNoCa);
    let host = serve(config, OK.to_owned()).await;
    assert_eq!(ask(&host, |options| options.tls_certs = vec![pem]).await.unwrap(), Some(7));
}

#[tokio::test]
async fn a_client_certificate_is_shown_where_it_is_wanted() {
    let (pki, clients) = (Pki::new(), Pki::new());
    let host = serve(pki.server(Some(&clients)), OK.to_owned()).await;
    assert!(ask(&host, |options| options.tls_certs = vec![pki.pem()]).await.is_err());
    let answer = ask(&host, |options| {
        options.tls_certs = vec![pki.pem()];
        options.identity = Some(clients.identity());
    });
    assert_eq!(answer.await.unwrap(), Some(7));
}

#[tokio::test]
async fn options_that_can_not_be_used_are_named() {
    let pki = Pki::new();
    let cases: [(&str, Change); 4] = [
        ("--tls-cert", |o, _| o.tls_certs = vec![Pem::Bytes(CANARY.into())]),
        ("--tls-cert", |o, _| o.tls_certs = vec![Pem::Path("/nowhere/ca.pem".into())]),
        ("--key", |o, pki| {
            let key = Pem::Bytes(CANARY.into());
            o.identity = Some(ClientIdentity { key, ..pki.identity() });
        }),
        ("--proxy", |o, _| {
            o.proxy = sealkit_remote::options::Proxy::Url(format!("http://u:{CANARY}@[bad"));
        }),
    ];
    for (name, change) in cases {
        let error = ask("127.0.0.1:9", |options| change(options, &pki)).await.unwrap_err();
        assert_eq!(error.code(), "remote-option");
        assert!(error.to_string().contains(name), "{error}");
        assert!(!all_text(&error).contains(CANARY), "{}", all_text(&error));
    }
}

#[tokio::test]
async fn a_way_that_began_encrypted_stays_so() {
    let pki = Pki::new();
    let thief = common::Mock::start(|_| common::reply(200, &[], "")).await;
    let redirect = format!(
        "HTTP/1.1 307 Moved\r\nlocation: http://{}/\r\ncontent-length: 0\r\nconnection: close\r\n\r\n",
        thief.host
    );
    let host = serve(pki.server(None), redirect).await;
    let error = ask(&host, |options| options.tls_certs = vec![pki.pem()]).await.unwrap_err();
    assert_eq!(error.code(), "registry-redirect");
    let challenge = format!(
        "HTTP/1.1 401 No\r\nwww-authenticate: Bearer realm=\"http://{}/token\"\r\n\
         content-length: 0\r\nconnection: close\r\n\r\n",
        thief.host
    );
    let host = serve(pki.server(None), challenge).await;
    let error = ask(&host, |options| {
        options.tls_certs = vec![pki.pem()];
        options.credentials = basic("me", CANARY);
    });
    assert_eq!(error.await.unwrap_err().code(), "registry-redirect");
    assert!(thief.all().is_empty());
}
