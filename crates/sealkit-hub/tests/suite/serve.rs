//! The server around the handlers.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::common::TestHub;
use sealkit_hub::{Hub, HubError, HubOptions, StoreNames};
use sealkit_registry::{SpoolLimits, SpoolSessions};
use sealkit_store::{Layout, Memory, Namespace, Naming, Page};
use sealkit_testkit::KitBuilder;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

#[tokio::test]
async fn an_address_that_others_reach_is_refused() {
    let listener = TcpListener::bind("0.0.0.0:0").await.unwrap();
    let sessions = SpoolSessions::new("/nonexistent", SpoolLimits::default());
    let hub = Hub::new(Arc::new(Memory::new()), HubOptions::new(Arc::new(sessions)));
    let refused = hub.serve(listener, std::future::pending()).await;
    assert!(matches!(refused, Err(HubError::NotLoopback { is_open: true, .. })), "{refused:?}");
    let hint = sealkit_report::Hint::hint(&refused.unwrap_err()).unwrap();
    assert!(hint.contains("--insecure-listen-anywhere"));
}

#[tokio::test]
async fn every_answer_has_the_security_headers() {
    let hub = TestHub::start().await;
    let hostile =
        hub.client.send("GET", "/healthz", &[("Sec-Fetch-Site", "cross-site")], b"").await;
    assert_eq!(hostile.status, 403);
    let mut replies = vec![hostile];
    for path in ["/healthz", "/v2/", "/v2/x/y", "/api/v1/kits", "/nothing", "/"] {
        replies.push(hub.client.get(path).await);
    }
    for reply in replies {
        assert_eq!(reply.header("x-content-type-options"), "nosniff");
        assert!(reply.header("content-security-policy").contains("default-src 'none'"));
    }
    assert_eq!(hub.client.get("/healthz").await.body, b"ok");
}

#[tokio::test]
async fn a_foreign_host_name_is_not_answered() {
    let hub = TestHub::start().await;
    let request = b"GET /v2/_catalog HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n";
    assert_eq!(hub.client.raw(request, false).await.status, 421);
    let anywhere = |options: &mut HubOptions| options.insecure_listen_anywhere = true;
    let open = TestHub::over(Arc::new(Memory::new()), anywhere).await;
    assert_eq!(open.client.raw(request, false).await.status, 200);
}

#[tokio::test]
async fn a_head_that_does_not_come_is_not_waited_for() {
    let timeout = Duration::from_millis(200);
    let change = |options: &mut HubOptions| options.header_timeout = timeout;
    let hub = TestHub::over(Arc::new(Memory::new()), change).await;
    let mut stream = TcpStream::connect(hub.addr).await.unwrap();
    stream.write_all(b"GET / HTTP/1.1\r\nHost:").await.unwrap();
    let start = Instant::now();
    let mut rest = Vec::new();
    let _ = stream.read_to_end(&mut rest).await;
    assert!(start.elapsed() < Duration::from_secs(5), "the connection must be closed");
}

#[tokio::test]
async fn connections_are_bounded_and_others_wait() {
    let change = |options: &mut HubOptions| {
        options.connections = 1;
        options.header_timeout = Duration::from_millis(300);
    };
    let hub = TestHub::over(Arc::new(Memory::new()), change).await;
    let mut slow = TcpStream::connect(hub.addr).await.unwrap();
    slow.write_all(b"GET /hea").await.unwrap();
    tokio::time::sleep(Duration::from_millis(50)).await;
    let start = Instant::now();
    assert_eq!(hub.client.get("/healthz").await.status, 200);
    assert!(start.elapsed() >= Duration::from_millis(100), "it had to wait for the slow one");
}

/// Silence costs no place: others are answered as if nobody else were there, and the silent are sent away.
#[tokio::test]
async fn thousands_who_say_nothing_keep_nobody_out() {
    let change = |options: &mut HubOptions| {
        options.connections = 4;
        options.header_timeout = Duration::from_secs(3);
    };
    let hub = TestHub::over(Arc::new(Memory::new()), change).await;
    let mut silent = Vec::new();
    for _ in 0..2_000 {
        // Both ends are of this process, which may not have descriptors for all of them.
        let Ok(stream) = TcpStream::connect(hub.addr).await else { break };
        silent.push(stream);
    }
    assert!(silent.len() >= 400, "{}", silent.len());
    let start = Instant::now();
    for _ in 0..20 {
        assert_eq!(hub.client.get("/healthz").await.status, 200);
    }
    assert!(start.elapsed() < Duration::from_secs(2), "{:?}", start.elapsed());
    let mut rest = Vec::new();
    let ended = tokio::time::timeout(Duration::from_secs(20), silent[0].read_to_end(&mut rest));
    let _ = ended.await.expect("who says nothing is sent away");
}

#[tokio::test]
async fn who_says_nothing_does_not_hold_up_the_end() {
    let change = |options: &mut HubOptions| options.header_timeout = Duration::from_mins(1);
    let mut hub = TestHub::over(Arc::new(Memory::new()), change).await;
    let silent = TcpStream::connect(hub.addr).await.unwrap();
    assert_eq!(hub.client.get("/healthz").await.status, 200);
    hub.stop.take().unwrap().send(()).unwrap();
    tokio::time::timeout(Duration::from_secs(5), hub.server).await.unwrap().unwrap().unwrap();
    drop(silent);
}

#[tokio::test]
async fn told_to_stop_it_stops() {
    let mut hub = TestHub::start().await;
    assert_eq!(hub.client.get("/healthz").await.status, 200);
    hub.stop.take().unwrap().send(()).unwrap();
    tokio::time::timeout(Duration::from_secs(5), hub.server).await.unwrap().unwrap().unwrap();
    assert!(TcpStream::connect(hub.addr).await.is_err());
}

#[tokio::test]
async fn a_local_store_is_served_under_the_names_that_people_type() {
    let folder = tempfile::tempdir().unwrap();
    let layout = Layout::open_or_create(folder.path(), Naming::Store).unwrap();
    for name in ["localhost/mine", "localhost/a/b", "hub.example.com/org/model", "127.0.0.1:5000/x"]
    {
        let repository = Namespace::repository(&layout, name).unwrap();
        KitBuilder::small("x").store(repository.as_ref(), "v1").await;
    }
    let names = StoreNames::new(Arc::new(layout));
    let all = names.repositories(&Page::default()).await.unwrap();
    assert_eq!(all, ["a/b", "hub.example.com/org/model", "mine"]);
    let page = Page { after: Some("a/b".into()), limit: Some(1) };
    assert_eq!(names.repositories(&page).await.unwrap(), ["hub.example.com/org/model"]);
    let hub = TestHub::over(Arc::new(names), |_| {}).await;
    for path in ["/v2/mine/manifests/v1", "/api/v1/kits/a%2Fb/versions/v1/files"] {
        assert_eq!(hub.client.get(path).await.status, 200, "{path}");
    }
}
