//! Addresses told from paths. `kit` takes whatever Go's `net/url` refuses for a local path, so what
//! that refuses matters; nothing else of an address is used.

/// What a text is as an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Address<'a> {
    /// None, or one that Go refuses.
    None,
    /// It has this scheme, in the case in which it is written.
    Scheme(&'a str),
    /// It has a host and no scheme: `//host/…`.
    Host,
}

impl<'a> Address<'a> {
    pub(crate) fn of(text: &'a str) -> Self {
        if text.bytes().any(|byte| byte < 0x20 || byte == 0x7f) {
            return Self::None;
        }
        let (text, fragment) = text.split_once('#').unwrap_or((text, ""));
        let Some((scheme, rest)) = split_scheme(text) else { return Self::None };
        let (rest, _) = rest.split_once('?').unwrap_or((rest, ""));
        if !escapes_fit(fragment) {
            return Self::None;
        }
        if scheme.is_some() && !rest.starts_with('/') {
            return scheme.map_or(Self::None, Self::Scheme);
        }
        let has_authority = scheme.is_some() || !rest.starts_with("///");
        let authority = rest.strip_prefix("//").filter(|_| has_authority);
        let (authority, path) = match authority {
            Some(rest) => rest.split_at(rest.find('/').unwrap_or(rest.len())),
            None => ("", rest),
        };
        if !authority_fits(authority) || !escapes_fit(path) {
            return Self::None;
        }
        match scheme {
            Some(scheme) => Self::Scheme(scheme),
            None if host_of(authority).is_empty() => Self::None,
            None => Self::Host,
        }
    }
}

/// Scheme and rest; no scheme where there is none, and nothing where Go refuses the text.
fn split_scheme(text: &str) -> Option<(Option<&str>, &str)> {
    let is_scheme = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.');
    let end = text.find(|c| !is_scheme(c)).unwrap_or(text.len());
    let (scheme, rest) = text.split_at(end);
    match rest.strip_prefix(':') {
        Some(_) if scheme.is_empty() => None,
        Some(rest) if scheme.starts_with(|c: char| c.is_ascii_alphabetic()) => {
            Some((Some(scheme), rest))
        }
        // A relative path may not have a colon in its first part.
        _ if !text.starts_with('/') && first_part(text).contains(':') => None,
        _ => Some((None, text)),
    }
}

fn first_part(text: &str) -> &str {
    let text = text.split('?').next().unwrap_or_default();
    text.split('/').next().unwrap_or_default()
}

fn host_of(authority: &str) -> &str {
    authority.rsplit_once('@').map_or(authority, |(_, host)| host)
}

fn authority_fits(authority: &str) -> bool {
    let is_user = |c: char| c.is_ascii_alphanumeric() || "-._:~!$&'()*+,;=%@".contains(c);
    let user = authority.rsplit_once('@').map_or("", |(user, _)| user);
    if !user.chars().all(is_user) || !escapes_fit(user) {
        return false;
    }
    let host = host_of(authority);
    if let Some(rest) = host.strip_prefix('[') {
        let parts = rest.rsplit_once(']').filter(|_| !rest.contains('['));
        let address = |text: &str| text.parse::<std::net::Ipv6Addr>().is_ok();
        return parts.is_some_and(|(ip, port)| {
            address(ip.split("%25").next().unwrap_or_default()) && port_fits(port)
        });
    }
    let port = host.find(':').map_or("", |at| host.split_at(at).1);
    !host.contains('[') && port_fits(port) && host_chars_fit(host)
}

/// Nothing, or a colon and digits.
fn port_fits(port: &str) -> bool {
    port.is_empty()
        || port.strip_prefix(':').is_some_and(|port| port.bytes().all(|c| c.is_ascii_digit()))
}

fn host_chars_fit(host: &str) -> bool {
    let is_host = |c: char| {
        !c.is_ascii() || c.is_ascii_alphanumeric() || "-_.~!$&'()*+,;=:[]<>\"%".contains(c)
    };
    // Only what is not ASCII, and the percent sign itself, may be escaped in a host.
    let escape_fits = |after: &str| {
        after.starts_with("25") || after.starts_with(|c: char| c.is_ascii_hexdigit() && c >= '8')
    };
    host.chars().all(is_host) && escapes_fit(host) && host.split('%').skip(1).all(escape_fits)
}

/// Whether every percent sign is followed by two hex digits.
fn escapes_fit(text: &str) -> bool {
    text.split('%').skip(1).all(|after| {
        let mut bytes = after.bytes();
        let mut is_hex = || bytes.next().is_some_and(|byte| byte.is_ascii_hexdigit());
        is_hex() && is_hex()
    })
}
