//! Impact: what contains a thing or descends from what does, with the path of each.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, Uri};
use maud::{Markup, html};
use sealkit_api::{Affected, HeldTensor, Impact, OpenVersion, Step};

use super::page::{Answer, page};
use super::text::{command, digest, host, number, plain, query, version_path};
use crate::access::{Caller, Level};
use crate::catalog::{self, parameters};
use crate::hub::Shared;

/// `GET /impact?of=QUESTION`; without a question the page that asks for one.
pub(super) async fn show(
    state: State<Arc<Shared>>,
    caller: Caller,
    uri: Uri,
    headers: HeaderMap,
) -> Answer {
    if state.catalog.is_none() {
        return Ok(super::search::no_catalogue("Impact"));
    }
    let of = parameters(&uri).into_iter().find(|(name, _)| name == "of");
    let asked = of.map(|(_, value)| value).filter(|asked| !asked.trim().is_empty());
    let Some(asked) = asked else {
        let body = html! { h1 { "Impact" } (form("")) (help()) };
        return Ok(page("Impact", None, &body));
    };
    let has_quarantine = state.quarantine.is_some();
    let impact = catalog::impact(state, caller.clone(), uri).await?.0;
    let may_act = |one: &Affected| has_quarantine && caller.may(Level::Admin, &one.repository);
    let body = html! {
        h1 { "Impact of " code { (plain(&impact.question)) } }
        (form(&asked))
        (summary(&impact))
        p.quiet { "As a table for a spreadsheet: "
            a href=(format!("/api/v1/impact?of={}&format=csv", query(&asked))) { "CSV" } }
        @for one in &impact.affected { (affected(one, may_act(one).then_some(&asked))) }
        @if !impact.affected.is_empty() { (act(&impact, &host(&headers))) }
    };
    let twin = format!("/api/v1/impact?of={}", query(&asked));
    Ok(page("Impact", Some(&twin), &body))
}

fn form(asked: &str) -> Markup {
    html! {
        form.row action="/impact" method="get" {
            label { "A digest, tensor, package, dataset, model, kit, signer or finding"
                input type="search" name="of" value=(asked) required autocomplete="off" spellcheck="false"
                    placeholder="dataset:squad@1.1"; }
            button { "Show what it concerns" }
        }
    }
}

fn help() -> Markup {
    let rows = [
        (
            "sha256:…",
            "a file, layer, dataset or kit of these bytes; also md5:, sha1:, sha512: and others",
        ),
        ("tensor:blake3:…", "a tensor of these bytes, in whatever file and under whatever name"),
        ("pkg:pypi/torch@2.1.0", "a package, with or without a version"),
        (
            "dataset:squad@1.1",
            "a dataset inside of kits, or that they were trained or evaluated on",
        ),
        ("model:google/bert", "a model inside of kits, or that they come from or load"),
        ("kit:team/model:v1", "a kit of this hub and all that descends from it"),
        ("signer:NAME", "everything that somebody signed"),
        ("finding:RULE", "everything with a finding of this rule"),
        ("licence:MIT", "everything under a licence, alone or as a part of an expression"),
    ];
    html! {
        h2 { "What can be asked" }
        dl.asked { @for (form, meaning) in rows {
            dt { code { (form) } } dd { (meaning) }
        } }
    }
}

