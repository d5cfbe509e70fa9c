//! The log over HTTP: C2SP `tlog-tiles` below `/log/`, Rekor v2's way to add signatures, and proofs
//! and histories of the API.

use std::sync::Arc;

use axum::extract::{Path, Query, Request, State};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use sealkit_api::{LogInfo, LogProof, LogProofs, TagChange, TagHistory};
use sealkit_attest::base64;
use sealkit_attest::log::{
    HashedRekord, LogAct, LogLeaf, TilePath, transparency_entry, trusted_root,
};
use sealkit_oci::Digest;
use serde::Deserialize;

use super::{EntryProof, Log, LogError, numbers};
use crate::HubError;
use crate::access::Caller;
use crate::references::is_name;

/// Largest request to add a signature, in bytes.
const MAX_REQUEST: usize = 64 << 10;
/// A tile never changes.
const FOREVER: &str = "public, max-age=31536000, immutable";
/// Numbers of the entries that say what a request did.
const LOG_INDEX: HeaderName = HeaderName::from_static("sealkit-log-index");
/// From when on the hub's key is trusted: no signature is older than the hub.
const TRUSTED_FROM: &str = "2020-01-01T00:00:00Z";

type App = State<Arc<Log>>;

/// Everything about the log.
pub(crate) fn router(log: Arc<Log>) -> Router {
    Router::new()
        .route("/log/checkpoint", get(checkpoint))
        .route("/log/tile/{*path}", get(tile))
        .route("/log/trusted_root.json", get(root))
        .route("/log/api/v2/log/entries", post(add))
        .route("/api/v1/log", get(info))
        .route("/api/v1/log/proof", get(proof))
        .route("/api/v1/kits/{name}/tags/{tag}/history", get(history))
        .with_state(log)
}

/// Adds the numbers of the entries that say what a request did to its answer.
pub(crate) async fn tell_numbers(
    caller: Option<&Caller>,
    answer: impl Future<Output = Response>,
) -> Response {
    let actor = caller.map(Caller::actor).unwrap_or_default().to_owned();
    let (mut response, numbers) = numbers(actor, answer).await;
    if !numbers.is_empty() {
        let text: Vec<String> = numbers.iter().map(ToString::to_string).collect();
        if let Ok(value) = HeaderValue::from_str(&text.join(", ")) {
            response.headers_mut().insert(LOG_INDEX, value);
        }
    }
    response
}

/// `GET /log/checkpoint`.
async fn checkpoint(State(log): App) -> Response {
    let kind = (header::CONTENT_TYPE, "text/plain; charset=utf-8");
    ([kind, (header::CACHE_CONTROL, "no-cache")], log.checkpoint()).into_response()
}

/// `GET /log/tile/…`.
async fn tile(State(log): App, Path(path): Path<String>) -> Result<Response, HubError> {
    let path: TilePath = format!("tile/{path}").parse().map_err(|_| HubError::NoRoute)?;
    let bytes = blocking(log, move |log| log.tile(&path)).await?.ok_or(HubError::NoRoute)?;
    let kind = (header::CONTENT_TYPE, "application/octet-stream");
    Ok(([kind, (header::CACHE_CONTROL, FOREVER)], bytes).into_response())
}

/// `GET /log/trusted_root.json`.
async fn root(State(log): App) -> Response {
    Json(trusted_root(log.key(), TRUSTED_FROM)).into_response()
}

/// `POST /log/api/v2/log/entries`: logs a signature that holds, and answers its entry for a bundle.
async fn add(State(log): App, request: Request) -> Result<Response, HubError> {
    let bytes = axum::body::to_bytes(request.into_body(), MAX_REQUEST).await;
    let bytes = bytes.map_err(|_| HubError::Body("it is too large, or ended early".to_owned()))?;
    let signature = HashedRekord::from_request(&bytes);
    let signature = signature.map_err(|error| HubError::Body(error.full_message()))?;
    let number = log.log_signature(signature).await?;
    let (checkpoint, proofs) = prove(Arc::clone(&log), vec![number]).await?;
    let proof = proofs.first().ok_or(HubError::Stopped)?;
    let (index, body) = (proof.index, &proof.entry);
    let entry = transparency_entry(log.key(), index, body, &proof.hashes, &checkpoint);
    let entry = entry.map_err(LogError::from)?;
    Ok((StatusCode::CREATED, Json(entry)).into_response())
}

