//! What is attached to one version: signatures, AIBOMs, file tables and whatever else.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::HeaderMap;
use maud::html;

use super::kit::{head, hold, mark};
use super::page::{Answer, page, table};
use super::text::{command, digest, host, plain, reference, size, version_path};
use crate::HubError;
use crate::api;
use crate::hub::Shared;

/// Documents that the page shows; the registry gives all.
const MAX_ROWS: usize = 500;

/// `GET /kits/{name}/{reference}/attached`.
pub(super) async fn show(
    State(shared): State<Arc<Shared>>,
    Path((name, asked)): Path<(String, String)>,
    headers: HeaderMap,
) -> Answer {
    let _reader = shared.readers.acquire().await.map_err(|_| HubError::Stopped)?;
    let kit = api::open_any(&shared, &name, &asked).await?;
    let mut found = kit.repository.referrers(&kit.digest, None).await.map_err(HubError::from)?;
    let held = hold(&shared, &kit.name, &kit.digest).await?;
    found.sort_by(|a, b| (&a.artifact_type, &a.digest).cmp(&(&b.artifact_type, &b.digest)));
    let pinned = format!("{}/{}@{}", host(&headers), kit.name, kit.digest);
    let rows = html! { @for document in found.iter().take(MAX_ROWS) {
        tr {
            th scope="row" {
                (plain(document.artifact_type.as_deref().unwrap_or(&document.media_type)))
            }
            td { (mark(None, "signature")) " " a href="/help/marks#signatures" { "Why?" } }
            td.digest { a href=(format!("{}/raw", version_path(&kit.name, &document.digest.to_string()))) {
                (digest(&document.digest))
            } }
            td.number { (size(document.size)) }
        }
    } };
    let body = html! {
        (head(&kit.name, &asked, "Attached"))
        (held)
        p { "Documents that name this version as their subject. Anyone who may push can attach one: \
             that a document is here proves nothing until its signature is verified." }
        @if found.is_empty() {
            p.empty { "Nothing is attached. A sealed kit has a file table, an AIBOM and signed statements." }
        } @else {
            (table("attached documents", &["Type", "Mark", "Manifest", "Size"], &rows))
        }
        @if found.len() > MAX_ROWS { p.note { (found.len() - MAX_ROWS) " more are in the JSON." } }
        h2 { "Verify them" }
        p.quiet { "Every signature against the keys and identities that you trust, with the reason of each step:" }
        (command(&format!("sealkit verify --remote {pinned}")))
    };
    let twin = format!("/v2/{}/referrers/{}", kit.name, kit.digest);
    Ok(page(&format!("Attached to {}", reference(&kit.name, &asked)), Some(&twin), &body))
}
