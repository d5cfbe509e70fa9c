//! TLS and proxies of the test kit.
#![allow(clippy::unwrap_used, reason = "helpers of tests unwrap as tests do")]

use std::sync::Arc;

use sealkit_testkit::{Client, ClientCerts, Identity, TestCa, TestProxy, TestRegistry};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::ring::default_provider;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

/// The first line of the answer to a ping over TLS; none where the handshake fails.
async fn ping(registry: &TestRegistry, ca: &TestCa, identity: Option<Identity>) -> Option<String> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(ca.pem().as_bytes()).unwrap()).unwrap();
    let builder = ClientConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots);
    let config = match identity {
        None => builder.with_no_client_auth(),
        Some(identity) => {
            let cert = CertificateDer::from_pem_slice(identity.cert_pem.as_bytes()).unwrap();
            let key = PrivateKeyDer::from_pem_slice(identity.key_pem.as_bytes()).unwrap();
            builder.with_client_auth_cert(vec![cert], key).unwrap()
        }
    };
    let stream = TcpStream::connect(registry.addr()).await.unwrap();
    let name = ServerName::try_from("127.0.0.1").unwrap();
    let mut stream = TlsConnector::from(Arc::new(config)).connect(name, stream).await.ok()?;
    let request = b"GET /v2/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    stream.write_all(request).await.ok()?;
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    String::from_utf8(answer).unwrap().lines().next().map(str::to_owned)
}

#[tokio::test]
async fn a_registry_behind_tls_answers_who_trusts_its_authority() {
    let ca = TestCa::new();
    let registry = TestRegistry::start_tls(&ca, ClientCerts::NotAsked).await;
    assert!(registry.url().starts_with("https://"));
    assert_eq!(ping(&registry, &ca, None).await.as_deref(), Some("HTTP/1.1 200 OK"));
    assert_eq!(ping(&registry, &TestCa::new(), None).await, None);
}

#[tokio::test]
async fn a_client_certificate_can_be_required() {
    let ca = TestCa::new();
    let registry = TestRegistry::start_tls(&ca, ClientCerts::Required).await;
    assert_eq!(ping(&registry, &ca, None).await, None);
    let stranger = TestCa::new().client("stranger");
    assert_eq!(ping(&registry, &ca, Some(stranger)).await, None);
    let known = ca.client("known");
    assert_eq!(ping(&registry, &ca, Some(known)).await.as_deref(), Some("HTTP/1.1 200 OK"));
}

#[tokio::test]
async fn a_proxy_forwards_and_remembers() {
    let registry = TestRegistry::start().await;
    let proxy = TestProxy::start().await;
    let client = Client::new(proxy.addr());
    let url = format!("{}/v2/", registry.url());
    let reply = client.send("GET", &url, &[("X-Kept", "1"), ("Proxy-Secret", "2")], b"").await;
    assert_eq!(reply.status, 200);
    let seen = &registry.log().all()[0];
    assert_eq!((seen.header("x-kept"), seen.header("proxy-secret")), (Some("1"), None));
    let tunnel = format!(
        "CONNECT {0} HTTP/1.1\r\nHost: {0}\r\n\r\nGET /v2/_catalog HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        registry.host()
    );
    assert_eq!(client.raw(tunnel.as_bytes(), false).await.status, 200);
    let methods: Vec<_> = proxy.seen().into_iter().map(|seen| seen.method).collect();
    assert_eq!(methods, ["GET", "CONNECT"]);
    assert_eq!(registry.log().all()[1].path, "/v2/_catalog");
}

#[tokio::test]
async fn a_proxy_can_want_a_login_and_invent_hosts() {
    let registry = TestRegistry::start().await;
    let proxy = TestProxy::with(Some(registry.addr()), Some(("u", "p"))).await;
    let client = Client::new(proxy.addr());
    let url = "http://hub.invalid/v2/";
    let refused = client.send("GET", url, &[], b"").await;
    assert_eq!(refused.status, 407);
    let login = [("Proxy-Authorization", "Basic dTpw")];
    assert_eq!(client.send("GET", url, &login, b"").await.status, 200);
    assert_eq!(proxy.seen()[1].authorization.as_deref(), Some("Basic dTpw"));
}
