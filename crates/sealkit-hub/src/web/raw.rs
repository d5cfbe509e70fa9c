//! The manifest of one version as its bytes say, with its blobs.

use std::sync::Arc;

use axum::Extension;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use maud::{Markup, html};
use sealkit_oci::{Digest, Manifest, Target};
use serde_json::Value;

use super::kit::head;
use super::page::{Answer, page, table};
use super::text::{base, command, digest, plain, reference, size, version_path};
use crate::HubError;
use crate::api;
use crate::hub::Shared;
use crate::serve::Peer;

/// Blobs that the page links, and bytes of JSON that it shows; the registry gives all.
const MAX_ROWS: usize = 500;
const MAX_JSON: usize = 256 * 1024;

/// `GET /kits/{name}/{reference}/raw`.
pub(super) async fn show(
    State(shared): State<Arc<Shared>>,
    Path((name, asked)): Path<(String, String)>,
    headers: HeaderMap,
    peer: Option<Extension<Peer>>,
) -> Answer {
    let _reader = shared.readers.acquire().await.map_err(|_| HubError::Stopped)?;
    let kit = api::open(&shared, &name, &asked).await?;
    let twin = format!("/v2/{}/manifests/{}", kit.name, kit.digest);
    let kitfile = kit.detail().await?.kitfile;
    let stored = kit.repository.manifest(&Target::Digest(kit.digest.clone())).await;
    let stored = stored.map_err(HubError::from)?.map(|found| found.bytes).unwrap_or_default();
    // As JSON, not as our type: fields that we do not know are shown too.
    let manifest: Value = serde_json::from_slice(&stored).unwrap_or_default();
    let links = Links { name: &kit.name, manifest: &kit.manifest };
    let curl = format!(
        "curl -u USER:TOKEN -H 'Accept: {}' '{}{twin}'",
        media_type(&kit.manifest),
        base(&shared, &headers, peer.as_deref())
    );
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
        (command(&curl))
        (json("manifest", &manifest, &links))
        @if !kitfile.is_null() { h2 { "Kitfile" } (json("Kitfile", &kitfile, &links)) }
    };
    Ok(page(&format!("Raw {}", reference(&kit.name, &asked)), Some(&twin), &body))
}

/// The media type that the registry gives this manifest.
fn media_type(manifest: &Manifest) -> &str {
    let own = manifest.media_type.as_deref();
    own.filter(|own| sealkit_oci::media_type::is_manifest(own))
        .unwrap_or(sealkit_oci::media_type::OCI_MANIFEST)
}

/// What the digests in a document lead to: what the manifest names, and nothing else.
struct Links<'a> {
    name: &'a str,
    manifest: &'a Manifest,
}

impl Links<'_> {
    fn of(&self, digest: &Digest) -> Option<String> {
        if self.manifest.blobs().any(|blob| blob.digest == *digest) {
            return Some(format!("/v2/{}/blobs/{digest}", self.name));
        }
        let subject = self.manifest.subject.as_ref();
        subject.filter(|subject| subject.digest == *digest)?;
        Some(format!("{}/raw", version_path(self.name, &digest.to_string())))
    }

    /// A line of indented JSON: a digest in quotation marks that leads somewhere is a link.
    fn line(&self, line: &str) -> Markup {
        let found = line.split('"').find_map(|part| {
            let digest: Digest = part.parse().ok()?;
            Some((part, self.of(&digest)?))
        });
        let Some((part, link)) = found else { return html! { (plain(line)) "\n" } };
        let (before, after) = line.split_once(part).unwrap_or((line, ""));
        html! { (plain(before)) a href=(link) { (part) } (plain(after)) "\n" }
    }
}

fn json(label: &str, value: &Value, links: &Links<'_>) -> Markup {
    let text = serde_json::to_string_pretty(value).unwrap_or_default();
    let shown: String = text.chars().take(MAX_JSON).collect();
    html! {
        pre.tall tabindex="0" role="region" aria-label=(label) { @for line in shown.lines() { (links.line(line)) } }
        @if shown.len() < text.len() { p.note { "The rest is not shown here." } }
    }
}
