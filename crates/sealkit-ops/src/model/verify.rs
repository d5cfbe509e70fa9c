//! Verifying a folder, or one file, against a model signature.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use sealkit_attest::oms::{GitPaths, Ignores, SignedTree, Tree};
use sealkit_attest::{BUNDLE_LIMITS, Legacy, Verifier};
use sealkit_report::{Report, Step};

use super::{hash, path_below};
use crate::files::blob::blocking;
use crate::trust::Trusted;
use crate::trust::file;
use crate::verify::{Verification, roles};
use crate::{Context, OpsError, Progress};

/// How `model_signing` calls the file of a model that is one file.
const SINGLE: &str = ".";

/// What to verify.
#[derive(Clone, Debug)]
pub struct ModelVerifyRequest {
    /// The folder, or the one file.
    pub model: PathBuf,
    /// The signature.
    pub signature: PathBuf,
    /// Who is trusted for this run, beside those of the trust store.
    pub trusted: Trusted,
    /// Paths that are passed over, beside those that the signer recorded; none may be signed.
    pub ignore: Vec<String>,
    /// What to do with the files of git at the root.
    pub git: GitPaths,
    /// Whether files that were not signed take nothing from the answer.
    pub unsigned_ok: bool,
    /// Which old forms are taken.
    pub legacy: Legacy,
}

/// Verifies a model against its signature. Every step is reported; the files are compared with the
/// signed list even where nobody trusted signed it, but then the answer is never yes.
pub async fn verify_model(
    context: &Context,
    request: ModelVerifyRequest,
) -> Result<Verification, OpsError> {
    let context = context.clone();
    blocking(move || check(&context, &request)).await
}

fn check(context: &Context, request: &ModelVerifyRequest) -> Result<Verification, OpsError> {
    let trust = request.trusted.root(context)?;
    let path = &request.signature;
    let bytes = file::require(path, BUNDLE_LIMITS.bytes as u64)?;
    if std::fs::symlink_metadata(&request.model).is_err() {
        let message = format!("`{}` does not exist", request.model.display());
        return Err(OpsError::usage("not-a-folder", message));
    }
    let verifier =
        Verifier::new(&trust, (context.clock)()).insecure_allowing_legacy(request.legacy);
    let result = verifier.check_model(&bytes);
    let mut steps: Vec<Step> = result.checks.iter().map(|check| check.step.clone()).collect();
    match result.claimed() {
        Some(signed) => steps.extend(files(request, signed, &context.progress)?),
        None => steps.push(Step::unknown(
            "model-files",
            "files are those that were signed",
            "there is no valid list of signed files to compare with",
        )),
    }
    let verified = result.verified();
    let vouches_not = verified.and_then(|verified| roles::vouches_not(verified.signer()));
    let proofs = verified.filter(|_| vouches_not.is_none());
    let proofs = proofs.map(|verified| verified.signer().proves());
    steps.extend(vouches_not.map(|reason| {
        Step::unknown("signer-role", "the signer's role vouches for kits", reason)
            .coded([roles::CODE])
    }));
    Ok(Verification {
        reference: request.model.display().to_string(),
        digest: result.claimed().map(|signed| signed.subject().clone()),
        report: Report { steps },
        signed_by: proofs.into_iter().collect(),
        ..Verification::default()
    })
}

fn files(
    request: &ModelVerifyRequest,
    signed: &SignedTree,
    progress: &Arc<dyn Progress>,
) -> Result<Vec<Step>, OpsError> {
    let model = request.model.as_path();
    if !model.is_dir() {
        return Ok(signed.compare(&one_file(model, signed, progress)?, request.unsigned_ok));
    }
    let is_signed = |path: &String| signed.names().any(|name| name == path);
    let own = path_below(model, &request.signature).filter(|path| !is_signed(path));
    let more = Ignores::new(request.ignore.iter().cloned().chain(own))?;
    let ignores = signed.ignores(request.git, &more)?;
    let tree = hash::tree(model, signed, &ignores, progress)?;
    Ok(signed.compare(&tree, request.unsigned_ok))
}

/// One file as a tree. Its name in the list is `.` as `model_signing` writes it, or its own as the
/// specification has it.
fn one_file(
    file: &Path,
    signed: &SignedTree,
    progress: &Arc<dyn Progress>,
) -> Result<Tree, OpsError> {
    let parent = file.parent().filter(|parent| !parent.as_os_str().is_empty());
    let dir = parent.unwrap_or(Path::new("."));
    let name = file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    // Everything but this file is passed over; a link is not followed.
    let others = |path: &str| path != name;
    let listing = sealkit_pack::list_tree(dir, &others)?;
    let mut tree = hash::of_listing(dir, listing, signed, progress)?;
    tree.ignored.clear();
    tree.faults.retain(|fault| fault.path == name);
    if signed.is_single()
        && let Some(digest) = tree.files.remove(&name)
    {
        tree.files.insert(SINGLE.to_owned(), digest);
    }
    Ok(tree)
}
