//! `sealkit impact`.

use std::fmt::Write as _;

use sealkit_api::{Affected, Impact, Step};
use sealkit_ops::catalog::index::{ImpactLimits, Question};
use sealkit_ops::catalog::{gather_local, gather_tensors, impact_csv, impact_hub, incomplete};
use sealkit_ops::{OpsError, Place};

use super::trust::json;
use crate::app::{App, Exit};
use crate::cli::ImpactArgs;
use crate::console::{Failure, escape};

/// Shows which kits something concerns.
pub(crate) fn run(app: &App, args: &ImpactArgs) -> Result<Exit, Failure> {
    let question = args.question.parse::<Question>()?;
    let context = app.context_at(args.network.clone(), args.hub.as_deref())?;
    let places: Vec<Place> = args
        .references
        .iter()
        .map(|text| Place::parse(text, false)?.local_or_registry(&context))
        .collect::<Result<_, OpsError>>()?;
    let work = async {
        if let Some(hub) = &args.hub {
            return Ok((impact_hub(&context, hub, &question).await?, Vec::new()));
        }
        let (catalog, mut gathering) = gather_local(&context, &places).await?;
        if matches!(question, Question::Tensor(_)) {
            gather_tensors(&context, &catalog, &mut gathering).await?;
        }
        let impact = catalog.impact(&question, ImpactLimits::default(), None)?;
        Ok((impact, gathering.left_out))
    };
    let Some((impact, left_out)) = app.block_on(work)? else { return Ok(Exit::Interrupted) };
    for reason in &left_out {
        app.console.warn(format!("not looked at: {reason}"));
    }
    let text = match args.format.as_str() {
        "json" => json(&impact)?,
        "csv" => impact_csv(&impact),
        format if app.console.is_brief(format) => names(&impact),
        _ => table(&impact),
    };
    if !text.is_empty() {
        app.console.answer(text);
    }
    let open = incomplete(&impact);
    for reason in &open {
        app.console.warn(reason.clone());
    }
    for one in &impact.open {
        let told = format!("  {}@{}: {}", one.repository, one.digest, one.reason);
        app.console.info(escape(&told));
    }
    let complete = left_out.is_empty() && open.is_empty();
    Ok(match impact.affected.is_empty() {
        false => Exit::No,
        true if complete => Exit::Yes,
        true => Exit::Unanswered,
    })
}

/// The versions alone, one on a line.
fn names(impact: &Impact) -> String {
    let name = |one: &Affected| escape(&format!("{}@{}", one.repository, one.digest));
    impact.affected.iter().map(name).collect::<Vec<_>>().join("\n")
}

fn table(impact: &Impact) -> String {
    let direct = impact.affected.iter().filter(|one| one.distance == 0).count();
    let heirs = impact.affected.len() - direct;
    let question = escape(&impact.question);
    let contain = if direct == 1 { "version contains" } else { "versions contain" };
    let descend = if heirs == 1 { "descends" } else { "descend" };
    let mut text = format!(
        "{question}: {direct} {contain} it, {heirs} {descend} from those, of {} looked through",
        impact.searched
    );
    for one in &impact.affected {
        let _ = write!(text, "\n\n{}", version(one));
        for step in &one.path {
            let _ = write!(text, "\n  {}", line(step));
        }
        // The path has the first place; a tensor may lie in several files, or under several names.
        for held in one.tensors.iter().skip(1) {
            let _ = write!(text, "\n  {}", escape(&format!("also {} in {}", held.name, held.file)));
        }
    }
    text
}

fn version(one: &Affected) -> String {
    let tags =
        if one.tags.is_empty() { String::new() } else { format!(" ({})", one.tags.join(", ")) };
    let sure = if one.certain { "" } else { ", not certain" };
    let how = match one.distance {
        0 => "contains it".to_owned(),
        1 => "1 derivation away".to_owned(),
        more => format!("{more} derivations away"),
    };
    escape(&format!("{}@{}{tags}: {how}{sure}", one.repository, one.digest))
}

fn line(step: &Step) -> String {
    let known = step.known.name();
    let source = if step.source.is_empty() { String::new() } else { format!(", {}", step.source) };
    escape(&format!("{} {} {} [{known}{source}]", step.from, step.relation, step.to))
}
