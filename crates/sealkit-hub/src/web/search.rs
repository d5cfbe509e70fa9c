//! Search: words and facets, all of it in the address.

use std::sync::Arc;

use axum::extract::State;
use axum::http::Uri;
use axum::response::Response;
use maud::{Markup, html};
use sealkit_api::{FacetCount, Hit, SearchResult};
use sealkit_ops::catalog::index::{FACETS, Facet};
use sealkit_report::Severity;

use super::page::{Answer, page};
use super::text::{count, digest, number, plain, query, size, version_path};
use crate::access::Caller;
use crate::catalog::{self, parameters};
use crate::hub::Shared;

/// Values of a facet that are shown at once; the others open below them.
const FIRST: usize = 8;

/// `GET /search?q=&FACET=VALUE…`.
pub(super) async fn show(state: State<Arc<Shared>>, caller: Caller, uri: Uri) -> Answer {
    if state.catalog.is_none() {
        return Ok(no_catalogue("Search"));
    }
    let asked: Vec<(String, String)> =
        parameters(&uri).into_iter().filter(|(_, value)| !value.is_empty()).collect();
    let found = catalog::search(state, caller, uri.clone()).await?.0;
    let text = asked.iter().find(|(name, _)| name == "q").map_or("", |(_, value)| value);
    let body = html! {
        h1 { "Search" }
        (field(text))
        (narrowed(&asked))
        div.split {
            section aria-label="kits" {
                p.quiet { (total(&found)) @if !found.hits.is_empty() {
                    span.narrow { " · " a href="#facets" { "Narrow down" } }
                    " · " a href=(table_address(&asked)) { "This page as CSV" }
                } }
                @if found.hits.is_empty() {
                    p.empty { "Nothing fits. Take a word or a filter away, or "
                        a href="/" { "look at all kits" } "." }
                }
                @for hit in &found.hits { (card(hit)) }
                (pages(&found, &asked))
            }
            (facets(&found, &asked))
        }
    };
    let twin = format!(
        "/api/v1/search{}",
        uri.query().map(|query| format!("?{query}")).unwrap_or_default()
    );
    Ok(page("Search", Some(&twin), &body))
}

/// What a hub shows that looks into no kit by itself.
pub(super) fn no_catalogue(title: &str) -> Response {
    let body = html! {
        h1 { (title) }
        p.empty { "This hub keeps no catalogue of its kits. " a href="/" { "All kits" } }
    };
    page(title, None, &body)
}

/// The field that starts a search.
pub(super) fn field(text: &str) -> Markup {
    html! {
        form.row action="/search" method="get" role="search" {
            label { "Search names, cards, models, datasets, packages and files"
                input type="search" name="q" value=(text) autocomplete="off" spellcheck="false"; }
            button { "Search" }
        }
    }
}

fn total(found: &SearchResult) -> String {
    let number = number(found.total);
    match (found.more, found.total) {
        (true, _) => format!("more than {number} kits"),
        (false, 1) => "1 kit".to_owned(),
        (false, _) => format!("{number} kits"),
    }
}

/// The filters that hold, each with the way without it.
fn narrowed(asked: &[(String, String)]) -> Markup {
    let filters: Vec<&(String, String)> = asked
        .iter()
        .filter(|(name, _)| Facet::from_name(name).is_some() || name == "below")
        .collect();
    html! { @if !filters.is_empty() {
        ul.filters aria-label="filters" { @for filter in filters {
            li { a href=(address(asked, Some(filter), None)) {
                (title(&filter.0)) ": " (plain(&filter.1)) " " span aria-hidden="true" { "×" }
                span.hidden { "(take away)" }
            } }
        } }
    } }
}

fn facets(found: &SearchResult, asked: &[(String, String)]) -> Markup {
    let of = |facet: Facet| -> Vec<&FacetCount> {
        found.facets.iter().filter(|count| count.facet == facet.name()).collect()
    };
    html! {
        nav.facets #facets aria-label="narrow down" {
            @for facet in FACETS {
                @let values = of(facet);
                // A single value that everything has narrows nothing down.
                @if values.len() > 1 || values.iter().any(|one| one.count < found.total) {
                    @let (first, more) = values.split_at(values.len().min(FIRST));
                    details open {
                        summary { (title(facet.name())) }
                        (values_of(first, asked))
                        @if !more.is_empty() {
                            @let holds = |one: &&FacetCount| asked.iter().any(|(name, value)| *name == one.facet && *value == one.value);
                            details open[more.iter().any(holds)] { summary.more { (number(more.len() as u64)) " more" } (values_of(more, asked)) }
                        }
                    }
                }
            }
        }
    }
}

/// Values of a facet, each with the way to it.
fn values_of(values: &[&FacetCount], asked: &[(String, String)]) -> Markup {
    html! { ul { @for one in values {
        @let pair = (one.facet.clone(), one.value.clone());
        li {
            @if asked.contains(&pair) { strong { (plain(&one.value)) } }
            @else { a href=(address(asked, None, Some(&pair))) { (plain(&one.value)) } }
            " " span.quiet { (number(one.count)) }
        }
    } } }
}

