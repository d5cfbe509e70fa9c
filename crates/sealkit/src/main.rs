//! The `sealkit` binary: arguments in, answers out. It decides nothing; verbs live in
//! `sealkit-ops`. Called by the name `kit`, it has `kit`'s surface.

mod app;
mod cli;
mod commands;
mod console;
mod docs;

use std::process::ExitCode;

use clap::{CommandFactory as _, Parser as _};

use app::{App, Exit};
use cli::Cli;
use console::Console;

fn main() -> ExitCode {
    let as_kit = app::called_as_kit(std::env::args_os().next());
    let args = cli::flags::without_values(std::env::args_os(), &Cli::command());
    let cli = match Cli::try_parse_from(args) {
        Ok(cli) => cli,
        Err(error) => return usage(&error, as_kit),
    };
    let console = Console::new(&cli.global, as_kit);
    let fails_with =
        if as_kit || commands::is_kit_verb(&cli.command) { Exit::No } else { Exit::Unanswered };
    let exit =
        App::new(cli.global, console.clone()).and_then(|app| commands::run(&app, cli.command));
    exit.unwrap_or_else(|failure| {
        console.failure(&failure);
        failure.exit().unwrap_or(fails_with)
    })
    .into()
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Yes => 0,
            Exit::No => 1,
            Exit::Unanswered => 2,
            Exit::Interrupted => 130,
            Exit::Command(code) => code,
        })
    }
}

/// Help and version are answers; anything else means that the question was not understood.
fn usage(error: &clap::Error, as_kit: bool) -> ExitCode {
    // A terminal that is gone can not be told anything.
    let _ = error.print();
    match (error.use_stderr(), as_kit) {
        (false, _) => ExitCode::SUCCESS,
        (true, true) => ExitCode::from(1),
        (true, false) => ExitCode::from(2),
    }
}
