//! What holds when a kit is read: a verdict is used again while all that it depends on is the same.

use sealkit_oci::{Digest, Target};
use sealkit_policy::Policy;
use sealkit_store::{StoreError, StoredManifest};

use super::Gate;
use super::judge::Verdict;
use super::members::is_kit;
use crate::access::{Caller, Level};

/// Most manifests that are asked whether the blob that they name may be given out.
const MOST_HOLDERS: usize = 1_000;
/// Most kits that are judged for one blob: each is read whole.
const MOST_JUDGED: usize = 8;

/// A kit with the policies for it.
struct Subject {
    manifest: StoredManifest,
    policies: Vec<Policy>,
    /// Stands for everything that the verdict depends on but the time.
    key: Digest,
}

impl Gate {
    /// Whether what this caller reads of a repository is judged.
    pub(super) fn judges_reading(&self, caller: Option<&Caller>, repository: &str) -> bool {
        // Whoever may push has the bytes anyway, and looks at a kit before signing it, with a token that is
        // bound to pulling.
        let pushes = caller.is_some_and(|caller| caller.unbound().may(Level::Write, repository));
        self.judges_pulls() && !pushes && !self.rules().of(repository).is_empty()
    }

    /// What holds for a version now; none where nothing judges it.
    pub(crate) async fn of_now(
        &self,
        repository: &str,
        target: &Target,
    ) -> Result<Option<Verdict>, StoreError> {
        let found = self.inner.names.repository(repository)?.manifest(target).await?;
        let Some(manifest) = found else { return Ok(None) };
        match self.subject(repository, manifest, &self.trust().await).await? {
            Some(subject) => Ok(Some(self.verdict(repository, subject).await)),
            None => Ok(None),
        }
    }

    /// The verdict that is kept, or a new one.
    async fn verdict(&self, repository: &str, subject: Subject) -> Verdict {
        let Subject { manifest, policies, key } = subject;
        if let Some(verdict) = self.inner.kept.get(&key) {
            return verdict;
        }
        let verdict = self.judge(repository, manifest, policies).await;
        if !verdict.answers.is_empty() {
            self.inner.kept.put(key, verdict.clone());
        }
        verdict
    }

    /// Why a blob is not given out: each manifest that names it is a kit that is denied, of which this is the one that
    /// was pushed last. None where one of them may be read, and where none names it: it is no part of a kit yet.
    pub(super) async fn of_blob(
        &self,
        repository: &str,
        blob: &Digest,
    ) -> Result<Option<(Target, Verdict)>, StoreError> {
        let Some(storage) = &self.inner.options.storage else {
            let verdict = Verdict::denied("which kits it is of could not be read".to_owned());
            return Ok(Some((Target::Digest(blob.clone()), verdict)));
        };
        let holders = storage.naming(repository, blob, MOST_HOLDERS).await?;
        let (here, trust) = (self.inner.names.repository(repository)?, self.trust().await);
        let (mut denied, mut open) = (Vec::new(), Vec::new());
        // Whoever pulls a kit asks for its manifest first, so that a verdict is there.
        for holder in holders.into_iter().map(Target::Digest) {
            // One that was deleted just now names it no more.
            let Some(manifest) = here.manifest(&holder).await? else { continue };
            let subject = self.subject(repository, manifest, &trust).await?;
            let Some(subject) = subject else { return Ok(None) };
            match self.inner.kept.get(&subject.key) {
                Some(Verdict { denied: None, .. }) => return Ok(None),
                Some(verdict) => denied.push((holder, verdict)),
                None if open.len() < MOST_JUDGED => open.push((holder, subject)),
                None => {}
            }
        }
        for (holder, subject) in open {
            let verdict = self.verdict(repository, subject).await;
            if verdict.denied.is_none() {
                return Ok(None);
            }
            denied.push((holder, verdict));
        }
        Ok(denied.into_iter().next())
    }

    /// A version under this `trust`; none where nothing judges it.
    async fn subject(
        &self,
        repository: &str,
        manifest: StoredManifest,
        trust: &str,
    ) -> Result<Option<Subject>, StoreError> {
        let policies = self.rules().of(repository);
        if policies.is_empty() || !is_kit(&manifest) {
            return Ok(None);
        }
        let digest = manifest.descriptor.digest.clone();
        let attached = self.inner.names.repository(repository)?.referrers(&digest, None).await?;
        let mut parts = vec![repository.to_owned(), digest.to_string(), trust.to_owned()];
        parts.extend(policies.iter().map(|policy| policy.digest().to_string()));
        parts.extend(attached.iter().map(|referrer| referrer.digest.to_string()));
        let key = Digest::of(parts.join("\n").as_bytes());
        Ok(Some(Subject { manifest, policies, key }))
    }

    /// Digest of the trust store as it is now; empty where it can not be read, which the judgement meets too.
    async fn trust(&self) -> String {
        let home = self.inner.context.home.clone();
        let read = move || sealkit_ops::trust::load(&home).ok()?.to_json().ok();
        let json = tokio::task::spawn_blocking(read).await.ok().flatten();
        json.map(|json| Digest::of(&json).to_string()).unwrap_or_default()
    }
}

/// What clients show of a denial.
pub(super) fn sentence(repository: &str, target: &Target, why: &str) -> String {
    let at = if matches!(target, Target::Digest(_)) { '@' } else { ':' };
    format!(
        "{why} (of {repository}{at}{target}; every step is shown by `sealkit check` with this policy)"
    )
}
