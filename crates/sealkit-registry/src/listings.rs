//! Listings: tags, referrers, catalogue, extensions (end-8, end-12).

use axum::body::Body;
use axum::http::response::Builder;
use axum::http::{Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use sealkit_oci::{Descriptor, Digest, Index, media_type};
use sealkit_store::Page;
use serde_json::json;

use crate::blobs::finish;
use crate::fallback;
use crate::query::encode;
use crate::router::{Answer, Call, Server};
use crate::{Act, RegistryError};

/// Referrers of one page may fill so many bytes: clients read no larger manifest.
const REFERRERS_PAGE_BYTES: usize = 2 * 1024 * 1024;

pub(crate) async fn tags(server: &Server, name: &str, call: &Call) -> Answer {
    only_get(call)?;
    let page = call.query.page(server.options.page)?;
    let limit = page.limit.unwrap_or(server.options.page);
    let repository = server.repository(name)?;
    let mut tags = repository.tags(&Page { limit: Some(limit + 1), ..page.clone() }).await?;
    if tags.is_empty() && page.after.is_none() && !exists(server, name).await? {
        return Err(RegistryError::NameUnknown(name.to_owned()));
    }
    let path = format!("/v2/{name}/tags/list");
    let builder = cut(&mut tags, limit, &path);
    json_answer(builder, &json!({ "name": name, "tags": tags }))
}

pub(crate) async fn catalog(server: &Server, call: &Call) -> Answer {
    only_get(call)?;
    let page = call.query.page(server.options.page)?;
    let limit = page.limit.unwrap_or(server.options.page);
    let mut names = shown(server, call, page.after, limit + 1).await?;
    let builder = cut(&mut names, limit, "/v2/_catalog");
    json_answer(builder, &json!({ "repositories": names }))
}

/// Up to `limit` names after `after` that the guard shows to whoever asks.
async fn shown(
    server: &Server,
    call: &Call,
    mut after: Option<String>,
    limit: usize,
) -> Result<Vec<String>, RegistryError> {
    let ask = call.ask(None, Act::Catalog);
    let mut shown = Vec::new();
    loop {
        let page = Page { after: after.take(), limit: Some(limit) };
        let names = server.namespace.repositories(&page).await?;
        let is_last = names.len() < limit;
        after = names.last().cloned();
        for name in names {
            if shown.len() < limit && server.options.guard.shows(&ask, &name).await {
                shown.push(name);
            }
        }
        if is_last || shown.len() == limit {
            return Ok(shown);
        }
    }
}

pub(crate) fn discover(call: &Call) -> Answer {
    only_get(call)?;
    json_answer(Response::builder(), &json!({ "extensions": [] }))
}

pub(crate) async fn referrers(
    server: &Server,
    name: &str,
    subject: &Digest,
    call: &Call,
) -> Answer {
    only_get(call)?;
    // A bare `+` means a space in a query, but no media type has one.
    let filter = call.query.get("artifactType").map(|text| text.replace(' ', "+"));
    let page = call.query.page(server.options.page)?;
    let repository = server.repository(name)?;
    let mut found = repository.referrers(subject, filter.as_deref()).await?;
    fallback::fold(repository.as_ref(), subject, filter.as_deref(), &mut found).await?;
    found.sort_by(|a, b| a.digest.cmp(&b.digest));
    if let Some(after) = &page.after {
        found.retain(|descriptor| descriptor.digest.to_string() > *after);
    }
    let more = cut_referrers(&mut found, page.limit.unwrap_or(server.options.page));
    let mut builder = Response::builder();
    if let (true, Some(last)) = (more, found.last()) {
        let mut next =
            format!("/v2/{name}/referrers/{subject}?n={}&last={}", found.len(), last.digest);
        if let Some(filter) = &filter {
            next += "&artifactType=";
            next += &encode(filter);
        }
        builder = builder.header(header::LINK, format!("<{next}>; rel=\"next\""));
    }
    if filter.is_some() {
        builder = builder.header("oci-filters-applied", "artifactType");
    }
    let body = serde_json::to_vec(&Index::of(found)).unwrap_or_default();
    finish(builder.header(header::CONTENT_TYPE, media_type::OCI_INDEX), Body::from(body))
}

/// Cuts to what fits into one page; true where something was left out. At least one stays, so
/// that a client gets on.
fn cut_referrers(found: &mut Vec<Descriptor>, limit: usize) -> bool {
    let all = found.len();
    let mut bytes = 0;
    let fits = found.iter().take_while(|descriptor| {
        bytes += serde_json::to_vec(descriptor).map_or(0, |json| json.len());
        bytes <= REFERRERS_PAGE_BYTES
    });
    let fits = fits.count().max(1).min(limit);
    found.truncate(fits);
    found.len() < all
}

/// Cuts a listing that was asked for one entry too many, and links to the rest.
fn cut(entries: &mut Vec<String>, limit: usize, path: &str) -> Builder {
    let more = entries.len() > limit;
    entries.truncate(limit);
    match entries.last() {
        Some(last) if more => {
            let next = format!("<{path}?n={limit}&last={}>; rel=\"next\"", encode(last));
            Response::builder().header(header::LINK, next)
        }
        _ => Response::builder(),
    }
}

/// Whether the namespace lists this repository.
async fn exists(server: &Server, name: &str) -> Result<bool, RegistryError> {
    let mut page = Page { after: None, limit: Some(server.options.page) };
    loop {
        let names = server.namespace.repositories(&page).await?;
        if names.iter().any(|known| known == name) {
            return Ok(true);
        }
        match names.last() {
            Some(last) if last.as_str() < name => page.after = Some(last.clone()),
            _ => return Ok(false),
        }
    }
}

fn only_get(call: &Call) -> Result<(), RegistryError> {
    match call.method {
        Method::GET | Method::HEAD => Ok(()),
        _ => Err(call.refuse("GET, HEAD")),
    }
}

fn json_answer(builder: Builder, body: &serde_json::Value) -> Answer {
    let Some(headers) = builder.headers_ref().cloned() else {
        return Err(RegistryError::Header { name: "Link" });
    };
    Ok((StatusCode::OK, headers, axum::Json(body)).into_response())
}
