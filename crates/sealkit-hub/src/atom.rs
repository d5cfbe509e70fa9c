//! What the feeds of the hub have in common: Atom (RFC 4287).

use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse as _, Response};
use sealkit_oci::Digest;
use sealkit_report::entity;

/// The name that the hub is asked under.
pub(crate) fn host(headers: &HeaderMap) -> &str {
    headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or("hub")
}

/// A feed as it is sent.
pub(crate) fn answer(feed: String) -> Response {
    let kind = (header::CONTENT_TYPE, "application/atom+xml; charset=utf-8");
    let cache = (header::CACHE_CONTROL, "private, no-cache");
    ([kind, cache], feed).into_response()
}

/// A digest as titles have it.
pub(crate) fn short(digest: &Digest) -> String {
    let hex: String = digest.hex().chars().take(12).collect();
    format!("{}:{hex}", digest.algorithm().name())
}

/// Text for an element or an attribute. What XML 1.0 can not carry becomes `?`.
pub(crate) fn text(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match (c, entity(c)) {
            (_, Some(entity)) => escaped.push_str(entity),
            ('\t' | '\n' | '\r', _) => escaped.push(' '),
            ('\u{FFFE}' | '\u{FFFF}', _) => escaped.push('?'),
            (c, _) if c.is_control() => escaped.push('?'),
            (c, _) => escaped.push(c),
        }
    }
    escaped
}
