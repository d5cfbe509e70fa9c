//! Putting a version under quarantine and releasing it, by who administers its repository: a page that names what
//! follows, and one button on it.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, Uri};
use axum::response::{IntoResponse as _, Redirect};
use maud::{Markup, html};
use sealkit_api::{Impact, QuarantineEntry, QuarantineRequest};
use sealkit_oci::Digest;
use sealkit_ops::catalog::index::Question;

use super::page::{Answer, page};
use super::text::{command, digest, host, kit_path, number, plain, query, time_of, version_path};
use crate::access::Caller;
use crate::api;
use crate::catalog::{self, parameters};
use crate::hub::Shared;
use crate::names::segment;
use crate::{HubError, Quarantine, events, quarantine};

/// Most other versions that are named; the page of the impact has all.
const MAX_OTHERS: usize = 50;

/// The page that acts on a version.
pub(super) fn path(name: &str, reference: &str) -> String {
    format!("{}/quarantine", version_path(name, reference))
}

/// What refers to a version, so that it is named before the version is no longer given out.
pub(super) struct Follows {
    /// Tags that point at it.
    pub(super) tags: Vec<String>,
    /// Whether there may be more of them.
    pub(super) more_tags: bool,
    /// How often it was pulled; none where nobody counts.
    pulls: Option<u64>,
}

impl Follows {
    /// How often it was pulled, in brackets; nothing where nobody counts.
    pub(super) fn pulled(&self) -> Markup {
        html! { @match self.pulls {
            None => {},
            Some(0) => " (nobody pulled it so far)",
            Some(1) => " (it was pulled once)",
            Some(more) => { " (it was pulled " (number(more)) " times)" },
        } }
    }
}

/// `GET /kits/{name}/{reference}/quarantine?reason=`.
pub(super) async fn show(
    state: State<Arc<Shared>>,
    caller: Caller,
    Path((name, asked)): Path<(String, String)>,
    headers: HeaderMap,
    uri: Uri,
) -> Answer {
    let Some(_) = &state.quarantine else { return Ok(none()) };
    let detail = api::detail(state.clone(), Path((name.clone(), asked))).await?.0;
    let pinned = detail.digest.to_string();
    let reason = parameters(&uri).into_iter().find(|(name, _)| name == "reason");
    let reason = reason.map(|(_, value)| value).unwrap_or_default();
    let act = match &detail.quarantine {
        Some(held) => release(&name, &pinned, held, &host(&headers)),
        None => place(&name, &pinned, &reason, &follows(&state, &name, &detail.digest).await?),
    };
    let others = others(&state, &caller, (&name, &detail.digest)).await?;
    let reference = format!("{}/{name}@{pinned}", host(&headers));
    let (title, flag) = match &detail.quarantine {
        Some(_) => ("Release from quarantine", "--lift"),
        None => ("Put under quarantine", "--reason '…'"),
    };
    let body = html! {
        p.crumbs { a href="/" { "Kits" } " / " a href=(kit_path(&name)) { (name) } " / "
            a href=(version_path(&name, &pinned)) { (digest(&detail.digest)) } " /" }
        h1 { (title) }
        (act)
        @if let Some(others) = &others { (concerned(others, &pinned)) }
        h2 { "The same without a browser" }
        (command(&format!("sealkit quarantine {reference} {flag}")))
    };
    let twin = format!("/api/v1/quarantine/{}/{pinned}", segment(&name));
    Ok(page(title, detail.quarantine.as_ref().map(|_| twin.as_str()), &body))
}

fn none() -> axum::response::Response {
    let body = html! {
        h1 { "Quarantine" }
        p.empty { "This hub has no storage of its own and puts nothing under quarantine. One that has does:" }
        (command("sealkit hub --data ./hub"))
    };
    page("Quarantine", None, &body)
}

pub(super) async fn follows(
    shared: &Shared,
    name: &str,
    kit: &Digest,
) -> Result<Follows, HubError> {
    let pulls = match shared.events.clone() {
        Some(events) => {
            let counted = events::pulls(State(events), Path(name.to_owned())).await?.0.pulls;
            let own = counted.iter().find(|one| one.digest == *kit);
            Some(own.map_or(0, |one| one.count))
        }
        None => None,
    };
    // A version that lost its last tag meanwhile is put under quarantine all the same.
    let (tags, more_tags) = api::tags_at(shared, name, kit).await?;
    Ok(Follows { tags, more_tags, pulls })
}

