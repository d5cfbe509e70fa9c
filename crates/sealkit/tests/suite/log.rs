//! `sealkit log`: the log of a hub that runs, pinned, and then taken back, forked and hidden.
#![cfg(feature = "hub")]

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::path::Path;
use std::process::Stdio;

use crate::common::{Run, Sandbox};
use crate::hub_process::{Process, listening};

/// A hub of its own process, stopped at the end.
struct Hub {
    /// Held until the test ends.
    _child: Process,
    host: String,
}

impl Hub {
    fn start(sandbox: &Sandbox, listen: &str) -> Self {
        let mut command = sandbox.command();
        command.args(["hub", "--listen", listen, "--data", "data", "--insecure-no-tokens"]);
        // What the hub does by itself would stand between the acts that are counted.
        command.args(["--log-origin", "hub.example", "--no-aibom"]);
        let (child, host) = listening(command.stderr(Stdio::null()), "http");
        Self { _child: child, host }
    }
}

/// A client, and a way to push a kit with this content under a tag.
struct Client(Sandbox);

impl Client {
    fn new() -> Self {
        let sandbox = Sandbox::new();
        sandbox.golden();
        Self(sandbox)
    }

    fn push(&self, host: &str, tag: &str, content: &str) -> Run {
        self.0.write("README.md", content);
        let name = format!("{host}/org/kit:{tag}");
        self.0.run(["pack", ".", "-t", &name]).exits(0);
        self.0.run(["push", &name, "--plain-http"])
    }

