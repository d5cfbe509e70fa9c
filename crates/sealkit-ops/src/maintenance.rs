//! `gc`, `fsck` and `cache`: care for the local store.

use std::time::Duration;

use sealkit_oci::Digest;
use sealkit_store::{FsckReport, GcOptions, GcReport};

use crate::{Context, OpsError};

/// Removes what nothing refers to and what is older than `grace`.
pub fn gc(context: &Context, grace: Duration, dry_run: bool) -> Result<GcReport, OpsError> {
    Ok(context.store()?.gc(&GcOptions { grace, dry_run })?)
}

/// Checks the store; `deep` hashes every blob.
pub fn fsck(context: &Context, deep: bool) -> Result<FsckReport, OpsError> {
    Ok(context.store()?.fsck(deep)?)
}

/// Moves the damaged blobs of a report out of the way, so that what brings them writes them anew; those that were moved.
/// Manifests stay: what they name would be lost with them.
pub fn set_aside(context: &Context, report: &FsckReport) -> Result<Vec<Digest>, OpsError> {
    let (store, mut moved) = (context.store()?, Vec::new());
    for problem in report.problems.iter().filter(|problem| !problem.is_manifest) {
        if store.set_aside(&problem.descriptor)? {
            moved.push(problem.descriptor.digest.clone());
        }
    }
    Ok(moved)
}

/// Bytes that temporary files take: transfers that were cut off, and what is being written now.
pub fn cache_size(context: &Context) -> Result<u64, OpsError> {
    Ok(context.store()?.temporary_bytes()?)
}

/// Removes temporary files that no running command uses, and returns how many.
pub fn cache_clear(context: &Context) -> Result<usize, OpsError> {
    Ok(context.store()?.clear_temporary()?)
}
