//! The read-only JSON API.

use std::sync::{Arc, LazyLock};

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, Method, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use sealkit_api::{
    Comparison, FileList, KitDetail, KitList, KitSummary, KitVersion, KitVersions, openapi,
};
use sealkit_oci::{Digest, Manifest, Target, media_type};
use sealkit_store::{Page, Repository};
use serde::Deserialize;

use crate::access::{Caller, visible};
use crate::catalog;
use crate::compare::{Side, compare as compare_sides};
use crate::content::{Asked, Content};
use crate::files;
use crate::hub::Shared;
use crate::names::segment;
use crate::quarantine::entry;
use crate::reader::Kit;
use crate::references::{is_name, parse_target, split_reference};
use crate::{HubError, Quarantined};

/// Most entries of one page.
const MAX_PAGE: usize = 100;
/// Files of one page where nothing is said, and most of them.
const FILES: usize = 1_000;
const MAX_FILES: usize = 10_000;
/// Tags that are read in one go, and most tags of a repository that are looked through.
const TAGS: usize = 500;
const MAX_TAGS: usize = 5_000;

type Answer<T> = Result<Json<T>, HubError>;
type App = State<Arc<Shared>>;

/// Which page of a list.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Paging {
    after: Option<String>,
    limit: Option<usize>,
}

impl Paging {
    /// Whether it is the first page.
    pub(crate) fn is_first(&self) -> bool {
        self.after.is_none()
    }

    /// The page, with one entry more than asked to know whether there is another page.
    pub(crate) fn page(self) -> (Page, usize) {
        let limit = self.limit.unwrap_or(MAX_PAGE).clamp(1, MAX_PAGE);
        (Page { after: self.after, limit: Some(limit + 1) }, limit)
    }
}

/// Cuts a list that was asked for one entry too many, and names the last one that stays.
fn cut(entries: &mut Vec<String>, limit: usize) -> Option<String> {
    let more = entries.len() > limit;
    entries.truncate(limit);
    entries.last().filter(|_| more).cloned()
}

/// `GET /api/v1/kits`.
pub(crate) async fn kits(
    State(shared): App,
    caller: Caller,
    paging: Result<Query<Paging>, axum::extract::rejection::QueryRejection>,
) -> Answer<KitList> {
    let (page, limit) = paging.map_err(|_| HubError::Query("limit"))?.0.page();
    let mut names = visible(shared.namespace.as_ref(), &caller, &page).await?;
    let next = cut(&mut names, limit);
    let kits = names.into_iter().map(|name| {
        let versions = format!("/api/v1/kits/{}/versions", segment(&name));
        KitSummary { name, versions }
    });
    Ok(Json(KitList::new(kits.collect(), next)))
}

/// `GET /api/v1/kits/{name}/versions`.
pub(crate) async fn versions(
    State(shared): App,
    Path(name): Path<String>,
    paging: Result<Query<Paging>, axum::extract::rejection::QueryRejection>,
) -> Answer<KitVersions> {
    let (page, limit) = paging.map_err(|_| HubError::Query("limit"))?.0.page();
    let repository = repository(&shared, &name)?;
    let _reader = shared.readers.acquire().await.map_err(|_| HubError::Stopped)?;
    let first = page.after.is_none();
    let mut tags = repository.tags(&page).await?;
    if tags.is_empty() && first {
        return Err(HubError::UnknownKit(name));
    }
    let next = cut(&mut tags, limit);
    let mut versions = Vec::new();
    for tag in tags {
        // A tag that was removed meanwhile is no version any more.
        let found = repository.manifest(&Target::Tag(tag.clone())).await?;
        let Some(found) = found else { continue };
        let is_manifest = media_type::is_manifest(&found.descriptor.media_type);
        let manifest = serde_json::from_slice::<Manifest>(&found.bytes).ok();
        let size = manifest.filter(|_| is_manifest).map(|manifest| manifest.total_size());
        let (digest, media_type) = (found.descriptor.digest, found.descriptor.media_type);
        let quarantine = held(&shared, &name, &digest).await?.as_ref().map(entry);
        versions.push(KitVersion { tag, digest, media_type, size, quarantine });
    }
    Ok(Json(KitVersions::new(name, versions, next)))
}

