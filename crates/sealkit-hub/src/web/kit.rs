//! One version: what it is, what it is made of, how to get it.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::HeaderMap;
use maud::{Markup, html};
use sealkit_api::{KitDetail, Layer, QuarantineEntry};
use serde_json::Value;

use super::page::{Answer, page, table};
use super::text::{command, digest, host, kit_path, plain, reference, size, version_path};
use crate::access::{Caller, Level};
use crate::api;
use crate::hub::Shared;

/// Parts that one page shows; the API gives all.
const MAX_ROWS: usize = 1_000;

/// `GET /kits/{name}/{reference}`.
pub(super) async fn show(
    state: State<Arc<Shared>>,
    caller: Caller,
    Path((name, asked)): Path<(String, String)>,
    headers: HeaderMap,
) -> Answer {
    let may_act = state.quarantine.is_some() && caller.may(Level::Admin, &name);
    let may_ask = state.gate.is_some() && caller.may(Level::Write, &name);
    let detail = api::detail(state, Path((name, asked.clone()))).await?.0;
    let pinned = format!("{}/{}@{}", host(&headers), detail.name, detail.digest);
    let rest = detail.layers.len().saturating_sub(MAX_ROWS);
    let body = html! {
        (head(&detail.name, &asked, "Overview"))
        @if let Some(text) = field(&detail.kitfile, "/package/description") { p { (text) } }
        @if let Some(held) = &detail.quarantine { (quarantined(held)) }
        (facts(&detail))
        h2 data-pinned=(pinned) { "Get it" }
        p.quiet { "By digest, so that it is this version whatever becomes of the tag." }
        (command(&format!("sealkit check {pinned}")))
        (command(&format!("sealkit pull {pinned}")))
        (command(&format!("skopeo copy docker://{pinned} oci:kit")))
        h2 { "What this hub checked" }
        (checked(&pinned))
        h2 { "Parts" }
        (table("parts", &["Path", "Role", "Size", "Digest"], &rows(&detail.layers)))
        @if rest > 0 { p.note { (rest) " more parts are in the JSON." } }
        @if may_ask || may_act { (act(&detail, may_ask, may_act)) }
    };
    let title = reference(&detail.name, &asked);
    Ok(page(&title, Some(&twin(&detail.name, &asked, "")), &body))
}

/// Why the content is not given out.
pub(super) fn quarantined(held: &QuarantineEntry) -> Markup {
    html! {
        p.note role="status" {
            strong { "Under quarantine" } " since " (held.since) ", placed by " (plain(&held.by)) ": "
            (plain(&held.reason)) ". Pulls and files are refused; what is attached can be read."
        }
    }
}

/// The ways to the pages that ask the policy about it, and that put it under quarantine.
fn act(detail: &KitDetail, may_ask: bool, may_act: bool) -> Markup {
    let label = if detail.quarantine.is_some() { "Release…" } else { "Put under quarantine…" };
    let (name, pinned) = (&detail.name, detail.digest.to_string());
    html! {
        h2 { "Act" }
        p {
            @if may_ask { a href=(super::verdict::path(name, &pinned)) { "What would the policy say?" } }
            @if may_ask && may_act { " · " }
            @if may_act { a href=(super::quarantine::path(name, &pinned)) { (label) } }
        }
    }
}

/// The path of the API below a version.
pub(super) fn twin(name: &str, asked: &str, rest: &str) -> String {
    format!("/api/v1/kits/{}/versions/{asked}{rest}", name.replace('/', "%2F"))
}

/// Name, version and the pages of it; `here` is the one that is shown.
pub(super) fn head(name: &str, asked: &str, here: &str) -> Markup {
    let pages = [
        ("Overview", ""),
        ("Files", "/files"),
        ("Tensors", "/tensors"),
        ("AIBOM", "/aibom"),
        ("Security", "/security"),
        ("Provenance", "/provenance"),
        ("Lineage", "/lineage"),
        ("Attached", "/attached"),
        ("Raw", "/raw"),
    ];
    let path = version_path(name, asked);
    html! {
        p.crumbs { a href="/" { "Kits" } " / " a href=(kit_path(name)) { (name) } " /" }
        h1 { (plain(asked)) }
        nav.tabs aria-label="version" { @for (title, rest) in pages {
            a href=(format!("{path}{rest}")) aria-current=[(title == here).then_some("page")] { (title) }
        } }
    }
}

/// A string or number of the Kitfile.
fn field(kitfile: &Value, pointer: &str) -> Option<String> {
    match kitfile.pointer(pointer)? {
        Value::String(text) if !text.is_empty() => Some(plain(text)),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

fn facts(detail: &KitDetail) -> Markup {
    let declared = [
        ("Name", "/package/name"),
        ("Version", "/package/version"),
        ("Licence", "/package/license"),
        ("Model", "/model/name"),
        ("Framework", "/model/framework"),
        ("Model version", "/model/version"),
        ("Model licence", "/model/license"),
    ];
    html! {
        dl.facts {
            div { dt { "Size" } dd { (size(detail.size)) } }
            div { dt { "Parts" } dd { (detail.layers.len()) } }
            div { dt { "Digest" } dd { (digest(&detail.digest)) } }
            @for (label, pointer) in declared { @if let Some(value) = field(&detail.kitfile, pointer) {
                div { dt { (label) " " span.quiet { "(declared)" } } dd { (value) } }
            } }
        }
    }
}

/// Only what happened in this request, and what did not.
fn checked(pinned: &str) -> Markup {
    let rows = html! {
        tr { td { (mark(Some(true), "manifest")) }
            td { "The manifest was hashed for this page and matches the digest above. "
                a href="/help/marks#manifest" { "Why?" } } }
        tr { td { (mark(None, "signatures")) }
            td { "Not verified here: whom you trust is your decision. "
                a href="/help/marks#signatures" { "Why?" } } }
        tr { td { (mark(None, "files")) }
            td { "Layers were not hashed for this page. " a href="/help/marks#files" { "Why?" } } }
    };
    html! {
        (table("checks", &["Mark", "What it means"], &rows))
        p.quiet { "Check it yourself:" }
        (command(&format!("sealkit verify {pinned}")))
    }
}

/// ✓, ✗ or –, with its name in words.
pub(super) fn mark(outcome: Option<bool>, what: &str) -> Markup {
    let (class, sign, words) = match outcome {
        Some(true) => ("mark yes", "✓", "passed"),
        Some(false) => ("mark no", "✗", "failed"),
        None => ("mark unknown", "–", "not checked"),
    };
    html! { span class=(class) { span aria-hidden="true" { (sign) } " " (what) ": " (words) } }
}

fn rows(layers: &[Layer]) -> Markup {
    html! { @for layer in layers.iter().take(MAX_ROWS) {
        tr {
            th scope="row" { (layer.path.as_deref().map_or_else(|| "–".to_owned(), plain)) }
            td { (plain(&layer.role)) }
            td.number { (size(layer.size)) }
            td.digest { (digest(&layer.digest)) }
        }
    } }
}
