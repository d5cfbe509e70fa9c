//! Who is refused while it still sends a body hears why: the connection is not reset under the answer.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use sealkit_hub::{HubOptions, RuleChange, Tls};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::ring::default_provider;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use crate::common::guarded::Guarded;

/// What the head announces.
const LENGTH: usize = 64 << 20;
/// What is sent at once.
const PIECE: usize = 64 * 1024;
const TRIES: usize = 20;

trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Stream for T {}

/// Sends a head and so many pieces of the body, and only then reads. What it fails with is what people saw in place of
/// the reason.
async fn send_then_read(
    mut stream: impl Stream,
    head: &str,
    pieces: usize,
) -> Result<String, std::io::Error> {
    stream.write_all(head.as_bytes()).await?;
    let piece = vec![7; PIECE];
    for _ in 0..pieces {
        stream.write_all(&piece).await?;
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await?;
    Ok(String::from_utf8(answer).unwrap())
}

fn head(location: &str, token: &str) -> String {
    format!(
        "PATCH {location} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n\
         Content-Type: application/octet-stream\r\nContent-Length: {LENGTH}\r\n\r\n"
    )
}

/// The error of an answer, which came whole and says that nothing more comes.
fn check(answer: &str, status: &str, code: &str) {
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with(&format!("HTTP/1.1 {status}")), "{head}");
    assert!(head.to_ascii_lowercase().contains("\r\nconnection: close"), "{head}");
    let body: serde_json::Value = serde_json::from_str(body).unwrap();
    assert_eq!(body["errors"][0]["code"], code);
}

/// A hub with a quota that is less than what is sent, an upload and the tokens to go on with it, and a wrong one.
async fn stage(change: impl FnOnce(&mut HubOptions)) -> (Guarded, String, String) {
    let guarded = Guarded::with(false, |options, _| change(options)).await;
    let writer = guarded.token("w", &["write:*"]).await;
    let quota = RuleChange { max_bytes: Some(Some(1_000_000)), ..RuleChange::default() };
    guarded.rules.set("team", quota).await.unwrap();
    let session = guarded.storage.sessions().start("team/a").await.unwrap();
    (guarded, writer, format!("/v2/team/a/blobs/uploads/{session}"))
}

async fn tls(addr: SocketAddr, certificate: &std::path::Path) -> impl Stream {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(certificate).unwrap()).unwrap();
    let config = ClientConfig::builder_with_provider(Arc::new(default_provider()));
    let config = config.with_safe_default_protocol_versions().unwrap();
    let config = config.with_root_certificates(roots).with_no_client_auth();
    let stream = TcpStream::connect(addr).await.unwrap();
    let name = ServerName::try_from("localhost").unwrap();
    TlsConnector::from(Arc::new(config)).connect(name, stream).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_refused_while_it_sends_hears_why() {
    let (guarded, writer, location) = stage(|_| {}).await;
    for (token, status, code) in [(&*writer, "403", "DENIED"), ("wrong", "401", "UNAUTHORIZED")] {
        let tries = (0..TRIES).map(|_| {
            let (addr, head) = (guarded.hub.addr, head(&location, token));
            tokio::spawn(async move {
                send_then_read(TcpStream::connect(addr).await.unwrap(), &head, 400).await
            })
        });
        for one in tries.collect::<Vec<_>>() {
            check(&one.await.unwrap().unwrap(), status, code);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_refused_while_it_sends_hears_why_over_tls() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("certificate.pem");
    let made = Arc::new(Tls::self_signed(vec!["localhost".to_owned()], &path).unwrap());
    let (guarded, writer, location) = stage(|options| options.tls = Some(made)).await;
    for (token, status, code) in [(&*writer, "403", "DENIED"), ("wrong", "401", "UNAUTHORIZED")] {
        // Fewer: encrypting takes long where nothing is optimised.
        for _ in 0..5 {
            let stream = tls(guarded.hub.addr, &path).await;
            let answer = send_then_read(stream, &head(&location, token), 40).await;
            check(&answer.unwrap(), status, code);
        }
    }
}

/// Who never stops sending, or never sends and stays, is sent away, and holds up the end no longer than that.
#[tokio::test(flavor = "multi_thread")]
async fn who_does_not_go_is_sent_away() {
    let (mut guarded, _, location) = stage(|_| {}).await;
    let mut stream = TcpStream::connect(guarded.hub.addr).await.unwrap();
    stream.write_all(head(&location, "wrong").as_bytes()).await.unwrap();
    let mut answer = vec![0; 12];
    stream.read_exact(&mut answer).await.unwrap();
    assert_eq!(answer, b"HTTP/1.1 401");
    let begun = Instant::now();
    guarded.hub.stop.take().unwrap().send(()).unwrap();
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(!guarded.hub.server.is_finished(), "it waits for who still sends");
    stream.write_all(&vec![7; PIECE]).await.expect("what is sent is taken");
    let end = tokio::time::timeout(Duration::from_secs(15), guarded.hub.server);
    end.await.expect("it ends").unwrap().unwrap();
    assert!(begun.elapsed() > Duration::from_secs(1), "{:?}", begun.elapsed());
}

/// A small body that came with its head costs nobody the connection.
#[tokio::test]
async fn a_connection_stays_where_the_rest_is_here_already() {
    let (guarded, _, location) = stage(|_| {}).await;
    let mut stream = TcpStream::connect(guarded.hub.addr).await.unwrap();
    let small = format!(
        "PATCH {location} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer wrong\r\n\
         Content-Length: 4\r\n\r\nbody"
    );
    for _ in 0..2 {
        stream.write_all(small.as_bytes()).await.unwrap();
        let mut answer = vec![0; PIECE];
        let count = stream.read(&mut answer).await.unwrap();
        let text = String::from_utf8_lossy(&answer[..count]);
        assert!(text.starts_with("HTTP/1.1 401"), "{text}");
        assert!(!text.to_ascii_lowercase().contains("connection: close"), "{text}");
    }
}
