//! `push`: from the local store to a registry.

use sealkit_oci::{Manifest, Reference, Target};
use sealkit_store::Layout;

use super::{Move, Moved, ReferrerPolicy, move_kit};
use crate::{Context, Kit, OpsError, Place, log};

/// Entries of the local store that are looked at for a repository to mount from.
const MAX_LOOKED_AT: usize = 1000;

/// Pushes the kit `source` of the local store to the registry as `destination`: by its digest
/// alone where the destination has no tag.
pub async fn push(
    context: &Context,
    source: &Reference,
    destination: &Reference,
    referrers: ReferrerPolicy,
) -> Result<Moved, OpsError> {
    let place = Place::remote(destination.clone())?;
    let kit = Kit::open(context, &Place::Local(source.clone())).await?;
    check_digest(&kit, destination)?;
    log::guard(context, destination.registry()).await?;
    let remote = context.repository(&place)?;
    let job = Move {
        what: "pushing",
        kit: &kit,
        to: &*remote,
        tag: destination.tag(),
        referrers,
        from_repo: mountable(&context.store()?, &kit, destination)?,
    };
    move_kit(context, job).await
}

/// A destination with a digest must mean the kit that goes there.
pub(super) fn check_digest(kit: &Kit, destination: &Reference) -> Result<(), OpsError> {
    match destination.digest() {
        Some(digest) if digest != kit.digest() => Err(OpsError::usage(
            "digest-differs",
            format!("`{destination}` names another digest than the kit's: {}", kit.digest()),
        )),
        _ => Ok(()),
    }
}

/// The repository of the same registry that, as far as the local store knows, shares most bytes
/// with the kit: its layers need not be sent again.
fn mountable(
    store: &Layout,
    kit: &Kit,
    destination: &Reference,
) -> Result<Option<String>, OpsError> {
    let prefix = format!("{}/", destination.registry());
    let mut best: Option<(u64, String)> = None;
    for entry in store.list()?.into_iter().filter(|e| e.subject.is_none()).take(MAX_LOOKED_AT) {
        let Some(full) = entry.repository else { continue };
        let Some(name) = full.strip_prefix(&prefix) else { continue };
        if name == destination.repository() {
            continue;
        }
        let target = Target::Digest(entry.descriptor.digest);
        let Some(stored) = store.manifest(&full, &target)? else { continue };
        let Ok(manifest) = serde_json::from_slice::<Manifest>(&stored.bytes) else { continue };
        let shared = |layer: &&crate::KitLayer| {
            manifest.layers().iter().any(|other| other.digest == layer.descriptor.digest)
        };
        let sizes = kit.layers.iter().filter(shared).map(|layer| layer.descriptor.size);
        let bytes = sizes.fold(0, u64::saturating_add);
        if bytes > best.as_ref().map_or(0, |(most, _)| *most) {
            best = Some((bytes, name.to_owned()));
        }
    }
    Ok(best.map(|(_, name)| name))
}
