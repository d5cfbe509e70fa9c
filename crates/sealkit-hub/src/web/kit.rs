//! One version: what it is, what it is made of, how to get it.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::HeaderMap;
use maud::{Markup, html};
use sealkit_api::{Card, KitDetail, KitFacts, Layer, PreviewForm, QuarantineEntry};
use serde_json::Value;

use super::content::markdown;
use super::get::ways;
use super::page::{Answer, marked, page, table};
use super::preview::Place;
use super::text::{
    command, count, digest, host, kit_path, number, plain, query, reference, size, time_of,
    version_path,
};
use crate::access::{Caller, Level};
use crate::hub::Shared;
use crate::{HubError, api, view};

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
    let detail = api::detail(state.clone(), Path((name, asked.clone()))).await?.0;
    let inside = inside(state, &detail).await?;
    let pinned = format!("{}/{}@{}", host(&headers), detail.name, detail.digest);
    let rest = detail.layers.len().saturating_sub(MAX_ROWS);
    let body = html! {
        (head(&detail.name, &asked, "Overview"))
        @if let Some(text) = field(&detail.kitfile, "/package/description") { p { (text) } }
        @if let Some(held) = &detail.quarantine { (quarantined(held)) }
        (facts(&detail, inside.as_ref().map(|(facts, _)| facts)))
        h2 data-pinned=(pinned) { "Get it" }
        p.quiet { "By digest, so that it is this version whatever becomes of the tag." }
        (ways(&pinned))
        h2 { "What this hub checked" }
        (checked(&pinned))
        h2 { "Parts" }
        (table("parts", &["Path", "Role", "Size", "Digest"], &rows(&detail.layers)))
        @if rest > 0 { p.note { (rest) " more parts are in the JSON." } }
        @if may_ask || may_act { (act(&detail, may_ask, may_act)) }
        @if let Some((_, card)) = &inside { (self::card(card, &asked)) }
    };
    let title = reference(&detail.name, &asked);
    Ok(page(&title, Some(&twin(&detail.name, &asked, "")), &body))
}

/// What its files say, as the API gives it; none of what is under quarantine.
async fn inside(
    state: State<Arc<Shared>>,
    detail: &KitDetail,
) -> Result<Option<(KitFacts, Card)>, HubError> {
    if detail.quarantine.is_some() {
        return Ok(None);
    }
    // By digest: the tag may have moved since.
    let path = || Path((detail.name.clone(), detail.digest.to_string()));
    let facts = view::show_facts(state.clone(), path()).await?.0;
    Ok(Some((facts, view::show_card(state, path()).await?.0)))
}

/// The card that its author wrote.
fn card(card: &Card, asked: &str) -> Markup {
    let at = Place { name: card.name.clone(), asked: asked.to_owned() };
    html! {
        h2 { "Card" }
        @match (&card.file, &card.markdown) {
            (Some(file), Some(text)) => {
                p.quiet { "From " a href=(at.file(&file.path, PreviewForm::Auto, 0)) { (plain(&file.path)) }
                    ", as its author wrote it." }
                (markdown(&text.text, &file.path, &at))
                @if text.next.is_some() { p { a href=(at.file(&file.path, PreviewForm::Auto, 0)) { "The rest of it" } } }
            }
            (Some(file), None) => p.note {
                a href=(at.file(&file.path, PreviewForm::Auto, 0)) { (plain(&file.path)) } " can not be shown here."
            },
            _ => {
                p.empty { "No card was found. Add a " code { "README.md" } " to the " code { "docs" }
                    " of the Kitfile, and pack it again:" }
                (command("sealkit seal ."))
            }
        }
    }
}

/// Why the content is not given out.
pub(super) fn quarantined(held: &QuarantineEntry) -> Markup {
    html! {
        p.note role="status" {
            strong { "Under quarantine" } " since " (time_of(&held.since)) ", placed by " (plain(&held.by)) ": "
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

fn facts(detail: &KitDetail, known: Option<&KitFacts>) -> Markup {
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
            @if let Some(known) = known { (found(known)) }
            @for (label, pointer) in declared { @if let Some(value) = field(&detail.kitfile, pointer) {
                div { dt { (label) " " span.quiet { "(declared)" } } dd { (value) } }
            } }
        }
    }
}

/// What was found in its files.
fn found(known: &KitFacts) -> Markup {
    let lists = [
        ("Element type", "precision", &known.dtypes),
        ("Architecture", "architecture", &known.architectures),
        ("Licence found", "licence", &known.licences),
        ("Base model", "base", &known.base_models),
    ];
    html! {
        @if let Some(parameters) = known.parameters { div { dt { "Parameters" } dd { (count(parameters)) } } }
        @if let Some(length) = known.context_length { div { dt { "Context" } dd { (number(length)) " tokens" } } }
        @for (label, facet, values) in lists { @if let Some((first, rest)) = values.split_first() {
            div { dt { (label) } dd {
                a href=(format!("/search?{facet}={}", query(first))) { (plain(first)) }
                @if !rest.is_empty() { span.quiet { " and " (rest.len()) " more" } }
            } }
        } }
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
    marked(class, sign, &format!("{what}: {words}"))
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
