//! What the policies in force say of a version now, asked by who may push it: nothing is set, and nothing is
//! logged.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::HeaderMap;
use maud::{Markup, html};
use sealkit_api::HubJudgement;

use super::kit::mark;
use super::page::{Answer, page, table};
use super::text::{command, digest, host, kit_path, plain, version_path};
use crate::api;
use crate::hub::Shared;
use crate::policies;

/// The page that asks about a version.
pub(super) fn path(name: &str, reference: &str) -> String {
    format!("{}/verdict", version_path(name, reference))
}

/// `GET /kits/{name}/{reference}/verdict`: what is going to be done, and the button.
pub(super) async fn show(
    state: State<Arc<Shared>>,
    at: Path<(String, String)>,
    headers: HeaderMap,
) -> Answer {
    let detail = api::detail(state, at).await?.0;
    Ok(whole(&headers, &detail.name, &detail.digest, None))
}

/// `POST /kits/{name}/{reference}/verdict`: the answer.
pub(super) async fn ask(
    state: State<Arc<Shared>>,
    at: Path<(String, String)>,
    headers: HeaderMap,
) -> Answer {
    let found = policies::judge(state, at).await?.0;
    Ok(whole(&headers, &found.name, &found.digest, Some(&found)))
}

fn whole(
    headers: &HeaderMap,
    name: &str,
    of: &sealkit_oci::Digest,
    found: Option<&HubJudgement>,
) -> axum::response::Response {
    let pinned = of.to_string();
    let body = html! {
        p.crumbs { a href="/" { "Kits" } " / " a href=(kit_path(name)) { (name) } " / "
            a href=(version_path(name, &pinned)) { (digest(of)) } " /" }
        h1 { "What would the policy say?" }
        p { "The hub judges this version by the policies that are in force for its repository, as it would if a tag were \
             set to it now. Every layer is read. No tag is set, and the answer is not logged. "
            a href="/policy" { "What the policies ask" } }
        @if let Some(found) = found { (answer(found)) }
        form.row action=(path(name, &pinned)) method="post" {
            button { @if found.is_some() { "Judge it again" } @else { "Judge it now" } }
        }
        h2 { "Every step, with its reason" }
        (command(&format!("sealkit check --remote {}/{name}@{pinned} --policy policy.yaml", host(headers))))
    };
    page("What would the policy say?", None, &body)
}

fn answer(found: &HubJudgement) -> Markup {
    let rows = html! { @for one in &found.answers {
        tr {
            th scope="row" { (plain(&one.name)) }
            td { (super::policy::answer(&one.outcome)) }
            td.digest { (digest(&one.policy)) }
        }
    } };
    html! {
        @if !found.judged {
            p.note { (mark(None, "policy")) ". No policy is for this repository, or this is no kit: a tag is set unasked." }
        } @else {
            p.note role="status" {
                (mark(Some(found.allowed), "tag"))
                @if found.allowed { ". A tag would be set." } @else { ". A tag would be refused." }
                @if let Some(reason) = &found.reason { " " (plain(reason)) }
            }
            @for warning in &found.warnings { p.quiet { "Warning: " (plain(warning)) } }
            @if !found.answers.is_empty() { (table("answers", &["Policy", "Answer", "Digest"], &rows)) }
        }
    }
}
