//! A hub of its own process, and requests to it that are as odd as a test likes.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::ops::{Deref, DerefMut};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use sealkit_oci::Digest;
use serde_json::Value;

use crate::common::Sandbox;

/// Media type of [`index`].
pub const INDEX: &str = "application/vnd.oci.image.index.v1+json";

/// The smallest document that can have a tag.
pub fn index(text: &str) -> String {
    format!(
        r#"{{"schemaVersion":2,"mediaType":"{INDEX}","manifests":[],"annotations":{{"a":"{text}"}}}}"#
    )
}

/// A hub's process, stopped at the end of its test.
pub struct Process(Child);

impl Deref for Process {
    type Target = Child;

    fn deref(&self) -> &Child {
        &self.0
    }
}

impl DerefMut for Process {
    fn deref_mut(&mut self) -> &mut Child {
        &mut self.0
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

/// Starts a hub and waits until it listens; gives where, behind `scheme`.
pub fn listening(command: &mut Command, scheme: &str) -> (Process, String) {
    let mut child = Process(command.stdout(Stdio::piped()).spawn().unwrap());
    let mut line = String::new();
    BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
    let host = line.trim().strip_prefix(&format!("listening on {scheme}://")).unwrap().to_owned();
    (child, host)
}

/// A hub of its own process over the folder `data`.
pub struct Hub {
    pub child: Process,
    pub host: String,
}

impl Hub {
    pub fn start(sandbox: &Sandbox, more: &[&str]) -> Self {
        let mut command = sandbox.command();
        command
            .args(["hub", "--data", "data", "--listen", "127.0.0.1:0", "--insecure-no-tokens"])
            .args(more);
        let (child, host) = listening(command.stderr(Stdio::null()), "http");
        Self { child, host }
    }

    /// Ends it as a power cut would, as far as one process can.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Sends the head of a request and gives the connection.
    pub fn open(&self, head: &str) -> TcpStream {
        let mut stream = TcpStream::connect(&self.host).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        stream.write_all(format!("{head}\r\nhost: {}\r\n", self.host).as_bytes()).unwrap();
        stream
    }

    /// Sends a whole request; gives the status, the headers and the body.
    pub fn ask(&self, head: &str, body: &[u8]) -> (u16, String, Vec<u8>) {
        let mut stream = self.open(head);
        let end = format!("content-length: {}\r\nconnection: close\r\n\r\n", body.len());
        stream.write_all(end.as_bytes()).unwrap();
        stream.write_all(body).unwrap();
        let mut all = Vec::new();
        stream.read_to_end(&mut all).unwrap();
        let cut = all.windows(4).position(|four| four == b"\r\n\r\n").unwrap();
        let head = String::from_utf8_lossy(&all[..cut]).to_lowercase();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        (status, head, all[cut + 4..].to_vec())
    }

    pub fn put(&self, bytes: &[u8]) -> u16 {
        let (_, head, _) = self.ask("POST /v2/a/b/blobs/uploads/ HTTP/1.1", b"");
        let location = header(&head, "location");
        let digest = Digest::of(bytes);
        self.ask(&format!("PUT {location}?digest={digest} HTTP/1.1"), bytes).0
    }
}

pub fn header(head: &str, name: &str) -> String {
    let line = head.lines().find_map(|line| line.strip_prefix(&format!("{name}: ")));
    line.unwrap_or_else(|| panic!("no {name}: {head}")).trim().to_owned()
}

pub fn bytes(seed: u8, count: usize) -> Vec<u8> {
    (0..count).map(|at| (at as u8).wrapping_mul(31) ^ seed).collect()
}

/// What a verb of care reports.
pub fn report(sandbox: &Sandbox, verb: &str, more: &[&str], exit: i32) -> Value {
    let args = ["hub", verb, "--data", "data", "--format", "json"];
    sandbox.run([&args[..], more].concat()).exits(exit).json()
}
