//! Commands about the binary itself.

use clap::CommandFactory as _;

use crate::app::{App, Exit};
use crate::cli::{Cli, CompletionArgs, GenerateDocsArgs, VersionArgs};
use crate::console::Failure;

/// `kit dev` runs models; SealKit does not, and says so instead of failing in some other way.
pub(crate) fn dev() -> Result<Exit, Failure> {
    Err(Failure::new("not-part-of-sealkit", "`dev` is not part of SealKit: it runs no models")
        .hint("unpack the kit with `sealkit unpack REF` and run it with the server of your choice"))
}

/// Prints a completion script.
pub(crate) fn completion(app: &App, args: &CompletionArgs) -> Exit {
    let name = if app.console.is_kit() { "kit" } else { "sealkit" };
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), name, &mut script);
    // A closed pipe is a normal end.
    let _ = app.console.answer_bytes(&script);
    Exit::Yes
}

/// Prints the version.
pub(crate) fn version(app: &App, args: &VersionArgs) -> Exit {
    let version = env!("CARGO_PKG_VERSION");
    if args.format == "json" {
        app.console.answer(format!("{{\"schemaVersion\":1,\"version\":\"{version}\"}}"));
    } else {
        app.console.answer(format!("Version: {version}"));
    }
    Exit::Yes
}

/// Writes the reference pages that are generated from the command line's definition.
pub(crate) fn generate_docs(args: &GenerateDocsArgs) -> Result<Exit, Failure> {
    let pages = crate::docs::pages();
    for (name, text) in pages {
        let path = args.dir.join(name);
        let failed = |source: std::io::Error| {
            Failure::new("io", format!("could not write `{}`", path.display())).caused_by(&source)
        };
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent).map_err(failed)?;
        }
        std::fs::write(&path, text).map_err(failed)?;
    }
    Ok(Exit::Yes)
}
