//! Paths of the protocol. Repository names contain slashes, so a path is read from its end.

use std::borrow::Cow;

use sealkit_oci::{Digest, DigestError, Reference, Target};

/// What a path below `/v2/` points at. Repository names are well formed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Route {
    /// `/v2/`.
    Ping,
    /// `/v2/_catalog`.
    Catalog,
    /// `/v2/_oci/ext/discover` or `/v2/<name>/_oci/ext/discover`.
    Discover,
    /// `/v2/<name>/blobs/<digest>`.
    Blob {
        /// Repository.
        name: String,
        /// Digest.
        digest: Digest,
    },
    /// `/v2/<name>/blobs/uploads/`.
    Uploads {
        /// Repository.
        name: String,
    },
    /// `/v2/<name>/blobs/uploads/<id>`.
    Upload {
        /// Repository.
        name: String,
        /// Session.
        id: String,
    },
    /// `/v2/<name>/manifests/<tag or digest>`.
    Manifest {
        /// Repository.
        name: String,
        /// Tag or digest.
        target: Target,
    },
    /// `/v2/<name>/tags/list`.
    Tags {
        /// Repository.
        name: String,
    },
    /// `/v2/<name>/referrers/<digest>`.
    Referrers {
        /// Repository.
        name: String,
        /// The subject.
        digest: Digest,
    },
}

/// Why a path points at nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RouteError {
    /// The path is none of the protocol's.
    #[error("path is not part of the protocol")]
    Unknown,
    /// The repository name breaks the naming rule.
    #[error("repository name `{0}` is not valid")]
    Name(String),
    /// The reference is neither tag nor digest.
    #[error("reference `{reference}` is neither a tag nor a digest")]
    Reference {
        /// Repository.
        name: String,
        /// What stands for the reference.
        reference: String,
    },
    /// A digest is malformed.
    #[error("{cause}")]
    Digest {
        /// Repository.
        name: String,
        /// What is wrong.
        cause: DigestError,
    },
}

impl RouteError {
    /// The repository that the path is about, where all that is wrong stands behind its name.
    pub fn repository(&self) -> Option<&str> {
        match self {
            Self::Reference { name, .. } | Self::Digest { name, .. } => Some(name),
            Self::Unknown | Self::Name(_) => None,
        }
    }
}

/// A registry name for parsing: length rules hold for `registry/name` together.
const ANY_REGISTRY: &str = "r.io";

/// Reads a raw path, e.g. `/v2/org/model/tags/list`. Only `:` may come percent-encoded: nothing
/// else that a valid path contains needs it, and an encoded slash must not become a separator.
pub fn parse_route(path: &str) -> Result<Route, RouteError> {
    let rest = path.strip_prefix("/v2").ok_or(RouteError::Unknown)?;
    if rest.is_empty() || rest == "/" {
        return Ok(Route::Ping);
    }
    let rest = rest.strip_prefix('/').ok_or(RouteError::Unknown)?;
    let rest = if rest.contains('%') {
        Cow::Owned(rest.replace("%3A", ":").replace("%3a", ":"))
    } else {
        Cow::Borrowed(rest)
    };
    if rest == "_oci/ext/discover" {
        return Ok(Route::Discover);
    }
    let mut ends = rest.rsplit('/');
    let (last, second, third) = (ends.next(), ends.next(), ends.next());
    let name = |ends| check_name(before(&rest, ends));
    match [third, second, last].map(Option::unwrap_or_default) {
        ["", "", "_catalog"] if second.is_none() => Ok(Route::Catalog),
        ["_oci", "ext", "discover"] => name(3).map(|_| Route::Discover),
        [_, "tags", "list"] => Ok(Route::Tags { name: name(2)? }),
        [_, "blobs", "uploads"] => Ok(Route::Uploads { name: name(2)? }),
        ["blobs", "uploads", ""] => Ok(Route::Uploads { name: name(3)? }),
        ["blobs", "uploads", id] => Ok(Route::Upload { name: name(3)?, id: id.to_owned() }),
        [_, "blobs", digest] => {
            let (name, digest) = with_digest(name(2)?, digest)?;
            Ok(Route::Blob { name, digest })
        }
        [_, "referrers", digest] => {
            let (name, digest) = with_digest(name(2)?, digest)?;
            Ok(Route::Referrers { name, digest })
        }
        [_, "manifests", reference] => {
            let (name, target) = with_target(name(2)?, reference)?;
            Ok(Route::Manifest { name, target })
        }
        _ => Err(RouteError::Unknown),
    }
}

/// What stands before so many parts at the end of a path; nothing where there are no more.
fn before(path: &str, ends: usize) -> &str {
    (0..ends).fold(path, |path, _| path.rsplit_once('/').map_or("", |(rest, _)| rest))
}

fn check_name(name: &str) -> Result<String, RouteError> {
    let name = name.to_owned();
    if is_repository(&name) { Ok(name) } else { Err(RouteError::Name(name)) }
}

/// Whether `name` is a repository name as paths of the protocol have it, and nothing more.
pub fn is_repository(name: &str) -> bool {
    Reference::is_repository(ANY_REGISTRY, name)
}

fn with_digest(name: String, text: &str) -> Result<(String, Digest), RouteError> {
    match text.parse() {
        Ok(digest) => Ok((name, digest)),
        Err(cause) => Err(RouteError::Digest { name, cause }),
    }
}

