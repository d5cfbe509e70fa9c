//! The web pages: HTML from the server, complete without a script.
//!
//! A page calls the handler of the API whose answer it shows, so that it can show nothing that the
//! API does not give. Whatever a kit brought is escaped text.

mod activity;
mod admin;
mod advisories;
mod aibom;
mod api_help;
mod attached;
mod badges;
mod commands;
mod compare;
mod compare_tensors;
mod compare_text;
mod content;
mod delete;
mod files;
mod for_programs;
mod get;
mod help;
mod history;
mod home;
mod impact;
mod kit;
mod lineage;
mod news;
mod owner;
mod page;
mod policy;
mod policy_trial;
mod preview;
mod provenance;
mod quarantine;
mod raw;
mod repository;
mod search;
mod security;
mod tensors;
mod text;
mod verdict;

use std::sync::Arc;

pub(crate) use text::{human, plain};

use axum::Router;
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::middleware::from_fn;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};

use crate::HubError;
use crate::guard::own_forms;
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
        .route("/advisories", get(advisories::show))
        .route("/policy", get(policy::show))
        .route("/activity", get(activity::show))
        .route("/admin", get(admin::show))
        .route("/kits/{name}", get(repository::show))
        .route("/kits/{name}/", get(owner::show))
        .route("/kits/{name}/-/history", get(history::show))
        .route(version, get(kit::show))
        .route(&format!("{version}/files"), get(files::show))
        .route(&format!("{version}/preview"), get(preview::show))
        .route(&format!("{version}/tensors"), get(tensors::show))
        .route(&format!("{version}/aibom"), get(aibom::show))
        .route(&format!("{version}/attached"), get(attached::show))
        .route(&format!("{version}/security"), get(security::show))
        .route(&format!("{version}/provenance"), get(provenance::show))
        .route(&format!("{version}/lineage"), get(lineage::show))
        .route(&format!("{version}/raw"), get(raw::show))
        .merge(acting())
        .route("/compare", get(compare::show))
        .route("/compare/text", get(compare_text::show))
        .route("/compare/tensors", get(compare_tensors::show))
        .route("/help/marks", get(help::marks))
        .route("/help/api", get(api_help::show))
        .route("/help/api.md", get(for_programs::operations))
        .route("/llms.txt", get(for_programs::llms))
        .route(&format!("{version}/index.md"), get(for_programs::version))
        .route("/assets/hub.css", get(async || asset("text/css; charset=utf-8", STYLE)))
        .route("/assets/hub.js", get(async || asset("text/javascript; charset=utf-8", SCRIPT)))
        .layer(from_fn(page::noting_who_asks))
}

/// The pages whose forms change something; see [`own_forms`].
fn acting() -> Router<Arc<Shared>> {
    let quarantine = get(quarantine::show).post(quarantine::act);
    Router::new()
        .route("/kits/{name}/{reference}/quarantine", quarantine)
        .route("/kits/{name}/{reference}/delete", get(delete::show).post(delete::act))
        .route("/kits/{name}/{reference}/verdict", get(verdict::show).post(verdict::ask))
        .route("/policy/trial", post(policy_trial::ask))
        .route("/admin/tokens/{id}", get(admin::token).post(admin::revoke))
        .route("/admin/jobs/{name}/{digest}/retry", post(admin::retry))
        .route_layer(from_fn(own_forms))
}

fn asset(media_type: &'static str, text: &'static str) -> Response {
    // Short, so that pages and assets of two versions of the hub do not mix for long.
    let headers = [(header::CONTENT_TYPE, media_type), (header::CACHE_CONTROL, "max-age=300")];
    (headers, text).into_response()
}

/// What there is no route for: a page for those who asked for one, else the API's error.
pub(crate) async fn nothing(uri: Uri, headers: HeaderMap) -> Response {
    if wants_page(&uri, &headers) {
        failure(HubError::NoRoute)
    } else {
        HubError::NoRoute.into_response()
    }
}

/// A failure as a page.
pub(crate) fn failure(error: HubError) -> Response {
    page::Failure::from(error).into_response()
}

/// Why somebody who asked for a page may not have it.
pub(crate) fn refused(status: StatusCode, why: &str) -> Response {
    page::refused(status, why)
}

/// Whether an answer to this request is read by a person: a browser asks for what is no part of an API.
pub(crate) fn wants_page(uri: &Uri, headers: &HeaderMap) -> bool {
    let path = uri.path();
    let is_page = !["/api/", "/v2/", "/log/", "/assets/"].iter().any(|root| path.starts_with(root));
    is_page && takes_pages(headers)
}

fn takes_pages(headers: &HeaderMap) -> bool {
    let accept = headers.get(header::ACCEPT).and_then(|accept| accept.to_str().ok());
    accept.is_some_and(|accept| accept.contains("text/html"))
}
