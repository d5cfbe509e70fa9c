//! A very small HTTP/1.1 client: one request for each connection, no redirects, no opinions. Tests
//! see exactly what the server sent.

use std::net::SocketAddr;

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// An answer as it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// Status.
    pub status: u16,
    /// Headers.
    pub headers: HeaderMap,
    /// Body, unchunked.
    pub body: Vec<u8>,
    /// Whether the body ended where its framing said.
    pub complete: bool,
}

impl Reply {
    /// A header as text; empty where it is absent.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// The body as JSON; null where it is none.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    /// The first error code of an error body.
    pub fn error_code(&self) -> String {
        self.json()["errors"][0]["code"].as_str().unwrap_or_default().to_owned()
    }
}

/// A client of one server.
#[derive(Clone, Copy, Debug)]
pub struct Client {
    addr: SocketAddr,
}

impl Client {
    /// A client of the server at `addr`.
    pub fn new(addr: SocketAddr) -> Self {
        Self { addr }
    }

    /// Where it connects to.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// A request without body.
    pub async fn call(&self, method: &str, path: &str) -> Reply {
        self.send(method, path, &[], b"").await
    }

    /// A GET.
    pub async fn get(&self, path: &str) -> Reply {
        self.call("GET", path).await
    }

    /// A request; `Content-Length` is added unless the headers frame the body themselves.
    pub async fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Reply {
        let mut head = format!("{method} {path} HTTP/1.1\r\nHost: {}\r\n", self.addr);
        for (name, value) in headers {
            head += &[name, ": ", value, "\r\n"].concat();
        }
        let framed = headers.iter().any(|(name, _)| {
            name.eq_ignore_ascii_case("content-length")
                || name.eq_ignore_ascii_case("transfer-encoding")
        });
        if !framed {
            head += &["Content-Length: ", &body.len().to_string(), "\r\n"].concat();
        }
        let mut request = (head + "Connection: close\r\n\r\n").into_bytes();
        request.extend_from_slice(body);
        self.raw(&request, method == "HEAD").await
    }

    /// Sends bytes as they are, closes the sending side and reads the answer.
    pub async fn raw(&self, request: &[u8], is_head: bool) -> Reply {
        let mut stream = TcpStream::connect(self.addr).await.expect("the server listens");
        // The server may answer and close before it has read everything.
        let _ = stream.write_all(request).await;
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer).await;
        parse(&answer, is_head)
    }
}

fn parse(answer: &[u8], is_head: bool) -> Reply {
    let end = answer.windows(4).position(|window| window == b"\r\n\r\n");
    let end = end.expect("an answer has a head");
    let head = String::from_utf8_lossy(&answer[..end]).into_owned();
    let mut lines = head.split("\r\n");
    let status = lines.next().and_then(|line| line.split(' ').nth(1)?.parse().ok());
    let mut headers = HeaderMap::new();
    for (name, value) in lines.filter_map(|line| line.split_once(':')) {
        let name: HeaderName = name.parse().expect("a header name");
        headers.append(name, HeaderValue::from_str(value.trim()).expect("a header value"));
    }
    let rest = &answer[end + 4..];
    let (body, complete) = if is_head {
        (Vec::new(), rest.is_empty())
    } else if headers.get("transfer-encoding").is_some() {
        unchunk(rest)
    } else {
        let length =
            headers.get("content-length").and_then(|value| value.to_str().ok()?.parse().ok());
        (rest.to_vec(), length.is_none_or(|length: usize| length == rest.len()))
    };
    Reply { status: status.expect("a status line"), headers, body, complete }
}

fn unchunk(mut rest: &[u8]) -> (Vec<u8>, bool) {
    let mut body = Vec::new();
    while let Some(line) = rest.windows(2).position(|window| window == b"\r\n") {
        let size = std::str::from_utf8(&rest[..line]).ok();
        let Some(size) = size.and_then(|text| usize::from_str_radix(text.trim(), 16).ok()) else {
            return (body, false);
        };
        if size == 0 {
            return (body, true);
        }
        let from = line + 2;
        let Some(chunk) = rest.get(from..from + size) else {
            body.extend_from_slice(&rest[from..]);
            return (body, false);
        };
        body.extend_from_slice(chunk);
        rest = rest.get(from + size + 2..).unwrap_or_default();
    }
    (body, false)
}
