//! How values become text of a page.

use std::fmt::Write;

use axum::http::{HeaderMap, header};
use maud::{Markup, html};
use sealkit_attest::Timestamp;
use sealkit_oci::Digest;
use sealkit_report::is_deceptive;

pub(super) use super::commands::{command, file_command, quoted};
use crate::clock::now;
use crate::hub::Shared;
use crate::names::segment;
use crate::serve::Peer;

/// Most characters of one value that a kit brought; the API has the whole of it.
const MAX_CHARS: usize = 2_000;

/// Text of a stranger so that it shows as what it is: control characters and those that turn or
/// hide text are spelled out. Escaping for HTML comes after it.
pub(crate) fn plain(text: &str) -> String {
    spelled_out(text, MAX_CHARS)
}

/// The same of a line of a text whose length is bounded elsewhere; tabs stay.
pub(super) fn plain_line(line: &str) -> String {
    line.split('\t').map(|part| spelled_out(part, usize::MAX)).collect::<Vec<_>>().join("\t")
}

fn spelled_out(text: &str, most: usize) -> String {
    let mut shown = String::with_capacity(text.len().min(MAX_CHARS));
    for (at, character) in text.chars().enumerate() {
        if at == most {
            shown.push('…');
            break;
        }
        if is_deceptive(character) {
            // Writing to a string cannot fail.
            let _ = write!(shown, "\\u{{{:x}}}", u32::from(character));
        } else {
            shown.push(character);
        }
    }
    shown
}

/// A size for people with the exact one as its title.
pub(super) fn size(bytes: u64) -> Markup {
    html! { span title=(format!("{bytes} bytes")) { (human(bytes)) } }
}

/// Three digits and a binary unit.
pub(crate) fn human(bytes: u64) -> String {
    const UNITS: [&str; 6] = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
    if bytes < 1024 {
        return format!("{bytes} B");
    }
    let power = (u64::BITS - 1 - bytes.leading_zeros()) / 10;
    let unit = UNITS.get(power as usize - 1).copied().unwrap_or("EiB");
    let scale = 1_u64 << (10 * power);
    let tenths = u128::from(bytes) * 10 / u128::from(scale);
    if tenths < 100 {
        format!("{}.{} {unit}", tenths / 10, tenths % 10)
    } else {
        format!("{} {unit}", tenths / 10)
    }
}

