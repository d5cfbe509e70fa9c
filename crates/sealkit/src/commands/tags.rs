//! `sealkit tag`, `sealkit remove` and `sealkit history`.

use sealkit_ops::OpsError;
use sealkit_ops::tags::{self, RemoveRequest, Removed};
use sealkit_ops::time::rfc3339;

use crate::app::{App, Exit};
use crate::cli::{HistoryArgs, RemoveArgs, TagArgs};
use crate::console::{Failure, Table};

/// Gives a kit another name.
pub(crate) fn tag(app: &App, args: &TagArgs) -> Result<Exit, Failure> {
    let source = args.source.parse().map_err(OpsError::from)?;
    let target = args.target.parse().map_err(OpsError::from)?;
    for name in tags::tag(&app.context(None)?, &source, &target)? {
        app.console.answer(format!("Modelkit {source} tagged as {name}"));
    }
    Ok(Exit::Yes)
}

/// Removes a kit or a tag.
pub(crate) fn remove(app: &App, args: &RemoveArgs) -> Result<Exit, Failure> {
    let context = app.context(Some(&args.network))?;
    let reference = args.reference.as_deref().map(str::parse).transpose();
    let request = RemoveRequest {
        reference: reference.map_err(OpsError::from)?,
        all: args.all,
        force: args.force,
        dry_run: args.dry_run,
    };
    let removed = if args.remote {
        let Some(removed) = app.block_on(tags::remove_remote(&context, &request))? else {
            return Ok(Exit::Interrupted);
        };
        removed
    } else {
        tags::remove(&context, &request)?
    };
    let verb = if args.dry_run { "Would remove" } else { "Removed" };
    for Removed { name, digest } in removed {
        app.console.answer(format!("{verb} {name} (digest {digest})"));
    }
    Ok(Exit::Yes)
}

/// Shows where a tag pointed before.
pub(crate) fn history(app: &App, args: &HistoryArgs) -> Result<Exit, Failure> {
    let reference = args.reference.parse().map_err(OpsError::from)?;
    let moves = tags::history(&app.context(None)?, &reference)?;
    if args.format == "json" {
        let rows: Vec<_> = moves
            .iter()
            .map(|moved| {
                serde_json::json!({
                    "time": rfc3339(moved.time),
                    "reference": moved.reference,
                    "old": moved.old,
                    "new": moved.new,
                })
            })
            .collect();
        let json = serde_json::json!({"schemaVersion": 1, "moves": rows});
        app.console.answer(format!("{json:#}"));
        return Ok(Exit::Yes);
    }
    let mut table = Table::new(&["TIME", "REFERENCE", "FROM", "TO"]);
    for moved in moves {
        let digest = |digest: &Option<sealkit_oci::Digest>| {
            digest.as_ref().map_or_else(|| "-".to_owned(), ToString::to_string)
        };
        let time = rfc3339(moved.time).unwrap_or_default();
        table.row([time, moved.reference, digest(&moved.old), digest(&moved.new)]);
    }
    app.console.answer(table.render());
    Ok(Exit::Yes)
}
