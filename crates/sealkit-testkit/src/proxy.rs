//! An HTTP proxy that writes down what it was asked for.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// Largest head of a request in bytes.
const MAX_HEAD: usize = 64 * 1024;

/// One request to the proxy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProxySeen {
    /// `CONNECT` for a tunnel, else the method of a plain request.
    pub method: String,
    /// `host:port` of a tunnel, the absolute URL of a plain request.
    pub target: String,
    /// `Proxy-Authorization`, as it came.
    pub authorization: Option<String>,
}

/// A proxy on a free port of `127.0.0.1`. It stops when it is dropped.
pub struct TestProxy {
    addr: SocketAddr,
    seen: Arc<Mutex<Vec<ProxySeen>>>,
    server: JoinHandle<()>,
}

#[derive(Clone)]
struct Rules {
    to: Option<SocketAddr>,
    login: Option<String>,
    seen: Arc<Mutex<Vec<ProxySeen>>>,
}

impl TestProxy {
    /// A proxy that connects to where it is asked to.
    pub async fn start() -> Self {
        Self::with(None, None).await
    }

    /// A proxy that connects to `to`, whatever host it is asked for: names that do not exist can
    /// be used. With `login` it wants this user and password.
    pub async fn with(to: Option<SocketAddr>, login: Option<(&str, &str)>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback has a free port");
        let addr = listener.local_addr().expect("a bound listener has an address");
        let basic = |(user, password)| STANDARD.encode(format!("{user}:{password}"));
        let login = login.map(|login| format!("Basic {}", basic(login)));
        let rules = Rules { to, login, seen: Arc::default() };
        let seen = Arc::clone(&rules.seen);
        let server = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let rules = rules.clone();
                tokio::spawn(async move { rules.serve(stream).await });
            }
        });
        Self { addr, seen, server }
    }

    /// Where it listens.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// `http://127.0.0.1:port`.
    pub fn url(&self) -> String {
        format!("http://{}", self.addr)
    }

    /// What it was asked for.
    pub fn seen(&self) -> Vec<ProxySeen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Drop for TestProxy {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl Rules {
    /// Serves one request. A client or server that goes away ends it; none at all is none.
    async fn serve(self, mut client: TcpStream) -> Option<()> {
        let (head, rest) = read_head(&mut client).await?;
        let mut lines = head.split("\r\n");
        let mut words = lines.next()?.split(' ');
        let (method, target) = (words.next()?.to_owned(), words.next()?.to_owned());
        let headers: Vec<(&str, &str)> = lines.filter_map(|line| line.split_once(": ")).collect();
        let named = |name: &str| headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name));
        let authorization = named("proxy-authorization").map(|(_, value)| (*value).to_owned());
        let refused = self.login.is_some() && self.login != authorization;
        let (method_text, target_text) = (method.clone(), target.clone());
        let seen = ProxySeen { method: method_text, target: target_text, authorization };
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).push(seen);
        if refused {
            let answer = b"HTTP/1.1 407 Proxy Authentication Required\r\n\
                Proxy-Authenticate: Basic realm=\"proxy\"\r\n\
                Content-Length: 0\r\nConnection: close\r\n\r\n";
            return client.write_all(answer).await.ok();
        }
        if method == "CONNECT" {
            let mut server = self.connect(&target).await?;
            client.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").await.ok()?;
            server.write_all(&rest).await.ok()?;
            return copy_bidirectional(&mut client, &mut server).await.ok().map(drop);
        }
        let (host, path) = split_url(&target)?;
        let mut server = self.connect(&host).await?;
        let request = plain(&method, &path, &headers);
        server.write_all(request.as_bytes()).await.ok()?;
        server.write_all(&rest).await.ok()?;
        copy_bidirectional(&mut client, &mut server).await.ok().map(drop)
    }

    async fn connect(&self, host: &str) -> Option<TcpStream> {
        match self.to {
            Some(addr) => TcpStream::connect(addr).await.ok(),
            None => TcpStream::connect(host).await.ok(),
        }
    }
}

/// The head without its empty line, and what came after it.
async fn read_head(client: &mut TcpStream) -> Option<(String, Vec<u8>)> {
    let mut bytes = Vec::new();
    loop {
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            let rest = bytes.split_off(end + 4);
            bytes.truncate(end);
            return Some((String::from_utf8(bytes).ok()?, rest));
        }
        if bytes.len() > MAX_HEAD || client.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    }
}

/// `host:port` and path of `http://host[:port]/path`.
fn split_url(url: &str) -> Option<(String, String)> {
    let rest = url.strip_prefix("http://")?;
    let at = rest.find('/').unwrap_or(rest.len());
    let (host, path) = rest.split_at(at);
    let host = if host.contains(':') { host.to_owned() } else { format!("{host}:80") };
    Some((host, if path.is_empty() { "/".to_owned() } else { path.to_owned() }))
}

/// The request as the server gets it: one for each connection, so that every one is seen.
fn plain(method: &str, path: &str, headers: &[(&str, &str)]) -> String {
    let own = |name: &str| {
        let name = name.to_ascii_lowercase();
        name.starts_with("proxy-") || name == "connection"
    };
    let mut head = format!("{method} {path} HTTP/1.1\r\nConnection: close\r\n");
    for (name, value) in headers.iter().filter(|(name, _)| !own(name)) {
        head += &[name, ": ", value, "\r\n"].concat();
    }
    head + "\r\n"
}
