//! What a test registry does wrong. Everything can be switched while it runs.

use std::sync::{Arc, Mutex, PoisonError};

use sealkit_oci::Digest;

/// Who may talk to the registry.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Auth {
    /// Everyone.
    #[default]
    Open,
    /// Whoever sends this user and password with every request.
    Basic {
        /// User.
        user: String,
        /// Password.
        password: String,
    },
    /// Whoever fetches a token at `/token` first. A token reaches exactly the scopes that were
    /// asked for.
    Token {
        /// User and password that the token endpoint wants; none: it gives tokens to everyone.
        login: Option<(String, String)>,
        /// How many requests a token is good for; none: without end. Running out in the middle
        /// of a transfer is what an expired token looks like.
        uses: Option<u32>,
    },
}

/// The ways in which a registry can fail. The default is a registry that does all things right.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FaultSet {
    /// Blob bodies come with their first byte changed.
    pub wrong_bytes: bool,
    /// Bodies of blobs end after so many bytes, framed as if that were all.
    pub short_body: Option<u64>,
    /// The connection is cut after so many bytes of a blob's body.
    pub drop_after: Option<u64>,
    /// How many more bodies [`FaultSet::drop_after`] cuts; none: all of them.
    pub drops: Option<u32>,
    /// Bodies of blobs come at this speed, in bytes per second.
    pub bytes_per_second: Option<u64>,
    /// GET by this tag gives this manifest, while HEAD gives the one that the tag points at.
    pub moved_tag: Option<(String, Digest)>,
    /// So many requests get 429.
    pub too_many_requests: u32,
    /// `Retry-After` of those answers, in seconds.
    pub retry_after: Option<u64>,
    /// So many requests get 503.
    pub server_errors: u32,
    /// There is no referrers API: 404, and no `OCI-Subject`.
    pub no_referrers: bool,
    /// Listings of tags and referrers link to a next page for ever.
    pub endless_pages: bool,
    /// `Range` is ignored.
    pub no_range: bool,
    /// Who may talk to the registry.
    pub auth: Auth,
    /// GETs of blobs are sent to the same path at this address, e.g. `http://127.0.0.1:4000`.
    pub redirect_blobs: Option<String>,
    /// So many chunks find their upload session forgotten: 404.
    pub forget_uploads: u32,
    /// A chunk is taken up to so many bytes only; the rest is thrown away.
    pub short_accept: Option<u64>,
    /// A chunk that is smaller is refused, and `OCI-Chunk-Min-Length` says so.
    pub min_chunk: Option<u64>,
    /// `Content-Length` of blobs and manifests, whatever their length is.
    pub wrong_length: Option<u64>,
    /// `Docker-Content-Digest` is the digest of nothing.
    pub wrong_digest: bool,
    /// No mounts: a mount opens a session.
    pub no_mounts: bool,
    /// What is answered in place of the registry; the first that fits counts.
    pub instead: Vec<Instead>,
}

/// An answer that the registry did not give.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Instead {
    /// How the paths of the requests end that get it, whatever their method.
    pub path_end: String,
    /// Status of the answer.
    pub status: u16,
    /// Its headers.
    pub headers: Vec<(&'static str, String)>,
    /// Its body; HEAD gets its length only.
    pub body: Vec<u8>,
}

impl Instead {
    /// These bytes as this type, at every path that ends so.
    pub fn bytes(path_end: impl Into<String>, media_type: &str, body: &[u8]) -> Self {
        let headers = vec![("content-type", media_type.to_owned())];
        Self { path_end: path_end.into(), status: 200, headers, body: body.to_vec() }
    }
}

/// The faults of one running registry.
#[derive(Clone, Debug, Default)]
pub struct Faults(Arc<Mutex<FaultSet>>);

impl Faults {
    /// Changes what goes wrong from the next request on.
    pub fn set(&self, change: impl FnOnce(&mut FaultSet)) {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// Makes everything right again.
    pub fn clear(&self) {
        self.set(|faults| *faults = FaultSet::default());
    }

    /// What goes wrong now.
    pub fn get(&self) -> FaultSet {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Takes one from a counter; false where it is empty.
    pub(crate) fn spend(&self, counter: impl FnOnce(&mut FaultSet) -> &mut u32) -> bool {
        let mut spent = false;
        self.set(|faults| {
            let left = counter(faults);
            spent = *left > 0;
            *left = left.saturating_sub(1);
        });
        spent
    }
}
