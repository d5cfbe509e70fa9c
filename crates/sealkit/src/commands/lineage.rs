//! `sealkit lineage`.

use std::path::Path;

use sealkit_ops::lineage::{LineageOutcome, LineageRequest, Standing, lineage};
use sealkit_ops::output;

use super::inspect::kit_place;
use super::trust::json;
use super::verify::trusted;
use crate::app::{App, Exit};
use crate::cli::{LineageArgs, LineageFormat, NetworkArgs};
use crate::console::Failure;

/// Shows what a kit came from, or what came from it.
pub(crate) fn run(app: &App, args: &LineageArgs) -> Result<Exit, Failure> {
    let request = LineageRequest {
        place: kit_place(&args.reference, args.remote)?,
        trusted: trusted(&args.key, &args.signers)?,
        down: args.down,
        depth: usize::from(args.depth),
    };
    let context = app.context(Some(&NetworkArgs::from(args.network.clone())))?;
    let Some(found) = app.block_on(lineage(&context, &request))? else {
        return Ok(Exit::Interrupted);
    };
    found.warnings.iter().for_each(|warning| app.console.warn(warning));
    answer(app, args, &found)?;
    Ok(exit(found.standing(), args.allow_declared))
}

fn answer(app: &App, args: &LineageArgs, found: &LineageOutcome) -> Result<(), Failure> {
    let file = args.output.as_deref().filter(|path| *path != Path::new("-"));
    let is_tree = args.format == LineageFormat::Tree;
    if app.console.is_quiet() && is_tree && file.is_none() {
        for node in &found.graph.nodes {
            app.console.answer(node.digest.as_ref().map_or(node.key.clone(), ToString::to_string));
        }
        return Ok(());
    }
    let mut text = match args.format {
        LineageFormat::Tree => found.graph.tree(),
        LineageFormat::Json => json(&found.graph.report())?,
        LineageFormat::Mermaid => found.graph.mermaid(),
        LineageFormat::Svg => found.graph.svg(),
    };
    let Some(path) = file else {
        app.console.answer(text);
        return Ok(());
    };
    if !text.ends_with('\n') {
        text.push('\n');
    }
    output::write(path, text.as_bytes())?;
    app.console.info(format!("wrote `{}`", path.display()));
    Ok(())
}

fn exit(standing: Standing, allow_declared: bool) -> Exit {
    match standing {
        Standing::Verified => Exit::Yes,
        Standing::Declared if allow_declared => Exit::Yes,
        Standing::Failed => Exit::No,
        Standing::Declared | Standing::Missing => Exit::Unanswered,
    }
}
