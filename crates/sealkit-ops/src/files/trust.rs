//! Which file table is believed: only one that a verified statement names.

use async_trait::async_trait;
use sealkit_oci::{Digest, FileTable};

use crate::{Kit, OpsError};

/// Says which file tables are proven. Missing evidence can only deny (invariant 5): whoever can not
/// tell names none.
#[async_trait]
pub trait TableTrust: Send + Sync {
    /// The file tables of this kit that verified statements by someone who is trusted name.
    async fn trusted_tables(&self, kit: &Kit) -> Result<Vec<Digest>, OpsError>;
}

/// The file table of the kit that is proven, none where there is none. Tables by others, which
/// anybody can attach, do not hide it, and are not even read.
pub(crate) async fn trusted_table(
    kit: &Kit,
    trust: &dyn TableTrust,
) -> Result<Option<FileTable>, OpsError> {
    let attached = kit.file_table_blobs().await?;
    if attached.is_empty() {
        return Ok(None);
    }
    let trusted = trust.trusted_tables(kit).await?;
    for blob in attached.iter().filter(|blob| trusted.contains(&blob.digest)) {
        if let Some(table) = kit.load_file_table(blob).await? {
            return Ok(Some(table));
        }
    }
    Ok(None)
}
