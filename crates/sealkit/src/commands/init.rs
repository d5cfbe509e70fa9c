//! `sealkit init`.

use std::path::Path;

use sealkit_ops::import::{Source, Tool, parse_source};
use sealkit_ops::init::{InitOptions, InitOutcome, KitfileOutput, Package, init, init_remote};
use sealkit_ops::network::Secret;

use crate::app::{App, Exit};
use crate::cli::InitArgs;
use crate::console::Failure;

/// Makes a Kitfile for a folder, or for a repository with `--remote`.
pub(crate) fn run(app: &App, args: &InitArgs) -> Result<Exit, Failure> {
    if args.remote {
        return remote(app, args);
    }
    let dir = Path::new(&args.path);
    let output = output(args.output.as_deref());
    output.check(dir, args.force)?;
    let options = InitOptions { package: package(app, args)?, depth: depth(args.depth) };
    let outcome = init(dir, &options, &output, args.force)?;
    report(app, &outcome, &output);
    Ok(Exit::Yes)
}

/// Makes a Kitfile for a repository that is not here.
fn remote(app: &App, args: &InitArgs) -> Result<Exit, Failure> {
    let source = parse_source(&args.path, Some(Tool::Hub), &args.endpoint)?;
    let Source::Hub(repository) = source else {
        return Err(Failure::new("repository-malformed", "`--remote` needs a repository"));
    };
    let output = output(args.output.as_deref().or(Some("-")));
    output.check(Path::new("."), args.force)?;
    let given = |text: &Option<String>| text.clone().unwrap_or_default();
    let authors = args.author.iter().cloned().collect();
    let (name, description) = (given(&args.name), given(&args.desc));
    let package = Package { name, description, authors, ..Package::default() };
    let options = InitOptions { package, depth: depth(args.depth) };
    let context = app.context(None)?;
    let access = (args.endpoint.as_str(), args.token.clone().map(Secret::new));
    let made = init_remote(&context, &repository, access, &args.revision, &options);
    let Some(mut outcome) = app.block_on(made)? else { return Ok(Exit::Interrupted) };
    outcome.written = output.write(Path::new("."), &outcome, args.force)?;
    report(app, &outcome, &output);
    Ok(Exit::Yes)
}

/// How deep `--depth` looks; negative is without end.
pub(crate) fn depth(depth: i32) -> Option<usize> {
    usize::try_from(depth).ok()
}

fn output(path: Option<&str>) -> KitfileOutput {
    match path {
        None => KitfileOutput::Folder,
        Some("-") => KitfileOutput::Caller,
        Some(path) => KitfileOutput::File(path.into()),
    }
}

/// What the person says about the kit, asked for where someone sits at the terminal.
fn package(app: &App, args: &InitArgs) -> Result<Package, Failure> {
    let ask = |given: &Option<String>, question: &str| {
        if let Some(given) = given {
            return Ok(given.clone());
        }
        let answer = app.console.ask(question);
        answer.map(Option::unwrap_or_default).map_err(|source| {
            Failure::new("io", "could not read from the terminal").caused_by(&source)
        })
    };
    let name = ask(&args.name, "Enter a name for the ModelKit: ")?;
    let description = ask(&args.desc, "Enter a short description for the ModelKit: ")?;
    let author = ask(&args.author, "Enter an author for the ModelKit: ")?;
    let authors = if author.is_empty() { Vec::new() } else { vec![author] };
    Ok(Package { name, description, authors, ..Package::default() })
}

/// Says what was made, in `kit`'s words.
fn report(app: &App, outcome: &InitOutcome, output: &KitfileOutput) {
    let console = &app.console;
    for warning in &outcome.warnings {
        console.warn(warning);
    }
    let kept_out = outcome.kept_out.join("`, `");
    let writes_ignore = *output == KitfileOutput::Folder;
    if !outcome.kept_out.is_empty() && writes_ignore {
        console.warn(format!("hidden files stay out of the kit: `.kitignore` names `{kept_out}`"));
    } else if !outcome.kept_out.is_empty() {
        console.warn(format!(
            "hidden `{kept_out}` will be packed: name them in `.kitignore` to keep them out"
        ));
    }
    if *output == KitfileOutput::Caller {
        console.answer(&outcome.yaml);
        return;
    }
    console.info(format!("Generated Kitfile:\n\n{}", outcome.yaml.trim_end_matches('\n')));
    if let Some(path) = outcome.written.last() {
        console.info(format!(
            "Saved to path '{}'",
            crate::console::escape(&path.display().to_string())
        ));
    }
}
