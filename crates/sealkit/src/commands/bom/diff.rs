//! `sealkit bom diff`: two AIBOMs by meaning.

use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;

use sealkit_ops::Context;
use sealkit_ops::bom::aibom::{Area, Bom, BomDifference, Change, Supplied, diff};
use sealkit_ops::bom::{BomRequest, BomSubject, bom, folder_overlay, read_document};
use sealkit_ops::verify::SealedTables;
use serde_json::json;

use super::make::subject;
use crate::app::{App, Exit};
use crate::cli::BomDiffArgs;
use crate::console::{Failure, escape};

/// The usual hub; nothing here is read from one.
const NO_HUB: &str = "https://huggingface.co";

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
    let Some(a) = side(app, &context, args, &args.a)? else { return Ok(Exit::Interrupted) };
    let Some(b) = side(app, &context, args, &args.b)? else { return Ok(Exit::Interrupted) };
    let found = diff(&a, &b);
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

/// An AIBOM file where there is a file of this name, else a kit or a folder.
fn side(
    app: &App,
    context: &Context,
    args: &BomDiffArgs,
    text: &str,
) -> Result<Option<Bom>, Failure> {
    if Path::new(text).is_file() {
        return Ok(Some(read_document(Path::new(text))?.bom));
    }
    let subject = subject(text, args.remote, NO_HUB)?;
    let supplied = match &subject {
        BomSubject::Folder(dir) => folder_overlay(dir)?,
        _ => Supplied::default(),
    };
    let request = BomRequest {
        subject,
        supplied,
        fresh: args.fresh,
        tensors: None,
        trust: Arc::new(SealedTables::new(context)?),
    };
    Ok(app.block_on(bom(context, &request))?.map(|found| found.bom))
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
