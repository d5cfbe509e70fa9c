//! Looks at one version after the other.

use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use sealkit_oci::Target;
use sealkit_ops::catalog::index::{CatalogError, Job};
use sealkit_ops::catalog::{Described, describe, describe_unread, trust_digest};
use sealkit_ops::time::parse_time;
use sealkit_ops::{OpsError, Place};
use sealkit_report::Hint as _;

use super::Inner;
use super::reconcile::reconcile;
use super::turns::Turns;
use crate::clock::now;
use crate::provenance::trusted;
use crate::{Aiboms, HubError};

/// How long the worker sleeps where nothing wakes it: another process may have asked for work, and what
/// failed is tried again.
const IDLE: Duration = Duration::from_secs(2);
/// Longest time for one kit.
const PATIENCE: Duration = Duration::from_mins(30);
/// How often a version is tried that takes too long or fails unexpectedly: then it is known by its manifest alone.
const TRIES: u32 = 3;
/// Seconds until the first further try; each later one waits twice as long, up to an hour.
const FIRST_WAIT: i64 = 10;
const LONGEST_WAIT: i64 = 3_600;

/// Works for as long as the process runs.
pub(super) async fn work(inner: Arc<Inner>) {
    let mut turns = Turns::default();
    loop {
        compare(&inner).await;
        // What cannot be read now is read again.
        let _ = look_under_this_trust(&inner).await;
        let resting = turns.resting(Instant::now());
        let job = inner.ask(move |catalog| catalog.next_job_but(now(), &resting)).await;
        if let Ok(Some(job)) = job {
            let (owner, begun) = (job.owner().to_owned(), Instant::now());
            if one(&inner, job).await.is_err() {
                tokio::time::sleep(IDLE).await;
            }
            turns.took(owner, begun, Instant::now());
        } else {
            // What cannot be looked up now is looked up again.
            let _ = look_at_released(&inner).await;
            let _ = tokio::time::timeout(IDLE, inner.work.notified()).await;
        }
    }
}

/// Looks again at what was under quarantine and is no more: it has no AIBOM yet.
async fn look_at_released(inner: &Arc<Inner>) -> Result<(), HubError> {
    let Some(aiboms) = inner.aiboms.get() else { return Ok(()) };
    let released = aiboms.released().await?;
    let jobs = released.into_iter().map(|(name, digest)| (name, digest, now()));
    let jobs: Vec<_> = jobs.collect();
    if !jobs.is_empty() {
        inner.ask(move |catalog| catalog.enqueue(&jobs, now())).await?;
        inner.work.notify_one();
    }
    Ok(())
}

/// Looks again at what was looked at while others were trusted: a mark is about those who are trusted now.
async fn look_under_this_trust(inner: &Arc<Inner>) -> Result<(), HubError> {
    let trust = trust_digest(&trusted(&inner.context).await?)?;
    let is_known = |last: &Option<String>| last.as_deref() == Some(trust.as_str());
    if is_known(&inner.trust.lock().unwrap_or_else(PoisonError::into_inner)) {
        return Ok(());
    }
    let asked = trust.clone();
    inner.ask(move |catalog| catalog.enqueue_other_trust(&asked, now())).await?;
    *inner.trust.lock().unwrap_or_else(PoisonError::into_inner) = Some(trust);
    Ok(())
}

/// Compares everything where something may have been missed. It stays so until that is done.
async fn compare(inner: &Arc<Inner>) {
    if !inner.missed.swap(false, Ordering::AcqRel) {
        return;
    }
    inner.behind.fetch_add(1, Ordering::AcqRel);
    if reconcile(inner).await.is_err() {
        inner.missed.store(true, Ordering::Release);
        tokio::time::sleep(IDLE).await;
    }
    inner.behind.fetch_sub(1, Ordering::AcqRel);
}

