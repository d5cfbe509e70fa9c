//! What a request needs, read from its method and address alone.

use axum::extract::Query;
use axum::http::{Method, Uri};
use sealkit_registry::{Route, parse_route};

use super::level::Level;
use crate::api::Pair;
use crate::error::split_reference;
use crate::events::events_repository;
use crate::names::is_repository;
use crate::owners::is_owner;

/// What a request needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Needs {
    /// Nothing.
    Nothing,
    /// A good token, or that anyone may read.
    Visitor,
    /// A good token: what is done costs much, and its handler cuts it to what the caller may read.
    Known,
    /// A level on each of these repositories.
    Level(Level, Vec<String>),
    /// A level on every repository.
    Everywhere(Level),
}

/// What a request needs. An address that is not known, and one that shows or changes more
/// than single repositories without cutting it to what the caller may read, needs [`Needs::Everywhere`].
pub(super) fn needs(method: &Method, uri: &Uri) -> Needs {
    let path = uri.path();
    // Whoever wants a token shows there who they are.
    if matches!(path, "/healthz" | "/readyz" | "/token" | "/api/v1/oidc/token") {
        return Needs::Nothing;
    }
    if path == "/v2" || path.starts_with("/v2/") {
        return registry(method, path);
    }
    if is_administration(path) {
        return Needs::Everywhere(Level::Admin);
    }
    if matches!(path, "/api/v1/events" | "/activity") {
        // Who did what is for who may do everything there.
        let repository = events_repository(uri);
        return repository.map_or(Needs::Everywhere(Level::Admin), |name| {
            Needs::Level(Level::Admin, vec![name])
        });
    }
    if *method == Method::POST && matches!(path, "/api/v1/policy/trial" | "/policy/trial") {
        return Needs::Known;
    }
    let level = level(method);
    if let Some(rest) = path.strip_prefix("/api/v1/quarantine/") {
        return quarantine(if level == Level::Read { level } else { Level::Admin }, rest);
    }
    if level == Level::Read && is_for_visitors(uri) {
        return Needs::Visitor;
    }
    let level = if level == Level::Read && is_aibom(path) { Level::Aibom } else { level };
    // The pages that place a quarantine and delete are for who may do that, also to look at.
    let level = if is_page_of_administrators(path) { Level::Admin } else { level };
    named(uri).map_or(Needs::Everywhere(level), |names| Needs::Level(level, names))
}

/// Whether an address shows what the AIBOMs of one version say, and nothing else of it.
fn is_aibom(path: &str) -> bool {
    let segments: Vec<&str> = path.split('/').collect();
    let below = match segments.as_slice() {
        ["", "api", "v1", "kits", _, "versions", _, below @ ..] => below,
        ["", "kits", _, _, "aibom"] => return true,
        _ => return false,
    };
    matches!(below, ["aibom" | "aiboms"] | ["aibom", "summary"])
}

