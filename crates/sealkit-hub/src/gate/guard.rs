//! Asks the gate before a tag is set, and before a kit is pulled.

use async_trait::async_trait;
use axum::http::Method;
use sealkit_attest::log::{LogAct, LogLeaf};
use sealkit_oci::{Descriptor, Digest, Target};
use sealkit_registry::{Act, Ask, Denial, Guard, Leave, TagChange};
use sealkit_store::{StoreError, StoredManifest};

use super::Gate;
use super::judge::Verdict;
use super::members::{Unjudged, kits};
use super::reading::sentence;
use crate::access::Caller;
use crate::clock::now;
use crate::events::named;

/// Guards the registry.
pub(crate) struct GateGuard(pub(crate) Gate);

#[async_trait]
impl Guard for GateGuard {
    async fn ask(&self, ask: &Ask<'_>) -> Result<Leave, Denial> {
        let Some(repository) = ask.repository else { return Ok(Leave::default()) };
        let gives = *ask.method == Method::GET;
        // What is mounted is read from there.
        let from = match ask.act {
            Act::PullManifest(_) | Act::PullBlob(_) if gives => repository,
            Act::Mount { from, .. } => from.unwrap_or(repository),
            _ => return Ok(Leave::default()),
        };
        if !self.0.judges_reading(ask.extensions.get::<Caller>(), from) {
            return Ok(Leave::default());
        }
        let judged = match ask.act {
            Act::PullManifest(target) => {
                let verdict = self.0.of_now(from, target).await.map_err(unread)?;
                verdict.map(|verdict| (target.clone(), verdict))
            }
            Act::PullBlob(digest) | Act::Mount { digest, .. } => {
                self.0.of_blob(from, digest).await.map_err(unread)?
            }
            _ => None,
        };
        judged.map_or_else(|| Ok(Leave::default()), |(of, verdict)| leave(from, &of, verdict))
    }

    async fn tag(&self, ask: &Ask<'_>, change: &TagChange<'_>) -> Result<Leave, Denial> {
        let Some(repository) = ask.repository else { return Ok(Leave::default()) };
        let (digest, size) = (change.digest.clone(), change.bytes.len() as u64);
        let descriptor = Descriptor::new(change.media_type, digest.clone(), size);
        let manifest = StoredManifest { descriptor, bytes: change.bytes.to_vec().into() };
        let policies = self.0.rules().of(repository);
        if policies.is_empty() {
            return Ok(Leave::default());
        }
        let here = self.0.inner.names.repository(repository).map_err(unread)?;
        let kits = match kits(here.as_ref(), manifest).await {
            Ok(kits) => kits,
            Err(Unjudged::Store(error)) => return Err(unread(error)),
            Err(Unjudged::Reason(reason)) => {
                let reason = sentence(repository, &Target::Digest(digest), &reason);
                return Err(Denial::Denied { reason });
            }
        };
        let actor = ask.extensions.get::<Caller>().map(Caller::actor).unwrap_or_default();
        let mut all = Leave::default();
        for kit in kits {
            let digest = kit.descriptor.digest.clone();
            let verdict = self.0.judge(repository, kit, policies.clone()).await;
            self.0.note(repository, &digest, actor, &verdict).await?;
            let Leave { warnings, .. } = leave(repository, &Target::Digest(digest), verdict)?;
            all.warnings.extend(warnings);
        }
        Ok(all)
    }
}

impl Gate {
    /// Logs what each policy answered about a tag.
    async fn note(
        &self,
        repository: &str,
        digest: &Digest,
        actor: &str,
        verdict: &Verdict,
    ) -> Result<(), Denial> {
        let Some(log) = &self.inner.log else { return Ok(()) };
        let leaf = |(policy, outcome): &(Digest, _)| LogLeaf {
            actor: named(actor).to_owned(),
            time: now(),
            repository: repository.to_owned(),
            act: LogAct::Verdict {
                digest: digest.clone(),
                policy: policy.clone(),
                outcome: *outcome,
            },
        };
        let leaves: Vec<LogLeaf> = verdict.answers.iter().map(leaf).collect();
        let logged = log.record(leaves).await;
        let reason = "the verdict could not be logged".to_owned();
        logged.map(drop).map_err(|_| Denial::Denied { reason })
    }
}

fn leave(repository: &str, target: &Target, verdict: Verdict) -> Result<Leave, Denial> {
    let Verdict { denied, warnings, .. } = verdict;
    match denied {
        None => Ok(Leave { warnings, ..Leave::default() }),
        Some(why) => Err(Denial::Denied { reason: sentence(repository, target, &why) }),
    }
}

/// What was not read is not given out.
fn unread(_: StoreError) -> Denial {
    Denial::Denied { reason: "the kit could not be read to be judged".to_owned() }
}
