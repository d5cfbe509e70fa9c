//! Addresses as they may be shown: without credentials.

/// `url` without user, password, query and fragment; a commit in the fragment stays. Addresses of
/// the form `git@host:path` stay as they are, since they hold a user and never a password.
pub fn without_credentials(url: &str) -> String {
    let url = url.trim();
    let Some((scheme, rest)) = url.split_once("://") else { return without_scheme(url) };
    let (rest, fragment) = rest.split_once('#').unwrap_or((rest, ""));
    let rest = rest.split_once('?').map_or(rest, |(path, _)| path);
    let (authority, path) = match rest.find('/') {
        Some(at) => rest.split_at(at),
        None => (rest, ""),
    };
    // The last `@` ends the user: a password may hold others.
    let (user, host) = authority.rsplit_once('@').unwrap_or(("", authority));
    let is_ssh = scheme.ends_with("ssh");
    let user = user.split(':').next().unwrap_or_default();
    let user = if is_ssh && !user.is_empty() { format!("{user}@") } else { String::new() };
    let fragment = if is_commit(fragment) { format!("#{fragment}") } else { String::new() };
    format!("{scheme}://{user}{host}{path}{fragment}")
}

/// `user:password@host:path` is no form that git knows, but one that people write.
fn without_scheme(url: &str) -> String {
    let kinds = ["file", "link", "npm", "patch", "portal", "workspace"];
    let user = url.split_once('@').map(|(user, rest)| (user.split_once(':'), rest));
    match user {
        Some((Some((name, password)), rest))
            if !kinds.contains(&name) && !password.contains('/') =>
        {
            rest.to_owned()
        }
        _ => url.to_owned(),
    }
}

/// Parts of the names of query parameters that carry secrets.
const SECRET: &[&str] = &["token", "sig", "key", "secret", "passw", "credential", "auth"];

/// An address of a page or a file without user and password, and without a query that holds a
/// secret. Other queries and the fragment stay: they say which file; for repositories see
/// [`without_credentials`].
pub(crate) fn clean(address: &str) -> String {
    let Some((scheme, rest)) = address.split_once("://") else { return address.to_owned() };
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (host, path) = rest.split_at(end);
    let host = host.rsplit('@').next().unwrap_or(host);
    let path = match path.split_once('?') {
        Some((before, query)) if query.split('&').any(is_secret) => before,
        _ => path,
    };
    format!("{scheme}://{host}{path}")
}

fn is_secret(parameter: &str) -> bool {
    let name = parameter.split('=').next().unwrap_or(parameter).to_ascii_lowercase();
    SECRET.iter().any(|part| name.contains(part))
}

/// Whether an address is that of an ecosystem's usual registry, which says nothing.
pub(crate) fn is_usual(url: &str) -> bool {
    let host = url.split_once("://").map_or("", |(_, rest)| rest);
    let path = host.split('/').skip(1);
    let hosts = [
        ("pypi", ""),
        ("files", "pythonhosted"),
        ("registry", "npmjs"),
        ("registry", "yarnpkg"),
        ("index", "crates"),
    ];
    let mut words = host.split('.');
    let (first, second) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let is_cargo = |name: &str| name.starts_with("crates.") && name.ends_with("-index");
    hosts.iter().any(|(a, b)| first == *a && (b.is_empty() || second == *b))
        || path.last().is_some_and(is_cargo)
}

/// Whether the text is the full name of a git object, of either hash.
pub(crate) fn is_commit(text: &str) -> bool {
    matches!(text.len(), 40 | 64) && text.bytes().all(|b| b.is_ascii_hexdigit())
}

/// `sha512-BASE64` (W3C Subresource Integrity) as `sha512:HEX`; several may stand in one text.
pub(crate) fn integrity(text: &str) -> Vec<String> {
    let one = |word: &str| {
        let (algorithm, encoded) = word.split_once('-')?;
        let bytes = base64(encoded.split('?').next()?)?;
        let known = matches!(
            (algorithm, bytes.len()),
            ("sha1", 20) | ("sha256", 32) | ("sha384", 48) | ("sha512", 64)
        );
        known.then(|| format!("{algorithm}:{}", hex(&bytes)))
    };
    text.split_ascii_whitespace().filter_map(one).collect()
}

/// Lower-case hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut out, byte| {
        let _ = write!(out, "{byte:02x}");
        out
    })
}

fn base64(text: &str) -> Option<Vec<u8>> {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.decode(text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_go_and_the_rest_stays() {
        let cases = [
            ("https://u:p@host/a/b.git", "https://host/a/b.git"),
            ("https://token@host:8080/a", "https://host:8080/a"),
            ("https://u:p@ss@host/a", "https://host/a"),
            ("https://host/a?token=secret", "https://host/a"),
            ("https://host/a@1.0/b#sha256=x", "https://host/a@1.0/b"),
            ("git+ssh://git@host/o/r.git", "git+ssh://git@host/o/r.git"),
            ("ssh://git:secret@host/o/r", "ssh://git@host/o/r"),
            ("git@host:o/r.git", "git@host:o/r.git"),
            ("https://u:p@host", "https://host"),
            ("user:secret@host:o/r", "host:o/r"),
            ("file:../a@1", "file:../a@1"),
            ("npm:a@1", "npm:a@1"),
            ("github:o/r@x", "github:o/r@x"),
            ("a@b@c", "a@b@c"),
            ("./local", "./local"),
        ];
        for (before, after) in cases {
            assert_eq!(without_credentials(before), after);
        }
        let commit = "a".repeat(40);
        let kept = format!("git+https://host/r#{commit}");
        assert_eq!(without_credentials(&format!("git+https://t@host/r?x=1#{commit}")), kept);
    }

    #[test]
    fn integrity_is_a_digest_of_its_own_length() {
        let sha1 = "sha1-2jmj7l5rSw0yVb/vlWAYkK/YBwk= x-y sha256-AAAA sha512-!";
        assert_eq!(integrity(sha1), ["sha1:da39a3ee5e6b4b0d3255bfef95601890afd80709"]);
        assert_eq!(integrity(""), Vec::<String>::new());
    }

    #[test]
    fn secrets_are_left_out() {
        let cases = [
            ("https://example.com/a?b=c#d", "https://example.com/a?b=c#d"),
            ("https://me:pw@example.com/a@b", "https://example.com/a@b"),
            ("https://me@example.com", "https://example.com"),
            ("https://example.com/a?X-Amz-Signature=1&b=2", "https://example.com/a"),
            ("https://example.com?access_token=x", "https://example.com"),
            ("data/a@b.csv", "data/a@b.csv"),
        ];
        for (address, shown) in cases {
            assert_eq!(clean(address), shown);
        }
    }
}
