//! `sealkit trust export` and `sealkit trust import`.

use std::fmt::Write as _;

use sealkit_ops::time::rfc3339;
use sealkit_ops::trust::{self, ImportChoice, Imported};
use sealkit_report::counted;
use serde::Serialize;

use super::password::signer;
use super::trust::json;
use crate::app::{App, Exit, now};
use crate::cli::{TrustExportArgs, TrustImportArgs};
use crate::console::{Failure, escape};

/// Writes the trust store as one signed file.
pub(super) fn export(app: &App, args: &TrustExportArgs) -> Result<Exit, Failure> {
    let key = signer(app, &args.signing)?;
    let now = now();
    let entries = trust::export(&app.home, &key.key, now, &args.output)?;
    let path = escape(&args.output.display().to_string());
    if app.console.is_quiet() {
        app.console.answer(path);
    } else {
        app.console.answer(format!("Wrote {path}: {}", counted(entries, "entry")));
    }
    Ok(Exit::Yes)
}

/// Adds what a signed file has to the trust store.
pub(super) fn import(app: &App, args: &TrustImportArgs) -> Result<Exit, Failure> {
    let key = trust::read_public_key(&args.key)?;
    let choice = ImportChoice {
        replace: args.replace,
        dry_run: args.dry_run,
        insecure_older: args.insecure_allow_older,
    };
    let now = now();
    let done = trust::import(&app.home, &args.file, &key, choice, now)?;
    let blocked = !done.merge.conflicts.is_empty() && !args.replace;
    if app.console.is_quiet() {
        done.merge.added.iter().for_each(|added| app.console.answer(escape(added)));
    } else if args.format == "json" {
        app.console.answer(json(&Answer::of(&done))?);
    } else {
        app.console.answer(table(&done, blocked));
    }
    if blocked {
        app.console.warn("nothing was changed: to put the file's in their place, add `--replace`");
    }
    Ok(if blocked { Exit::No } else { Exit::Yes })
}

/// What `--format json` answers; `schemaVersion` 1.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    schema_version: u32,
    issued_at: i64,
    written: bool,
    added: Vec<String>,
    unchanged: Vec<String>,
    conflicts: Vec<String>,
}

impl Answer {
    fn of(done: &Imported) -> Self {
        Self {
            schema_version: 1,
            issued_at: done.issued_at,
            written: done.written,
            added: done.merge.added.clone(),
            unchanged: done.merge.unchanged.clone(),
            conflicts: done.merge.conflicts.clone(),
        }
    }
}

fn table(done: &Imported, blocked: bool) -> String {
    let time = rfc3339(done.issued_at).unwrap_or_else(|| done.issued_at.to_string());
    let mut text = format!("Signed at {time}");
    let adding = if done.written { "added" } else { "would be added" };
    let conflict = if blocked { "conflicts" } else { "replaces one of yours" };
    let kinds = [
        (adding, &done.merge.added),
        ("is there already", &done.merge.unchanged),
        (conflict, &done.merge.conflicts),
    ];
    for (what, entries) in kinds {
        for entry in entries {
            let _ = write!(text, "\n{}: {what}", escape(entry));
        }
    }
    text
}
