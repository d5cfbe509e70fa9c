//! The client of the measurement: its own process as the servers see it, so that nothing of it is in their
//! time. HTTP/1.1 as plain as it can be.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::{Duration, Instant};

use sha2::{Digest as _, Sha256};

use crate::run::{Outcome, fail};

/// Bytes of one chunk of a streamed upload.
const CHUNK: usize = 64 << 10;
/// Bytes of a blob that are its own.
const HEAD: usize = 32;
/// How long an answer may take.
const PATIENCE: Duration = Duration::from_mins(2);

/// A registry as its clients know it.
#[derive(Clone)]
pub(in crate::bench) struct Client {
    /// Host and port.
    pub(in crate::bench) host: String,
    /// Value of `Authorization`.
    pub(in crate::bench) auth: Option<String>,
}

/// An answer whose body was read and forgotten.
struct Reply {
    status: u16,
    location: Option<String>,
    length: u64,
}

impl Client {
    fn connect(&self) -> Outcome<BufReader<TcpStream>> {
        let stream = TcpStream::connect(&self.host)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        Ok(BufReader::with_capacity(512 << 10, stream))
    }

    /// The head of a request.
    pub(super) fn head(&self, line: &str, more: &str) -> String {
        let auth = self
            .auth
            .as_ref()
            .map_or_else(String::new, |auth| format!("Authorization: {auth}\r\n"));
        format!("{line} HTTP/1.1\r\nHost: {}\r\n{auth}{more}\r\n", self.host)
    }

    /// Sends a request with a small body and expects a status.
    fn ask(&self, line: &str, more: &str, body: &[u8], status: u16) -> Outcome<Reply> {
        let mut stream = self.connect()?;
        let length = format!("{more}Content-Length: {}\r\n", body.len());
        stream.get_mut().write_all(self.head(line, &length).as_bytes())?;
        stream.get_mut().write_all(body)?;
        expect(line, read(&mut stream)?, status)
    }

    /// Opens an upload; gives its path.
    fn open(&self) -> Outcome<String> {
        let reply = self.ask("POST /v2/bench/m/blobs/uploads/", "", b"", 202)?;
        self.location(reply)
    }

    fn location(&self, reply: Reply) -> Outcome<String> {
        let Some(location) = reply.location else { return fail("no `Location`") };
        let host = format!("http://{}", self.host);
        Ok(location.strip_prefix(&host).map_or_else(|| location.clone(), str::to_owned))
    }

    /// Pushes a blob in one request.
    pub(super) fn push(&self, blob: &Blob) -> Outcome {
        let line = format!("PUT {}", with_digest(&self.open()?, &blob.digest));
        let mut stream = self.connect()?;
        let more =
            format!("Content-Type: application/octet-stream\r\nContent-Length: {}\r\n", blob.len());
        stream.get_mut().write_all(self.head(&line, &more).as_bytes())?;
        for part in blob.parts() {
            stream.get_mut().write_all(part)?;
        }
        expect(&line, read(&mut stream)?, 201).map(drop)
    }

    /// Pushes a blob as docker and skopeo do: a body of unknown length, and the digest behind it.
    pub(super) fn push_streamed(&self, blob: &Blob) -> Outcome {
        let line = format!("PATCH {}", self.open()?);
        let mut stream = self.connect()?;
        let more = "Content-Type: application/octet-stream\r\nTransfer-Encoding: chunked\r\n";
        stream.get_mut().write_all(self.head(&line, more).as_bytes())?;
        let mut framed = Vec::with_capacity(CHUNK + 16);
        for chunk in blob.parts().into_iter().flat_map(|part| part.chunks(CHUNK)) {
            // At once, as curl sends it: a client that sends the frame by itself makes three packets of one.
            framed.clear();
            write!(framed, "{:x}\r\n", chunk.len())?;
            framed.extend_from_slice(chunk);
            framed.extend_from_slice(b"\r\n");
            stream.get_mut().write_all(&framed)?;
        }
        stream.get_mut().write_all(b"0\r\n\r\n")?;
        let location = self.location(expect(&line, read(&mut stream)?, 202)?)?;
        let line = format!("PUT {}", with_digest(&location, &blob.digest));
        self.ask(&line, "", b"", 201).map(drop)
    }

