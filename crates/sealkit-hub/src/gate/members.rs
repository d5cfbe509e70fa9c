//! What of a manifest is judged: a kit itself, and every kit that an index leads to.

use sealkit_oci::{Index, LayerType, Manifest, Target, media_type};
use sealkit_store::{Repository, StoreError, StoredManifest};

/// Most manifests below one index, most kits among them, of which each is read whole, and most indexes within each
/// other.
const MOST: usize = 1_000;
const MOST_KITS: usize = 8;
const DEEPEST: usize = 4;

/// Why what an index leads to can not be judged.
#[derive(Debug)]
pub(super) enum Unjudged {
    /// The store failed.
    Store(StoreError),
    /// It leads to too much, or to what is not here.
    Reason(String),
}

impl From<StoreError> for Unjudged {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

/// What has to be judged before `manifest` has a tag: whoever follows the tag gets the kits that an index names.
pub(super) async fn kits(
    here: &dyn Repository,
    manifest: StoredManifest,
) -> Result<Vec<StoredManifest>, Unjudged> {
    let (mut kits, mut open, mut seen) = (Vec::new(), vec![(manifest, 0)], 0);
    while let Some((manifest, depth)) = open.pop() {
        if is_kit(&manifest) {
            kits.push(manifest);
            if kits.len() > MOST_KITS {
                return Err(too_many());
            }
            continue;
        }
        if !media_type::is_index(&manifest.descriptor.media_type) {
            continue;
        }
        // The store takes no index that can not be read.
        let Ok(index) = serde_json::from_slice::<Index>(&manifest.bytes) else { continue };
        for member in index.manifests {
            seen += 1;
            if seen > MOST || depth == DEEPEST {
                return Err(too_many());
            }
            let found = here.manifest(&Target::Digest(member.digest.clone())).await?;
            let missing = || format!("{} of the index is not here to be judged", member.digest);
            open.push((found.ok_or_else(|| Unjudged::Reason(missing()))?, depth + 1));
        }
    }
    Ok(kits)
}

fn too_many() -> Unjudged {
    Unjudged::Reason("the index leads to more than is judged for one tag".to_owned())
}

/// Kits are judged, and so is whatever has parts of one, however it calls itself; what is attached to one, and
/// everything else, is not.
pub(super) fn is_kit(manifest: &StoredManifest) -> bool {
    let parsed = || serde_json::from_slice::<Manifest>(&manifest.bytes).ok();
    let has_parts = |manifest: &Manifest| {
        let is_part = |media_type: &str| media_type.parse::<LayerType>().is_ok();
        manifest.layers().iter().any(|layer| is_part(&layer.media_type))
    };
    media_type::is_manifest(&manifest.descriptor.media_type)
        && parsed().is_some_and(|manifest| manifest.kit_format().is_some() || has_parts(&manifest))
}
