//! Asks the gate before a tag is set, and before a kit is pulled.

use async_trait::async_trait;
use axum::http::Method;
use sealkit_attest::log::{LogAct, LogLeaf};
use sealkit_oci::{Descriptor, Digest, Manifest, Target, media_type};
use sealkit_registry::{Act, Ask, Denial, Guard, Leave, TagChange};
use sealkit_store::{StoreError, StoredManifest};

use super::Gate;
use super::judge::Verdict;
use crate::access::{Caller, Level};
use crate::clock::now;
use crate::events::named;

/// Guards the registry.
pub(crate) struct GateGuard(pub(crate) Gate);

#[async_trait]
impl Guard for GateGuard {
    async fn ask(&self, ask: &Ask<'_>) -> Result<Leave, Denial> {
        let (Some(repository), Act::PullManifest(target)) = (ask.repository, ask.act) else {
            return Ok(Leave::default());
        };
        // Whoever may push has the bytes anyway, and looks at a kit before signing it, with a token that is
        // bound to pulling.
        let pushes = ask
            .extensions
            .get::<Caller>()
            .is_some_and(|caller| caller.unbound().may(Level::Write, repository));
        let reads = *ask.method == Method::GET && self.0.inner.options.pulls;
        if !reads || pushes {
            return Ok(Leave::default());
        }
        let verdict = self.0.of_now(repository, target).await;
        let verdict = verdict.map_err(|_| Denial::Denied {
            reason: "the kit could not be read to be judged".to_owned(),
        })?;
        verdict.map_or_else(|| Ok(Leave::default()), |verdict| leave(repository, target, verdict))
    }

    async fn tag(&self, ask: &Ask<'_>, change: &TagChange<'_>) -> Result<Leave, Denial> {
        let Some(repository) = ask.repository else { return Ok(Leave::default()) };
        let (digest, size) = (change.digest.clone(), change.bytes.len() as u64);
        let descriptor = Descriptor::new(change.media_type, digest.clone(), size);
        let manifest = StoredManifest { descriptor, bytes: change.bytes.to_vec().into() };
        let policies = self.0.rules().of(repository);
        if policies.is_empty() || !is_kit(&manifest) {
            return Ok(Leave::default());
        }
        let verdict = self.0.judge(repository, manifest, policies).await;
        let actor = ask.extensions.get::<Caller>().map(Caller::actor).unwrap_or_default();
        self.0.note(repository, &digest, actor, &verdict).await?;
        leave(repository, &Target::Digest(digest), verdict)
    }
}

impl Gate {
    /// What holds for a version now; none where nothing judges it.
    pub(crate) async fn of_now(
        &self,
        repository: &str,
        target: &Target,
    ) -> Result<Option<Verdict>, StoreError> {
        let policies = self.rules().of(repository);
        if policies.is_empty() {
            return Ok(None);
        }
        let here = self.inner.names.repository(repository)?;
        let found = here.manifest(target).await?;
        let Some(manifest) = found.filter(is_kit) else { return Ok(None) };
        let digest = manifest.descriptor.digest.clone();
        let attached = here.referrers(&digest, None).await?;
        // Everything that the verdict depends on but the time.
        let mut parts = vec![repository.to_owned(), digest.to_string(), self.trust().await];
        parts.extend(policies.iter().map(|policy| policy.digest().to_string()));
        parts.extend(attached.iter().map(|referrer| referrer.digest.to_string()));
        let key = Digest::of(parts.join("\n").as_bytes());
        if let Some(verdict) = self.inner.kept.get(&key) {
            return Ok(Some(verdict));
        }
        let verdict = self.judge(repository, manifest, policies).await;
        if !verdict.answers.is_empty() {
            self.inner.kept.put(key, verdict.clone());
        }
        Ok(Some(verdict))
    }

    /// Digest of the trust store as it is now; empty where it can not be read, which the judgement meets too.
    async fn trust(&self) -> String {
        let home = self.inner.context.home.clone();
        let read = move || sealkit_ops::trust::load(&home).ok()?.to_json().ok();
        let json = tokio::task::spawn_blocking(read).await.ok().flatten();
        json.map(|json| Digest::of(&json).to_string()).unwrap_or_default()
    }

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

/// Kits are judged; what is attached to one, and everything else, is not.
fn is_kit(manifest: &StoredManifest) -> bool {
    let parsed = || serde_json::from_slice::<Manifest>(&manifest.bytes).ok();
    media_type::is_manifest(&manifest.descriptor.media_type)
        && parsed().is_some_and(|manifest| manifest.kit_format().is_some())
}

fn leave(repository: &str, target: &Target, verdict: Verdict) -> Result<Leave, Denial> {
    let Verdict { denied, warnings, .. } = verdict;
    let Some(why) = denied else { return Ok(Leave { warnings, ..Leave::default() }) };
    let at = if matches!(target, Target::Digest(_)) { '@' } else { ':' };
    let reason = format!(
        "{why} (of {repository}{at}{target}; every step is shown by `sealkit check` with this policy)"
    );
    Err(Denial::Denied { reason })
}