    fn log(&self, verb: &str, host: &str, more: &[&str]) -> Run {
        let args = [&["log", verb, host, "--plain-http", "--format", "json"], more].concat();
        self.0.run(args)
    }
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

#[test]
fn a_new_hub_is_pinned_only_by_a_key_that_somebody_vouches_for() {
    let (server, client) = (Sandbox::new(), Client::new());
    let hub = Hub::start(&server, "127.0.0.1:0");
    let host = &hub.host;
    let unknown = client.log("verify", host, &[]).exits(2);
    assert_eq!(unknown.json()["steps"][0]["codes"][0], "untrusted-key", "{unknown}");
    let reason = unknown.json()["steps"][0]["reason"].as_str().unwrap().to_owned();
    let key = reason.split('`').nth(1).unwrap();
    assert!(key.starts_with("hub.example+"), "{key}");
    // Nothing was pinned by that.
    client.log("verify", host, &[]).exits(2);
    let other = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
    client.log("verify", host, &["--log-key", other]).exits(1);
    client.log("verify", host, &["--log-key", "nonsense"]).exits(2);
    let pinned = client.log("verify", host, &["--log-key", key]).exits(0);
    assert_eq!(pinned.json()["tree"]["origin"], "hub.example");
    client.log("verify", host, &[]).exits(0);
    // A key that is trusted for logs is as good.
    let other = Client::new();
    other.0.run(["trust", "add", "--log-key", key, "--name", "our hub"]).exits(0);
    let trusted = other.log("verify", host, &[]).exits(0);
    assert!(trusted.stdout.contains("our hub"), "{trusted}");
    let third = Client::new();
    third.log("monitor", host, &["--accept-new-key"]).exits(0);
    third.log("verify", host, &[]).exits(0);
}

#[test]
fn the_monitor_shows_each_act_once() {
    let (server, client) = (Sandbox::new(), Client::new());
    let hub = Hub::start(&server, "127.0.0.1:0");
    let host = &hub.host;
    client.log("monitor", host, &["--accept-new-key"]).exits(0);
    client.push(host, "latest", "one").exits(0);
    client.push(host, "latest", "two").exits(0);
    // Others pin what they see meanwhile; the monitor still begins where it was.
    client.log("verify", host, &[]).exits(0);
    let seen = client.log("monitor", host, &["--repository", "org/kit"]).exits(0).json();
    let events = seen["events"].as_array().unwrap().clone();
    let moves: Vec<_> = events.iter().filter(|event| event["type"] == "tag").collect();
    assert_eq!(moves.len(), 2, "{events:?}");
    assert_ne!(moves[0]["digest"], moves[1]["digest"]);
    assert!(events.iter().all(|event| event["repository"] == "org/kit"));
    assert_eq!((&seen["from"], &seen["tree"]["size"]), (&0.into(), &events.len().into()));
    let again = client.log("monitor", host, &[]).exits(0).json();
    assert_eq!(again["events"].as_array().unwrap().len(), 0);
    client.push(host, "v2", "two").exits(0);
    let table = client.0.run(["log", "monitor", host, "--plain-http", "--repository", "other"]);
    assert!(!table.exits(0).stdout.contains("v2"));
    // What was read under one filter is read.
    let rest = client.log("monitor", host, &[]).exits(0).json();
    assert_eq!(rest["events"].as_array().unwrap().len(), 0);
}

#[test]
fn a_log_that_is_taken_back_forked_or_hidden_is_found() {
    let (server, client) = (Sandbox::new(), Client::new());
    let hub = Hub::start(&server, "127.0.0.1:0");
    let host = hub.host.clone();
    client.log("verify", &host, &["--accept-new-key"]).exits(0);
    client.push(&host, "v1", "one").exits(0);
    client.log("monitor", &host, &[]).exits(0);
    drop(hub);
    let data = |name: &str| server.work().join(name);
    copy(&data("data"), &data("older"));

    let hub = Hub::start(&server, &host);
    client.push(&host, "v2", "two").exits(0);
    client.log("verify", &host, &[]).exits(0);
    drop(hub);

    // The hub is set back to before the second push.
    std::fs::rename(data("data"), data("newer")).unwrap();
    std::fs::rename(data("older"), data("data")).unwrap();
    let hub = Hub::start(&server, &host);
    let back = client.log("verify", &host, &[]).exits(1);
    assert!(back.stdout.contains("stale-checkpoint"), "{back}");
    client.log("monitor", &host, &[]).exits(1);
    let name = format!("{host}/org/kit:v1");
    let refused = client.0.run(["pull", &name, "--plain-http"]);
    assert!(refused.code != Some(0) && refused.stderr.contains("log verify"), "{refused}");
    let refused = client.push(&host, "v3", "three");
    assert!(refused.code != Some(0) && refused.stderr.contains("log verify"), "{refused}");
    let verified = client.0.run(["verify", "--remote", &name, "--plain-http"]);
    assert!(verified.stdout.contains("log only grew"), "{verified}");
    verified.exits(1);
    // A client that saw nothing before sees nothing wrong, which is why pins are worth having.
    let newcomer = Client::new();
    newcomer.log("verify", &host, &["--accept-new-key"]).exits(0);

    // It goes on from there, with another history.
    for tag in ["x1", "x2", "x3"] {
        newcomer.push(&host, tag, tag).exits(0);
    }
    let fork = client.log("verify", &host, &[]).exits(1);
    assert!(fork.stdout.contains("log-inconsistent"), "{fork}");
    // What was read last is of both histories, what was pinned is not.
    client.log("monitor", &host, &[]).exits(1);
    newcomer.log("verify", &host, &[]).exits(0);
    // Whatever else is asked there is refused too: what it leaves out may be what matters.
    let kit = format!("remote://{host}/org/kit:x1");
    for asked in [
        &["copy", &kit, "oci:copied"][..],
        &["copy", &format!("local://{name}"), &kit],
        &["impact", "dataset:any", "--hub", &host],
        &["search", "kit", "--hub", &host],
        &["advisories", "--hub", &host],
    ] {
        let refused = client.0.run([asked, &["--plain-http"]].concat());
        assert!(refused.code != Some(0) && refused.stderr.contains("log verify"), "{refused}");
    }
    newcomer.0.run(["copy", &kit, "oci:copied", "--plain-http"]).exits(0);
    drop(hub);

    // The true one comes back, and is taken again.
    std::fs::rename(data("data"), data("forked")).unwrap();
    std::fs::rename(data("newer"), data("data")).unwrap();
    let hub = Hub::start(&server, &host);
    client.log("verify", &host, &[]).exits(0);
    drop(hub);

    let silent = silent(&host);
    let hidden = client.log("verify", &host, &[]).exits(1);
    assert!(hidden.stdout.contains("log-missing"), "{hidden}");
    let none = Client::new().log("verify", &host, &["--accept-new-key"]).exits(2);
    assert!(none.stderr.contains("no transparency log"), "{none}");
    drop(silent);
}

#[test]
fn a_backup_has_the_log_and_clients_take_it_for_the_same() {
    let (server, client) = (Sandbox::new(), Client::new());
    let hub = Hub::start(&server, "127.0.0.1:0");
    let host = hub.host.clone();
    client.log("verify", &host, &["--accept-new-key"]).exits(0);
    client.push(&host, "v1", "one").exits(0);
    client.log("verify", &host, &[]).exits(0);
    server.run(["hub", "backup", "--data", "data", "copy"]).exits(0);
    drop(hub);
    std::fs::rename(server.work().join("data"), server.work().join("lost")).unwrap();
    std::fs::rename(server.work().join("copy"), server.work().join("data")).unwrap();
    let hub = Hub::start(&server, &host);
    client.log("verify", &host, &[]).exits(0);
    client.push(&host, "v2", "two").exits(0);
    let seen = client.log("monitor", &host, &[]).exits(0).json();
    let events = seen["events"].as_array().unwrap();
    assert!(events.iter().all(|event| event["actor"] != "hub"), "{events:?}");
    drop(hub);
}

/// A server that has nothing, for as long as it is needed.
fn silent(host: &str) -> std::thread::JoinHandle<()> {
    let listener = TcpListener::bind(host).unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming().take(16) {
            let Ok(mut stream) = stream else { continue };
            let mut head = [0; 1024];
            let _ = stream.read(&mut head);
            let _ = stream.write_all(
                b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
            );
        }
    })
}
