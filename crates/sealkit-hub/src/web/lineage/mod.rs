//! Lineage: what a version came from and what came from it, as a picture and as tables.

pub(super) mod svg;

use std::sync::Arc;

use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::http::HeaderMap;
use maud::{Markup, html};
use sealkit_api::{KitLineage, LineageEdge, LineageNode};
use sealkit_report::Known;

use super::kit::{head, hold, twin};
use super::page::{Answer, marked, page, table};
use super::text::{command, host, joined, number, plain, reference, version_path};
use crate::access::Caller;
use crate::hub::Shared;
use crate::lineage::{self, DEPTH, Detail, Direction, LineageQuery, MAX_DEPTH};

/// Ties that the page lists; the API gives all.
const MAX_ROWS: usize = 500;

/// `GET /kits/{name}/{reference}/lineage?direction=&depth=&view=`.
pub(super) async fn show(
    state: State<Arc<Shared>>,
    caller: Caller,
    Path((name, asked)): Path<(String, String)>,
    query: Result<Query<LineageQuery>, QueryRejection>,
    headers: HeaderMap,
) -> Answer {
    if state.catalog.is_none() {
        return Ok(super::search::no_catalogue("Lineage"));
    }
    let wanted = query.as_ref().map(|Query(query)| *query).unwrap_or_default();
    let at = Path((name, asked.clone()));
    let found = lineage::show(State(Arc::clone(&state)), caller, at, query).await?.0;
    let held = hold(&state, &found.name, &found.digest).await?;
    let links = Links { path: format!("{}/lineage", version_path(&found.name, &asked)), wanted };
    let pinned = format!("{}/{}@{}", host(&headers), found.name, found.digest);
    let body = html! {
        (head(&found.name, &asked, "Lineage"))
        (held)
        (choices(&links))
        (notes(&found))
        @if found.edges.is_empty() { (nothing(&found)) } @else {
            (weakest(&found))
            (legend())
            (svg::draw(&found, "lineage"))
            (ties(&found))
        }
        h2 { "Prove it yourself" }
        p.quiet { "Along verified statements, under your own trust:" }
        (command(&format!("sealkit lineage --remote {pinned}")))
        p.quiet { "Everything on this hub that comes from this version:" }
        (command(&format!("sealkit impact kit:{}@{} --hub {}", found.name, found.digest, host(&headers))))
    };
    let title = format!("Lineage of {}", reference(&found.name, &asked));
    let twin = twin(&found.name, &asked, &format!("/lineage{}", as_query(&links.wanted)));
    Ok(page(&title, Some(&twin), &body))
}

/// Addresses of this page with other choices.
struct Links {
    path: String,
    wanted: LineageQuery,
}

impl Links {
    fn to(&self, change: impl FnOnce(&mut LineageQuery)) -> String {
        let mut wanted = self.wanted;
        change(&mut wanted);
        format!("{}{}", self.path, as_query(&wanted))
    }
}

/// The choices as a query; what is meant anyway is left out.
fn as_query(wanted: &LineageQuery) -> String {
    let mut parts = Vec::new();
    match wanted.direction {
        Direction::Both => {}
        Direction::Up => parts.push("direction=up".to_owned()),
        Direction::Down => parts.push("direction=down".to_owned()),
    }
    if wanted.view == Detail::Full {
        parts.push("view=full".to_owned());
    }
    parts
        .extend(wanted.depth.filter(|depth| *depth != DEPTH).map(|depth| format!("depth={depth}")));
    parts.extend(wanted.limit.map(|limit| format!("limit={limit}")));
    joined(&parts)
}

fn choices(links: &Links) -> Markup {
    let wanted = &links.wanted;
    let depth = wanted.depth.unwrap_or(DEPTH).min(MAX_DEPTH);
    let ways = [
        (Direction::Both, "both ways"),
        (Direction::Up, "what it came from"),
        (Direction::Down, "what came from it"),
    ];
    let views = [(Detail::Compact, "compact"), (Detail::Full, "full")];
    let choice = |is_chosen: bool, address: String, text: &str| {
        html! { li { a href=(address) aria-current=[is_chosen.then_some("true")] { (text) } } }
    };
    html! {
        nav aria-label="what is shown" { ul.filters {
            @for (way, text) in ways { (choice(way == wanted.direction, links.to(|wanted| wanted.direction = way), text)) }
            li.quiet aria-hidden="true" { "·" }
            @for (view, text) in views { (choice(view == wanted.view, links.to(|wanted| wanted.view = view), text)) }
            li.quiet { "· depth " (depth) }
            @if depth > 1 { (choice(false, links.to(|wanted| wanted.depth = Some(depth - 1)), "less")) }
            @if depth < MAX_DEPTH { (choice(false, links.to(|wanted| wanted.depth = Some(depth + 1)), "more")) }
        } }
    }
}

