//! `sealkit info`.

use sealkit_ops::inspect::{InfoFormat, info};

use super::inspect::kit_place;
use crate::app::{App, Exit};
use crate::cli::InfoArgs;
use crate::console::Failure;

/// Prints the Kitfile of a kit, or one node of it.
pub(crate) fn run(app: &App, args: &InfoArgs) -> Result<Exit, Failure> {
    let place = kit_place(&args.reference, args.remote)?;
    let context = app.context(Some(&args.network))?;
    let format = if args.format == "json" { InfoFormat::Json } else { InfoFormat::Yaml };
    let verb = info(&context, &place, args.filter.as_deref(), format);
    let Some(text) = app.block_on(verb)? else { return Ok(Exit::Interrupted) };
    app.console.answer(text.trim_end());
    Ok(Exit::Yes)
}
