//! Pulls of what lies in files, byte by byte.

use std::fs::File;
use std::ops::Range;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use bytes::Bytes;
use sealkit_hub::Storage;
use sealkit_oci::Digest;
use sealkit_registry::{FileSender, Options, Registry};
use sealkit_store::{ByteStream, StoreError};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::common::TestHub;

const LARGE: usize = 3_000_123;

/// A method, the blob, and what of it.
type Asked<'a> = (&'a str, &'a [u8], Option<Range<usize>>);

fn blob(salt: usize, size: usize) -> Vec<u8> {
    (0..size).map(|at| (at / 3 + at / 1_021 + salt * 77) as u8).collect()
}

async fn hub(folder: &Path, blobs: &[&[u8]]) -> TestHub {
    hub_over(&Storage::open(folder).unwrap(), blobs).await
}

async fn hub_over(storage: &Storage, blobs: &[&[u8]]) -> TestHub {
    let hub = TestHub::over(Arc::new(storage.clone()), |_| {}).await;
    for bytes in blobs {
        let path = format!("/v2/a/blobs/uploads/?digest={}", Digest::of(bytes));
        assert_eq!(hub.client.send("POST", &path, &[], bytes).await.status, 201);
    }
    hub
}

fn request(method: &str, bytes: &[u8], range: Option<&Range<usize>>) -> String {
    let range = range.map(|range| format!("Range: bytes={}-{}\r\n", range.start, range.end - 1));
    let (digest, range) = (Digest::of(bytes), range.unwrap_or_default());
    format!("{method} /v2/a/blobs/{digest} HTTP/1.1\r\nHost: 127.0.0.1\r\n{range}\r\n")
}

/// The next answer of a connection: its status and its body.
async fn answer(stream: &mut TcpStream, is_head: bool) -> (u16, Vec<u8>) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.unwrap());
    }
    let head = String::from_utf8(head).unwrap().to_ascii_lowercase();
    let field = |name: &str| head.split(name).nth(1).unwrap().split_ascii_whitespace().next();
    let size = field("content-length:").unwrap().parse().unwrap();
    let mut body = vec![0xEE; if is_head { 0 } else { size }];
    stream.read_exact(&mut body).await.unwrap();
    (field("http/1.1").unwrap().parse().unwrap(), body)
}