fn summary(impact: &Impact) -> Markup {
    let (direct, total) = (
        impact.affected.iter().filter(|one| one.distance == 0).count() as u64,
        impact.affected.len() as u64,
    );
    html! {
        p {
            @if total == 0 && (impact.more || impact.waiting > 0 || impact.unread > 0) {
                "No version is known to be concerned, of " (number(impact.searched)) " that were looked through."
            }
            @else if total == 0 { "No version is concerned, of " (number(impact.searched)) " that were looked through." }
            @else {
                strong { (number(direct)) } @if direct == 1 { " contains it, " } @else { " contain it, " }
                strong { (number(total - direct)) } @if total - direct == 1 { " descends" } @else { " descend" }
                " from those, of " (number(impact.searched)) " versions."
            }
        }
        @if let Some(reason) = &impact.unknown {
            p.note { "This says nothing: " (plain(reason)) }
        }
        @if impact.waiting > 0 {
            p.note { (number(impact.waiting)) " versions are not looked at yet and may be concerned too." }
        }
        @if impact.unread > 0 {
            p.note { (number(impact.unread)) " versions could not be read wholly and may be concerned too." }
        }
        @if !impact.open.is_empty() { (open(&impact.open)) }
        @if impact.more { p.note { "There are more than are shown here." } }
    }
}

/// Versions of which it can not be told.
fn open(versions: &[OpenVersion]) -> Markup {
    html! {
        details {
            summary { "Versions of which it can not be told (" (versions.len()) ")" }
            ul { @for one in versions {
                li {
                    a href=(version_path(&one.repository, &one.digest.to_string())) { (one.repository) }
                    " " (digest(&one.digest)) ": " (plain(&one.reason))
                }
            } }
        }
    }
}

/// One version; `act` is what was asked, where the caller may put the version under quarantine for it.
fn affected(one: &Affected, act: Option<&String>) -> Markup {
    let reference = one.tags.last().cloned().unwrap_or_else(|| one.digest.to_string());
    html! {
        article.card {
            h2 { a href=(version_path(&one.repository, &reference)) { (one.repository) } }
            p.quiet {
                @for tag in one.tags.iter().rev().take(5) { span.tag { (tag) } " " }
                (digest(&one.digest)) " · " (distance(one.distance)) " · "
                @if one.certain { "proven by what is below" } @else { "not certain" }
            }
            ol.path { @for step in &one.path { (path_step(step)) } }
            @if one.tensors.len() > 1 { (held(&one.tensors)) }
            @if let Some(asked) = act {
                @let reason = query(&format!("concerned by {asked}"));
                @let page = super::quarantine::path(&one.repository, &one.digest.to_string());
                p { a href=(format!("{page}?reason={reason}")) { "Put under quarantine…" } }
            }
        }
    }
}

/// Every place of the tensor in one version, where it is at several.
fn held(tensors: &[HeldTensor]) -> Markup {
    html! {
        details {
            summary { (number(tensors.len() as u64)) " places" }
            ul { @for one in tensors {
                li { code { (plain(&one.name)) } " in " code { (plain(&one.file)) } }
            } }
        }
    }
}

fn distance(distance: u32) -> String {
    match distance {
        0 => "contains it".to_owned(),
        1 => "one derivation away".to_owned(),
        more => format!("{more} derivations away"),
    }
}

fn path_step(step: &Step) -> Markup {
    html! { li {
        (named(&step.from)) " " (step.relation.replace('-', " ")) " " (named(&step.to))
        " " span.quiet {
            "(" (step.known.name()) @if !step.source.is_empty() { " by " (plain(&step.source)) } ")"
        }
    } }
}

/// A thing of a path: of the digest behind its name the first digits, and the whole as title.
fn named(text: &str) -> Markup {
    let cut = text.rsplit_once('@').and_then(|(name, rest)| Some((name, rest.parse().ok()?)));
    html! { @match &cut {
        Some((name, of)) => { code { (plain(name)) "@" } (digest(of)) },
        None => code { (plain(text)) },
    } }
}

/// What can be done about it.
fn act(impact: &Impact, host: &str) -> Markup {
    let named = impact.affected.iter().take(3);
    html! {
        h2 { "Act" }
        p.quiet { "Keep a version from being pulled, with a reason that everybody sees; its tag stays, and it \
            can be lifted." }
        @for one in named {
            (command(&format!("sealkit quarantine {host}/{}@{} --reason '…'", one.repository, one.digest)))
        }
    }
}
