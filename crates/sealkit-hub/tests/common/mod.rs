//! A hub on a free port, for tests.
#![allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    reason = "each test file uses a part of this"
)]

pub mod guarded;
pub mod looking;
pub mod signed;
pub mod sparse;
pub mod trusting;
pub mod whole;

use std::net::SocketAddr;
use std::sync::Arc;

use sealkit_hub::{Hub, HubOptions};
use sealkit_registry::{SpoolLimits, SpoolSessions};
use sealkit_store::{Memory, Namespace, Repository};
use sealkit_testkit::Client;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

pub struct TestHub {
    pub addr: SocketAddr,
    pub client: Client,
    pub namespace: Arc<dyn Namespace>,
    pub stop: Option<oneshot::Sender<()>>,
    pub server: JoinHandle<Result<(), sealkit_hub::HubError>>,
    _spool: tempfile::TempDir,
}

impl TestHub {
    pub async fn start() -> Self {
        Self::over(Arc::new(Memory::new()), |_| {}).await
    }

    pub async fn over(namespace: Arc<dyn Namespace>, change: impl FnOnce(&mut HubOptions)) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = listener.local_addr().unwrap();
        let spool = tempfile::tempdir().unwrap();
        let sessions = SpoolSessions::new(spool.path(), SpoolLimits::default());
        let mut options = HubOptions::new(Arc::new(sessions));
        change(&mut options);
        let (stop, stopped) = oneshot::channel::<()>();
        let hub = Hub::new(Arc::clone(&namespace), options);
        let shutdown = async {
            let _ = stopped.await;
        };
        let server = tokio::spawn(hub.serve(listener, shutdown));
        let client = Client::new(addr);
        Self { addr, client, namespace, stop: Some(stop), server, _spool: spool }
    }

    pub fn repository(&self, name: &str) -> Arc<dyn Repository> {
        self.namespace.repository(name).unwrap()
    }
}
