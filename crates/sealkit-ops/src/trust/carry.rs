//! The trust store as one signed file.

use std::path::Path;

use sealkit_attest::{BUNDLE_LIMITS, PublicKey, Signer, TrustMerge, TrustRoot};

use super::file;
use super::{change, load};
use crate::time::rfc3339;
use crate::{Home, OpsError, memory, output};

/// What an import did, or would do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Imported {
    /// What is added, there already, and in the way.
    pub merge: TrustMerge,
    /// When the file was signed, unix seconds, as its signer says.
    pub issued_at: i64,
    /// Whether the trust store was changed.
    pub written: bool,
}

/// How to import.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ImportChoice {
    /// Put what is imported in the place of what conflicts with it.
    pub replace: bool,
    /// Change nothing.
    pub dry_run: bool,
    /// Take trust that is older than what was imported from the same signer before.
    pub insecure_older: bool,
}

/// Writes whom the user trusts as one file, signed by `signer` at `now` (unix seconds). The user's
/// own key, of role `self`, is not in it. Gives the number of entries.
pub fn export(home: &Home, signer: &dyn Signer, now: i64, path: &Path) -> Result<usize, OpsError> {
    let bytes = load(home)?.export(signer, now)?;
    let (root, _) = TrustRoot::import(&bytes, &signer.public_key(), now)?;
    output::write(path, &bytes)?;
    Ok(root.entries().count())
}

/// Adds what is in a file that `signer` signed to the trust store. Where an entry differs from one
/// of the same name or key, nothing at all is changed, unless that is what was asked for.
pub fn import(
    home: &Home,
    path: &Path,
    signer: &PublicKey,
    choice: ImportChoice,
    now: i64,
) -> Result<Imported, OpsError> {
    let bytes = file::require(path, BUNDLE_LIMITS.bytes as u64)?;
    let (root, issued_at) = TrustRoot::import(&bytes, signer, now).map_err(|source| {
        let message = format!("`{}` is not trusted: {}", path.display(), source.full_message());
        OpsError::usage("import-refused", message)
            .with_hint("get it again, and the signer's key by another way")
    })?;
    let newest = memory::import(home, &signer.id())?;
    if let Some(newest) = newest.filter(|newest| issued_at < *newest && !choice.insecure_older) {
        return Err(older(path, issued_at, newest));
    }
    let mut tried = load(home)?;
    let merge = tried.merge(&root, choice.replace)?;
    let blocked = !merge.conflicts.is_empty() && !choice.replace;
    if blocked || choice.dry_run {
        return Ok(Imported { merge, issued_at, written: false });
    }
    // First, so that no older one is taken even where this process ends in between.
    memory::remember_import(home, &signer.id(), issued_at)?;
    if merge.added.is_empty() {
        return Ok(Imported { merge, issued_at, written: false });
    }
    // Once more under the lock: the store may have changed meanwhile.
    let (merge, written) = change(home, |store| {
        let before = store.clone();
        let merge = store.merge(&root, choice.replace)?;
        let blocked = !merge.conflicts.is_empty() && !choice.replace;
        if blocked {
            *store = before;
        }
        Ok((merge, !blocked))
    })?;
    Ok(Imported { merge, issued_at, written })
}

fn older(path: &Path, issued_at: i64, newest: i64) -> OpsError {
    let shown = |time| rfc3339(time).unwrap_or_else(|| format!("{time}"));
    let message = format!(
        "`{}` is of {}, and trust of {} was imported from the same signer before: whom it has \
         removed since could come back",
        path.display(),
        shown(issued_at),
        shown(newest)
    );
    OpsError::usage("import-older", message)
        .with_hint("get the newest export, or mean it: `--insecure-allow-older`")
}