/// `GET /api/v1/kits/{name}/versions/{reference}`.
pub(crate) async fn detail(
    State(shared): App,
    Path((name, reference)): Path<(String, String)>,
) -> Answer<KitDetail> {
    let _reader = shared.readers.acquire().await.map_err(|_| HubError::Stopped)?;
    let kit = open_any(&shared, &name, &reference).await?;
    match held(&shared, &name, &kit.digest).await? {
        None => Ok(Json(kit.detail().await?)),
        Some(held) => Ok(Json(kit.outline(Some(entry(&held))))),
    }
}

/// Every file of a version.
pub(crate) async fn files(
    State(shared): App,
    Path((name, reference)): Path<(String, String)>,
) -> Answer<FileList> {
    let _reader = shared.readers.acquire().await.map_err(|_| HubError::Stopped)?;
    let kit = open(&shared, &name, &reference).await?;
    Ok(Json(FileList::clone(&*files::list(&kit).await?)))
}

/// Which files of a list.
#[derive(Debug, Deserialize)]
pub(crate) struct FilePaging {
    after: Option<usize>,
    limit: Option<usize>,
}

/// `GET /api/v1/kits/{name}/versions/{reference}/files?after=&limit=`: a page of [`files`]. For one digest
/// and one source the order never changes.
pub(crate) async fn file_page(
    State(shared): App,
    Path((name, reference)): Path<(String, String)>,
    paging: Result<Query<FilePaging>, axum::extract::rejection::QueryRejection>,
) -> Answer<FileList> {
    let Query(paging) = paging.map_err(|_| HubError::Query("after` or `limit"))?;
    let _reader = shared.readers.acquire().await.map_err(|_| HubError::Stopped)?;
    let kit = open(&shared, &name, &reference).await?;
    let all = files::list(&kit).await?;
    let limit = paging.limit.unwrap_or(FILES).clamp(1, MAX_FILES);
    let after = paging.after.unwrap_or(0).min(all.files.len());
    let files = all.files.iter().skip(after).take(limit).cloned().collect();
    let mut list = FileList::new(all.name.clone(), all.digest.clone(), all.source, files);
    list.next = (after + limit < all.files.len()).then(|| (after + limit).to_string());
    (list.count, list.unlisted) = (all.count, all.unlisted.clone());
    Ok(Json(list))
}

/// `GET /api/v1/openapi.json`.
pub(crate) async fn describe() -> Response {
    static DOCUMENT: LazyLock<Bytes> = LazyLock::new(|| openapi().to_string().into());
    ([(header::CONTENT_TYPE, "application/json")], DOCUMENT.clone()).into_response()
}

/// `GET /api/v1/kits/{name}/versions/{reference}/files/{path}`, with `Range`.
pub(crate) async fn content(
    State(shared): App,
    Path((name, reference, path)): Path<(String, String, String)>,
    method: Method,
    headers: HeaderMap,
) -> Result<Response, HubError> {
    let reader = shared.readers.acquire().await.map_err(|_| HubError::Stopped)?;
    let kit = open(&shared, &name, &reference).await?;
    let content = Content::find(&kit, &path).await?;
    // Sending may take long and holds no list: it does not keep others from reading.
    drop(reader);
    content.answer(&Asked { method, headers }).await
}

/// Two references, `name:tag` or `name@digest`.
#[derive(Debug, Deserialize)]
pub(crate) struct Pair {
    pub(crate) a: String,
    pub(crate) b: String,
}

/// `GET /api/v1/compare?a=&b=`.
pub(crate) async fn compare(
    State(shared): App,
    pair: Result<Query<Pair>, axum::extract::rejection::QueryRejection>,
) -> Answer<Comparison> {
    let Query(pair) = pair.map_err(|_| HubError::Query("a` and `b"))?;
    let _reader = shared.readers.acquire().await.map_err(|_| HubError::Stopped)?;
    let (a, b) = sides(&shared, &pair).await?;
    compared(&shared, (&a, &b)).await.map(Json)
}

