//! One version: what it is, what it is made of, how to get it.

use std::sync::Arc;

use axum::Extension;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use maud::{Markup, html};
use sealkit_api::{Card, KitDetail, KitFacts, PreviewForm, QuarantineEntry};
use sealkit_oci::Digest;
use serde_json::Value;

use super::badges;
use super::content::markdown;
use super::for_programs;
use super::get::ways;
use super::history;
use super::page::{Answer, Head, marked, page_with, table};
use super::preview::Place;
use super::text::{
    base, command, count, digest, host, kit_path, number, plain, query, reference, share, size,
    time_of, version, version_path,
};
use crate::access::{Caller, Level};
use crate::hub::Shared;
use crate::names::segment;
use crate::quarantine::entry;
use crate::serve::Peer;
use crate::{HubError, api, view};

/// Parts that one page shows; the API gives all.
const MAX_ROWS: usize = 1_000;

/// `GET /kits/{name}/{reference}`.
pub(super) async fn show(
    state: State<Arc<Shared>>,
    caller: Caller,
    Path((name, asked)): Path<(String, String)>,
    headers: HeaderMap,
    peer: Option<Extension<Peer>>,
) -> Answer {
    let administers = caller.may(Level::Admin, &name);
    let acts = Acts {
        ask: state.gate.is_some() && caller.may(Level::Write, &name),
        hold: state.quarantine.is_some() && administers,
        delete: administers,
    };
    let detail = api::detail(state.clone(), Path((name, asked.clone()))).await?.0;
    let inside = inside(&state, &detail).await?;
    let pinned = format!("{}/{}@{}", host(&headers), detail.name, detail.digest);
    let rest = detail.layers.len().saturating_sub(MAX_ROWS);
    let known = inside.as_ref().map(|(facts, _)| facts);
    let about = field(&detail.kitfile, "/package/description");
    let body = html! {
        (head(&detail.name, &asked, "Overview"))
        @if let Some(text) = &about { p { (text) } }
        @if let Some(held) = &detail.quarantine { (quarantined(held)) }
        (facts(&detail, known))
        div.overview {
            aside aria-label="how to get it, and what was checked" {
                h2 data-pinned=(pinned) { "Get it" }
                @if detail.quarantine.is_some() {
                    p.empty { "Nobody gets it while it is under quarantine." }
                } @else {
                    p.quiet { "By digest, so that it is this version whatever becomes of the tag." }
                    (ways(&pinned, &detail, known))
                }
                h2 { "What this hub checked" }
                (checked(&pinned, &version_path(&detail.name, &asked)))
                (act(&detail, &acts))
                (badges::embedding(&detail, &asked, &base(&state, &headers, peer.as_deref())))
            }
            div {
                h2 { "Parts" }
                (table("parts", &["Path", "Role", "Size", "Share", "Digest"], &rows(&detail)))
                @if rest > 0 { p.note { (rest) " more parts are in the JSON." } }
                @if let Some((_, card)) = &inside { (self::card(card, &asked)) }
            }
        }
    };
    let title = reference(&detail.name, &asked);
    let (twin, feed) = (twin(&detail.name, &asked, ""), history::feed(&state, &detail.name));
    let markdown = for_programs::path(&detail.name, &asked);
    let head = Head {
        twin: Some(&twin),
        about: about.as_deref(),
        feed: feed.as_deref(),
        markdown: Some(&markdown),
    };
    Ok(page_with(&title, head, &body))
}

/// What its files say, as the API gives it; none of what is under quarantine.
async fn inside(state: &Shared, detail: &KitDetail) -> Result<Option<(KitFacts, Card)>, HubError> {
    if detail.quarantine.is_some() {
        return Ok(None);
    }
    // By digest: the tag may have moved since.
    let digest = detail.digest.to_string();
    Ok(Some(view::show_facts_and_card(state, &detail.name, &digest).await?))
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

/// The same on a page about what is attached to a version; nothing where it is given out.
pub(super) async fn hold(shared: &Shared, name: &str, digest: &Digest) -> Result<Markup, HubError> {
    let held = api::held(shared, name, digest).await?;
    Ok(held.map(|held| quarantined(&entry(&held))).unwrap_or_default())
}

/// What whoever asks may do with a version on pages of its own.
struct Acts {
    /// Ask what the policies say of it.
    ask: bool,
    /// Put it under quarantine, or release it.
    hold: bool,
    /// Delete it.
    delete: bool,
}

/// The ways to those pages.
fn act(detail: &KitDetail, acts: &Acts) -> Markup {
    let label = if detail.quarantine.is_some() { "Release…" } else { "Put under quarantine…" };
    let (name, pinned) = (&detail.name, detail.digest.to_string());
    html! { @if acts.ask || acts.hold || acts.delete {
        h2 { "Act" }
        ul.plain {
            @if acts.ask { li { a href=(super::verdict::path(name, &pinned)) { "What would the policy say?" } } }
            @if acts.hold { li { a href=(super::quarantine::path(name, &pinned)) { (label) } } }
            @if acts.delete { li { a href=(super::delete::path(name, &pinned)) { "Delete this version…" } } }
        }
    } }
}

/// The path of the API below a version.
pub(super) fn twin(name: &str, asked: &str, rest: &str) -> String {
    format!("/api/v1/kits/{}/versions/{asked}{rest}", segment(name))
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
        h1 { (name.rsplit('/').next().unwrap_or(name)) " " span.version { (version(asked)) } }
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
fn checked(pinned: &str, version: &str) -> Markup {
    html! {
        ul.checks {
            li { (mark(Some(true), "manifest"))
                "It was hashed for this page and matches the digest. " a href="/help/marks#manifest" { "Why?" } }
            li { (mark(None, "signatures"))
                "Whom you trust is your decision. " a href="/help/marks#signatures" { "Why?" } " What is stated: "
                a href=(format!("{version}/provenance")) { "Provenance" } }
            li { (mark(None, "files"))
                "Layers were not hashed for this page. " a href="/help/marks#files" { "Why?" } " What was found in them: "
                a href=(format!("{version}/security")) { "Security" } }
        }
        p.quiet { "Check it yourself:" }
        (command(&format!("sealkit verify --remote {pinned}")))
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

fn rows(detail: &KitDetail) -> Markup {
    html! { @for layer in detail.layers.iter().take(MAX_ROWS) {
        tr {
            th scope="row" { (layer.path.as_deref().map_or_else(|| "–".to_owned(), plain)) }
            td { (plain(&layer.role)) }
            td.number { (size(layer.size)) }
            td.number { (share(layer.size, detail.size)) }
            td.digest { (digest(&layer.digest)) }
        }
    } }
}
