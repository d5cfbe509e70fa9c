//! Provenance: one card for each statement about a version, with every step of its verification.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::HeaderMap;
use maud::{Markup, html};
use sealkit_api::{AttachedStatement, KitProvenance, StatementRun, TrustUsed};
use sealkit_report::{Outcome, Step, Verdict};

use super::kit::{head, hold, twin};
use super::page::{Answer, marked, page, table};
use super::text::{capital, command, digest, host, number, plain, prose, reference};
use crate::hub::Shared;
use crate::provenance;

/// Statements that the page shows; the API gives all.
const MAX_CARDS: usize = 100;

/// `GET /kits/{name}/{reference}/provenance`.
pub(super) async fn show(
    state: State<Arc<Shared>>,
    Path((name, asked)): Path<(String, String)>,
    headers: HeaderMap,
) -> Answer {
    if state.catalog.is_none() {
        return Ok(super::search::no_catalogue("Provenance"));
    }
    let found = provenance::show(State(Arc::clone(&state)), Path((name, asked.clone()))).await?.0;
    let held = hold(&state, &found.name, &found.digest).await?;
    let pinned = format!("{}/{}@{}", host(&headers), found.name, found.digest);
    let rest = found.statements.len().saturating_sub(MAX_CARDS);
    let body = html! {
        (head(&found.name, &asked, "Provenance"))
        (held)
        (summary(&found))
        (trust(&found.trust))
        @if found.statements.is_empty() {
            p.empty { "Nothing is stated about this version. " code { "sealkit seal" } " attaches a signature, an AIBOM and a file table; "
                code { "sealkit attest" } " and " code { "sealkit record" } " add more." }
        }
        @for one in found.statements.iter().take(MAX_CARDS) { (card(one, &found.name)) }
        @if rest > 0 { p.note { (number(rest as u64)) " more are in the JSON." } }
        @if found.more { p.note { "More is attached than is looked at for a page; " code { "sealkit verify" } " reads it all." } }
        h2 { "Verify it yourself" }
        p.quiet { "Under your own trust, on your machine, with every byte of the layers:" }
        (command(&format!("sealkit verify --remote {pinned}")))
        p.quiet { "With cosign alone, where you have the signer's key:" }
        (command(&format!("cosign verify --key KEY.pub --insecure-ignore-tlog=true {pinned}")))
        h2 { "Not checked for this page" }
        p.quiet { code { "sealkit verify" } " takes these steps as well." }
        (steps(&found.not_run))
    };
    let title = format!("Provenance of {}", reference(&found.name, &asked));
    Ok(page(&title, Some(&twin(&found.name, &asked, "/provenance")), &body))
}

fn summary(found: &KitProvenance) -> Markup {
    let count = |verdict| found.statements.iter().filter(|one| one.verdict == verdict).count();
    let revoked = found.statements.iter().filter_map(|one| one.advisory.as_ref());
    let revoked = revoked.filter(|advisory| advisory.counts).count();
    html! {
        @if revoked > 0 { p.note role="status" {
            strong { "Revoked: " } "somebody whom this hub trusts to say so says that this version must not be used."
        } }
        p {
            strong { (count(Verdict::Yes)) } " verified, "
            strong { (count(Verdict::Unknown)) } " not decided here, "
            strong { (count(Verdict::No)) } " wrong. "
            "A statement was true when it was signed; what it is about may have changed since."
        }
    }
}

fn trust(used: &TrustUsed) -> Markup {
    let some = |count: u64, one: &str, many: &str| match count {
        0 => None,
        1 => Some(format!("1 {one}")),
        _ => Some(format!("{count} {many}")),
    };
    let parts = [
        some(used.keys, "key", "keys"),
        some(used.identities, "identity", "identities"),
        some(used.authorities, "certificate authority", "certificate authorities"),
        some(used.instances, "Sigstore instance", "Sigstore instances"),
        some(used.logs, "transparency log", "transparency logs"),
    ];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    html! {
        p.quiet { @if used.is_nobody() {
            "This hub trusts nobody, so that it can not tell whose word any of this is: whoever runs it names a trust file with "
            code { "sealkit hub --trust FILE" } ". "
        } @else {
            "Verified under this hub's trust file (" (parts.join(", ")) "). You may trust others. "
        } a href="/help/marks#signatures" { "Why?" } }
    }
}

