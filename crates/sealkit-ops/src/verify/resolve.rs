//! From what the person typed to a manifest, its config and its Kitfile.

use sealkit_attest::AttestError;
use sealkit_attest::strict_json::{self, Limits};
use sealkit_kitfile::Kitfile;
use sealkit_oci::{KitFormat, MAX_MANIFEST_BYTES, Manifest, Raw, RawError, Target, media_type};
use sealkit_report::{Code, Hint as _, Step};

use super::read::{Document, document, is_damage};
use super::{Verification, name_of};
use crate::kit::{MAX_CONFIG, match_layers, not_a_kit, target_of};
use crate::{Context, Kit, OpsError, Place};

const MANIFEST: &str = "manifest is what its digest says";
const CONFIG: &str = "config is what its digest says";
/// A manifest may carry a whole Kitfile in one annotation.
pub(super) const MANIFEST_LIMITS: Limits =
    Limits { bytes: MAX_MANIFEST_BYTES, depth: 32, string: MAX_MANIFEST_BYTES };
const KITFILE: &str = "Kitfile of the kit is readable";

/// Reads the kit at `place`. None where its manifest is damaged; the report says so.
pub(super) async fn resolve(
    context: &Context,
    place: &Place,
    found: &mut Verification,
) -> Result<Option<Kit>, OpsError> {
    let repository = context.repository(place)?;
    let target = target_of(&*repository, place).await?;
    let stored = match repository.manifest(&target).await {
        Ok(Some(stored)) => stored,
        Ok(None) => {
            let (reference, place) = (place.to_string(), repository.place());
            return Err(OpsError::KitNotFound { reference, place });
        }
        Err(error) if is_damage(&error) => {
            let name = match &target {
                Target::Digest(digest) => format!("manifest {digest}"),
                Target::Tag(_) => format!("manifest of `{place}`"),
            };
            let step = Step::fail("manifest-digest", MANIFEST, error.to_string());
            found.report.push(step.coded([error.code()]).about([name]));
            return Ok(None);
        }
        Err(error) => return Err(error.into()),
    };
    let digest = stored.descriptor.digest.clone();
    let kind = stored.descriptor.media_type.as_str();
    if !media_type::is_manifest(kind) {
        return Err(not_a_kit(&found.reference, kind));
    }
    let resolved = Step::pass("resolved", format!("`{}` is {digest}", found.reference));
    found.report.push(movable(place, &target, resolved).proven_by(digest.clone()));
    found.digest = Some(digest.clone());
    let manifest = match Raw::<Manifest>::parse_expected(kind, stored.bytes.to_vec(), &digest) {
        Ok(manifest) => manifest,
        Err(error) => {
            let step = Step::fail("manifest-digest", MANIFEST, error.to_string());
            let code = match error {
                RawError::DigestMismatch { .. } => "digest-mismatch",
                RawError::TooLarge { .. } => "limit-exceeded",
                RawError::Json(_) => "document-malformed",
            };
            found.report.push(step.coded([code]).about([format!("manifest {digest}")]));
            return Ok(None);
        }
    };
    if let Some((code, reason)) = ambiguous(kind, &manifest) {
        let step = Step::fail("manifest-digest", MANIFEST, reason);
        found.report.push(step.coded([code]).about([format!("manifest {digest}")]));
        return Ok(None);
    }
    let format = manifest
        .value()
        .kit_format()
        .ok_or_else(|| not_a_kit(&found.reference, manifest.value().effective_artifact_type()))?;
    found.report.push(Step::pass("manifest-digest", MANIFEST).proven_by(digest));
    let reference = found.reference.clone();
    let layers = match_layers(manifest.value(), None);
    let mut kit = Kit { reference, repository, manifest, format, kitfile: None, layers };
    kit.kitfile = read_kitfile(&mut kit, found).await?;
    if kit.kitfile.is_some() {
        kit.layers = match_layers(kit.manifest.value(), kit.kitfile.as_ref());
    }
    Ok(Some(kit))
}

/// Says that a tag elsewhere can be moved by others before the next look.
fn movable(place: &Place, target: &Target, step: Step) -> Step {
    match (place, target) {
        (Place::Remote(_) | Place::Layout { .. }, Target::Tag(_)) => step
            .because("a tag can be moved; to pin it, write the digest")
            .coded(["mutable-reference"]),
        _ => step,
    }
}

/// Why two readers could take the manifest for two different ones: a key that is there twice, or
/// one type outside and another inside.
fn ambiguous(kind: &str, manifest: &Raw<Manifest>) -> Option<(Code, String)> {
    if let Err(error) = strict_json::check(manifest.bytes(), "manifest", MANIFEST_LIMITS) {
        return Some((error.code(), error.full_message()));
    }
    let inside = manifest.value().media_type.as_deref().filter(|inside| *inside != kind)?;
    let inside = AttestError::quote(inside);
    Some(("media-type-mismatch", format!("it was given as `{kind}` and calls itself `{inside}`")))
}

async fn read_kitfile(
    kit: &mut Kit,
    found: &mut Verification,
) -> Result<Option<Kitfile>, OpsError> {
    let manifest = kit.manifest.value();
    let name = name_of("config", &manifest.config);
    let config = document(&*kit.repository, &manifest.config, MAX_CONFIG).await?;
    found.report.push(match &config {
        Document::Good(_) => {
            Step::pass("config-digest", CONFIG).proven_by(manifest.config.digest.clone())
        }
        Document::Damaged(why) => {
            Step::fail("config-digest", CONFIG, &why.reason).coded([why.code]).about([name])
        }
        Document::Missing(why) => {
            Step::unknown("config-digest", CONFIG, &why.reason).coded([why.code]).about([name])
        }
    });
    let json = match kit.format {
        KitFormat::ModelKit => config.good(),
        KitFormat::ModelPack => {
            manifest.annotations.get(media_type::ANNOTATION_KITFILE).map(String::as_bytes)
        }
    };
    let Some(json) = json else {
        let is_read = config.good().is_some();
        found.report.push(match kit.format {
            KitFormat::ModelPack if is_read => without_kitfile(kit).await?,
            KitFormat::ModelPack => Step::skip("kitfile", KITFILE, "this ModelPack has none"),
            KitFormat::ModelKit => {
                Step::unknown("kitfile", KITFILE, "the config was not read").coded(["not-checked"])
            }
        });
        return Ok(None);
    };
    match Kitfile::from_json(json) {
        Ok(kitfile) => {
            found.report.push(Step::pass("kitfile", KITFILE));
            Ok(Some(kitfile))
        }
        Err(error) => {
            let step = Step::fail("kitfile", KITFILE, error.to_string());
            found.report.push(step.coded([error.code()]));
            Ok(None)
        }
    }
}

/// A ModelPack says in its config what each layer is: that is what its layers are held against.
async fn without_kitfile(kit: &mut Kit) -> Result<Step, OpsError> {
    match kit.made_kitfile().await {
        Ok(_) => Ok(Step::skip("kitfile", KITFILE, "this ModelPack has none")),
        Err(error @ (OpsError::Inconsistent { .. } | OpsError::Document { .. })) => {
            Ok(Step::fail("kitfile", KITFILE, error.to_string()).coded([error.code()]))
        }
        Err(error) => Err(error),
    }
}
