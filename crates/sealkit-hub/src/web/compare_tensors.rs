//! The tensors in which two versions differ.

use std::fmt::Write as _;
use std::sync::Arc;

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::HeaderMap;
use maud::{Markup, html};
use sealkit_api::{
    LayerChange, TensorChange, TensorChangeKind as Kind, TensorComparison, TensorState,
};

use super::page::{Answer, marked, page, table};
use super::tensors::shape;
use super::text::{command, host, number, plain, query, share, size};
use crate::HubError;
use crate::api::Pair;
use crate::compare::{Side, WantedTensors, compare_tensors, tensors_of};
use crate::hub::Shared;

/// Layers that the page of tensors shows, and the page of a comparison; the API gives more.
const MAX_LAYERS: (usize, usize) = (200, 8);
/// Characters of a digest that are shown; the whole of it is its title.
const DIGEST_CHARS: usize = "blake3:".len() + 12;

const KINDS: [(Kind, &str); 6] = [
    (Kind::Changed, "changed"),
    (Kind::Added, "added"),
    (Kind::Removed, "removed"),
    (Kind::Moved, "moved"),
    (Kind::Unknown, "unknown"),
    (Kind::Unchanged, "unchanged"),
];

/// `GET /compare/tensors?a=&b=&change=&layer=&from=&limit=`.
pub(super) async fn show(
    state: State<Arc<Shared>>,
    headers: HeaderMap,
    wanted: Result<Query<WantedTensors>, QueryRejection>,
) -> Answer {
    let Query(wanted) =
        wanted.map_err(|_| HubError::Query("a`, `b`, `change`, `from` or `limit"))?;
    let found = compare_tensors(state, Ok(Query(wanted.clone()))).await?.0;
    let links = Links(wanted);
    let (a, b) = (&links.0.a, &links.0.b);
    let host = host(&headers);
    let body = html! {
        p.crumbs { a href=(format!("/compare?a={a}&b={b}")) { "Compare" } " /" }
        h1 { "Tensors" }
        (summary(&found))
        (layers(&found.layers, &links, MAX_LAYERS.0))
        (tensors(&found, &links))
        h2 { "Compare them yourself" }
        p.quiet { "From their headers; with " code { "--tensors=bytes" } " from every byte, which are then fetched." }
        (command(&format!("sealkit diff --tensors {host}/{a} {host}/{b}")))
    };
    let twin = format!("/api/v1{}", links.to(|_| {}));
    Ok(page("Compare tensors", Some(&twin), &body))
}

/// The part of the page of a comparison; nothing where neither side has tensors.
pub(super) async fn section(
    shared: &Shared,
    (a, b): (Side, Side),
    pair: Pair,
) -> Result<Markup, HubError> {
    let wanted = WantedTensors { a: pair.a, b: pair.b, limit: Some(1), ..WantedTensors::default() };
    let (a, b) = ((a.kit, a.files), (b.kit, b.files));
    let found = tensors_of(shared, (a, b), wanted.clone()).await?;
    if found.a.count == 0 && found.b.count == 0 {
        return Ok(html! {});
    }
    let links = Links(WantedTensors { limit: None, ..wanted });
    Ok(html! {
        h2 { "Tensors" }
        (summary(&found))
        @if !found.layers.is_empty() {
            (layer_table(&found.layers, &links, MAX_LAYERS.1))
        }
        p { a href=(links.to(|_| {})) {
            @if found.matching > 0 { "All " (number(found.matching)) " tensors that differ" } @else { "More of the tensors" }
        } }
    })
}

/// Addresses of this page with other questions.
struct Links(WantedTensors);

impl Links {
    /// The same question changed, from its first page on.
    fn to(&self, change: impl FnOnce(&mut WantedTensors)) -> String {
        let mut wanted = WantedTensors { from: None, ..self.0.clone() };
        change(&mut wanted);
        // Both were checked to be references: no character of theirs has a meaning in a query.
        let mut address = format!("/compare/tensors?a={}&b={}", wanted.a, wanted.b);
        if let Some((_, name)) = KINDS.iter().find(|(kind, _)| Some(*kind) == wanted.change) {
            address += &["&change=", name].concat();
        }
        if let Some(layer) = &wanted.layer {
            address += &["&layer=", &query(layer)].concat();
        }
        let numbers = [("from", wanted.from), ("limit", wanted.limit.map(|limit| limit as u64))];
        for (name, value) in numbers {
            if let Some(value) = value {
                // Writing to a string cannot fail.
                let _ = write!(address, "&{name}={value}");
            }
        }
        address
    }
}

