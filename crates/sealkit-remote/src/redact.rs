//! URLs and foreign texts as they may be shown.

use sealkit_report::is_deceptive;
use url::Url;

/// Longest foreign text that is shown, in characters.
const MAX_SHOWN: usize = 300;

/// The URL without user, password, query and fragment: signed storage URLs carry their secret in
/// the query, and upload locations their state.
pub(crate) fn url(url: &Url) -> String {
    let mut shown = format!("{}://{}", url.scheme(), url.host_str().unwrap_or_default());
    if let Some(port) = url.port() {
        shown.push(':');
        shown.push_str(&port.to_string());
    }
    shown.push_str(url.path());
    if url.query().is_some() {
        shown.push_str("?…");
    }
    shown
}

/// What a person gave for an address, be it one or not, without user, password, query and fragment.
pub(crate) fn address(text: &str) -> String {
    let (scheme, rest) = match text.find("://") {
        Some(at) => text.split_at(at + 3),
        None => ("", text),
    };
    let (authority, path) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
    let host = authority.rsplit('@').next().unwrap_or_default();
    let shown = path.find(['?', '#']).map_or(path, |at| path.split_at(at).0);
    let more = if shown.len() < path.len() { "?…" } else { "" };
    foreign(&format!("{scheme}{host}{shown}{more}"))
}

/// A text of the other side on one line, without control characters, shortened.
pub(crate) fn foreign(text: &str) -> String {
    let mut shown: String =
        text.chars().take(MAX_SHOWN).map(|c| if is_deceptive(c) { ' ' } else { c }).collect();
    if text.chars().nth(MAX_SHOWN).is_some() {
        shown.push('…');
    }
    shown.trim().to_owned()
}

/// Whether two URLs have the same scheme, host and port, so that what is meant for one may be sent
/// to the other.
pub(crate) fn same_origin(one: &Url, other: &Url) -> bool {
    one.scheme() == other.scheme()
        && one.host_str() == other.host_str()
        && one.port_or_known_default() == other.port_or_known_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Url {
        text.parse().unwrap()
    }

    #[test]
    fn neither_user_nor_query_is_shown() {
        let shown = url(&parse("https://me:canary@host.example:8443/v2/a?sig=canary#canary"));
        assert_eq!(shown, "https://host.example:8443/v2/a?…");
    }

    #[test]
    fn what_was_given_for_an_address_is_shown_without_its_secrets() {
        for (given, expected) in [
            (
                "https://me:canary@host.example:8443/v2/a?sig=canary#canary",
                "https://host.example:8443/v2/a?…",
            ),
            ("https://me:canary@not a host/a", "https://not a host/a"),
            ("me:canary@host.example/a", "host.example/a"),
            ("https://a@b:canary@host.example", "https://host.example"),
            ("s3://bucket/key?canary", "s3://bucket/key?…"),
            ("https://host.example?canary", "https://host.example?…"),
            ("org/name@v1", "org/name@v1"),
            ("nonsense", "nonsense"),
            ("", ""),
            ("a\u{1b}[2J\n", "a [2J"),
        ] {
            assert_eq!(address(given), expected, "{given}");
        }
    }

    #[test]
    fn foreign_text_is_one_short_line() {
        assert_eq!(foreign("a\u{1b}[31m\nb\u{202e}c"), "a [31m b c");
        assert_eq!(foreign(&"x".repeat(1000)).chars().count(), MAX_SHOWN + 1);
    }

    #[test]
    fn origins_differ_by_scheme_host_and_port() {
        let base = parse("https://a.example/x");
        assert!(same_origin(&base, &parse("https://a.example:443/y")));
        for other in ["http://a.example/x", "https://b.example/x", "https://a.example:444/x"] {
            assert!(!same_origin(&base, &parse(other)), "{other}");
        }
    }
}
