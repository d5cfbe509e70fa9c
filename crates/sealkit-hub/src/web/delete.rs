//! Deleting a tag or a version, by who administers its repository: a page that names what breaks, and one button on it.

use std::sync::Arc;

use axum::Extension;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Path, State};
use axum::http::{HeaderMap, Method, Request};
use axum::response::{IntoResponse as _, Redirect};
use hyper::service::Service as _;
use hyper_util::service::TowerToHyperService;
use maud::{Markup, html};
use sealkit_oci::{Digest, ErrorBody, Target};

use super::page::{Answer, page, refused};
use super::quarantine::{Follows, follows};
use super::text::{base, command, digest, kit_path, plain, query, reference, version_path};
use crate::HubError;
use crate::access::Caller;
use crate::api;
use crate::hub::Shared;
use crate::references::parse_target;
use crate::serve::Peer;

/// Most bytes of the registry's answer that are read for its message.
const MAX_ANSWER: usize = 64 << 10;

/// The page that deletes.
pub(super) fn path(name: &str, reference: &str) -> String {
    format!("{}/delete", version_path(name, reference))
}

/// What is to be deleted, as it is now.
struct Doomed {
    name: String,
    target: Target,
    digest: Digest,
}

impl Doomed {
    async fn find(shared: &Shared, name: &str, asked: &str) -> Result<Self, HubError> {
        let target =
            parse_target(asked).ok_or_else(|| HubError::Reference(reference(name, asked)))?;
        let found = api::repository(shared, name)?.manifest(&target).await?;
        let name = name.to_owned();
        match found {
            Some(found) => Ok(Self { name, target, digest: found.descriptor.digest }),
            None => Err(HubError::Unknown { name, target }),
        }
    }
}

/// `GET /kits/{name}/{reference}/delete`.
pub(super) async fn show(
    state: State<Arc<Shared>>,
    Path((name, asked)): Path<(String, String)>,
    peer: Option<Extension<Peer>>,
    headers: HeaderMap,
) -> Answer {
    let doomed = Doomed::find(&state, &name, &asked).await?;
    let attached = api::repository(&state, &name)?.referrers(&doomed.digest, None).await;
    let attached = attached.map_err(HubError::from)?.len();
    let can_hold = state.quarantine.is_some();
    let follows = follows(&state, &name, &doomed.digest).await?;
    let (title, breaks) = match &doomed.target {
        Target::Tag(tag) => ("Delete a tag", of_tag(&doomed, tag, &follows)),
        Target::Digest(_) => {
            ("Delete a version", of_version(&doomed, &follows, attached, can_hold))
        }
    };
    let target = doomed.target.to_string();
    let address = base(&state, &headers, peer.as_deref());
    let body = html! {
        p.crumbs { a href="/" { "Kits" } " / " a href=(kit_path(&name)) { (name) } " /" }
        h1 { (title) }
        (breaks)
        form.row action=(path(&name, &target)) method="post" {
            input type="hidden" name="digest" value=(doomed.digest);
            button.danger { (title) " " (plain(&short(&doomed))) }
        }
        h2 { "The same without a browser" }
        (command(&format!("curl -u USER:TOKEN -X DELETE '{address}/v2/{name}/manifests/{target}'")))
    };
    Ok(page(title, None, &body))
}

/// What the button names.
fn short(doomed: &Doomed) -> String {
    match &doomed.target {
        Target::Tag(tag) => tag.clone(),
        Target::Digest(digest) => super::text::short(&digest.to_string()),
    }
}

fn of_tag(doomed: &Doomed, tag: &str, follows: &Follows) -> Markup {
    let others: Vec<&String> = follows.tags.iter().filter(|other| *other != tag).collect();
    let pinned = doomed.digest.to_string();
    html! {
        p { "The tag " strong { (plain(tag)) } " of " (doomed.name) " points at "
            a href=(version_path(&doomed.name, &pinned)) { (digest(&doomed.digest)) } ". From then on:" }
        ul {
            li { "whatever pulls " code { (doomed.name) ":" (plain(tag)) } " fails" (follows.pulled()) ";" }
            li { @if others.is_empty() && follows.more_tags {
                "it stays under tags that were not looked through, if any of them points at it;"
            } @else if others.is_empty() {
                "no tag points at this version any more: lists and searches do not show it, and who knows its digest can still pull it;"
            } @else {
                "the version stays under " @for (at, other) in others.iter().enumerate() {
                    @if at > 0 { ", " } code { (plain(other)) }
                } ";"
            } }
            li { "its files, signatures and AIBOMs stay, and the log keeps that this tag was there and who removed it." }
        }
        p { "To delete the version itself, with every tag of it: "
            a href=(path(&doomed.name, &pinned)) { "delete " (digest(&doomed.digest)) } }
    }
}

