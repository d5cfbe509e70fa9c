//! Blobs: GET, HEAD, DELETE (end-2, end-10).

use std::ops::Range;

use axum::body::Body;
use axum::http::response::Builder;
use axum::http::{Method, StatusCode, header};
use axum::response::Response;
use sealkit_oci::Digest;
use sealkit_store::{BLOB_TYPE, ByteStream, Repository, StoreError};

use crate::ranges::{RangeAnswer, parse_range};
use crate::router::{Answer, Call, Server};
use crate::{Deed, RegistryError};

/// `Docker-Content-Digest`, which clients compare with what they asked for.
pub(crate) const CONTENT_DIGEST: &str = "docker-content-digest";

/// So many bytes are sent as they are read: more calls of the system cost more than they do.
const SHORT: u64 = 64 << 10;

pub(crate) async fn serve(server: &Server, name: &str, digest: &Digest, call: &Call) -> Answer {
    match call.method {
        Method::GET | Method::HEAD => read(server, name, digest, call).await,
        Method::DELETE if server.options.deletes => {
            server.repository(name)?.delete_blob(digest).await?;
            server.tell(call, name, Deed::DeletedBlob(digest)).await;
            finish(Response::builder().status(StatusCode::ACCEPTED), Body::empty())
        }
        Method::DELETE => Err(RegistryError::Disabled("deleting")),
        _ => Err(call.refuse("GET, HEAD, DELETE")),
    }
}

async fn read(server: &Server, name: &str, digest: &Digest, call: &Call) -> Answer {
    let repository = server.repository(name)?;
    let size = repository.stat(digest).await?;
    let size = size.ok_or_else(|| RegistryError::BlobUnknown(digest.clone()))?;
    if is_known(call, digest) {
        return unchanged(digest, true);
    }
    let builder = roomy()
        .header(header::CACHE_CONTROL, IMMUTABLE)
        .header(header::CONTENT_TYPE, BLOB_TYPE)
        .header(header::ACCEPT_RANGES, "bytes")
        .header(header::ETAG, format!("\"{digest}\""))
        .header(CONTENT_DIGEST, digest.to_string());
    let range = match parse_range(wanted(call, digest), size) {
        RangeAnswer::Unsatisfiable => return Err(RegistryError::RangeUnsatisfiable { size }),
        RangeAnswer::Whole => None,
        RangeAnswer::Part(range) => Some(range),
    };
    let builder = head(builder, range.as_ref(), size);
    if call.method == Method::HEAD {
        return finish(builder, Body::empty());
    }
    let bytes = bytes(&*repository, digest, range.unwrap_or(0..size), call).await?;
    server.tell(call, name, Deed::PulledBlob(digest)).await;
    finish(builder, Body::from_stream(bytes))
}

/// The bytes of a range as they are sent: of a file where that is worth it, and can be.
async fn bytes(
    repository: &dyn Repository,
    digest: &Digest,
    range: Range<u64>,
    call: &Call,
) -> Result<ByteStream, StoreError> {
    let is_long = range.end.saturating_sub(range.start) > SHORT;
    if let Some(sender) = call.file_sender().filter(|_| is_long)
        && let Some(file) = repository.file(digest).await?
    {
        return sender.send(file, range).await;
    }
    repository.read(digest, range).await
}

fn head(builder: Builder, range: Option<&Range<u64>>, size: u64) -> Builder {
    match range {
        None => builder.status(StatusCode::OK).header(header::CONTENT_LENGTH, size),
        Some(range) => {
            let place = format!("bytes {}-{}/{size}", range.start, range.end.saturating_sub(1));
            builder
                .status(StatusCode::PARTIAL_CONTENT)
                .header(header::CONTENT_LENGTH, range.end.saturating_sub(range.start))
                .header(header::CONTENT_RANGE, place)
        }
    }
}

/// What is found by its digest never changes. It is for the one who asked alone: others may have no
/// right to it.
pub(crate) const IMMUTABLE: &str = "private, max-age=31536000, immutable";
/// What a tag points at is asked for each time.
pub(crate) const REVALIDATE: &str = "no-cache";

/// Whether the client says that it has these bytes (RFC 9110, 13.1.2: weak comparison).
pub(crate) fn is_known(call: &Call, digest: &Digest) -> bool {
    let Some(known) = call.header("if-none-match") else { return false };
    let tag = format!("\"{digest}\"");
    known.split(',').map(str::trim).any(|one| one == "*" || one.trim_start_matches("W/") == tag)
}

/// The range that is asked for; none where it was meant for other bytes (RFC 9110, 13.1.5: strong comparison).
fn wanted<'a>(call: &'a Call, digest: &Digest) -> Option<&'a str> {
    let tag = format!("\"{digest}\"");
    let meant = call.headers.get(header::IF_RANGE).is_none_or(|known| known == tag.as_str());
    call.header("range").filter(|_| meant)
}

/// 304, with the headers that the full answer would have for caches.
pub(crate) fn unchanged(digest: &Digest, immutable: bool) -> Answer {
    let builder = Response::builder()
        .status(StatusCode::NOT_MODIFIED)
        .header(header::CACHE_CONTROL, if immutable { IMMUTABLE } else { REVALIDATE })
        .header(header::ETAG, format!("\"{digest}\""))
        .header(CONTENT_DIGEST, digest.to_string());
    finish(builder, Body::empty())
}

/// Headers that an answer has in the end, with those that others add.
const HEADERS: usize = 16;

/// A response with room for all of its headers, which would be moved twice while they come one by one.
pub(crate) fn roomy() -> Builder {
    let mut builder = Response::builder();
    if let Some(headers) = builder.headers_mut() {
        headers.reserve(HEADERS);
    }
    builder
}

/// Builds a response. A header that can not be written comes from the request, so it is named as
/// malformed.
pub(crate) fn finish(builder: Builder, body: Body) -> Answer {
    builder.body(body).map_err(|_| RegistryError::Header { name: "response" })
}
