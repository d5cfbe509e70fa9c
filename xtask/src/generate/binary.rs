//! What the binary says of itself: its command line and its environment variables.

use std::path::Path;
use std::process::Command;

use super::Generated;
use crate::run::{Outcome, cargo, run};

/// Names a binary that is built already: who built the whole workspace need not build it again.
const BUILT: &str = "SEALKIT_BIN";

/// Pages that are kept in the repository. Man pages are made when a release is: they hold nothing
/// that the command-line page does not.
static KEPT: &[&str] = &["md", "json"];

/// Runs the hidden verb `generate-docs` into a scratch folder and takes up its pages.
pub(super) fn files() -> Outcome<Vec<Generated>> {
    let scratch = tempfile::tempdir()?;
    let mut command = program();
    run(command.arg("generate-docs").arg(scratch.path()).env_remove("SEALKIT_HOME"))?;
    collect(scratch.path())
}

fn program() -> Command {
    if let Some(built) = std::env::var_os(BUILT) {
        return Command::new(built);
    }
    let mut command = cargo();
    command.args(["run", "--quiet", "--package", "sealkit", "--"]);
    command
}

fn collect(folder: &Path) -> Outcome<Vec<Generated>> {
    let mut pages = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(next)? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|end| KEPT.iter().any(|kept| *kept == end)) {
                let target = Path::new("docs/reference").join(path.strip_prefix(folder)?);
                pages.push((target, std::fs::read(path)?));
            }
        }
    }
    pages.sort();
    Ok(pages)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_and_schemas_are_taken_and_man_pages_are_not() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(folder.path().join("schemas")).unwrap();
        for name in ["cli.md", "sealkit.1", "schemas/kitfile.json"] {
            std::fs::write(folder.path().join(name), name).unwrap();
        }
        let pages = collect(folder.path()).unwrap();
        let paths: Vec<_> = pages.iter().map(|(path, _)| path.to_str().unwrap()).collect();
        assert_eq!(paths, ["docs/reference/cli.md", "docs/reference/schemas/kitfile.json"]);
        assert_eq!(pages[0].1, b"cli.md");
    }
}
