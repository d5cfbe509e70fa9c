//! The tensors of one version: sums by element type and layer, and a table.

use std::sync::Arc;

use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use maud::{Markup, html};
use sealkit_api::{Hashed, TensorFile, TensorList, TensorOrder, TensorSum};

use super::compare_tensors::tensor_digest;
use super::kit::{head, twin};
use super::page::{Answer, page, table};
use super::text::{
    count, joined, number, plain, prose, query, reference, share, size, version_path,
};
use crate::HubError;
use crate::hub::Shared;
use crate::view::{self, TensorQuery};

/// Layers that the page shows; the API gives more.
const MAX_LAYERS: usize = 200;

/// Longest name in the place of a tensor, in characters.
const MAX_ANCHOR: usize = 200;

/// `GET /kits/{name}/{reference}/tensors`.
pub(super) async fn show(
    state: State<Arc<Shared>>,
    Path((name, asked)): Path<(String, String)>,
    wanted: Result<Query<TensorQuery>, QueryRejection>,
) -> Answer {
    let Query(wanted) = wanted.map_err(|_| HubError::Query("sort`, `from` or `limit"))?;
    let path = Path((name, asked.clone()));
    let list = view::show_tensors(state, path, Ok(Query(wanted.clone()))).await?.0;
    let links = Links { path: version_path(&list.name, &asked), wanted };
    let body = html! {
        (head(&list.name, &asked, "Tensors"))
        @if let Some(file) = &links.wanted.file { p { "Of " code { (plain(file)) } " · "
            a href=(format!("{}/tensors", links.path)) { "all files" } } }
        @if list.incomplete { p.note { "Not everything could be read: tensors may be missing here." } }
        @if list.count == 0 {
            p.empty { "No file here lists tensors in its header. safetensors, GGUF, ONNX, PyTorch, NumPy and Keras files do." }
        } @else {
            (sums(&list))
        }
        (files(&list, &links))
        @if list.count > 0 { (layers(&list, &links)) (tensors(&list, &links)) }
        p.quiet { "Read from headers alone: " (size(list.bytes_read)) " of " (size(file_bytes(&list)))
            ". The bytes were not hashed for this page" @if list.files.iter().any(|file| file.hashed.is_some()) {
                ": digests of tensors are of what was pushed, hashed behind the push" } "." }
    };
    let title = format!("Tensors of {}", reference(&list.name, &asked));
    let rest = format!("/tensors{}", asked_as(&links.wanted));
    Ok(page(&title, Some(&twin(&list.name, &asked, &rest)), &body))
}

/// Addresses of this page with other questions.
struct Links {
    path: String,
    wanted: TensorQuery,
}

/// The question as a query.
fn asked_as(wanted: &TensorQuery) -> String {
    let mut parts = Vec::new();
    let texts = [("file", &wanted.file), ("layer", &wanted.layer)];
    let texts = texts.into_iter().filter_map(|(key, value)| Some((key, value.as_ref()?)));
    parts.extend(texts.map(|(key, value)| format!("{key}={}", query(value))));
    let sort = order(wanted.sort);
    parts.extend((sort != "place").then(|| format!("sort={sort}")));
    parts.extend(wanted.from.filter(|from| *from > 0).map(|from| format!("from={from}")));
    parts.extend(wanted.limit.map(|limit| format!("limit={limit}")));
    joined(&parts)
}

impl Links {
    /// This very page.
    fn here(&self) -> String {
        format!("{}/tensors{}", self.path, asked_as(&self.wanted))
    }

    fn to(&self, change: impl FnOnce(&mut TensorQuery)) -> String {
        let mut wanted = TensorQuery { from: None, ..self.wanted.clone() };
        change(&mut wanted);
        format!("{}/tensors{}", self.path, asked_as(&wanted))
    }
}

/// The name of a tensor's place on the page: `tensor-` and the name, as an address may carry it. Of two that are spelled
/// alike there, a browser goes to the first.
fn anchor(name: &str) -> String {
    let good = |letter: char| letter.is_ascii_alphanumeric() || "._-".contains(letter);
    let name: String = name
        .chars()
        .take(MAX_ANCHOR)
        .map(|letter| if good(letter) { letter } else { '_' })
        .collect();
    format!("tensor-{name}")
}

fn order(order: TensorOrder) -> &'static str {
    match order {
        TensorOrder::Place => "place",
        TensorOrder::Name => "name",
        TensorOrder::Bytes => "bytes",
        TensorOrder::Parameters => "parameters",
    }
}

fn file_bytes(list: &TensorList) -> u64 {
    list.files.iter().fold(0, |sum: u64, file| sum.saturating_add(file.size))
}

/// A number of parameters, where it is known.
fn parameters(value: Option<u64>) -> Markup {
    html! { @if let Some(value) = value { (count(value)) } @else { "–" } }
}

fn sums(list: &TensorList) -> Markup {
    let rows = html! { @for sum in &list.dtypes {
        tr {
            th scope="row" { code { (plain(&sum.name)) } }
            td.number { (number(sum.count)) }
            td.number { (parameters(sum.parameters)) }
            td.number { (size(sum.bytes)) }
            td.number { (share(sum.bytes, list.bytes)) }
        }
    } };
    html! {
        dl.facts {
            div { dt { "Parameters" } dd { (parameters(list.parameters)) } }
            div { dt { "Tensors" } dd { (number(list.count)) } }
            div { dt { "Size" } dd { (size(list.bytes)) } }
            div { dt { "Files" } dd { (list.files.len()) } }
        }
        h2 { "By element type" }
        (table("element types", &["Type", "Tensors", "Parameters", "Size", "Share"], &rows))
    }
}

