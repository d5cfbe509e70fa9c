//! What is attached to a kit: file tables and bundles, read and hashed.

use sealkit_attest::{ANNOTATION_PUBLIC_KEY, BUNDLE_LIMITS, PublicKey, strict_json};
use sealkit_oci::{Descriptor, Digest, Manifest, Target, media_type};
use sealkit_report::{Hint as _, Report, Step, counted};
use sealkit_store::{StoreError, StoredManifest};

use super::name_of;
use super::problem::{self, Problem};
use super::read::{Document, document, is_damage};
use super::resolve::MANIFEST_LIMITS;
use crate::kit::MAX_REFERRERS;
use crate::{Kit, OpsError};

/// Largest config of an attached document that is read, in bytes.
const MAX_ATTACHED_CONFIG: u64 = 64 << 10;

/// What a problem of the whole list is about.
const ALL: &str = "attached documents";

const TITLE: &str = "attached documents are what their digests say";

/// One document that is attached.
pub(super) struct Attachment {
    /// The blob.
    pub(super) blob: Descriptor,
    /// The key that claims to be the signer's: a hint for people.
    pub(super) claimed: Option<PublicKey>,
}

/// What is attached to a kit, not read yet beyond its manifests.
#[derive(Default)]
pub(super) struct Attached {
    /// File tables.
    pub(super) tables: Vec<Attachment>,
    /// Bundles.
    pub(super) bundles: Vec<Attachment>,
    /// Whether the list of what is attached could be read.
    pub(super) listed: bool,
}

#[derive(Default)]
struct Faults {
    damaged: Vec<Problem>,
    missing: Vec<Problem>,
    /// What anybody may have attached, and what cannot be read as anything: it counts for nothing.
    unread: Vec<Problem>,
}

/// Lists what is attached and reads the manifests of it.
pub(super) async fn collect(kit: &Kit, report: &mut Report) -> Result<Attached, OpsError> {
    let mut attached = Attached::default();
    let mut faults = Faults::default();
    match kit.repository.referrers(kit.digest(), None).await {
        Ok(list) => {
            attached.listed = true;
            if list.len() > MAX_REFERRERS {
                let reason =
                    format!("only the first {MAX_REFERRERS} of {} are looked at", list.len());
                faults.missing.push(Problem::new(ALL, "limit-exceeded", reason));
            }
            for referrer in list.iter().take(MAX_REFERRERS) {
                read(kit, referrer, &mut attached, &mut faults).await?;
            }
        }
        Err(StoreError::DigestMismatch { expected, actual, .. }) => {
            let reason = format!("its bytes hash to {actual}, not {expected}");
            let name = format!("attached manifest {expected}");
            faults.damaged.push(Problem::new(name, "digest-mismatch", reason));
        }
        Err(error) if is_damage(&error) => faults.damaged.push(Problem::of(ALL, &error)),
        Err(error) if is_no_list(&error) => faults.missing.push(Problem::of(ALL, &error)),
        Err(error) => return Err(error.into()),
    }
    push(&faults, &attached, report);
    Ok(attached)
}

