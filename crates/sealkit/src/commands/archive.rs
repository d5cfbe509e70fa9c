//! `sealkit save` and `sealkit load`.

use std::io::Read;
use std::path::Path;

use sealkit_oci::Reference;
use sealkit_ops::archive;
use sealkit_ops::transfer::{Moved, ReferrerPolicy};
use sealkit_ops::{Context, Kit, OpsError, Place};

use super::transfer::{digest_line, named, tell};
use crate::app::{App, Exit};
use crate::cli::{LoadArgs, SaveArgs};
use crate::console::Failure;

/// Saves a kit and all that is attached to it as one file.
pub(crate) fn save(app: &App, args: &SaveArgs) -> Result<Exit, Failure> {
    let to_stdout = args.output == "-";
    if to_stdout && app.console.shows_output() {
        return Err(Failure::new("terminal", "an archive can not be shown on a terminal")
            .hint("give a file with `-o FILE`"));
    }
    let reference = named(app, &args.reference, "save")?;
    let context = app.context(None)?;
    let save = save_to(app, &context, &reference, &args.output);
    let Some(moved) = app.block_on(save)? else { return Ok(Exit::Interrupted) };
    tell(app, &moved);
    if to_stdout {
        // Standard output is the archive.
        app.console.info(format!("Saved {}", moved.digest));
    } else {
        digest_line(app, "Saved", &moved);
    }
    Ok(Exit::Yes)
}

async fn save_to(
    app: &App,
    context: &Context,
    reference: &Reference,
    output: &str,
) -> Result<Moved, OpsError> {
    let kit = Kit::open(context, &Place::Local(reference.clone())).await?;
    let (name, all) = (reference.to_string(), ReferrerPolicy::Require);
    // The name in the archive is a tag, never a digest, which is there anyway.
    let name = reference.tag().map(|_| name.as_str());
    match output {
        "-" => {
            let mut stdout = app.console.raw_output();
            archive::save(context, &kit, name, all, &mut stdout, Path::new("-")).await
        }
        path => archive::save_to_file(context, &kit, name, all, Path::new(path)).await,
    }
}

/// Loads an archive into the local store.
pub(crate) fn load(app: &App, args: &LoadArgs) -> Result<Exit, Failure> {
    let name = args.tag.as_deref().map(str::parse).transpose().map_err(OpsError::from)?;
    let (input, label): (Box<dyn Read + Send>, &str) = match args.input.as_str() {
        "-" => (Box::new(std::io::stdin()), "standard input"),
        path => (archive::open(Path::new(path))?, path),
    };
    let context = app.context(None)?;
    let load = archive::load(&context, input, label, name.as_ref());
    let Some(loaded) = app.block_on(load)? else { return Ok(Exit::Interrupted) };
    for kit in loaded {
        for warning in &kit.warnings {
            app.console.warn(warning);
        }
        match kit.attached {
            0 => app.console.info("Nothing is attached to it"),
            1 => app.console.info("1 attached document came with it"),
            count => app.console.info(format!("{count} attached documents came with it")),
        }
        match app.console.is_quiet() {
            true => app.console.answer(kit.digest.to_string()),
            false if kit.reference.is_unnamed() => {
                app.console.answer(format!("Loaded {}", kit.digest));
            }
            false => app.console.answer(format!("Loaded {}: {}", kit.reference, kit.digest)),
        }
    }
    Ok(Exit::Yes)
}
