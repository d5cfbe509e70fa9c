//! One request: counted, timed and, when its answer has ended, told in one line.

use std::hash::{BuildHasher as _, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::Instant;

use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use axum::response::Response;

use super::body::Counted;
use super::kind::{About, method};
use super::numbers::{Ended, Numbers};
use crate::access::asked;

/// What binds the lines of several programs about one request together.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// Longest one that is taken from a client.
const MAX_ID: usize = 64;
/// Where the client went away before there was an answer: no status of the protocol.
const GONE: u16 = 499;

/// A request under way. It is told when this is dropped, however it ends.
struct Open {
    numbers: Arc<Numbers>,
    id: String,
    about: About,
    method: &'static str,
    status: u16,
    who: Option<(String, i64)>,
    started: Instant,
    received: Arc<AtomicU64>,
    sent: Arc<AtomicU64>,
}

/// Counts a request and its answer, and tells of it at its end.
pub(crate) async fn observe<F: Future<Output = Response>>(
    numbers: Arc<Numbers>,
    request: Request,
    next: impl FnOnce(Request) -> F,
) -> Response {
    let id = id(request.headers());
    let mut open = Open {
        id,
        about: About::of(request.uri().path()),
        method: method(request.method()),
        status: GONE,
        who: None,
        started: Instant::now(),
        received: Arc::default(),
        sent: Arc::default(),
        numbers,
    };
    open.numbers.open_requests.inc();
    let count = Arc::clone(&open.received);
    let request = request.map(|inner| Body::new(Counted { inner, count, _keeps: () }));
    let mut response = next(request).await;
    open.status = response.status().as_u16();
    open.who = asked(response.extensions());
    if open.about.digest.is_none() {
        let digest = response.headers().get("docker-content-digest");
        open.about.digest = digest.and_then(|digest| Some(digest.to_str().ok()?.to_owned()));
    }
    if let Ok(id) = HeaderValue::from_str(&open.id) {
        response.headers_mut().insert(REQUEST_ID, id);
    }
    let count = Arc::clone(&open.sent);
    response.map(|inner| Body::new(Counted { inner, count, _keeps: open }))
}

impl Drop for Open {
    fn drop(&mut self) {
        self.numbers.open_requests.dec();
        let ended = Ended {
            route: self.about.kind,
            method: self.method,
            status: self.status,
            took: self.started.elapsed(),
            received: self.received.load(Ordering::Relaxed),
            sent: self.sent.load(Ordering::Relaxed),
        };
        self.numbers.count(&ended);
        tracing::info!(
            request_id = self.id.as_str(),
            user = self.who.as_ref().map(|who| who.0.as_str()),
            token = self.who.as_ref().map(|who| who.1),
            method = ended.method,
            route = ended.route,
            repository = self.about.repository.as_deref(),
            digest = self.about.digest.as_deref(),
            tag = self.about.tag.as_deref(),
            status = ended.status,
            received = ended.received,
            sent = ended.sent,
            ms = u64::try_from(ended.took.as_millis()).unwrap_or(u64::MAX),
            "request"
        );
    }
}

/// The client's id, where it is short and plain, or a new one. A token has characters that it may not have.
fn id(headers: &HeaderMap) -> String {
    let sent = headers.get(REQUEST_ID).and_then(|id| id.to_str().ok());
    let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '.';
    let good = |id: &&str| !id.is_empty() && id.len() <= MAX_ID && id.chars().all(is_plain);
    sent.filter(good).map_or_else(new_id, str::to_owned)
}

/// A new id: the number of the request under a key of this process, so that nobody is told how many there are.
fn new_id() -> String {
    static KEY: LazyLock<RandomState> = LazyLock::new(RandomState::new);
    static NEXT: AtomicU64 = AtomicU64::new(0);
    format!("{:016x}", KEY.hash_one(NEXT.fetch_add(1, Ordering::Relaxed)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_of_a_client_is_plain_or_not_taken() {
        let of = |text: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(REQUEST_ID, HeaderValue::from_str(text).unwrap());
            id(&headers)
        };
        assert_eq!(of("3f2a-1.b"), "3f2a-1.b");
        let long = "a".repeat(65);
        for bad in ["", "a b", "skt_abc", "a\"b", "a=b", &long] {
            let made = of(bad);
            assert!(made != bad && made.len() == 16, "{bad}: {made}");
        }
        let made: std::collections::BTreeSet<String> = (0..10_000).map(|_| new_id()).collect();
        assert_eq!(made.len(), 10_000);
    }
}
