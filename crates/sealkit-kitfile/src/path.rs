//! Paths as a Kitfile writes them: slash-separated, relative to the folder of the Kitfile.

use sealkit_oci::Reference;

use crate::url::Address;

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
