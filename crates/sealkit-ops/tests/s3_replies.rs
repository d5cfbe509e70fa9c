//! What S3 storage may reply, and what becomes of it: the person is told, nothing wrong is kept.
#![allow(clippy::unwrap_used, reason = "helpers of tests unwrap as tests do")]

use std::collections::VecDeque;
use std::fs;
use std::path::Path;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{Response, StatusCode};
use sealkit_kitfile::{Dataset, Kitfile};
use sealkit_ops::network::{Client, ClientOptions, Proxy, Secret};
use sealkit_ops::remote_dataset::{S3Settings, check, fetch};
use sealkit_ops::{Context, Home, NoProgress, OpsError};
use sealkit_pack::Existing;
use sealkit_report::Hint as _;

const CONTENT: &str = "0123456789";

/// One reply: its status, its headers, its body.
#[derive(Clone)]
struct Reply(u16, Vec<(&'static str, String)>, &'static str);

fn good() -> Reply {
    Reply(200, vec![("etag", "\"h\"".to_owned())], CONTENT)
}

fn status(code: u16) -> Reply {
    Reply(code, Vec::new(), "<Error><Code>AccessDenied</Code></Error>")
}

/// Storage that gives its replies one after the other, the last one for ever.
#[derive(Clone)]
struct Storage {
    replies: Arc<Mutex<VecDeque<Reply>>>,
    seen: Arc<Mutex<Vec<Request<()>>>>,
}

impl Storage {
    fn new(replies: impl IntoIterator<Item = Reply>) -> Self {
        Self { replies: Arc::new(Mutex::new(replies.into_iter().collect())), seen: Arc::default() }
    }

    async fn serve(&self) -> String {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let app = Router::new().fallback(answer).with_state(self.clone());
        tokio::spawn(async move { axum::serve(listener, app).await });
        address
    }

    fn asked(&self) -> usize {
        self.seen.lock().unwrap().len()
    }
}

async fn answer(State(storage): State<Storage>, request: Request) -> Response<Body> {
    storage.seen.lock().unwrap().push(request.map(drop));
    let mut replies = storage.replies.lock().unwrap();
    let reply = if replies.len() > 1 { replies.pop_front() } else { replies.front().cloned() };
    let Reply(code, headers, body) = reply.unwrap();
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = StatusCode::from_u16(code).unwrap();
    for (name, value) in headers {
        response.headers_mut().insert(name, value.parse().unwrap());
    }
    response
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
            credentials: Some(("key".to_owned(), Secret::new("very-secret"))),
        }),
    }
}

fn dataset() -> Dataset {
    let text = "manifestVersion: 1.0.0\ndatasets:\n  - path: a.tar\n    remotePath: s3://lab/a.tar\n    remoteHash: h\n";
    Kitfile::parse(text, "test").unwrap().kitfile.datasets.remove(0)
}

struct Tried {
    result: Result<bool, OpsError>,
    /// What is in the folder then.
    left: Vec<String>,
    bytes: Option<String>,
    asked: usize,
}

async fn try_fetch(replies: impl IntoIterator<Item = Reply>) -> Tried {
    let dir = tempfile::tempdir().unwrap();
    let storage = Storage::new(replies);
    let context = context(dir.path(), &storage.serve().await);
    let out = dir.path().join("out");
    let result = fetch(&context, &dataset(), &out, Existing::Refuse).await;
    let entries = fs::read_dir(&out).into_iter().flatten();
    let left = entries.map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    let bytes = fs::read_to_string(out.join("a.tar")).ok();
    Tried { result, left, bytes, asked: storage.asked() }
}

#[tokio::test]
async fn what_is_refused_is_told_with_its_status_and_never_with_the_secret() {
    for (code, hint) in [
        (301, Some("S3_REGION")),
        (307, Some("S3_REGION")),
        (400, Some("S3_REGION")),
        (401, None),
        (403, Some("S3_ACCESS_KEY_ID")),
        (404, Some("remotePath")),
        (410, None),
        (416, None),
    ] {
        let tried = try_fetch([status(code)]).await;
        let error = tried.result.unwrap_err();
        let text = format!("{error} {:?} {error:?}", error.hint());
        assert!(error.to_string().contains(&format!("HTTP {code}")), "{code}: {text}");
        assert!(error.to_string().contains("s3://lab/a.tar"), "{code}: {text}");
        if let Some(hint) = hint {
            assert!(error.hint().is_some_and(|said| said.contains(hint)), "{code}: {text}");
        }
        assert!(!text.contains("very-secret") && !text.contains("Signature"), "{text}");
        assert_eq!((tried.left.len(), tried.asked), (0, 1), "{code} is asked for once");
    }
}

