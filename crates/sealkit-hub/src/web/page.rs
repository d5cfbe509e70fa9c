//! What every page has round its content.

use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};
use maud::{DOCTYPE, Markup, html};

use super::text::plain;
use crate::HubError;
use crate::guard::OwnPage;

/// Where the head of every page leads; a page that has one of these names is that place.
const PLACES: &[(&str, &str)] = &[
    ("/", "Kits"),
    ("/search", "Search"),
    ("/impact", "Impact"),
    ("/compare", "Compare"),
    ("/advisories", "Advisories"),
    ("/policy", "Policy"),
    ("/activity", "Activity"),
    ("/admin", "Admin"),
];

/// A page, or why there is none.
pub(super) type Answer = Result<Response, Failure>;

/// A failure that is shown as a page.
pub(super) struct Failure(HubError);

impl From<HubError> for Failure {
    fn from(error: HubError) -> Self {
        Self(error)
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let (status, message) = self.0.public();
        refused(status, &message)
    }
}

/// A page that says why there is no other.
pub(super) fn refused(status: StatusCode, message: &str) -> Response {
    let body = html! {
        h1 { (status.canonical_reason().unwrap_or("Failed")) }
        p { (plain(message)) }
        p { a href="/" { "All kits" } }
    };
    answer(status, "Failed", None, &body)
}

/// A page titled `title`. `twin` is the path of the API that gives the same as JSON.
pub(super) fn page(title: &str, twin: Option<&str>, body: &Markup) -> Response {
    answer(StatusCode::OK, title, twin, body)
}

fn answer(status: StatusCode, title: &str, twin: Option<&str>, body: &Markup) -> Response {
    let html = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title) " · SealKit hub" }
                link rel="stylesheet" href="/assets/hub.css";
                script src="/assets/hub.js" {}
            }
            body {
                a.skip href="#content" { "Skip to content" }
                header.top { div.wrap {
                    a.brand href="/" { "SealKit hub" }
                    nav aria-label="hub" { @for (path, name) in PLACES {
                        a href=(path) aria-current=[(*name == title).then_some("page")] { (name) }
                    } }
                } }
                main #content.wrap { (body) }
                footer { div.wrap {
                    p { a href="/help/marks" { "What the marks mean" } " · " a href="/help/api" { "API" } }
                    @if let Some(twin) = twin { "This page as " a href=(twin) { "JSON" } ". " }
                    "Nothing that a kit brought is run or loaded here."
                } }
            }
        }
    };
    let mut response = (status, Html(html.into_string())).into_response();
    response.extensions_mut().insert(OwnPage);
    response
}

/// A table that scrolls inside its own region, which the keyboard can reach.
pub(super) fn table(label: &str, columns: &[&str], rows: &Markup) -> Markup {
    html! {
        div.scroll tabindex="0" role="region" aria-label=(label) {
            table {
                thead { tr { @for column in columns {
                    th scope="col" class=[is_number(column).then_some("number")] { (column) }
                } } }
                tbody { (rows) }
            }
        }
    }
}

/// A sign for the eye, and the words that say the same.
pub(super) fn marked(class: &str, sign: &str, words: &str) -> Markup {
    html! { span class=(class) { span aria-hidden="true" { (sign) } " " (words) } }
}

/// Whether a column of this name holds numbers.
fn is_number(column: &str) -> bool {
    matches!(
        column,
        "Size"
            | "Parameters"
            | "Tensors"
            | "Share"
            | "Line"
            | "Said"
            | "Demanded"
            | "Recommended"
            | "Pulls"
            | "Entry"
    )
}
