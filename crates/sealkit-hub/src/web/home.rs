//! The first page: what needs attention, what is new, the kits, and how to push one.

use std::sync::Arc;

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Redirect};
use maud::{Markup, html};
use serde::Deserialize;

use super::news;
use super::page::{Answer, page, table};
use super::text::{command, host, kit_path, version_path};
use crate::HubError;
use crate::access::Caller;
use crate::api::{self, Paging};
use crate::hub::Shared;
use crate::references::{is_name, split_reference};

/// `GET /`.
pub(super) async fn show(
    state: State<Arc<Shared>>,
    caller: Caller,
    headers: HeaderMap,
    paging: Result<Query<Paging>, QueryRejection>,
) -> Answer {
    let is_first = paging.as_ref().is_ok_and(|paging| paging.is_first());
    let list = api::kits(state.clone(), caller.clone(), paging).await?.0;
    let news = if is_first {
        news::news(state, caller).await?
    } else {
        html! {}
    };
    let rows = html! { @for kit in &list.kits {
        tr { th scope="row" { a href=(kit_path(&kit.name)) { (kit.name) } } }
    } };
    let body = html! {
        h1 { "Kits" }
        (super::search::field(""))
        (finder())
        (news)
        @if is_first && !list.kits.is_empty() { h2 { "All kits" } }
        @if list.kits.is_empty() {
            p.empty { "No kit is here yet. Push the first one with the commands below." }
        } @else {
            (table("kits", &["Name"], &rows))
        }
        @if let Some(next) = &list.next {
            p { a rel="next" href=(format!("/?after={next}")) { "Next kits" } }
        }
        (how_to_push(&host(&headers)))
    };
    Ok(page("Kits", Some("/api/v1/kits"), &body))
}

fn finder() -> Markup {
    html! {
        form.row action="/open" method="get" role="search" {
            label { span { "Open a kit by name, " code { "name:tag" } " or " code { "name@digest" } }
                input type="search" name="reference" required autocomplete="off" spellcheck="false"; }
            button { "Open" }
        }
    }
}

fn how_to_push(host: &str) -> Markup {
    html! {
        h2 { "Push a kit to this hub" }
        p.quiet { "In the folder of the project: pack, seal and push. Any OCI client can pull it." }
        (command(&format!("sealkit seal . -t {host}/my-model:v1")))
        (command(&format!("sealkit push {host}/my-model:v1")))
    }
}

/// What was typed into the field.
#[derive(Deserialize)]
pub(super) struct Wanted {
    reference: String,
}

/// `GET /open?reference=`: leads to the page of a kit or of a version.
pub(super) async fn open(wanted: Result<Query<Wanted>, QueryRejection>) -> Answer {
    let Query(wanted) = wanted.map_err(|_| HubError::Query("reference"))?;
    let typed = wanted.reference.trim();
    // Both are checked names, so that the path is one of this hub.
    let path = if is_name(typed) {
        kit_path(typed)
    } else {
        let (name, target) = split_reference(typed)?;
        version_path(&name, &target.to_string())
    };
    Ok(Redirect::to(&path).into_response())
}
