//! The versions of one kit.

use std::collections::HashMap;
use std::sync::Arc;

use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::http::HeaderMap;
use maud::{Markup, html};
use sealkit_api::{KitAct, KitVersion};

use super::history::{Pulls, pulls};
use super::page::{Answer, Head, page_with, table};
use super::text::{
    command, digest, host, kit_path, number, plain, query, reference, size, version_path, when,
};
use crate::HubError;
use crate::access::{Caller, Level};
use crate::api::{self, Paging};
use crate::history;
use crate::hub::Shared;
use crate::names::segment;

/// Who set each tag to what it is now, as far as the newest acts in the log say.
type Setters = HashMap<String, KitAct>;

/// `GET /kits/{name}`.
pub(super) async fn show(
    state: State<Arc<Shared>>,
    caller: Caller,
    Path(name): Path<String>,
    headers: HeaderMap,
    paging: Result<Query<Paging>, QueryRejection>,
) -> Answer {
    let list = api::versions(state.clone(), Path(name), paging).await?.0;
    let name = &list.name;
    let told = Told {
        name,
        setters: setters(state.clone(), name).await?,
        pulls: pulls(&state, name).await?,
        may_delete: caller.may(Level::Admin, name),
    };
    let owner = name.split_once('/').map(|(owner, _)| owner);
    let body = html! {
        p.crumbs { a href="/" { "Kits" } " / "
            @if let Some(owner) = owner { a href=(super::owner::path(owner)) { (owner) } " /" } }
        h1 { (name) }
        p { a href=(super::history::path(name)) { "History" } ": who set which tag to what, and when, with the tags that are gone." }
        (table("versions", &told.columns(), &told.rows(&list.versions)))
        @if let Some(next) = &list.next {
            p { a rel="next" href=(format!("{}?after={next}", kit_path(name))) { "Next versions" } }
        }
        @if list.versions.len() > 1 { (compare(name, &list.versions)) }
        h2 { "Push another version" }
        (command(&format!("sealkit seal . -t {0}/{name}:TAG && sealkit push {0}/{name}:TAG", host(&headers))))
    };
    let twin = format!("/api/v1/kits/{}/versions", segment(name));
    let feed = super::history::feed(&state, name);
    let head = Head { twin: Some(&twin), feed: feed.as_deref(), ..Head::default() };
    Ok(page_with(name, head, &body))
}

/// The newest act on each tag; nothing where the hub keeps no log.
async fn setters(state: State<Arc<Shared>>, name: &str) -> Result<Option<Setters>, HubError> {
    if state.log.is_none() {
        return Ok(None);
    }
    let asked = Ok(Query(history::Asked::default()));
    let acts = match history::show(state, Path(name.to_owned()), asked).await {
        Ok(found) => found.0.acts,
        Err(HubError::NotLogged) => Vec::new(),
        Err(error) => return Err(error),
    };
    let mut setters = Setters::new();
    for act in acts.into_iter().filter(|act| act.act == "tag") {
        if let Some(tag) = act.tag.clone() {
            // The newest comes first.
            setters.entry(tag).or_insert(act);
        }
    }
    Ok(Some(setters))
}

/// What is told of versions besides what they are.
struct Told<'a> {
    name: &'a str,
    setters: Option<Setters>,
    pulls: Pulls,
    may_delete: bool,
}

impl Told<'_> {
    fn columns(&self) -> Vec<&'static str> {
        let mut columns = vec!["Version", "Digest", "Size"];
        columns.extend(self.setters.as_ref().map(|_| "Set"));
        columns.extend(self.pulls.as_ref().map(|_| "Pulls"));
        columns.extend(self.may_delete.then_some("Act"));
        columns
    }

    fn rows(&self, versions: &[KitVersion]) -> Markup {
        html! { @for version in versions {
            tr {
                (self.version(version))
                td.digest { (digest(&version.digest)) }
                td.number { @if let Some(bytes) = version.size { (size(bytes)) } @else { "–" } }
                @if let Some(setters) = &self.setters { td.wide { (self.set(version, setters)) } }
                @if let Some(pulls) = &self.pulls {
                    td.number { (number(pulls.get(&version.digest).map_or(0, |pulled| pulled.count))) }
                }
                @if self.may_delete {
                    td { a href=(super::delete::path(self.name, &version.tag)) { "Delete… " span.hidden { (version.tag) } } }
                }
            }
        } }
    }

    fn version(&self, version: &KitVersion) -> Markup {
        html! {
            // An index has no size, and no page: it is no kit by itself.
            th scope="row" {
                @if version.size.is_some() {
                    a href=(version_path(self.name, &version.tag)) { (version.tag) }
                } @else { (version.tag) " " span.quiet { (plain(&version.media_type)) } }
                @if version.quarantine.is_some() { br; span.mark.no { "✗ under quarantine" } }
            }
        }
    }

    /// By whom and when the tag was set, and what it pointed at before.
    fn set(&self, version: &KitVersion, setters: &Setters) -> Markup {
        let act =
            setters.get(&version.tag).filter(|act| act.digest.as_ref() == Some(&version.digest));
        let of_tag = format!("{}?tag={}", super::history::path(self.name), query(&version.tag));
        html! { @match act {
            None => a href=(of_tag) { "see its history" },
            Some(act) => {
                (when(act.time)) @if !act.actor.is_empty() { " by " (plain(&act.actor)) }
                @if act.immutable { " " span.tag title="the rules of this hub keep this tag where it is" { "stays" } }
                @if let Some(old) = &act.old { br; span.quiet { "moved, was " } a href=(version_path(self.name, &old.to_string())) { (digest(old)) } }
            }
        } }
    }
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
