//! AIBOMs over the API: which there are, one of them in any format, and the key that signs the hub's own.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get};
use axum::{Json, Router};
use sealkit_api::{AibomEntry, AibomList, HubKeyInfo, SCHEMA_VERSION};
use sealkit_attest::Timestamp;
use sealkit_oci::{Digest, media_type};
use sealkit_ops::bom::aibom::decode_any;
use sealkit_ops::bom::{
    BomFormat, StoredBom, StoredDocument, StoredSigner, stored_bom, stored_boms,
};
use sealkit_ops::{OpsError, Place};
use serde::Deserialize;

use super::{Aiboms, Kept};
use crate::HubError;
use crate::access::Caller;
use crate::api;
use crate::aside::aside;
use crate::content::disposition;
use crate::events::NewEvent;
use crate::hub::Shared;
use crate::names::segment;
use crate::reader::Kit;

/// The format that is given where none is asked for.
const USUAL: &str = "cyclonedx-json";
/// How long one answer may take.
const PATIENCE: Duration = Duration::from_secs(30);
/// The signed bundle around the document.
const BUNDLE: &str = "bundle";

type App = State<Arc<Shared>>;
type Asked<T> = Result<Query<T>, QueryRejection>;

/// `/api/v1/hub/key` and what stands below a version.
pub(crate) fn routes() -> Router<Arc<Shared>> {
    let version = "/api/v1/kits/{name}/versions/{reference}";
    Router::new()
        .route("/api/v1/hub/key", get(key))
        .route("/api/v1/hub/key.pem", get(key_file))
        .route(&format!("{version}/aiboms"), get(list))
        .route(&format!("{version}/aiboms/{{digest}}"), delete(remove))
        .route(&format!("{version}/aibom"), get(download))
        .route(&format!("{version}/aibom/summary"), get(super::summary::show))
}

/// `GET /api/v1/hub/key`.
pub(crate) async fn key(State(shared): App) -> Result<Json<HubKeyInfo>, HubError> {
    let key = shared.aiboms.as_ref().ok_or(HubError::NoRoute)?.key();
    Ok(Json(HubKeyInfo {
        schema_version: SCHEMA_VERSION,
        algorithm: key.algorithm().name().to_owned(),
        id: key.id(),
        fingerprint: key.fingerprint(),
        pem: key.to_pem(),
    }))
}

/// `GET /api/v1/hub/key.pem`: the same as a file for `sealkit trust add`.
async fn key_file(State(shared): App) -> Result<Response, HubError> {
    let key = shared.aiboms.as_ref().ok_or(HubError::NoRoute)?.key();
    Ok(([(header::CONTENT_TYPE, "application/x-pem-file")], key.to_pem()).into_response())
}

/// `GET /api/v1/kits/{name}/versions/{reference}/aiboms`.
pub(crate) async fn list(
    State(shared): App,
    Path((name, reference)): Path<(String, String)>,
) -> Result<Json<AibomList>, HubError> {
    let _reader = shared.readers.acquire().await.map_err(|_| HubError::Stopped)?;
    let kit = api::open_any(&shared, &name, &reference).await?;
    Ok(Json(listed(&shared, &kit).await?))
}

/// The AIBOMs of one version, the hub's own first.
async fn listed(shared: &Shared, kit: &Kit) -> Result<AibomList, HubError> {
    let Some(inner) = &shared.catalog else {
        let none = AibomList::new(kit.name.clone(), kit.digest.clone(), Vec::new(), false);
        return Ok(AibomList { problem: Some(HubError::NoCatalog.to_string()), ..none });
    };
    let key = shared.aiboms.as_ref().map(Aiboms::key);
    let (context, place) = (inner.context.clone(), place(kit)?);
    let reading = async move { stored_boms(&context, &place, key.as_ref()).await };
    let (found, more) = aside(&kit.digest, PATIENCE, reading).await?;
    let (kept, problem) = match &shared.aiboms {
        Some(aiboms) => aiboms.of_kit(&kit.name, &kit.digest).await?,
        None => (Vec::new(), None),
    };
    let mut rows = Vec::new();
    for one in found {
        let at = kept.iter().position(|kept| kept.referrer == one.referrer.to_string());
        let came = came(shared, kit, &one.referrer, &kept).await?;
        let entry = entry(kit, one, came);
        rows.push(((!entry.own, at, !entry.verified, entry.document.to_string()), entry));
    }
    rows.sort_by(|a, b| a.0.cmp(&b.0));
    let rows = rows.into_iter().map(|(_, entry)| entry).collect();
    let list = AibomList::new(kit.name.clone(), kit.digest.clone(), rows, more);
    Ok(AibomList { problem, ..list })
}

