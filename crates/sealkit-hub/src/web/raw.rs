//! The manifest of one version as its bytes say, with its blobs.

use std::sync::Arc;

use axum::extract::{Path, State};
use maud::{Markup, html};
use sealkit_oci::Target;
use serde_json::Value;

use super::kit::head;
use super::page::{Answer, page, table};
use super::text::{digest, plain, reference, size};
use crate::HubError;
use crate::api;
use crate::hub::Shared;

/// Blobs that the page links, and bytes of JSON that it shows; the registry gives all.
const MAX_ROWS: usize = 500;
const MAX_JSON: usize = 256 * 1024;

/// `GET /kits/{name}/{reference}/raw`.
pub(super) async fn show(
    State(shared): State<Arc<Shared>>,
    Path((name, asked)): Path<(String, String)>,
) -> Answer {
    let _reader = shared.readers.acquire().await.map_err(|_| HubError::Stopped)?;
    let kit = api::open(&shared, &name, &asked).await?;
    let twin = format!("/v2/{}/manifests/{}", kit.name, kit.digest);
    let kitfile = kit.detail().await?.kitfile;
    let stored = kit.repository.manifest(&Target::Digest(kit.digest.clone())).await;
    let stored = stored.map_err(HubError::from)?.map(|found| found.bytes).unwrap_or_default();
    // As JSON, not as our type: fields that we do not know are shown too.
    let manifest: Value = serde_json::from_slice(&stored).unwrap_or_default();
    let rows = html! { @for blob in kit.manifest.blobs().take(MAX_ROWS) {
        tr {
            th scope="row" { (plain(&blob.media_type)) }
            td.digest { a href=(format!("/v2/{}/blobs/{}", kit.name, blob.digest)) {
                (digest(&blob.digest))
            } }
            td.number { (size(blob.size)) }
        }
    } };
    let body = html! {
        (head(&kit.name, &asked, "Raw"))
        p { "Digest " code { (kit.digest) } "." }
        (table("blobs", &["Media type", "Digest", "Size"], &rows))
        h2 { "Manifest" }
        p.quiet { "Indented for reading. The digest is that of the exact bytes, which "
            a href=(twin) { "the registry gives" } "." }
        (json("manifest", &manifest))
        @if !kitfile.is_null() { h2 { "Kitfile" } (json("Kitfile", &kitfile)) }
    };
    Ok(page(&format!("Raw {}", reference(&kit.name, &asked)), Some(&twin), &body))
}

fn json(label: &str, value: &Value) -> Markup {
    let text = serde_json::to_string_pretty(value).unwrap_or_default();
    let shown: String = text.chars().take(MAX_JSON).collect();
    let lines = shown.lines().map(|line| plain(line) + "\n").collect::<String>();
    html! {
        pre.tall tabindex="0" role="region" aria-label=(label) { (lines) }
        @if shown.len() < text.len() { p.note { "The rest is not shown here." } }
    }
}