fn title(facet: &str) -> &str {
    match facet {
        "kind" => "Kind",
        "format" => "Format",
        "architecture" => "Architecture",
        "parameters" => "Parameters",
        "precision" => "Precision",
        "licence" => "Licence",
        "base" => "Base model",
        "dataset" => "Dataset",
        "signer" => "Signed by",
        "findings" => "Worst finding",
        "rule" => "Finding",
        "code" => "Can run code",
        "aibom" => "AIBOM attached",
        "below" => "Below",
        other => other,
    }
}

fn card(hit: &Hit) -> Markup {
    let reference = hit.tags.last().cloned().unwrap_or_else(|| hit.digest.to_string());
    html! {
        article.card {
            h2 { a href=(version_path(&hit.repository, &reference)) { (hit.repository) } }
            p.quiet {
                @for tag in hit.tags.iter().rev().take(5) { span.tag { (tag) } " " }
                (digest(&hit.digest)) " · " (size(hit.size))
                @if let Some(parameters) = hit.parameters { " · " (count(parameters)) " parameters" }
                @if !hit.licences.is_empty() { " · " (plain(&hit.licences.join(", "))) }
            }
            @if let Some(text) = &hit.description { p { (plain(&shortened(text))) } }
            p { (signed(hit)) " " (worst(hit.findings)) }
        }
    }
}

pub(super) fn signed(hit: &Hit) -> Markup {
    html! { @if hit.signers.is_empty() {
        span.mark.unknown { "– not signed by anyone this hub knows" }
    } @else {
        span.mark.yes { "✓ signed by " (plain(&hit.signers.join(", "))) }
    } }
}

pub(super) fn worst(findings: Option<Severity>) -> Markup {
    let (class, text) = match findings {
        // Inspection is no scan: that it found nothing is no mark of safety.
        None => ("unknown", "– nothing found"),
        Some(Severity::Info | Severity::Low) => ("unknown", "– small findings"),
        Some(Severity::Medium) => ("unknown", "– findings"),
        Some(Severity::High) => ("no", "✗ serious findings"),
        Some(Severity::Critical) => ("no", "✗ critical findings"),
    };
    html! { span class={ "mark " (class) } { (text) } }
}

/// At most so many characters, cut between words.
fn shortened(text: &str) -> String {
    const MOST: usize = 240;
    if text.chars().count() <= MOST {
        return text.to_owned();
    }
    let cut: String = text.chars().take(MOST).collect();
    let end = cut.rfind(' ').unwrap_or(cut.len());
    format!("{}…", cut.get(..end).unwrap_or(&cut))
}

fn pages(found: &SearchResult, asked: &[(String, String)]) -> Markup {
    html! { @if let Some(next) = found.next {
        @let pair = ("offset".to_owned(), next.to_string());
        p { a rel="next" href=(address(asked, None, Some(&pair))) { "More kits" } }
    } }
}

/// The address of the same search without one parameter or with one more; it begins anew at the first page.
fn address(
    asked: &[(String, String)],
    without: Option<&(String, String)>,
    with: Option<&(String, String)>,
) -> String {
    let kept = asked.iter().filter(|pair| pair.0 != "offset" && Some(*pair) != without);
    let all: Vec<String> =
        kept.chain(with).map(|(name, value)| format!("{}={}", query(name), query(value))).collect();
    format!("/search?{}", all.join("&"))
}

/// The address of the same page as a table.
fn table_address(asked: &[(String, String)]) -> String {
    let kept = asked.iter().filter(|(name, _)| name != "as");
    let all = kept.map(|(name, value)| format!("{}={}&", query(name), query(value)));
    format!("/api/v1/search?{}as=csv", all.collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_of_the_same_page() {
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let asked = [pair("q", "a&b"), pair("format", "onnx"), pair("as", "json")];
        let address = "/api/v1/search?q=a%26b&format=onnx&as=csv";
        assert_eq!(table_address(&asked), address);
        assert_eq!(table_address(&[]), "/api/v1/search?as=csv");
    }

    #[test]
    fn addresses_hold_the_whole_state() {
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let asked = [pair("q", "a&b"), pair("licence", "MIT"), pair("offset", "40")];
        let more = pair("format", "onnx");
        assert_eq!(address(&asked, None, Some(&more)), "/search?q=a%26b&licence=MIT&format=onnx");
        assert_eq!(address(&asked, Some(&asked[1]), None), "/search?q=a%26b");
    }

    #[test]
    fn long_texts_are_cut_between_words() {
        let text = "word ".repeat(100);
        let short = shortened(&text);
        assert!(short.ends_with("word…") && short.chars().count() <= 241, "{short}");
        assert_eq!(shortened("ä".repeat(240).as_str()), "ä".repeat(240));
    }
}