/// When one of them came, and what the hub made it with.
pub(super) async fn came(
    shared: &Shared,
    kit: &Kit,
    referrer: &Digest,
    kept: &[Kept],
) -> Result<(i64, Option<String>), HubError> {
    let name = referrer.to_string();
    match (kept.iter().find(|kept| kept.referrer == name), &shared.catalog) {
        (Some(kept), _) => Ok((kept.at, Some(kept.tool.clone()))),
        (None, Some(inner)) => Ok((inner.pushed(&kit.name, referrer).await?, None)),
        (None, None) => Ok((0, None)),
    }
}

/// One of them: `came` is when, in seconds since 1970, 0 where nobody knows; `tool` what the hub made it with.
pub(super) fn entry(kit: &Kit, one: StoredBom, (came, tool): (i64, Option<String>)) -> AibomEntry {
    let (own, verified) = match &one.signer {
        StoredSigner::Own => (true, true),
        StoredSigner::Trusted(_) => (false, true),
        StoredSigner::Other { .. } | StoredSigner::Nobody => (false, false),
    };
    let (signer, claimed, reason) = match one.signer {
        StoredSigner::Own => (Some("this hub".to_owned()), None, None),
        StoredSigner::Trusted(name) => (Some(name), None, None),
        StoredSigner::Other { claimed, reason } => (None, claimed, Some(reason)),
        StoredSigner::Nobody => (None, None, Some("it is not signed".to_owned())),
    };
    let name = segment(&kit.name);
    let path = format!("/api/v1/kits/{name}/versions/{}/aibom?digest={}", kit.digest, one.referrer);
    AibomEntry {
        referrer: one.referrer,
        format: one.format.to_owned(),
        document: one.document,
        size: one.size,
        own,
        verified,
        signer,
        claimed,
        reason,
        stored: (came > 0).then(|| Timestamp::shown(came)),
        tool,
        download: path,
    }
}

/// Which AIBOM, and how.
#[derive(Clone, Debug, Default, Deserialize)]
pub(crate) struct Wanted {
    /// Name of a format; `bundle` for the signed bundle.
    pub(crate) format: Option<String>,
    /// Digest of the manifest that attaches it.
    pub(crate) digest: Option<String>,
}

/// `GET /api/v1/kits/{name}/versions/{reference}/aibom?format=&digest=`: the hub's own where none is named, else a
/// verified one, else any that is attached. It is always a file to be saved.
async fn download(
    State(shared): App,
    Path((name, reference)): Path<(String, String)>,
    wanted: Asked<Wanted>,
) -> Result<Response, HubError> {
    let wanted = wanted.map_err(|_| HubError::Query("format` or `digest"))?.0;
    let format = wanted.format.clone().unwrap_or_else(|| USUAL.to_owned());
    let named = match format.as_str() {
        BUNDLE => None,
        name => Some(BomFormat::named(name).map_err(|_| HubError::Query("format"))?),
    };
    let _reader = shared.readers.acquire().await.map_err(|_| HubError::Stopped)?;
    let kit = api::open_any(&shared, &name, &reference).await?;
    let found = read(&shared, &kit, wanted.digest.as_deref()).await?;
    let (kind, bytes) = match named {
        None => {
            let unsigned = || HubError::NoAibom { digest: kit.digest.clone(), what: "signed " };
            (media_type::SIGSTORE_BUNDLE, found.bundle.ok_or_else(unsigned)?)
        }
        Some(format) if format.is_of(&found.document) => (type_of(format), found.document),
        Some(format) => {
            let made = kit.manifest.annotations.get(media_type::ANNOTATION_CREATED).cloned();
            let work = move || encoded(&found.document, format, made);
            (type_of(format), blocking(work).await?)
        }
    };
    let head = [
        (header::CONTENT_TYPE, kind.to_owned()),
        (header::CONTENT_DISPOSITION, disposition(&file_name(&kit, &format))),
    ];
    Ok((head, bytes).into_response())
}

