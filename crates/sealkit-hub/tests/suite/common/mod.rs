//! A hub on a free port, for tests.

pub mod compressed;
pub mod guarded;
pub mod looking;
pub mod rich;
pub mod signed;
pub mod sparse;
pub mod trusting;
pub mod whole;

use std::net::SocketAddr;
use std::sync::Arc;

use sealkit_hub::{Hub, HubOptions};
use sealkit_oci::media_type;
use sealkit_registry::{SpoolLimits, SpoolSessions};
use sealkit_store::{Memory, Namespace, Repository};
use sealkit_testkit::{Client, Kit, KitBuilder};
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

    /// Puts a kit so that the hub is told of it.
    pub async fn push(&self, name: &str, tag: &str, kit: &Kit) {
        kit.store(self.repository(name).as_ref(), None).await;
        let path = format!("/v2/{name}/manifests/{tag}");
        let headers = [("content-type", media_type::OCI_MANIFEST)];
        let reply = self.client.send("PUT", &path, &headers, kit.manifest.bytes()).await;
        assert_eq!(reply.status, 201, "{path}");
    }
}

/// A hub with this kit as `k:v1`.
pub async fn hub(builder: KitBuilder) -> TestHub {
    let hub = TestHub::start().await;
    builder.store(hub.repository("k").as_ref(), "v1").await;
    hub
}
