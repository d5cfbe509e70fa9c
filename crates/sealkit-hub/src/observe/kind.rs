//! What a request is about, read from its address: a kind out of a fixed list, and the repository and digest where the
//! address is one of the registry.

use axum::http::Method;
use sealkit_oci::Target;
use sealkit_registry::{Route, parse_route};

/// What a request is about.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct About {
    /// One of a fixed list.
    pub(super) kind: &'static str,
    pub(super) repository: Option<String>,
    pub(super) digest: Option<String>,
    pub(super) tag: Option<String>,
}

impl About {
    /// Reads a path. One that is not understood is `other`, and nothing of it is kept.
    pub(super) fn of(path: &str) -> Self {
        let kind = |kind| Self { kind, ..Self::default() };
        if path == "/v2" || path.starts_with("/v2/") {
            return registry(path);
        }
        let Some(rest) = path.strip_prefix("/api/v1/") else {
            return match path {
                "/healthz" | "/readyz" | "/metrics" => kind("health"),
                "/token" => kind("token"),
                _ if path.starts_with("/log/") => kind("log"),
                _ => kind("web"),
            };
        };
        let name = rest.strip_prefix("kits/").and_then(|rest| rest.split_once('/'));
        let name = name.map(|(name, _)| name.replace("%2F", "/").replace("%2f", "/"));
        let repository = name.filter(|name| crate::names::is_repository(name));
        Self { kind: "api", repository, ..Self::default() }
    }
}

fn registry(path: &str) -> About {
    let about = |kind, name: Option<String>| About { kind, repository: name, ..About::default() };
    match parse_route(path) {
        Ok(Route::Ping) => about("ping", None),
        Ok(Route::Catalog | Route::Discover) => about("catalog", None),
        Ok(Route::Uploads { name } | Route::Upload { name, .. }) => about("upload", Some(name)),
        Ok(Route::Blob { name, digest }) => {
            About { digest: Some(digest.to_string()), ..about("blob", Some(name)) }
        }
        Ok(Route::Manifest { name, target }) => match target {
            Target::Digest(digest) => {
                About { digest: Some(digest.to_string()), ..about("manifest", Some(name)) }
            }
            Target::Tag(tag) => About { tag: Some(tag), ..about("manifest", Some(name)) },
        },
        Ok(Route::Tags { name }) => about("tags", Some(name)),
        Ok(Route::Referrers { name, digest }) => {
            About { digest: Some(digest.to_string()), ..about("referrers", Some(name)) }
        }
        Err(_) => about("other", None),
    }
}

/// The method, or `OTHER`.
pub(super) fn method(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        _ => "OTHER",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_has_one_of_a_few_kinds_and_keeps_names_alone() {
        let blob = format!("/v2/team/a/blobs/sha256:{}", "a".repeat(64));
        let about = About::of(&blob);
        assert_eq!((about.kind, about.repository.as_deref()), ("blob", Some("team/a")));
        assert!(about.digest.unwrap().starts_with("sha256:aaa"));
        assert_eq!(About::of("/v2/a/manifests/v1").tag.as_deref(), Some("v1"));
        assert_eq!(About::of("/v2/a/blobs/uploads/secret").kind, "upload");
        assert_eq!(About::of("/api/v1/kits/a%2Fb/versions").repository.as_deref(), Some("a/b"));
        for (path, kind) in [
            ("/v2/", "ping"),
            ("/v2/secret", "other"),
            ("/v2/SECRET/tags/list", "other"),
            ("/secret", "web"),
            ("/api/v1/kits/%73ecret/versions", "api"),
            ("/readyz", "health"),
            ("/log/checkpoint", "log"),
        ] {
            assert_eq!(About::of(path), About { kind, ..About::default() }, "{path}");
        }
    }
}
