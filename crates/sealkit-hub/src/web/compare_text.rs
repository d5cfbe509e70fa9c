//! The lines in which two versions of a file differ.

use std::sync::Arc;

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::HeaderMap;
use maud::{Markup, html};
use sealkit_api::{Hunk, TextComparison, TextLine, TextWithheld};

use super::page::{Answer, page};
use super::text::{command, digest, host, number, plain, query, size};
use crate::HubError;
use crate::compare::{WantedText, compare_text};
use crate::hub::Shared;

/// `GET /compare/text?a=&b=&file=&to=`.
pub(super) async fn show(
    state: State<Arc<Shared>>,
    headers: HeaderMap,
    wanted: Result<Query<WantedText>, QueryRejection>,
) -> Answer {
    let Query(wanted) = wanted.map_err(|_| HubError::Query("a`, `b` and `file"))?;
    let found = compare_text(state, Ok(Query(wanted.clone()))).await?.0;
    // Both were checked to be references: no character of theirs has a meaning in a query.
    let pair = format!("?a={}&b={}", wanted.a, wanted.b);
    let host = host(&headers);
    let body = html! {
        p.crumbs { a href=(format!("/compare{pair}")) { "Compare" } " /" }
        h1 { (plain(&found.file)) @if found.to != found.file { " → " (plain(&found.to)) } }
        (facts(&found))
        (notes(&found))
        @if !found.hunks.is_empty() { (hunks(&found.hunks)) }
        h2 { "Compare them yourself" }
        (command(&format!("sealkit diff {host}/{} {host}/{}", wanted.a, wanted.b)))
    };
    let to = wanted.to.as_ref().map(|to| format!("&to={}", query(to)));
    let twin = format!(
        "/api/v1/compare/text{pair}&file={}{}",
        query(&wanted.file),
        to.unwrap_or_default()
    );
    Ok(page("Compare text", Some(&twin), &body))
}

fn facts(found: &TextComparison) -> Markup {
    let bytes = |bytes: Option<u64>| {
        html! {
            @if let Some(bytes) = bytes { (size(bytes)) } @else { "not there" }
        }
    };
    html! {
        dl.facts {
            div { dt { "From" } dd { (digest(&found.a)) " · " (bytes(found.size_a)) } }
            div { dt { "To" } dd { (digest(&found.b)) " · " (bytes(found.size_b)) } }
            @if found.withheld.is_none() {
                div { dt { "Lines added" } dd { (number(found.added)) } }
                div { dt { "Lines removed" } dd { (number(found.removed)) } }
            }
        }
    }
}

fn notes(found: &TextComparison) -> Markup {
    let why = match found.withheld {
        Some(TextWithheld::NotText) => {
            Some("One of the two is no UTF-8 text: its lines are not compared.")
        }
        Some(TextWithheld::TooLarge) => Some(
            "One of the two has more than 1 MiB or 20,000 lines: they are not compared here. Pull both and compare them yourself.",
        ),
        None if found.hunks.is_empty() => Some("The text is the same."),
        None => None,
    };
    html! {
        @if let Some(why) = why { p.empty { (why) } }
        @if found.cut { p.note { "Not everything is shown: differences or ends of long lines are left out." } }
        @if found.coarse { p.note { "The comparison was stopped after its time: there is a smaller difference." } }
    }
}

fn hunks(hunks: &[Hunk]) -> Markup {
    html! {
        div.scroll tabindex="0" role="region" aria-label="lines that differ" {
            table.diff {
                thead { tr {
                    th.number scope="col" { "From" }
                    th.number scope="col" { "To" }
                    th scope="col" { span.hidden { "Change" } }
                    th scope="col" { "Text" }
                } }
                @for hunk in hunks { tbody { @for line in &hunk.lines { (row(line)) } } }
            }
        }
    }
}

fn row(line: &TextLine) -> Markup {
    let (class, sign, word) = match (line.a, line.b) {
        (Some(_), None) => (Some("removed"), "−", "removed"),
        (None, Some(_)) => (Some("added"), "+", "added"),
        _ => (None, "", "the same"),
    };
    let number = |at: Option<u64>| html! { td.number { @if let Some(at) = at { (at) } } };
    html! {
        tr class=[class] {
            (number(line.a)) (number(line.b))
            td { span aria-hidden="true" { (sign) } span.hidden { (word) } }
            td.line { (plain(&line.text))
                @if line.unended { span.quiet { " (no line feed at the end)" } } }
        }
    }
}
