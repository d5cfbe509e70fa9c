//! Listings: tags, catalogue, extensions (end-8).

use axum::http::response::Builder;
use axum::http::{Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use sealkit_store::Page;
use serde_json::json;

use crate::query::encode;
use crate::router::{Answer, Call, Server};
use crate::{Act, RegistryError};

/// Names that are looked at in one go where the guard shows few of them.
const STEP: usize = 1000;

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
    // One more, to know whether there are more; but none where none are asked for.
    let mut names = match limit {
        0 => Vec::new(),
        _ => shown(server, call, page.after, limit + 1).await?,
    };
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
    // Whoever sees everything gets on with one question, whoever sees little with few.
    let mut step = limit;
    loop {
        let page = Page { after: after.take(), limit: Some(step) };
        let names = server.namespace.repositories(&page).await?;
        let is_last = names.len() < step;
        step = limit.max(STEP);
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
    let page = Page { after: Some(before(name)), limit: Some(1) };
    let names = server.namespace.repositories(&page).await?;
    Ok(names.first().is_some_and(|first| first == name))
}

/// What sorts before `name` with no other name between: no name has a `~`, which sorts behind all that they have.
fn before(name: &str) -> String {
    let mut text = name.to_owned();
    let last = text.pop().and_then(|last| char::from_u32(u32::from(last).saturating_sub(1)));
    text.extend(last);
    text.push('~');
    text
}

pub(crate) fn only_get(call: &Call) -> Result<(), RegistryError> {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_comes_between_a_name_and_what_is_before_it() {
        for name in ["a", "0", "org/kit", "a-", "a.b", "a_"] {
            let edge = before(name);
            assert!(*edge < *name, "{edge} {name}");
            let (parent, last) = name.split_at(name.len() - 1);
            let below = char::from(last.as_bytes()[0] - 1);
            for other in [format!("{parent}{below}"), format!("{parent}{below}zz_")] {
                assert!(other < edge, "{other} {edge}");
            }
        }
    }
}
