//! A hub of its own process.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::process::{Child, Stdio};

use crate::common::{Run, Sandbox};

/// A hub over the folder `data` of a sandbox, stopped at the end.
pub struct Hub {
    child: Child,
    pub host: String,
}

impl Hub {
    /// One that lets everybody do everything.
    pub fn open(sandbox: &Sandbox, more: &[&str]) -> Self {
        Self::start(sandbox, &[&["--insecure-no-tokens"], more].concat())
    }

    pub fn start(sandbox: &Sandbox, more: &[&str]) -> Self {
        let mut command = sandbox.command();
        command.args(["-q", "hub", "--data", "data", "--listen", "127.0.0.1:0"]).args(more);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        let host = line.trim().strip_prefix("listening on http://").unwrap().to_owned();
        Self { child, host }
    }

    /// The number of the process.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Hub {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// A new token of the hub over `data`.
pub fn token(server: &Sandbox, user: &str, scope: &str) -> String {
    let args = ["hub", "token", "add", "test", "--data", "data", "--user", user, "--scope", scope];
    server.run(args).exits(0).stdout.trim().to_owned()
}

/// Logs a client in.
pub fn log_in(client: &Sandbox, host: &str, user: &str, token: &str) -> Run {
    client.run_with(["login", host, "-u", user, "--password-stdin", "--plain-http"], &[], token)
}

/// What a hub answers to `GET`: status and body. `token` is sent where there is one.
pub fn get(host: &str, path: &str, token: Option<&str>) -> (u16, String) {
    send(host, "GET", path, token)
}

/// The same for any method, without a body.
pub fn send(host: &str, method: &str, path: &str, token: Option<&str>) -> (u16, String) {
    let mut stream = std::net::TcpStream::connect(host).unwrap();
    let bearer = token.map(|token| format!("Authorization: Bearer {token}\r\n"));
    let bearer = bearer.unwrap_or_default();
    write!(stream, "{method} {path} HTTP/1.1\r\nHost: {host}\r\n{bearer}Connection: close\r\n\r\n")
        .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    (status, body.to_owned())
}
