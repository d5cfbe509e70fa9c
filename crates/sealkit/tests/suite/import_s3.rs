//! Remote datasets when packing, from outside.

use std::sync::{Arc, Mutex};

use crate::common::{Run, Sandbox};
use axum::Router;
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

const KITFILE: &str = "\
manifestVersion: 1.0.0
docs:
  - path: README.md
datasets:
  - name: frames
    path: raw/frames.tar
    remotePath: s3://lab/frames.tar?versionId=v1
    remoteHash: abc123
";

struct Storage {
    address: String,
    seen: Arc<Mutex<Vec<String>>>,
    _runtime: tokio::runtime::Runtime,
}

impl Storage {
    /// Storage with one object of this ETag.
    fn new(etag: &'static str) -> Self {
        let seen: Arc<Mutex<Vec<String>>> = Arc::default();
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
        let app = Router::new().fallback(answer).with_state((etag, Arc::clone(&seen)));
        let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        runtime.spawn(async move { axum::serve(listener, app).await });
        Self { address, seen, _runtime: runtime }
    }
}

async fn answer(
    State((etag, seen)): State<(&'static str, Arc<Mutex<Vec<String>>>)>,
    request: Request,
) -> Response {
    seen.lock().unwrap().push(format!("{} {}", request.method(), request.uri()));
    if request.uri().path() == "/lab/frames.tar" {
        ([(header::ETAG, etag)], "frames").into_response()
    } else {
        StatusCode::NOT_FOUND.into_response()
    }
}

fn pack(sandbox: &Sandbox, kitfile: &str, endpoint: Option<&str>) -> Run {
    sandbox.write("README.md", "# x\n");
    sandbox.write("Kitfile", kitfile);
    let environment: Vec<(&str, &str)> = match endpoint {
        None => vec![],
        Some(endpoint) => vec![
            ("S3_API_ENDPOINT", endpoint),
            ("S3_ACCESS_KEY_ID", "key"),
            ("S3_SECRET_KEY", "topsecret"),
            ("NO_PROXY", "*"),
        ],
    };
    sandbox.run_with(["pack", ".", "-t", "x:1"], &environment, "")
}

#[test]
fn an_object_with_the_right_hash_is_packed() {
    let sandbox = Sandbox::new();
    let storage = Storage::new("\"abc123\"");
    let run = pack(&sandbox, KITFILE, Some(&storage.address)).exits(0);
    assert!(!run.stderr.contains("was not checked"), "{run}");
    let seen = storage.seen.lock().unwrap().clone();
    assert_eq!(seen.len(), 1);
    assert!(seen[0].starts_with("HEAD /lab/frames.tar?"), "{seen:?}");
    assert!(seen[0].contains("versionId=v1") && seen[0].contains("X-Amz-Signature="), "{seen:?}");
    let layers = sandbox.run(["inspect", "x:1"]).exits(0).json()["manifest"]["layers"].clone();
    assert_eq!(layers.as_array().unwrap().len(), 1, "a remote dataset is no layer");
}

#[test]
fn an_object_that_changed_is_not_packed() {
    let sandbox = Sandbox::new();
    let storage = Storage::new("\"other\"");
    let run = pack(&sandbox, KITFILE, Some(&storage.address)).exits(1);
    assert!(
        run.stderr.contains("remote dataset `raw/frames.tar` is not what the Kitfile names"),
        "{run}"
    );
    assert!(run.stderr.contains("it is now `other`"), "{run}");
    assert!(!sandbox.run(["list"]).exits(0).stdout.contains('x'));
}

#[test]
fn an_object_that_is_not_there_is_named() {
    let sandbox = Sandbox::new();
    let storage = Storage::new("\"abc123\"");
    let kitfile = KITFILE.replace("lab/frames", "lab/gone");
    let run = pack(&sandbox, &kitfile, Some(&storage.address)).exits(1);
    assert!(run.stderr.contains("HTTP 404 for `s3://lab/gone.tar`"), "{run}");
    assert!(!format!("{run}").contains("topsecret"));
}

#[test]
fn without_settings_the_person_is_told_that_nothing_was_checked() {
    let sandbox = Sandbox::new();
    let run = pack(&sandbox, KITFILE, None).exits(0);
    assert!(run.stderr.contains("remote dataset `raw/frames.tar` was not checked"), "{run}");
}

#[test]
fn offline_is_offline_here_too() {
    let sandbox = Sandbox::new();
    sandbox.write("README.md", "# x\n");
    sandbox.write("Kitfile", KITFILE);
    let environment = [("S3_API_ENDPOINT", "http://127.0.0.1:1")];
    let run = sandbox.run_with(["pack", ".", "--offline"], &environment, "").exits(1);
    assert!(run.stderr.contains("offline: would have to look at the object"), "{run}");
}
