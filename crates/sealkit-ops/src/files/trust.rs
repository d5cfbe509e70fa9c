//! Which file table is believed: only one that a verified statement names.

use async_trait::async_trait;
use sealkit_oci::{Descriptor, FileTable};

use crate::{Kit, OpsError};

/// Says which file tables are proven. Missing evidence can only deny (invariant 5): whoever can not
/// tell answers no.
#[async_trait]
pub trait TableTrust: Send + Sync {
    /// Whether a verified statement by someone who is trusted names this file table of this kit.
    async fn is_trusted(&self, kit: &Kit, table: &Descriptor) -> Result<bool, OpsError>;
}

/// Trusts no file table: layers are then read whole and verified by their digests.
#[derive(Clone, Copy, Debug, Default)]
pub struct TrustNoTable;

#[async_trait]
impl TableTrust for TrustNoTable {
    async fn is_trusted(&self, _kit: &Kit, _table: &Descriptor) -> Result<bool, OpsError> {
        Ok(false)
    }
}

/// The file table of the kit that is proven, none where there is none. Tables by others, which
/// anybody can attach, do not hide it.
pub(crate) async fn trusted_table(
    kit: &Kit,
    trust: &dyn TableTrust,
) -> Result<Option<FileTable>, OpsError> {
    for blob in kit.file_table_blobs().await? {
        if trust.is_trusted(kit, &blob).await?
            && let Some(table) = kit.load_file_table(&blob).await?
        {
            return Ok(Some(table));
        }
    }
    Ok(None)
}
