//! What became of the versions of a kit, with the entry of the log that proves each act.

use std::collections::HashMap;
use std::sync::Arc;

use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::http::HeaderMap;
use maud::{Markup, html};
use sealkit_api::{KitAct, KitHistory, PullCount};
use sealkit_attest::Timestamp;
use sealkit_oci::Digest;

use super::page::{Answer, Head, page_with, table};
use super::text::{command, digest, host, kit_path, number, plain, query, version_path, when};
use crate::history::{self, Asked};
use crate::hub::Shared;
use crate::names::segment;
use crate::{HubError, api, events};

/// The pulls of each manifest; none where the hub counts none.
pub(super) type Pulls = Option<HashMap<Digest, PullCount>>;

/// The page of a kit's history. No tag begins with `-`, so that it hides none.
pub(super) fn path(name: &str) -> String {
    format!("{}/-/history", kit_path(name))
}

/// The path of its feed; none where the hub keeps no log.
pub(super) fn feed(shared: &Shared, name: &str) -> Option<String> {
    shared.log.as_ref()?;
    Some(format!("/api/v1/kits/{}/history.atom", segment(name)))
}

/// `GET /kits/{name}/-/history?tag=&before=`.
pub(super) async fn show(
    state: State<Arc<Shared>>,
    Path(name): Path<String>,
    headers: HeaderMap,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Answer {
    let tag = asked.as_ref().ok().and_then(|asked| asked.tag.clone()).unwrap_or_default();
    let pulls = pulls(&state, &name).await?;
    let found = match history::show(state.clone(), Path(name.clone()), asked).await {
        Ok(found) => Some(found.0),
        Err(HubError::NotLogged) => None,
        Err(error) => return Err(error.into()),
    };
    if found.is_none() && tag.is_empty() {
        // A kit that is not there has no history either.
        let _ = api::versions(state.clone(), Path(name.clone()), Ok(Query(api::Paging::default())))
            .await?;
    }
    let body = html! {
        p.crumbs { a href="/" { "Kits" } " / " a href=(kit_path(&name)) { (name) } " /" }
        h1 { "History" }
        p { "What the transparency log of this hub says of the versions of this kit. Each act is an entry that \
             nobody, the hub included, can change or leave out unseen. "
            a href="/help/marks#log" { "Why?" } }
        (form(&name, &tag))
        @match &found {
            Some(found) => (acts(found, pulls.as_ref(), &tag)),
            None => p.empty { "Nothing is in the log" @if !tag.is_empty() { " about this tag" }
                ". Every push, tag and deletion from now on will be." },
        }
        h2 { "Check it yourself" }
        p.quiet { "Holds the log against what you saw of it before: a history that was changed is found." }
        (command(&format!("sealkit log verify {}", host(&headers))))
    };
    let twin = format!("/api/v1/kits/{}/history?tag={}", segment(&name), query(&tag));
    let feed = feed(&state, &name);
    let twin = found.is_some().then_some(twin.as_str());
    let head = Head { twin, feed: feed.as_deref(), ..Head::default() };
    Ok(page_with(&format!("History of {name}"), head, &body))
}

pub(super) async fn pulls(shared: &Shared, name: &str) -> Result<Pulls, HubError> {
    let Some(events) = shared.events.clone() else { return Ok(None) };
    let counted = events::pulls(State(events), Path(name.to_owned())).await?.0;
    Ok(Some(counted.pulls.into_iter().map(|one| (one.digest.clone(), one)).collect()))
}

fn form(name: &str, tag: &str) -> Markup {
    html! {
        form.row action=(path(name)) method="get" {
            label { "Tag"
                input type="search" name="tag" value=(tag) autocomplete="off" spellcheck="false"
                    placeholder="v1"; }
            button { "Show its history" }
        }
    }
}

fn acts(found: &KitHistory, pulls: Option<&HashMap<Digest, PullCount>>, tag: &str) -> Markup {
    let rows = html! { @for one in &found.acts { (row(&found.name, one, pulls)) } };
    let columns = ["When", "What", "Version", "Pulls", "By", "Entry"];
    html! {
        (table("history", &columns, &rows))
        @if let Some(next) = found.next {
            p { a rel="next" href=(format!("{}?tag={}&before={next}", path(&found.name), query(tag))) {
                "Earlier"
            } }
        }
    }
}

fn row(name: &str, one: &KitAct, pulls: Option<&HashMap<Digest, PullCount>>) -> Markup {
    let pulled = one.digest.as_ref().and_then(|digest| pulls?.get(digest));
    html! {
        tr {
            th scope="row" { (when(one.time)) }
            td.wide { (what(one))
                @if one.immutable { " " span.tag title="the rules of this hub keep this tag where it is" {
                    "stays"
                } }
            }
            td.digest { @match &one.digest {
                Some(now) => a href=(version_path(name, &now.to_string())) { (digest(now)) },
                None => "–",
            }
                @if let Some(old) = &one.old { br; span.quiet { "was " }
                    a href=(version_path(name, &old.to_string())) { (digest(old)) } }
            }
            td.number { @match (pulls, pulled) {
                (None, _) => "–",
                (_, None) => "0",
                (_, Some(pulled)) => span title={ "last " (Timestamp::shown(pulled.last)) } { (number(pulled.count)) },
            } }
            td { (plain(&one.actor)) }
            td.number { a href=(format!("/api/v1/log/proof?index={}", one.index)) title="the entry and its proof" {
                "#" (one.index)
            } }
        }
    }
}

/// The act in words.
fn what(one: &KitAct) -> Markup {
    let tag = html! { @if let Some(tag) = &one.tag { code { (plain(tag)) } } };
    match (one.act.as_str(), &one.old, one.outcome.as_deref()) {
        ("tag", None, _) => html! { (tag) " set" },
        ("tag", Some(_), _) => html! { (tag) " " strong { "moved" } },
        ("untag", ..) => html! { (tag) " " strong { "removed" } },
        ("delete", ..) => html! { strong { "deleted" } },
        ("verdict", _, Some("allow")) => html! { "a policy allowed it" },
        ("verdict", _, Some("deny")) => html! { strong { "a policy denied it" } },
        ("verdict", ..) => html! { strong { "a policy could not tell" } },
        ("quarantine", ..) => html! { strong { "put under quarantine" } },
        ("quarantine-lifted", ..) => html! { "released from quarantine" },
        ("advisory", ..) => html! { "an advisory was attached" },
        (other, ..) => html! { (plain(other)) },
    }
}