    /// Pulls a blob whole.
    pub(super) fn pull(&self, blob: &Blob) -> Outcome {
        let line = format!("GET /v2/bench/m/blobs/{}", blob.digest);
        let reply = self.ask(&line, "", b"", 200)?;
        if reply.length == blob.len() as u64 { Ok(()) } else { fail("the blob is cut") }
    }

    /// Pushes a manifest of the blobs under the tag `v1`; gives its digest.
    pub(super) fn push_manifest(&self, config: &Blob, layer: &Blob) -> Outcome<String> {
        let body = format!(
            r#"{{"schemaVersion":2,"mediaType":"{MANIFEST}","config":{{"mediaType":"application/vnd.oci.empty.v1+json","digest":"{}","size":{}}},"layers":[{{"mediaType":"application/vnd.oci.image.layer.v1.tar","digest":"{}","size":{}}}]}}"#,
            config.digest,
            config.len(),
            layer.digest,
            layer.len()
        );
        self.put_manifest("v1", body.as_bytes())?;
        Ok(digest(&[body.as_bytes()]))
    }

    /// Sets a tag to a manifest.
    pub(super) fn put_manifest(&self, tag: &str, body: &[u8]) -> Outcome {
        let more = format!("Content-Type: {MANIFEST}\r\n");
        self.ask(&format!("PUT /v2/bench/m/manifests/{tag}"), &more, body, 201).map(drop)
    }

    /// How long one `GET` of what a person asks for takes, connection included. An answer of less than `least` bytes is none.
    pub(in crate::bench) fn time(&self, path: &str, accept: &str, least: u64) -> Outcome<Duration> {
        let begun = Instant::now();
        let more = format!("Accept: {accept}\r\n");
        let reply = self.ask(&format!("GET {path}"), &more, b"", 200)?;
        if reply.length < least {
            return fail(format!("{path}: {} bytes are no answer", reply.length));
        }
        Ok(begun.elapsed())
    }

    /// Asks for `path` again and again on so many connections, each of which waits for an answer at any time; gives the number
    /// of answers. One thread has all of them in turn, as `wrk -t1` does: that a server has to wake many is what the system
    /// does, and on some machines most of what an answer costs.
    pub(super) fn load(&self, path: &str, connections: usize, time: Duration) -> Outcome<u64> {
        let request = self.head(&format!("GET {path}"), &format!("Accept: {MANIFEST}\r\n"));
        let mut all = (0..connections).map(|_| self.connect()).collect::<Outcome<Vec<_>>>()?;
        for stream in &mut all {
            stream.get_mut().write_all(request.as_bytes())?;
        }
        let (mut answers, end) = (0, Instant::now() + time);
        while Instant::now() < end {
            for stream in &mut all {
                expect(path, read(stream)?, 200)?;
                stream.get_mut().write_all(request.as_bytes())?;
                answers += 1;
            }
        }
        for stream in &mut all {
            expect(path, read(stream)?, 200)?;
            answers += 1;
        }
        Ok(answers)
    }
}

/// Media type of a manifest.
pub(super) const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";

/// Bytes to push, and their digest. Clones share all but the first bytes.
#[derive(Clone)]
pub(super) struct Blob {
    head: Vec<u8>,
    tail: Arc<Vec<u8>>,
    pub(super) digest: String,
}

impl Blob {
    /// A blob of these bytes.
    pub(super) fn of(bytes: Vec<u8>) -> Self {
        let digest = digest(&[&bytes]);
        Self { head: bytes, tail: Arc::default(), digest }
    }

    /// A blob of these bytes, of which `tail` is shared.
    pub(super) fn joined(head: Vec<u8>, tail: Arc<Vec<u8>>) -> Self {
        let digest = digest(&[&head, &tail]);
        Self { head, tail, digest }
    }

    /// One of so many bytes that nobody can guess.
    pub(super) fn new(size: usize) -> Outcome<Self> {
        let mut tail = vec![0; size.saturating_sub(HEAD)];
        getrandom::fill(&mut tail).map_err(|error| error.to_string())?;
        let mut blob = Self { head: vec![0; HEAD], tail: Arc::new(tail), digest: String::new() };
        blob.renew()?;
        Ok(blob)
    }