fn of_kind(found: &TensorComparison, kind: Kind) -> u64 {
    let tally = &found.tally;
    match kind {
        Kind::Unchanged => tally.unchanged,
        Kind::Changed => tally.changed,
        Kind::Unknown => tally.unknown,
        Kind::Moved => tally.moved,
        Kind::Added => tally.added,
        Kind::Removed => tally.removed,
    }
}

fn summary(found: &TensorComparison) -> Markup {
    let counted = |side: &sealkit_api::TensorSide| {
        html! {
            (number(side.count)) " in " (size(side.bytes))
            @if !side.formats.is_empty() { br; span.quiet { (plain(&side.formats.join(", "))) } }
        }
    };
    html! {
        dl.facts {
            div { dt { "From" } dd { (counted(&found.a)) } }
            div { dt { "To" } dd { (counted(&found.b)) } }
            div { dt { "Equal bytes" } dd { (share(found.equal_bytes, found.b.bytes)) } }
            @if found.unknown_bytes > 0 {
                div { dt { "Not known yet" } dd { (share(found.unknown_bytes, found.b.bytes)) } }
            }
            div { dt { "Delta by tensors" } dd { (size(found.delta_bytes)) } }
            @for (kind, _) in KINDS {
                @let count = of_kind(found, kind);
                @if count > 0 { div { dt { (label(kind)) } dd { (number(count)) } } }
            }
        }
        @if found.a.waiting || found.b.waiting {
            p.note role="status" { "The hub is still hashing tensors: what is not known now will be." }
        } @else if found.tally.unknown > 0 {
            p.note { "Some tensors have no digest, so that it is not known whether their bytes are equal: this hub \
                      keeps no catalogue, or they are of a format or a layer whose tensors it does not hash." }
        }
        @if found.other_names {
            p.note { "One is in " (plain(&found.a.formats.join(", "))) " and the other in "
                (plain(&found.b.formats.join(", "))) ". Each format has its own names and often its own \
                types, so that a conversion looks as if everything was removed and added." }
        }
        @if found.a.incomplete || found.b.incomplete {
            p.note { "Not everything could be read: tensors may be missing here." }
        }
    }
}

/// A heading of a number of tensors.
fn label(kind: Kind) -> &'static str {
    match kind {
        Kind::Unchanged => "Unchanged",
        Kind::Changed => "Changed",
        Kind::Unknown => "Bytes not known",
        Kind::Moved => "Other name",
        Kind::Added => "Added",
        Kind::Removed => "Removed",
    }
}

