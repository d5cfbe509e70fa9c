//! Security: what inspection found, what can run code, and what people said against a version.

use std::sync::Arc;

use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::http::HeaderMap;
use maud::{Markup, html};
use sealkit_api::{KitSecurity, PlacedName, PolicyVerdict, RunsCode, SecurityFinding};
use sealkit_report::{Known, Severity};

use super::kit::{head, quarantined, twin};
use super::page::{Answer, marked, page, table};
use super::text::{
    command, digest, host, joined, number, plain, prose, query, reference, version_path,
};
use crate::HubError;
use crate::hub::Shared;
use crate::security::{self, SecurityQuery};

/// Findings, files and names that the page shows; the API gives all.
const MAX_FINDINGS: usize = 200;
const MAX_FILES: usize = 100;
const MAX_NAMES: usize = 20;

/// `GET /kits/{name}/{reference}/security`.
pub(super) async fn show(
    State(shared): State<Arc<Shared>>,
    Path((name, asked)): Path<(String, String)>,
    wanted: Result<Query<SecurityQuery>, QueryRejection>,
    headers: HeaderMap,
) -> Answer {
    if shared.catalog.is_none() {
        return Ok(super::search::no_catalogue("Security"));
    }
    let Query(wanted) = wanted.map_err(|_| HubError::Query("severity"))?;
    let found = security::of(&shared, &name, &asked, &wanted).await?;
    let pinned = format!("{}/{}@{}", host(&headers), found.name, found.digest);
    let links = Links { path: format!("{}/security", version_path(&found.name, &asked)), wanted };
    let twin = twin(&found.name, &asked, &format!("/security{}", links.asked()));
    let body = html! {
        (head(&found.name, &asked, "Security"))
        (against(&found))
        p.note { "No scanner with rules has judged this version: what is here are facts that inspection read from its files. "
            "Where nothing is listed, nothing was found – that is not a ✓. " a href="/help/marks#inspection" { "Why?" } }
        @if found.inspected {
            (findings(&found, &links))
            (code(&found))
            (unread(&found))
            (licences(&found))
        } @else {
            p.empty { "The hub has not looked at this version yet. It looks at one after the other; " code { "/api/v1/catalog" }
                " says how far it is." }
        }
        (policies(&found.policies))
        h2 { "Look at it yourself" }
        p.quiet { "Inspect the files again, and judge them by your own policy:" }
        (command(&format!("sealkit bom --remote {pinned}")))
        (command(&format!("sealkit check --remote {pinned}")))
        p.quiet { "The findings for a code scanning tool: "
            a href=(twin_as_sarif(&twin)) { "SARIF 2.1.0" } "." }
    };
    let title = format!("Security of {}", reference(&found.name, &asked));
    Ok(page(&title, Some(&twin), &body))
}

fn twin_as_sarif(twin: &str) -> String {
    let mark = if twin.contains('?') { '&' } else { '?' };
    format!("{twin}{mark}format=sarif")
}

/// Addresses of this page with other filters.
struct Links {
    path: String,
    wanted: SecurityQuery,
}

impl Links {
    /// The filter as a query.
    fn asked(&self) -> String {
        as_query(&self.wanted)
    }

    fn to(&self, change: impl FnOnce(&mut SecurityQuery)) -> String {
        let mut wanted = SecurityQuery { format: None, ..self.wanted.clone() };
        change(&mut wanted);
        format!("{}{}", self.path, as_query(&wanted))
    }
}

fn as_query(wanted: &SecurityQuery) -> String {
    let mut parts = Vec::new();
    parts.extend(wanted.severity.map(|severity| format!("severity={}", severity.name())));
    parts.extend(wanted.rule.as_ref().map(|rule| format!("rule={}", query(rule))));
    parts.extend(wanted.file.as_ref().map(|file| format!("file={}", query(file))));
    joined(&parts)
}

