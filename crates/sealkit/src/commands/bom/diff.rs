//! `sealkit bom diff`: two AIBOMs by meaning.

use std::fmt::Write as _;

use sealkit_ops::bom::aibom::{Area, BomDifference, Change, diff};
use serde_json::json;

use super::side::side;
use crate::app::{App, Exit};
use crate::cli::{BomDiffArgs, SuppliedArgs};
use crate::console::{Failure, escape};

/// Compares two AIBOMs; a kit or a folder without one gets one made.
pub(super) fn run(app: &App, args: &BomDiffArgs) -> Result<Exit, Failure> {
    match compare(app, args) {
        // The answer would be 1: what could not be asked must not look like it.
        Err(failure) if args.exit_code => Err(failure.exits(Exit::Unanswered)),
        result => result,
    }
}

fn compare(app: &App, args: &BomDiffArgs) -> Result<Exit, Failure> {
    let context = app.context(Some(&args.network))?;
    let flags = SuppliedArgs::default();
    let how = (args.remote, args.fresh);
    let read = |text: &str| side(app, &context, text, how, &flags);
    let Some(a) = read(&args.a)? else { return Ok(Exit::Interrupted) };
    let Some(b) = read(&args.b)? else { return Ok(Exit::Interrupted) };
    let found = diff(&a.bom, &b.bom);
    if args.format == "json" {
        let answer = json!({
            "schemaVersion": 1,
            "a": args.a,
            "b": args.b,
            "same": found.is_empty(),
            "differences": found,
        });
        app.console.answer(format!("{answer:#}"));
    } else {
        app.console.answer(text(&found));
    }
    Ok(if args.exit_code && !found.is_empty() { Exit::No } else { Exit::Yes })
}

fn text(found: &[BomDifference]) -> String {
    if found.is_empty() {
        return "Nothing differs".to_owned();
    }
    let mut text = String::new();
    let mut area = None;
    for row in found {
        if area != Some(row.area) {
            if area.is_some() {
                text.push('\n');
            }
            let _ = writeln!(text, "{}", title(row.area));
            area = Some(row.area);
        }
        let _ = writeln!(text, "  {}", escape(&line(row)));
    }
    text.truncate(text.trim_end().len());
    text
}

fn line(row: &BomDifference) -> String {
    let sign = match row.change {
        Change::Added => '+',
        Change::Removed => '-',
        Change::Changed => '~',
    };
    let mut text = format!("{sign} {}", row.subject);
    if !row.what.is_empty() {
        let _ = write!(text, ": {}", row.what);
    }
    let values = |all: &[String]| all.join(", ");
    match (row.before.is_empty(), row.after.is_empty()) {
        _ if row.contradiction => {
            let _ = write!(text, " `{}` names two contents", values(&row.after));
        }
        (false, false) => {
            let _ = write!(text, " {} → {}", values(&row.before), values(&row.after));
        }
        (false, true) => {
            let _ = write!(text, " {}", values(&row.before));
        }
        (true, false) => {
            let _ = write!(text, " {}", values(&row.after));
        }
        (true, true) => {}
    }
    text
}

fn title(area: Area) -> &'static str {
    match area {
        Area::Kit => "Kit",
        Area::Model => "Models",
        Area::Dataset => "Datasets",
        Area::Lineage => "Lineage",
        Area::Licence => "Licences",
        Area::Metric => "Metrics",
        Area::Dependency => "Dependencies",
        Area::Author => "Authors",
        Area::File => "Files",
        Area::Run => "Runs",
        Area::Other => "Other",
    }
}
