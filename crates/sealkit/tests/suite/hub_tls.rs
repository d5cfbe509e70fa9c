//! The hub's own TLS from outside: whom it is shown to, when it is read anew, and who is kept out.
#![cfg(all(feature = "hub", unix))]

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{ChildStderr, Command, Stdio};
use std::time::{Duration, Instant};

use crate::common::{Run, Sandbox, finish, peer};
use crate::hub_process::{Process, listening};
use sealkit_testkit::TestCa;

/// A hub behind TLS, stopped at the end. Its sandbox holds `ca.pem`, which vouches for it.
struct Hub {
    child: Process,
    said: BufReader<ChildStderr>,
    host: String,
}

impl Hub {
    fn start(sandbox: &Sandbox, args: &[&str]) -> Self {
        let mut command = sandbox.command();
        command.args(["hub", "--data", "data", "--insecure-no-tokens", "--listen"]).args(args);
        Self::run(&mut command)
    }

    fn run(command: &mut Command) -> Self {
        let (mut child, host) = listening(command.stderr(Stdio::piped()), "https");
        let host = host.replace("0.0.0.0", "127.0.0.1");
        let said = BufReader::new(child.stderr.take().unwrap());
        Self { child, said, host }
    }

    fn with(sandbox: &Sandbox, ca: &TestCa) -> Self {
        show(sandbox, ca);
        Self::start(sandbox, &["127.0.0.1:0", "--tls-cert", "hub.pem", "--tls-key", "hub.key"])
    }

    fn hang_up(&self) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-HUP", &pid]).status().unwrap().success());
    }

    /// Reads what it says on standard error until there is `text`.
    fn says(&mut self, text: &str) {
        let mut line = String::new();
        while !line.contains(text) {
            line.clear();
            assert_ne!(self.said.read_line(&mut line).unwrap(), 0, "it never says `{text}`");
        }
    }
}

/// Writes a certificate of `ca` where the hub finds it.
fn show(sandbox: &Sandbox, ca: &TestCa) {
    let identity = ca.server_identity();
    let write = |name: &str, text: &str| std::fs::write(sandbox.work().join(name), text).unwrap();
    write("hub.pem", &identity.cert_pem);
    write("hub.key", &identity.key_pem);
    write("ca.pem", &ca.pem());
}

fn packed(name: &str) -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.golden();
    sandbox.run(["pack", ".", "-t", name]).exits(0);
    sandbox
}

/// Pulls `name` where `ca` of `server` is trusted.
fn pull(server: &Sandbox, ca: &str, name: &str) -> Run {
    let ca = server.work().join(ca).display().to_string();
    Sandbox::new().run(["pull", name, "--tls-cert", &ca])
}

#[test]
fn clients_that_trust_the_authority_push_and_pull() {
    let server = Sandbox::new();
    let hub = Hub::with(&server, &TestCa::new());
    let name = format!("{}/org/golden:v1", hub.host);
    let client = packed(&name);
    let ca = server.work().join("ca.pem").display().to_string();
    assert_ne!(client.run(["push", &name]).code, Some(0), "nobody vouches for it there");
    client.run(["push", &name, "--tls-cert", &ca]).exits(0);
    pull(&server, "ca.pem", &name).exits(0);
    let Some(skopeo) = peer("SEALKIT_SKOPEO") else { return };
    let certificates = server.work().join("certificates");
    std::fs::create_dir(&certificates).unwrap();
    std::fs::copy(&ca, certificates.join("ca.crt")).unwrap();
    let (from, to) = (format!("docker://{name}"), format!("docker://{}/org/copy:v1", hub.host));
    let mut copy = Command::new(skopeo);
    copy.args(["--insecure-policy", "copy", "--src-cert-dir"]).arg(&certificates);
    finish(copy.arg("--dest-cert-dir").arg(&certificates).args([from, to])).exits(0);
    pull(&server, "ca.pem", &format!("{}/org/copy:v1", hub.host)).exits(0);
}

