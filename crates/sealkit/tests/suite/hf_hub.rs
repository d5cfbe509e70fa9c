//! A hub with the parts of the Hugging Face API that imports use, and its storage on another host.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use sealkit_oci::Digest;
use serde_json::{Value, json};

pub const COMMIT: &str = "1111111111111111111111111111111111111111";
pub const LATER: &str = "2222222222222222222222222222222222222222";

/// One file: its bytes, and whether it is in large file storage.
#[derive(Clone)]
pub struct Stored {
    pub bytes: Vec<u8>,
    pub lfs: bool,
}

/// How the hub behaves.
#[derive(Clone, Default)]
pub struct Conduct {
    /// Entries of one page of a listing.
    pub page: Option<usize>,
    /// Files whose bytes are changed on the way.
    pub corrupt: Vec<String>,
    /// Files whose first answers end after so many bytes, how often.
    pub cut: BTreeMap<String, (usize, usize)>,
    /// Files whose answers stop after so many bytes and stay open.
    pub stall: BTreeMap<String, usize>,
    /// Answers with 503 before the first good one.
    pub busy: usize,
    /// Entries added to the listing as they are.
    pub extra: Vec<Value>,
    /// Whether `main` moves on when it was looked up once.
    pub moves: bool,
    /// Token without which nothing is given.
    pub token: Option<String>,
}

/// One request that was seen.
#[derive(Clone, Debug)]
pub struct Seen {
    pub on_storage: bool,
    pub path: String,
    pub authorization: Option<String>,
    pub range: Option<String>,
}

struct Inner {
    /// `models/org/name` or `datasets/org/name`.
    repository: String,
    commits: BTreeMap<String, BTreeMap<String, Stored>>,
    main: Mutex<String>,
    conduct: Mutex<Conduct>,
    seen: Mutex<Vec<Seen>>,
    storage: Mutex<String>,
}

pub struct FakeHub {
    inner: Arc<Inner>,
    endpoint: String,
    _runtime: tokio::runtime::Runtime,
}

pub fn small(bytes: impl AsRef<[u8]>) -> Stored {
    Stored { bytes: bytes.as_ref().to_vec(), lfs: false }
}

pub fn large(bytes: impl AsRef<[u8]>) -> Stored {
    Stored { bytes: bytes.as_ref().to_vec(), lfs: true }
}

impl FakeHub {
    pub fn new(repository: &str, files: &[(&str, Stored)], conduct: Conduct) -> Self {
        let files: BTreeMap<String, Stored> =
            files.iter().map(|(path, file)| ((*path).to_owned(), file.clone())).collect();
        let later = files.iter().map(|(path, file)| {
            (path.clone(), Stored { bytes: b"moved".to_vec(), ..file.clone() })
        });
        let commits = [(COMMIT.to_owned(), files.clone()), (LATER.to_owned(), later.collect())];
        let inner = Arc::new(Inner {
            repository: repository.to_owned(),
            commits: commits.into(),
            main: Mutex::new(COMMIT.to_owned()),
            conduct: Mutex::new(conduct),
            seen: Mutex::default(),
            storage: Mutex::default(),
        });
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
        let start = |app: Router| {
            runtime.block_on(async {
                let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
                let address = listener.local_addr().unwrap();
                tokio::spawn(async move { axum::serve(listener, app).await });
                format!("http://{address}")
            })
        };
        let storage = Router::new().fallback(storage).with_state(Arc::clone(&inner));
        *inner.storage.lock().unwrap() = start(storage);
        let endpoint = start(Router::new().fallback(hub).with_state(Arc::clone(&inner)));
        Self { inner, endpoint, _runtime: runtime }
    }

    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    pub fn seen(&self) -> Vec<Seen> {
        self.inner.seen.lock().unwrap().clone()
    }

    pub fn conduct(&self, change: impl FnOnce(&mut Conduct)) {
        change(&mut self.inner.conduct.lock().unwrap());
    }
}

/// The object id that git gives these bytes.
pub fn git_oid(bytes: &[u8]) -> String {
    use sha1::Digest as _;
    let mut hasher = sha1::Sha1::new();
    hasher.update(format!("blob {}\0", bytes.len()));
    hasher.update(bytes);
    hasher.finalize().iter().fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"))
}

fn log(inner: &Inner, on_storage: bool, request: &Request) {
    let text =
        |name: header::HeaderName| Some(request.headers().get(name)?.to_str().unwrap().to_owned());
    inner.seen.lock().unwrap().push(Seen {
        on_storage,
        path: request.uri().to_string(),
        authorization: text(header::AUTHORIZATION),
        range: text(header::RANGE),
    });
}

async fn hub(State(inner): State<Arc<Inner>>, request: Request) -> Response {
    log(&inner, false, &request);
    {
        let mut conduct = inner.conduct.lock().unwrap();
        if conduct.busy > 0 {
            conduct.busy -= 1;
            return StatusCode::SERVICE_UNAVAILABLE.into_response();
        }
        if let Some(token) = &conduct.token {
            let given = request.headers().get(header::AUTHORIZATION);
            if given.is_none_or(|given| *given != format!("Bearer {token}")) {
                let said = json!({ "error": "Invalid username or password." });
                return (StatusCode::UNAUTHORIZED, axum::Json(said)).into_response();
            }
        }
    }
    let path = request.uri().path().to_owned();
    let api = format!("/api/{}/", inner.repository);
    if let Some(rest) = path.strip_prefix(&api) {
        return match rest.split_once('/') {
            Some(("revision", revision)) => look_up(&inner, revision),
            Some(("tree", revision)) => tree(&inner, revision, request.uri().query()),
            _ => StatusCode::NOT_FOUND.into_response(),
        };
    }
    let folder = inner.repository.strip_prefix("models/").unwrap_or(&inner.repository);
    let Some(rest) = path.strip_prefix(&format!("/{folder}/resolve/")) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let (revision, file) = rest.split_once('/').unwrap();
    let commit = commit_of(&inner, revision);
    let Some(stored) = inner.commits.get(&commit).and_then(|files| files.get(file)) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    if stored.lfs {
        let storage = inner.storage.lock().unwrap().clone();
        let target = format!("{storage}/{commit}/{file}?signature=secret");
        return (StatusCode::FOUND, [(header::LOCATION, target)]).into_response();
    }
    give(&inner, file, stored, request.headers())
}

