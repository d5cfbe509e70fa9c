use proptest::prelude::*;

use super::*;

fn parse(text: &str) -> Reference {
    text.parse().unwrap()
}

#[test]
fn only_a_first_part_with_a_dot_or_a_colon_is_a_registry() {
    for (text, registry, repository) in [
        ("foo", "localhost", "foo"),
        ("org/foo", "localhost", "org/foo"),
        ("localhost/foo", "localhost", "localhost/foo"),
        ("localhost:5000/foo", "localhost:5000", "foo"),
        ("registry.example.com/org/foo", "registry.example.com", "org/foo"),
        ("[::1]:5000/foo", "[::1]:5000", "foo"),
    ] {
        let parsed = parse(text);
        assert_eq!((parsed.registry(), parsed.repository()), (registry, repository), "{text}");
        assert_eq!(parsed.to_string(), text);
    }
}

#[test]
fn tags_and_digests_are_taken_apart() {
    let digest = Digest::of(b"");
    let parsed = parse(&format!("r.io/a/b:v1,v2@{digest}"));
    assert_eq!(parsed.tag(), Some("v1"));
    assert_eq!(parsed.extra_tags(), ["v2"]);
    assert_eq!(parsed.target(), Some(Target::Digest(digest.clone())));
    let bare = parse(&digest.to_string());
    assert!(bare.is_unnamed());
    assert_eq!(bare.to_string(), digest.to_string());
    assert_eq!(parse("a").or_latest().to_string(), "a:latest");
    assert_eq!(parse("a:v1").or_latest().to_string(), "a:v1");
}

#[test]
fn malformed_references_are_refused_with_the_part_that_is_wrong() {
    let long = format!("r.io/{}", "a".repeat(260));
    for (text, reason) in [
        ("", "names no repository"),
        ("r.io/", "names no repository"),
        ("Foo", "repository `Foo`"),
        ("a//b", "repository `a//b`"),
        ("a/../b", "repository `a/../b`"),
        ("a___b", "repository `a___b`"),
        ("foo:", "tag ``"),
        ("foo:.x", "tag `.x`"),
        ("foo:a b", "tag `a b`"),
        ("foo@sha256:12", "is malformed"),
        ("-x.io/foo", "registry `-x.io`"),
        ("x.io:port/foo", "registry `x.io:port`"),
        ("foo\u{1b}[2J", "repository `foo"),
        (&long, "is too long"),
    ] {
        let error = text.parse::<Reference>().unwrap_err().to_string();
        assert!(error.contains(reason), "{text}: {error}");
    }
}

#[test]
fn parts_make_the_reference_that_they_came_from() {
    assert_eq!(Reference::new("r.io:1", "a/b").unwrap(), parse("r.io:1/a/b"));
    assert_eq!(Reference::new("localhost", "a").unwrap(), parse("a"));
    assert!(Reference::new("plain", "a").is_err());
}

proptest! {
    #[test]
    fn anything_that_parses_displays_to_itself(text in "\\PC{0,40}") {
        if let Ok(parsed) = text.parse::<Reference>() {
            prop_assert_eq!(parsed.to_string().parse::<Reference>().unwrap(), parsed);
        }
    }

    #[test]
    fn well_formed_references_parse(
        text in "([a-z]{1,5}\\.io(:[0-9]{1,4})?/)?[a-z0-9]{1,6}(/[a-z0-9]{1,6}){0,2}(:[a-zA-Z0-9_.-]{0,5}[a-z])?"
    ) {
        // A tag may not start with `.` or `-`; everything else that this makes is valid.
        if !text.contains(":.") && !text.contains(":-") {
            prop_assert_eq!(text.parse::<Reference>().unwrap().to_string(), text);
        }
    }
}
