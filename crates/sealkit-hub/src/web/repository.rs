//! The versions of one kit.

use std::sync::Arc;

use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use maud::{Markup, html};
use sealkit_api::KitVersion;

use super::page::{Answer, page, table};
use super::text::{digest, kit_path, plain, reference, size, version_path};
use crate::api::{self, Paging};
use crate::hub::Shared;

/// `GET /kits/{name}`.
pub(super) async fn show(
    state: State<Arc<Shared>>,
    Path(name): Path<String>,
    paging: Result<Query<Paging>, QueryRejection>,
) -> Answer {
    let list = api::versions(state, Path(name), paging).await?.0;
    let name = &list.name;
    let body = html! {
        p.crumbs { a href="/" { "Kits" } " /" }
        h1 { (name) }
        p { a href=(super::history::path(name)) { "History" } ": who set which tag to what, and when." }
        (table("versions", &["Version", "Digest", "Size", "Type"], &rows(name, &list.versions)))
        @if let Some(next) = &list.next {
            p { a rel="next" href=(format!("{}?after={next}", kit_path(name))) { "Next versions" } }
        }
        @if list.versions.len() > 1 { (compare(name, &list.versions)) }
    };
    let twin = format!("/api/v1/kits/{}/versions", name.replace('/', "%2F"));
    Ok(page(name, Some(&twin), &body))
}

fn rows(name: &str, versions: &[KitVersion]) -> Markup {
    html! { @for version in versions {
        tr {
            // An index has no size, and no page: it is no kit by itself.
            th scope="row" {
                @if version.size.is_some() {
                    a href=(version_path(name, &version.tag)) { (version.tag) }
                } @else { (version.tag) }
                @if version.quarantine.is_some() { " " strong { "under quarantine" } }
            }
            td.digest { (digest(&version.digest)) }
            td.number { @if let Some(bytes) = version.size { (size(bytes)) } @else { "–" } }
            td.quiet { (plain(&version.media_type)) }
        }
    } }
}

fn compare(name: &str, versions: &[KitVersion]) -> Markup {
    let select = |side: &str, label: &str, chosen: usize| {
        html! {
            label { (label)
                select name=(side) { @for (at, version) in versions.iter().enumerate() {
                    option value=(reference(name, &version.tag)) selected[at == chosen] { (version.tag) }
                } }
            }
        }
    };
    html! {
        h2 { "Compare two versions" }
        form.row action="/compare" method="get" {
            (select("a", "From", versions.len().saturating_sub(2)))
            (select("b", "To", versions.len().saturating_sub(1)))
            button { "Compare" }
        }
    }
}