fn notes(found: &KitLineage) -> Markup {
    html! {
        @if !found.inspected { p.note { "The hub has not looked at this version yet." } }
        @if found.waiting > 0 { p.note { (number(found.waiting)) " versions are not looked at yet and may belong here too." } }
        @if found.more { p.note { "There is more than is shown: a limit was met." } }
        @if found.circular { p.note { strong { "It goes in a circle: " } "something is said to come from itself, so somebody's word in it is wrong." } }
        @if found.trust_changed { p.note { "The hub's trust file has changed since some of this was looked at. What was attested then counts as declared until the hub \
            has looked at it again." } }
    }
}

fn nothing(found: &KitLineage) -> Markup {
    html! {
        p.empty {
            @if found.inspected {
                "No base model, no training data and no descendant is known. A model card's " code { "base_model" } " and " code { "datasets" }
                " declare them; " code { "sealkit record" } " and " code { "sealkit attest --type lineage" } " attest them."
            } @else { "Nothing is known yet." }
        }
    }
}

/// What to mend first.
fn weakest(found: &KitLineage) -> Markup {
    let edge = found.weakest.and_then(|at| found.edges.get(at));
    html! {
        @match edge {
            Some(edge) => { p { strong { "Weakest link: " } (ends(found, edge)) " – " (known(edge.known))
                @if !edge.source.is_empty() { ", by " (plain(&edge.source)) } ". "
                a href="/help/marks#lineage" { "Why?" } } }
            None => { p { strong { "Every tie that is shown is attested or measured. " } a href="/help/marks#lineage" { "Why?" } } }
        }
    }
}

fn ends(found: &KitLineage, edge: &LineageEdge) -> Markup {
    let name = |at: usize| found.nodes.get(at).map(title).unwrap_or_default();
    html! { code { (plain(&name(edge.from))) } " " (relation(edge)) " " code { (plain(&name(edge.to))) } }
}

fn legend() -> Markup {
    html! {
        p.legend.quiet { @for one in [Known::Measured, Known::Attested, Known::Declared, Known::Inferred] {
            (known(one)) " " (meaning(one)) " "
        } }
    }
}

fn meaning(known: Known) -> &'static str {
    match known {
        Known::Measured => "the bytes say so;",
        Known::Attested => "a verified statement says so;",
        Known::Declared => "a file says so;",
        Known::Inferred => "a rule concluded it.",
    }
}

/// How something is known, by its shape, its colour and its name.
pub(super) fn known(known: Known) -> Markup {
    let (class, sign) = shape(known);
    marked(&format!("mark {class}"), sign, known.name())
}

fn shape(known: Known) -> (&'static str, &'static str) {
    match known {
        Known::Measured => ("yes", "■"),
        Known::Attested => ("yes", "✓"),
        Known::Declared => ("unknown", "◇"),
        Known::Inferred => ("no", "?"),
    }
}

pub(super) fn relation(edge: &LineageEdge) -> String {
    let words = edge.relation.replace('-', " ");
    match &edge.role {
        Some(role) => format!("{words} ({})", plain(role)),
        None => words,
    }
}

/// What a node is called.
fn title(node: &LineageNode) -> String {
    // A digest is shown beside the name anyway.
    let is_shown = |version: &&str| !node.name.ends_with(version) && !version.contains(':');
    let version = node.version.as_deref().filter(is_shown);
    let is_kit = node.kind == "kit";
    match version {
        Some(version) if is_kit => format!("{}:{version}", node.name),
        Some(version) => format!("{}@{version}", node.name),
        None => node.name.clone(),
    }
}

/// The page of the version that a node is; none where the hub holds none.
fn link(node: &LineageNode) -> Option<String> {
    let kit = node.kits.first()?;
    let asked = kit.tags.last().cloned().unwrap_or_else(|| kit.digest.to_string());
    Some(format!("{}/lineage", version_path(&kit.repository, &asked)))
}

/// The table twin of the picture.
fn ties(found: &KitLineage) -> Markup {
    let rest = found.edges.len().saturating_sub(MAX_ROWS);
    let cell = |at: usize| {
        html! { @if let Some(node) = found.nodes.get(at) {
            @match link(node) {
                Some(link) if at != 0 => { a href=(link) { (plain(&title(node))) } }
                _ => { (plain(&title(node))) }
            }
            br; span.quiet { (plain(&node.kind.replace('-', " "))) @if let Some(digest) = &node.digest { " " (short(digest)) } }
        } }
    };
    let rows = html! { @for edge in found.edges.iter().take(MAX_ROWS) { tr {
        th scope="row" { (cell(edge.from)) }
        td { (relation(edge)) }
        td { (cell(edge.to)) }
        td { (known(edge.known)) @if !edge.source.is_empty() { br; span.quiet { (plain(&edge.source)) } } }
    } } };
    html! {
        h2 { "As a table" }
        (table("ties", &["What", "Tie", "Came from", "Known"], &rows))
        @if rest > 0 { p.note { (number(rest as u64)) " more ties are in the JSON." } }
    }
}

fn short(digest: &str) -> String {
    plain(&super::text::short(digest))
}
