//! Fetching a remote dataset from storage that cuts, changes and refuses; from a real S3 server
//! where `SEALKIT_MOTO` names the address of one.
#![allow(clippy::unwrap_used, reason = "helpers of tests unwrap as tests do")]

use std::fs;
use std::path::Path;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use sealkit_kitfile::Kitfile;
use sealkit_ops::network::{Client, ClientOptions, Proxy, Secret};
use sealkit_ops::remote_dataset::{S3Settings, check, fetch, is_object};
use sealkit_ops::{Context, Home, NoProgress};
use sealkit_pack::Existing;

const CONTENT: &[u8] = b"0123456789";

#[derive(Clone, Default)]
struct Storage {
    /// ETag now.
    etag: String,
    /// Bytes after which the first answer breaks.
    cut: Arc<Mutex<Option<usize>>>,
    seen: Arc<Mutex<Vec<HeaderMap>>>,
}

async fn answer(State(storage): State<Storage>, request: Request) -> Response {
    storage.seen.lock().unwrap().push(request.headers().clone());
    if request.uri().path() != "/lab/a%20b.tar" {
        return StatusCode::NOT_FOUND.into_response();
    }
    let etag = format!("\"{}\"", storage.etag);
    let wanted = request.headers().get(header::IF_MATCH);
    if wanted.is_some_and(|wanted| *wanted != etag) {
        return StatusCode::PRECONDITION_FAILED.into_response();
    }
    let range = request.headers().get(header::RANGE).map(|range| range.to_str().unwrap());
    let from: usize =
        range.map_or(0, |range| range["bytes=".len()..].trim_end_matches('-').parse().unwrap());
    let rest = CONTENT[from..].to_vec();
    let length = rest.len();
    let body = match storage.cut.lock().unwrap().take() {
        None => Body::from(rest),
        Some(after) => {
            let head = Ok(Bytes::copy_from_slice(&rest[..after]));
            let pieces = [head, Err(std::io::Error::other("cut"))];
            let slowly = futures_util::stream::unfold(pieces.into_iter(), |mut pieces| async {
                let piece = pieces.next()?;
                if piece.is_err() {
                    tokio::time::sleep(std::time::Duration::from_millis(100)).await;
                }
                Some((piece, pieces))
            });
            Body::from_stream(slowly)
        }
    };
    let mut response = Response::new(body);
    response.headers_mut().insert(header::ETAG, etag.parse().unwrap());
    response.headers_mut().insert(header::CONTENT_LENGTH, length.into());
    if from > 0 {
        *response.status_mut() = StatusCode::PARTIAL_CONTENT;
        let range = format!("bytes {from}-9/10");
        response.headers_mut().insert(header::CONTENT_RANGE, range.parse().unwrap());
    }
    response
}

async fn serve(storage: Storage) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let app = Router::new().fallback(answer).with_state(storage);
    tokio::spawn(async move { axum::serve(listener, app).await });
    address
}

fn context(home: &Path, endpoint: &str) -> Context {
    let options = ClientOptions { proxy: Proxy::Direct, ..ClientOptions::default() };
    Context {
        home: Home::new(home),
        client: Arc::new(Client::new(options)),
        concurrency: 2,
        progress: Arc::new(NoProgress),
        clock: || 0,
        served: None,
        s3: Some(S3Settings {
            endpoint: Some(endpoint.to_owned()),
            region: None,
            credentials: Some(("key".to_owned(), Secret::new("secret"))),
        }),
    }
}

fn kitfile(path: &str, hash: &str) -> Kitfile {
    let text = format!(
        "manifestVersion: 1.0.0\ndatasets:\n  - path: {path}\n    remotePath: s3://lab/a b.tar\n    remoteHash: {hash}\n"
    );
    Kitfile::parse(&text, "test").unwrap().kitfile
}

fn storage(etag: &str) -> Storage {
    Storage { etag: etag.to_owned(), ..Storage::default() }
}

#[tokio::test]
async fn an_object_comes_whole_though_the_connection_breaks() {
    let dir = tempfile::tempdir().unwrap();
    let storage = storage("h1");
    *storage.cut.lock().unwrap() = Some(4);
    let context = context(dir.path(), &serve(storage.clone()).await);
    let kitfile = kitfile("raw/deep/a.tar", "h1");
    let dataset = &kitfile.datasets[0];
    assert!(is_object(dataset));
    check(&context, dataset).await.unwrap();
    let out = dir.path().join("out");
    *storage.cut.lock().unwrap() = Some(4);
    assert!(fetch(&context, dataset, &out, Existing::Refuse).await.unwrap());
    assert_eq!(fs::read(out.join("raw/deep/a.tar")).unwrap(), CONTENT);
    let seen = storage.seen.lock().unwrap().clone();
    let last = seen.last().unwrap();
    assert_eq!(last[header::RANGE], "bytes=4-");
    assert!(seen.iter().skip(1).all(|headers| headers[header::IF_MATCH] == "\"h1\""));
    let left = fs::read_dir(out.join("raw/deep")).unwrap().count();
    assert_eq!(left, 1, "no temporary file is left");
}

