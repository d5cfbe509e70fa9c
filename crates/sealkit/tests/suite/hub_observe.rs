//! What is seen of a hub from outside: numbers, health, the log of requests, and that no secret is in any of it.
#![cfg(all(feature = "hub", unix))]

use std::io::Read as _;
use std::process::Command;

use crate::common::Sandbox;
use crate::hub_process::{Process, listening};
use sealkit_oci::Digest;
use sealkit_testkit::{Client, Reply};
use serde_json::Value;

struct Hub {
    child: Process,
    client: Client,
    numbers: Client,
    first_token: String,
}

impl Hub {
    /// A hub that logs in `format`, its numbers on an address of their own.
    fn start(sandbox: &Sandbox, format: &str) -> Self {
        let mut command = sandbox.command();
        command.args(["hub", "--data", "data", "--listen", "127.0.0.1:0", "--log-format", format]);
        command.args(["--metrics-listen", "127.0.0.1:0", "--drain", "20"]);
        let log = std::fs::File::create(sandbox.work().join("log")).unwrap();
        let (child, host) = listening(command.stderr(log), "http");
        let client = Client::new(host.parse().unwrap());
        let mut said = String::new();
        while !said.contains("/metrics") {
            std::thread::sleep(std::time::Duration::from_millis(20));
            said = std::fs::read_to_string(sandbox.work().join("log")).unwrap();
        }
        let (_, rest) = said.split_once("health: http://").unwrap();
        let numbers = Client::new(rest.split_once('/').unwrap().0.parse().unwrap());
        let mut words = said.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
        let first_token = words.rfind(|word| word.starts_with("skt_")).unwrap();
        let first_token = first_token.to_owned();
        Self { child, client, numbers, first_token }
    }

    /// Ends it; gives the lines of requests.
    fn stop(mut self, sandbox: &Sandbox) -> String {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
        assert_eq!(self.child.wait().unwrap().code(), Some(0));
        let mut rest = String::new();
        self.child.stdout.take().unwrap().read_to_string(&mut rest).unwrap();
        assert_eq!(rest, "", "the log is no answer");
        std::fs::read_to_string(sandbox.work().join("log")).unwrap()
    }