/// Both versions, each tag resolved once.
pub(crate) async fn sides(shared: &Shared, pair: &Pair) -> Result<(Side, Side), HubError> {
    Ok((side(shared, &pair.a).await?, side(shared, &pair.b).await?))
}

/// Two versions that are open, compared by what is known without reading their bytes.
pub(crate) async fn compared(
    shared: &Shared,
    (a, b): (&Side, &Side),
) -> Result<Comparison, HubError> {
    let mut found = compare_sides(a, b);
    found.contents = catalog::contents(shared, (&a.kit, &b.kit)).await?;
    Ok(found)
}

async fn side(shared: &Shared, reference: &str) -> Result<Side, HubError> {
    let (name, target) = split_reference(reference)?;
    let kit = open_good(shared, &name, target).await?;
    let detail = kit.detail().await?;
    let files = files::list(&kit).await?;
    Ok(Side { kit: Arc::new(kit), detail, files })
}

/// The kit `name` in the version `reference`, a tag or a digest, whose content may be given out.
pub(crate) async fn open(shared: &Shared, name: &str, reference: &str) -> Result<Kit, HubError> {
    open_good(shared, name, target(name, reference)?).await
}

pub(crate) async fn open_good(
    shared: &Shared,
    name: &str,
    target: Target,
) -> Result<Kit, HubError> {
    let kit = opened(shared, name, target).await?;
    match held(shared, name, &kit.digest).await? {
        None => Ok(kit),
        Some(held) => Err(HubError::Quarantined(held.sentence())),
    }
}

/// The same although it may be under quarantine: for what says that it is, and what is attached.
pub(crate) async fn open_any(
    shared: &Shared,
    name: &str,
    reference: &str,
) -> Result<Kit, HubError> {
    opened(shared, name, target(name, reference)?).await
}

async fn opened(shared: &Shared, name: &str, target: Target) -> Result<Kit, HubError> {
    let kit = Kit::open(repository(shared, name)?, name, target).await?;
    Ok(Kit { lists: Some(Arc::clone(&shared.lists)), ..kit })
}

/// The tags that point at a manifest, of the first so many of the repository, and whether there are more than
/// those.
pub(crate) async fn tags_at(
    shared: &Shared,
    name: &str,
    digest: &Digest,
) -> Result<(Vec<String>, bool), HubError> {
    let repository = repository(shared, name)?;
    let (mut found, mut after) = (Vec::new(), None);
    for _ in 0..MAX_TAGS / TAGS {
        let tags = repository.tags(&Page { after: after.take(), limit: Some(TAGS) }).await?;
        let is_last = tags.len() < TAGS;
        after = tags.last().cloned();
        for tag in tags {
            let at = repository.manifest(&Target::Tag(tag.clone())).await?;
            found.extend(at.filter(|at| at.descriptor.digest == *digest).map(|_| tag));
        }
        if is_last {
            return Ok((found, false));
        }
    }
    Ok((found, true))
}

fn target(name: &str, reference: &str) -> Result<Target, HubError> {
    parse_target(reference).ok_or_else(|| HubError::Reference(format!("{name}:{reference}")))
}

/// What keeps a manifest from being given out.
pub(crate) async fn held(
    shared: &Shared,
    name: &str,
    digest: &Digest,
) -> Result<Option<Quarantined>, HubError> {
    match &shared.quarantine {
        None => Ok(None),
        Some(quarantine) => Ok(quarantine.of_manifest(name, digest).await?),
    }
}

/// The repository of this name.
pub(crate) fn repository(shared: &Shared, name: &str) -> Result<Arc<dyn Repository>, HubError> {
    if !is_name(name) {
        return Err(HubError::UnknownKit(name.to_owned()));
    }
    Ok(shared.namespace.repository(name)?)
}