/// What people said against it: quarantine and advisories.
fn against(found: &KitSecurity) -> Markup {
    html! {
        @if let Some(held) = &found.quarantine { (quarantined(held)) }
        @match &found.advisories {
            None => { p.note { "The advisories that are attached could not all be read: there may be some." } }
            Some(advisories) => { @for one in advisories {
                p.note {
                    @if one.advisory.counts { strong { "Revoked" } } @else { strong { "Advisory" } " (does not count here)" }
                    " by " @if let Some(signer) = &one.signer { (plain(signer)) } @else { "nobody whom this hub trusts" }
                    " on " (plain(&one.advisory.issued_on))
                    @if let Some(severity) = &one.advisory.severity { ", " (plain(severity)) }
                    @if one.advisory.state == "withdrawn" { ", withdrawn" }
                    ": " (plain(&one.advisory.reason)) " "
                    a href=(format!("/v2/{}/manifests/{}", found.name, one.manifest)) { (digest(&one.manifest)) }
                }
            } }
        }
    }
}

fn findings(found: &KitSecurity, links: &Links) -> Markup {
    let total: u64 = found.counts.iter().map(|one| one.count).sum();
    let wanted = &links.wanted;
    let is_narrowed = wanted.severity.is_some() || wanted.rule.is_some() || wanted.file.is_some();
    let rest = found.findings.len().saturating_sub(MAX_FINDINGS);
    html! {
        h2 { "Findings (" (number(total)) ")" }
        @if total == 0 { p.empty { "Inspection found nothing odd in the files that it read." } } @else {
            ul.filters {
                @for one in &found.counts { li {
                    a href=(links.to(|wanted| wanted.severity = Some(one.severity))) aria-current=[(wanted.severity == Some(one.severity)).then_some("true")] {
                        (severity(one.severity)) " " (number(one.count))
                    }
                } }
                @if is_narrowed { li { a href=(links.path) { "All findings" } } }
            }
            @if let Some(rule) = &wanted.rule { p.quiet { "Of rule " code { (plain(rule)) } "." } }
            @if let Some(file) = &wanted.file { p.quiet { "In " code { (plain(file)) } "." } }
            @if found.findings.is_empty() { p.empty { "No finding is like that. " a href=(links.path) { "All findings" } } }
            @else { (table("findings", &["Severity", "Where", "What"], &rows(&found.findings, links))) }
            @if rest > 0 { p.note { (number(rest as u64)) " more are in the JSON." } }
        }
    }
}

fn rows(findings: &[SecurityFinding], links: &Links) -> Markup {
    html! { @for one in findings.iter().take(MAX_FINDINGS) {
        tr {
            td { (severity(one.severity)) }
            th scope="row" {
                a href=(links.to(|wanted| wanted.file = Some(one.file.clone()))) { @if one.file.is_empty() { "(the kit)" } @else { (plain(&one.file)) } }
                @if !one.place.is_empty() { br; span.quiet { (plain(&one.place)) } }
            }
            td.text {
                (prose(&plain(&one.message))) br;
                span.quiet { (one.meaning) " To do: " (one.advice) ". Rule "
                    a href=(links.to(|wanted| wanted.rule = Some(one.rule.clone()))) { code { (plain(&one.rule)) } } }
            }
        }
    } }
}

/// A severity by its shape, its colour and its name.
pub(super) fn severity(severity: Severity) -> Markup {
    let (class, sign) = match severity {
        Severity::Critical => ("mark no", "◆"),
        Severity::High => ("mark no", "▲"),
        Severity::Medium => ("mark unknown", "■"),
        Severity::Low => ("mark quiet", "●"),
        Severity::Info => ("mark quiet", "○"),
    };
    marked(class, sign, severity.name())
}

