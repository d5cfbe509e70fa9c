//! The files of one version.

use std::collections::HashMap;
use std::sync::Arc;

use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use maud::{Markup, html};
use sealkit_api::{FileEntry, FileList, FileSource, Layer, PreviewForm};
use sealkit_oci::Digest;
use serde::Deserialize;

use super::kit::{head, twin};
use super::page::{Answer, page, table};
use super::preview::Place;
use super::text::{digest, plain, reference, size, version_path};
use crate::HubError;
use crate::api;
use crate::hub::Shared;

/// Files of one page.
const PAGE: usize = 500;

/// Which files of the list.
#[derive(Deserialize)]
pub(super) struct From {
    /// How many come before.
    from: Option<usize>,
}

/// `GET /kits/{name}/{reference}/files`.
pub(super) async fn show(
    State(shared): State<Arc<Shared>>,
    Path((name, asked)): Path<(String, String)>,
    from: Result<Query<From>, QueryRejection>,
) -> Answer {
    let from = from.map_err(|_| HubError::Query("from"))?.0.from.unwrap_or(0);
    let detail = api::detail(State(Arc::clone(&shared)), Path((name.clone(), asked.clone())));
    let detail = detail.await?.0;
    // By digest: the tag may have moved since.
    let path = Path((name, detail.digest.to_string()));
    let list = api::files(State(shared), path).await?.0;
    let at = Place { name: list.name.clone(), asked: asked.clone() };
    let body = html! {
        (head(&list.name, &asked, "Files"))
        p.quiet { (list.files.len()) " files. " (known(list.source)) }
        @if !list.unlisted.is_empty() { (unlisted(&list)) }
        @if !list.files.is_empty() {
            (table("files", &["Path", "Size", "SHA-256"], &rows(&list.files, &detail.layers, from, &at)))
        }
        (pages(&version_path(&list.name, &asked), from, list.files.len()))
    };
    let title = format!("Files of {}", reference(&list.name, &asked));
    Ok(page(&title, Some(&twin(&list.name, &asked, "/files")), &body))
}

pub(super) fn known(source: FileSource) -> &'static str {
    match source {
        FileSource::FileTable => {
            "Paths and digests are from the file table that is attached to this kit; its signature \
             was not verified here."
        }
        FileSource::LayerHeaders => {
            "Read from the headers inside the layers, which carry no digests."
        }
    }
}

fn unlisted(list: &FileList) -> Markup {
    html! {
        div.note {
            p { "This list is not complete:" }
            ul { @for layer in list.unlisted.iter().take(PAGE) {
                li { (digest(&layer.layer)) ": " (plain(&layer.reason)) }
            } }
        }
    }
}

/// The files of one page, under the part that holds them.
fn rows(files: &[FileEntry], layers: &[Layer], from: usize, at: &Place) -> Markup {
    let parts: HashMap<&Digest, &Layer> =
        layers.iter().map(|layer| (&layer.digest, layer)).collect();
    let mut last = None;
    html! { @for file in files.iter().skip(from).take(PAGE) {
        @if last.replace(&file.layer) != Some(&file.layer) {
            @if let Some(part) = parts.get(&file.layer) {
                tr.part { th colspan="3" scope="rowgroup" {
                    (plain(&part.role)) " "
                    (part.path.as_deref().map(plain).unwrap_or_default())
                    span.quiet { " · " (size(part.size)) }
                } }
            }
        }
        tr {
            th scope="row" { a href=(at.file(&file.path, PreviewForm::Auto, 0)) { (plain(&file.path)) } }
            td.number { (size(file.size)) }
            td.digest { @if let Some(known) = &file.digest { (digest(known)) } @else { "–" } }
        }
    } }
}

fn pages(path: &str, from: usize, all: usize) -> Markup {
    let next = from.saturating_add(PAGE);
    html! {
        @if from > 0 || next < all {
            p {
                @if from > 0 {
                    a rel="prev" href=(format!("{path}/files?from={}", from.saturating_sub(PAGE))) { "Previous files" } " "
                }
                @if next < all { a rel="next" href=(format!("{path}/files?from={next}")) { "Next files" } }
            }
        }
    }
}