fn card(one: &AttachedStatement, name: &str) -> Markup {
    let kind = one.predicate_type.as_deref().unwrap_or("statement that can not be read");
    html! {
        article.card {
            h2 { @if let Some(title) = &one.title { (capital(title)) } @else { code { (plain(kind)) } }
                @if let Some(signer) = &one.signer { span.quiet { " by " (plain(&signer.name)) } } }
            p { (said(one)) }
            @if let Some(advisory) = &one.advisory {
                p.note { strong { (plain(&advisory.state)) } " since " (plain(&advisory.issued_on)) ": " (plain(&advisory.reason))
                    @if !advisory.counts { " (does not count here)" } }
            }
            dl.asked {
                dt { "Type" } dd { code { (plain(kind)) } }
                (signed(one))
                dt { "When" } dd { @if let Some(time) = &one.proven_time { (time) ", proven by a log or a timestamp" }
                    @else { "not proven: no log or timestamp was verified" } }
                @for entry in &one.log_entries {
                    dt { "Log entry" } dd { (number(entry.index)) " of " (plain(&entry.log)) @if let Some(time) = &entry.time { ", " (time) } }
                }
                @if let Some(run) = &one.run { (run_facts(run)) }
                dt { "About" } dd { @for subject in &one.subjects {
                    @if let Some(name) = &subject.name { (plain(name)) " " } code { (plain(&subject.digest)) } br;
                } @if one.more_subjects > 0 { (number(one.more_subjects)) " more" } @if one.subjects.is_empty() { "not readable" } }
                dt { "Bundle" } dd { a href=(format!("/v2/{name}/blobs/{}", one.bundle)) { (digest(&one.bundle)) }
                    ", attached by " a href=(format!("/v2/{name}/manifests/{}", one.manifest)) { (digest(&one.manifest)) } }
            }
            details.steps open[one.verdict == Verdict::No] { summary { "Every step (" (one.steps.len()) ")" } (steps(&one.steps)) }
        }
    }
}

fn signed(one: &AttachedStatement) -> Markup {
    html! {
        @if let Some(signer) = &one.signer {
            dt { "Signed by" } dd { strong { (plain(&signer.name)) } " (" (plain(&signer.role)) "), " (plain(&signer.identity)) }
        } @else if let Some(claimed) = &one.claimed {
            dt { "Says it is by" } dd { (plain(claimed)) " – a claim, not trusted here" }
        } @else {
            dt { "Signed by" } dd { "nobody whom this hub knows" }
        }
    }
}

fn run_facts(run: &StatementRun) -> Markup {
    let facts = [
        ("Made by", Some(&run.builder)),
        ("Kind of run", Some(&run.build_type)),
        ("Source", run.source.as_ref()),
        ("Commit", run.commit.as_ref()),
        ("Workflow", run.workflow.as_ref()),
        ("Began", run.started_on.as_ref()),
        ("Ended", run.finished_on.as_ref()),
    ];
    html! { @for (label, value) in facts { @if let Some(value) = value { dt { (label) } dd { (plain(value)) } } } }
}

/// The verdict of a statement as a mark, with the first reason where it is no yes.
fn said(one: &AttachedStatement) -> Markup {
    let first = |outcome| one.steps.iter().find(|step| step.outcome == outcome);
    let (mark, reason) = match one.verdict {
        Verdict::Yes => (outcome(Outcome::Pass, "verified"), None),
        Verdict::No => (outcome(Outcome::Fail, "wrong"), first(Outcome::Fail)),
        Verdict::Unknown => (outcome(Outcome::Unknown, "not decided"), first(Outcome::Unknown)),
    };
    html! { (mark) " " @if let Some(step) = reason { span.quiet { (plain(&step.title)) ": " (prose(&plain(&step.reason))) } }
    " " a href="/help/marks#statements" { "Why?" } }
}

/// The steps of a verification, each with its mark and reason.
fn steps(steps: &[Step]) -> Markup {
    let rows = html! { @for step in steps {
        tr {
            td { (outcome(step.outcome, word(step.outcome))) }
            th scope="row" { (capital(&plain(&step.title))) }
            td.wide { (prose(&plain(&step.reason))) @if step.reason.is_empty() { "–" } }
        }
    } };
    table("steps", &["Mark", "Step", "Reason"], &rows)
}

fn word(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Pass => "holds",
        Outcome::Fail => "failed",
        Outcome::Unknown => "not decided",
        Outcome::Skip => "not checked",
    }
}

/// ✓, ✗, ? or –, with its name in words.
fn outcome(outcome: Outcome, words: &str) -> Markup {
    let (class, sign) = match outcome {
        Outcome::Pass => ("mark yes", "✓"),
        Outcome::Fail => ("mark no", "✗"),
        Outcome::Unknown => ("mark unknown", "?"),
        Outcome::Skip => ("mark unknown", "–"),
    };
    marked(class, sign, words)
}
