//! `sealkit hub`: a store served to any client.
#![cfg(feature = "hub")]

use std::io::Read as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::common::{Sandbox, finish, peer};
use crate::hub_process::{Process, listening};

/// A hub of its own process, stopped at the end.
struct Hub {
    child: Process,
    host: String,
}

impl Hub {
    fn start(sandbox: &Sandbox, data: Option<&str>) -> Self {
        let mut command = sandbox.command();
        command.args(["hub", "--listen", "127.0.0.1:0"]);
        if let Some(data) = data {
            command.args(["--data", data, "--insecure-no-tokens"]);
        }
        let (child, host) = listening(command.stderr(Stdio::null()), "http");
        Self { child, host }
    }

    async fn get(&self, path: &str) -> serde_json::Value {
        sealkit_testkit::Client::new(self.host.parse().unwrap()).get(path).await.json()
    }
}

fn packed(name: &str) -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.golden();
    sandbox.run(["pack", ".", "-t", name]).exits(0);
    sandbox
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_pushed_to_the_hub_is_seen_in_it() {
    let server = Sandbox::new();
    let hub = Hub::start(&server, Some("data"));
    let name = format!("{}/org/golden:v1", hub.host);
    let client = packed(&name);
    let run = client.run(["push", &name, "--plain-http"]).exits(0);
    assert!(run.stderr.contains("with 1 attached document"), "{run}");
    let kits = hub.get("/api/v1/kits").await;
    assert!(kits.to_string().contains("\"org/golden\""), "{kits}");
    let files = hub.get("/api/v1/kits/org%2Fgolden/versions/v1/files").await;
    assert!(files.to_string().contains("models/sub/m.bin"), "{files}");
    let other = Sandbox::new();
    let run = other.run(["pull", &name, "--plain-http"]).exits(0);
    // The hub attaches an AIBOM of its own as soon as it has looked.
    let told = ["with 1 attached document", "with 2 attached documents"];
    assert!(told.iter().any(|told| run.stderr.contains(told)), "{run}");
    // Its storage is looked after while it serves.
    let run = server.run(["hub", "fsck", "--data", "data"]).exits(0);
    assert!(run.stdout.starts_with("looked at "), "{run}");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_folder_the_local_store_is_served() {
    let sandbox = packed("mine:v1");
    let hub = Hub::start(&sandbox, None);
    let name = format!("{}/mine:v1", hub.host);
    Sandbox::new().run(["pull", &name, "--plain-http"]).exits(0);
}

#[cfg(unix)]
#[test]
fn asked_to_stop_it_stops_well() {
    for signal in ["-INT", "-TERM"] {
        let sandbox = Sandbox::new();
        let mut hub = Hub::start(&sandbox, Some("data"));
        let pid = hub.child.id().to_string();
        assert!(Command::new("kill").args([signal, &pid]).status().unwrap().success());
        let start = Instant::now();
        let status = loop {
            if let Some(status) = hub.child.try_wait().unwrap() {
                break status;
            }
            assert!(start.elapsed() < Duration::from_secs(20), "it does not stop");
            std::thread::sleep(Duration::from_millis(10));
        };
        assert_eq!(status.code(), Some(0), "{signal}");
        let mut rest = String::new();
        hub.child.stdout.take().unwrap().read_to_string(&mut rest).unwrap();
        assert_eq!(rest, "", "one line is the answer");
    }
}

#[test]
fn where_others_could_reach_it_it_does_not_listen_unasked() {
    let sandbox = Sandbox::new();
    let run = sandbox.run(["hub", "--data", "d", "--listen", "0.0.0.0:0"]).exits(2);
    assert!(run.stderr.contains("--insecure-listen-anywhere"), "{run}");
    assert_eq!(run.stdout, "", "it never says that it listens");
    let run = sandbox.run(["--offline", "hub", "--data", "d"]).exits(2);
    assert!(run.stderr.contains("offline: would have to listen"), "{run}");
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let run = sandbox.run(["hub", "--data", "d", "--listen", &address]).exits(2);
    assert!(run.stderr.contains(&format!("could not listen on `{address}`")), "{run}");
}

#[test]
fn skopeo_and_kit_use_the_hub() {
    let server = Sandbox::new();
    let hub = Hub::start(&server, Some("data"));
    let name = format!("{}/org/golden:v1", hub.host);
    packed(&name).run(["push", &name, "--plain-http"]).exits(0);
    if let Some(skopeo) = peer("SEALKIT_SKOPEO") {
        let (from, to) = (format!("docker://{name}"), format!("docker://{}/org/copy:v1", hub.host));
        let insecure = ["--src-tls-verify=false", "--dest-tls-verify=false"];
        let mut command = Command::new(skopeo);
        command.args(["--insecure-policy", "copy"]).args(insecure).args([from, to]);
        finish(&mut command).exits(0);
        let copy = format!("{}/org/copy:v1", hub.host);
        Sandbox::new().run(["pull", &copy, "--plain-http"]).exits(0);
    }
    if let Some(kit) = peer("SEALKIT_KIT") {
        run_kit(&kit, &server, &["pull", &name, "--plain-http"]);
        let other = format!("{}/org/by-kit:v1", hub.host);
        run_kit(&kit, &server, &["tag", &name, &other]);
        run_kit(&kit, &server, &["push", &other, "--plain-http"]);
        Sandbox::new().run(["pull", &other, "--plain-http"]).exits(0);
    }
}

fn run_kit(kit: &Path, sandbox: &Sandbox, args: &[&str]) {
    let home = sandbox.work().join("kit-home");
    std::fs::create_dir_all(&home).unwrap();
    std::fs::write(home.join("disable-update-notifications"), "").unwrap();
    finish(Command::new(kit).args(args).env("KITOPS_HOME", home)).exits(0);
}