/// `GET /api/v1/log`.
async fn info(State(log): App) -> Json<LogInfo> {
    let key = log.key();
    Json(LogInfo::new(key.name().to_owned(), key.to_string(), log.checkpoint()))
}

/// Which entries to prove: those about a digest, or one by its number.
#[derive(Debug, Deserialize)]
struct Wanted {
    digest: Option<Digest>,
    index: Option<u64>,
}

/// `GET /api/v1/log/proof?digest=` or `?index=`, of the entries that the caller may read.
async fn proof(
    State(log): App,
    caller: Caller,
    wanted: Result<Query<Wanted>, axum::extract::rejection::QueryRejection>,
) -> Result<Json<LogProofs>, HubError> {
    let Query(wanted) = wanted.map_err(|_| HubError::Query("digest"))?;
    let numbers = match (wanted.digest, wanted.index) {
        (Some(digest), None) => blocking(Arc::clone(&log), move |log| log.about(&digest)).await?,
        (None, Some(index)) => vec![index],
        _ => return Err(HubError::Query("digest")),
    };
    let (checkpoint, mut proofs) = prove(log, numbers).await?;
    proofs.retain(|proof| may_read(&caller, &proof.entry));
    if proofs.is_empty() {
        return Err(HubError::NotLogged);
    }
    Ok(Json(LogProofs::new(checkpoint, proofs.into_iter().map(shown).collect())))
}

/// Whether the caller may read an entry: one about a repository that they may read. A signature is about
/// none.
fn may_read(caller: &Caller, entry: &[u8]) -> bool {
    let leaf = LogLeaf::parse(entry);
    caller.sees_all() || leaf.is_ok_and(|leaf| caller.sees(&leaf.repository))
}

/// Which part of a history.
#[derive(Debug, Deserialize)]
struct Before {
    before: Option<u64>,
    limit: Option<usize>,
}

/// `GET /api/v1/kits/{name}/tags/{tag}/history?before=&limit=`.
async fn history(
    State(log): App,
    Path((name, tag)): Path<(String, String)>,
    before: Result<Query<Before>, axum::extract::rejection::QueryRejection>,
) -> Result<Json<TagHistory>, HubError> {
    let Query(Before { before, limit }) =
        before.map_err(|_| HubError::Query("before` or `limit"))?;
    let (before, most) = (before.unwrap_or(u64::MAX), super::proofs::MAX_ENTRIES);
    let limit = limit.unwrap_or(most).clamp(1, most);
    if !is_name(&name) {
        return Err(HubError::UnknownKit(name));
    }
    let (asked, of) = (name.clone(), tag.clone());
    let find = move |log: &Log| log.tag_history(&asked, &of, before);
    let mut numbers = blocking(Arc::clone(&log), find).await?;
    numbers.truncate(limit);
    let (checkpoint, proofs) = prove(log, numbers).await?;
    if proofs.is_empty() {
        return Err(HubError::NotLogged);
    }
    let changes: Vec<TagChange> = proofs.into_iter().filter_map(change).collect();
    let next = changes.last().filter(|last| last.previous.is_some()).map(|last| last.proof.index);
    let next = next.filter(|_| changes.len() == limit);
    Ok(Json(TagHistory::new(name, tag, checkpoint, changes, next)))
}

fn change(proof: EntryProof) -> Option<TagChange> {
    let leaf = LogLeaf::parse(&proof.entry).ok()?;
    let (digest, old, previous) = match leaf.act {
        LogAct::Tag { digest, old, previous, .. } => (Some(digest), old, previous),
        LogAct::Untag { old, previous, .. } => (None, Some(old), previous),
        _ => return None,
    };
    let (actor, time) = (leaf.actor, leaf.time);
    Some(TagChange { digest, old, actor, time, previous, proof: shown(proof) })
}

fn shown(proof: EntryProof) -> LogProof {
    let hashes = proof.hashes.iter().map(|hash| base64::encode(hash)).collect();
    LogProof { index: proof.index, entry: base64::encode(&proof.entry), hashes }
}

async fn prove(log: Arc<Log>, numbers: Vec<u64>) -> Result<(String, Vec<EntryProof>), HubError> {
    blocking(log, move |log| log.prove(&numbers)).await
}

/// Reads the log where it may block.
async fn blocking<T: Send + 'static>(
    log: Arc<Log>,
    work: impl FnOnce(&Log) -> Result<T, LogError> + Send + 'static,
) -> Result<T, HubError> {
    let done = tokio::task::spawn_blocking(move || work(&log)).await;
    Ok(done.map_err(|_| HubError::Stopped)??)
}