fn with_target(name: String, text: &str) -> Result<(String, Target), RouteError> {
    if text.contains(':') {
        return with_digest(name, text).map(|(name, digest)| (name, Target::Digest(digest)));
    }
    if Reference::is_tag(text) {
        return Ok((name, Target::Tag(text.to_owned())));
    }
    Err(RouteError::Reference { name, reference: text.to_owned() })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const EMPTY: &str = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    #[test]
    fn names_with_slashes_and_reserved_words_are_read_from_the_end() {
        let tags = |name: &str| Ok(Route::Tags { name: name.into() });
        assert_eq!(parse_route("/v2/a/tags/list"), tags("a"));
        assert_eq!(parse_route("/v2/a/b/c/tags/list"), tags("a/b/c"));
        assert_eq!(parse_route("/v2/tags/list/tags/list"), tags("tags/list"));
        assert_eq!(parse_route("/v2/my.org/model/tags/list"), tags("my.org/model"));
        let uploads = Route::Uploads { name: "a/blobs".into() };
        assert_eq!(parse_route("/v2/a/blobs/blobs/uploads/"), Ok(uploads));
        let upload = Route::Upload { name: "a".into(), id: "x".into() };
        assert_eq!(parse_route("/v2/a/blobs/uploads/x"), Ok(upload));
    }

    #[test]
    fn tags_and_digests_are_told_apart() {
        let digest = EMPTY.parse::<Digest>().unwrap();
        let by = |target| Ok(Route::Manifest { name: "a".into(), target });
        assert_eq!(parse_route("/v2/a/manifests/v1.0"), by(Target::Tag("v1.0".into())));
        let encoded = EMPTY.replace(':', "%3A");
        for text in [EMPTY, &encoded] {
            let route = parse_route(&format!("/v2/a/manifests/{text}"));
            assert_eq!(route, by(Target::Digest(digest.clone())));
        }
        for (bad, of_digest) in [
            ("manifests/sha256:12", true),
            ("blobs/x", true),
            ("referrers/sha256:1", true),
            ("manifests/.x", false),
        ] {
            let error = parse_route(&format!("/v2/a/b/{bad}")).unwrap_err();
            let is_digest = matches!(error, RouteError::Digest { .. });
            assert_eq!((is_digest, error.repository()), (of_digest, Some("a/b")), "{bad}");
        }
        assert_eq!(parse_route("/v2/A/manifests/.x").unwrap_err().repository(), None);
    }

    #[test]
    fn hostile_names_are_refused() {
        for name in ["..", "a/../b", "a%2Fb", "A", "a//b", "_x", "a:b", "a@b", "", "é", "a%00"] {
            let route = parse_route(&format!("/v2/{name}/tags/list"));
            assert!(matches!(route, Err(RouteError::Name(_))), "{name}: {route:?}");
        }
        let long = format!("/v2/{}/tags/list", "a".repeat(256));
        assert!(matches!(parse_route(&long), Err(RouteError::Name(_))));
    }

    /// How each of the protocol's paths ends, for a name of parts.
    fn by_parts(parts: &[&str]) -> (bool, String) {
        let (known, ends) = match parts {
            ["_catalog"] | ["_oci", "ext", "discover"] => return (true, String::new()),
            [.., "_oci", "ext", "discover"] | [.., "blobs", "uploads", _] => (true, 3),
            [.., "tags", "list"] | [.., "blobs" | "referrers" | "manifests", _] => (true, 2),
            _ => (false, 0),
        };
        (known, parts[..parts.len() - ends].join("/"))
    }

    proptest! {
        /// Whatever words of the protocol stand where.
        #[test]
        fn a_path_is_read_from_its_end(words in prop::collection::vec(0_usize..9, 1..7)) {
            let all = ["a", "b", "tags", "list", "blobs", "uploads", "manifests", "_oci", ""];
            let parts: Vec<&str> = words.iter().map(|at| all[*at]).collect();
            prop_assume!(parts != [""]);
            let route = parse_route(&format!("/v2/{}", parts.join("/")));
            let (known, name) = by_parts(&parts);
            let found = match route {
                Err(RouteError::Unknown) => {
                    prop_assert!(!known, "{parts:?}");
                    return Ok(());
                }
                // Of a bad name it is told that, of a good one what else is wrong.
                Err(RouteError::Name(bad)) => {
                    prop_assert!(!is_repository(&bad), "{}", bad);
                    bad
                }
                Err(RouteError::Reference { name, .. } | RouteError::Digest { name, .. }) => name,
                Ok(
                    Route::Blob { name, .. }
                    | Route::Uploads { name }
                    | Route::Upload { name, .. }
                    | Route::Manifest { name, .. }
                    | Route::Tags { name }
                    | Route::Referrers { name, .. },
                ) => {
                    prop_assert!(is_repository(&name), "{}", name);
                    name
                }
                Ok(Route::Ping | Route::Catalog | Route::Discover) => String::new(),
            };
            prop_assert!(known, "{parts:?}");
            prop_assert_eq!(found, name);
        }
    }

    #[test]
    fn other_paths_are_unknown() {
        for path in ["/", "/v1/", "/v2x", "/v2/a", "/v2/a/b", "/v2//", "/v2/a/tags"] {
            assert_eq!(parse_route(path), Err(RouteError::Unknown), "{path}");
        }
        assert_eq!(parse_route("/v2"), Ok(Route::Ping));
        assert_eq!(parse_route("/v2/_catalog"), Ok(Route::Catalog));
        assert_eq!(parse_route("/v2/a/_oci/ext/discover"), Ok(Route::Discover));
        assert_eq!(parse_route("/v2/_oci/ext/discover"), Ok(Route::Discover));
        for path in ["/v2/tags/list", "/v2//tags/list", "/v2//_oci/ext/discover", "/v2//blobs/x"] {
            assert_eq!(parse_route(path), Err(RouteError::Name(String::new())), "{path}");
        }
    }
}
