//! What was done and refused on the hub, for who may know that.

use std::sync::Arc;

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::Uri;
use maud::{Markup, html};
use sealkit_api::{HubEvent, HubEvents};
use sealkit_oci::Digest;

use super::page::{Answer, page, table};
use super::text::{command, digest, joined, kit_path, number, plain, query, version_path, when};
use crate::catalog::parameters;
use crate::events::{self, Asked};
use crate::hub::Shared;

/// The fields of the filter, in their order.
const FIELDS: [(&str, &str, &str, &str); 4] = [
    ("action", "Action, or the scope of some", "text", "tag.set"),
    ("repository", "Repository", "text", "team/model"),
    ("actor", "Who", "text", "ci"),
    ("since", "Since", "date", ""),
];

/// `GET /activity?action=&repository=&actor=&since=&before=`.
pub(super) async fn show(
    State(shared): State<Arc<Shared>>,
    uri: Uri,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Answer {
    let Some(events) = shared.events.clone() else {
        let body = html! {
            h1 { "Activity" }
            p.empty { "This hub writes down no events. One that has a storage of its own does:" }
            (command("sealkit hub --data ./hub"))
        };
        return Ok(page("Activity", None, &body));
    };
    let since = asked.as_ref().ok().and_then(|asked| asked.since);
    let found = events::list(State(events), asked).await?.0;
    let filter = filter(&uri);
    let twin = twin(&filter, since);
    let body = html! {
        h1 { "Activity" }
        p { "Every write, refusal and act of administration, the newest first. Nothing here is changed or taken \
             out. Pulls are counted, and shown with each kit." }
        (form(&filter))
        @if found.events.is_empty() {
            p.empty { "Nothing fits. " a href="/activity" { "Show everything" } }
        } @else {
            (list(&found.events))
        }
        (pages(&found, &filter, &twin))
        h2 { "The same without a browser" }
        (command("sealkit hub events --data ./hub --format json"))
    };
    Ok(page("Activity", Some(&twin), &body))
}

/// The fields that were given.
fn filter(uri: &Uri) -> Vec<(String, String)> {
    let is_field = |name: &str| FIELDS.iter().any(|(field, ..)| *field == name);
    parameters(uri)
        .into_iter()
        .filter(|(name, value)| is_field(name) && !value.is_empty())
        .collect()
}

/// The filter as the query of an address.
fn address(filter: &[(String, String)], before: Option<i64>) -> String {
    let mut parts: Vec<String> =
        filter.iter().map(|(name, value)| format!("{name}={}", query(value))).collect();
    parts.extend(before.map(|before| format!("before={before}")));
    joined(&parts)
}

/// The same of the API, which takes times in seconds.
fn twin(filter: &[(String, String)], since: Option<i64>) -> String {
    let mut filter = filter.to_vec();
    for (_, value) in filter.iter_mut().filter(|(name, _)| name == "since") {
        *value = since.unwrap_or_default().to_string();
    }
    format!("/api/v1/events{}", address(&filter, None))
}

fn form(filter: &[(String, String)]) -> Markup {
    let value = |name: &str| {
        filter.iter().find(|(field, _)| field == name).map_or("", |(_, value)| value.as_str())
    };
    html! {
        form.row action="/activity" method="get" {
            @for (name, label, kind, example) in FIELDS {
                label { (label)
                    input type=(kind) name=(name) value=(value(name)) placeholder=[(!example.is_empty()).then_some(example)]
                        autocomplete="off" spellcheck="false"; }
            }
            button { "Filter" }
        }
    }
}

fn list(all: &[HubEvent]) -> Markup {
    let rows = html! { @for one in all {
        tr {
            th scope="row" { (when(one.time)) }
            td.digest { a href=(format!("/activity?action={}", query(&one.action))) { code { (one.action) } }
                @if one.count > 1 { " × " (number(one.count)) } }
            td { a href=(format!("/activity?actor={}", query(&one.actor))) { (plain(&one.actor)) } }
            td { @if let Some(name) = &one.repository { a href=(kit_path(name)) { (plain(name)) } } }
            td.wide { (subject(one)) @if let Some(detail) = &one.detail { (said(detail)) } }
        }
    } };
    table("events", &["When", "Action", "Who", "Repository", "About"], &rows)
}

fn subject(one: &HubEvent) -> Markup {
    let Some(text) = &one.subject else { return html! {} };
    match (text.parse::<Digest>(), &one.repository) {
        // A blob alone has no page.
        (Ok(found), Some(name)) if !one.action.starts_with("blob.") => {
            html! { a href=(version_path(name, text)) { (digest(&found)) } }
        }
        (Ok(found), _) => digest(&found),
        _ => html! { (plain(text)) },
    }
}

fn said(detail: &str) -> Markup {
    html! { " " @if let Ok(found) = detail.parse::<Digest>() { (digest(&found)) }
    @else { span.quiet { (plain(detail)) } } }
}

fn pages(found: &HubEvents, filter: &[(String, String)], twin: &str) -> Markup {
    html! {
        p {
            @if let Some(next) = found.next {
                a rel="next" href=(format!("/activity{}", address(filter, Some(next)))) { "Earlier" } " · "
            }
            a href=(twin) download="events.json" { "Export as JSON" }
        }
    }
}
