//! `lineage`: what a kit came from, or what came from it, and how far that is proven.

mod declared;
mod look;

use sealkit_attest::{LineageGraph, LineageLimits, LineageWalk};
use sealkit_oci::Digest;

use crate::bom::gather::Gathered;
use crate::trust::Trusted;
use crate::{Context, Kit, OpsError, Place};
use look::Lookup;

pub use sealkit_attest::{LineageReport, Standing};

/// Most kits of the local store that are looked into on the way down.
const MAX_KITS: usize = 1_000;

/// What lineage is wanted.
#[derive(Clone, Debug)]
pub struct LineageRequest {
    /// The kit.
    pub place: Place,
    /// Who is trusted for this run, beside those of the trust store.
    pub trusted: Trusted,
    /// Whether descendants are wanted instead of ancestors.
    pub down: bool,
    /// Most steps from the kit.
    pub depth: usize,
}

/// A lineage.
#[derive(Clone, Debug)]
pub struct LineageOutcome {
    /// Digest of the kit's manifest.
    pub digest: Digest,
    /// What is known.
    pub graph: LineageGraph,
    /// What could not be read.
    pub warnings: Vec<String>,
}

impl LineageOutcome {
    /// How far the whole is proven; what could not be read can only make it worse.
    pub fn standing(&self) -> Standing {
        let unread = if self.warnings.is_empty() { Standing::Verified } else { Standing::Missing };
        self.graph.standing().max(unread)
    }
}

/// Finds out what a kit came from, from verified statements about it and its ancestors and from what
/// their files declare; or what in the local store came from it. Ancestors are looked for at the
/// registry of the kit where that is where the kit is, then in the local store, never elsewhere:
/// their names are strangers' text.
pub async fn lineage(
    context: &Context,
    request: &LineageRequest,
) -> Result<LineageOutcome, OpsError> {
    with_files(context, request, None).await
}

/// The same, where the files of the kit itself were read already.
pub(crate) async fn with_files(
    context: &Context,
    request: &LineageRequest,
    files: Option<&Gathered>,
) -> Result<LineageOutcome, OpsError> {
    let trust = request.trusted.root(context)?;
    let kit = Kit::open(context, &request.place).await?;
    let digest = kit.digest().clone();
    let limits = LineageLimits { depth: request.depth, ..LineageLimits::default() };
    let mut walk = LineageWalk::new(&digest, limits);
    let mut look = Lookup::new(context, &request.place, digest.clone(), trust);
    look.files = files;
    if request.down {
        look.only_local = true;
        look.warnings.extend(seed(context, &mut walk)?);
    }
    while let Some(wanted) = walk.next_wanted() {
        let found = look.find(&wanted).await?;
        walk.supply(&wanted.digest, found);
    }
    Ok(LineageOutcome { digest, graph: walk.finish(request.down), warnings: look.warnings })
}

/// Begins at every kit of the local store too: one of them may have come from the root.
fn seed(context: &Context, walk: &mut LineageWalk) -> Result<Option<String>, OpsError> {
    let mut kits: Vec<Digest> = Vec::new();
    for entry in context.store()?.list()? {
        let is_kit = sealkit_oci::media_type::is_manifest(&entry.descriptor.media_type);
        if entry.subject.is_none() && is_kit && !kits.contains(&entry.descriptor.digest) {
            kits.push(entry.descriptor.digest);
        }
    }
    let more = kits.len().saturating_sub(MAX_KITS);
    kits.iter().take(MAX_KITS).for_each(|digest| walk.seed(digest));
    Ok((more > 0).then(|| format!("{more} more kits of the local store were not looked into")))
}
