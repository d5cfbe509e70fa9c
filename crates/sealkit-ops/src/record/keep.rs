//! Records of runs in the home folder: one signed bundle each, called by its digest. One that nobody has
//! approved yet waits, and is attached to nothing.

use std::fs;
use std::path::{Path, PathBuf};

use sealkit_attest::{AttestError, BUNDLE_LIMITS, Bundle, Statement};
use sealkit_oci::Digest;

use super::{Record, id};
use crate::trust::file::{self, Readers};
use crate::{Home, OpsError};

/// Most records that are looked at.
const MAX_RECORDS: usize = 10_000;
const APPROVED: &str = ".sigstore.json";
const WAITING: &str = ".waiting.json";
/// Fewest digits by which a record can be named.
const MIN_DIGITS: usize = 6;

/// Whether a record may become public.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Approval {
    /// A person saw it and said yes, or said so beforehand.
    Given,
    /// Nobody has yet.
    Missing,
}

/// A record in the home folder.
#[derive(Clone, Debug)]
pub struct KeptRecord {
    /// Digest of the bundle, by which it is called.
    pub id: Digest,
    /// Its file.
    pub path: PathBuf,
    /// Whether it may become public.
    pub approval: Approval,
}

/// Keeps a record: there whole or not at all.
pub fn keep(home: &Home, record: &Record, approval: Approval) -> Result<KeptRecord, OpsError> {
    file::private_dir(&home.records())?;
    let id = id(&record.bundle);
    let path = place(home, &id, approval);
    file::replace(&path, &record.bundle, Readers::Owner)?;
    Ok(KeptRecord { id, path, approval })
}

/// The one record that waits and whose digest begins with `named`, and what it says.
pub fn waiting(home: &Home, named: &str) -> Result<(KeptRecord, Statement), OpsError> {
    let digits = named.strip_prefix("sha256:").unwrap_or(named).to_ascii_lowercase();
    let all = all(home)?;
    let mut found = all
        .into_iter()
        .filter(|kept| kept.approval == Approval::Missing && kept.id.hex().starts_with(&digits));
    let unknown = |message: String| {
        OpsError::usage("record-unknown", message).with_hint("write more of its digest")
    };
    match (found.next(), found.next()) {
        (Some(kept), None) if digits.len() >= MIN_DIGITS => {
            let statement = statement(&read(&kept.path)?)?;
            Ok((kept, statement))
        }
        (None, _) => Err(unknown(format!("no record `{named}` waits for approval"))),
        _ => Err(unknown(format!("`{named}` does not name one record"))),
    }
}

/// Lets a record that waits become public.
pub fn approve(home: &Home, kept: &KeptRecord) -> Result<KeptRecord, OpsError> {
    let path = place(home, &kept.id, Approval::Given);
    // The bytes are checked again: what is approved is what was shown.
    let bytes = read(&kept.path)?;
    if id(&bytes) != kept.id {
        return Err(damaged(&kept.path));
    }
    file::replace(&path, &bytes, Readers::Owner)?;
    fs::remove_file(&kept.path).map_err(|source| OpsError::io("remove", &kept.path, source))?;
    Ok(KeptRecord { id: kept.id.clone(), path, approval: Approval::Given })
}

/// Every record, by digest; an error where there are too many to look at.
pub(super) fn all(home: &Home) -> Result<Vec<KeptRecord>, OpsError> {
    let dir = home.records();
    let entries = match fs::read_dir(&dir) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(OpsError::io("read", dir, error)),
    };
    let mut all = Vec::new();
    for entry in entries {
        let path = entry.map_err(|source| OpsError::io("read", &dir, source))?.path();
        let name =
            path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let (hex, approval) = match (name.strip_suffix(APPROVED), name.strip_suffix(WAITING)) {
            (Some(hex), _) => (hex, Approval::Given),
            (_, Some(hex)) => (hex, Approval::Missing),
            _ => continue,
        };
        // What else lies there was not put there by us.
        let Ok(id) = format!("sha256:{hex}").parse::<Digest>() else { continue };
        all.push(KeptRecord { id, path, approval });
        if all.len() > MAX_RECORDS {
            let message = format!("`{}` holds more than {MAX_RECORDS} records", dir.display());
            return Err(OpsError::usage("record-too-many", message)
                .with_hint("move those elsewhere whose kits are sealed"));
        }
    }
    all.sort_by(|a, b| a.id.cmp(&b.id));
    Ok(all)
}

/// The bytes of a record, which must be those that its name says.
pub(super) fn read(path: &Path) -> Result<Vec<u8>, OpsError> {
    file::require(path, BUNDLE_LIMITS.bytes as u64)
}

/// What a bundle says, whoever signed it.
pub(super) fn statement(bundle: &[u8]) -> Result<Statement, OpsError> {
    Bundle::parse(bundle.to_vec())?.statement().map_err(|error| match error {
        AttestError::NoStatement => {
            OpsError::usage("record-malformed", "the record is no signed statement")
        }
        error => error.into(),
    })
}

fn damaged(path: &Path) -> OpsError {
    OpsError::usage(
        "record-malformed",
        format!("`{}` was changed since it was kept", path.display()),
    )
    .with_hint("remove it, and record the run again")
}

fn place(home: &Home, id: &Digest, approval: Approval) -> PathBuf {
    let ending = if approval == Approval::Given { APPROVED } else { WAITING };
    home.records().join(format!("{}{ending}", id.hex()))
}
