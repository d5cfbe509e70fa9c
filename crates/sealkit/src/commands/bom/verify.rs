//! `sealkit bom verify`: an AIBOM against what it describes.

use std::sync::Arc;

use sealkit_ops::bom::aibom::sarif;
use sealkit_ops::bom::{JudgeRequest, judge_bom, read_document};
use sealkit_ops::verify::SealedTables;
use sealkit_report::{Report, Step, Verdict};
use serde_json::json;

use super::make::subject;
use super::schema;
use crate::app::{App, Exit};
use crate::cli::BomVerifyArgs;
use crate::commands::verify::steps;
use crate::console::{Failure, escape};

/// Longest reason that a table shows, in characters.
const SHOWN: usize = 300;

/// Judges an AIBOM and says what came of every step.
pub(super) fn run(app: &App, args: &BomVerifyArgs) -> Result<Exit, Failure> {
    let read = read_document(&args.bom)?;
    if let Some(dir) = &args.schema {
        let what = format!("`{}`", args.bom.display());
        schema::check(dir, &read.bytes, &what).map_err(|failure| failure.exits(Exit::No))?;
    }
    let context = app.context(Some(&args.network))?;
    let request = JudgeRequest {
        stated: read.bom,
        subject: subject(&args.subject, args.remote, &args.endpoint)?,
        demand_fields: args.demand_fields,
        trust: Arc::new(SealedTables::new(&context)?),
    };
    let Some(judged) = app.block_on(judge_bom(&context, request))? else {
        return Ok(Exit::Interrupted);
    };
    for warning in &judged.reading.warnings {
        app.console.warn(escape(warning));
    }
    answer(app, args, &judged.report);
    Ok(match judged.report.verdict() {
        Verdict::Yes => Exit::Yes,
        Verdict::No => Exit::No,
        Verdict::Unknown => Exit::Unanswered,
    })
}

fn answer(app: &App, args: &BomVerifyArgs, report: &Report) {
    let console = &app.console;
    match args.format.as_str() {
        "json" => {
            let answer = json!({
                "schemaVersion": 1,
                "bom": args.bom.display().to_string(),
                "subject": args.subject,
                "verdict": report.verdict(),
                "steps": report.steps,
            });
            console.answer(format!("{answer:#}"));
        }
        "sarif" => {
            let name = args.bom.display().to_string();
            let tool = ("sealkit", env!("CARGO_PKG_VERSION"));
            console.answer(format!("{:#}", sarif(report, &name, tool)));
        }
        _ => {
            let verdict = match report.verdict() {
                Verdict::Yes => "yes: the AIBOM says what is there",
                Verdict::No => "no: the AIBOM says something that is not so",
                Verdict::Unknown => "not answered: not everything could be checked",
            };
            let shown: Vec<Step> = report.steps.iter().map(shortened).collect();
            console.answer(format!("{}\n{verdict}", steps(console, &shown)));
        }
    }
}

/// A step whose reason fits on a screen: machines get all of it.
fn shortened(step: &Step) -> Step {
    let mut step = step.clone();
    if step.reason.chars().count() > SHOWN {
        let cut: String = step.reason.chars().take(SHOWN).collect();
        step.reason = format!("{cut}… (all with `--format json`)");
    }
    step
}
