//! `sealkit hub gc|fsck|scrub|reindex|backup`: the care of a hub's storage.

use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

use sealkit_hub::log::Log;
use sealkit_hub::{GcOptions, HubKey, Storage};
use sealkit_ops::{Home, OpsError, trust};
use sealkit_report::counted;
use serde::Serialize;

use super::hub::LOG;
use super::hub_events::note;
use super::trust::json;
use crate::app::{App, Exit};
use crate::cli::{HubBackupArgs, HubCommand, HubGcArgs, HubPlaceArgs, HubScrubArgs};
use crate::console::{Failure, escape, human_size};

/// What `--format json` answers.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Answer<'a, T> {
    schema_version: u32,
    #[serde(flatten)]
    report: &'a T,
}

/// Does one of them.
pub(super) fn run(app: &App, command: &HubCommand) -> Result<Exit, Failure> {
    match command {
        HubCommand::Gc(args) => gc(app, args),
        HubCommand::Fsck(args) => fsck(app, args),
        HubCommand::Scrub(args) => scrub(app, args),
        HubCommand::Reindex(args) => reindex(app, args),
        HubCommand::Backup(args) => backup(app, args),
        HubCommand::TrustIssuer(command) => super::hub_issuer::run(app, command),
        HubCommand::Repo(command) => super::hub_repo::run(app, command),
        HubCommand::Events(args) => super::hub_events::run(app, args),
        HubCommand::Health(args) => super::hub_health::run(app, args),
        HubCommand::Token(command) => super::hub_token::run(app, command),
        HubCommand::Webhook(command) => super::hub_webhook::run(app, command),
        HubCommand::Quarantine(command) => super::hub_quarantine::run(app, command),
    }
}

fn gc(app: &App, args: &HubGcArgs) -> Result<Exit, Failure> {
    let storage = open(&args.place.data)?;
    let grace = Duration::from_secs(args.grace);
    let options = GcOptions { grace, dry_run: args.dry_run };
    let work = async {
        let report = storage.gc(&options).await?;
        if !args.dry_run {
            let detail = format!("{} blobs, {} bytes", report.blobs, report.bytes);
            note(&storage, "storage.gc", detail).await?;
        }
        Ok(report)
    };
    let Some(report) = app.block_on(work)? else { return Ok(Exit::Interrupted) };
    let verb = if args.dry_run { "would remove" } else { "removed" };
    let size = human_size(report.bytes);
    let (blobs, uploads, orphans) = (report.blobs, report.uploads, report.orphans);
    let text = format!(
        "{verb} {} ({size}), {} and {}",
        counted(blobs, "blob"),
        counted(uploads, "upload"),
        counted(orphans, "leftover")
    );
    answer(app, &args.place, &report, text)?;
    Ok(Exit::Yes)
}

fn fsck(app: &App, args: &HubPlaceArgs) -> Result<Exit, Failure> {
    let storage = open(&args.data)?;
    let work = async { Ok(storage.fsck().await?) };
    let Some(report) = app.block_on(work)? else { return Ok(Exit::Interrupted) };
    let mut text = format!(
        "looked at {} and {}",
        counted(report.blobs, "blob"),
        counted(report.manifests, "manifest")
    );
    for problem in &report.problems {
        let (subject, reason) = (escape(&problem.subject), escape(&problem.reason));
        let _ = write!(text, "\n{}: {subject}: {reason}", problem.kind);
    }
    answer(app, args, &report, text)?;
    Ok(if report.problems.is_empty() { Exit::Yes } else { Exit::No })
}

fn scrub(app: &App, args: &HubScrubArgs) -> Result<Exit, Failure> {
    let storage = open(&args.place.data)?;
    let rate = args.rate.map(|rate| rate.saturating_mul(1 << 20));
    let work = async { Ok(storage.scrub(rate).await?) };
    let Some(report) = app.block_on(work)? else { return Ok(Exit::Interrupted) };
    let mut text = format!("read {}, {}", counted(report.blobs, "blob"), human_size(report.bytes));
    for digest in &report.damaged {
        let _ = write!(text, "\ndamaged: {}", escape(digest));
    }
    for digest in &report.unreadable {
        let _ = write!(text, "\nunreadable: {}", escape(digest));
    }
    for tag in &report.tags {
        let _ = write!(text, "\naffected: {}", escape(tag));
    }
    answer(app, &args.place, &report, text)?;
    Ok(match (report.damaged.is_empty(), report.unreadable.is_empty()) {
        (false, _) => Exit::No,
        (true, false) => Exit::Unanswered,
        (true, true) => Exit::Yes,
    })
}

fn reindex(app: &App, args: &HubPlaceArgs) -> Result<Exit, Failure> {
    let storage = open(&args.data)?;
    let work = async {
        let count = storage.reindex().await?;
        super::hub_catalog::look_again(&args.data, &storage).await?;
        note(&storage, "storage.reindex", format!("{count} manifests")).await?;
        Ok(count)
    };
    let Some(count) = app.block_on(work)? else { return Ok(Exit::Interrupted) };
    let report = serde_json::json!({ "manifests": count });
    answer(app, args, &report, format!("indexed {}", counted(count, "manifest")))?;
    Ok(Exit::Yes)
}

fn backup(app: &App, args: &HubBackupArgs) -> Result<Exit, Failure> {
    let storage = open(&args.place.data)?;
    let work = async {
        let made = storage.backup(&args.folder).await?;
        note(&storage, "storage.backup", format!("{} blobs", made.blobs)).await?;
        Ok(made)
    };
    let Some(made) = app.block_on(work)? else { return Ok(Exit::Interrupted) };
    // Behind the state: a log that knows more than the state is one that clients find whole.
    Log::copy_folder(&args.place.data.join(LOG), &args.folder.join(LOG))?;
    HubKey::copy(&args.place.data, &args.folder).map_err(OpsError::from)?;
    trust::copy(&Home::new(&args.place.data), &Home::new(&args.folder))?;
    let folder = escape(&args.folder.display().to_string());
    let text =
        format!("copied {}, {}, to {folder}", counted(made.blobs, "blob"), human_size(made.bytes));
    answer(app, &args.place, &made, text)?;
    Ok(Exit::Yes)
}

/// Opens a storage that is there: care is no reason to make one.
pub(super) fn open(folder: &Path) -> Result<Storage, Failure> {
    if !folder.join("hub.db").is_file() {
        let message = format!("`{}` holds no hub's storage", folder.display());
        return Err(Failure::new("no-hub", message)
            .hint("give the folder that `sealkit hub --data` was started with"));
    }
    Ok(Storage::open(folder).map_err(OpsError::from)?)
}

pub(super) fn answer<T: Serialize>(
    app: &App,
    args: &HubPlaceArgs,
    report: &T,
    text: String,
) -> Result<(), Failure> {
    if args.format == "json" {
        app.console.answer(json(&Answer { schema_version: 1, report })?);
    } else {
        app.console.answer(text);
    }
    Ok(())
}
