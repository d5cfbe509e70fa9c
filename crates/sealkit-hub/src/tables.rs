//! Answers of the API for other tools: files to be saved.

use axum::http::{HeaderValue, Uri, header};
use axum::response::{IntoResponse as _, Response};

use crate::answers::link_to;
use crate::content::disposition;

/// What `format` says for a table.
pub(crate) const CSV: &str = "csv";
/// Media type of a table (RFC 4180, RFC 7111).
const CSV_TYPE: &str = "text/csv; charset=utf-8; header=present";

/// A table with the name of its file; `next` leads to the page behind it.
pub(crate) fn csv(name: &str, text: String, next: Option<HeaderValue>) -> Response {
    file(CSV_TYPE, name, text, next)
}

/// A file of a media type; `next` leads to the page behind it.
pub(crate) fn file(
    kind: &'static str,
    name: &str,
    text: String,
    next: Option<HeaderValue>,
) -> Response {
    let saved = (header::CONTENT_DISPOSITION, disposition(name));
    let mut response = ([(header::CONTENT_TYPE, kind.to_owned()), saved], text).into_response();
    if let Some(next) = next {
        response.headers_mut().insert(header::LINK, next);
    }
    response
}

/// `Link` to the next page, where there is one.
pub(crate) fn next(uri: &Uri, parameter: &str, place: Option<String>) -> Option<HeaderValue> {
    link_to(uri, parameter, &place?)
}
