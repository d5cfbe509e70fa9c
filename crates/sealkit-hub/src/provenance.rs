//! Who says what about a version: its statements, verified under the hub's trust file.
//!
//! No layer is read for it. An answer is kept for a while under everything that it depends on but the time: the
//! manifest, what is attached, and whom the hub trusts.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::extract::{Path, State};
use axum::routing::get;
use axum::{Json, Router};
use sealkit_api::KitProvenance;
use sealkit_oci::Digest;
use sealkit_ops::attest::{StatementLimits, Statements, statements, trust_used};
use sealkit_ops::trust::{Role, TrustRoot, TrustedKey};
use sealkit_ops::{Context, OpsError, Place, trust};
use sealkit_report::Step;

use crate::HubError;
use crate::api;
use crate::aside::aside;
use crate::hub::Shared;
use crate::reader::Kit;

/// What one answer may cost.
const LIMITS: StatementLimits = StatementLimits { bundles: 200, bytes: 64 << 20, trials: 20_000 };
/// How long one answer may take.
const PATIENCE: Duration = Duration::from_secs(30);
/// Most answers that are kept, and most statements of one that is.
const MOST: usize = 256;
const MOST_STATEMENTS: usize = 50;
/// How long one is used: keys are trusted for a time, and so are their signatures.
const FRESH: Duration = Duration::from_mins(5);

/// The paths of the API.
pub(crate) fn routes() -> Router<Arc<Shared>> {
    let version = "/api/v1/kits/{name}/versions/{reference}";
    Router::new().route(&format!("{version}/provenance"), get(show))
}

/// `GET /api/v1/kits/{name}/versions/{reference}/provenance`.
pub(crate) async fn show(
    State(shared): State<Arc<Shared>>,
    Path((name, reference)): Path<(String, String)>,
) -> Result<Json<KitProvenance>, HubError> {
    let _reader = shared.readers.acquire().await.map_err(|_| HubError::Stopped)?;
    let kit = api::open_any(&shared, &name, &reference).await?;
    Ok(Json(of(&shared, &kit).await?))
}

/// What is stated about a version.
pub(crate) async fn of(shared: &Shared, kit: &Kit) -> Result<KitProvenance, HubError> {
    let context = shared.catalog.as_ref().map(|catalog| catalog.context.clone());
    let context = context.ok_or(HubError::NoCatalog)?;
    let trust = trusted(&context).await?;
    let used = trust_used(&trust).map_err(failed)?;
    let attached = kit.repository.referrers(&kit.digest, None).await?;
    let mut parts = vec![kit.name.clone(), kit.digest.to_string()];
    parts.push(used.digest.as_ref().map(ToString::to_string).unwrap_or_default());
    parts.extend(attached.iter().map(|referrer| referrer.digest.to_string()));
    let key = Digest::of(parts.join("\n").as_bytes());
    if let Some(kept) = shared.statements.get(&key) {
        return Ok(kept);
    }
    let mut answer = KitProvenance::new(kit.name.clone(), kit.digest.clone(), used, not_run());
    let found = verified(context, kit, with_own(trust, shared)).await?;
    (answer.statements, answer.more) = (found.found, found.more);
    shared.statements.put(key, &answer);
    Ok(answer)
}

/// Whom the hub trusts now.
pub(crate) async fn trusted(context: &Context) -> Result<TrustRoot, HubError> {
    let home = context.home.clone();
    let read = tokio::task::spawn_blocking(move || trust::load(&home)).await;
    read.map_err(|_| HubError::Stopped)?.map_err(failed)
}

/// With the hub's own key, which signs what the hub found itself.
fn with_own(mut trust: TrustRoot, shared: &Shared) -> TrustRoot {
    if let Some(aiboms) = &shared.aiboms {
        let role = Role::Named(Role::HUB.to_owned());
        // Where somebody trusts it already, it has the name that they gave it.
        let _ = trust.add(TrustedKey::new(aiboms.key(), "this hub", role));
    }
    trust
}

pub(crate) fn failed(error: OpsError) -> HubError {
    HubError::reading(error, |error| HubError::Unverified(Box::new(error)))
}

/// Verifies what is attached.
async fn verified(context: Context, kit: &Kit, trust: TrustRoot) -> Result<Statements, HubError> {
    let place = Place::served(&kit.name, &kit.digest).map_err(failed)?;
    let reading = async move { statements(&context, &place, &trust, LIMITS).await.map_err(failed) };
    aside(&kit.digest, PATIENCE, reading).await
}

/// The steps of `sealkit verify` that read layers, or that compare what was read there.
fn not_run() -> Vec<Step> {
    let layers = "the layers were not read for this answer";
    let compared = "what statements say was not held against the files";
    [
        ("blob-digests", "the bytes are those that the digests name", layers),
        ("file-table", "file table is the one that was sealed", layers),
        ("files", "the files are those of the file table", layers),
        ("bom", "the AIBOM is about this version", compared),
        ("statements-fit-files", "what statements say of files is said of these bytes", compared),
    ]
    .into_iter()
    .map(|(id, title, reason)| Step::skip(id, title, reason))
    .collect()
}

/// Answers by everything that they depend on but time.
#[derive(Default)]
pub(crate) struct Kept(Mutex<HashMap<Digest, (Instant, KitProvenance)>>);

impl Kept {
    fn get(&self, key: &Digest) -> Option<KitProvenance> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.get(key).filter(|(at, _)| at.elapsed() < FRESH).map(|(_, answer)| answer.clone())
    }

    /// Keeps an answer, unless it is so large that a stranger could fill the memory with such.
    fn put(&self, key: Digest, answer: &KitProvenance) {
        if answer.statements.len() > MOST_STATEMENTS {
            return;
        }
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= MOST {
            kept.retain(|_, (at, _)| at.elapsed() < FRESH);
        }
        if kept.len() >= MOST {
            kept.clear();
        }
        kept.insert(key, (Instant::now(), answer.clone()));
    }
}
