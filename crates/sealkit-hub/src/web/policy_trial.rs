//! What a policy would change on the kits here, before it is in force.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::HeaderMap;
use maud::{Markup, html};
use sealkit_api::{PolicyTrial, PolicyTrialRequest, TriedVersion};

use super::page::{Answer, marked, page, table};
use super::text::{command, digest, host, number, plain, version_path};
use crate::access::Caller;
use crate::hub::Shared;
use crate::trial;

/// The form that tries a policy, with what was tried last.
pub(super) fn form(policy: &str, below: &str, all: bool) -> Markup {
    html! {
        form.stack action="/policy/trial" method="post" {
            label { "The policy, as its file has it"
                textarea name="policy" rows="10" required spellcheck="false" autocomplete="off" { (policy) } }
            label { "Only this repository and those below it"
                input type="text" name="below" value=(below) autocomplete="off" spellcheck="false"; }
            label { input type="checkbox" name="all" value="1" checked[all]; " All tagged versions" }
            button { "Try it" }
        }
    }
}

/// `POST /policy/trial`, from the form: a page of the answer.
pub(super) async fn ask(
    State(shared): State<Arc<Shared>>,
    caller: Caller,
    headers: HeaderMap,
    body: Bytes,
) -> Answer {
    let fields: Vec<(String, String)> = url::form_urlencoded::parse(&body).into_owned().collect();
    let field = |wanted: &str| {
        fields.iter().find(|(name, _)| name == wanted).map_or("", |(_, value)| value.as_str())
    };
    let (policy, below, all) = (field("policy"), field("below"), field("all") == "1");
    let asked = PolicyTrialRequest {
        // Browsers send the ends of lines as CR and LF.
        policy: policy.replace("\r\n", "\n"),
        below: Some(below.to_owned()),
        all,
        after: Some(field("after").to_owned()).filter(|after| !after.is_empty()),
        limit: None,
    };
    let found = trial::tried(&shared, &caller, asked).await?;
    let body = html! {
        p.crumbs { a href="/policy" { "Policy" } " /" }
        h1 { "What would change" }
        (summary(&found))
        @if !found.versions.is_empty() {
            (table("versions", &["Kit", "Now", "Then", "Why"], &rows(&found.versions)))
        }
        @if let Some(next) = &found.next { (more(policy, below, all, next)) }
        h2 { "Try another" }
        (form(policy, below, all))
        h2 { "The same without a browser" }
        (command(&format!("sealkit policy test policy.yaml --hub {}", host(&headers))))
    };
    Ok(page("What would change", None, &body))
}

fn summary(found: &PolicyTrial) -> Markup {
    let count = |fits: fn(&TriedVersion) -> bool| {
        found.versions.iter().filter(|one| fits(one)).count() as u64
    };
    let (all, refused) = (found.versions.len() as u64, count(|one| !one.allowed));
    let newly = count(|one| !one.allowed && one.allowed_now);
    let freed = count(|one| one.allowed && !one.allowed_now);
    html! {
        p { strong { (plain(&found.name)) } " " (digest(&found.policy)) }
        @if all == 0 {
            p.empty { "No version that you may read fits." }
        } @else {
            p { strong { (number(refused)) } " of " (number(all)) " versions on this page would be refused; "
                (number(newly)) " of those are allowed now. " (number(freed)) " that are refused now would be allowed. \
                Tags that are set stay: a policy is asked when one is set or moved." }
        }
        @if found.waiting > 0 {
            p.note { (number(found.waiting)) " versions are not looked at yet, and nothing is said of them." }
        }
    }
}

fn rows(all: &[TriedVersion]) -> Markup {
    let answer = |allowed: bool| {
        let (class, sign, word) =
            if allowed { ("mark yes", "✓", "allowed") } else { ("mark no", "✗", "refused") };
        marked(class, sign, word)
    };
    html! { @for one in all {
        @let reference = one.tags.last().cloned().unwrap_or_else(|| one.digest.to_string());
        tr {
            th scope="row" { a href=(version_path(&one.repository, &reference)) { (plain(&one.repository)) } " "
                @for tag in one.tags.iter().rev().take(3) { span.tag { (plain(tag)) } " " } br; (digest(&one.digest)) }
            td { (answer(one.allowed_now)) }
            td { (answer(one.allowed)) }
            td.wide { @if let Some(reason) = &one.reason { (plain(reason)) }
                @for warning in &one.warnings { br; span.quiet { "Warning: " (plain(warning)) } } }
        }
    } }
}

/// The button of the next page, which sends the policy again.
fn more(policy: &str, below: &str, all: bool, next: &str) -> Markup {
    html! {
        form.row action="/policy/trial" method="post" {
            input type="hidden" name="policy" value=(policy);
            input type="hidden" name="below" value=(below);
            @if all { input type="hidden" name="all" value="1"; }
            input type="hidden" name="after" value=(next);
            button { "Judge more" }
        }
    }
}
