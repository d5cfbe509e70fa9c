//! Texts of a narrow form. One that exists is valid in the official schemas.

use sealkit_report::calendar;
use serde::Serialize;

/// Declares a text type that only its rule can make.
macro_rules! narrow {
    ($($(#[$doc:meta])* $name:ident if $rule:path;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Serialize)]
        pub(super) struct $name(String);

        impl $name {
            pub(super) fn new(text: &str) -> Option<Self> {
                $rule(text).then(|| Self(text.to_owned()))
            }
        }
    )*};
}

narrow! {
    /// A text that says something.
    Filled if is_filled;
    /// A `bom-ref`, or a link to one.
    Reference if is_filled;
    /// `urn:uuid:` and a UUID in lower case.
    SerialNumber if is_serial_number;
    /// Date and time in UTC, RFC 3339.
    Timestamp if is_timestamp;
    /// The schema's pattern for `mime-type`: `^[-+a-z0-9.]+/[-+a-z0-9.]+$`.
    MediaType if is_media_type;
    /// A version: at most 1024 characters.
    VersionText if is_version;
    /// An address: an absolute or relative IRI, in the plain characters of a URI (RFC 3986).
    Address if is_address;
    /// A mail address of the plain kind.
    Mail if is_mail;
}

fn is_filled(text: &str) -> bool {
    !text.is_empty()
}

fn is_version(text: &str) -> bool {
    is_filled(text) && text.chars().count() <= 1024
}

fn is_serial_number(text: &str) -> bool {
    let Some(uuid) = text.strip_prefix("urn:uuid:") else { return false };
    let groups: Vec<&str> = uuid.split('-').collect();
    let hex = |c: u8| c.is_ascii_digit() || (b'a'..=b'f').contains(&c);
    groups.iter().map(|group| group.len()).eq([8, 4, 4, 4, 12])
        && groups.iter().all(|group| group.bytes().all(hex))
}

pub(super) fn is_media_type(text: &str) -> bool {
    let fits = |part: &str| {
        let plain = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit() || b"-+.".contains(&c);
        !part.is_empty() && part.bytes().all(plain)
    };
    text.split_once('/').is_some_and(|(kind, rest)| fits(kind) && fits(rest))
}

/// The shape `YYYY-MM-DDThh:mm:ss[.f]Z` with numbers that a calendar has.
fn is_timestamp(text: &str) -> bool {
    let shape = "dddd-dd-ddTdd:dd:dd";
    let Some((head, tail)) = text.split_at_checked(shape.len()) else { return false };
    let fits = head.bytes().zip(shape.bytes()).all(|(c, want)| match want {
        b'd' => c.is_ascii_digit(),
        _ => c == want,
    });
    let number = |at: std::ops::Range<usize>| head.get(at).and_then(|n| n.parse::<u8>().ok());
    let within = |at, high| number(at).is_some_and(|n| n <= high);
    let year = head.get(0..4).and_then(|n| n.parse().ok());
    let day = year.zip(number(5..7)).zip(number(8..10));
    let real = day.is_some_and(|((year, month), day)| calendar::days(year, month, day).is_some())
        && within(11..13, 23)
        && within(14..16, 59)
        && within(17..19, 59);
    let fraction = tail.strip_suffix('Z').map(|rest| rest.strip_prefix('.').unwrap_or(rest));
    let ends = fraction.is_some_and(|rest| rest.bytes().all(|c| c.is_ascii_digit()));
    fits && real && ends && tail != ".Z" && (tail == "Z" || tail.starts_with('.'))
}

/// Stricter than the grammar: what it lets through every validator lets through.
fn is_address(text: &str) -> bool {
    let bytes = text.as_bytes();
    let plain = |c: u8| c.is_ascii_alphanumeric() || b"-._~:/?#@!$&'()*+,;=%".contains(&c);
    let escaped = |at: usize| {
        let hex = bytes.get(at + 1..at + 3);
        hex.is_some_and(|hex| hex.iter().all(u8::is_ascii_hexdigit))
    };
    let escapes = bytes.iter().enumerate().all(|(at, c)| *c != b'%' || escaped(at));
    let one_fragment = text.matches('#').count() <= 1;
    if text.is_empty() || !bytes.iter().all(|c| plain(*c)) || !escapes || !one_fragment {
        return false;
    }
    let end = text.find(['/', '?', '#']).unwrap_or(text.len());
    let rest = match text.get(..end).unwrap_or_default().split_once(':') {
        None => text,
        Some((scheme, _)) => {
            let rest = scheme.bytes().all(|c| c.is_ascii_alphanumeric() || b"+-.".contains(&c));
            if !rest || !scheme.starts_with(|c: char| c.is_ascii_alphabetic()) {
                return false;
            }
            text.get(scheme.len() + 1..).unwrap_or_default()
        }
    };
    rest.strip_prefix("//").is_none_or(|rest| is_authority(rest, rest.len() < text.len() - 2))
}

fn is_authority(rest: &str, is_absolute: bool) -> bool {
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let authority = rest.get(..end).unwrap_or_default();
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let (name, port) = host.split_once(':').unwrap_or((host, ""));
    let file = is_absolute && authority.is_empty() && rest.starts_with('/');
    (file || !name.is_empty())
        && !name.contains('@')
        && authority.matches('@').count() <= 1
        && port.bytes().all(|c| c.is_ascii_digit())
}

fn is_mail(text: &str) -> bool {
    let Some((user, host)) = text.split_once('@') else { return false };
    let dotted = |text: &str, extra: &[u8]| {
        let fits = |c: u8| c.is_ascii_alphanumeric() || extra.contains(&c);
        text.split('.').all(|part| !part.is_empty() && part.bytes().all(fits))
    };
    let label = |part: &str| !part.starts_with('-') && !part.ends_with('-') && part.len() < 64;
    user.len() <= 64
        && host.len() <= 253
        && dotted(user, b"+_-")
        && dotted(host, b"-")
        && host.split('.').all(label)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_those_of_a_calendar() {
        for good in ["2026-01-01T00:00:00Z", "2024-02-29T23:59:59.25Z"] {
            assert!(is_timestamp(good), "{good}");
        }
        for bad in [
            "",
            "today",
            "2026-13-01T00:00:00Z",
            "2026-02-29T00:00:00Z",
            "2026-01-01 00:00:00Z",
            "2026-01-01T00:00:00",
            "2026-01-01T24:00:00Z",
            "2026-01-01T00:00:00.Z",
            "2026-01-01T00:00:005Z",
            "2026-00-01T00:00:00Z",
            "2026-01-00T00:00:00Z",
        ] {
            assert!(!is_timestamp(bad), "{bad}");
        }
    }

    #[test]
    fn addresses_and_mail_are_of_the_plain_kind() {
        for good in [
            "https://example.org",
            "https://u@example.org:8080/a?b=c#d",
            "mailto:a@b.c",
            "urn:uuid:x",
            "../relative/path",
            "a?b:c",
            "file:///x",
            "git+ssh://git@host/x.git",
            "https://arxiv.org/abs/1908.10084",
            "%41",
        ] {
            assert!(is_address(good), "{good}");
        }
        for bad in [
            "",
            "a b",
            "https://",
            "https://host:port",
            "1http://x",
            "a#b#c",
            "%4",
            "%zz",
            "é",
            "http://[::1]",
            "<script>",
            "a\\b",
            ":x",
            "//",
            "https://a@b@c/",
        ] {
            assert!(!is_address(bad), "{bad}");
        }
        for good in ["a@b.c", "first.last+tag@mail.example"] {
            assert!(is_mail(good), "{good}");
        }
        for bad in ["", "a", "@b", "a@", "a@b@c", "a b@c", ".a@b", "a@-b", "a..b@c", "a@b..c"] {
            assert!(!is_mail(bad), "{bad}");
        }
    }

    #[test]
    fn serial_numbers_are_urns_in_lower_case() {
        assert!(is_serial_number("urn:uuid:3e671687-395b-41f5-a30f-a58921a69b79"));
        for bad in [
            "",
            "3e671687-395b-41f5-a30f-a58921a69b79",
            "urn:uuid:3E671687-395b-41f5-a30f-a58921a69b79",
            "urn:uuid:x",
        ] {
            assert!(!is_serial_number(bad), "{bad}");
        }
    }
}
