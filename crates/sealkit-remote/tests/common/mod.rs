//! What the tests of this crate share.
#![allow(dead_code, unreachable_pub, reason = "every test file uses a part of it")]
#![allow(clippy::unwrap_used, reason = "a test that can not set up its stage has failed")]

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::{HeaderMap, Method, Response};
use bytes::Bytes;
use futures_util::StreamExt;
use sealkit_oci::Descriptor;
use sealkit_remote::credentials::{Credential, CredentialError, CredentialSource, Found, Origin};
use sealkit_remote::options::{Proxy, Retry, Timeouts};
use sealkit_remote::{Client, ClientOptions, Remote};
use sealkit_store::{BlobStore, StoreError};

/// Never to be seen in any error or debug text.
pub const CANARY: &str = "canary-5ecret";

/// Options for a registry on loopback, with waits that no one notices.
pub fn options() -> ClientOptions {
    ClientOptions {
        plain_http: true,
        proxy: Proxy::Direct,
        timeouts: Timeouts { idle: Duration::from_secs(20), ..Timeouts::default() },
        retry: Retry {
            retries: 4,
            base: Duration::from_millis(1),
            cap: Duration::from_millis(5),
            retry_after_cap: Duration::from_secs(2),
            jitter: Arc::new(|| 1.0),
        },
        ..ClientOptions::default()
    }
}

/// The options with uploads in chunks of `chunk` bytes.
pub fn chunked(chunk: usize) -> ClientOptions {
    let mut options = options();
    options.upload.chunk = chunk;
    options
}

pub fn remote(host: &str, options: ClientOptions) -> Remote {
    Remote::new(host, "org/model", Arc::new(Client::new(options))).unwrap()
}

/// A credential for every registry, or for one.
pub struct Fixed(pub Option<&'static str>, pub Credential);

#[async_trait::async_trait]
impl CredentialSource for Fixed {
    async fn find(&self, registry: &str) -> Result<Option<Found>, CredentialError> {
        let fits = self.0.is_none_or(|only| only == registry);
        let found = || Found { credential: self.1.clone(), origin: Origin::Explicit };
        Ok(fits.then(found))
    }
}

pub fn basic(user: &str, password: &str) -> Arc<Fixed> {
    let (user, password) = (user.to_owned(), password.to_owned().into());
    Arc::new(Fixed(None, Credential::Basic { user, password }))
}

/// Bytes that differ everywhere.
pub fn bytes(size: usize) -> Vec<u8> {
    (0..size as u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8).collect()
}

pub async fn write(remote: &Remote, bytes: &[u8]) -> Result<Descriptor, StoreError> {
    let blob = Descriptor::of("application/octet-stream", bytes);
    let mut upload = remote.write(&blob).await?;
    let offset = usize::try_from(upload.offset()).unwrap();
    for piece in bytes[offset..].chunks(10_000) {
        upload.append(Bytes::copy_from_slice(piece)).await?;
    }
    upload.finish().await?;
    Ok(blob)
}

pub async fn read(remote: &Remote, blob: &Descriptor) -> Result<Vec<u8>, StoreError> {
    read_range(remote, blob, 0..blob.size).await
}

pub async fn read_range(
    remote: &Remote,
    blob: &Descriptor,
    range: std::ops::Range<u64>,
) -> Result<Vec<u8>, StoreError> {
    let mut stream = remote.read(&blob.digest, range).await?;
    let mut all = Vec::new();
    while let Some(piece) = stream.next().await {
        all.extend_from_slice(&piece?);
    }
    Ok(all)
}

/// All that a person or a log could see of an error: it must not hold the canary.
pub fn all_text(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = format!("{error} {error:?} {error:#?}");
    let mut next = error.source();
    while let Some(cause) = next {
        text = format!("{text} {cause} {cause:?}");
        next = cause.source();
    }
    text
}

/// A request that a [`Mock`] got.
#[derive(Clone, Debug)]
pub struct Got {
    pub method: Method,
    pub uri: String,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Got {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

/// A server that answers as a closure says, for what no real registry does.
pub struct Mock {
    pub host: String,
    pub got: Arc<Mutex<Vec<Got>>>,
    server: tokio::task::JoinHandle<()>,
}

impl Mock {
    pub async fn start(answer: impl Fn(&Got) -> Response<Body> + Send + Sync + 'static) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let host = listener.local_addr().unwrap().to_string();
        let got = Arc::new(Mutex::new(Vec::new()));
        let (log, answer) = (Arc::clone(&got), Arc::new(answer));
        let app = Router::new().fallback(move |request: Request| {
            let (log, answer) = (Arc::clone(&log), Arc::clone(&answer));
            async move {
                let (parts, body) = request.into_parts();
                let body = to_bytes(body, 64 << 20).await.unwrap_or_default();
                let (method, headers) = (parts.method, parts.headers);
                let one = Got { method, uri: parts.uri.to_string(), headers, body };
                log.lock().unwrap().push(one.clone());
                answer(&one)
            }
        });
        let server = tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        Self { host, got, server }
    }

    pub fn all(&self) -> Vec<Got> {
        self.got.lock().unwrap().clone()
    }
}

impl Drop for Mock {
    fn drop(&mut self) {
        self.server.abort();
    }
}

/// An answer with headers and a body.
pub fn reply(status: u16, headers: &[(&str, &str)], body: impl Into<Body>) -> Response<Body> {
    let mut builder = Response::builder().status(status);
    for (name, value) in headers {
        builder = builder.header(*name, *value);
    }
    builder.body(body.into()).unwrap()
}
