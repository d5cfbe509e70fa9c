//! What an administrator of the whole hub sees and does.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Redirect};
use maud::{Markup, html};
use sealkit_api::{
    AdminHealth, AdminJobs, AdminRule, AdminState, AdminToken, AdminTokens, AdminUpload,
};

use super::kit::mark;
use super::page::{Answer, page, table};
use super::text::{command, digest, number, plain, share, size, version_path, when};
use crate::access::Caller;
use crate::clock::now;
use crate::hub::Shared;
use crate::names::segment;
use crate::{HubError, admin};

/// `GET /admin`.
pub(super) async fn show(state: State<Arc<Shared>>, caller: Caller) -> Answer {
    let found = admin::state(state.clone()).await?.0;
    let tokens = admin::tokens(state.clone(), caller).await?.0;
    let jobs = match admin::jobs(state).await {
        Ok(jobs) => Some(jobs.0),
        Err(HubError::NoCatalog) => None,
        Err(error) => return Err(error.into()),
    };
    let body = html! {
        h1 { "Administration" }
        (health(&found))
        (storage(&found))
        h2 #jobs { "Jobs of the catalogue" }
        (self::jobs(jobs.as_ref()))
        h2 #uploads { "Uploads under way" }
        (uploads(&found.uploads))
        h2 #rules { "Rules and quotas" }
        (rules(&found.rules))
        h2 #tokens { "Tokens" }
        (self::tokens(&tokens))
    };
    Ok(page("Admin", Some("/api/v1/admin"), &body))
}

fn health(found: &AdminState) -> Markup {
    let AdminHealth { ready, draining, database, folder } = found.health;
    let rows = html! {
        tr { td { (mark(Some(ready && !draining), "hub")) }
            td { "Version " (found.version) @if draining { ", about to end" } } }
        tr { td { (mark(Some(database), "database")) } td { "It answers questions." } }
        tr { td { (mark(Some(folder), "folder")) } td { "Its data can be written to." } }
    };
    html! {
        (table("health", &["Mark", "What was tried"], &rows))
        p.quiet { "For monitors: " a href="/readyz" { code { "/readyz" } } " and " a href="/metrics" { code { "/metrics" } } "." }
    }
}

fn storage(found: &AdminState) -> Markup {
    html! {
        h2 #storage { "Storage" }
        @match &found.stored {
            None => p.empty { "This hub has no storage of its own. One that has: "
                code { "sealkit hub --data ./hub" } },
            Some(stored) => dl.facts {
                div { dt { "Bytes" } dd { (size(stored.bytes)) } }
                div { dt { "Blobs" } dd { (number(stored.blobs)) } }
                div { dt { "Manifests" } dd { (number(stored.manifests)) } }
                div { dt { "Tags" } dd { (number(stored.tags)) } }
                div { dt { "Uploads under way" } dd { (number(stored.uploads)) } }
                @if let Some(entries) = found.log_entries {
                    div { dt { "Entries of the log" } dd { (number(entries)) } }
                }
            },
        }
        @if let Some(sweep) = &found.sweep {
            p { "A sweep would remove " strong { (number(sweep.blobs)) " blobs" } " of " (size(sweep.bytes))
                ": no manifest names them, and nobody used them for " (number(sweep.grace / 3_600)) " hours. \
                 It runs while the hub serves:" }
            (command("sealkit hub gc --data ./hub"))
        }
    }
}

fn jobs(found: Option<&AdminJobs>) -> Markup {
    let Some(found) = found else {
        return html! { p.empty { "This hub keeps no catalogue of its kits." } };
    };
    let rows = html! { @for job in &found.jobs {
        @let pinned = job.digest.to_string();
        tr {
            th scope="row" { a href=(version_path(&job.repository, &pinned)) { (plain(&job.repository)) } br;
                (digest(&job.digest)) }
            td { @match (&job.problem, job.attempts) {
                (Some(problem), tries) => { (mark(Some(false), "looking at it")) br; span.quiet {
                    (plain(problem)) @if tries > 0 { " (tried " (tries) " times)" } } },
                (None, _) => "waits",
            } }
            td {
                form action=(format!("/admin/jobs/{}/{pinned}/retry", segment(&job.repository))) method="post" {
                    button { "Try now" span.hidden { " " (plain(&job.repository)) } }
                }
            }
        }
    } };
    html! {
        @if found.jobs.is_empty() {
            p.empty { "Nothing waits: every kit was looked at." }
        } @else {
            p.quiet { (number(found.total)) " versions wait to be looked at." }
            (table("jobs", &["Version", "State", "Act"], &rows))
        }
    }
}

fn uploads(all: &[AdminUpload]) -> Markup {
    let rows = html! { @for one in all {
        tr {
            th scope="row" { (plain(&one.repository)) }
            td.number { (size(one.bytes)) }
            td { (when(one.touched)) }
        }
    } };
    html! {
        @if all.is_empty() { p.empty { "No upload is under way." } }
        @else { (table("uploads", &["Repository", "Size", "Last byte"], &rows)) }
    }
}