#[test]
fn what_is_large_comes_and_goes_whole() {
    let server = Sandbox::new();
    let hub = Hub::with(&server, &TestCa::new());
    let name = format!("{}/org/large:v1", hub.host);
    let ca = server.work().join("ca.pem").display().to_string();
    let client = Sandbox::new();
    let weights: Vec<u8> = (0..9_000_000_u32).map(|at| (at / 7) as u8).collect();
    let write = |name: &str, bytes: &[u8]| std::fs::write(client.work().join(name), bytes).unwrap();
    write("weights.bin", &weights);
    write(
        "Kitfile",
        b"manifestVersion: 1.0.0\npackage: {name: large}\nmodel: {path: weights.bin}\n",
    );
    client.run(["pack", ".", "-t", &name]).exits(0);
    client.run(["push", &name, "--tls-cert", &ca]).exits(0);
    let other = Sandbox::new();
    other.run(["unpack", &name, "-d", "out", "--tls-cert", &ca]).exits(0);
    assert!(std::fs::read(other.work().join("out/weights.bin")).unwrap() == weights);
}

#[test]
fn tokens_are_fetched_over_the_encrypted_connection() {
    let Some(skopeo) = peer("SEALKIT_SKOPEO") else { return };
    let server = Sandbox::new();
    show(&server, &TestCa::new());
    let tls = ["--tls-cert", "hub.pem", "--tls-key", "hub.key"];
    let mut command = server.command();
    command.args(["hub", "--data", "data", "--listen", "127.0.0.1:0"]).args(tls);
    let hub = Hub::run(&mut command);
    let add =
        ["hub", "token", "add", "ci", "--data", "data", "--user", "ci", "--scope", "write:org"];
    let token = server.run(add).exits(0).stdout.trim().to_owned();
    let certificates = server.work().join("certificates");
    std::fs::create_dir(&certificates).unwrap();
    std::fs::copy(server.work().join("ca.pem"), certificates.join("ca.crt")).unwrap();
    let layout = Sandbox::new();
    layout.golden();
    layout.run(["pack", ".", "-t", "mine:v1"]).exits(0);
    layout.run(["copy", "mine:v1", "oci:out:v1"]).exits(0);
    let from = format!("oci:{}:v1", layout.work().join("out").display());
    let mut copy = Command::new(skopeo);
    copy.args(["--insecure-policy", "copy", "--dest-cert-dir"]).arg(&certificates);
    copy.args(["--dest-creds", &format!("ci:{token}")]);
    finish(copy.arg(from).arg(format!("docker://{}/org/copy:v1", hub.host))).exits(0);
}

#[test]
fn a_certificate_is_read_anew_and_a_broken_one_is_not_taken() {
    let server = Sandbox::new();
    let mut hub = Hub::with(&server, &TestCa::new());
    let name = format!("{}/org/golden:v1", hub.host);
    let ca = server.work().join("ca.pem").display().to_string();
    packed(&name).run(["push", &name, "--tls-cert", &ca]).exits(0);
    std::fs::copy(&ca, server.work().join("first.pem")).unwrap();

    std::fs::write(server.work().join("hub.pem"), "no certificate").unwrap();
    hub.hang_up();
    hub.says("holds no certificate in PEM");
    pull(&server, "first.pem", &name).exits(0);

    // The key of another certificate.
    std::fs::write(server.work().join("hub.pem"), TestCa::new().server_identity().cert_pem)
        .unwrap();
    hub.hang_up();
    hub.says("can not be used with the key");
    pull(&server, "first.pem", &name).exits(0);

    show(&server, &TestCa::new());
    hub.hang_up();
    hub.says("certificate in use");
    pull(&server, "ca.pem", &name).exits(0);
    assert_ne!(pull(&server, "first.pem", &name).code, Some(0), "the old one is gone");
}

