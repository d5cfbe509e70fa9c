//! What administrators see and do: storage, sweep, uploads, quotas, tokens, jobs. All of it needs `admin:*`.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::{delete, get, post};
use axum::{Json, Router};
use sealkit_api::{
    AdminHealth, AdminJob, AdminJobs, AdminRule, AdminState, AdminStored, AdminSweep, AdminToken,
    AdminTokens, AdminUpload, SCHEMA_VERSION,
};
use sealkit_hubstore::{GcOptions, Storage};
use sealkit_oci::Digest;
use sealkit_store::StoreError;
use tokio::sync::Mutex;

use crate::access::Caller;
use crate::events::NewEvent;
use crate::hub::Shared;
use crate::{HubError, Token, catalog};

/// How long what a sweep would remove is told again: counting looks at every blob.
const COUNTED: Duration = Duration::from_mins(1);
/// Most uploads that are told.
const UPLOADS: usize = 100;
/// Most tokens that are told.
const TOKENS: usize = 1_000;
/// Most jobs that are told.
const JOBS: usize = 100;

type App = State<Arc<Shared>>;

/// What a sweep would remove, and when that was counted.
#[derive(Default)]
pub(crate) struct Sweep(Mutex<Option<(Instant, AdminSweep)>>);

/// Everything below `/api/v1/admin`.
pub(crate) fn routes() -> Router<Arc<Shared>> {
    Router::new()
        .route("/api/v1/admin", get(state))
        .route("/api/v1/admin/tokens", get(tokens))
        .route("/api/v1/admin/tokens/{id}", delete(revoke))
        .route("/api/v1/admin/jobs", get(jobs))
        .route("/api/v1/admin/jobs/{name}/{digest}/retry", post(retry))
}

/// `GET /api/v1/admin`.
pub(crate) async fn state(State(shared): App) -> Result<Json<AdminState>, HubError> {
    let report = shared.observed.health.report().await;
    let (database, folder) = (report.database, report.folder);
    let health = AdminHealth { ready: report.ready, draining: report.draining, database, folder };
    let (mut sweep, mut uploads, mut stored) = (None, Vec::new(), None);
    if let Some(data) = &shared.data {
        let tags = data.storage.usage(None).await?.tags;
        let counted = shared.observed.health.stored().await;
        stored = counted.map(|found| AdminStored {
            blobs: found.blobs,
            bytes: found.bytes,
            manifests: found.manifests,
            uploads: found.uploads,
            tags,
        });
        sweep = Some(shared.sweep.of(&data.storage).await?);
        uploads = under_way(&data.storage).await?;
    }
    Ok(Json(AdminState {
        schema_version: SCHEMA_VERSION,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        health,
        stored,
        sweep,
        uploads,
        rules: rules(&shared).await?,
        log_entries: shared.log.as_ref().map(|log| log.size()),
    }))
}

impl Sweep {
    /// What a sweep with the usual time of grace would remove, counted now or a moment ago.
    async fn of(&self, storage: &Storage) -> Result<AdminSweep, StoreError> {
        let mut known = self.0.lock().await;
        if let Some((_, sweep)) = known.as_ref().filter(|(at, _)| at.elapsed() < COUNTED) {
            return Ok(sweep.clone());
        }
        let options = GcOptions { dry_run: true, ..GcOptions::default() };
        let report = storage.gc(&options).await?;
        let (blobs, bytes, grace) = (report.blobs, report.bytes, options.grace.as_secs());
        let sweep = AdminSweep { blobs, bytes, grace };
        *known = Some((Instant::now(), sweep.clone()));
        Ok(sweep)
    }
}

async fn under_way(storage: &Storage) -> Result<Vec<AdminUpload>, StoreError> {
    let act = |sql: &rusqlite::Connection| {
        let text = "SELECT repository, place, touched FROM uploads
                    ORDER BY touched DESC, id LIMIT ?1";
        let mut rows = sql.prepare_cached(text)?;
        let found = rows.query_map([UPLOADS], |row| {
            let (repository, bytes) = (row.get(0)?, row.get(1)?);
            Ok(AdminUpload { repository, bytes, touched: row.get(2)? })
        })?;
        Ok(found.collect::<Result<_, _>>()?)
    };
    storage.database().read(act).await
}

/// Every rule, with what is used of it.
pub(crate) async fn rules(shared: &Shared) -> Result<Vec<AdminRule>, HubError> {
    let Some(rules) = &shared.rules else { return Ok(Vec::new()) };
    let rule = |(rule, usage): (crate::Rule, sealkit_hubstore::Usage)| AdminRule {
        prefix: rule.prefix,
        immutable_tags: rule.immutable_tags.map(|tags| tags.name().to_owned()),
        max_bytes: rule.max_bytes,
        max_versions: rule.max_versions,
        used_bytes: usage.bytes,
        used_versions: usage.tags,
    };
    Ok(rules.with_usage().await?.into_iter().map(rule).collect())
}

/// `GET /api/v1/admin/tokens`.
pub(crate) async fn tokens(
    State(shared): App,
    caller: Caller,
) -> Result<Json<AdminTokens>, HubError> {
    let Some(tokens) = &shared.tokens else { return Ok(Json(AdminTokens::new(Vec::new(), 0))) };
    let all = tokens.list().await?;
    let total = all.len() as u64;
    let own = caller.token_id();
    let shown = all.into_iter().rev().take(TOKENS).map(|token| told(token, own)).collect();
    Ok(Json(AdminTokens::new(shown, total)))
}

fn told(token: Token, own: Option<i64>) -> AdminToken {
    let Token { id, user, name, scopes, created, expires, revoked, used } = token;
    let own = own == Some(id);
    AdminToken { id, user, name, scopes, created, expires, revoked, used, own }
}

/// `DELETE /api/v1/admin/tokens/{id}`: it holds no more from then on.
pub(crate) async fn revoke(
    State(shared): App,
    caller: Caller,
    Path(id): Path<i64>,
) -> Result<StatusCode, HubError> {
    let tokens = shared.tokens.as_ref().ok_or(HubError::NoToken(id))?;
    if tokens.revoke_for(caller.name(), id).await? {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(HubError::NoToken(id))
    }
}

/// `GET /api/v1/admin/jobs`.
pub(crate) async fn jobs(State(shared): App) -> Result<Json<AdminJobs>, HubError> {
    let (jobs, total) = catalog::known(&shared)?.ask(|catalog| catalog.jobs(JOBS)).await?;
    let job = |job: sealkit_ops::catalog::index::Job| AdminJob {
        repository: job.repository,
        digest: job.digest,
        attempts: job.attempts,
        problem: job.problem,
    };
    Ok(Json(AdminJobs::new(jobs.into_iter().map(job).collect(), total as u64)))
}

/// `POST /api/v1/admin/jobs/{name}/{digest}/retry`: the version is looked at as soon as the worker is free.
pub(crate) async fn retry(
    State(shared): App,
    caller: Caller,
    Path((name, digest)): Path<(String, String)>,
) -> Result<StatusCode, HubError> {
    let parsed: Digest = digest.parse().map_err(|_| HubError::Reference(digest.clone()))?;
    let catalog = catalog::known(&shared)?;
    if !catalog.retry(name.clone(), parsed.clone()).await? {
        return Err(HubError::NoJob(parsed));
    }
    if let Some(events) = &shared.events {
        let event = NewEvent::new(caller.name(), "job.retry").within(&name).about(&parsed);
        events.record(event).await?;
    }
    Ok(StatusCode::ACCEPTED)
}
