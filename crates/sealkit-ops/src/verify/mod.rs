//! `verify`: every step is taken and reported, whatever came of the one before.

mod attached;
mod blobs;
mod bom;
mod consistency;
mod entries;
mod folder;
mod kept;
mod keyless;
mod kitfile;
mod legacy;
mod logs;
mod model;
pub(crate) mod pipe;
mod problem;
pub(crate) mod read;
mod references;
mod resolve;
pub(crate) mod revoked;
pub(crate) mod roles;
mod sealed_tables;
mod signatures;
mod tables;
mod walk;

use std::path::{Path, PathBuf};

use sealkit_oci::{Descriptor, Digest, FileTable};
use sealkit_report::{Report, Step};

pub use keyless::Keyless;
pub(crate) use model::model_signature;
pub use sealed_tables::SealedTables;
pub(crate) use sealed_tables::{TrustedSeal, trusted_seal};
pub use sealkit_attest::VouchedIdentity;

use crate::trust::{PublicKey, Trusted};
use crate::{Context, OpsError, Place, log};

/// How to verify.
#[derive(Clone, Debug, Default)]
pub struct VerifyRequest {
    /// Who is trusted for this run, beside those of the trust store.
    pub trusted: Trusted,
    /// A folder to compare with the kit.
    pub dir: Option<PathBuf>,
    /// Whether a signature in cosign's old format may count where there is no other.
    pub insecure_legacy_signatures: bool,
}

/// A signer who is not trusted. It is the signer's own claim that was checked against the
/// signature: it says whose key signed, not that it may be trusted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UntrustedSigner {
    /// The key.
    pub key: PublicKey,
}

/// What verification found.
#[derive(Clone, Debug, Default)]
pub struct Verification {
    /// The kit as it was asked for.
    pub reference: String,
    /// Digest of its manifest.
    pub digest: Option<Digest>,
    /// The steps.
    pub report: Report,
    /// Who signed without being trusted.
    pub untrusted: Vec<UntrustedSigner>,
    /// Whom a trusted Sigstore instance vouched for, and who are not trusted themselves.
    pub untrusted_identities: Vec<VouchedIdentity>,
    /// What the signatures that were accepted prove, as sentences.
    pub signed_by: Vec<String>,
    /// Every statement about the kit that was verified.
    pub statements: Vec<sealkit_attest::VerifiedStatement>,
}

/// Verifies a kit, and a folder against it where one is asked for.
pub async fn verify_kit(
    context: &Context,
    place: &Place,
    request: &VerifyRequest,
) -> Result<Verification, OpsError> {
    let mut found = Verification { reference: place.to_string(), ..Verification::default() };
    let folder = request.dir.as_deref().map(|dir| (dir, None));
    check(context, place, request, folder, &mut found).await?;
    Ok(found)
}

/// Verifies a folder against the kit that was last sealed from it, and that kit.
pub async fn verify_folder(
    context: &Context,
    dir: &Path,
    request: &VerifyRequest,
) -> Result<Verification, OpsError> {
    let shown = dir.display();
    if !dir.is_dir() {
        let what = if dir.exists() { "is not a folder" } else { "does not exist" };
        return Err(OpsError::usage("not-a-folder", format!("`{shown}` {what}")));
    }
    let record = crate::seal::record::recall(&context.home, dir)?.ok_or_else(|| {
        OpsError::usage("never-sealed", format!("no kit was sealed from `{shown}`"))
            .with_hint(format!("run `sealkit seal {shown}`"))
    })?;
    // The name may have moved on since: the digest is what was sealed.
    let reference: sealkit_oci::Reference = record.reference.parse()?;
    let place = Place::Local(reference.with_digest(record.digest.clone()));
    let mut found = Verification { reference: record.reference.clone(), ..Verification::default() };
    check(context, &place, request, Some((dir, Some(&record))), &mut found).await?;
    Ok(found)
}

type Folder<'a> = (&'a Path, Option<&'a crate::seal::record::SealedFolder>);

async fn check(
    context: &Context,
    place: &Place,
    request: &VerifyRequest,
    folder: Option<Folder<'_>>,
    found: &mut Verification,
) -> Result<(), OpsError> {
    let trust = request.trusted.root(context)?;
    let Some(kit) = resolve::resolve(context, place, found).await? else {
        let reason = "nothing more can be checked without its manifest";
        let step = Step::unknown("contents", "what is inside the kit", reason);
        found.report.push(step.coded(["not-checked"]));
        return Ok(());
    };
    let attached = attached::collect(&kit, &mut found.report).await?;
    let legacy = legacy::Legacy::of(request.insecure_legacy_signatures);
    let now = (context.clock)();
    let signed = signatures::check(&kit, &attached, &trust, now, legacy, found).await?;
    let revoked = revoked::step(&found.statements, signed.strange_advisories);
    found.report.steps.extend(revoked);
    logs::check(context, &found.statements, &mut found.report)?;
    if let Place::Remote(reference) = place {
        found.report.steps.extend(log::step(context, reference.registry()).await?);
    }
    let table = tables::file_table(&kit, &attached, &signed, &mut found.report).await?;
    kitfile::check(&kit, table.as_ref(), &mut found.report);
    blobs::check(context, &kit, table.as_ref(), &mut found.report).await?;
    references::check(context, place, &kit, &trust, &mut found.report).await?;
    let bom = bom::check(&kit, &signed, table.as_ref(), &mut found.report);
    let sealed = signed.seals.iter().any(|seal| seal.model_root.is_some());
    let (bundles, trust) = (&*signed.models, &trust);
    let model = model::Check { context, place, kit: &kit, bundles, sealed, trust };
    model.run(table.as_ref(), &mut found.report).await?;
    let said = consistency::Said {
        statements: &found.statements,
        bom: bom.as_ref(),
        table: table.as_ref(),
        now: (context.clock)(),
    };
    let steps = consistency::steps(&said);
    found.report.steps.extend(steps);
    if let Some((dir, record)) = folder {
        // Without a sealed table it is the layers themselves that say what the kit holds.
        let table = match table {
            Some(table) => Some(table),
            None => model::read(context, place, &kit).await?.map(FileTable::new),
        };
        let ignores = signed.seals.iter().filter_map(|seal| seal.ignore.clone()).collect();
        let work = folder::Comparison {
            dir: dir.to_owned(),
            record: record.cloned(),
            kitfile: kit.kitfile.clone(),
            ignores,
            table,
        };
        let progress = std::sync::Arc::clone(&context.progress);
        let steps = tokio::task::spawn_blocking(move || work.run(&*progress)).await;
        let steps = steps.map_err(|e| OpsError::io("read", dir, std::io::Error::other(e)))??;
        found.report.steps.extend(steps);
    }
    Ok(())
}
/// How a document is called in a step.
fn name_of(what: &str, blob: &Descriptor) -> String {
    format!("{what} {}", blob.digest)
}