#[test]
fn files_that_can_not_be_used_stop_the_start() {
    let server = Sandbox::new();
    show(&server, &TestCa::new());
    let start = |certificate: &str, key: &str| {
        server.run(["hub", "--data", "data", "--tls-cert", certificate, "--tls-key", key]).exits(2)
    };
    for (certificate, key, reason) in [
        ("nowhere.pem", "hub.key", "could not read `nowhere.pem`"),
        ("hub.key", "hub.key", "`hub.key` holds no certificate in PEM"),
        ("hub.pem", "hub.pem", "`hub.pem` holds no private key in PEM"),
        ("ca.pem", "hub.key", "the certificate of `ca.pem` can not be used with the key"),
    ] {
        let run = start(certificate, key);
        assert!(run.stderr.contains(reason), "{run}");
        assert_eq!(run.stdout, "", "it never says that it listens");
    }
    server.run(["hub", "--tls-cert", "hub.pem"]).exits(2);
}

#[test]
fn plain_http_is_told_that_the_port_speaks_tls() {
    let server = Sandbox::new();
    let hub = Hub::with(&server, &TestCa::new());
    let mut stream = TcpStream::connect(&hub.host).unwrap();
    stream.write_all(b"GET /v2/ HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 400 Bad Request\r\n"), "{answer}");
    assert!(answer.contains("use https"), "{answer}");
}

#[test]
fn a_slow_handshake_keeps_nobody_waiting_and_ends() {
    let server = Sandbox::new();
    let hub = Hub::with(&server, &TestCa::new());
    // One says nothing, one begins a record and stops there.
    let silent = TcpStream::connect(&hub.host).unwrap();
    let mut slow: Vec<TcpStream> =
        (0..40).map(|_| TcpStream::connect(&hub.host).unwrap()).collect();
    for stream in &mut slow {
        stream.write_all(&[22, 3, 1]).unwrap();
    }
    let name = format!("{}/org/golden:v1", hub.host);
    let ca = server.work().join("ca.pem").display().to_string();
    let start = Instant::now();
    packed(&name).run(["push", &name, "--tls-cert", &ca]).exits(0);
    assert!(start.elapsed() < Duration::from_secs(9), "it waited for the slow ones");
    for mut stream in slow.into_iter().chain([silent]) {
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        let ended = stream.read(&mut [0; 64]);
        let open = matches!(&ended, Err(error) if error.kind() == std::io::ErrorKind::WouldBlock);
        assert!(!open, "a handshake that never ends must be given up");
    }
}

#[test]
fn a_certificate_for_trying_is_made_and_named() {
    let server = Sandbox::new();
    let mut hub = Hub::start(&server, &["127.0.0.1:0", "--tls-self-signed"]);
    hub.says("nobody vouches for the certificate");
    hub.says("SHA-256 ");
    let name = format!("{}/org/golden:v1", hub.host);
    let client = packed(&name);
    assert_ne!(client.run(["push", &name]).code, Some(0), "nobody vouches for it");
    let pem = server.work().join("data/self-signed.pem").display().to_string();
    client.run(["push", &name, "--tls-cert", &pem]).exits(0);
    let text = std::fs::read_to_string(&pem).unwrap();
    assert!(!text.contains("KEY"), "the key stays in memory");
}

#[test]
fn beyond_loopback_it_is_encrypted_and_asks_for_tokens_or_is_told_otherwise() {
    let server = Sandbox::new();
    show(&server, &TestCa::new());
    let anywhere = ["--listen", "0.0.0.0:0"];
    let tls = ["--tls-cert", "hub.pem", "--tls-key", "hub.key"];
    let mut plain = server.command();
    let run = finish(plain.arg("hub").args(anywhere)).exits(2);
    assert!(run.stderr.contains("connections are not encrypted; whoever reaches it may"), "{run}");
    let mut open = server.command();
    let run = finish(open.arg("hub").args(anywhere).args(tls)).exits(2);
    assert!(run.stderr.contains("whoever reaches it may read and write everything"), "{run}");
    assert!(run.stderr.contains("--insecure-no-tokens"), "{run}");
    let hub = Hub::start(&server, &["0.0.0.0:0", "--tls-cert", "hub.pem", "--tls-key", "hub.key"]);
    // Under a name that is not this machine's.
    let name = format!("{}/org/golden:v1", hub.host.replace("127.0.0.1", "localhost"));
    let ca = server.work().join("ca.pem").display().to_string();
    packed(&name).run(["push", &name, "--tls-cert", &ca]).exits(0);
}
