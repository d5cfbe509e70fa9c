//! Asks the catalogue of a hub.

use sealkit_api::{Impact, SearchResult};
use sealkit_catalog::{Question, Search};
use serde::de::DeserializeOwned;
use url::form_urlencoded::Serializer;

use crate::log::guard;
use crate::{Context, OpsError};

/// Largest answer that is read, in bytes.
const MAX_ANSWER: usize = 64 << 20;

/// Searches the kits of `hub` that the stored credentials may read; what `search` says of visibility is not
/// sent.
///
/// # Errors
/// When the hub cannot be reached, refuses, or keeps no catalogue.
pub async fn search_hub(
    context: &Context,
    hub: &str,
    search: &Search,
) -> Result<SearchResult, OpsError> {
    guard(context, hub).await?;
    let mut query = Serializer::new(String::new());
    query.append_pair("q", &search.text);
    for (facet, value) in &search.facets {
        query.append_pair(facet.name(), value);
    }
    if let Some(below) = &search.below {
        query.append_pair("below", below);
    }
    if search.all_versions {
        query.append_pair("all", "1");
    }
    query.append_pair("offset", &search.offset.to_string());
    query.append_pair("limit", &search.limit.to_string());
    ask(context, hub, &format!("api/v1/search?{}", query.finish())).await
}

/// Which kits of `hub` something concerns, of those that the stored credentials may read.
///
/// # Errors
/// When the hub cannot be reached, refuses, or keeps no catalogue.
pub async fn impact_hub(
    context: &Context,
    hub: &str,
    question: &Question,
) -> Result<Impact, OpsError> {
    guard(context, hub).await?;
    let mut query = Serializer::new(String::new());
    query.append_pair("of", &question.to_string());
    ask(context, hub, &format!("api/v1/impact?{}", query.finish())).await
}

/// Reads a document of a hub's API.
pub(crate) async fn ask<T: DeserializeOwned>(
    context: &Context,
    hub: &str,
    path: &str,
) -> Result<T, OpsError> {
    let hub = crate::login::registry_of(hub);
    let answer = context.client.document(hub, path, MAX_ANSWER).await?;
    let answer = answer.ok_or_else(|| {
        none_at(hub, path).with_hint("leave `--hub` out to look through the local store")
    })?;
    read(hub, &answer)
}

/// Asks a hub's API with a document, which changes nothing there.
pub(crate) async fn ask_with<T: DeserializeOwned>(
    context: &Context,
    hub: &str,
    path: &str,
    document: &impl serde::Serialize,
) -> Result<T, OpsError> {
    let hub = crate::login::registry_of(hub);
    let document = serde_json::to_vec(document).map_err(|error| {
        OpsError::usage("question-malformed", format!("the question can not be written: {error}"))
    })?;
    let answer = context.client.ask_with_document(hub, path, document.into(), MAX_ANSWER).await?;
    read(hub, &answer.ok_or_else(|| none_at(hub, path))?)
}

fn none_at(hub: &str, path: &str) -> OpsError {
    let (page, _) = path.split_once('?').unwrap_or((path, ""));
    OpsError::usage("no-catalog", format!("`{hub}` has no `{page}`, or is no SealKit hub"))
}

/// An answer of a hub as what it is said to be.
pub(crate) fn read<T: DeserializeOwned>(hub: &str, answer: &[u8]) -> Result<T, OpsError> {
    serde_json::from_slice(answer).map_err(|error| {
        OpsError::usage("answer-malformed", format!("`{hub}` gave no answer of a hub: {error}"))
    })
}
