//! References as they stand in addresses.

use sealkit_oci::{Reference, Target};

use crate::HubError;

/// Takes `name:tag` or `name@digest` apart. A name may contain a port: only a colon behind the
/// last slash begins a tag.
pub(crate) fn split_reference(text: &str) -> Result<(String, Target), HubError> {
    let malformed = || HubError::Reference(text.to_owned());
    let (name, target) = if let Some((name, digest)) = text.rsplit_once('@') {
        (name, Target::Digest(digest.parse().map_err(|_| malformed())?))
    } else {
        let (name, tag) = text.rsplit_once(':').ok_or_else(malformed)?;
        (name, parse_target(tag).ok_or_else(malformed)?)
    };
    if !is_name(name) {
        return Err(malformed());
    }
    Ok((name.to_owned(), target))
}

/// A tag or a digest.
pub(crate) fn parse_target(text: &str) -> Option<Target> {
    if let Ok(digest) = text.parse() {
        return Some(Target::Digest(digest));
    }
    Reference::is_tag(text).then(|| Target::Tag(text.to_owned()))
}

/// Whether `name` is a repository name, with or without a registry before it.
pub(crate) fn is_name(name: &str) -> bool {
    name.parse::<Reference>()
        .is_ok_and(|parsed| parsed.target().is_none() && parsed.to_string() == name)
}

#[cfg(test)]
mod tests {
    use sealkit_oci::Digest;

    use super::*;

    #[test]
    fn references_are_taken_apart() {
        let digest = Digest::of(b"");
        for (text, name, target) in [
            ("a:v1", "a", Target::Tag("v1".into())),
            ("org/a.b:v1", "org/a.b", Target::Tag("v1".into())),
            ("my.org/a:v1", "my.org/a", Target::Tag("v1".into())),
            ("host.io:5000/a:v1", "host.io:5000/a", Target::Tag("v1".into())),
            (&format!("org/a@{digest}"), "org/a", Target::Digest(digest.clone())),
        ] {
            assert_eq!(split_reference(text).unwrap(), (name.to_owned(), target), "{text}");
        }
        for bad in ["", "a", "a:", ":v1", "../a:v1", "A:v1", "a@v1", "a:v1:v2", "a:.x"] {
            assert!(split_reference(bad).is_err(), "{bad}");
        }
    }
}
