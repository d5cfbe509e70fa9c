//! A registry inside the test's own process.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::middleware::from_fn_with_state;
use sealkit_registry::{Options, SpoolLimits, SpoolSessions, router};
use sealkit_store::{Memory, Namespace, Repository};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::misbehave::{Stage, play};
use crate::tls::{ClientCerts, TestCa, TlsListener};
use crate::{Client, Faults, RequestLog};

/// A registry on a free port of `127.0.0.1`. It stops when it is dropped.
pub struct TestRegistry {
    addr: SocketAddr,
    namespace: Arc<dyn Namespace>,
    stage: Stage,
    server: JoinHandle<()>,
    _spool: TempDir,
}

impl TestRegistry {
    /// An empty registry in memory.
    pub async fn start() -> Self {
        Self::over(Arc::new(Memory::new())).await
    }

    /// A registry that serves `namespace`.
    pub async fn over(namespace: Arc<dyn Namespace>) -> Self {
        Self::configured(namespace, |_| {}).await
    }

    /// A registry that serves `namespace` with changed options.
    pub async fn configured(
        namespace: Arc<dyn Namespace>,
        change: impl FnOnce(&mut Options),
    ) -> Self {
        let (app, stage, spool) = app(&namespace, change, false);
        let listener = bind().await;
        let addr = listener.local_addr().expect("a bound listener has an address");
        let server = tokio::spawn(async move {
            axum::serve(listener, app).await.expect("the server runs until it is dropped");
        });
        Self { addr, namespace, stage, server, _spool: spool }
    }

    /// An empty registry behind TLS, with a certificate of `ca` for `127.0.0.1` and `localhost`.
    pub async fn start_tls(ca: &TestCa, clients: ClientCerts) -> Self {
        let namespace: Arc<dyn Namespace> = Arc::new(Memory::new());
        let (app, stage, spool) = app(&namespace, |_| {}, true);
        let listener = TlsListener::new(bind().await, ca, clients);
        let addr = axum::serve::Listener::local_addr(&listener);
        let addr = addr.expect("a bound listener has an address");
        let server = tokio::spawn(async move {
            axum::serve(listener, app).await.expect("the server runs until it is dropped");
        });
        Self { addr, namespace, stage, server, _spool: spool }
    }

    /// Where it listens.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// `127.0.0.1:port`, as in a reference.
    pub fn host(&self) -> String {
        self.addr.to_string()
    }

    /// `http://127.0.0.1:port`, or `https://` behind TLS.
    pub fn url(&self) -> String {
        let scheme = if self.stage.is_tls { "https" } else { "http" };
        format!("{scheme}://{}", self.addr)
    }

    /// A client of it.
    pub fn client(&self) -> Client {
        Client::new(self.addr)
    }

    /// A repository of the registry, reached directly and not through HTTP.
    pub fn repository(&self, name: &str) -> Arc<dyn Repository> {
        self.namespace.repository(name).expect("the test names a valid repository")
    }

    /// What the registry serves.
    pub fn namespace(&self) -> Arc<dyn Namespace> {
        Arc::clone(&self.namespace)
    }

    /// What goes wrong; can be changed at any time.
    pub fn faults(&self) -> &Faults {
        &self.stage.faults
    }

    /// What the registry was asked.
    pub fn log(&self) -> &RequestLog {
        &self.stage.log
    }

    /// Bytes of blob bodies that were sent, all requests together.
    pub fn blob_bytes_served(&self) -> u64 {
        self.stage.log.matching("GET", "/blobs/sha").iter().map(|seen| seen.served).sum()
    }
}

impl Drop for TestRegistry {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn bind() -> TcpListener {
    TcpListener::bind("127.0.0.1:0").await.expect("loopback has a free port")
}

fn app(
    namespace: &Arc<dyn Namespace>,
    change: impl FnOnce(&mut Options),
    is_tls: bool,
) -> (Router, Stage, TempDir) {
    let spool = tempfile::tempdir().expect("a temporary folder can be made");
    let sessions = SpoolSessions::new(spool.path(), SpoolLimits::default());
    let mut options = Options::new(Arc::new(sessions));
    change(&mut options);
    let stage = Stage { is_tls, ..Stage::default() };
    // A fallback, so that `/token` reaches the layer too.
    let app = router(Arc::clone(namespace), options)
        .fallback(|| async { axum::http::StatusCode::NOT_FOUND })
        .layer(from_fn_with_state(stage.clone(), play));
    (app, stage, spool)
}
