//! A hub that is killed: what it did has its events.
#![cfg(feature = "hub")]
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    unreachable_pub,
    reason = "the modules are shared by test programs, and tests may panic and print"
)]

mod common;
#[path = "common/hub_process.rs"]
mod hub_process;

use std::io::{Read as _, Write as _};
use std::process::Command;
use std::time::Duration;

use common::Sandbox;
use hub_process::{Hub, INDEX, index, report};
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

/// Sets a tag of a hub that may be killed meanwhile.
fn tried_tag(host: &str, repository: &str, tag: &str) -> Option<()> {
    let body = index(tag);
    let mut stream = std::net::TcpStream::connect(host).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(20))).ok()?;
    let head = format!(
        "PUT /v2/{repository}/manifests/{tag} HTTP/1.1\r\nhost: {host}\r\ncontent-type: {INDEX}\r\n\
         content-length: {}\r\nconnection: close\r\n\r\n{body}",
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
