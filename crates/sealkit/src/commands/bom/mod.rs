//! `sealkit bom` and what belongs to it.

mod attach;
mod convert;
mod diff;
mod make;
mod output;
mod schema;
mod score;
mod side;
mod verify;
mod vulns;

use crate::app::{App, Exit};
use crate::cli::{BomArgs, BomCommand};
use crate::console::Failure;

pub(crate) use make::supplied;

/// Makes or shows an AIBOM, or does what a command of its own says.
pub(crate) fn run(app: &App, args: &BomArgs) -> Result<Exit, Failure> {
    match &args.command {
        None => make::run(app, &args.make),
        Some(BomCommand::Verify(args)) => verify::run(app, args),
        Some(BomCommand::Diff(args)) => diff::run(app, args),
        Some(BomCommand::Score(args)) => score::run(app, args),
        Some(BomCommand::Vulns(args)) => vulns::run(app, args),
        Some(BomCommand::Convert(args)) => convert::run(app, args),
        Some(BomCommand::Attach(args)) => attach::run(app, args),
        Some(BomCommand::Download(args)) => attach::download(app, args),
    }
}