/// Other versions that are this one or descend from it, of those that the caller may read; none where the hub looks into
/// no kit.
async fn others(
    shared: &Shared,
    caller: &Caller,
    (name, digest): (&str, &Digest),
) -> Result<Option<Impact>, HubError> {
    if shared.catalog.is_none() {
        return Ok(None);
    }
    let mut found = catalog::concerned(shared, caller, Question::Digest(digest.clone())).await?;
    found.affected.retain(|one| one.repository != name || one.digest != *digest);
    Ok(Some(found))
}

/// What descends from it, by name: it is not put under quarantine with it.
fn concerned(others: &Impact, pinned: &str) -> Markup {
    let all = others.affected.len();
    html! {
        h2 { "What descends from it" }
        @if all == 0 { p { "No other version that you may read is it or descends from it." } }
        @else {
            p { (number(all as u64)) " other versions are it or descend from it. A quarantine is for one version: they can \
                be pulled until they have their own." }
            ul { @for one in others.affected.iter().take(MAX_OTHERS) {
                @let own = one.digest.to_string();
                li { a href=(path(&one.repository, &own)) { (plain(&one.repository)) } " "
                    @for tag in one.tags.iter().rev().take(3) { span.tag { (plain(tag)) } " " }
                    (digest(&one.digest)) @if !one.certain { " " span.quiet { "not certain" } } }
            } }
        }
        @if others.waiting > 0 || others.more { p.note { "There may be more: not every version was looked at." } }
        p { a href=(format!("/impact?of={}", query(pinned))) { "All of them, with the path that proves each" } }
    }
}

fn place(name: &str, pinned: &str, reason: &str, follows: &Follows) -> Markup {
    html! {
        p { "From then on, and until it is released:" }
        ul {
            li { "pulls of it are refused, by digest" @for tag in &follows.tags { ", by " code { (tag) } }
                @if follows.more_tags { ", and by tags that were not looked through, if they point at it" }
                ": builds and deployments that pull it fail"
                (follows.pulled()) ";" }
            li { "its files and previews here are refused, and no further tag can be set to it;" }
            li { "its tags stay, and signatures, AIBOMs and advisories stay readable;" }
            li { "everybody who asks is told the reason, and the act is in the log." }
        }
        form.row action=(path(name, pinned)) method="post" {
            input type="hidden" name="act" value="place";
            label { "Reason, one line that everybody sees"
                input type="text" name="reason" value=(reason) required maxlength="1024" autocomplete="off"
                    placeholder="trained on leaked data"; }
            button.danger { "Put under quarantine" }
        }
    }
}

fn release(name: &str, pinned: &str, held: &QuarantineEntry, host: &str) -> Markup {
    html! {
        p.note { strong { "Under quarantine" } " since " (time_of(&held.since)) ", placed by " (plain(&held.by)) ": "
            (plain(&held.reason)) }
        @if held.repository.is_none() {
            p { "It holds in every repository, and is lifted there by an administrator of all:" }
            (command(&format!("sealkit quarantine {} --lift --hub {host}", held.digest)))
        } @else if held.digest.to_string() != pinned {
            p { "It was placed on the index that alone holds this version, and is lifted there: "
                a href=(path(name, &held.digest.to_string())) { (digest(&held.digest)) } }
        } @else {
            p { "Released, it can be pulled again by whoever may read the repository." }
            form.row action=(path(name, pinned)) method="post" {
                input type="hidden" name="act" value="lift";
                button { "Release" }
            }
        }
    }
}

/// `POST /kits/{name}/{reference}/quarantine`, from the forms above; leads to the version.
pub(super) async fn act(
    State(shared): State<Arc<Shared>>,
    caller: Caller,
    Path((name, asked)): Path<(String, String)>,
    body: Bytes,
) -> Answer {
    let all: Quarantine = shared.quarantine.clone().ok_or(HubError::NotQuarantined)?;
    let fields: Vec<(String, String)> = url::form_urlencoded::parse(&body).into_owned().collect();
    let field = |wanted: &str| {
        fields.iter().find(|(name, _)| name == wanted).map_or("", |(_, value)| value.as_str())
    };
    let at = Path((name.clone(), asked.clone()));
    match field("act") {
        "place" => {
            let request = QuarantineRequest { reason: field("reason").to_owned() };
            let _ = quarantine::place(State(all), caller, at, Ok(Json(request))).await?;
        }
        "lift" => {
            quarantine::lift(State(all), caller, at).await?;
        }
        _ => return Err(HubError::Body("it says neither `place` nor `lift`".to_owned()).into()),
    }
    // Both are well-formed: they named something that is here.
    Ok(Redirect::to(&version_path(&name, &asked)).into_response())
}
