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
use super::page::{Answer, marked, page, table};
use super::preview::Place;
use super::security::severity;
use super::text::{digest, number, plain, query, reference, share, size, version_path};
use crate::HubError;
use crate::api;
use crate::hub::Shared;
use crate::security::{self, FileMark};

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
    let list = api::files(State(Arc::clone(&shared)), path).await?.0;
    let at = Place { name: list.name.clone(), asked: asked.clone() };
    let whole = list.files.iter().fold(0, |sum: u64, file| sum.saturating_add(file.size));
    let parts = detail.layers.iter().map(|layer| (&layer.digest, layer)).collect();
    let marks = security::by_files(&shared, &list.name, &list.digest).await?;
    let rows = Rows { parts, whole, at, marks };
    let body = html! {
        (head(&list.name, &asked, "Files"))
        p.quiet { (number(list.files.len() as u64)) " files, " (size(whole)) " together. " (known(list.source))
            " Marks are what inspection found. " a href="/help/marks#inspection" { "Why?" } }
        @if !list.unlisted.is_empty() { (unlisted(&list)) }
        @if !list.files.is_empty() {
            (table("files", &["File", "Mark", "Size", "Share", "SHA-256"], &rows.all(&by_folder(&list.files), from)))
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

/// What the rows need besides the files.
struct Rows<'a> {
    parts: HashMap<&'a Digest, &'a Layer>,
    /// Bytes of all files.
    whole: u64,
    at: Place,
    /// What inspection found, by path; none where nobody looked.
    marks: Option<HashMap<String, FileMark>>,
}

impl Rows<'_> {
    /// The files of one page, under the part and the folder that hold them.
    fn all(&self, files: &[&FileEntry], from: usize) -> Markup {
        let shown = files.get(from..).unwrap_or_default();
        let shown = shown.get(..PAGE).unwrap_or(shown);
        let before = std::iter::once(None).chain(shown.iter().copied().map(Some));
        html! { @for (before, file) in before.zip(shown) {
            @let same_part = before.is_some_and(|before| before.layer == file.layer);
            @let same_folder = same_part && before.is_some_and(|before| folder(before) == folder(file));
            @if !same_part { @if let Some(layer) = self.parts.get(&file.layer) { (Self::part(layer)) } }
            @if !same_folder && !folder(file).is_empty() {
                tr.folder { th colspan="5" scope="rowgroup" { (plain(folder(file))) "/" } }
            }
            (self.file(file))
        } }
    }

    fn part(layer: &Layer) -> Markup {
        html! { tr.part {
            th colspan="2" scope="rowgroup" { (plain(&layer.role)) " "
                span.quiet { (layer.path.as_deref().map(plain).unwrap_or_default()) } }
            td.number { (size(layer.size)) }
            td.digest colspan="2" { "layer " (digest(&layer.digest)) }
        } }
    }

    fn file(&self, file: &FileEntry) -> Markup {
        let name = file.path.rsplit('/').next().unwrap_or(&file.path);
        html! { tr {
            th scope="row" class=[file.path.contains('/').then_some("within")] {
                a href=(self.at.file(&file.path, PreviewForm::Auto, 0)) title=(plain(&file.path)) { (plain(name)) }
            }
            td { (self.mark(&file.path)) }
            td.number { (size(file.size)) }
            td.number { (share(file.size, self.whole)) }
            td.digest { @if let Some(known) = &file.digest { (digest(known)) } @else { "–" } }
        } }
    }

    /// What inspection found, with the way to it. Nothing found has no mark: nobody judged it.
    fn mark(&self, path: &str) -> Markup {
        let Some(marks) = &self.marks else { return html! { span.quiet { "not looked at" } } };
        let Some(found) = marks.get(path) else { return html! { span.quiet { "nothing found" } } };
        let security = format!("{}/security?file={}", self.at.version(), query(path));
        html! { a.plainly href=(security) {
            @match found.worst {
                Some(worst) => (severity(worst)),
                None => {},
            }
            @if found.runs { @if found.worst.is_some() { br; } (marked("mark unknown", "■", "runs code")) }
            @if found.unread { @if found.worst.is_some() || found.runs { br; } (marked("mark unknown", "–", "not read to its end")) }
        } }
    }
}

/// The files of each part by folder: each folder is met once, whatever the order in the layer.
fn by_folder(files: &[FileEntry]) -> Vec<&FileEntry> {
    let mut parts: HashMap<&Digest, usize> = HashMap::new();
    for file in files {
        let next = parts.len();
        parts.entry(&file.layer).or_insert(next);
    }
    // A part is looked up once for each file, and not at each comparison.
    let placed = files.iter().map(|file| (parts.get(&file.layer).copied(), file));
    let mut sorted: Vec<_> = placed.collect();
    sorted.sort_by_key(|(part, file)| (*part, folder(file), file.path.as_str()));
    sorted.into_iter().map(|(_, file)| file).collect()
}

/// The folder that holds a file; empty where none does.
fn folder(file: &FileEntry) -> &str {
    file.path.rsplit_once('/').map_or("", |(folder, _)| folder)
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