    /// Makes it one that no server has seen: some only drain and hash what they hold already.
    pub(super) fn renew(&mut self) -> Outcome {
        getrandom::fill(&mut self.head).map_err(|error| error.to_string())?;
        self.digest = digest(&[&self.head, &self.tail]);
        Ok(())
    }

    /// Number of its bytes.
    pub(super) fn len(&self) -> usize {
        self.head.len() + self.tail.len()
    }

    /// Its bytes.
    pub(super) fn parts(&self) -> [&[u8]; 2] {
        [&self.head, &self.tail]
    }
}

fn digest(parts: &[&[u8]]) -> String {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update(part);
    }
    let hex: Vec<String> = hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256:{}", hex.concat())
}

fn with_digest(path: &str, digest: &str) -> String {
    format!("{path}{}digest={digest}", if path.contains('?') { '&' } else { '?' })
}

fn expect(line: &str, reply: Reply, status: u16) -> Outcome<Reply> {
    if reply.status == status {
        return Ok(reply);
    }
    fail(format!("{line}: {} and not {status}", reply.status))
}

/// Reads one answer and throws its body away.
fn read(stream: &mut BufReader<TcpStream>) -> Outcome<Reply> {
    let mut reply = Reply { status: 0, location: None, length: 0 };
    let mut line = String::new();
    loop {
        line.clear();
        if stream.read_line(&mut line)? == 0 {
            return fail("the connection ended before the answer");
        }
        let text = line.trim_end();
        if text.is_empty() {
            break;
        }
        if reply.status == 0 {
            reply.status = text.split(' ').nth(1).and_then(|code| code.parse().ok()).unwrap_or(0);
            continue;
        }
        let Some((name, value)) = text.split_once(':') else { continue };
        if name.eq_ignore_ascii_case("location") {
            reply.location = Some(value.trim().to_owned());
        } else if name.eq_ignore_ascii_case("content-length") {
            reply.length = value.trim().parse()?;
        }
    }
    let mut left = reply.length;
    while left > 0 {
        let there = stream.fill_buf()?.len();
        if there == 0 {
            return fail("the body is cut");
        }
        let taken = there.min(usize::try_from(left).unwrap_or(there));
        stream.consume(taken);
        left -= taken as u64;
    }
    Ok(reply)
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;
    use std::net::TcpListener;

    use super::*;

    /// A server that gives these answers, each to one connection.
    fn server(answers: &'static [&'static str]) -> Client {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let host = listener.local_addr().unwrap().to_string();
        std::thread::spawn(move || {
            for answer in answers {
                let (mut stream, _) = listener.accept().unwrap();
                let mut request = [0; 4096];
                let _ = stream.read(&mut request);
                let _ = stream.write_all(answer.as_bytes());
            }
        });
        Client { host, auth: None }
    }

    #[test]
    fn a_status_that_is_not_expected_and_a_cut_body_are_failures() {
        let client = server(&[
            "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
            "HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab",
            "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nab",
        ]);
        let empty = client.time("/", "text/html", 1).unwrap_err().to_string();
        assert!(empty.contains("0 bytes are no answer"), "{empty}");
        let mut blob = Blob::new(64).unwrap();
        let first = blob.digest.clone();
        blob.renew().unwrap();
        assert_ne!(blob.digest, first);
        assert!(client.push(&blob).unwrap_err().to_string().contains("500"));
        assert!(client.pull(&blob).unwrap_err().to_string().contains("cut"));
        let short = client.pull(&blob).unwrap_err().to_string();
        assert_eq!(short, "the blob is cut", "it has fewer bytes than were pushed");
    }

    #[test]
    fn a_digest_goes_behind_what_the_location_asks_already() {
        assert_eq!(with_digest("/u/1", "sha256:a"), "/u/1?digest=sha256:a");
        assert_eq!(with_digest("/u/1?_state=x", "sha256:a"), "/u/1?_state=x&digest=sha256:a");
    }
}
