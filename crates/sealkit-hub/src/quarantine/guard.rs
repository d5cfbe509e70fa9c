//! Refuses to give out what is under quarantine.

use async_trait::async_trait;
use axum::http::Method;
use sealkit_registry::{Act, Ask, Denial, Guard, Leave, TagChange};
use sealkit_store::StoreError;

use super::{Quarantine, Quarantined};
use crate::access::{Caller, Level};

/// With this header, whoever may administer the repository reads it all the same.
const READ_ANYWAY: &str = "sealkit-insecure-read-quarantined";

/// Guards the registry.
pub(crate) struct QuarantineGuard(pub(crate) Quarantine);

#[async_trait]
impl Guard for QuarantineGuard {
    async fn ask(&self, ask: &Ask<'_>) -> Result<Leave, Denial> {
        let Some(repository) = ask.repository else { return Ok(Leave::default()) };
        let found = match ask.act {
            Act::PullManifest(target) => self.0.of_target(repository, target).await,
            // Whoever pushes a mended version learns which blobs it need not send.
            Act::PullBlob(_) if *ask.method == Method::HEAD => Ok(None),
            Act::PullBlob(digest) => self.0.of_blob(repository, digest).await,
            Act::Mount { digest, from } => self.0.of_blob(from.unwrap_or(repository), digest).await,
            _ => return Ok(Leave::default()),
        };
        match found.map_err(unanswered)? {
            None => Ok(Leave::default()),
            Some(found) if reads_anyway(ask, repository) => {
                let warnings = vec![format!("read although {}", found.sentence())];
                Ok(Leave { warnings, ..Leave::default() })
            }
            Some(found) => Err(denied(&found)),
        }
    }

    /// A tag that is set to it would be refused from the next pull on.
    async fn tag(&self, ask: &Ask<'_>, change: &TagChange<'_>) -> Result<Leave, Denial> {
        let Some(repository) = ask.repository else { return Ok(Leave::default()) };
        let new = (change.digest, change.media_type, change.bytes);
        let found = self.0.of_new(repository, new).await.map_err(unanswered)?;
        // The tags that point at it already stay.
        let moves = change.tags.iter().any(|(_, now)| now.as_ref() != Some(change.digest));
        found.filter(|_| moves).map_or_else(|| Ok(Leave::default()), |found| Err(denied(&found)))
    }
}

fn reads_anyway(ask: &Ask<'_>, repository: &str) -> bool {
    let caller = ask.extensions.get::<Caller>();
    let is_admin = caller.is_some_and(|caller| caller.unbound().may(Level::Admin, repository));
    is_admin && ask.headers.get(READ_ANYWAY).is_some_and(|value| value == "yes")
}

fn denied(found: &Quarantined) -> Denial {
    Denial::Denied { reason: found.sentence() }
}

/// What could not be looked up is not given out.
fn unanswered(_: StoreError) -> Denial {
    Denial::Denied { reason: "whether it is under quarantine could not be looked up".to_owned() }
}