    async fn as_admin(&self, method: &str, path: &str, body: &[u8]) -> Reply {
        let bearer = ["Bearer ", &self.first_token].concat();
        self.client.send(method, path, &[("Authorization", &bearer)], body).await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_request_is_one_line_that_says_who_what_and_which_digest() {
    let sandbox = Sandbox::new();
    let hub = Hub::start(&sandbox, "json");
    let digest = Digest::of(b"hello");
    let path = format!("/v2/org/a/blobs/uploads/?digest={digest}");
    assert_eq!(hub.as_admin("POST", &path, b"hello").await.status, 201);
    let named = [("X-Request-Id", "from-ci.7")];
    let reply = hub.client.send("GET", "/v2/org/a/tags/list", &named, b"").await;
    assert_eq!((reply.status, reply.header("x-request-id")), (401, "from-ci.7"));
    let log = hub.stop(&sandbox);
    let lines: Vec<Value> =
        log.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    let [push, refused] = lines.as_slice() else { panic!("{log}") };
    for (key, value) in [
        ("user", Value::from("admin")),
        ("token", 1.into()),
        ("method", "POST".into()),
        ("route", "upload".into()),
        ("repository", "org/a".into()),
        ("digest", digest.to_string().into()),
        ("status", 201.into()),
        ("received", 5.into()),
    ] {
        assert_eq!(push[key], value, "{key}: {log}");
    }
    assert!(push["request_id"].as_str().unwrap().len() == 16 && push["ms"].is_u64(), "{log}");
    assert_eq!(refused["request_id"], "from-ci.7");
    assert_eq!((&refused["user"], &refused["status"]), (&Value::Null, &401.into()), "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_secret_is_in_the_log_or_in_the_numbers() {
    let sandbox = Sandbox::new();
    for format in ["json", "text"] {
        std::fs::remove_dir_all(sandbox.work().join("data")).ok();
        let hub = Hub::start(&sandbox, format);
        let canary = "CanarySecret0123456789";
        let basic = "Basic YWRtaW46Q2FuYXJ5U2VjcmV0MDEyMzQ1Njc4OQ==";
        for path in [
            format!("/v2/?access_token={canary}"),
            format!("/v2/{canary}"),
            format!("/v2/a/blobs/uploads/{canary}"),
            format!("/v2/a/tags/list?last={canary}"),
            format!("/{canary}"),
            format!("/api/v1/kits/{canary}/versions"),
        ] {
            let headers = [
                ("Authorization", basic),
                ("Cookie", canary),
                ("X-Request-Id", "skt_CanarySecret0123456789"),
                ("User-Agent", canary),
            ];
            hub.client.send("PATCH", &path, &headers, canary.as_bytes()).await;
            hub.as_admin("POST", &path, canary.as_bytes()).await;
        }
        let numbers = hub.numbers.get("/metrics").await.body;
        let token = hub.first_token.clone();
        let log = hub.stop(&sandbox);
        let lines: Vec<&str> = log.lines().filter(|line| line.contains("request_id")).collect();
        assert_eq!(lines.len(), 12, "{log}");
        let numbers = String::from_utf8(numbers).unwrap();
        for text in lines.into_iter().chain([numbers.as_str()]) {
            for secret in [canary, &canary.to_lowercase(), "Q2FuYXJ5", &token] {
                assert!(!text.contains(secret), "{secret}: {text}");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn numbers_have_few_labels_and_are_for_admins() {
    let sandbox = Sandbox::new();
    let hub = Hub::start(&sandbox, "off");
    assert_eq!(hub.client.get("/metrics").await.status, 401);
    let digest = Digest::of(b"hello");
    hub.as_admin("POST", &format!("/v2/org/a/blobs/uploads/?digest={digest}"), b"hello").await;
    hub.as_admin("GET", &format!("/v2/org/a/blobs/{digest}"), b"").await;
    for number in 0..50 {
        let (method, path) = (format!("M{number}"), format!("/v2/r{number}/tags/list"));
        hub.as_admin(&method, &path, b"").await;
    }
    let reply = hub.as_admin("GET", "/metrics", b"").await;
    assert_eq!(reply.status, 200);
    assert!(reply.header("content-type").starts_with("application/openmetrics-text"));
    let text = String::from_utf8(reply.body).unwrap();
    for line in [
        "sealkit_hub_requests_total{route=\"upload\",method=\"POST\",status=\"201\"} 1",
        "sealkit_hub_received_bytes_total{route=\"upload\"} 5",
        "sealkit_hub_sent_bytes_total{route=\"blob\"} 5",
        "sealkit_hub_request_duration_seconds_count{route=\"blob\"} 1",
        "sealkit_hub_blobs 1",
        "sealkit_hub_blobs_bytes 5",
        "sealkit_hub_uploads 0",
        "sealkit_hub_open_requests 1",
        "sealkit_hub_build_info{version=",
    ] {
        assert!(text.contains(line), "{line}: {text}");
    }
    let tags = text.lines().filter(|line| {
        line.starts_with("sealkit_hub_requests_total") && line.contains("route=\"tags\"")
    });
    assert_eq!(tags.count(), 1, "methods and repositories of clients are no labels: {text}");
    assert!(text.ends_with("# EOF\n"), "{text}");
    assert_eq!(hub.numbers.get("/metrics").await.status, 200, "on its own address it asks nobody");
    assert_eq!(hub.numbers.get("/v2/").await.status, 404, "and shows nothing else");
}

#[tokio::test(flavor = "multi_thread")]
async fn readiness_says_what_is_wrong_and_when_the_hub_is_about_to_end() {
    use tokio::io::AsyncWriteExt as _;
    let sandbox = Sandbox::new();
    let mut hub = Hub::start(&sandbox, "off");
    let reply = hub.client.get("/readyz").await;
    assert_eq!((reply.status, &reply.json()["ready"]), (200, &true.into()));
    assert_eq!(hub.client.get("/healthz").await.body, b"ok");
    // A request that does not end keeps the hub draining.
    let pid = hub.child.id().to_string();
    let mut open = tokio::net::TcpStream::connect(hub.client.addr()).await.unwrap();
    let bearer = &hub.first_token;
    let head = format!(
        "POST /v2/a/blobs/uploads/?digest={} HTTP/1.1\r\nHost: localhost\r\n\
         Authorization: Bearer {bearer}\r\nContent-Length: 5\r\n\r\nhe",
        Digest::of(b"hello")
    );
    open.write_all(head.as_bytes()).await.unwrap();
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
    let mut reply = hub.numbers.get("/readyz").await;
    for _ in 0..100 {
        if reply.status == 503 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        reply = hub.numbers.get("/readyz").await;
    }
    assert_eq!((reply.status, &reply.json()["draining"]), (503, &true.into()));
    assert_eq!(hub.numbers.get("/healthz").await.status, 200, "it is alive");
    open.write_all(b"llo").await.unwrap();
    assert_eq!(hub.child.wait().unwrap().code(), Some(0));
}
