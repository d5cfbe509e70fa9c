//! What the gate answered about a version.

use sealkit_api::PolicyVerdict;
use sealkit_attest::Timestamp;
use sealkit_attest::log::{LogAct, LogLeaf, LogOutcome};
use sealkit_oci::Digest;
use sealkit_policy::model::Mode;

use super::Gate;
use crate::HubError;

impl Gate {
    /// The policies for a repository, each with its newest verdict about a version as the log has it.
    pub(crate) async fn verdicts(
        &self,
        repository: &str,
        digest: &Digest,
    ) -> Result<Vec<PolicyVerdict>, HubError> {
        let policies = self.rules().of(repository);
        let leaves = if policies.is_empty() { Vec::new() } else { self.leaves(digest).await? };
        let told = |policy: &sealkit_policy::Policy| {
            let leaf = leaves.iter().find(|leaf| {
                let asked = leaf.repository == repository;
                asked && matches!(&leaf.act, LogAct::Verdict { policy: of, .. } if of == policy.digest())
            });
            let outcome = leaf.and_then(|leaf| match &leaf.act {
                LogAct::Verdict { outcome, .. } => Some(word(*outcome).to_owned()),
                _ => None,
            });
            PolicyVerdict {
                policy: policy.name().to_owned(),
                digest: policy.digest().clone(),
                mode: if policy.mode() == Mode::Warn { "warn" } else { "enforce" }.to_owned(),
                outcome,
                at: leaf.map(|leaf| Timestamp::shown(leaf.time)),
            }
        };
        Ok(policies.iter().map(told).collect())
    }

    /// The newest entries of the log that name a digest, the newest first.
    async fn leaves(&self, digest: &Digest) -> Result<Vec<LogLeaf>, HubError> {
        let Some(log) = self.inner.log.clone() else { return Ok(Vec::new()) };
        let digest = digest.clone();
        let read = move || -> Result<Vec<LogLeaf>, HubError> {
            let numbers = log.about(&digest)?;
            let (_, proofs) = log.prove(&numbers)?;
            let leaf = |proof: &crate::log::EntryProof| LogLeaf::parse(&proof.entry).ok();
            Ok(proofs.iter().filter_map(leaf).collect())
        };
        tokio::task::spawn_blocking(read).await.map_err(|_| HubError::Stopped)?
    }
}

fn word(outcome: LogOutcome) -> &'static str {
    match outcome {
        LogOutcome::Allow => "allow",
        LogOutcome::Deny => "deny",
        LogOutcome::Unknown => "unknown",
    }
}