fn of_version(doomed: &Doomed, follows: &Follows, attached: usize, can_hold: bool) -> Markup {
    let pinned = doomed.digest.to_string();
    html! {
        p { "The version " a href=(version_path(&doomed.name, &pinned)) { code { (pinned) } } " of " strong { (doomed.name) } ". From then on:" }
        ul {
            li { "whatever pulls it by digest fails" (follows.pulled()) ";" }
            li { @if follows.tags.is_empty() && !follows.more_tags { "no tag is lost, for none points at it;" } @else {
                "its tags are gone with it: " @for (at, tag) in follows.tags.iter().enumerate() {
                    @if at > 0 { ", " } code { (plain(tag)) }
                } @if follows.more_tags { ", and those that point at it of many that were not looked through" } ";"
            } }
            li { @if attached == 0 { "nothing is attached to it;" } @else {
                (attached) " attached documents (signatures, AIBOMs, statements) have no subject any more;" } }
            li { "its content is removed by the next sweep, as far as no other version has it. It can not be taken back: \
                it has to be pushed again." }
        }
        p { a href=(format!("/impact?of={}", query(&pinned))) { "What contains it or descends from it" }
            " stays, and loses what it is proved by."
            @if can_hold { " To keep it and refuse pulls, "
                a href=(super::quarantine::path(&doomed.name, &pinned)) { "put it under quarantine" } " instead." } }
    }
}

/// `POST /kits/{name}/{reference}/delete`, from the form above; leads to the versions that are left.
pub(super) async fn act(
    state: State<Arc<Shared>>,
    caller: Caller,
    Path((name, asked)): Path<(String, String)>,
    body: Bytes,
) -> Answer {
    let doomed = Doomed::find(&state, &name, &asked).await?;
    let shown = url::form_urlencoded::parse(&body).find(|(name, _)| name == "digest");
    let shown = shown.map(|(_, value)| value.into_owned());
    if shown.as_deref() != Some(doomed.digest.to_string().as_str()) {
        return Err(HubError::Moved { name, target: doomed.target }.into());
    }
    if let Some(refusal) = delete(&state, caller, &doomed).await? {
        return Ok(refusal);
    }
    let paging = Ok(axum::extract::Query(api::Paging::default()));
    let is_left = api::versions(state, Path(name.clone()), paging).await.is_ok();
    Ok(Redirect::to(&if is_left { kit_path(&name) } else { "/".to_owned() }).into_response())
}

/// Asks the registry of this hub, as any client does, so that its guards judge it, the log has it, and whoever is to be
/// told is told. Gives the page that says why it was refused.
async fn delete(
    shared: &Shared,
    caller: Caller,
    doomed: &Doomed,
) -> Result<Option<axum::response::Response>, HubError> {
    let address = format!("/v2/{}/manifests/{}", doomed.name, doomed.target);
    let request = Request::builder().method(Method::DELETE).uri(address).extension(caller);
    let request = request.body(Body::empty());
    let request = request.map_err(|_| HubError::Reference(doomed.target.to_string()))?;
    let registry = TowerToHyperService::new(shared.registry.clone());
    let Ok(answer) = registry.call(request).await;
    let status = answer.status();
    if status.is_success() {
        return Ok(None);
    }
    let bytes = to_bytes(answer.into_body(), MAX_ANSWER).await.unwrap_or_default();
    let errors =
        serde_json::from_slice::<ErrorBody>(&bytes).map(|body| body.errors).unwrap_or_default();
    let why = errors.into_iter().next().map(|error| error.message).unwrap_or_default();
    Ok(Some(refused(status, &why)))
}