/// The AIBOM that is asked for, with its bytes.
pub(super) async fn read(
    shared: &Shared,
    kit: &Kit,
    digest: Option<&str>,
) -> Result<StoredDocument, HubError> {
    let none = || HubError::NoAibom { digest: kit.digest.clone(), what: "" };
    let key = shared.aiboms.as_ref().map(Aiboms::key);
    let place = place(kit)?;
    let referrer = match digest {
        Some(text) => text.parse().map_err(|_| HubError::Query("digest"))?,
        None => match own(shared, kit).await? {
            Some(own) => own,
            None => listed(shared, kit).await?.aiboms.into_iter().next().ok_or_else(none)?.referrer,
        },
    };
    let inner = shared.catalog.as_ref().ok_or_else(none)?;
    let context = inner.context.clone();
    let reading = async move { stored_bom(&context, &place, &referrer, key.as_ref()).await };
    aside(&kit.digest, PATIENCE, reading).await?.ok_or_else(none)
}

/// The newest that the hub made and that is there.
async fn own(shared: &Shared, kit: &Kit) -> Result<Option<Digest>, HubError> {
    let Some(aiboms) = &shared.aiboms else { return Ok(None) };
    for Kept { referrer, .. } in aiboms.of_kit(&kit.name, &kit.digest).await?.0 {
        let Ok(digest) = referrer.parse::<Digest>() else { continue };
        let target = sealkit_oci::Target::Digest(digest.clone());
        if kit.repository.manifest(&target).await?.is_some() {
            return Ok(Some(digest));
        }
    }
    Ok(None)
}

/// `DELETE /api/v1/kits/{name}/versions/{reference}/aiboms/{digest}`: an act that is logged. The hub does not store
/// the same one again.
async fn remove(
    State(shared): App,
    caller: Caller,
    Path((name, reference, digest)): Path<(String, String, String)>,
) -> Result<StatusCode, HubError> {
    let kit = api::open_any(&shared, &name, &reference).await?;
    let found = read(&shared, &kit, Some(&digest)).await?;
    let referrer = found.about.referrer;
    let target = sealkit_oci::Target::Digest(referrer.clone());
    let actor = caller.name().to_owned();
    let gone = kit.repository.delete_manifest(&target);
    crate::log::numbers(actor.clone(), gone).await.0?;
    if let Some(inner) = &shared.catalog {
        inner.look_again(&kit.name, &kit.digest);
    }
    if let Some(events) = &shared.events {
        let event = NewEvent::new(&actor, "aibom.delete").within(&kit.name).about(&kit.digest);
        events.record(event.saying(referrer.to_string())).await?;
    }
    Ok(StatusCode::NO_CONTENT)
}

/// The document in another format.
fn encoded(document: &[u8], format: BomFormat, made: Option<String>) -> Result<Vec<u8>, OpsError> {
    let mut bytes = Vec::new();
    format.write(decode_any(document)?, made, &mut bytes)?;
    Ok(bytes)
}

pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, OpsError> + Send + 'static,
) -> Result<T, HubError> {
    let done = tokio::task::spawn_blocking(work).await.map_err(|_| HubError::Stopped)?;
    Ok(done?)
}

fn place(kit: &Kit) -> Result<Place, HubError> {
    Ok(Place::served(&kit.name, &kit.digest)?)
}

fn type_of(format: BomFormat) -> &'static str {
    match format {
        BomFormat::Document(codec) => codec.media_type(),
        BomFormat::Table => "text/plain; charset=utf-8",
        BomFormat::Markdown => "text/markdown; charset=utf-8",
        BomFormat::Html => "text/html; charset=utf-8",
    }
}

/// Name of the file: that of the kit, the start of its digest, and what it is.
fn file_name(kit: &Kit, format: &str) -> String {
    let name = kit.name.rsplit('/').next().unwrap_or(&kit.name);
    let digest: String = kit.digest.hex().chars().take(12).collect();
    let ending = match format.split('@').next().unwrap_or(format) {
        "cyclonedx-json" => "cdx.json",
        "spdx3-json" => "spdx3.json",
        BUNDLE => "sigstore.json",
        "markdown" => "md",
        "html" => "html",
        _ => "txt",
    };
    format!("{name}-{digest}.aibom.{ending}")
}
