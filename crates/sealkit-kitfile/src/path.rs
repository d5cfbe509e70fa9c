//! Paths as a Kitfile writes them: slash-separated, relative to the folder of the Kitfile.

use sealkit_oci::Reference;

/// Cleans a path lexically as Go's `path.Clean` does: `.` for an empty path, no doubled or
/// trailing slashes, `.` removed, `..` resolved where something stands before it.
pub fn clean(path: &str) -> String {
    let rooted = path.starts_with('/');
    let mut kept: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => match kept.last() {
                Some(&last) if last != ".." => {
                    kept.pop();
                }
                _ if rooted => {}
                _ => kept.push(part),
            },
            _ => kept.push(part),
        }
    }
    let joined = kept.join("/");
    match (rooted, joined.is_empty()) {
        (true, _) => format!("/{joined}"),
        (false, true) => ".".to_owned(),
        (false, false) => joined,
    }
}

/// Cleans a path after removing the white space around it, as `kit` does with layer paths.
pub fn clean_layer(path: &str) -> String {
    clean(path.trim())
}

/// Whether the cleaned `path` is `folder` itself or lies below it.
pub fn is_within(path: &str, folder: &str) -> bool {
    if folder == "." {
        return path != ".." && !path.starts_with("../") && !path.starts_with('/');
    }
    path.strip_prefix(folder).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// What a path in a Kitfile points at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PathKind {
    /// A file or a folder beside the Kitfile.
    Local,
    /// Another kit.
    Reference,
    /// An `s3://` object.
    S3,
    /// An `http://` or `https://` address, never allowed.
    Http,
    /// Any other address, never allowed.
    OtherUrl,
}

/// Says what a path points at, by `kit`'s rules: a reference wins over an address, and what is
/// not an address is local.
pub fn kind(path: &str) -> PathKind {
    if reference(path).is_some() {
        return PathKind::Reference;
    }
    match Address::of(path) {
        Address::None => PathKind::Local,
        Address::Scheme(scheme) => match scheme.to_ascii_lowercase().as_str() {
            "s3" => PathKind::S3,
            "http" | "https" => PathKind::Http,
            _ => PathKind::OtherUrl,
        },
        Address::Host => PathKind::OtherUrl,
    }
}

/// The reference to another kit that a path is: it has a `:` or an `@`, and it parses.
pub fn reference(path: &str) -> Option<Reference> {
    if !path.contains([':', '@']) {
        return None;
    }
    path.parse().ok()
}

enum Address<'a> {
    None,
    Scheme(&'a str),
    Host,
}

impl<'a> Address<'a> {
    /// Takes an address apart as far as Go's `url.Parse` must, to tell scheme and host; whatever
    /// it refuses is a local path.
    fn of(text: &'a str) -> Self {
        let is_control = |byte: u8| byte < 0x20 || byte == 0x7f;
        if text.bytes().any(is_control) {
            return Self::None;
        }
        let (text, _) = text.split_once('#').unwrap_or((text, ""));
        match scheme(text) {
            Scheme::Bad => Self::None,
            Scheme::Some(scheme, rest) if rest_parses(rest) => Self::Scheme(scheme),
            Scheme::Some(..) => Self::None,
            Scheme::None => match text.strip_prefix("//") {
                Some(rest) if text.starts_with("///") || !rest_parses(text) => {
                    let _ = rest;
                    Self::None
                }
                Some(rest) if rest.is_empty() || rest.starts_with(['/', '?']) => Self::None,
                Some(_) => Self::Host,
                None => Self::None,
            },
        }
    }
}

enum Scheme<'a> {
    None,
    Some(&'a str, &'a str),
    Bad,
}

fn scheme(text: &str) -> Scheme<'_> {
    let Some(end) = text.find(|c: char| !(c.is_ascii_alphanumeric() || "+-.".contains(c))) else {
        return Scheme::None;
    };
    let (before, from) = text.split_at(end);
    let Some(rest) = from.strip_prefix(':') else {
        return Scheme::None;
    };
    if before.is_empty() {
        return Scheme::Bad;
    }
    if before.starts_with(|c: char| c.is_ascii_alphabetic()) {
        Scheme::Some(before, rest)
    } else {
        Scheme::None
    }
}

/// Whether Go would accept what follows the scheme: percent signs open two hex digits, and a host
/// has a numeric port and no white space.
fn rest_parses(rest: &str) -> bool {
    let (before_query, _) = rest.split_once('?').unwrap_or((rest, ""));
    let Some(authority) = before_query.strip_prefix("//") else {
        return percent_signs_fit(before_query);
    };
    let (authority, path) = authority.split_at(authority.find('/').unwrap_or(authority.len()));
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let port_fits = match host.rsplit_once(':') {
        Some((_, port)) if !host.ends_with(']') => port.bytes().all(|c| c.is_ascii_digit()),
        _ => true,
    };
    let is_odd = |c: char| c.is_whitespace() || "<>\"\\^`{|}".contains(c);
    port_fits && !host.contains(is_odd) && !host.contains('%') && percent_signs_fit(path)
}

fn percent_signs_fit(text: &str) -> bool {
    let is_hex = |byte: Option<u8>| byte.is_some_and(|byte| byte.is_ascii_hexdigit());
    text.split('%').skip(1).all(|after| {
        let mut bytes = after.bytes();
        is_hex(bytes.next()) && is_hex(bytes.next())
    })
}
