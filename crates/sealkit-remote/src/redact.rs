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
    let rest = without_user(rest);
    let (host, path) = rest.split_at(authority(rest).len());
    let shown = path.find(['?', '#']).map_or(path, |at| path.split_at(at).0);
    let more = if shown.len() < path.len() { "?…" } else { "" };
    foreign(&format!("{scheme}{host}{shown}{more}"))
}

/// The part of an address before its path, query and fragment.
fn authority(rest: &str) -> &str {
    rest.split(['/', '?', '#']).next().unwrap_or_default()
}

/// The rest of an address without user and password. A password may hold what would end the authority, where somebody
/// did not escape it: what stands behind the colon is then no port.
fn without_user(rest: &str) -> &str {
    let own = authority(rest);
    if let Some((user, _)) = own.rsplit_once('@') {
        return rest.get(user.len() + 1..).unwrap_or_default();
    }
    let has_port = own.rsplit_once(':').is_none_or(|(_, port)| {
        port.ends_with(']') || port.bytes().all(|byte| byte.is_ascii_digit())
    });
    match rest.rsplit_once('@') {
        Some((_, host)) if !has_port => host,
        _ => rest,
    }
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
            ("https://me:can/ary@host.example/a", "https://host.example/a"),
            ("https://me:can?ary@host.example", "https://host.example"),
            ("https://me:can#ary@host.example", "https://host.example"),
            ("https://host.example:8443/a@b", "https://host.example:8443/a@b"),
            ("https://[::1]/a@b", "https://[::1]/a@b"),
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