fn files(list: &TensorList, links: &Links) -> Markup {
    let rows = html! { @for file in &list.files {
        tr {
            th scope="row" { a href=(links.to(|wanted| {
                wanted.file = Some(file.path.clone());
                wanted.layer = None;
            })) { (plain(&file.path)) } (findings(file)) }
            td { (file.format.as_deref().map_or_else(|| "–".to_owned(), plain)) }
            td.number { (number(file.count)) }
            td.number { (size(file.size)) }
        }
    } };
    html! {
        @if !list.files.is_empty() {
            h2 { "Files" }
            (table("files with tensors", &["Path", "Format", "Tensors", "Size"], &rows))
        }
    }
}

/// What is wrong with a file, under its name.
fn findings(file: &TensorFile) -> Markup {
    html! {
        @if !file.findings.is_empty() {
            ul.findings { @for finding in &file.findings { li { (prose(&plain(&finding.message))) } } }
        } @else if !file.complete {
            ul.findings { li { "Not everything in it was read." } }
        }
        @match file.hashed {
            Some(Hashed::Waiting) => { br; span.quiet { "waits for its tensors to be hashed" } }
            Some(Hashed::Partly) => { br; span.quiet { "some of its tensors could not be hashed" } }
            Some(Hashed::Whole) | None => {}
        }
    }
}

fn layers(list: &TensorList, links: &Links) -> Markup {
    let row = |sum: &TensorSum| {
        html! {
            tr {
                th scope="row" { a href=(links.to(|wanted| wanted.layer = Some(sum.name.clone()))) {
                    @if sum.name.is_empty() { "(no name)" } @else { (plain(&sum.name)) }
                } }
                td.number { (number(sum.count)) }
                td.number { (parameters(sum.parameters)) }
                td.number { (size(sum.bytes)) }
                td.number { (share(sum.bytes, list.bytes)) }
            }
        }
    };
    let rows = html! { @for sum in list.groups.iter().take(MAX_LAYERS) { (row(sum)) } };
    html! {
        details open[list.groups.len() <= 12] {
            summary { "By layer (" (list.groups.len()) ")" }
            (table("layers", &["Layer", "Tensors", "Parameters", "Size", "Share"], &rows))
            @if list.groups.len() > MAX_LAYERS { p.note { "More layers are in the JSON." } }
        }
    }
}

fn tensors(list: &TensorList, links: &Links) -> Markup {
    let orders =
        [TensorOrder::Place, TensorOrder::Name, TensorOrder::Bytes, TensorOrder::Parameters];
    let many = list.files.len() > 1;
    let hashes = list.files.iter().any(|file| file.hashed.is_some());
    let rows = html! { @for tensor in &list.tensors {
        @let place = anchor(&tensor.name);
        tr id=(place) {
            th scope="row" { a.plainly href=(format!("{}#{place}", links.here())) { (plain(&tensor.name)) }
                @if many { @if let Some(file) = list.files.get(tensor.file) {
                    br; span.quiet { (plain(&file.path)) }
                } }
            }
            td { code { (plain(&tensor.dtype)) } }
            td { (shape(&tensor.shape)) }
            td.number { (parameters(tensor.parameters)) }
            td.number { (size(tensor.bytes)) }
            td.number { (share(tensor.bytes, list.bytes)) }
            @if hashes { td.digest { (held_elsewhere(tensor.digest.as_deref())) } }
        }
    } };
    let columns = ["Name", "Type", "Shape", "Parameters", "Size", "Share", "BLAKE3"];
    let columns =
        if hashes { &columns[..] } else { columns.split_last().map_or(&[][..], |all| all.1) };
    let from = links.wanted.from.unwrap_or(0);
    html! {
        h2 { "Tensors" @if let Some(layer) = &links.wanted.layer { " of " code { (plain(layer)) } } " (" (number(list.matching)) ")" }
        @if links.wanted.layer.is_some() { p { a href=(links.to(|wanted| wanted.layer = None)) { "All layers" } } }
        p.quiet { "Order: " @for (at, one) in orders.into_iter().enumerate() {
            @if at > 0 { " · " }
            @if one == links.wanted.sort { strong { (order(one)) } } @else {
                a href=(links.to(|wanted| wanted.sort = one)) { (order(one)) }
            }
        } }
        (table("tensors", columns, &rows))
        @if from > 0 || list.next.is_some() { p {
            @if from > 0 { a rel="prev" href=(links.to(|_| {})) { "First tensors" } " " }
            @if let Some(next) = list.next { a rel="next" href=(links.to(|wanted| wanted.from = Some(next))) { "Next tensors" } }
        } }
    }
}

/// A digest that leads to everything that holds these bytes.
fn held_elsewhere(known: Option<&str>) -> Markup {
    html! {
        @match known {
            Some(digest) => a.plainly href=(format!("/impact?of={}", query(&format!("tensor:{digest}")))) {
                (tensor_digest(known))
            },
            None => (tensor_digest(None)),
        }
    }
}

/// The dimensions, as far as anyone has them.
pub(super) fn shape(dimensions: &[u64]) -> String {
    let shown: Vec<String> = dimensions.iter().take(16).map(u64::to_string).collect();
    let more = if dimensions.len() > 16 { " × …" } else { "" };
    if shown.is_empty() { "scalar".to_owned() } else { format!("{}{more}", shown.join(" × ")) }
}
