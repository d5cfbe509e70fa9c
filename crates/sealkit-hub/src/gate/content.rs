//! The API and the pages give out nothing of a kit that the registry would not.

use axum::RequestExt as _;
use axum::extract::{MatchedPath, Path, Query, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use sealkit_oci::Target;
use serde::Deserialize;

use super::Gate;
use super::reading::sentence;
use crate::access::Caller;
use crate::api::Pair;
use crate::references::{parse_target, split_reference};
use crate::{HubError, web};

/// What of a version, below its address in the API and on the pages, says what was checked of it and what is
/// attached to it, and shows no content: why it is not given out must stay readable. Everything else is content.
const ABOUT: [&str; 12] = [
    "/aibom",
    "/aibom/summary",
    "/aiboms",
    "/aiboms/{digest}",
    "/attached",
    "/badge.svg",
    "/delete",
    "/lineage",
    "/provenance",
    "/quarantine",
    "/security",
    "/verdict",
];

/// A version in an address.
#[derive(Deserialize)]
struct Version {
    name: String,
    reference: String,
}

/// Refuses what reads the content of a kit that is denied to whoever asks.
pub(crate) async fn content(
    State(gate): State<Option<Gate>>,
    mut request: Request,
    next: Next,
) -> Response {
    let Some(gate) = gate.filter(Gate::judges_pulls) else { return next.run(request).await };
    let caller = request.extensions().get::<Caller>().cloned();
    for (name, target) in read(&mut request).await {
        if !gate.judges_reading(caller.as_ref(), &name) {
            continue;
        }
        let denied = match gate.of_now(&name, &target).await {
            Ok(verdict) => verdict.and_then(|verdict| verdict.denied),
            Err(_) => Some("the kit could not be read to be judged".to_owned()),
        };
        if let Some(why) = denied {
            let error = HubError::Refused(sentence(&name, &target, &why));
            let is_page = web::wants_page(request.uri(), request.headers());
            return if is_page { web::failure(error) } else { error.into_response() };
        }
    }
    next.run(request).await
}

/// The versions whose content a request is about. What is no reference is left to its handler, which reads it the same
/// way.
async fn read(request: &mut Request) -> Vec<(String, Target)> {
    let matched = request.extensions().get::<MatchedPath>().cloned();
    let Some(route) = matched.as_ref().map(MatchedPath::as_str) else { return Vec::new() };
    if let Some((_, below)) = route.split_once("/{reference}") {
        if ABOUT.contains(&below) {
            return Vec::new();
        }
        let Ok(Path(version)) = request.extract_parts::<Path<Version>>().await else {
            return Vec::new();
        };
        let target = parse_target(&version.reference);
        return target.map(|target| (version.name, target)).into_iter().collect();
    }
    let Ok(Query(pair)) = Query::<Pair>::try_from_uri(request.uri()) else { return Vec::new() };
    [&pair.a, &pair.b].into_iter().filter_map(|side| split_reference(side).ok()).collect()
}
