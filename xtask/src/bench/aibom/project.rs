//! The project that the benchmark describes: every kind of artifact that an AIBOM has to read, made
//! anew each time and always the same, byte for byte.

use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

use sha2::{Digest as _, Sha256};

use super::{parquet, texts, weights};
use crate::run::{Outcome, run};

/// Base model of the adapter and of the quantised model.
pub(super) const BASE: &str = "TinyLlama/TinyLlama-1.1B-Chat-v1.0";
/// Its revision.
pub(super) const REVISION: &str = "fe8a4ea1ffedaf415f4da2f062534de366a451e6";
/// The chat template of the quantised model.
pub(super) const TEMPLATE: &str =
    "{% for message in messages %}{{ message.role }}: {{ message.content }}\n{% endfor %}";
/// Rows of the Parquet file.
pub(super) const ROWS: u32 = 120;
/// Rows of the CSV file.
pub(super) const LINES: usize = 50;

/// Writes the project into an empty folder, with a finished model beside the rest where one is
/// given, and commits it.
pub(super) fn make(folder: &Path, finished: Option<&Path>) -> Outcome {
    let write = |path: &str, bytes: &[u8]| -> Outcome {
        let path = folder.join(path);
        std::fs::create_dir_all(path.parent().unwrap_or(folder))?;
        Ok(std::fs::write(path, bytes)?)
    };
    let table = parquet::file(ROWS);
    write("adapter/adapter_model.safetensors", &weights::safetensors())?;
    write("adapter/adapter_config.json", texts::adapter(BASE, REVISION).as_bytes())?;
    write("adapter/README.md", texts::card(BASE).as_bytes())?;
    write("quantised/tiny-chat-q8_0.gguf", &weights::gguf(TEMPLATE, BASE))?;
    write("classifier/classifier.onnx", &weights::onnx())?;
    write("classifier/MLmodel", texts::MLMODEL.as_bytes())?;
    write("legacy/pytorch_model.bin", &weights::pickle())?;
    write("data/train.parquet", &table)?;
    write("data/labels.csv", texts::csv(LINES).as_bytes())?;
    write("data/README.md", texts::DATASET_CARD.as_bytes())?;
    write("data/croissant.json", texts::croissant(&hex(&table)).as_bytes())?;
    write("requirements.txt", texts::REQUIREMENTS.as_bytes())?;
    write("uv.lock", texts::UV_LOCK.as_bytes())?;
    write("train.py", texts::TRAIN.as_bytes())?;
    write("LICENSE", texts::LICENCE.as_bytes())?;
    write("Kitfile", texts::kitfile(finished.is_some()).as_bytes())?;
    if let Some(model) = finished {
        copy(model, &folder.join("encoder"))?;
    }
    commit(folder)
}

/// SHA-256 in hexadecimal.
pub(super) fn hex(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().fold(String::new(), |mut out, byte| {
        // Writing to a text cannot fail.
        let _ = write!(out, "{byte:02x}");
        out
    })
}

fn copy(from: &Path, to: &Path) -> Outcome {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &target)?;
        } else if !entry.file_name().to_string_lossy().starts_with('.') {
            std::fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}

fn commit(folder: &Path) -> Outcome {
    let git = |args: &[&str]| {
        let mut command = Command::new("git");
        for name in ["GIT_AUTHOR", "GIT_COMMITTER"] {
            command.env(format!("{name}_NAME"), "Ada Example");
            command.env(format!("{name}_EMAIL"), "ada@lab.example");
            command.env(format!("{name}_DATE"), "2026-01-02T03:04:05Z");
        }
        command.current_dir(folder).env("GIT_CONFIG_GLOBAL", "/dev/null");
        run(command.args(["-c", "commit.gpgsign=false"]).args(args))
    };
    git(&["init", "--quiet", "--initial-branch=main"])?;
    git(&["remote", "add", "origin", "https://code.example/lab/reviews.git"])?;
    git(&["add", "--all"])?;
    git(&["commit", "--quiet", "--message=First version"])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_project_is_the_same_every_time() {
        let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        make(one.path(), None).unwrap();
        make(two.path(), None).unwrap();
        let head = |at: &Path| std::fs::read_to_string(at.join(".git/refs/heads/main")).unwrap();
        assert_eq!(head(one.path()), head(two.path()));
    }
}
