//! Only the binary's console module writes to the terminal, and only `main` picks an exit code:
//! invariant 8 of `ARCHITECTURE.md`.

use super::scrub::scrub;
use super::sources::{Source, line_of, shipped};
use crate::run::Outcome;

/// Ways to write to the terminal. With an argument, `stdout(…)` sets up a child process instead.
static WRITES: &[&str] = &["stdout()", "stderr()", "println!", "print!", "eprintln!", "eprint!"];
static CONSOLE: &str = "crates/sealkit/src/console/";

/// Ways to pick how the process ends.
static ENDS: &[&str] = &["process::exit", "process::abort", "ExitCode"];
static MAIN: &str = "crates/sealkit/src/main.rs";

/// Looks through every source file that ships. Returns what it found and how many files.
pub(super) fn check_workspace() -> Outcome<(Vec<String>, usize)> {
    let files = shipped()?;
    let problems = files.iter().flat_map(check).collect();
    Ok((problems, files.len()))
}

fn check(file: &Source) -> Vec<String> {
    let code = scrub(&file.text);
    let mut problems = Vec::new();
    let mut look = |names: &[&str], allowed: &str, what: &str| {
        if file.shown.starts_with(allowed) {
            return;
        }
        for name in names {
            for (at, _) in code.match_indices(name).filter(|(at, _)| starts_word(&code, *at)) {
                problems.push(format!("{}:{}: {what} `{name}`", file.shown, line_of(&code, at)));
            }
        }
    };
    look(WRITES, CONSOLE, "writes to the terminal:");
    look(ENDS, MAIN, "picks how the process ends:");
    problems
}

fn starts_word(code: &str, at: usize) -> bool {
    !code[..at].chars().next_back().is_some_and(|c| c.is_alphanumeric() || c == '_')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(shown: &str, text: &str) -> usize {
        check(&Source { shown: shown.to_owned(), text: text.to_owned() }).len()
    }

    #[test]
    fn the_workspace_writes_in_one_place() {
        let (problems, files) = check_workspace().unwrap();
        assert_eq!(problems, Vec::<String>::new());
        assert!(files > 50);
    }

    #[test]
    fn writing_elsewhere_is_found() {
        let text = "fn f() { println!(x); io::stderr().lock(); }";
        assert_eq!(found("crates/sealkit-ops/src/seal.rs", text), 2);
        assert_eq!(found("crates/sealkit/src/console/mod.rs", text), 0);
    }

    #[test]
    fn ending_the_process_elsewhere_is_found() {
        assert_eq!(found("crates/sealkit/src/app.rs", "std::process::exit(1)"), 1);
        assert_eq!(found("crates/sealkit/src/main.rs", "fn main() -> ExitCode {}"), 0);
    }

    #[test]
    fn the_streams_of_a_child_are_its_own() {
        assert_eq!(found("crates/x/src/a.rs", "c.stdout(Stdio::piped()); child.stdout.take()"), 0);
    }
}