fn word(kind: Kind, name: &'static str) -> &'static str {
    match kind {
        Kind::Unknown => "bytes not known",
        Kind::Moved => "other name",
        _ => name,
    }
}

fn sign(kind: Kind) -> Markup {
    let (class, sign) = match kind {
        Kind::Added => ("mark yes", "+"),
        Kind::Removed => ("mark no", "−"),
        Kind::Changed => ("mark", "≠"),
        Kind::Moved => ("mark", "→"),
        Kind::Unchanged => ("mark", "="),
        Kind::Unknown => ("mark unknown", "–"),
    };
    let name = KINDS.iter().find(|(one, _)| *one == kind).map_or("", |(_, name)| *name);
    marked(class, sign, word(kind, name))
}

fn layers(layers: &[LayerChange], links: &Links, most: usize) -> Markup {
    html! { @if !layers.is_empty() {
        details open[layers.len() <= 24] {
            summary { "Layers that differ (" (number(layers.len() as u64)) ")" }
            (layer_table(layers, links, most))
            @if layers.len() > most { p.note { "More layers are in the JSON." } }
        }
    } }
}

/// The layers that differ most.
fn layer_table(layers: &[LayerChange], links: &Links, most: usize) -> Markup {
    let rows = html! { @for layer in layers.iter().take(most) {
        tr {
            th scope="row" { a href=(links.to(|wanted| {
                wanted.layer = Some(layer.name.clone());
                wanted.change = None;
            })) {
                @if layer.name.is_empty() { "(no name)" } @else { (plain(&layer.name)) }
            } }
            td.number { (number(layer.changed)) " of " (number(layer.tensors)) }
            td.number { (size(layer.changed_bytes)) }
            td.number { (share(layer.changed_bytes, layer.bytes)) }
        }
    } };
    table("layers that differ", &["Layer", "Tensors", "Size", "Share"], &rows)
}

fn tensors(found: &TensorComparison, links: &Links) -> Markup {
    let rows = html! { @for tensor in &found.tensors { (row(tensor)) } };
    let wanted = &links.0;
    let differ = found.a.count.max(found.b.count);
    html! {
        h2 { "Tensors" @if let Some(layer) = &wanted.layer { " of " code { (plain(layer)) } }
            " (" (number(found.matching)) ")" }
        p.quiet { "Show: "
            (choice(links, None, "all that differ", None))
            @for (kind, name) in KINDS { @let count = of_kind(found, kind);
                @if count > 0 { " · " (choice(links, Some(kind), word(kind, name), Some(count))) } }
            @if wanted.layer.is_some() { " · " a href=(links.to(|wanted| wanted.layer = None)) { "all layers" } }
        }
        @if found.tensors.is_empty() {
            p.empty { @if differ == 0 {
                "Neither has a file whose header lists tensors. safetensors, GGUF, ONNX, PyTorch, NumPy and Keras files do."
            } @else { "None." } }
        } @else {
            (table("tensors", &["Name", "Change", "From", "To"], &rows))
        }
        @let from = wanted.from.unwrap_or(0);
        @if from > 0 || found.next.is_some() { p {
            @if from > 0 { a rel="prev" href=(links.to(|_| {})) { "First tensors" } " " }
            @if let Some(next) = found.next {
                a rel="next" href=(links.to(|wanted| wanted.from = Some(next))) { "Next tensors" }
            }
        } }
    }
}

fn choice(links: &Links, kind: Option<Kind>, name: &str, count: Option<u64>) -> Markup {
    let text = html! { (name) @if let Some(count) = count { " (" (number(count)) ")" } };
    html! {
        @if links.0.change == kind { strong { (text) } }
        @else { a href=(links.to(|wanted| wanted.change = kind)) { (text) } }
    }
}

fn row(tensor: &TensorChange) -> Markup {
    let name = |state: &Option<TensorState>| state.as_ref().map(|state| plain(&state.name));
    let (a, b) = (name(&tensor.a), name(&tensor.b));
    let renamed = a.is_some() && b.is_some() && a != b;
    html! {
        tr {
            th scope="row" { (a.as_deref().or(b.as_deref()).unwrap_or_default())
                @if renamed { br; "→ " (b.as_deref().unwrap_or_default()) } }
            td { (sign(tensor.change)) (what(tensor)) }
            td { (state(tensor.a.as_ref())) }
            td { (state(tensor.b.as_ref())) }
        }
    }
}

/// What of a tensor changed, in words.
fn what(tensor: &TensorChange) -> Markup {
    let (Some(a), Some(b)) = (&tensor.a, &tensor.b) else { return html! {} };
    let mut what = Vec::new();
    what.extend((a.dtype != b.dtype).then_some("type"));
    what.extend((a.shape != b.shape).then_some("shape"));
    let bytes =
        a.bytes != b.bytes || (a.digest.is_some() && b.digest.is_some() && a.digest != b.digest);
    what.extend((bytes && tensor.change == Kind::Changed).then_some("bytes"));
    what.extend((a.path != b.path).then_some("file"));
    html! { @if !what.is_empty() { br; span.quiet { (what.join(", ")) } } }
}

fn state(state: Option<&TensorState>) -> Markup {
    let Some(state) = state else { return html! { "–" } };
    html! {
        code { (plain(&state.dtype)) } " " (shape(&state.shape)) br;
        span.quiet { (size(state.bytes)) " · " (tensor_digest(state.digest.as_deref())) }
    }
}

/// The first digits of a tensor's digest, the whole of it as title.
pub(super) fn tensor_digest(digest: Option<&str>) -> Markup {
    html! {
        @if let Some(digest) = digest {
            code title=(digest) { (digest.get(..DIGEST_CHARS).unwrap_or(digest)) "…" }
        } @else { "not hashed" }
    }
}