fn code(found: &KitSecurity) -> Markup {
    let rest = found.code.len().saturating_sub(MAX_FILES);
    html! {
        h2 { "Code that loading can run (" (number(found.code.len() as u64)) ")" }
        @if found.code.is_empty() { p.empty { "No file that was read holds code or names what to call." } } @else {
            p.quiet { "Read from the bytes; nothing was loaded. What is looked up is what a pickle or a config names, not what it does with it." }
            (table("files with code", &["File", "Loading it", "Looks up", "Holds"], &html! {
                @for file in found.code.iter().take(MAX_FILES) { (code_row(file)) }
            }))
            @if rest > 0 { p.note { (number(rest as u64)) " more files are in the JSON." } }
        }
    }
}

fn code_row(file: &RunsCode) -> Markup {
    html! { tr {
        th scope="row" { (plain(&file.file)) @if let Some(format) = &file.format { br; span.quiet { (plain(format)) } } }
        td { @match file.runs {
            Some(Known::Declared) => (marked("mark unknown", "■", "asks for code of its own"))
            Some(known) => { (marked("mark no", "▲", "can run code")) " " span.quiet { "(" (known.name()) ")" } }
            None => { "only looks things up" }
        } }
        td { (names(&file.calls)) }
        td { (names(&file.embedded)) }
    } }
}

fn names(names: &[PlacedName]) -> Markup {
    let rest = names.len().saturating_sub(MAX_NAMES);
    html! {
        @if names.is_empty() { "–" } @else {
            @for name in names.iter().take(MAX_NAMES) {
                code { (plain(&name.name)) } @if !name.place.is_empty() { " " span.quiet { (plain(&name.place)) } } br;
            }
            @if rest > 0 { span.quiet { (number(rest as u64)) " more" } }
        }
    }
}

fn unread(found: &KitSecurity) -> Markup {
    let rest = found.unread.len().saturating_sub(MAX_FILES);
    html! {
        @if !found.unread.is_empty() || found.problem.is_some() {
            h2 { "Not read" }
            @if let Some(problem) = &found.problem { p.note { (plain(problem)) } }
            @if !found.unread.is_empty() {
                p { "These files were not read to their end. Nobody knows what is in the rest:" }
                ul { @for file in found.unread.iter().take(MAX_FILES) { li { (plain(file)) } } }
                @if rest > 0 { p.note { (number(rest as u64)) " more are in the JSON." } }
            }
        }
    }
}

fn licences(found: &KitSecurity) -> Markup {
    html! {
        h2 { "Licences" }
        @if let Some(conflict) = &found.licence_conflict { p.note { strong { "They differ: " } (plain(conflict)) } }
        @if found.licences.is_empty() {
            p.empty { "No licence is declared or found. " code { "package.license" } " of the Kitfile says one." }
        } @else {
            (table("licences", &["Of", "Kind", "Licence"], &html! {
                @for one in found.licences.iter().take(MAX_FILES) { tr {
                    th scope="row" { (plain(&one.name)) }
                    td { (one.kind) }
                    td { @for (at, licence) in one.licences.iter().enumerate() { @if at > 0 { ", " } (plain(licence)) } }
                } }
            }))
        }
    }
}

fn policies(policies: &[PolicyVerdict]) -> Markup {
    html! {
        @if !policies.is_empty() {
            h2 { "Policy of this hub" }
            (table("policies", &["Policy", "Mode", "Answer", "When"], &html! {
                @for one in policies { tr {
                    th scope="row" { (plain(&one.policy)) " " (digest(&one.digest)) }
                    td { (one.mode) }
                    td { @match one.outcome.as_deref() {
                        Some("allow") => (marked("mark yes", "✓", "allowed"))
                        Some("deny") => (marked("mark no", "✗", "denied"))
                        Some(_) => (marked("mark unknown", "?", "could not tell"))
                        None => (marked("mark unknown", "–", "not asked"))
                    } }
                    td { @if let Some(at) = &one.at { (at) } @else { "–" } }
                } }
            }))
        }
    }
}