/// Rules, with what is used of them and how to set one.
pub(super) fn rules(all: &[AdminRule]) -> Markup {
    let used = |used: Markup, part: u64, whole: Option<u64>, most: Markup| {
        html! { (used) @if let Some(whole) = whole { " of " (most) br; (share(part, whole)) } }
    };
    let rows = html! { @for rule in all {
        tr {
            th scope="row" { code { (plain(&rule.prefix)) } }
            td { @match rule.immutable_tags.as_deref() {
                Some("none") => "every tag can be moved",
                Some("all") => "every tag stays",
                Some(_) => "version tags stay",
                None => "as a shorter prefix says",
            } }
            td { (used(size(rule.used_bytes), rule.used_bytes, rule.max_bytes, size(rule.max_bytes.unwrap_or(0)))) }
            td { (used(html! { (number(rule.used_versions)) }, rule.used_versions, rule.max_versions,
                html! { (number(rule.max_versions.unwrap_or(0))) })) }
        }
    } };
    html! {
        @if all.is_empty() {
            p.empty { "No rule: version tags stay where they are, and there is no quota. Set one:" }
        } @else {
            (table("rules", &["Repositories", "Tags", "Bytes", "Versions"], &rows))
        }
        (command("sealkit hub repo set team --data ./hub --quota 50GB --max-versions 1000"))
    }
}

/// A row for each token.
pub(super) fn token_rows(all: &[AdminToken]) -> Markup {
    let now = now();
    html! { @for token in all {
        tr {
            th scope="row" { (plain(&token.user)) br; span.quiet { (plain(&token.name)) } }
            td { @for scope in &token.scopes { code { (plain(scope)) } " " } }
            td { (when(token.created)) }
            td { @match token.used { Some(at) => (when(at)), None => "–" } }
            td { (state(token, now)) }
            td { @if token.revoked.is_none() {
                a href=(format!("/admin/tokens/{}", token.id)) { "Revoke…" span.hidden { " token " (token.id) } }
            } }
        }
    } }
}

fn tokens(found: &AdminTokens) -> Markup {
    let shown = found.tokens.len() as u64;
    html! {
        @if found.tokens.is_empty() {
            p.empty { "This hub asks nobody for a token. One with a storage of its own does: "
                code { "sealkit hub --data ./hub" } }
        } @else {
            p.quiet { "Of a token the hub keeps only its hash: it can be revoked, and not shown again." }
            (table("tokens", &["User", "Allows", "Made", "Last used", "State", "Act"], &token_rows(&found.tokens)))
            @if found.total > shown { p.note { (number(found.total - shown)) " older ones are shown by "
                code { "sealkit hub token list" } "." } }
            (command("sealkit hub token add ci --data ./hub --user ci --scope write:team --expires-days 90"))
        }
    }
}

fn state(token: &AdminToken, now: i64) -> Markup {
    match (token.revoked, token.expires) {
        (Some(at), _) => html! { "revoked " (when(at)) },
        (None, Some(end)) if end <= now => html! { "ended " (when(end)) },
        (None, Some(end)) => html! { strong { "good" } " until " (when(end)) },
        (None, None) => html! { strong { "good" } " without an end" },
    }
}

/// `GET /admin/tokens/{id}`: what follows from revoking a token, and the button.
pub(super) async fn token(
    state: State<Arc<Shared>>,
    caller: Caller,
    Path(id): Path<String>,
) -> Answer {
    let id = number_of(&id)?;
    let found = admin::tokens(state, caller).await?.0;
    let token = found.tokens.into_iter().find(|token| token.id == id && token.revoked.is_none());
    let token = token.ok_or(HubError::NoToken(id))?;
    let body = html! {
        p.crumbs { a href="/admin#tokens" { "Administration" } " /" }
        h1 { "Revoke a token" }
        p { "Token " (token.id) " of " strong { (plain(&token.user)) } " (" (plain(&token.name)) ") allows "
            @for (at, scope) in token.scopes.iter().enumerate() { @if at > 0 { ", " } code { (plain(scope)) } } ". From then on whatever uses it is refused, \
            and what was given out for it too. It can not be taken back: a new token has to be made." }
        @if token.own { p.note { strong { "It is the one that you use now." } " Without another one you are locked out of \
            these pages; " code { "sealkit hub token add" } " on the hub's own machine makes one." } }
        form.row action=(format!("/admin/tokens/{}", token.id)) method="post" {
            button.danger { "Revoke token " (token.id) }
        }
        h2 { "The same without a browser" }
        (command(&format!("sealkit hub token revoke {} --data ./hub", token.id)))
    };
    Ok(page("Revoke a token", Some("/api/v1/admin/tokens"), &body))
}

/// `POST /admin/tokens/{id}`.
pub(super) async fn revoke(
    state: State<Arc<Shared>>,
    caller: Caller,
    Path(id): Path<String>,
) -> Answer {
    admin::revoke(state, caller, Path(number_of(&id)?)).await?;
    Ok(Redirect::to("/admin#tokens").into_response())
}

fn number_of(id: &str) -> Result<i64, HubError> {
    id.parse().map_err(|_| HubError::NoRoute)
}

/// `POST /admin/jobs/{name}/{digest}/retry`.
pub(super) async fn retry(
    state: State<Arc<Shared>>,
    caller: Caller,
    at: Path<(String, String)>,
) -> Answer {
    match admin::retry(state, caller, at).await {
        // It was looked at meanwhile.
        Ok(_) | Err(HubError::NoJob(_)) => Ok(Redirect::to("/admin#jobs").into_response()),
        Err(error) => Err(error.into()),
    }
}