/// Does one job.
async fn one(inner: &Arc<Inner>, job: Job) -> Result<(), CatalogError> {
    let looked = looked(inner, &job).await;
    match looked {
        Ok(Some((described, pushed))) => {
            // What was deleted while it was looked at gets no entry; what is deleted from now on is taken in
            // behind it.
            let _turn = inner.order.lock().await;
            if !is_there(inner, &job).await {
                return inner
                    .ask(move |catalog| catalog.remove(&job.repository, &job.digest))
                    .await;
            }
            let entry = described.entry(&job.repository, pushed);
            inner.ask(move |catalog| catalog.put(&entry)).await?;
            match store(inner, &job, described, pushed).await {
                Ok(()) => {
                    let done = inner.ask(move |catalog| catalog.finish(&job)).await;
                    done.inspect(|()| inner.tensors.notify_one())
                }
                Err(problem) => postpone(inner, job, problem).await,
            }
        }
        // What is gone, or is no kit, is no more work.
        Ok(None) => {
            inner
                .ask(move |catalog| {
                    catalog.forget(&job.repository, &job.digest)?;
                    catalog.finish(&job)
                })
                .await
        }
        Err(problem) => postpone(inner, job, problem).await,
    }
}

/// Seconds until the next try of what was tried so often in vain.
pub(super) fn wait(attempts: u32) -> i64 {
    FIRST_WAIT.saturating_mul(1 << attempts.min(16)).min(LONGEST_WAIT)
}

async fn postpone(inner: &Arc<Inner>, job: Job, problem: String) -> Result<(), CatalogError> {
    let wait = wait(job.attempts);
    inner.ask(move |catalog| catalog.postpone(&job, now() + wait, &problem)).await
}

/// Stores the AIBOM of a version, where this hub does that.
async fn store(inner: &Inner, job: &Job, described: Described, pushed: i64) -> Result<(), String> {
    let Some(aiboms) = inner.aiboms.get() else { return Ok(()) };
    let kept = aiboms.keep(&job.repository, described, pushed).await;
    kept.map_err(|error| format!("its AIBOM could not be stored: {error}"))
}

/// Whether the manifest is still served; where that cannot be told it counts as there.
async fn is_there(inner: &Inner, job: &Job) -> bool {
    let Ok(here) = inner.names.repository(&job.repository) else { return false };
    let found = here.manifest(&Target::Digest(job.digest.clone())).await;
    found.map_or(true, |found| found.is_some())
}

/// A version that could not be looked at for the reason `why`: after so many tries its manifest is all that is known,
/// and nobody else waits for it once more.
async fn given_up(
    inner: &Inner,
    job: &Job,
    place: &Place,
    why: &str,
) -> Result<Result<Described, OpsError>, String> {
    if job.attempts + 1 < TRIES {
        return Err(why.to_owned());
    }
    let own = inner.aiboms.get().map(Aiboms::key);
    Ok(describe_unread(&inner.context, place, own.as_ref(), why).await)
}

/// What is known of a version; none where it is no kit, or gone.
async fn looked(inner: &Arc<Inner>, job: &Job) -> Result<Option<(Described, i64)>, String> {
    let place = Place::served(&job.repository, &job.digest).map_err(|error| error.to_string())?;
    let context = inner.context.clone();
    // On a task of its own: whatever happens while a stranger's bytes are read ends that task only.
    let own = inner.aiboms.get().map(Aiboms::key);
    let at = place.clone();
    let task = tokio::spawn(async move { describe(&context, &at, own.as_ref()).await });
    let described = match tokio::time::timeout(PATIENCE, task).await {
        Ok(Ok(described)) => described,
        Ok(Err(_)) => given_up(inner, job, &place, "looking at it failed unexpectedly").await?,
        Err(_) => {
            let why = format!("it took longer than {} seconds", PATIENCE.as_secs());
            given_up(inner, job, &place, &why).await?
        }
    };
    let described = match described {
        Ok(described) => described,
        Err(OpsError::KitNotFound { .. } | OpsError::NotAKit { .. }) => return Ok(None),
        // One that needs more space than there is would else fill the disk again and again.
        Err(error) if error.code() == "disk-full" => {
            let described = given_up(inner, job, &place, &error.to_string()).await?;
            described.map_err(|error| error.to_string())?
        }
        Err(error) => return Err(error.to_string()),
    };
    let pushed = inner.versions.pushed(&job.repository, &job.digest).await;
    let pushed = match pushed.map_err(|error| error.to_string())? {
        // Where nobody kept that, what the manifest says of itself orders its versions.
        0 => described.created.as_deref().and_then(|at| parse_time(at).ok()).unwrap_or(0),
        pushed => pushed,
    };
    Ok(Some((described, pushed)))
}
