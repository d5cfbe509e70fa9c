//! What needs attention among the kits, and what is new.

use std::sync::Arc;

use axum::extract::{Query, State};
use axum::http::Uri;
use maud::{Markup, html};
use sealkit_api::{Hit, QuarantineEntry, SearchResult};

use super::page::table;
use super::search::{signed, worst};
use super::text::{digest, kit_path, plain, size, version_path, when};
use crate::access::Caller;
use crate::api::Paging;
use crate::hub::Shared;
use crate::{HubError, catalog, quarantine};

/// Kits of one list; the rest is a link away.
const FEW: usize = 5;
const NEW: &str = "/api/v1/search?brief=1&limit=8";
const FOUND: &str = "/api/v1/search?brief=1&limit=5&findings=critical&findings=high";
const UNSIGNED: &str = "/api/v1/search?brief=1&limit=5&signer=nobody";

/// What needs attention and what is new, as the search and the list of quarantines say it; nothing where the hub
/// keeps neither.
pub(super) async fn news(state: State<Arc<Shared>>, caller: Caller) -> Result<Markup, HubError> {
    let held = match state.quarantine.clone() {
        Some(all) => {
            let paging = Ok(Query(Paging::default()));
            quarantine::list(State(all), caller.clone(), paging).await?.0.quarantine
        }
        None => Vec::new(),
    };
    if state.catalog.is_none() {
        return Ok(html! { @if !held.is_empty() { (attention(&held, None, None)) } });
    }
    let ask = async |address: &'static str| -> Result<SearchResult, HubError> {
        let uri = Uri::from_static(address);
        Ok(catalog::search(state.clone(), caller.clone(), uri).await?.0)
    };
    let (found, unsigned, new) = (ask(FOUND).await?, ask(UNSIGNED).await?, ask(NEW).await?);
    Ok(html! { @if !new.hits.is_empty() {
        (attention(&held, Some(&found), Some(&unsigned)))
        (newest(&new))
    } })
}

fn attention(
    held: &[QuarantineEntry],
    found: Option<&SearchResult>,
    unsigned: Option<&SearchResult>,
) -> Markup {
    let some = |list: Option<&SearchResult>| list.filter(|list| !list.hits.is_empty()).cloned();
    let (found, unsigned) = (some(found), some(unsigned));
    html! {
        h2 { "Needs attention" }
        @if held.is_empty() && found.is_none() && unsigned.is_none() {
            p.quiet { "Nothing: of the newest versions that you may read none is unsigned, has a serious finding or \
                is under quarantine. " a href="/help/marks" { "Why?" } }
        } @else {
            div.columns {
                @if !held.is_empty() { (quarantined(held)) }
                @if let Some(found) = found {
                    section.card aria-label="serious findings" {
                        h3 { a href="/search?findings=critical&findings=high" { "Serious findings" } }
                        (hits(&found, &|hit| worst(hit.findings)))
                    }
                }
                @if let Some(unsigned) = unsigned {
                    section.card aria-label="not signed" {
                        h3 { a href="/search?signer=nobody" { "Not signed by anyone this hub knows" } }
                        (hits(&unsigned, &|hit| html! { span.quiet { (pushed(hit)) } }))
                    }
                }
            }
        }
    }
}

fn quarantined(held: &[QuarantineEntry]) -> Markup {
    html! {
        section.card aria-label="under quarantine" {
            h3 { "Under quarantine" }
            ul.plain { @for one in held.iter().rev().take(FEW) {
                li {
                    @match &one.repository {
                        Some(name) => a href=(version_path(name, &one.digest.to_string())) { (name) },
                        None => (digest(&one.digest)),
                    }
                    " " span.quiet { (plain(&one.reason)) }
                }
            } }
            @if held.len() > FEW { p { a href="/api/v1/quarantine" { "All of them" } } }
        }
    }
}

fn hits(found: &SearchResult, more: &dyn Fn(&Hit) -> Markup) -> Markup {
    html! {
        ul.plain { @for hit in &found.hits { li { (name(hit)) " " (more(hit)) } } }
        @if found.more { p.quiet { "and more" } }
    }
}

/// The kit with its last tag.
fn name(hit: &Hit) -> Markup {
    let reference = hit.tags.last().cloned().unwrap_or_else(|| hit.digest.to_string());
    html! { a href=(version_path(&hit.repository, &reference)) { (hit.repository) }
    @if let Some(tag) = hit.tags.last() { " " span.tag { (tag) } } }
}

/// Its newest tags, each a way to the version.
pub(super) fn tags(hit: &Hit) -> Markup {
    html! { @for tag in hit.tags.iter().rev().take(3) {
        a.tag href=(version_path(&hit.repository, tag)) { (tag) } " "
    } }
}

/// When it came; nothing where nobody knows.
pub(super) fn pushed(hit: &Hit) -> Markup {
    html! { @if hit.pushed > 0 { (when(hit.pushed)) } @else { "–" } }
}

fn newest(found: &SearchResult) -> Markup {
    let rows = html! { @for hit in &found.hits {
        tr {
            th scope="row" { a href=(kit_path(&hit.repository)) { (hit.repository) } }
            td { (tags(hit)) }
            td { (pushed(hit)) }
            td.number { (size(hit.size)) }
            td { (signed(hit)) br; (worst(hit.findings)) }
        }
    } };
    html! {
        h2 { "New" }
        (table("new kits", &["Kit", "Tags", "Pushed", "Size", "Marks"], &rows))
        p.quiet { "A mark says what this hub found when it looked. " a href="/help/marks" { "Why?" } }
    }
}
