//! Advisories for other tools, with who signed each of them under the hub's trust.

use std::time::Duration;

use sealkit_oci::Digest;
use sealkit_ops::advisory::{Advised, AdvisoryEntry, advisories};
use sealkit_ops::trust::Trusted;
use sealkit_ops::{Context, OpsError, Place};

use super::Listed;
use crate::HubError;
use crate::aside::aside;
use crate::provenance::failed;

/// How long the signatures of one page may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// What the advisories of a page say, by kit as `HOST/NAME@DIGEST`, in the order of the page. Each counts only where
/// the hub can verify its signature: `context` has its trust store; without one, none does. What can not be
/// read is left out: nothing can be said of it but that it is there, which the list does.
pub(super) async fn verified(
    context: Option<&Context>,
    host: &str,
    page: Vec<Listed>,
) -> Result<Vec<Advised>, HubError> {
    let mut kits: Vec<(String, Digest, Vec<Listed>)> = Vec::new();
    for one in page {
        let same =
            kits.iter_mut().find(|(name, kit, _)| *name == one.repository && *kit == one.kit);
        match same {
            Some((_, _, all)) => all.push(one),
            None => kits.push((one.repository.clone(), one.kit.clone(), vec![one])),
        }
    }
    let Some(first) = kits.first().map(|(_, kit, _)| kit.clone()) else { return Ok(Vec::new()) };
    let (context, host) = (context.cloned(), host.to_owned());
    let reading = async move {
        let mut all: Vec<Advised> = Vec::new();
        for (name, kit, listed) in kits {
            let known = match &context {
                Some(context) => of_kit(context, &name, &kit).await.map_err(failed)?,
                None => Vec::new(),
            };
            let found = listed.into_iter().filter_map(|one| entry(one, &known)).collect();
            let reference = format!("{host}/{name}@{kit}");
            all.push(Advised { reference, digest: kit, found, more: false });
        }
        Ok::<_, HubError>(all)
    };
    aside(&first, PATIENCE, reading).await
}

/// What is attached to one kit; nothing where the hub has no such kit: an advisory can come before it, and stay
/// behind.
async fn of_kit(
    context: &Context,
    name: &str,
    kit: &Digest,
) -> Result<Vec<AdvisoryEntry>, OpsError> {
    let place = Place::served(name, kit)?;
    match advisories(context, &place, &Trusted::default()).await {
        Ok(found) => Ok(found.found),
        Err(OpsError::KitNotFound { .. } | OpsError::NotAKit { .. }) => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

/// One as it is known; what was not verified counts for nobody.
fn entry(one: Listed, known: &[AdvisoryEntry]) -> Option<AdvisoryEntry> {
    if let Some(found) = known.iter().find(|found| found.referrer == one.digest) {
        return Some(found.clone());
    }
    let advisory = one.said?;
    let (bundle, referrer) = (one.digest.clone(), one.digest);
    Some(AdvisoryEntry { advisory, signer: None, counts: false, holds: false, bundle, referrer })
}