async fn read(
    kit: &Kit,
    referrer: &Descriptor,
    attached: &mut Attached,
    faults: &mut Faults,
) -> Result<(), OpsError> {
    let name = name_of("attached manifest", referrer);
    let target = Target::Digest(referrer.digest.clone());
    let stored = match kit.repository.manifest(&target).await {
        Ok(Some(stored)) => stored,
        Ok(None) => {
            faults.missing.push(Problem::new(name, "not-found", "it is not there"));
            return Ok(());
        }
        Err(error) if is_damage(&error) => {
            faults.damaged.push(Problem::of(name, &error));
            return Ok(());
        }
        Err(error) => return Err(error.into()),
    };
    if let Some(problem) = misdescribed(&name, referrer, &stored) {
        faults.damaged.push(problem);
        return Ok(());
    }
    if !media_type::is_manifest(&stored.descriptor.media_type) {
        return Ok(());
    }
    let parsed =
        strict_json::from_slice::<Manifest>(&stored.bytes, "attached manifest", MANIFEST_LIMITS);
    let manifest = match parsed {
        Ok(manifest) => manifest,
        Err(error) => {
            faults.unread.push(Problem::new(name, error.code(), error.full_message()));
            return Ok(());
        }
    };
    let is_ours = manifest.subject.as_ref().is_some_and(|subject| subject.digest == *kit.digest());
    let ([layer], true) = (manifest.layers(), is_ours) else { return Ok(()) };
    let is_table = layer.media_type == media_type::FILE_TABLE;
    if !is_table && !layer.media_type.starts_with("application/vnd.dev.sigstore.bundle") {
        return Ok(());
    }
    let config = document(&*kit.repository, &manifest.config, MAX_ATTACHED_CONFIG).await?;
    note(name_of("attached config", &manifest.config), config, faults);
    let claimed = manifest.annotations.get(ANNOTATION_PUBLIC_KEY);
    let claimed = claimed.and_then(|pem| PublicKey::from_pem(pem).ok());
    let attachment = Attachment { blob: layer.clone(), claimed };
    // Read here once to tell damage from everything else; read again where it is used.
    let limit = if is_table { crate::kit::MAX_FILE_TABLE } else { BUNDLE_LIMITS.bytes as u64 };
    let what = if is_table { "file table" } else { "bundle" };
    let bytes = document(&*kit.repository, layer, limit).await?;
    if note(name_of(what, layer), bytes, faults) {
        if is_table { &mut attached.tables } else { &mut attached.bundles }.push(attachment);
    }
    Ok(())
}

/// Whether the place did not give a list: there is none, it has no end, or it leads elsewhere.
fn is_no_list(error: &StoreError) -> bool {
    matches!(error, StoreError::NotFound { .. } | StoreError::Limit { .. })
        || matches!(error.code(), "registry-protocol" | "registry-redirect")
}

/// What the list says of a manifest where that is not what was given: the same bytes under
/// another type are another document.
fn misdescribed(name: &str, listed: &Descriptor, given: &StoredManifest) -> Option<Problem> {
    let (said, is) = (&listed.media_type, &given.descriptor.media_type);
    if said != is {
        let reason = format!("it is listed as `{said}` and given as `{is}`");
        return Some(Problem::new(name, "media-type-mismatch", reason));
    }
    let (said, is) = (listed.size, given.bytes.len());
    (said != is as u64).then(|| {
        let reason = format!("it has {is} bytes, and is listed with {said}");
        Problem::new(name, "size-mismatch", reason)
    })
}

/// Notes what is wrong with a document; true where nothing is.
fn note(name: String, document: Document, faults: &mut Faults) -> bool {
    match document {
        Document::Good(_) => return true,
        Document::Damaged(why) => faults.damaged.push(Problem::new(name, why.code, why.reason)),
        Document::Missing(why) => faults.missing.push(Problem::new(name, why.code, why.reason)),
    }
    false
}

fn push(faults: &Faults, attached: &Attached, report: &mut Report) {
    let id = "attached-digests";
    let count = attached.tables.len() + attached.bundles.len();
    report.push(if !faults.damaged.is_empty() {
        problem::step(&faults.damaged, |why| Step::fail(id, TITLE, why))
    } else if !faults.missing.is_empty() {
        problem::step(&faults.missing, |why| Step::unknown(id, TITLE, why))
    } else if !faults.unread.is_empty() {
        problem::step(&faults.unread, |why| {
            Step::pass(id, TITLE).because(format!("{count} documents; not counted: {why}"))
        })
    } else if count == 0 {
        Step::skip(id, TITLE, "nothing is attached")
    } else {
        Step::pass(id, TITLE).because(counted(count, "document"))
    });
}

/// The bytes of an attachment, checked once more: it may have changed since.
pub(super) async fn bytes(
    kit: &Kit,
    attachment: &Attachment,
    limit: u64,
) -> Result<Option<Vec<u8>>, OpsError> {
    match document(&*kit.repository, &attachment.blob, limit).await? {
        Document::Good(bytes) => Ok(Some(bytes)),
        _ => Ok(None),
    }
}

/// Whether `digest` is one of the attached file tables.
pub(super) fn table<'a>(attached: &'a Attached, digest: &Digest) -> Option<&'a Attachment> {
    attached.tables.iter().find(|table| table.blob.digest == *digest)
}
