//! What a request needs, read from its method and address alone.

use axum::extract::Query;
use axum::http::{Method, Uri};
use sealkit_registry::{Route, parse_route};

use super::level::Level;
use crate::api::Pair;
use crate::events::events_repository;
use crate::names::{is_repository, is_within};
use crate::owners::is_owner;
use crate::references::split_reference;

/// What a request needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Needs {
    /// Nothing.
    Nothing,
    /// A good token, or that anyone may read.
    Visitor,
    /// A good token, be it one that anyone gets: clients ask here what to show. containers/image and docker never
    /// show what they have to a registry that asks for nothing here.
    Shown,
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
    path == "/metrics" || is_within(path, "/admin") || is_within(path, "/api/v1/admin")
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
        Ok(Route::Ping) => Needs::Shown,
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
        Ok(Route::Catalog | Route::Discover) => Needs::Everywhere(level),
        // What is wrong behind the name of a repository is told to who may do this there.
        Err(error) => error
            .repository()
            .map_or(Needs::Everywhere(level), |name| Needs::Level(level, vec![name.to_owned()])),
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
mod tests;
