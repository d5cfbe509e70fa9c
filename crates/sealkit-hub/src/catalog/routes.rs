//! Search and impact over the API, as JSON and as tables for spreadsheets.

use std::sync::Arc;

use axum::extract::State;
use axum::http::Uri;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use axum::{Json, Router};
use sealkit_api::{CatalogState, ContentChange, FailingJob, Impact, SCHEMA_VERSION, SearchResult};
use sealkit_oci::Digest;
use sealkit_ops::catalog::index::{Entry, Facet, ImpactLimits, Question, Search};
use sealkit_ops::catalog::{impact_csv, search_csv};

use super::Inner;
use crate::HubError;
use crate::access::Caller;
use crate::hub::Shared;
use crate::reader::Kit;
use crate::tables::{self, CSV};

/// The parameter that says how an answer is written; of a search, where `format` is a facet, it is another.
const FORMAT: &str = "format";
const AS: &str = "as";
/// Most jobs of the state that are told.
const JOBS: usize = 100;

type App = State<Arc<Shared>>;

/// The catalogue, where this hub keeps one.
pub(crate) fn known(shared: &Shared) -> Result<&Arc<Inner>, HubError> {
    shared.catalog.as_ref().ok_or(HubError::NoCatalog)
}

/// `GET /api/v1/search`, `/api/v1/impact` and `/api/v1/catalog`.
pub(crate) fn routes() -> Router<Arc<Shared>> {
    Router::new()
        .route("/api/v1/search", get(search_as))
        .route("/api/v1/impact", get(impact_as))
        .route("/api/v1/catalog", get(state))
}

/// What is known of a version; none where it was not looked at, or this hub keeps no catalogue.
pub(crate) async fn entry(
    shared: &Shared,
    name: &str,
    digest: &Digest,
) -> Result<Option<Entry>, HubError> {
    let Some(inner) = &shared.catalog else { return Ok(None) };
    let (name, digest) = (name.to_owned(), digest.clone());
    Ok(inner.ask(move |catalog| catalog.entry(&name, &digest)).await?)
}

/// What is inside of one version and not of the other; none where one was not looked at yet.
pub(crate) async fn contents(
    shared: &Shared,
    (a, b): (&Kit, &Kit),
) -> Result<Option<Vec<ContentChange>>, HubError> {
    let Some(inner) = &shared.catalog else { return Ok(None) };
    let name = |kit: &Kit| (kit.name.clone(), kit.digest.clone());
    let (a, b) = (name(a), name(b));
    let entries =
        inner.ask(move |catalog| Ok((catalog.entry(&a.0, &a.1)?, catalog.entry(&b.0, &b.1)?)));
    Ok(match entries.await? {
        (Some(a), Some(b)) => Some(a.changes_to(&b)),
        _ => None,
    })
}

/// The parameters of an address, in their order; a name may stand several times.
pub(crate) fn parameters(uri: &Uri) -> Vec<(String, String)> {
    let query = uri.query().unwrap_or_default();
    url::form_urlencoded::parse(query.as_bytes()).into_owned().collect()
}

/// Whether the parameter of this name asks for CSV; JSON is what is given where nothing is said.
fn wants_csv(uri: &Uri, parameter: &'static str) -> Result<bool, HubError> {
    let format = parameters(uri).into_iter().find(|(name, _)| name == parameter);
    match format.as_ref().map(|(_, value)| value.as_str()) {
        None | Some("" | "json") => Ok(false),
        Some(CSV) => Ok(true),
        Some(_) => Err(HubError::Query(parameter)),
    }
}

/// `GET /api/v1/search`, in the format that is asked for.
async fn search_as(state: App, caller: Caller, uri: Uri) -> Result<Response, HubError> {
    let is_csv = wants_csv(&uri, AS)?;
    let found = search(state, caller, uri.clone()).await?;
    if !is_csv {
        return Ok(found.into_response());
    }
    let next = found.next.map(|next| next.to_string());
    Ok(tables::csv("search.csv", search_csv(&found), tables::next(&uri, "offset", next)))
}

