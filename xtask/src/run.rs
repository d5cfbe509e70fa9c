//! Running other programs, and finding the workspace.

use std::error::Error;
use std::ffi::OsStr;
use std::fmt::Display;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What every task returns: a failed task says why in one message.
pub(crate) type Outcome<T = ()> = Result<T, Box<dyn Error>>;

/// A failure with its message.
pub(crate) fn fail<T>(message: impl Display) -> Outcome<T> {
    Err(message.to_string().into())
}

/// The workspace's root folder.
pub(crate) fn root() -> PathBuf {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    manifest.parent().unwrap_or(manifest).to_path_buf()
}

/// Where cargo puts what it builds.
pub(crate) fn target_dir() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from)
}

/// The cargo that runs this task.
pub(crate) fn cargo() -> Command {
    let program = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(program);
    command.current_dir(root());
    command
}

/// Runs a command with the terminal's streams and fails unless it exits 0.
pub(crate) fn run(command: &mut Command) -> Outcome {
    let status = command.status().map_err(|error| start_failed(command, &error))?;
    if status.success() { Ok(()) } else { fail(format!("{} failed: {status}", shown(command))) }
}

/// Runs a command and returns its standard output; fails unless it exits 0.
pub(crate) fn capture(command: &mut Command) -> Outcome<String> {
    let output = command.output().map_err(|error| start_failed(command, &error))?;
    if !output.status.success() {
        let reason = String::from_utf8_lossy(&output.stderr);
        return fail(format!("{} failed: {}", shown(command), last_line(&reason)));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Finds a program in `PATH`.
pub(crate) fn which(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|dir| dir.join(name)).find(|file| file.is_file())
}

/// Whether a flag is among the arguments.
pub(crate) fn has_flag(args: &[String], flag: &str) -> bool {
    args.iter().any(|arg| arg == flag)
}

/// The number after a flag, or `default` where the flag is absent.
pub(crate) fn number_after(args: &[String], flag: &str, default: u64) -> Outcome<u64> {
    let Some(at) = args.iter().position(|arg| arg == flag) else { return Ok(default) };
    match args.get(at + 1).and_then(|value| value.parse().ok()) {
        Some(number) => Ok(number),
        None => fail(format!("`{flag}` needs a number")),
    }
}

/// Compares generated files with those on disk, or writes them.
pub(crate) fn write_or_check(
    files: &[(PathBuf, Vec<u8>)],
    check: bool,
    command: &str,
) -> Outcome<Vec<PathBuf>> {
    let mut changed = Vec::new();
    for (path, bytes) in files {
        let full = root().join(path);
        if std::fs::read(&full).is_ok_and(|present| present == *bytes) {
            continue;
        }
        changed.push(path.clone());
        if !check {
            if let Some(parent) = full.parent() {
                std::fs::create_dir_all(parent)?;
            }
            std::fs::write(&full, bytes)?;
        }
    }
    if check && !changed.is_empty() {
        let list: Vec<String> = changed.iter().map(|path| path.display().to_string()).collect();
        return fail(format!("out of date: {}; run `{command}`", list.join(", ")));
    }
    Ok(changed)
}

fn start_failed(command: &Command, error: &std::io::Error) -> Box<dyn Error> {
    format!("{} did not start: {error}", shown(command)).into()
}

fn shown(command: &Command) -> String {
    let args: Vec<_> = command.get_args().map(OsStr::to_string_lossy).collect();
    format!("`{} {}`", command.get_program().to_string_lossy(), args.join(" "))
}

fn last_line(text: &str) -> &str {
    text.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or("no message")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_a_number_after_its_flag() {
        let args = ["--runs".to_owned(), "7".to_owned()];
        assert_eq!(number_after(&args, "--runs", 5).unwrap(), 7);
        assert_eq!(number_after(&args, "--files", 5).unwrap(), 5);
        assert!(number_after(&args[..1], "--runs", 5).is_err());
    }

    #[test]
    fn a_missing_generated_file_is_drift() {
        let files = [(PathBuf::from("docs/reference/never-there.md"), b"x".to_vec())];
        let error = write_or_check(&files, true, "cargo xtask generate").unwrap_err().to_string();
        assert!(error.contains("never-there.md") && error.contains("cargo xtask generate"));
    }

    #[test]
    fn a_failed_command_tells_its_last_words() {
        let mut command = Command::new("sh");
        command.args(["-c", "echo first >&2; echo last words >&2; exit 3"]);
        assert!(capture(&mut command).unwrap_err().to_string().ends_with("last words"));
    }
}
