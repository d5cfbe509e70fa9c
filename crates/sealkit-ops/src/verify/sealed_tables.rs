//! Which file tables may be believed: those that a trusted seal names.

use async_trait::async_trait;
use sealkit_attest::KitSeal;
use sealkit_oci::{Digest, FileTable};

use super::legacy::Legacy;
use super::{Verification, attached, signatures, tables};
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

/// A seal by somebody who is trusted, with what it names.
pub(crate) struct TrustedSeal {
    /// What it says.
    pub(crate) seal: KitSeal,
    /// The file table that it names.
    pub(crate) table: FileTable,
    /// The AIBOM that it names, where a trusted signer's statement has it; byte for byte.
    pub(crate) bom: Option<Vec<u8>>,
}

/// The seal of a kit that is trusted under `root`, one with its AIBOM before others; none where there is
/// none, or where its file table is not attached.
pub(crate) async fn trusted_seal(
    context: &Context,
    kit: &Kit,
    root: &TrustRoot,
) -> Result<Option<TrustedSeal>, OpsError> {
    let mut found = Verification::default();
    let attached = attached::collect(kit, &mut found.report).await?;
    let (now, legacy) = ((context.clock)(), Legacy::Refused);
    let signed = signatures::check(kit, &attached, root, now, legacy, &mut found).await?;
    let mut best = None;
    for seal in signed.seals {
        let Some(attachment) = attached::table(&attached, &seal.file_table.digest) else {
            continue;
        };
        let Some(table) = tables::parse(kit, attachment).await? else { continue };
        let named = seal.bom.as_ref().map(|bom| &bom.digest);
        let bom = signed.boms.iter().find(|bom| Some(&bom.digest) == named);
        let bom = bom.map(|bom| bom.document.clone());
        let is_whole = bom.is_some();
        if is_whole || best.is_none() {
            best = Some(TrustedSeal { seal, table, bom });
        }
        if is_whole {
            break;
        }
    }
    Ok(best)
}