/// What concerns the whole hub, and what shows who may do what.
fn is_administration(path: &str) -> bool {
    let is_below = |root: &str| {
        path.strip_prefix(root).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    path == "/metrics" || is_below("/admin") || is_below("/api/v1/admin")
}

fn is_page_of_administrators(path: &str) -> bool {
    let segments: Vec<&str> = path.split('/').collect();
    // A tag may have one of these names too, and its page is for readers.
    matches!(segments.as_slice(), ["", "kits", _, _, "quarantine" | "delete"])
}

/// Whether the answer holds nothing of any repository, or only what the caller may read: its handler
/// takes the [`Caller`](super::Caller).
fn is_for_visitors(uri: &Uri) -> bool {
    match uri.path() {
        "/" | "/open" | "/api/v1/kits" | "/api/v1/quarantine" => true,
        "/api/v1/openapi.json" => true,
        "/api/v1/advisories" | "/advisories.atom" => true,
        // What of policies names repositories, people or kits is cut to the caller.
        "/policy" | "/api/v1/policy" | "/api/v1/policy/verdicts" | "/advisories" => true,
        "/search" | "/impact" | "/api/v1/search" | "/api/v1/impact" | "/api/v1/catalog" => true,
        "/help/marks" | "/help/api" | "/help/api.md" | "/llms.txt" | "/assets/hub.css"
        | "/assets/hub.js" => true,
        // Whose signatures are the hub's own is no secret.
        "/api/v1/hub/key" | "/api/v1/hub/key.pem" => true,
        // How long the log is and what its key is; what is in it is not here.
        "/api/v1/log" | "/log/checkpoint" | "/log/trusted_root.json" => true,
        "/api/v1/log/proof" => true,
        path if is_owner(path) => true,
        "/compare" => pair(uri).is_none_or(|pair| pair.a.is_empty() || pair.b.is_empty()),
        _ => false,
    }
}

fn level(method: &Method) -> Level {
    match *method {
        Method::GET | Method::HEAD => Level::Read,
        Method::POST | Method::PUT | Method::PATCH => Level::Write,
        _ => Level::Admin,
    }
}

fn registry(method: &Method, path: &str) -> Needs {
    let level = level(method);
    match parse_route(path) {
        Ok(Route::Ping) => Needs::Visitor,
        // How far an upload has come is for who may go on with it, and who may begin one may end it.
        Ok(Route::Uploads { name } | Route::Upload { name, .. }) => {
            Needs::Level(Level::Write, vec![name])
        }
        Ok(
            Route::Blob { name, .. }
            | Route::Manifest { name, .. }
            | Route::Tags { name }
            | Route::Referrers { name, .. },
        ) => Needs::Level(level, vec![name]),
        // The guard of the registry cuts the catalogue to what the caller may read.
        Ok(Route::Catalog | Route::Discover) if level == Level::Read => Needs::Visitor,
        Ok(Route::Catalog | Route::Discover) | Err(_) => Needs::Everywhere(level),
    }
}

/// Who may read a repository may know what of it is under quarantine and why; its administrators place
/// and lift it.
fn quarantine(level: Level, rest: &str) -> Needs {
    let name = rest.split_once('/').and_then(|(name, _)| repository_segment(name));
    name.map_or(Needs::Everywhere(level), |name| Needs::Level(level, vec![name]))
}

/// The repository in one segment of an address. Names need no other escape; one that is escaped otherwise
/// is no name here.
pub(crate) fn repository_segment(segment: &str) -> Option<String> {
    let name = segment.replace("%2F", "/").replace("%2f", "/");
    is_repository(&name).then_some(name)
}

/// The repositories that a request to the API or for a page reads; none where it is no address of one.
fn named(uri: &Uri) -> Option<Vec<String>> {
    let path = uri.path();
    let compares = ["/compare", "/compare/text", "/compare/tensors"];
    if compares.contains(&path.strip_prefix("/api/v1").unwrap_or(path)) {
        let pair = pair(uri)?;
        let (a, b) = (split_reference(&pair.a).ok()?.0, split_reference(&pair.b).ok()?.0);
        return (is_repository(&a) && is_repository(&b)).then(|| vec![a, b]);
    }
    let name = match path.strip_prefix("/api/v1/kits/") {
        Some(rest) => rest.split_once('/')?.0,
        None => path.strip_prefix("/kits/")?.split('/').next()?,
    };
    Some(vec![repository_segment(name)?])
}

/// The two sides of a comparison, read as its handlers do, so that all see the same names.
fn pair(uri: &Uri) -> Option<Pair> {
    Query::<Pair>::try_from_uri(uri).ok().map(|Query(pair)| pair)
}

/// The address with nothing of a mount in it, so that the request begins a plain upload, where
/// `may_read` does not allow each repository that it would mount from. A mount that names none could
/// take from any.
pub(super) fn without_mount(uri: &Uri, may_read: impl Fn(&str) -> bool) -> Option<Uri> {
    let query = uri.query()?;
    let pairs = || url::form_urlencoded::parse(query.as_bytes());
    if !pairs().any(|(key, _)| key == "mount") {
        return None;
    }
    let mut from = pairs().filter(|(key, _)| key == "from").map(|(_, name)| name).peekable();
    if from.peek().is_some() && from.all(|name| may_read(&name)) {
        return None;
    }
    let kept = pairs().filter(|(key, _)| key != "mount" && key != "from");
    let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(kept).finish();
    format!("{}?{query}", uri.path()).parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(method: &str, uri: &str) -> Needs {
        needs(&method.parse().unwrap(), &uri.parse().unwrap())
    }

    fn level(level: Level, names: &[&str]) -> Needs {
        Needs::Level(level, names.iter().map(|&name| name.to_owned()).collect())
    }

    #[test]
    fn each_request_needs_its_level() {
        let blob = format!("/v2/team/a/blobs/sha256:{}", "a".repeat(64));
        assert_eq!(of("GET", &blob), level(Level::Read, &["team/a"]));
        assert_eq!(of("HEAD", &blob.replace(':', "%3A")), level(Level::Read, &["team/a"]));
        assert_eq!(of("DELETE", &blob), level(Level::Admin, &["team/a"]));
        assert_eq!(of("PUT", "/v2/a/manifests/v1"), level(Level::Write, &["a"]));
        assert_eq!(of("DELETE", "/v2/a/manifests/v1"), level(Level::Admin, &["a"]));
        assert_eq!(of("BREW", "/v2/a/manifests/v1"), level(Level::Admin, &["a"]));
        assert_eq!(of("GET", "/v2/a/tags/list?n=1"), level(Level::Read, &["a"]));
        assert_eq!(of("POST", "/v2/a/blobs/uploads/"), level(Level::Write, &["a"]));
        for method in ["GET", "PATCH", "PUT", "DELETE"] {
            assert_eq!(of(method, "/v2/a/blobs/uploads/1"), level(Level::Write, &["a"]));
        }
        for method in ["GET", "POST"] {
            for page in ["/kits/team%2Fa/v1/quarantine", "/kits/team%2Fa/v1/delete"] {
                assert_eq!(of(method, page), level(Level::Admin, &["team/a"]), "{method} {page}");
            }
        }
        assert_eq!(of("GET", "/kits/team%2Fa/quarantine"), level(Level::Read, &["team/a"]));
        assert_eq!(of("GET", "/kits/team%2Fa/delete"), level(Level::Read, &["team/a"]));
        for page in ["/kits/team%2Fa/v1/verdict", "/api/v1/kits/team%2Fa/versions/v1/verdict"] {
            assert_eq!(of("POST", page), level(Level::Write, &["team/a"]), "{page}");
        }
        assert_eq!(of("GET", "/kits/team%2Fa/-/history"), level(Level::Read, &["team/a"]));
        assert_eq!(of("GET", "/api/v1/kits/team%2Fa/history"), level(Level::Read, &["team/a"]));
        let versions = "/api/v1/kits/team%2Fa/versions";
        assert_eq!(of("GET", versions), level(Level::Read, &["team/a"]));
        assert_eq!(of("GET", &format!("{versions}/v1/files")), level(Level::Read, &["team/a"]));
        let quarantine = "/api/v1/quarantine/team%2Fa/v1";
        assert_eq!(of("GET", quarantine), level(Level::Read, &["team/a"]));
        for method in ["PUT", "POST", "DELETE", "BREW"] {
            assert_eq!(of(method, quarantine), level(Level::Admin, &["team/a"]), "{method}");
        }
        assert_eq!(of("GET", "/api/v1/compare?a=x:1&b=y/z:2"), level(Level::Read, &["x", "y/z"]));
        assert_eq!(of("GET", "/api/v1/compare?a=x%3A1&b=y:2"), level(Level::Read, &["x", "y"]));
        assert_eq!(of("GET", "/compare?a=x%3A1&b=y:2"), level(Level::Read, &["x", "y"]));
        for page in ["/kits/team%2Fa", "/kits/team%2fa/v1", "/kits/team%2Fa/v1/files?after=x"] {
            assert_eq!(of("GET", page), level(Level::Read, &["team/a"]));
        }
    }

    #[test]
    fn only_what_shows_aiboms_needs_less_than_reading() {
        let version = "/api/v1/kits/team%2Fa/versions/v1";
        for rest in ["aibom", "aibom?format=html", "aiboms", "aibom/summary"] {
            let needs = of("GET", &format!("{version}/{rest}"));
            assert_eq!(needs, level(Level::Aibom, &["team/a"]), "{rest}");
        }
        assert_eq!(of("GET", "/kits/team%2Fa/v1/aibom"), level(Level::Aibom, &["team/a"]));
        assert_eq!(of("DELETE", &format!("{version}/aiboms/x")), level(Level::Admin, &["team/a"]));
        for path in [
            &format!("{version}/files/aibom"),
            &format!("{version}/aibom/"),
            &format!("{version}/aibom/files"),
            &format!("{version}/%61ibom"),
            "/api/v1/kits/team%2Fa/versions/aibom",
            "/kits/team%2Fa/aibom",
            "/kits/team%2Fa/aibom/files",
        ] {
            assert_eq!(of("GET", path), level(Level::Read, &["team/a"]), "{path}");
        }
        assert_eq!(of("GET", "/kits/%61/v1/aibom"), Needs::Everywhere(Level::Aibom));
    }

    #[test]
    fn what_cuts_itself_to_the_caller_is_for_visitors() {
        for uri in [
            "/",
            "/?after=x",
            "/v2/_catalog",
            "/v2/_oci/ext/discover",
            "/api/v1/kits?limit=1",
            "/api/v1/quarantine?limit=1",
            "/api/v1/advisories?limit=1",
            "/advisories",
            "/policy?before=7",
            "/api/v1/policy",
            "/api/v1/policy/verdicts?before=7",
            "/api/v1/openapi.json",
            "/advisories.atom",
            "/open?reference=a:1",
            "/compare",
            "/compare?a=x:1&b=",
            "/assets/hub.css",
            "/log/checkpoint",
            "/api/v1/log/proof?index=0",
            "/api/v1/owners/team%2Fa?after=x",
            "/llms.txt",
            "/help/api.md",
        ] {
            assert_eq!(of("GET", uri), Needs::Visitor, "{uri}");
            assert_eq!(of("HEAD", uri), Needs::Visitor, "{uri}");
            assert_eq!(of("POST", uri), Needs::Everywhere(Level::Write), "{uri}");
            assert_eq!(of("DELETE", uri), Needs::Everywhere(Level::Admin), "{uri}");
        }
    }

    #[test]
    fn administration_is_for_administrators_of_everything_whatever_the_method() {
        for all in [
            "/metrics",
            "/admin",
            "/admin/tokens/1",
            "/admin/",
            "/api/v1/admin",
            "/api/v1/admin/tokens/1",
            "/api/v1/admin/jobs/a/b/retry",
            "/activity",
            "/activity?repository=&actor=",
            "/activity?repository=a&repository=b",
        ] {
            for method in ["GET", "POST", "DELETE"] {
                assert_eq!(of(method, all), Needs::Everywhere(Level::Admin), "{all}");
            }
        }
        assert_eq!(of("GET", "/activity?repository=a&since="), level(Level::Admin, &["a"]));
        assert_eq!(of("POST", "/token"), Needs::Nothing);
        assert_eq!(of("POST", "/api/v1/oidc/token"), Needs::Nothing);
    }

    #[test]
    fn what_is_not_understood_needs_everything() {
        assert_eq!(of("GET", "/healthz"), Needs::Nothing);
        assert_eq!(of("GET", "/readyz"), Needs::Nothing);
        for all in ["", "?actor=x", "?repository=", "?repository=a&repository=b", "?limit=x"] {
            let uri = format!("/api/v1/events{all}");
            assert_eq!(of("GET", &uri), Needs::Everywhere(Level::Admin), "{all}");
        }
        let one = of("GET", "/api/v1/events?repository=team/a&since=1");
        assert_eq!(one, level(Level::Admin, &["team/a"]));
        assert_eq!(of("GET", "/v2/"), Needs::Visitor);
        for path in ["/api/v1/policy/trial", "/policy/trial"] {
            assert_eq!(of("POST", path), Needs::Known, "{path}");
            assert_eq!(of("PUT", path), Needs::Everywhere(Level::Write), "{path}");
        }
        for uri in [
            "/v2/a/b",
            "/v2//a/tags/list",
            "/v2/a%2Fb/tags/list",
            "/healthz/",
            "/token/",
            "/api/v1/kits/",
            "/api/v1/kits/a",
            "/api/v1/kits/%61/versions",
            "/api/v1/kits/a%252Fb/versions",
            "/api/v1/compare",
            "/api/v1/compare?a=x:1",
            "/api/v1/compare?a=x:1&a=y:1&b=z:1",
            "/api/v1/compare?a=h.io/x:1&b=H:1",
            "/other",
            "/log/tile/0/000",
            "/log/api/v2/log/entries",
            "/kits/",
            "/kits/%61",
            "/kits/a%252Fb",
            "/kitsx/a",
            "/compare?a=h.io/x:1&b=H:1",
            "/compare/text?a=x:1",
            "/compare/tensors",
            "/compare/tensors?a=x:1&b=",
            "/compare/other?a=x:1&b=y:1",
            "/api/v1/compare/text?a=x:1&file=f",
            "/api/v1/compare/tensors?a=x:1&a=y:1&b=z:1",
            "/open/",
            "/assets/x",
            "//",
            "/api/v1/quarantine/",
            "/api/v1/quarantine/a",
            "/api/v1/quarantine/%61/v1",
            "/api/v1/quarantined/a/v1",
        ] {
            assert_eq!(of("GET", uri), Needs::Everywhere(Level::Read), "{uri}");
            let write =
                if uri.starts_with("/api/v1/quarantine/") { Level::Admin } else { Level::Write };
            assert_eq!(of("POST", uri), Needs::Everywhere(write), "{uri}");
            assert_eq!(of("DELETE", uri), Needs::Everywhere(Level::Admin), "{uri}");
        }
    }

    #[test]
    fn a_mount_from_what_one_may_not_read_is_a_plain_upload() {
        let readable = |name: &str| name == "mine";
        let strip = |query: &str| {
            let uri = format!("/v2/mine/blobs/uploads/{query}").parse().unwrap();
            without_mount(&uri, readable).map(|uri| uri.query().unwrap_or_default().to_owned())
        };
        assert_eq!(strip(""), None);
        assert_eq!(strip("?digest=x"), None);
        assert_eq!(strip("?mount=d&from=mine"), None);
        assert_eq!(strip("?mount=d&from=theirs").as_deref(), Some(""));
        assert_eq!(strip("?mount=d").as_deref(), Some(""));
        assert_eq!(strip("?mount=d&from=mine&from=theirs&n=1").as_deref(), Some("n=1"));
        assert_eq!(strip("?m%6Funt=d&fr%6Fm=theirs").as_deref(), Some(""));
    }
}