async fn storage(State(inner): State<Arc<Inner>>, request: Request) -> Response {
    log(&inner, true, &request);
    let path = request.uri().path().trim_start_matches('/').to_owned();
    let (commit, file) = path.split_once('/').unwrap();
    give(&inner, file, &inner.commits[commit][file], request.headers())
}

fn commit_of(inner: &Inner, revision: &str) -> String {
    match revision {
        "main" => inner.main.lock().unwrap().clone(),
        "later" => LATER.to_owned(),
        commit => commit.to_owned(),
    }
}

fn look_up(inner: &Inner, revision: &str) -> Response {
    let commit = commit_of(inner, revision);
    if !inner.commits.contains_key(&commit) {
        let said = json!({ "error": format!("Invalid rev id: {revision}") });
        return (StatusCode::NOT_FOUND, axum::Json(said)).into_response();
    }
    if inner.conduct.lock().unwrap().moves {
        LATER.clone_into(&mut inner.main.lock().unwrap());
    }
    axum::Json(json!({ "id": "x", "sha": commit })).into_response()
}

fn tree(inner: &Inner, revision: &str, query: Option<&str>) -> Response {
    let conduct = inner.conduct.lock().unwrap().clone();
    let commit = commit_of(inner, revision);
    let files = inner.commits[&commit].iter().map(|(path, stored)| {
        let size = stored.bytes.len();
        let mut entry = json!({
            "type": "file", "oid": git_oid(&stored.bytes), "size": size, "path": path,
        });
        if stored.lfs {
            let digest = Digest::of(&stored.bytes);
            entry["oid"] = json!(git_oid(b"pointer"));
            entry["lfs"] = json!({ "oid": digest.hex(), "size": size, "pointerSize": 130 });
        }
        entry
    });
    let mut entries: Vec<Value> =
        vec![json!({ "type": "directory", "oid": "x", "size": 0, "path": "d" })];
    entries.extend(files);
    entries.extend(conduct.extra);
    let Some(page) = conduct.page else { return axum::Json(entries).into_response() };
    let from: usize = query
        .and_then(|query| query.split("cursor=").nth(1))
        .map_or(0, |cursor| cursor.parse().unwrap());
    let part: Vec<Value> = entries.iter().skip(from).take(page).cloned().collect();
    let mut headers = HeaderMap::new();
    if from + page < entries.len() {
        let next = format!(
            "</api/{}/tree/{revision}?recursive=true&cursor={}>; rel=\"next\"",
            inner.repository,
            from + page
        );
        headers.insert(header::LINK, next.parse().unwrap());
    }
    (headers, axum::Json(part)).into_response()
}

fn give(inner: &Inner, path: &str, stored: &Stored, headers: &HeaderMap) -> Response {
    let mut conduct = inner.conduct.lock().unwrap();
    let mut bytes = stored.bytes.clone();
    if conduct.corrupt.iter().any(|name| name == path) {
        bytes[0] ^= 1;
    }
    let range = headers.get(header::RANGE).map(|range| range.to_str().unwrap().to_owned());
    let is_range = range.is_some();
    let total = bytes.len();
    let (from, last): (usize, usize) = range.map_or((0, total), |range| {
        let (from, last) = range.strip_prefix("bytes=").unwrap().split_once('-').unwrap();
        (from.parse().unwrap(), last.parse().map_or(total, |last: usize| last + 1))
    });
    bytes.truncate(last);
    let rest = bytes.split_off(from);
    let length = rest.len();
    let mut cut = None;
    if let Some((after, times)) = conduct.cut.get_mut(path).filter(|cut| cut.1 > 0) {
        *times -= 1;
        cut = Some(*after);
    }
    let stall = conduct.stall.get(path).copied();
    let body = match cut {
        None if stall.is_some() => {
            let head = Bytes::copy_from_slice(&rest[..stall.unwrap_or(0).min(rest.len())]);
            let head = futures_util::stream::iter([Ok::<_, std::io::Error>(head)]);
            Body::from_stream(futures_util::StreamExt::chain(head, futures_util::stream::pending()))
        }
        None => Body::from(rest),
        Some(after) => {
            let head = Bytes::copy_from_slice(&rest[..after.min(rest.len())]);
            let pieces = [Ok(head), Err(std::io::Error::other("cut"))];
            // The head must have left before the connection breaks.
            let slowly = futures_util::stream::unfold(pieces.into_iter(), |mut pieces| async {
                let piece = pieces.next()?;
                if piece.is_err() {
                    tokio::time::sleep(std::time::Duration::from_millis(200)).await;
                }
                Some((piece, pieces))
            });
            Body::from_stream(slowly)
        }
    };
    let mut response = Response::new(body);
    response.headers_mut().insert(header::CONTENT_LENGTH, length.into());
    if is_range {
        *response.status_mut() = StatusCode::PARTIAL_CONTENT;
        let range = format!("bytes {from}-{}/{total}", last.saturating_sub(1));
        response.headers_mut().insert(header::CONTENT_RANGE, range.parse().unwrap());
    }
    response
}