/// A number with its thousands apart.
pub(super) fn number(value: u64) -> String {
    let digits = value.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A count for people, such as `7.2 B`, with the exact one as its title.
pub(super) fn count(value: u64) -> Markup {
    const UNITS: [(u64, &str); 4] =
        [(1_000_000_000_000, "T"), (1_000_000_000, "B"), (1_000_000, "M"), (10_000, "K")];
    let Some((scale, unit)) = UNITS.into_iter().find(|(scale, _)| value >= *scale) else {
        return html! { (number(value)) };
    };
    let scale = if unit == "K" { 1_000 } else { scale };
    let tenths = u128::from(value) * 10 / u128::from(scale);
    let text = match tenths {
        0..1000 => format!("{}.{} {unit}", tenths / 10, tenths % 10),
        _ => format!("{} {unit}", tenths / 10),
    };
    html! { span title=(number(value)) { (text) } }
}

/// A part of a whole as per cent and as a bar.
pub(super) fn share(part: u64, whole: u64) -> Markup {
    let permille = u128::from(part) * 1000 / u128::from(whole.max(1));
    let text = match permille {
        0 if part > 0 => "< 0.1 %".to_owned(),
        _ => format!("{}.{} %", permille / 10, permille % 10),
    };
    html! {
        span.share {
            svg viewBox="0 0 1000 1" preserveAspectRatio="none" aria-hidden="true" {
                rect width=(permille.min(1000)) height="1" {}
            }
            (text)
        }
    }
}

/// A time in seconds since 1970, as how long ago it is, with the exact one as its title.
pub(super) fn when(at: i64) -> Markup {
    let exact = Timestamp::shown(at);
    html! { time datetime=(exact) title=(exact) { (ago(now(), at)) } }
}

/// The same of a time as RFC 3339 has it; one that is not is shown as it is.
pub(super) fn time_of(text: &str) -> Markup {
    Timestamp::try_from(text.to_owned())
        .map_or_else(|_| html! { (plain(text)) }, |time| when(time.unix()))
}

/// How long before `now` something was, in one unit.
fn ago(now: i64, at: i64) -> String {
    let seconds = now.saturating_sub(at);
    let units = [
        (365 * 86_400, "year"),
        (30 * 86_400, "month"),
        (86_400, "day"),
        (3_600, "hour"),
        (60, "minute"),
    ];
    if seconds < 0 {
        return Timestamp::shown(at);
    }
    let Some((length, unit)) = units.into_iter().find(|(length, _)| seconds >= *length) else {
        return "just now".to_owned();
    };
    match seconds / length {
        1 => format!("1 {unit} ago"),
        many => format!("{many} {unit}s ago"),
    }
}

/// The text as one part of a query.
pub(super) fn query(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

/// A description: what stands between backticks is code.
pub(super) fn prose(text: &str) -> Markup {
    html! { @for (at, part) in text.split('`').enumerate() {
        @if at % 2 == 1 { code { (part) } } @else { (part) }
    } }
}

/// The text with its first letter in upper case.
pub(super) fn capital(text: &str) -> String {
    let mut letters = text.chars();
    let first: String =
        letters.next().map(|first| first.to_uppercase().collect()).unwrap_or_default();
    first + letters.as_str()
}

/// The parts as the query of an address; nothing where there are none.
pub(super) fn joined(parts: &[String]) -> String {
    if parts.is_empty() { String::new() } else { format!("?{}", parts.join("&")) }
}

/// The first digits of a digest.
pub(super) fn short(digest: &str) -> String {
    digest.chars().take("sha256:".len() + 12).collect()
}

/// The first digits of a digest, the whole of it as title.
pub(super) fn digest(digest: &Digest) -> Markup {
    let text = digest.to_string();
    html! { code title=(text) { (short(&text)) "…" } }
}

/// A version as somebody wrote it: one that is a digest is cut short.
pub(super) fn version(text: &str) -> Markup {
    text.parse().map_or_else(|_| html! { (plain(text)) }, |parsed| digest(&parsed))
}

/// The page of a kit's versions.
pub(super) fn kit_path(name: &str) -> String {
    format!("/kits/{}", segment(name))
}

/// The page of one version.
pub(super) fn version_path(name: &str, reference: &str) -> String {
    format!("{}/{reference}", kit_path(name))
}

/// `name:tag` or `name@digest`.
pub(super) fn reference(name: &str, reference: &str) -> String {
    let mark = if reference.contains(':') { '@' } else { ':' };
    format!("{name}{mark}{reference}")
}

/// Where the hub is reached, without a slash at its end: as its operator says, else as the visitor named it.
pub(super) fn base(shared: &Shared, headers: &HeaderMap, peer: Option<&Peer>) -> String {
    if let Some(address) = &shared.address {
        return address.trim_end_matches('/').to_owned();
    }
    let scheme = if peer.is_some_and(|peer| peer.is_encrypted) { "https" } else { "http" };
    format!("{scheme}://{}", host(headers))
}

/// The host as the visitor named it, for commands. A name that a shell could read as something
/// else is not repeated.
pub(super) fn host(headers: &HeaderMap) -> String {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let safe = |byte: u8| byte.is_ascii_alphanumeric() || b".:-[]".contains(&byte);
    let good = !host.is_empty() && !host.starts_with('-') && host.bytes().all(safe);
    if good { host.to_owned() } else { "HUB".to_owned() }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn sizes_have_a_unit_and_no_false_digits() {
        for (bytes, text) in [
            (0, "0 B"),
            (1023, "1023 B"),
            (1024, "1.0 KiB"),
            (10 * 1024, "10 KiB"),
            (1_572_864, "1.5 MiB"),
            (u64::MAX, "15 EiB"),
        ] {
            assert_eq!(human(bytes), text);
        }
    }

    #[test]
    fn counts_and_shares_round_down() {
        for (value, text) in [
            (999, "999"),
            (9_999, "9,999"),
            (10_000, "10.0 K"),
            (7_248_019_456, "7.2 B"),
            (999_999_999, "999 M"),
        ] {
            assert!(count(value).into_string().contains(text), "{text}");
        }
        assert_eq!(number(1_234_567), "1,234,567");
        for (part, whole, text) in
            [(0, 0, "0.0 %"), (1, 3, "33.3 %"), (1, u64::MAX, "&lt; 0.1 %"), (5, 5, "100.0 %")]
        {
            assert!(share(part, whole).into_string().contains(text), "{text}");
        }
    }

    #[test]
    fn a_time_is_told_in_one_unit_with_the_exact_one_beside_it() {
        for (seconds, text) in [
            (0, "just now"),
            (59, "just now"),
            (60, "1 minute ago"),
            (7_199, "1 hour ago"),
            (86_400 * 29, "29 days ago"),
            (86_400 * 364, "12 months ago"),
            (86_400 * 800, "2 years ago"),
            (-5, "2027-01-15T08:00:05Z"),
        ] {
            assert_eq!(ago(1_800_000_000, 1_800_000_000 - seconds), text);
        }
        assert_eq!(ago(i64::MAX, i64::MIN), "292471208677 years ago");
        let exact = "title=\"2027-01-15T08:00:00Z\"";
        assert!(time_of("2027-01-15T08:00:00Z").into_string().contains(exact));
        assert_eq!(time_of("<soon>").into_string(), "&lt;soon&gt;");
    }

    #[test]
    fn a_query_holds_any_text() {
        assert_eq!(query("a b&c=#ü"), "a+b%26c%3D%23%C3%BC");
    }

    #[test]
    fn text_that_deceives_is_spelled_out() {
        assert_eq!(plain("a\u{202e}txt.exe\n\u{200b}"), "a\\u{202e}txt.exe\\u{a}\\u{200b}");
        assert_eq!(plain("modèle 模型 🦀"), "modèle 模型 🦀");
        assert_eq!(plain(&"x".repeat(3_000)).chars().count(), MAX_CHARS + 1);
    }

    #[test]
    fn a_host_that_a_shell_would_run_is_not_repeated() {
        let of = |text: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::HOST, HeaderValue::from_str(text).unwrap());
            host(&headers)
        };
        assert_eq!(of("localhost:5000"), "localhost:5000");
        assert_eq!(of("[::1]:5000"), "[::1]:5000");
        for bad in ["", "a;rm", "a$(x)", "-x", "a b", "<b>"] {
            assert_eq!(of(bad), "HUB", "{bad}");
        }
    }
}
