//! Work of verbs for the hub's answers: on a thread that may block, and not for longer than somebody waits.

use std::time::Duration;

use sealkit_oci::Digest;

use crate::HubError;

/// Runs `work` on a thread that may block: hashing, parsing and signatures take their time. What takes longer than
/// `patience` is said to be too slow for `kit`.
pub(crate) async fn aside<T, E>(
    kit: &Digest,
    patience: Duration,
    work: impl Future<Output = Result<T, E>> + Send + 'static,
) -> Result<T, HubError>
where
    T: Send + 'static,
    E: Into<HubError> + Send + 'static,
{
    let runtime = tokio::runtime::Handle::current();
    let run =
        move || runtime.block_on(async { tokio::time::timeout(patience, Box::pin(work)).await });
    match tokio::task::spawn_blocking(run).await {
        Ok(Ok(done)) => done.map_err(Into::into),
        Ok(Err(_)) => Err(HubError::TooSlow(kit.clone())),
        Err(_) => Err(HubError::Stopped),
    }
}
