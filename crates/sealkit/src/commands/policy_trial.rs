//! `sealkit policy test --hub`.

use sealkit_api::{PolicyTrial, TriedVersion};
use sealkit_ops::{Context, policy};
use sealkit_report::counted;

use super::trust::json;
use crate::app::{App, Exit};
use crate::cli::PolicyTestArgs;
use crate::console::{Failure, Table, escape};

/// Shows what a policy would answer about the kits of a hub.
pub(super) fn run(
    app: &App,
    context: &Context,
    args: &PolicyTestArgs,
    hub: &str,
) -> Result<Exit, Failure> {
    let which = (args.below.as_deref(), args.all_versions);
    let trial = policy::try_at_hub(context, &args.policy, hub, which);
    let Some(trial) = app.block_on(trial)? else { return Ok(Exit::Interrupted) };
    let refused = trial.versions.iter().filter(|one| !one.allowed).count();
    if args.format == "json" {
        app.console.answer(json(&trial)?);
    } else {
        app.console.answer(table(&trial));
        let newly = trial.versions.iter().filter(|one| !one.allowed && one.allowed_now).count();
        let (name, all) = (escape(&trial.name), trial.versions.len());
        app.console.info(format!(
            "`{name}` would refuse {refused} of {}; allowed now of those: {newly}",
            counted(all, "version")
        ));
    }
    if trial.waiting > 0 {
        let count = trial.waiting;
        let (versions, are) = (counted(count, "version"), if count == 1 { "is" } else { "are" });
        app.console.warn(format!("{versions} {are} not known to the hub's catalogue yet"));
    }
    if trial.next.is_some() {
        app.console.warn("there are more versions than were judged");
    }
    let whole = trial.waiting == 0 && trial.next.is_none();
    Ok(match (refused > 0, whole) {
        (true, _) => Exit::No,
        (false, true) => Exit::Yes,
        (false, false) => Exit::Unanswered,
    })
}

fn table(trial: &PolicyTrial) -> String {
    let mut table = Table::new(&["", "KIT", "TAG", "NOW", "THEN", "REASON"]);
    for one in &trial.versions {
        table.row(row(one));
    }
    table.render()
}

fn row(one: &TriedVersion) -> [String; 6] {
    let word = |allowed: bool| if allowed { "allowed" } else { "refused" }.to_owned();
    let mark = if one.allowed { "\u{2713}" } else { "\u{2717}" };
    let reason = one.reason.clone().or_else(|| one.warnings.first().cloned());
    [
        mark.to_owned(),
        one.repository.clone(),
        one.tags.last().cloned().unwrap_or_else(|| one.digest.to_string()),
        word(one.allowed_now),
        word(one.allowed),
        reason.unwrap_or_default(),
    ]
}
