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
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback has a free port");
        let addr = listener.local_addr().expect("a bound listener has an address");
        let (app, stage, spool) = app(&namespace, change);
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

    /// `http://127.0.0.1:port`.
    pub fn url(&self) -> String {
        format!("http://{}", self.addr)
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

fn app(
    namespace: &Arc<dyn Namespace>,
    change: impl FnOnce(&mut Options),
) -> (Router, Stage, TempDir) {
    let spool = tempfile::tempdir().expect("a temporary folder can be made");
    let sessions = SpoolSessions::new(spool.path(), SpoolLimits::default());
    let mut options = Options::new(Arc::new(sessions));
    change(&mut options);
    let stage = Stage::default();
    // A fallback, so that `/token` reaches the layer too.
    let app = router(Arc::clone(namespace), options)
        .fallback(|| async { axum::http::StatusCode::NOT_FOUND })
        .layer(from_fn_with_state(stage.clone(), play));
    (app, stage, spool)
}