/// `GET /api/v1/impact`, in the format that is asked for.
async fn impact_as(state: App, caller: Caller, uri: Uri) -> Result<Response, HubError> {
    let is_csv = wants_csv(&uri, FORMAT)?;
    let found = impact(state, caller, uri).await?;
    if !is_csv {
        return Ok(found.into_response());
    }
    Ok(tables::csv("impact.csv", impact_csv(&found), None))
}

/// `GET /api/v1/search?q=&FACET=VALUE…&below=&all=&brief=&offset=&limit=&as=`.
pub(crate) async fn search(
    State(shared): App,
    caller: Caller,
    uri: Uri,
) -> Result<Json<SearchResult>, HubError> {
    let inner = known(&shared)?;
    let mut search = Search { visible: caller.visible(), ..Search::default() };
    for (name, value) in parameters(&uri) {
        // A form sends its empty fields too.
        if value.is_empty() {
            continue;
        }
        let number = |what| value.parse().map_err(|_| HubError::Query(what));
        match name.as_str() {
            "q" => search.text = value,
            "below" => search.below = Some(value),
            "all" => search.all_versions = value == "1" || value == "true",
            "brief" => search.brief = value == "1" || value == "true",
            AS => {}
            "offset" => search.offset = number("offset")?,
            "limit" => search.limit = number("limit")?,
            other => match Facet::from_name(other) {
                Some(facet) => search.facets.push((facet, value)),
                None => return Err(HubError::Query("a parameter of the search")),
            },
        }
    }
    let _reader = shared.readers.acquire().await.map_err(|_| HubError::Stopped)?;
    Ok(Json(inner.ask(move |catalog| catalog.search(&search)).await?))
}

/// `GET /api/v1/impact?of=QUESTION&format=`.
pub(crate) async fn impact(
    State(shared): App,
    caller: Caller,
    uri: Uri,
) -> Result<Json<Impact>, HubError> {
    known(&shared)?;
    let mut asked = parameters(&uri).into_iter().filter(|(name, _)| name == "of");
    let text = asked.next().map(|(_, value)| value).ok_or(HubError::Query("of"))?;
    concerned(&shared, &caller, text.parse()?).await.map(Json)
}

/// Every version that a question concerns, of those whose AIBOMs the caller may read.
pub(crate) async fn concerned(
    shared: &Shared,
    caller: &Caller,
    question: Question,
) -> Result<Impact, HubError> {
    let inner = known(shared)?;
    // The answer is made of AIBOMs: who may read those may ask.
    let visible = caller.inventoried();
    let limits = ImpactLimits::default();
    let _reader = shared.readers.acquire().await.map_err(|_| HubError::Stopped)?;
    // Counted before: what is taken in meanwhile is then told twice and never left out.
    let behind = inner.behind() as u64;
    let mut answer =
        inner.ask(move |catalog| catalog.impact(&question, limits, visible.as_deref())).await?;
    answer.waiting += behind;
    Ok(answer)
}

/// `GET /api/v1/catalog`: how far the index is behind. Versions that fail are told to who may read them.
async fn state(State(shared): App, caller: Caller) -> Result<Json<CatalogState>, HubError> {
    let inner = known(&shared)?;
    let visible = caller.visible();
    // First: what is taken in meanwhile is then counted twice rather than not at all.
    let behind = inner.behind() as u64;
    let found = inner.ask(move |catalog| {
        let counts = catalog.counts(visible.as_deref())?;
        let tensors = catalog.tensors_waiting(visible.as_deref())?;
        Ok((counts, tensors, catalog.jobs(JOBS)?.0))
    });
    let ((versions, waiting), tensors_waiting, jobs) = found.await?;
    let failing = jobs.into_iter().filter(|job| caller.sees(&job.repository));
    let failing = failing.filter_map(|job| {
        let (repository, digest, attempts) = (job.repository, job.digest, job.attempts);
        Some(FailingJob { repository, digest, attempts, problem: job.problem? })
    });
    Ok(Json(CatalogState {
        schema_version: SCHEMA_VERSION,
        versions,
        waiting: waiting + behind,
        tensors_waiting,
        failing: failing.collect(),
    }))
}
