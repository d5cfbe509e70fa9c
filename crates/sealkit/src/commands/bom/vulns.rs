//! `sealkit bom vulns`: an AIBOM matched with advisories.

use std::path::{Path, PathBuf};

use sealkit_ops::OpsError;
use sealkit_ops::bom::aibom::{
    Advisories, BomCodec as _, CycloneDx, EncodeOptions, Vulnerability, VulnerabilityStatus,
    cyclonedx_vex, openvex, vulnerabilities,
};
use sealkit_ops::time::rfc3339;
use serde_json::{Value as Json, json};

use super::side::{Side, side};
use crate::app::{App, Exit, now};
use crate::cli::{BomVulnsArgs, SuppliedArgs};
use crate::commands::pack::source_date_epoch;
use crate::console::{Failure, Table, escape};

/// Largest advisory that is read, in bytes.
const MAX_ADVISORY: u64 = 16 << 20;
/// What to do where there are none.
const UNPACK: &str = "unpack an export of OSV into a folder: one JSON file for each advisory";
/// Most advisories that are read.
const MAX_ADVISORIES: usize = 2_000_000;

/// Matches an AIBOM with advisories; the answer is no where something matches.
pub(super) fn run(app: &App, args: &BomVulnsArgs) -> Result<Exit, Failure> {
    let (advisories, unread) = read(&args.db)?;
    for path in &unread {
        app.console.warn(escape(&format!("`{}` is no advisory", path.display())));
    }
    let context = app.context(Some(&args.network))?;
    let flags = SuppliedArgs::default();
    let how = (args.remote, false);
    let Some(side) = side(app, &context, &args.subject, how, &flags)? else {
        return Ok(Exit::Interrupted);
    };
    let found = vulnerabilities(&side.bom, &advisories);
    let answer = match args.format.as_str() {
        "json" => format!("{:#}", json!({ "schemaVersion": 1, "vulnerabilities": found })),
        "cyclonedx-vex" => format!("{:#}", vex(&side, &found)?),
        "openvex" => {
            let time = source_date_epoch()?.unwrap_or_else(now);
            let time = rfc3339(time).unwrap_or_default();
            format!("{:#}", openvex(&found, "SealKit", &time).map_err(OpsError::from)?)
        }
        _ => table(&found),
    };
    app.console.answer(answer);
    if !unread.is_empty() && found.is_empty() {
        return Ok(Exit::Unanswered);
    }
    Ok(if found.is_empty() { Exit::Yes } else { Exit::No })
}

/// The statement names what is affected inside the AIBOM, by the AIBOM's own number.
fn vex(side: &Side, found: &[Vulnerability]) -> Result<Json, Failure> {
    let document = match &side.document {
        Some(bytes) => bytes.clone(),
        None => {
            CycloneDx::V1_6.encode(&side.bom, &EncodeOptions::default()).map_err(OpsError::from)?
        }
    };
    let document: Json = serde_json::from_slice(&document)
        .map_err(|source| Failure::new("json", "the AIBOM is not JSON").caused_by(&source))?;
    let serial = document.get("serialNumber").and_then(Json::as_str).ok_or_else(|| {
        OpsError::usage("no-serial-number", "the AIBOM has no serial number")
            .with_hint("convert it first: `sealkit bom convert FILE`")
    })?;
    let version = document.get("version").and_then(Json::as_u64).unwrap_or(1);
    let timestamp = source_date_epoch()?.and_then(rfc3339);
    let tool = Some(("sealkit".to_owned(), env!("CARGO_PKG_VERSION").to_owned()));
    let options = EncodeOptions { timestamp, tool };
    Ok(cyclonedx_vex(found, serial, version, &options).map_err(OpsError::from)?)
}

/// Reads every advisory of a folder, sorted by path; also those that are none.
fn read(dir: &Path) -> Result<(Advisories, Vec<PathBuf>), Failure> {
    let failed = |path: &Path, source: std::io::Error| {
        Failure::new("io", format!("could not read `{}`", path.display())).caused_by(&source)
    };
    if !dir.is_dir() {
        let what = if dir.exists() { "is not a folder" } else { "does not exist" };
        let message = format!("`{}` {what}", dir.display());
        return Err(OpsError::usage("no-advisories", message).with_hint(UNPACK).into());
    }
    let mut paths = Vec::new();
    let mut folders = vec![dir.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).map_err(|e| failed(&folder, e))? {
            let entry = entry.map_err(|e| failed(&folder, e))?;
            let kind = entry.file_type().map_err(|e| failed(&entry.path(), e))?;
            if kind.is_dir() {
                folders.push(entry.path());
            } else if entry.path().extension().is_some_and(|end| end == "json") {
                paths.push(entry.path());
            }
        }
        if paths.len() > MAX_ADVISORIES {
            let message = format!("`{}` holds more than {MAX_ADVISORIES} files", dir.display());
            return Err(OpsError::usage("too-many-files", message).into());
        }
    }
    paths.sort();
    if paths.is_empty() {
        let message = format!("`{}` holds no advisories", dir.display());
        return Err(OpsError::usage("no-advisories", message).with_hint(UNPACK).into());
    }
    let (mut advisories, mut unread) = (Advisories::default(), Vec::new());
    for path in paths {
        let size = std::fs::metadata(&path).map_err(|e| failed(&path, e))?.len();
        let bytes = if size > MAX_ADVISORY {
            Vec::new()
        } else {
            std::fs::read(&path).map_err(|e| failed(&path, e))?
        };
        if advisories.add(&bytes).is_err() {
            unread.push(path);
        }
    }
    Ok((advisories, unread))
}

fn table(found: &[Vulnerability]) -> String {
    if found.is_empty() {
        return "No advisory matches".to_owned();
    }
    let mut table = Table::new(&["ADVISORY", "COMPONENT", "VERSION", "STATUS", "FIXED IN", "WAY"]);
    for one in found {
        let status = match one.status {
            VulnerabilityStatus::Affected => "affected",
            VulnerabilityStatus::Undecided => "undecided",
        };
        let way: Vec<&str> = one.path.iter().map(|step| step.component.as_str()).collect();
        let version = one.version.as_deref().unwrap_or_default();
        table.row([
            one.id.as_str(),
            &escape(&one.subject),
            version,
            status,
            &one.fixed.join(", "),
            &escape(&way.join(" → ")),
        ]);
    }
    table.render()
}
