//! The registry that most others descend from, as Debian packages it. Without it the tests print
//! `skipped` and pass.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test that can not set up its stage has failed"
)]

mod common;

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use bytes::Bytes;
use futures_util::StreamExt;
use sealkit_oci::{Descriptor, Manifest, Raw, Target, media_type};
use sealkit_remote::{Client, ClientOptions, Remote};
use sealkit_store::{BlobStore, Page, RefStore, Referrers, Repository, conformance};
use tempfile::TempDir;

use common::{bytes, chunked, options, read, read_range, remote, write};

struct Server {
    child: Child,
    host: String,
    port: u16,
    root: TempDir,
}

impl Server {
    async fn start() -> Option<Self> {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        drop(listener);
        let root = tempfile::tempdir().unwrap();
        let Some(child) = spawn(root.path(), port) else {
            println!("skipped: no docker-registry");
            return None;
        };
        let server = Self { child, host: format!("127.0.0.1:{port}"), port, root };
        server.wait().await;
        Some(server)
    }

    async fn restart(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        self.child = spawn(self.root.path(), self.port).unwrap();
        self.wait().await;
    }

    async fn wait(&self) {
        for _ in 0..200 {
            if Client::new(options()).ping(&self.host).await.is_ok() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("docker-registry does not answer");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

fn spawn(root: &Path, port: u16) -> Option<Child> {
    let config = root.join("config.yml");
    let text = format!(
        "version: 0.1\nlog:\n  level: error\n  accesslog:\n    disabled: true\nstorage:\n  \
         filesystem:\n    rootdirectory: {}\n  delete:\n    enabled: true\nhttp:\n  \
         addr: 127.0.0.1:{port}\n  secret: for-the-test\n",
        root.join("data").display()
    );
    std::fs::write(&config, text).unwrap();
    let mut command = Command::new("docker-registry");
    command.arg("serve").arg(config).stdout(Stdio::null()).stderr(Stdio::null());
    command.spawn().ok()
}

#[tokio::test]
async fn it_passes_the_suite_of_all_stores() {
    let Some(server) = Server::start().await else { return };
    let client = Arc::new(Client::new(chunked(500_000)));
    let count = AtomicU32::new(0);
    conformance::run_all(|| {
        let name = format!("conf/r{}", count.fetch_add(1, Ordering::Relaxed));
        let remote = Remote::new(&server.host, &name, Arc::clone(&client)).unwrap();
        async move { Arc::new(remote) as Arc<dyn Repository> }
    })
    .await;
}

#[tokio::test]
async fn a_kit_is_pushed_pulled_and_attached_to() {
    let Some(server) = Server::start().await else { return };
    let remote = remote(&server.host, chunked(1 << 20));
    let content = bytes(5_000_000);
    let layer = write(&remote, &content).await.unwrap();
    write(&remote, media_type::EMPTY_JSON).await.unwrap();
    let subject = Descriptor::of("x", b"subject");
    let manifest = Manifest::referrer("a/b", layer.clone(), &subject);
    let manifest = Raw::build(media_type::OCI_MANIFEST, manifest).unwrap();
    let stored = Bytes::copy_from_slice(manifest.bytes());
    remote.put_manifest(media_type::OCI_MANIFEST, stored.clone(), Some("v1")).await.unwrap();
    let found = remote.manifest(&Target::Tag("v1".to_owned())).await.unwrap().unwrap();
    assert_eq!(found.bytes, stored);
    assert_eq!(read(&remote, &layer).await.unwrap(), content);
    assert_eq!(read_range(&remote, &layer, 99..1_000_001).await.unwrap(), &content[99..1_000_001]);
    let referrers = remote.referrers(&subject.digest, Some("a/b")).await.unwrap();
    assert_eq!(referrers[0].digest, *manifest.digest());
    assert!(remote.tags(&Page::default()).await.unwrap().contains(&"v1".to_owned()));
    assert_eq!(remote.client().catalog(&server.host).await.unwrap(), ["org/model"]);
}

#[tokio::test]
async fn a_push_goes_on_after_client_and_registry_were_killed() {
    let Some(mut server) = Server::start().await else { return };
    let sessions = tempfile::tempdir().unwrap();
    let with_sessions =
        || ClientOptions { session_dir: Some(sessions.path().to_owned()), ..chunked(1_000_000) };
    let content = bytes(5_000_000);
    let blob = Descriptor::of("x", &content);
    let first = remote(&server.host, with_sessions());
    let mut upload = first.write(&blob).await.unwrap();
    upload.append(Bytes::copy_from_slice(&content[..3_400_000])).await.unwrap();
    drop((upload, first));
    server.restart().await;
    let second = remote(&server.host, with_sessions());
    let mut upload = second.write(&blob).await.unwrap();
    assert_eq!(upload.offset(), 3_000_000, "less than one chunk is sent again");
    upload.append(Bytes::copy_from_slice(&content[3_000_000..])).await.unwrap();
    upload.finish().await.unwrap();
    assert_eq!(read(&second, &blob).await.unwrap(), content);
}

#[tokio::test]
async fn a_pull_goes_on_after_the_registry_was_killed() {
    let Some(mut server) = Server::start().await else { return };
    let mut options = options();
    options.retry.base = Duration::from_millis(300);
    options.retry.cap = Duration::from_secs(2);
    let remote = remote(&server.host, options);
    // More than all buffers on the way, so that the registry is killed while it sends.
    let content = bytes(64_000_000);
    let blob = write(&remote, &content).await.unwrap();
    let mut stream = remote.read(&blob.digest, 0..blob.size).await.unwrap();
    let mut have = stream.next().await.unwrap().unwrap().to_vec();
    server.restart().await;
    while let Some(piece) = stream.next().await {
        have.extend_from_slice(&piece.unwrap());
    }
    assert!(have == content);
}
