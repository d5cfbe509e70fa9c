//! What the gate answered about a version.

use sealkit_api::PolicyVerdict;
use sealkit_attest::Timestamp;
use sealkit_attest::log::LogAct;
use sealkit_oci::Digest;

use super::Gate;
use crate::HubError;
use crate::history::{outcome_name, reading};
use crate::policies::mode;

impl Gate {
    /// The policies for a repository, each with its newest verdict about a version as the log has it.
    pub(crate) async fn verdicts(
        &self,
        repository: &str,
        digest: &Digest,
    ) -> Result<Vec<PolicyVerdict>, HubError> {
        let policies = self.rules().of(repository);
        let found = match self.inner.log.clone() {
            Some(log) if !policies.is_empty() => {
                let digest = digest.clone();
                reading(log, move |log| Ok(log.acts_about(&digest)?)).await?
            }
            _ => Vec::new(),
        };
        let told = |policy: &sealkit_policy::Policy| {
            let newest = found.iter().find_map(|(_, leaf)| match &leaf.act {
                LogAct::Verdict { policy: of, outcome, .. }
                    if of == policy.digest() && leaf.repository == repository =>
                {
                    Some((*outcome, leaf.time))
                }
                _ => None,
            });
            PolicyVerdict {
                policy: policy.name().to_owned(),
                digest: policy.digest().clone(),
                mode: mode(policy.mode()).to_owned(),
                outcome: newest.map(|(outcome, _)| outcome_name(outcome).to_owned()),
                at: newest.map(|(_, time)| Timestamp::shown(time)),
            }
        };
        Ok(policies.iter().map(told).collect())
    }
}
