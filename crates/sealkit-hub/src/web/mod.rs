//! The web pages: HTML from the server, complete without a script.
//!
//! A page calls the handler of the API whose answer it shows, so that it can show nothing that the
//! API does not give. Whatever a kit brought is escaped text.

mod api_help;
mod attached;
mod compare;
mod compare_tensors;
mod compare_text;
mod files;
mod help;
mod home;
mod impact;
mod kit;
mod lineage;
mod page;
mod provenance;
mod raw;
mod repository;
mod search;
mod security;
mod tensors;
mod text;

use std::sync::Arc;

use axum::Router;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use crate::HubError;
use crate::hub::Shared;

const STYLE: &str = include_str!("hub.css");
const SCRIPT: &str = include_str!("hub.js");

/// The pages and what they load.
pub(crate) fn routes() -> Router<Arc<Shared>> {
    let version = "/kits/{name}/{reference}";
    Router::new()
        .route("/", get(home::show))
        .route("/open", get(home::open))
        .route("/search", get(search::show))
        .route("/impact", get(impact::show))
        .route("/kits/{name}", get(repository::show))
        .route(version, get(kit::show))
        .route(&format!("{version}/files"), get(files::show))
        .route(&format!("{version}/tensors"), get(tensors::show))
        .route(&format!("{version}/attached"), get(attached::show))
        .route(&format!("{version}/security"), get(security::show))
        .route(&format!("{version}/provenance"), get(provenance::show))
        .route(&format!("{version}/lineage"), get(lineage::show))
        .route(&format!("{version}/raw"), get(raw::show))
        .route("/compare", get(compare::show))
        .route("/compare/text", get(compare_text::show))
        .route("/compare/tensors", get(compare_tensors::show))
        .route("/help/marks", get(help::marks))
        .route("/help/api", get(api_help::show))
        .route("/assets/hub.css", get(async || asset("text/css; charset=utf-8", STYLE)))
        .route("/assets/hub.js", get(async || asset("text/javascript; charset=utf-8", SCRIPT)))
}

fn asset(media_type: &'static str, text: &'static str) -> Response {
    // Short, so that pages and assets of two versions of the hub do not mix for long.
    let headers = [(header::CONTENT_TYPE, media_type), (header::CACHE_CONTROL, "max-age=300")];
    (headers, text).into_response()
}

/// What there is no route for: a page for those who asked for one, else the API's error.
pub(crate) async fn nothing(headers: HeaderMap) -> Response {
    let accept = headers.get(header::ACCEPT).and_then(|accept| accept.to_str().ok());
    if accept.is_some_and(|accept| accept.contains("text/html")) {
        return page::Failure::from(HubError::NoRoute).into_response();
    }
    HubError::NoRoute.into_response()
}
