//! Advisories that are attached to kits here.

use std::sync::Arc;

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::HeaderMap;
use maud::{Markup, html};
use sealkit_api::HubAdvisory;

use super::kit::mark;
use super::page::{Answer, Head, page_with, table};
use super::text::{command, digest, host, plain, query, reference, time_of, version_path};
use crate::HubError;
use crate::access::Caller;
use crate::advisories::{self, Asked};
use crate::hub::Shared;

/// `GET /advisories?after=`.
pub(super) async fn show(
    State(shared): State<Arc<Shared>>,
    caller: Caller,
    headers: HeaderMap,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Answer {
    let host = host(&headers);
    let found = match shared.advisories.clone() {
        Some(all) => {
            let Query(asked) = asked.map_err(|_| HubError::Query("limit"))?;
            Some(advisories::list(&all, &caller, &asked).await?)
        }
        None => None,
    };
    let twin = found.is_some().then_some("/api/v1/advisories");
    let body = html! {
        h1 { "Advisories" }
        p { "What signers said of kits here: that they are affected, or no longer. Anyone who may push can attach \
             one; it counts for those who trust its signer. " a href="/help/marks#signatures" { "Why?" } }
        @match &found {
            None => p.empty { "This hub has no storage of its own and lists no advisories." },
            Some(found) if found.advisories.is_empty() => {
                p.empty { "No kit here has an advisory. Attach one to a kit that must not be used:" }
                (command(&format!("sealkit revoke --remote {host}/NAME@DIGEST --reason '…'")))
            },
            Some(found) => {
                (list(&host, &found.advisories))
                @if let Some(next) = &found.next {
                    p { a rel="next" href=(format!("/advisories?after={}", query(next))) { "Older" } }
                }
            },
        }
        @if found.is_some() {
            h2 { "Follow them" }
            p { a href="/advisories.atom" type="application/atom+xml" { "Atom feed" } " · "
                a href="/api/v1/advisories" { "JSON" } " · "
                a href="/api/v1/advisories?format=csv" { "CSV" } " · "
                a href="/api/v1/advisories?format=vex" { "OpenVEX" } " · "
                a href="/api/v1/advisories?format=cyclonedx" { "CycloneDX VEX" } }
            p.quiet { "The table says who signed each, and VEX has only what the signers whom this hub trusts say. \
                What counts for you, by the signers whom you trust:" }
            (command(&format!("sealkit advisories --hub {host} --format csv")))
            (command(&format!("sealkit advisories --hub {host} --format vex")))
        }
    };
    let feed = found.is_some().then_some("/advisories.atom");
    Ok(page_with("Advisories", Head { twin, feed, ..Head::default() }, &body))
}

fn list(host: &str, all: &[HubAdvisory]) -> Markup {
    let rows = html! { @for one in all {
        tr {
            th scope="row" { a href=(version_path(&one.repository, &one.kit.to_string())) { (one.repository) }
                br; (digest(&one.kit)) }
            td { @match one.state.as_deref() {
                Some(state) => strong.whole { (plain(state)) },
                None => "can not be read",
            }
                @if let Some(severity) = &one.severity { " " span.tag { (plain(severity)) } } }
            td { @if let Some(id) = &one.id { code { (plain(id)) } " " }
                @if let Some(reason) = &one.reason { (plain(reason)) } }
            td { (time_of(&one.attached)) }
            td { (mark(None, "signature")) br;
                a href=(format!("/v2/{}/manifests/{}", one.repository, one.digest)) { (digest(&one.digest)) } }
        }
    } };
    let first = all.first().map(|one| reference(&one.repository, &one.kit.to_string()));
    html! {
        (table("advisories", &["Kit", "State", "Says", "Attached", "Signature"], &rows))
        @if let Some(first) = first {
            p.quiet { "Verify what is attached to the first of them:" }
            (command(&format!("sealkit verify --remote {host}/{first}")))
        }
    }
}

#[cfg(test)]
mod tests {
    use sealkit_oci::Digest;

    use super::*;

    #[test]
    fn what_a_signer_wrote_is_text_and_no_mark_says_that_it_holds() {
        let one = HubAdvisory {
            repository: "org/kit".to_owned(),
            kit: Digest::of(b"kit"),
            digest: Digest::of(b"advisory"),
            attached: "2026-11-25T12:00:00Z".to_owned(),
            id: Some("<script>".to_owned()),
            state: Some("affected".to_owned()),
            reason: Some("a\u{202e}b <img src=x>".to_owned()),
            severity: Some("\"high".to_owned()),
            issued_on: None,
        };
        let bare =
            HubAdvisory { id: None, state: None, reason: None, severity: None, ..one.clone() };
        let html = list("hub.test", &[one, bare]).into_string();
        assert!(!html.contains("<script>") && !html.contains("<img") && !html.contains('\u{202e}'));
        assert!(html.contains("signature: not checked") && html.contains("can not be read"));
        assert!(html.contains("sealkit verify --remote hub.test/org/kit@sha256:"), "{html}");
    }
}