#[tokio::test]
async fn a_connection_gets_all_that_it_asked_for_in_that_order() {
    let folder = tempfile::tempdir().unwrap();
    let (one, other, small) = (blob(1, LARGE), blob(2, LARGE + 5), blob(3, 40));
    // Nothing but zeros is a file like others.
    let zeros = vec![0; 700_000];
    let hub = hub(folder.path(), &[&one, &other, &small, &zeros]).await;
    let (middle, end) = (100_001..1_900_002, LARGE - 1..LARGE);
    let asked: [Asked<'_>; 9] = [
        ("GET", &one, None),
        ("HEAD", &one, None),
        ("GET", &other, Some(middle)),
        ("GET", &small, None),
        ("GET", &zeros, None),
        ("GET", &one, Some(end)),
        ("GET", b"nobody brought this", None),
        ("GET", &other, None),
        ("GET", &one, Some(0..1_000_000)),
    ];
    let mut stream = TcpStream::connect(hub.addr).await.unwrap();
    let all: String =
        asked.iter().map(|(method, bytes, range)| request(method, bytes, range.as_ref())).collect();
    // Before the first answer has come.
    stream.write_all(all.as_bytes()).await.unwrap();
    for (number, (method, bytes, range)) in asked.iter().enumerate() {
        let (status, body) = answer(&mut stream, *method == "HEAD").await;
        let wanted = match (number, range) {
            (6, _) => 404,
            (_, None) => 200,
            (_, Some(_)) => 206,
        };
        assert_eq!(status, wanted, "{number}");
        match *method {
            "HEAD" => assert!(body.is_empty()),
            _ if wanted == 404 => {}
            _ => assert!(body == bytes[range.clone().unwrap_or(0..bytes.len())], "{number}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_who_pull_at_once_get_each_their_own() {
    let folder = tempfile::tempdir().unwrap();
    let blobs: Arc<Vec<Vec<u8>>> = Arc::new((0..3).map(|salt| blob(salt, LARGE)).collect());
    let all: Vec<&[u8]> = blobs.iter().map(|one| &one[..]).collect();
    let hub = hub(folder.path(), &all).await;
    let pulls: Vec<_> = (0..12)
        .map(|who: usize| {
            let (blobs, addr) = (Arc::clone(&blobs), hub.addr);
            tokio::spawn(async move {
                let mut stream = TcpStream::connect(addr).await.unwrap();
                for turn in 0..4 {
                    let bytes = &blobs[(who + turn) % blobs.len()];
                    let range = who * 60_000 + turn..LARGE - who * 1_000;
                    let text = request("GET", bytes, Some(&range));
                    stream.write_all(text.as_bytes()).await.unwrap();
                    let (status, body) = answer(&mut stream, false).await;
                    assert_eq!(status, 206);
                    assert!(body == bytes[range], "{who}, {turn}");
                }
            })
        })
        .collect();
    for pull in pulls {
        pull.await.unwrap();
    }
}

/// For a large upload the connection moves to another thread, which waits for its socket; behind it, back again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_goes_on_behind_a_large_upload() {
    let folder = tempfile::tempdir().unwrap();
    let hub = hub(folder.path(), &[]).await;
    let mut stream = TcpStream::connect(hub.addr).await.unwrap();
    for turn in 0..3 {
        let bytes = blob(turn, 6_000_001 + turn);
        let head = format!(
            "POST /v2/a/blobs/uploads/?digest={} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {}\r\n\r\n",
            Digest::of(&bytes),
            bytes.len()
        );
        stream.write_all(head.as_bytes()).await.unwrap();
        for piece in bytes.chunks(1_500_000) {
            // So slowly that it is waited for.
            tokio::time::sleep(Duration::from_millis(5)).await;
            stream.write_all(piece).await.unwrap();
        }
        let limit = Duration::from_secs(20);
        let (status, _) = timeout(limit, answer(&mut stream, false)).await.unwrap();
        assert_eq!(status, 201, "{turn}");
        // So late that nothing is on its way any more.
        tokio::time::sleep(Duration::from_millis(20)).await;
        stream.write_all(request("GET", &bytes, None).as_bytes()).await.unwrap();
        let (status, body) = timeout(limit, answer(&mut stream, false)).await.unwrap();
        assert!((status, &body) == (200, &bytes), "{turn}");
    }
}

#[tokio::test]
async fn who_goes_away_in_the_middle_takes_nothing_from_others() {
    let folder = tempfile::tempdir().unwrap();
    let bytes = blob(4, 2 * LARGE);
    let hub = hub(folder.path(), &[&bytes]).await;
    for turn in 0..20 {
        let mut stream = TcpStream::connect(hub.addr).await.unwrap();
        stream.write_all(request("GET", &bytes, None).as_bytes()).await.unwrap();
        let mut some = vec![0; 1 + turn * 20_000];
        stream.read_exact(&mut some).await.unwrap();
    }
    let reply = hub.client.get(&format!("/v2/a/blobs/{}", Digest::of(&bytes))).await;
    assert_eq!(reply.status, 200);
    assert!(reply.body == bytes);
    // Nor does the hub keep anything of them: it is alone with who asks.
    let deadline = Instant::now() + Duration::from_secs(10);
    loop {
        let text = String::from_utf8(hub.client.get("/metrics").await.body).unwrap();
        if text.lines().any(|line| line.ends_with("_connections 1")) {
            break;
        }
        assert!(Instant::now() < deadline, "connections of who has gone are kept: {text}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn of_a_file_that_was_cut_short_only_what_is_there_is_sent() {
    let folder = tempfile::tempdir().unwrap();
    let (bytes, whole) = (blob(5, LARGE), blob(6, LARGE - 1));
    let hub = hub(folder.path(), &[&bytes, &whole]).await;
    let cut = file_of(folder.path(), LARGE as u64);
    std::fs::File::options().write(true).open(cut).unwrap().set_len(1_234_567).unwrap();
    let mut stream = TcpStream::connect(hub.addr).await.unwrap();
    let both = [request("GET", &bytes, None), request("GET", &whole, None)].concat();
    stream.write_all(both.as_bytes()).await.unwrap();
    let mut came = Vec::new();
    // That the answer is not whole is told by the end of the connection: nothing comes behind it.
    let _ = stream.read_to_end(&mut came).await;
    let head = came.windows(4).position(|four| four == b"\r\n\r\n").unwrap() + 4;
    let body = &came[head..];
    assert!((1..=1_234_567).contains(&body.len()), "{}", body.len());
    assert!(*body == bytes[..body.len()]);
    let reply = hub.client.get(&format!("/v2/a/blobs/{}", Digest::of(&whole))).await;
    assert!(reply.body == whole);
}

/// What it was asked to send. What it gives is told from what is read.
#[derive(Default)]
struct Noted(Mutex<Vec<Range<u64>>>);

const SENT: &[u8] = b"sent";

#[async_trait]
impl FileSender for Noted {
    async fn send(&self, _: File, range: Range<u64>) -> Result<ByteStream, StoreError> {
        self.0.lock().unwrap().push(range);
        let sent = Bytes::from_static(SENT);
        Ok(Box::pin(futures_util::stream::iter([Ok(sent)])))
    }
}

#[tokio::test]
async fn what_is_long_and_in_a_file_goes_through_who_can_send_it_and_all_else_does_not() {
    let folder = tempfile::tempdir().unwrap();
    let (large, small) = (blob(1, LARGE), blob(2, 64 << 10));
    let storage = Storage::open(folder.path()).unwrap();
    drop(hub_over(&storage, &[&large, &small]).await);
    let registry = Registry::new(Arc::new(storage.clone()), Options::new(Arc::new(storage)));
    let size = LARGE as u64;
    for (method, bytes, (header, value), wanted) in [
        ("GET", &large, ("x", "-"), Some(0..size)),
        ("GET", &large, ("range", "bytes=7-99999"), Some(7..100_000)),
        ("GET", &large, ("range", "bytes=7-65542"), None),
        ("GET", &large, ("range", "bytes=9999999-"), None),
        ("HEAD", &large, ("x", "-"), None),
        ("GET", &large, ("if-none-match", "*"), None),
        ("GET", &small, ("x", "-"), None),
    ] {
        let noted = Arc::new(Noted::default());
        let sender: Arc<dyn FileSender> = Arc::clone(&noted) as _;
        let request = Request::builder()
            .method(method)
            .uri(format!("/v2/a/blobs/{}", Digest::of(bytes)))
            .header(header, value)
            .extension(sender);
        let answer = registry.answer(request.body(Body::empty()).unwrap()).await;
        let sent = to_bytes(answer.into_body(), usize::MAX).await;
        assert_eq!(*noted.0.lock().unwrap(), Vec::from_iter(wanted.clone()), "{method} {value}");
        assert_eq!(sent.is_ok_and(|body| body == SENT), wanted.is_some(), "{method} {value}");
    }
}

/// The one file of this size.
fn file_of(folder: &Path, size: u64) -> std::path::PathBuf {
    let mut folders = vec![folder.to_owned()];
    let mut found = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            match path.is_dir() {
                true => folders.push(path),
                false if path.metadata().unwrap().len() == size => found.push(path),
                false => {}
            }
        }
    }
    assert_eq!(found.len(), 1);
    found.remove(0)
}
