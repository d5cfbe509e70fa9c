//! How a client behaves. Everything is data: the environment is read by whoever makes the options.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::credentials::{Anonymous, CredentialSource};

/// A PEM document: the text itself or the file it is in.
#[derive(Clone)]
pub enum Pem {
    /// A file, read when the first connection is made.
    Path(PathBuf),
    /// The text.
    Bytes(Vec<u8>),
}

impl fmt::Debug for Pem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Path(path) => path.fmt(f),
            Self::Bytes(_) => f.write_str("Bytes(..)"),
        }
    }
}

/// Certificate and private key that identify this client to the registry (mutual TLS).
#[derive(Clone)]
pub struct ClientIdentity {
    /// Certificate chain, leaf first.
    pub certificate: Pem,
    /// Private key: PKCS#8, PKCS#1 or SEC1, not encrypted.
    pub key: Pem,
}

impl fmt::Debug for ClientIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientIdentity")
            .field("certificate", &self.certificate)
            .finish_non_exhaustive()
    }
}

/// Through what proxy connections go.
#[derive(Clone, Default)]
pub enum Proxy {
    /// As `HTTP_PROXY`, `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY` say.
    #[default]
    System,
    /// Through none, whatever the environment says.
    Direct,
    /// All requests through this URL, which may carry user and password.
    Url(String),
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::System => "System",
            Self::Direct => "Direct",
            Self::Url(_) => "Url(..)",
        })
    }
}

/// How long to wait.
#[derive(Clone, Copy, Debug)]
pub struct Timeouts {
    /// For a connection.
    pub connect: Duration,
    /// For the head of an answer, and for the next bytes of a body.
    pub idle: Duration,
    /// For the answer to the request that completes an upload, while the registry hashes it.
    pub commit: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(15),
            idle: Duration::from_mins(1),
            commit: Duration::from_mins(15),
        }
    }
}

/// How temporary failures are retried.
#[derive(Clone)]
pub struct Retry {
    /// How often one request is tried again. 0 switches retries off.
    pub retries: u32,
    /// Wait before the first retry; doubled for each one after it.
    pub base: Duration,
    /// Longest wait of our own choosing.
    pub cap: Duration,
    /// Longest wait that a registry may ask for with `Retry-After`; a longer one ends the attempts.
    pub retry_after_cap: Duration,
    /// Random numbers in 0..1 that spread the waits.
    pub jitter: Arc<dyn Fn() -> f64 + Send + Sync>,
}

impl fmt::Debug for Retry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Retry")
            .field("retries", &self.retries)
            .field("base", &self.base)
            .field("cap", &self.cap)
            .field("retry_after_cap", &self.retry_after_cap)
            .finish_non_exhaustive()
    }
}

impl Default for Retry {
    fn default() -> Self {
        Self {
            retries: 5,
            base: Duration::from_millis(250),
            cap: Duration::from_secs(15),
            retry_after_cap: Duration::from_mins(2),
            jitter: Arc::new(system_jitter),
        }
    }
}

/// A random number in 0..1 from the system; the middle where the system has none.
fn system_jitter() -> f64 {
    getrandom::u32().map_or(0.5, |random| f64::from(random) / f64::from(u32::MAX))
}

/// How uploads are cut.
#[derive(Clone, Copy, Debug)]
pub struct Upload {
    /// Bytes per request. A blob up to this size goes in one request; a larger one in chunks, each
    /// held in memory until the registry has it, so that it can be sent again.
    pub chunk: usize,
    /// Largest chunk that a registry may demand with `OCI-Chunk-Min-Length`; where it demands more,
    /// the blob goes in one streamed request, which can not be resumed.
    pub max_chunk: usize,
}

impl Default for Upload {
    fn default() -> Self {
        Self { chunk: 8 * 1024 * 1024, max_chunk: 64 * 1024 * 1024 }
    }
}

/// Limits on listings of a registry.
#[derive(Clone, Copy, Debug)]
pub struct ListLimits {
    /// Pages of one listing.
    pub pages: usize,
    /// Entries of one listing.
    pub entries: usize,
}

impl Default for ListLimits {
    fn default() -> Self {
        Self { pages: 1000, entries: 100_000 }
    }
}

/// All options of a [`Client`](crate::Client).
#[derive(Clone)]
pub struct ClientOptions {
    /// Speak HTTP instead of HTTPS. Credentials then travel readable for everyone on the way.
    pub plain_http: bool,
    /// Whether server certificates are checked. Switched off, anyone on the way can read
    /// credentials and change what is not covered by a digest.
    pub tls_verify: bool,
    /// Certificates of authorities that are trusted beside those of the system.
    pub tls_certs: Vec<Pem>,
    /// How this client identifies itself on the TLS level.
    pub identity: Option<ClientIdentity>,
    /// Through what proxy connections go.
    pub proxy: Proxy,
    /// Most requests that wait for an answer at one time.
    pub concurrency: usize,
    /// How long to wait.
    pub timeouts: Timeouts,
    /// How temporary failures are retried.
    pub retry: Retry,
    /// How uploads are cut.
    pub upload: Upload,
    /// Limits on listings.
    pub lists: ListLimits,
    /// The `User-Agent` header.
    pub user_agent: String,
    /// Open no socket: every request fails with the name of what it would have fetched.
    pub offline: bool,
    /// Where credentials come from.
    pub credentials: Arc<dyn CredentialSource>,
    /// Folder that remembers where uploads were, so that a killed one goes on. Without it, uploads
    /// go on only within one process.
    pub session_dir: Option<PathBuf>,
}

impl Default for ClientOptions {
    fn default() -> Self {
        Self {
            plain_http: false,
            tls_verify: true,
            tls_certs: Vec::new(),
            identity: None,
            proxy: Proxy::System,
            concurrency: 8,
            timeouts: Timeouts::default(),
            retry: Retry::default(),
            upload: Upload::default(),
            lists: ListLimits::default(),
            user_agent: concat!("sealkit/", env!("CARGO_PKG_VERSION")).to_owned(),
            offline: false,
            credentials: Arc::new(Anonymous),
            session_dir: None,
        }
    }
}

impl fmt::Debug for ClientOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientOptions")
            .field("plain_http", &self.plain_http)
            .field("tls_verify", &self.tls_verify)
            .field("proxy", &self.proxy)
            .field("offline", &self.offline)
            .finish_non_exhaustive()
    }
}