#[tokio::test]
async fn an_object_that_changed_is_not_fetched() {
    let dir = tempfile::tempdir().unwrap();
    let context = context(dir.path(), &serve(storage("new")).await);
    let kitfile = kitfile("a.tar", "old");
    let out = dir.path().join("out");
    let error = fetch(&context, &kitfile.datasets[0], &out, Existing::Refuse).await.unwrap_err();
    assert!(error.to_string().contains("is not what the Kitfile names"), "{error}");
    assert_eq!(fs::read_dir(&out).unwrap().count(), 0);
    let error = check(&context, &kitfile.datasets[0]).await.unwrap_err();
    assert!(error.to_string().contains("it is now `new`"), "{error}");
}

#[tokio::test]
async fn what_is_there_is_refused_kept_or_replaced() {
    let dir = tempfile::tempdir().unwrap();
    let context = context(dir.path(), &serve(storage("h")).await);
    let kitfile = kitfile("a.tar", "h");
    let dataset = &kitfile.datasets[0];
    let place = dir.path().join("a.tar");
    fs::write(&place, "mine").unwrap();
    assert!(fetch(&context, dataset, dir.path(), Existing::Refuse).await.is_err());
    assert!(!fetch(&context, dataset, dir.path(), Existing::Keep).await.unwrap());
    assert_eq!(fs::read(&place).unwrap(), b"mine");
    assert!(fetch(&context, dataset, dir.path(), Existing::Overwrite).await.unwrap());
    assert_eq!(fs::read(&place).unwrap(), CONTENT);
}

#[cfg(unix)]
#[tokio::test]
async fn a_link_on_the_way_is_not_followed() {
    let dir = tempfile::tempdir().unwrap();
    let context = context(dir.path(), &serve(storage("h")).await);
    let (out, outside) = (dir.path().join("out"), dir.path().join("outside"));
    fs::create_dir_all(&out).unwrap();
    fs::create_dir_all(&outside).unwrap();
    std::os::unix::fs::symlink(&outside, out.join("raw")).unwrap();
    let kitfile = kitfile("raw/a.tar", "h");
    let error = fetch(&context, &kitfile.datasets[0], &out, Existing::Overwrite).await.unwrap_err();
    assert!(error.to_string().contains("is not a folder"), "{error}");
    assert_eq!(fs::read_dir(&outside).unwrap().count(), 0);
    // A link in the place itself is replaced, not written through.
    fs::write(outside.join("target"), "safe").unwrap();
    std::os::unix::fs::symlink(outside.join("target"), out.join("a.tar")).unwrap();
    let kitfile = crate::kitfile("a.tar", "h");
    fetch(&context, &kitfile.datasets[0], &out, Existing::Overwrite).await.unwrap();
    assert_eq!(fs::read(outside.join("target")).unwrap(), b"safe");
}

#[tokio::test]
async fn without_settings_nothing_is_fetched() {
    let dir = tempfile::tempdir().unwrap();
    let mut context = context(dir.path(), "http://127.0.0.1:1");
    context.s3 = None;
    let kitfile = kitfile("a.tar", "h");
    let error =
        fetch(&context, &kitfile.datasets[0], dir.path(), Existing::Refuse).await.unwrap_err();
    assert!(error.to_string().contains("nothing says how S3 storage is reached"), "{error}");
}

/// Put `lab/a b.tar` with the content of this test there first; `SEALKIT_MOTO_ETAG` is its ETag.
#[tokio::test]
async fn a_real_server_takes_the_signature() {
    let (Ok(address), Ok(etag)) =
        (std::env::var("SEALKIT_MOTO"), std::env::var("SEALKIT_MOTO_ETAG"))
    else {
        println!("skipped: no SEALKIT_MOTO");
        return;
    };
    let dir = tempfile::tempdir().unwrap();
    let context = context(dir.path(), &address);
    let kitfile = kitfile("a.tar", &etag);
    check(&context, &kitfile.datasets[0]).await.unwrap();
    fetch(&context, &kitfile.datasets[0], dir.path(), Existing::Refuse).await.unwrap();
    assert_eq!(fs::read(dir.path().join("a.tar")).unwrap(), CONTENT);
}
