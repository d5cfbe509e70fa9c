//! The only place that writes to the terminal (invariant 8).
//!
//! Standard output is the answer, standard error everything else. Under the name `kit`, messages
//! go where `kit` puts them, since scripts read them there.

mod error;
mod progress;
mod table;
mod text;

use std::io::{self, BufRead as _, IsTerminal, Read as _, Write};
use std::sync::Arc;

pub(crate) use error::Failure;
pub(crate) use table::Table;
pub(crate) use text::{escape, human_size};

use crate::cli::{ColorChoice, GlobalArgs, LogLevel, ProgressStyle};
use sealkit_ops::Progress;

/// Writes answers, messages and errors.
#[derive(Clone, Debug)]
pub(crate) struct Console {
    level: LogLevel,
    quiet: bool,
    color: bool,
    as_kit: bool,
    progress: ProgressStyle,
}

impl Console {
    /// A console as the options ask for. `as_kit`: the binary was called by the name `kit`.
    pub(crate) fn new(global: &GlobalArgs, as_kit: bool) -> Self {
        let level = match global.verbose {
            0 => global.log_level,
            1 => LogLevel::Debug,
            _ => LogLevel::Trace,
        };
        let color = match global.color {
            ColorChoice::Always => true,
            ColorChoice::Never => false,
            ColorChoice::Auto => {
                let plain = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
                let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
                io::stdout().is_terminal() && !plain("NO_COLOR") && !dumb
            }
        };
        let progress = if global.quiet { ProgressStyle::None } else { global.progress };
        Self { level, quiet: global.quiet, color, as_kit, progress }
    }

    /// Whether the binary was called by the name `kit`.
    pub(crate) fn is_kit(&self) -> bool {
        self.as_kit
    }

    /// Whether only the answer is wanted.
    pub(crate) fn is_quiet(&self) -> bool {
        self.quiet
    }

    /// Whether the answer is a digest alone: quiet, and in no other `format` than that for people.
    pub(crate) fn is_brief(&self, format: &str) -> bool {
        self.quiet && format == "table"
    }

    /// Writes a line of the answer to standard output: harmless where a terminal shows it, exactly
    /// as it is where a program reads it.
    #[expect(clippy::unused_self, reason = "only who has the console may write")]
    pub(crate) fn answer(&self, line: impl AsRef<str>) {
        let mut out = io::stdout().lock();
        if out.is_terminal() {
            write_line(&mut out, &text::harmless(line.as_ref()));
        } else {
            write_line(&mut out, line.as_ref());
        }
    }

    /// Standard error, for a command that is run here to print to.
    #[allow(clippy::unused_self, reason = "only the console hands out the terminal")]
    pub(crate) fn errors_of_child(&self) -> std::process::Stdio {
        std::process::Stdio::from(io::stderr())
    }

    /// Writes bytes of the answer to standard output as they are.
    #[expect(clippy::unused_self, reason = "only who has the console may write")]
    pub(crate) fn answer_bytes(&self, bytes: &[u8]) -> io::Result<()> {
        let mut out = io::stdout().lock();
        out.write_all(bytes)?;
        out.flush()
    }

    /// Whether a person would see standard output.
    #[expect(clippy::unused_self, reason = "only who has the console may ask about the terminal")]
    pub(crate) fn shows_output(&self) -> bool {
        io::stdout().is_terminal()
    }

    /// Whether a terminal is at one of the three streams: it interrupts all that runs in its foreground.
    #[expect(clippy::unused_self, reason = "only who has the console may ask about the terminal")]
    pub(crate) fn is_at_a_terminal(&self) -> bool {
        io::stdin().is_terminal() || io::stdout().is_terminal() || io::stderr().is_terminal()
    }

    /// Standard output for an answer that is too large to be held.
    #[expect(clippy::unused_self, reason = "whoever writes to the terminal asks the console")]
    pub(crate) fn raw_output(&self) -> impl Write + Send + 'static {
        io::BufWriter::with_capacity(1 << 16, io::stdout())
    }

    /// Says what happens.
    pub(crate) fn info(&self, line: impl AsRef<str>) {
        if self.level > LogLevel::Info || self.quiet {
            return;
        }
        let line = text::harmless(line.as_ref());
        if self.as_kit {
            write_line(&mut io::stdout().lock(), &line);
        } else {
            write_line(&mut io::stderr().lock(), &line);
        }
    }

    /// Writes a line to standard error for each request that a hub has answered, as `text` or `json`.
    #[cfg(feature = "hub")]
    #[expect(clippy::unused_self, reason = "only who has the console may write")]
    pub(crate) fn log_requests(&self, format: &str) {
        use tracing_subscriber::filter::{LevelFilter, Targets};
        use tracing_subscriber::prelude::*;
        let lines = tracing_subscriber::fmt::layer().with_writer(io::stderr).with_ansi(false);
        let lines = match format {
            "json" => lines.json().flatten_event(true).boxed(),
            "text" => lines.boxed(),
            _ => return,
        };
        // What libraries say of themselves may hold what clients sent.
        let ours = Targets::new().with_target("sealkit_hub", LevelFilter::INFO);
        // It is set once in a process: a hub is all that this one serves.
        let _ = tracing_subscriber::registry().with(lines.with_filter(ours)).try_init();
    }

    /// Asks the person at the terminal for a line; `None` where nobody sits there or it is a CI job.
    #[expect(clippy::unused_self, reason = "only who has the console may write")]
    pub(crate) fn ask(&self, question: &str) -> io::Result<Option<String>> {
        let in_ci = std::env::var_os("CI").is_some_and(|value| !value.is_empty());
        if in_ci || !io::stdin().is_terminal() || !io::stderr().is_terminal() {
            return Ok(None);
        }
        let mut terminal = io::stderr().lock();
        write!(terminal, "{}", text::harmless(question))?;
        terminal.flush()?;
        let mut line = String::new();
        io::stdin().lock().take(4096).read_line(&mut line)?;
        Ok(Some(line.trim().to_owned()))
    }

    /// Says what may be wrong.
    pub(crate) fn warn(&self, line: impl AsRef<str>) {
        if self.level > LogLevel::Warn {
            return;
        }
        let label = if self.as_kit { "[WARN ] " } else { "warning: " };
        let line = format!("{}{}", self.paint("33", label), line.as_ref());
        write_line(&mut io::stderr().lock(), &text::harmless(&line));
    }

    /// Says what went wrong, why, and what to do next.
    pub(crate) fn failure(&self, failure: &Failure) {
        let mut text = if self.as_kit {
            failure.render_as_kit()
        } else {
            failure.render(&self.paint("31", "error:"), &self.paint("36", "hint:"))
        };
        if self.level < LogLevel::Info {
            text = format!("{text}\ncode: {}", failure.code());
        }
        write_line(&mut io::stderr().lock(), &text);
    }

    /// `text` in a colour (SGR code) where colour is on.
    pub(crate) fn paint(&self, code: &str, text: &str) -> String {
        if self.color { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
    }

    /// Where long work reports to: bars on a terminal, a plain heartbeat elsewhere.
    pub(crate) fn progress(&self) -> Arc<dyn Progress> {
        progress::choose(self.progress, io::stderr().is_terminal())
    }
}

/// A closed pipe is a normal end (`sealkit list | head`), and nothing better can be done about a
/// terminal that is gone: so failures to write are not errors here. A text that ends its last line itself is
/// written as it is.
fn write_line(out: &mut impl Write, line: &str) {
    let end = if line.ends_with('\n') { "" } else { "\n" };
    let _ = write!(out, "{line}{end}");
}
