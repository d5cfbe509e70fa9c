//! What every page has round its content.

use axum::extract::Request;
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Response};
use maud::{DOCTYPE, Markup, html};

use super::text::{host, plain};
use crate::HubError;
use crate::access::{Caller, Level};
use crate::guard::OwnPage;
use crate::serve::Peer;

/// Longest description of a page, in characters.
const MAX_ABOUT: usize = 300;

/// Where the head of every page leads; a page that has one of these names is that place.
const PLACES: &[(&str, &str)] = &[
    ("/", "Kits"),
    ("/search", "Search"),
    ("/impact", "Impact"),
    ("/compare", "Compare"),
    ("/advisories", "Advisories"),
    ("/policy", "Policy"),
];

/// Where it leads administrators of everything besides: others are refused there.
const ADMINISTRATION: &[(&str, &str)] = &[("/activity", "Activity"), ("/admin", "Admin")];

tokio::task_local! {
    /// Whether the head of the page that is being made leads to [`ADMINISTRATION`].
    static ADMINISTERS: bool;
    /// Whether the page was asked for over plain HTTP on this machine, so that the commands on it need to say so.
    static PLAINLY: bool;
}

/// Notes who asks, for the head of the page that is made within.
pub(super) async fn noting_who_asks(caller: Caller, request: Request, next: Next) -> Response {
    let encrypted = request.extensions().get::<Peer>().is_none_or(|peer| peer.is_encrypted);
    let plainly = !encrypted && is_this_machine(&host(request.headers()));
    let page = ADMINISTERS.scope(caller.may_everywhere(Level::Admin), next.run(request));
    PLAINLY.scope(plainly, page).await
}

/// Whether a client has to be told that the hub speaks plain HTTP.
pub(super) fn is_plain() -> bool {
    PLAINLY.try_with(|plainly| *plainly).unwrap_or(false)
}

/// Whether a `Host` is this machine; what another one forwards here may be encrypted on its way.
fn is_this_machine(host: &str) -> bool {
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    name == "localhost" || name == "[::1]" || name.starts_with("127.")
}

/// What the head of a page says besides its title.
#[derive(Clone, Copy, Default)]
pub(super) struct Head<'a> {
    /// The path of the API that gives the same as JSON.
    pub(super) twin: Option<&'a str>,
    /// What it is about, where it is linked elsewhere; text of a stranger is fine.
    pub(super) about: Option<&'a str>,
    /// The path of an Atom feed of it.
    pub(super) feed: Option<&'a str>,
    /// The path of the same as Markdown.
    pub(super) markdown: Option<&'a str>,
}

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
    answer(status, "Failed", Head::default(), &body)
}

/// A page titled `title`. `twin` is the path of the API that gives the same as JSON.
pub(super) fn page(title: &str, twin: Option<&str>, body: &Markup) -> Response {
    page_with(title, Head { twin, ..Head::default() }, body)
}

/// The same with more in its head.
pub(super) fn page_with(title: &str, head: Head<'_>, body: &Markup) -> Response {
    answer(StatusCode::OK, title, head, body)
}

/// The lines of the head that others than browsers read: what shows a link to the page (the Open Graph protocol),
/// readers of feeds, programs. Only whoever may open the page gets them.
fn for_others(title: &str, head: Head<'_>) -> Markup {
    let about = head.about.map(|text| plain(text).chars().take(MAX_ABOUT).collect::<String>());
    html! {
        meta property="og:site_name" content="SealKit hub";
        meta property="og:type" content="website";
        meta property="og:title" content=(title);
        @if let Some(about) = &about {
            meta name="description" content=(about);
            meta property="og:description" content=(about);
        }
        @if let Some(path) = head.twin { link rel="alternate" type="application/json" href=(path); }
        @if let Some(path) = head.feed { link rel="alternate" type="application/atom+xml" href=(path); }
        @if let Some(path) = head.markdown { link rel="alternate" type="text/markdown" href=(path); }
    }
}

fn answer(status: StatusCode, title: &str, head: Head<'_>, body: &Markup) -> Response {
    let administers = ADMINISTERS.try_with(|administers| *administers).unwrap_or(false);
    let more = if administers { ADMINISTRATION } else { &[] };
    let ways = [(head.twin, "JSON"), (head.markdown, "Markdown"), (head.feed, "Atom feed")];
    let ways: Vec<(&str, &str)> =
        ways.into_iter().filter_map(|(path, name)| Some((path?, name))).collect();
    let html = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title) " · SealKit hub" }
                (for_others(title, head))
                link rel="stylesheet" href="/assets/hub.css";
                script src="/assets/hub.js" {}
            }
            body {
                a.skip href="#content" { "Skip to content" }
                header.top { div.wrap {
                    a.brand href="/" { "SealKit hub" }
                    nav aria-label="hub" { @for (path, name) in PLACES.iter().chain(more) {
                        a href=(path) aria-current=[(*name == title).then_some("page")] { (name) }
                    } }
                } }
                main #content.wrap { (body) }
                footer { div.wrap {
                    p { a href="/help/marks" { "What the marks mean" } " · " a href="/help/api" { "API" }
                        " · " a href="/llms.txt" { "For programs" } }
                    @if !ways.is_empty() {
                        "This page as " @for (at, (path, name)) in ways.iter().enumerate() {
                            @if at > 0 { ", " } a href=(path) { (name) }
                        } ". "
                    }
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
            | "Size before"
            | "Size after"
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
