//! What a server was asked, for assertions.

use std::sync::atomic::{AtomicU16, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use axum::http::{HeaderMap, Method, Uri};

/// One request and what became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// Method.
    pub method: Method,
    /// Path without query.
    pub path: String,
    /// Query, empty where there is none.
    pub query: String,
    /// All headers.
    pub headers: HeaderMap,
    /// Bytes of the request body that were read.
    pub received: u64,
    /// Status of the answer; 0 until there is one.
    pub status: u16,
    /// Bytes of the answer's body that were sent.
    pub served: u64,
}

impl Seen {
    /// A header as text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

#[derive(Debug)]
pub(crate) struct Entry {
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    pub(crate) received: AtomicU64,
    pub(crate) status: AtomicU16,
    pub(crate) served: AtomicU64,
}

/// All requests since the start, or since [`RequestLog::clear`].
#[derive(Clone, Debug, Default)]
pub struct RequestLog(Arc<Mutex<Vec<Arc<Entry>>>>);

impl RequestLog {
    pub(crate) fn add(&self, method: Method, uri: Uri, headers: HeaderMap) -> Arc<Entry> {
        let entry = Arc::new(Entry {
            method,
            uri,
            headers,
            received: AtomicU64::new(0),
            status: AtomicU16::new(0),
            served: AtomicU64::new(0),
        });
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(Arc::clone(&entry));
        entry
    }

    /// The requests in the order in which they came.
    pub fn all(&self) -> Vec<Seen> {
        let entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        entries.iter().map(|entry| entry.seen()).collect()
    }

    /// The requests with this method whose path contains `part`.
    pub fn matching(&self, method: &str, part: &str) -> Vec<Seen> {
        let mut seen = self.all();
        seen.retain(|seen| seen.method.as_str() == method && seen.path.contains(part));
        seen
    }

    /// Forgets the requests so far.
    pub fn clear(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

impl Entry {
    fn seen(&self) -> Seen {
        Seen {
            method: self.method.clone(),
            path: self.uri.path().to_owned(),
            query: self.uri.query().unwrap_or_default().to_owned(),
            headers: self.headers.clone(),
            received: self.received.load(Ordering::Acquire),
            status: self.status.load(Ordering::Acquire),
            served: self.served.load(Ordering::Acquire),
        }
    }
}
