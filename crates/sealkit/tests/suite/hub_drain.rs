//! How the hub ends: what is under way is finished, and nobody has to wait for ever.
#![cfg(all(feature = "hub", unix))]

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use crate::common::Sandbox;
use crate::hub_process::{Process, listening};
use sealkit_oci::Digest;

struct Hub {
    child: Process,
    host: String,
}

impl Hub {
    fn start(sandbox: &Sandbox, args: &[&str]) -> Self {
        let mut command = sandbox.command();
        command.args(["hub", "--data", "data", "--insecure-no-tokens", "--listen", "127.0.0.1:0"]);
        let (child, host) = listening(command.args(args).stderr(Stdio::null()), "http");
        Self { child, host }
    }

    fn terminate(&self) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
    }

    /// How it ended, within `limit`.
    fn ends(&mut self, limit: Duration) -> Option<ExitStatus> {
        let start = Instant::now();
        while start.elapsed() < limit {
            if let Some(status) = self.child.try_wait().unwrap() {
                return Some(status);
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        None
    }

    /// Begins to push a blob of so many bytes; gives the connection, and what is left to send.
    fn begin_push(&self, size: usize) -> (TcpStream, Vec<u8>) {
        let mut stream = TcpStream::connect(&self.host).unwrap();
        let body = vec![7; size];
        let digest = Digest::of(&body);
        let host = &self.host;
        let head = format!(
            "POST /v2/a/blobs/uploads/?digest={digest} HTTP/1.1\r\nHost: {host}\r\n\
             Content-Length: {}\r\n\r\n",
            body.len()
        );
        stream.write_all(head.as_bytes()).unwrap();
        stream.write_all(&body[..1000]).unwrap();
        std::thread::sleep(Duration::from_millis(300));
        (stream, body[1000..].to_vec())
    }
}

/// A blob that is taken in piece by piece, and one that has a thread of its own.
const SIZES: [usize; 2] = [1 << 20, 6 << 20];

#[test]
fn a_push_under_way_is_finished_and_nothing_new_begins() {
    for size in SIZES {
        is_finished(size);
    }
}

fn is_finished(size: usize) {
    let sandbox = Sandbox::new();
    let mut hub = Hub::start(&sandbox, &[]);
    let mut idle = TcpStream::connect(&hub.host).unwrap();
    let (mut push, rest) = hub.begin_push(size);
    hub.terminate();
    assert_eq!(hub.ends(Duration::from_millis(500)), None, "it waits for the push");
    assert!(TcpStream::connect(&hub.host).is_err(), "nobody else comes in");
    idle.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
    assert_eq!(idle.read(&mut [0; 16]).unwrap(), 0, "who asks nothing is not waited for");
    push.write_all(&rest).unwrap();
    let mut answer = String::new();
    push.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 201 "), "{answer}");
    assert_eq!(hub.ends(Duration::from_secs(10)).unwrap().code(), Some(0));
    // It is there at the next start.
    let run = sandbox.run(["hub", "fsck", "--data", "data"]).exits(0);
    assert!(run.stdout.starts_with("looked at 1 blob "), "{run}");
}

#[test]
fn a_push_that_does_not_end_is_cut_off() {
    for size in SIZES {
        let sandbox = Sandbox::new();
        let mut hub = Hub::start(&sandbox, &["--drain", "1"]);
        let (_push, _) = hub.begin_push(size);
        hub.terminate();
        assert_eq!(hub.ends(Duration::from_secs(15)).unwrap().code(), Some(0), "{size}");
    }
}

#[test]
fn asked_twice_it_ends_at_once() {
    let sandbox = Sandbox::new();
    let mut hub = Hub::start(&sandbox, &["--drain", "600"]);
    let (_push, _) = hub.begin_push(6 << 20);
    hub.terminate();
    assert_eq!(hub.ends(Duration::from_millis(300)), None, "it waits for the push");
    hub.terminate();
    assert_eq!(hub.ends(Duration::from_secs(10)).unwrap().code(), Some(130));
}