#[tokio::test]
async fn another_content_is_never_taken() {
    let etag = |text: &str| Reply(200, vec![("etag", text.to_owned())], CONTENT);
    for (reply, said) in [
        (etag("\"other\""), "it is now `other`"),
        (etag("W/\"h2\""), "it is now"),
        (Reply(200, Vec::new(), CONTENT), "the storage names none"),
        (status(412), "the storage has another"),
        (etag("\"h-2\""), "it is now `h-2`"),
        (etag("\"H\""), "it is now `H`"),
    ] {
        let tried = try_fetch([reply]).await;
        let error = tried.result.unwrap_err();
        assert!(error.to_string().contains("is not what the Kitfile names"), "{error}");
        assert!(error.to_string().contains(said), "{said}: {error}");
        assert_eq!(tried.left.len(), 0);
    }
}

#[tokio::test]
async fn a_storage_that_is_busy_is_asked_again() {
    for code in [429, 500, 502, 503, 504] {
        let tried = try_fetch([status(code), good()]).await;
        assert!(tried.result.unwrap(), "{code}");
        assert_eq!(tried.bytes.as_deref(), Some(CONTENT), "{code}");
        assert!(tried.asked >= 2);
    }
}

#[tokio::test]
async fn a_part_that_is_not_the_part_asked_for_is_refused() {
    let part = |range: &str| {
        let headers =
            vec![("etag", "\"h\"".to_owned()), ("content-range", format!("bytes {range}/10"))];
        Reply(206, headers, "56789")
    };
    // Nothing was asked for by range yet.
    for range in ["5-9", "1-5", "x-9", "-"] {
        let tried = try_fetch([part(range)]).await;
        assert!(tried.result.is_err(), "{range}");
        assert_eq!(tried.left.len(), 0, "{range}");
    }
    let tried = try_fetch([Reply(206, vec![("etag", "\"h\"".to_owned())], "01234")]).await;
    assert!(tried.result.is_err(), "a part without a range");
}

#[tokio::test]
async fn a_redirect_is_not_followed_with_the_signature() {
    let elsewhere = Storage::new([good()]);
    let address = elsewhere.serve().await;
    for code in [301, 302, 303, 307, 308] {
        let to = format!("{address}/lab/a.tar");
        let tried = try_fetch([Reply(code, vec![("location", to)], "")]).await;
        if let Ok(done) = tried.result {
            // Followed: then without the signature of the first host.
            assert!(done);
            let seen = elsewhere.seen.lock().unwrap();
            let uri = seen.last().unwrap().uri().to_string();
            assert!(!uri.contains("X-Amz-Signature"), "{code}: {uri}");
        } else {
            assert_eq!(tried.left.len(), 0, "{code}");
        }
    }
}

#[tokio::test]
async fn a_check_reads_the_head_and_nothing_else() {
    let dir = tempfile::tempdir().unwrap();
    let storage = Storage::new([good()]);
    let context = context(dir.path(), &storage.serve().await);
    check(&context, &dataset()).await.unwrap();
    let seen = storage.seen.lock().unwrap();
    assert_eq!(seen.len(), 1);
    assert_eq!(seen[0].method(), "HEAD");
    let query = seen[0].uri().query().unwrap();
    assert!(query.contains("X-Amz-Signature="), "{query}");
    assert!(!query.contains("very-secret"), "{query}");
}

#[tokio::test]
async fn a_check_tells_what_a_fetch_would() {
    for (code, expected) in [(403, "HTTP 403"), (404, "HTTP 404"), (301, "HTTP 301")] {
        let dir = tempfile::tempdir().unwrap();
        let storage = Storage::new([status(code)]);
        let context = context(dir.path(), &storage.serve().await);
        let error = check(&context, &dataset()).await.unwrap_err();
        assert!(error.to_string().contains(expected), "{error}");
    }
    let dir = tempfile::tempdir().unwrap();
    let gone = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        format!("http://{}", listener.local_addr().unwrap())
    };
    let context = context(dir.path(), &gone);
    let error = check(&context, &dataset()).await.unwrap_err();
    assert!(!error.to_string().contains("Signature"), "{error}");
}

#[tokio::test]
async fn an_endpoint_that_is_none_is_told() {
    let dir = tempfile::tempdir().unwrap();
    for endpoint in ["", "not a url", "s3.example.com", "mailto:x@example.com"] {
        let context = context(dir.path(), endpoint);
        let error = check(&context, &dataset()).await.unwrap_err();
        assert!(error.to_string().contains("is not an S3 endpoint"), "{endpoint}: {error}");
        assert!(error.hint().is_some_and(|hint| hint.contains("S3_API_ENDPOINT")), "{error}");
    }
}

#[tokio::test]
async fn a_place_outside_of_the_folder_is_refused_before_anything_is_asked() {
    let dir = tempfile::tempdir().unwrap();
    let storage = Storage::new([good()]);
    let context = context(dir.path(), &storage.serve().await);
    let out = dir.path().join("out");
    for path in ["../a.tar", "/a.tar", "x/../../a.tar", ".", "", "a\0b"] {
        let dataset = Dataset { path: path.to_owned(), ..dataset() };
        assert!(fetch(&context, &dataset, &out, Existing::Overwrite).await.is_err(), "{path:?}");
    }
    assert_eq!(storage.asked(), 0);
    assert!(!dir.path().join("a.tar").exists());
}
