//! AIBOMs and provenance that are attached to a kit, as far as they are signed by someone trusted.

use sealkit_aibom::decode_any;
use sealkit_attest::{
    BUNDLE_LIMITS, Bundle, CycloneDxBom, Predicate as _, SpdxBom, VerifiedStatement, Verifier,
};
use sealkit_inspect::Facts;
use sealkit_oci::{Descriptor, Manifest, Target, media_type};

use super::{BomSource, provenance};
use crate::kit::MAX_REFERRERS;
use crate::verify::roles;
use crate::{Context, Kit, OpsError, trust};

/// What is attached to a kit.
#[derive(Debug, Default)]
pub(crate) struct Attached {
    /// The AIBOM of a trusted statement, else of any statement about this kit, with its bytes. What a hub made
    /// by itself comes behind what people signed, and counts only where the hub is trusted: whoever does not
    /// can make it anew.
    pub(crate) bom: Option<(Vec<u8>, BomSource)>,
    /// What verified statements of provenance say, one each.
    pub(crate) attested: Vec<Facts>,
}

/// Reads the bundles that are attached to `kit`.
pub(crate) async fn attached(context: &Context, kit: &Kit) -> Result<Attached, OpsError> {
    let root = trust::load(&context.home)?;
    let verifier = Verifier::new(&root, (context.clock)()).allowing_statement_v01();
    let mut found = Attached::default();
    let (mut of_hub, mut untrusted) = (None, None);
    let kind = Some(media_type::SIGSTORE_BUNDLE);
    let list = kit.repository.referrers(kit.digest(), kind).await?;
    for referrer in list.iter().take(MAX_REFERRERS) {
        let Some(bytes) = bundle(kit, referrer).await? else { continue };
        match verifier.verify(&bytes, kit.digest()) {
            Ok(verified) if verified.value().is_made_by_hub() => {
                let mut own = Attached::default();
                take(&verified, &mut own)?;
                of_hub = of_hub.or(own.bom);
            }
            Ok(verified) if roles::uncounted(&verified).is_none() => take(&verified, &mut found)?,
            _ if untrusted.is_none() => untrusted = claimed(&bytes, kit),
            _ => {}
        }
    }
    found.bom = found.bom.or(of_hub);
    if found.bom.is_none() && untrusted.is_none() {
        untrusted = unsigned(kit).await?;
    }
    if found.bom.is_none() {
        found.bom = untrusted.map(|document| (document, BomSource::Untrusted));
    }
    Ok(found)
}

fn take(verified: &VerifiedStatement, found: &mut Attached) -> Result<(), OpsError> {
    let statement = verified.value();
    let kind = statement.predicate_type();
    if CycloneDxBom::matches(kind) && found.bom.is_none() {
        let bom: CycloneDxBom = statement.predicate()?;
        let proof = BomSource::Signed(verified.signer().proves());
        found.bom = Some((bom.document().as_bytes().to_vec(), proof));
    } else if SpdxBom::matches(kind) && found.bom.is_none() {
        let bom: SpdxBom = statement.predicate()?;
        let proof = BomSource::Signed(verified.signer().proves());
        found.bom = Some((bom.document().as_bytes().to_vec(), proof));
    } else if provenance::matches(kind) {
        let signer = verified.signer().name();
        found.attested.push(provenance::facts(statement, verified.evidence(), signer));
    }
    Ok(())
}

/// The bundle of a referrer, where it says that it is an AIBOM or provenance, or says nothing.
async fn bundle(kit: &Kit, referrer: &Descriptor) -> Result<Option<Vec<u8>>, OpsError> {
    let target = Target::Digest(referrer.digest.clone());
    let Some(stored) = kit.repository.manifest(&target).await? else { return Ok(None) };
    let Ok(manifest) = serde_json::from_slice::<Manifest>(&stored.bytes) else { return Ok(None) };
    let said = manifest.annotations.get(media_type::ANNOTATION_BUNDLE_PREDICATE);
    let other = said.is_some_and(|said| !CycloneDxBom::matches(said) && !provenance::matches(said));
    match manifest.layers() {
        [layer] if !other && layer.size <= BUNDLE_LIMITS.bytes as u64 => {
            Ok(Some(kit.read_blob(layer, BUNDLE_LIMITS.bytes as u64).await?))
        }
        _ => Ok(None),
    }
}

/// A document that was attached as it is, without a signature, and that is about this kit.
async fn unsigned(kit: &Kit) -> Result<Option<Vec<u8>>, OpsError> {
    for kind in [media_type::CYCLONEDX, media_type::SPDX] {
        let list = kit.repository.referrers(kit.digest(), Some(kind)).await?;
        for referrer in list.iter().take(MAX_REFERRERS) {
            let target = Target::Digest(referrer.digest.clone());
            let Some(stored) = kit.repository.manifest(&target).await? else { continue };
            let Ok(manifest) = serde_json::from_slice::<Manifest>(&stored.bytes) else { continue };
            let [layer] = manifest.layers() else { continue };
            if layer.size > BUNDLE_LIMITS.bytes as u64 {
                continue;
            }
            let document = kit.read_blob(layer, BUNDLE_LIMITS.bytes as u64).await?;
            let bom = decode_any(&document).ok();
            if bom.and_then(|bom| bom.subject_digest()).as_ref() == Some(kit.digest()) {
                return Ok(Some(document));
            }
        }
    }
    Ok(None)
}

/// What a bundle says that is about this kit, whoever signed it.
fn claimed(bytes: &[u8], kit: &Kit) -> Option<Vec<u8>> {
    let statement = Bundle::parse(bytes.to_vec()).ok()?.statement_allowing_v01().ok()?;
    statement.check_subject(kit.digest()).ok()?;
    if statement.is_made_by_hub() {
        return None;
    }
    let bom: CycloneDxBom = statement.predicate().ok()?;
    Some(bom.document().as_bytes().to_vec())
}
