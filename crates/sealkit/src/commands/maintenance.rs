//! `sealkit gc`, `sealkit fsck` and `sealkit cache`.

use std::time::Duration;

use sealkit_ops::maintenance;
use sealkit_report::counted;

use crate::app::{App, Exit};
use crate::cli::{CacheCommand, FsckArgs, GcArgs};
use crate::console::{Failure, human_size};

/// Removes what nothing refers to from the local store.
pub(crate) fn gc(app: &App, args: &GcArgs) -> Result<Exit, Failure> {
    let grace = Duration::from_secs(args.grace);
    let report = maintenance::gc(&app.context(None)?, grace, args.dry_run)?;
    if args.format == "json" {
        let json = serde_json::json!({
            "schemaVersion": 1,
            "dryRun": args.dry_run,
            "blobs": report.blobs,
            "referrers": report.referrers,
            "leftovers": report.leftovers,
            "bytes": report.bytes,
        });
        app.console.answer(format!("{json:#}"));
        return Ok(Exit::Yes);
    }
    if app.console.is_quiet() {
        for digest in &report.blobs {
            app.console.answer(digest.to_string());
        }
        return Ok(Exit::Yes);
    }
    let verb = if args.dry_run { "would remove" } else { "removed" };
    app.console.answer(format!(
        "{verb} {}, {} and {}: {}",
        counted(report.blobs.len(), "blob"),
        counted(report.referrers.len(), "attached document"),
        counted(report.leftovers, "temporary file"),
        human_size(report.bytes)
    ));
    Ok(Exit::Yes)
}

/// Checks the local store.
pub(crate) fn fsck(app: &App, args: &FsckArgs) -> Result<Exit, Failure> {
    let context = app.context(None)?;
    let report = maintenance::fsck(&context, !args.quick)?;
    let sound = report.problems.is_empty();
    let moved =
        if args.set_aside { maintenance::set_aside(&context, &report)? } else { Vec::new() };
    if args.format == "json" {
        let problems: Vec<_> = report
            .problems
            .iter()
            .map(|problem| {
                serde_json::json!({
                    "digest": problem.descriptor.digest,
                    "problem": problem.kind.to_string(),
                    "affects": problem.affects,
                })
            })
            .collect();
        let json = serde_json::json!({
            "schemaVersion": 1,
            "sound": sound,
            "manifests": report.manifests,
            "blobs": report.blobs,
            "problems": problems,
            "orphans": report.orphans,
            "leftovers": report.leftovers,
            "setAside": moved,
        });
        app.console.answer(format!("{json:#}"));
    } else {
        for problem in &report.problems {
            let affects = problem.affects.join(", ");
            let line =
                format!("{}: {} (affects {affects})", problem.descriptor.digest, problem.kind);
            app.console.answer(crate::console::escape(&line));
        }
        app.console.answer(format!(
            "checked {} and {}: {}; left over: {} and {}",
            counted(report.manifests, "manifest"),
            counted(report.blobs, "blob"),
            if sound {
                "all sound".to_owned()
            } else {
                format!("{} damaged", report.problems.len())
            },
            counted(report.orphans.len(), "blob"),
            counted(report.leftovers.len(), "temporary file")
        ));
    }
    if !moved.is_empty() {
        let count = counted(moved.len(), "blob");
        app.console
            .info(format!("{count} set aside: `sealkit pull`, `load` or `pack` brings them again"));
    } else if !sound && !args.set_aside {
        app.console.info(
            "run `sealkit fsck --set-aside`, then pull, load or pack what is affected once more",
        );
    }
    Ok(if sound { Exit::Yes } else { Exit::No })
}

/// Shows or clears temporary files.
pub(crate) fn cache(app: &App, command: &CacheCommand) -> Result<Exit, Failure> {
    let context = app.context(None)?;
    match command {
        CacheCommand::Info => {
            let bytes = maintenance::cache_size(&context)?;
            app.console.answer(format!("Total size of cache directory: {}", human_size(bytes)));
        }
        CacheCommand::Clear => {
            let report = maintenance::cache_clear(&context)?;
            app.console.answer(format!("removed {report} temporary files"));
            let left = maintenance::cache_size(&context)?;
            if left > 0 {
                app.console.info(format!(
                    "{} stay: files of the last minute may belong to a command that is running",
                    human_size(left)
                ));
            }
        }
    }
    Ok(Exit::Yes)
}
