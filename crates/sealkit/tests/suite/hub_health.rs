//! `sealkit hub health`: yes, no, and "could not ask" are three answers.
#![cfg(all(feature = "hub", unix))]

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::thread::JoinHandle;

use crate::common::Sandbox;
use crate::hub_common::Hub;

/// Somebody who answers one request.
fn answers(status: &str, body: &str) -> (String, JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let answer = format!(
        "HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\
         Connection: close\r\n\r\n{body}",
        body.len()
    );
    let asked = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut head = [0; 4096];
        let read = stream.read(&mut head).unwrap();
        stream.write_all(answer.as_bytes()).unwrap();
        String::from_utf8_lossy(&head[..read]).into_owned()
    });
    (url, asked)
}

#[test]
fn a_hub_that_serves_is_ready() {
    let sandbox = Sandbox::new();
    let hub = Hub::start(&sandbox, &[]);
    let url = format!("http://{}", hub.host);
    let run = sandbox.run(["hub", "health", "--url", &url]).exits(0);
    assert_eq!(run.stdout, "ready\n");
    let run = sandbox.run(["hub", "health", "--url", &url, "--format", "json"]).exits(0);
    let answer: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(answer, serde_json::json!({ "schemaVersion": 1, "ready": true }));
}

#[test]
fn a_hub_that_can_not_do_its_work_is_not() {
    let sandbox = Sandbox::new();
    let body = r#"{"ready":false,"draining":false,"database":false,"folder":true}"#;
    let (url, asked) = answers("503 Service Unavailable", body);
    let run = sandbox.run(["hub", "health", "--url", &url]).exits(1);
    assert_eq!(run.stdout, "not ready: its database does not answer\n");
    let head = asked.join().unwrap();
    assert!(head.starts_with("GET /readyz HTTP/1.1\r\n"), "{head}");
    assert!(!head.to_lowercase().contains("authorization"), "{head}");
    let (url, asked) = answers("503 Service Unavailable", body);
    let run = sandbox.run(["hub", "health", "--url", &url, "--format", "json"]).exits(1);
    assert!(run.stdout.contains("\"reason\": \"its database does not answer\""), "{run}");
    asked.join().unwrap();
}

#[test]
fn who_can_not_be_asked_is_neither() {
    let sandbox = Sandbox::new();
    for url in
        ["http://127.0.0.1:1", "https://127.0.0.1:1", "ftp://127.0.0.1", "http://a@b.example"]
    {
        let run = sandbox.run(["hub", "health", "--url", url]).exits(2);
        assert!(run.stdout.is_empty() && !run.stderr.is_empty(), "{url}: {run}");
    }
    for (status, body) in [("200 OK", "ok"), ("404 Not Found", "{}"), ("200 OK", "[1]")] {
        let (url, asked) = answers(status, body);
        let run = sandbox.run(["hub", "health", "--url", &url]).exits(2);
        assert!(run.stderr.contains("is no SealKit hub"), "{run}");
        asked.join().unwrap();
    }
    // Somebody who never says anything.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", silent.local_addr().unwrap());
    let run = sandbox.run(["hub", "health", "--url", &url, "--timeout", "1"]).exits(2);
    assert!(run.stderr.contains("did not answer"), "{run}");
    let offline = sandbox.run(["--offline", "hub", "health"]).exits(2);
    assert!(offline.stderr.contains("offline"), "{offline}");
}
