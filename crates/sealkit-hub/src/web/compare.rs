//! Two versions side by side.

use std::sync::Arc;

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::HeaderMap;
use maud::{Markup, html};
use sealkit_api::{Change, Comparison, FileChange, FileSource, Layer};
use serde::Deserialize;
use serde_json::Value;

use super::compare_tensors;
use super::page::{Answer, marked, page, table};
use super::text::{command, digest, host, plain, query, size, version};
use crate::HubError;
use crate::api::{self, Pair};
use crate::compare::MAX_TEXT;
use crate::hub::Shared;

/// Rows of one table; the API gives all.
const MAX_ROWS: usize = 500;

/// What is compared; nothing yet where one is missing.
#[derive(Deserialize)]
pub(super) struct Asked {
    a: Option<String>,
    b: Option<String>,
}

/// `GET /compare?a=&b=`.
pub(super) async fn show(
    state: State<Arc<Shared>>,
    headers: HeaderMap,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Answer {
    let Query(asked) = asked.map_err(|_| HubError::Query("a` and `b"))?;
    let given = |side: &Option<String>| side.clone().filter(|side| !side.is_empty());
    let (Some(a), Some(b)) = (given(&asked.a), given(&asked.b)) else {
        let body = html! { h1 { "Compare" } (form(&asked)) };
        return Ok(page("Compare", None, &body));
    };
    let pair = Pair { a: a.clone(), b: b.clone() };
    let reader = state.readers.acquire().await.map_err(|_| HubError::Stopped)?;
    // Once for both: a tag that moves meanwhile does not make a page of two versions.
    let (side_a, side_b) = api::sides(&state, &pair).await?;
    let found = api::compared(&state, (&side_a, &side_b)).await?;
    let tensors = compare_tensors::section(&state, (side_a, side_b), pair).await?;
    drop(reader);
    let host = host(&headers);
    let body = html! {
        h1 { "Compare" }
        (form(&asked))
        (summary(&found))
        (fields(&found))
        (parts(&found))
        (files(&found, &format!("/compare/text?a={a}&b={b}&file=")))
        (moved(&found))
        (tensors)
        (contents(&found))
        h2 { "Compare them yourself" }
        (command(&format!("sealkit diff {host}/{a} {host}/{b}")))
    };
    // Both were checked to be references: no character of theirs has a meaning in a query.
    Ok(page("Compare", Some(&format!("/api/v1/compare?a={a}&b={b}")), &body))
}

fn form(asked: &Asked) -> Markup {
    let field = |name: &str, label: &str, value: &Option<String>| {
        html! {
            label { (label)
                input name=(name) value=(value.as_deref().unwrap_or_default()) required
                    placeholder="name:tag" autocomplete="off" spellcheck="false"; }
        }
    };
    html! {
        form.row action="/compare" method="get" {
            (field("a", "From", &asked.a)) (field("b", "To", &asked.b))
            button { "Compare" }
        }
    }
}

fn summary(found: &Comparison) -> Markup {
    let source = match found.source {
        FileSource::FileTable => "file tables (not verified here)",
        FileSource::LayerHeaders => "layer headers",
    };
    html! {
        dl.facts {
            div { dt { "From" } dd { (digest(&found.a)) } }
            div { dt { "To" } dd { (digest(&found.b)) } }
            div { dt { "Bytes to fetch" } dd { (size(found.bytes_needed)) } }
            div { dt { "Files known from" } dd { (source) } }
        }
        @if is_empty(found) && found.a != found.b && !found.incomplete {
            p { "No difference was found." }
        }
        @if found.a == found.b { p { "Both are the same version." } }
        @if found.incomplete {
            p.note { "Not everything could be listed: changes may be missing here." }
        }
    }
}

fn is_empty(found: &Comparison) -> bool {
    found.fields.is_empty()
        && found.parts.is_empty()
        && found.files.is_empty()
        && found.moved.is_empty()
        && found.contents.as_ref().is_none_or(Vec::is_empty)
}

/// A heading and a table of at most [`MAX_ROWS`]; nothing where there is none.
fn section(title: &str, columns: &[&str], count: usize, rows: &Markup) -> Markup {
    html! { @if count > 0 {
        h2 { (title) " (" (count) ")" }
        (table(title, columns, rows))
        @if count > MAX_ROWS { p.note { (count - MAX_ROWS) " more are in the JSON." } }
    } }
}

fn sign(change: Change) -> Markup {
    let (class, sign, word) = match change {
        Change::Added => ("mark yes", "+", "added"),
        Change::Removed => ("mark no", "−", "removed"),
        Change::Changed => ("mark", "≠", "changed"),
        Change::Unknown => ("mark unknown", "–", "not known"),
    };
    marked(class, sign, word)
}

fn fields(found: &Comparison) -> Markup {
    let text = |value: &Option<Value>| value.as_ref().map(|value| plain(&value.to_string()));
    let rows = html! { @for field in found.fields.iter().take(MAX_ROWS) {
        tr {
            th scope="row" { code { (plain(&field.pointer)) } }
            td.wide { (text(&field.a).unwrap_or_else(|| "–".to_owned())) }
            td.wide { (text(&field.b).unwrap_or_else(|| "–".to_owned())) }
        }
    } };
    section("Kitfile fields", &["Field", "From", "To"], found.fields.len(), &rows)
}

fn parts(found: &Comparison) -> Markup {
    let side = |layer: &Option<Layer>| {
        html! {
            @if let Some(layer) = layer { (digest(&layer.digest)) " " (size(layer.size)) } @else { "–" }
        }
    };
    let rows = html! { @for part in found.parts.iter().take(MAX_ROWS) {
        @let layer = part.b.as_ref().or(part.a.as_ref());
        tr {
            th scope="row" { (layer.and_then(|layer| layer.path.as_deref()).map_or_else(|| "–".to_owned(), plain)) }
            td { (sign(part.change)) }
            td.digest { (side(&part.a)) }
            td.digest { (side(&part.b)) }
        }
    } };
    section("Parts", &["Path", "Change", "From", "To"], found.parts.len(), &rows)
}

/// Whether the lines of a file may be compared; whether it is text is found out then.
fn may_be_text(file: &FileChange) -> bool {
    file.size_a.max(file.size_b).is_some_and(|size| size <= MAX_TEXT)
}

/// `text` is the address of the page that compares the lines of a file, up to its path.
fn files(found: &Comparison, text: &str) -> Markup {
    let bytes = |bytes: Option<u64>| {
        html! {
            @if let Some(bytes) = bytes { (size(bytes)) } @else { "–" }
        }
    };
    let rows = html! { @for file in found.files.iter().take(MAX_ROWS) {
        tr {
            th scope="row" {
                @if may_be_text(file) {
                    a href=(format!("{text}{}", query(&file.path))) { (plain(&file.path)) }
                } @else { (plain(&file.path)) }
            }
            td { (sign(file.change)) }
            td.number { (bytes(file.size_a)) }
            td.number { (bytes(file.size_b)) }
        }
    } };
    section("Files", &["Path", "Change", "Size before", "Size after"], found.files.len(), &rows)
}

fn contents(found: &Comparison) -> Markup {
    let Some(changes) = &found.contents else {
        return html! { p.quiet { "Models, datasets, packages and signers of both are compared once the hub \
        has looked into them." } };
    };
    let text = |text: &Option<String>| {
        html! { @match text { Some(text) => (version(text)), None => "–" } }
    };
    let rows = html! { @for one in changes.iter().take(MAX_ROWS) {
        tr {
            th scope="row" { (plain(&one.name)) }
            td { (one.kind.replace('-', " ")) }
            td { (sign(one.change)) }
            td { (text(&one.a)) }
            td { (text(&one.b)) }
        }
    } };
    section("What is inside", &["Name", "Kind", "Change", "From", "To"], changes.len(), &rows)
}

fn moved(found: &Comparison) -> Markup {
    let rows = html! { @for file in found.moved.iter().take(MAX_ROWS) {
        tr {
            th scope="row" { (plain(&file.from)) }
            td { (plain(&file.to)) }
            td.digest { (digest(&file.digest)) }
        }
    } };
    section("Moved files", &["From", "To", "SHA-256"], found.moved.len(), &rows)
}
