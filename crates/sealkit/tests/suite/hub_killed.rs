//! A hub that is killed: what it did has its events.
#![cfg(feature = "hub")]

use std::io::{Read as _, Write as _};
use std::process::Command;
use std::time::Duration;

use crate::common::Sandbox;
use crate::hub_process::{Hub, INDEX, index, report};
use sealkit_oci::Digest;
use serde_json::Value;

/// Every tag that is there was told, once, and nothing was told that is not there.
#[test]
fn killed_at_any_time_every_act_has_its_event() {
    let sandbox = Sandbox::new();
    let mut all = 0;
    for round in 0..10_u64 {
        let hub = Hub::start(&sandbox, &[]);
        let set = |thread: usize| {
            for number in 0..10_000 {
                let name = format!("r{round}-{thread}-{number}");
                if tried_tag(&hub.host, &format!("a/b{thread}"), &name).is_none() {
                    break;
                }
            }
        };
        std::thread::scope(|scope| {
            for thread in 0..4 {
                scope.spawn(move || set(thread));
            }
            std::thread::sleep(Duration::from_millis(120 + 37 * round));
            let killed = Command::new("kill").args(["-9", &hub.child.id().to_string()]).status();
            assert!(killed.unwrap().success());
        });
        drop(hub);
        let told = events(&sandbox, "tag.set");
        let hub = Hub::start(&sandbox, &[]);
        let mut there = Vec::new();
        for thread in 0..4 {
            let (_, _, body) = hub.ask(&format!("GET /v2/a/b{thread}/tags/list HTTP/1.1"), b"");
            let body: Value = serde_json::from_slice(&body).unwrap();
            let tags = body["tags"].as_array().into_iter().flatten();
            there.extend(tags.map(|tag| tag.as_str().unwrap().to_owned()));
        }
        there.sort();
        assert_eq!(told, there, "{round}");
        all = there.len();
        hub.kill();
    }
    assert!(all > 40, "{all} acts are too few to show anything");
}

/// Every blob that is there was told, and nothing was told that is not there.
#[test]
fn killed_at_any_time_every_blob_has_its_event() {
    let sandbox = Sandbox::new();
    let mut all = 0;
    for round in 0..8_u64 {
        let hub = Hub::start(&sandbox, &[]);
        let push = |thread: usize| {
            for number in 0..10_000 {
                let blob = format!("{round} {thread} {number}");
                if tried_blob(&hub.host, &blob).is_none() {
                    break;
                }
            }
        };
        std::thread::scope(|scope| {
            for thread in 0..4 {
                scope.spawn(move || push(thread));
            }
            std::thread::sleep(Duration::from_millis(110 + 41 * round));
            let killed = Command::new("kill").args(["-9", &hub.child.id().to_string()]).status();
            assert!(killed.unwrap().success());
        });
        drop(hub);
        let told = events(&sandbox, "blob.push");
        let hub = Hub::start(&sandbox, &[]);
        for thread in 0..4 {
            // The first that is not there was the one under way, and there is none behind it.
            for number in 0.. {
                let digest = Digest::of(format!("{round} {thread} {number}").as_bytes());
                let head = format!("HEAD /v2/a/b/blobs/{digest} HTTP/1.1");
                let is_there = hub.ask(&head, b"").0 == 200;
                let is_told = told.contains(&digest.to_string());
                assert_eq!(is_there, is_told, "{round} {thread} {number}");
                if !is_there {
                    break;
                }
                all += 1;
            }
        }
        assert_eq!(told.len(), all, "{round}");
        hub.kill();
    }
    assert!(all > 40, "{all} acts are too few to show anything");
}

/// Pushes a blob to a hub that may be killed meanwhile.
fn tried_blob(host: &str, blob: &str) -> Option<()> {
    let head = format!("POST /v2/a/b/blobs/uploads/?digest={}", Digest::of(blob.as_bytes()));
    tried(host, &head, "application/octet-stream", blob)
}

/// Sets a tag of a hub that may be killed meanwhile.
fn tried_tag(host: &str, repository: &str, tag: &str) -> Option<()> {
    tried(host, &format!("PUT /v2/{repository}/manifests/{tag}"), INDEX, &index(tag))
}

/// Sends something and hears that it is there from now on.
fn tried(host: &str, head: &str, kind: &str, body: &str) -> Option<()> {
    let mut stream = std::net::TcpStream::connect(host).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(20))).ok()?;
    let head = format!(
        "{head} HTTP/1.1\r\nhost: {host}\r\ncontent-type: {kind}\r\ncontent-length: {}\r\n\
         connection: close\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(head.as_bytes()).ok()?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).ok()?;
    answer.starts_with(b"HTTP/1.1 201").then_some(())
}

/// What events of a kind are about, sorted.
fn events(sandbox: &Sandbox, action: &str) -> Vec<String> {
    let (mut found, mut before) = (Vec::new(), i64::MAX);
    loop {
        let before_text = before.to_string();
        let more = ["--action", action, "--limit", "100", "--before", &before_text];
        let page = report(sandbox, "events", &more, 0);
        let page = page["events"].as_array().unwrap();
        found.extend(page.iter().map(|event| event["subject"].as_str().unwrap().to_owned()));
        let Some(last) = page.last() else { break };
        before = last["number"].as_i64().unwrap();
    }
    found.sort();
    found
}
