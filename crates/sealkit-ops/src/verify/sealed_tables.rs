//! Which file tables may be believed: those that a trusted seal names.

use async_trait::async_trait;
use sealkit_oci::Digest;

use super::legacy::Legacy;
use super::{Verification, attached, signatures};
use crate::files::TableTrust;
use crate::trust::{self, TrustRoot};
use crate::{Context, Kit, OpsError};

/// Believes the file tables that a verified seal by someone in the trust store names.
pub struct SealedTables {
    trust: TrustRoot,
    now: i64,
}

impl SealedTables {
    /// Trusts the keys of `root` in place of the trust store's.
    pub(crate) fn under(root: TrustRoot, context: &Context) -> Self {
        Self { trust: root, now: (context.clock)() }
    }

    /// Reads the user's trust store.
    pub fn new(context: &Context) -> Result<Self, OpsError> {
        Ok(Self::under(trust::load(&context.home)?, context))
    }
}

#[async_trait]
impl TableTrust for SealedTables {
    async fn trusted_tables(&self, kit: &Kit) -> Result<Vec<Digest>, OpsError> {
        let mut found = Verification::default();
        let attached = attached::collect(kit, &mut found.report).await?;
        let (trust, now, legacy) = (&self.trust, self.now, Legacy::Refused);
        let signed = signatures::check(kit, &attached, trust, now, legacy, &mut found).await?;
        Ok(signed.seals.into_iter().map(|seal| seal.file_table.digest).collect())
    }
}
