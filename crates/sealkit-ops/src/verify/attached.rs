//! What is attached to a kit: file tables and bundles, read and hashed.

use sealkit_attest::{ANNOTATION_PUBLIC_KEY, BUNDLE_LIMITS, PublicKey};
use sealkit_oci::{Descriptor, Digest, Manifest, Target, media_type};
use sealkit_report::{Report, Step};
use sealkit_store::StoreError;

use super::name_of;
use super::read::{Document, document, is_damage};
use crate::{Kit, OpsError};

/// Most attached documents that are looked at.
const MAX_REFERRERS: usize = 1000;
/// Largest config of an attached document that is read, in bytes.
const MAX_ATTACHED_CONFIG: u64 = 64 << 10;

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
    damaged: Vec<(String, String)>,
    missing: Vec<(String, String)>,
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
                faults.missing.push(("attached documents".to_owned(), reason));
            }
            for referrer in list.iter().take(MAX_REFERRERS) {
                read(kit, referrer, &mut attached, &mut faults).await?;
            }
        }
        Err(StoreError::DigestMismatch { expected, actual, .. }) => {
            let reason = format!("its bytes hash to {actual}, not {expected}");
            faults.damaged.push((format!("attached manifest {expected}"), reason));
        }
        Err(error) if is_damage(&error) => {
            faults.damaged.push(("attached documents".to_owned(), error.to_string()));
        }
        Err(error @ StoreError::NotFound { .. }) => {
            faults.missing.push(("attached documents".to_owned(), error.to_string()));
        }
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
            faults.missing.push((name, "it is not there".to_owned()));
            return Ok(());
        }
        Err(error) if is_damage(&error) => {
            faults.damaged.push((name, error.to_string()));
            return Ok(());
        }
        Err(error) => return Err(error.into()),
    };
    let Ok(manifest) = serde_json::from_slice::<Manifest>(&stored.bytes) else { return Ok(()) };
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

/// Notes what is wrong with a document; true where nothing is.
fn note(name: String, document: Document, faults: &mut Faults) -> bool {
    match document {
        Document::Good(_) => return true,
        Document::Damaged(reason) => faults.damaged.push((name, reason)),
        Document::Missing(reason) => faults.missing.push((name, reason)),
    }
    false
}

fn push(faults: &Faults, attached: &Attached, report: &mut Report) {
    let id = "attached-digests";
    let reasons = |all: &[(String, String)]| {
        let texts: Vec<String> = all.iter().map(|(name, why)| format!("{name}: {why}")).collect();
        texts.join("; ")
    };
    let names = |all: &[(String, String)]| all.iter().map(|(name, _)| name.clone()).collect();
    let count = attached.tables.len() + attached.bundles.len();
    report.push(if !faults.damaged.is_empty() {
        let names: Vec<String> = names(&faults.damaged);
        Step::fail(id, TITLE, reasons(&faults.damaged)).about(names)
    } else if !faults.missing.is_empty() {
        let names: Vec<String> = names(&faults.missing);
        Step::unknown(id, TITLE, reasons(&faults.missing)).about(names)
    } else if count == 0 {
        Step::skip(id, TITLE, "nothing is attached")
    } else {
        Step::pass(id, TITLE).because(format!("{count} documents"))
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
