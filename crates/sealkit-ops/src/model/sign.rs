//! Signing a folder.

use std::path::{Path, PathBuf};

use sealkit_attest::oms::{GIT_PATHS, GitPaths, Ignores, TreeManifest};
use sealkit_attest::{AttestError, HintStyle};
use sealkit_oci::Digest;
use sealkit_pack::EntryFault;
use sealkit_report::Hint as _;

use super::{hash, path_below};
use crate::files::blob::blocking;
use crate::keys::SigningIdentity;
use crate::{Context, OpsError, output};

/// Faults that an error repeats.
const SHOWN: usize = 10;

/// What to sign.
#[derive(Clone, Debug)]
pub struct ModelSignRequest {
    /// The folder.
    pub dir: PathBuf,
    /// Where the signature goes. Inside of the folder it is not signed itself.
    pub signature: PathBuf,
    /// As whom.
    pub identity: SigningIdentity,
    /// Paths inside of the folder that are not signed, with everything below them.
    pub ignore: Vec<String>,
    /// Whether the files of git at the root are signed.
    pub git: GitPaths,
}

/// A folder that was signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedModel {
    /// Where the signature is.
    pub signature: PathBuf,
    /// Root digest of the files.
    pub root: Digest,
    /// How many files are signed.
    pub files: usize,
    /// Their size in bytes.
    pub bytes: u64,
    /// What is there and is not signed.
    pub ignored: Vec<String>,
}

/// Signs a folder. Every file is read once; nothing is signed where one can not be read, changes
/// meanwhile, or is no regular file.
pub async fn sign_model(
    context: &Context,
    request: ModelSignRequest,
) -> Result<SignedModel, OpsError> {
    let progress = std::sync::Arc::clone(&context.progress);
    blocking(move || {
        let dir = request.dir.as_path();
        if !dir.is_dir() {
            let what = if dir.exists() { "is not a folder" } else { "does not exist" };
            let message = format!("`{}` {what}", dir.display());
            return Err(OpsError::usage("not-a-folder", message));
        }
        let own = path_below(dir, &request.signature);
        let git = GIT_PATHS.into_iter().filter(|_| request.git == GitPaths::Ignore);
        let paths = request.ignore.iter().cloned().chain(own).chain(git.map(str::to_owned));
        let ignores = Ignores::new(paths)?;
        let listing = hash::list(dir, &ignores)?;
        refuse(listing.faults)?;
        let hashed = hash::hash(dir, &listing.files, &progress)?;
        let (mut files, mut faults) = (Vec::new(), Vec::new());
        for ((path, _), result) in listing.files.iter().zip(hashed) {
            match result {
                Ok(digest) => files.push((path.clone(), digest)),
                Err(fault) => faults.push((path.clone(), fault)),
            }
        }
        refuse(faults)?;
        let manifest = TreeManifest::new(name(dir), files, ignores).map_err(unlisted)?;
        let bundle = request.identity.sign(&manifest.statement()?, HintStyle::ModelSigning)?;
        output::write(&request.signature, bundle.bytes())?;
        Ok(SignedModel {
            signature: request.signature.clone(),
            root: manifest.root(),
            files: manifest.files().len(),
            bytes: listing.files.iter().map(|(_, size)| size).sum(),
            ignored: listing.skipped,
        })
    })
    .await
}

/// What the model is called: the folder's own name.
fn name(dir: &Path) -> String {
    let whole = std::fs::canonicalize(dir).unwrap_or_else(|_| dir.to_owned());
    whole.file_name().map_or_else(|| "model".to_owned(), |name| name.to_string_lossy().into_owned())
}

/// A name that no list of files may hold, nor the list of what is left out.
fn unlisted(error: AttestError) -> OpsError {
    match error {
        AttestError::UnsafePath { .. } | AttestError::PathCollision { .. } => {
            OpsError::usage(error.code(), error.full_message())
                .with_hint("rename it, or leave its folder out with `--ignore-paths FOLDER`")
        }
        error => error.into(),
    }
}

fn refuse(faults: Vec<(String, EntryFault)>) -> Result<(), OpsError> {
    if faults.is_empty() {
        return Ok(());
    }
    let texts =
        faults.iter().take(SHOWN).map(|(path, fault)| format!("`{path}` {}", fault.describe()));
    let more = faults.len().saturating_sub(SHOWN);
    let more = if more > 0 { format!("; and {more} more") } else { String::new() };
    let message = format!("{}{more}", texts.collect::<Vec<_>>().join("; "));
    Err(OpsError::usage("unsafe-entry", message)
        .with_hint("replace it with a regular file, or leave it out with `--ignore-paths PATH`"))
}
