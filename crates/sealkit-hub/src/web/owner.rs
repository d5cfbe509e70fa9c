//! An owner or a project: the kits below a prefix of names, and for administrators its rules and tokens.

use std::collections::HashMap;
use std::sync::Arc;

use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::http::HeaderMap;
use maud::{Markup, html};
use sealkit_api::{Hit, OwnerDetail};
use sealkit_ops::catalog::index::{Search, Visible};

use super::admin::{rules, token_rows};
use super::news::{pushed, tags};
use super::page::{Answer, page, table};
use super::search::{signed, worst};
use super::text::{command, host, kit_path, query, size};
use crate::access::Caller;
use crate::api::Paging;
use crate::hub::Shared;
use crate::names::segment;
use crate::{HubError, owners};

/// The page of an owner.
pub(super) fn path(owner: &str) -> String {
    format!("{}/", kit_path(owner))
}

/// `GET /kits/{owner}/?after=`.
pub(super) async fn show(
    state: State<Arc<Shared>>,
    caller: Caller,
    Path(name): Path<String>,
    headers: HeaderMap,
    paging: Result<Query<Paging>, QueryRejection>,
) -> Answer {
    let found = owners::show(state.clone(), caller, Path(name), paging).await?.0;
    let known = known(&state, &found).await?;
    let name = &found.name;
    let body = html! {
        p.crumbs { a href="/" { "Kits" } " /"
            @if let Some((above, _)) = name.rsplit_once('/') { " " a href=(path(above)) { (above) } " /" } }
        h1 { (name) }
        p { "The kits whose names begin with " code { (name) "/" } " that you may read. "
            a href=(format!("/search?below={}", query(name))) { "Search in them" } " · "
            a href="/policy" { "Policies" } }
        (kits(&found, &known))
        @if let Some(next) = &found.next {
            p { a rel="next" href=(format!("{}?after={next}", path(name))) { "Next kits" } }
        }
        @if let Some(all) = &found.rules { h2 { "Rules and quotas" } (rules(all)) }
        @if let Some(all) = &found.tokens {
            h2 { "Tokens that reach it" }
            @if all.is_empty() { p.empty { "None: this hub asks nobody for one, or none holds." } } @else {
                (table("tokens", &["User", "Allows", "Made", "Last used", "State", "Act"], &token_rows(all)))
            }
        }
        h2 { "Push a kit here" }
        (command(&format!("sealkit seal . -t {0}/{name}/KIT:v1 && sealkit push {0}/{name}/KIT:v1", host(&headers))))
    };
    let twin = format!("/api/v1/owners/{}", segment(name));
    Ok(page(name, Some(&twin), &body))
}

/// The newest version of each kit of the page, as the search has it; nothing where the hub keeps no catalogue.
async fn known(shared: &Shared, found: &OwnerDetail) -> Result<HashMap<String, Hit>, HubError> {
    let Some(catalog) = &shared.catalog else { return Ok(HashMap::new()) };
    // Those names and no others, which are cut to the caller already: a search below the owner would give the newest.
    let names = found.kits.iter().map(|kit| Visible::Only(kit.name.clone()));
    let (visible, limit) = (Some(names.collect()), found.kits.len());
    let search = Search { visible, limit, brief: true, ..Search::default() };
    let hits = catalog.ask(move |catalog| catalog.search(&search)).await?.hits;
    Ok(hits.into_iter().map(|hit| (hit.repository.clone(), hit)).collect())
}

fn kits(found: &OwnerDetail, known: &HashMap<String, Hit>) -> Markup {
    let rows = html! { @for kit in &found.kits {
        tr {
            th scope="row" { a href=(kit_path(&kit.name)) { (kit.name) } }
            @match known.get(&kit.name) {
                Some(hit) => {
                    td { (tags(hit)) }
                    td { (pushed(hit)) }
                    td.number { (size(hit.size)) }
                    td { (signed(hit)) br; (worst(hit.findings)) }
                }
                None => { td { "–" } td { "–" } td.number { "–" } td.quiet { "not looked at yet" } }
            }
        }
    } };
    html! {
        @if known.is_empty() {
            (table("kits", &["Name"], &html! { @for kit in &found.kits {
                tr { th scope="row" { a href=(kit_path(&kit.name)) { (kit.name) } } }
            } }))
        } @else {
            (table("kits", &["Kit", "Tags", "Pushed", "Size", "Marks"], &rows))
            p.quiet { "A mark says what this hub found when it looked. " a href="/help/marks" { "Why?" } }
        }
    }
}
