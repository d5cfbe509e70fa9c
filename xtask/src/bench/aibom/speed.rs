//! What an AIBOM costs, beside programs that do nothing but read and hash.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::inputs::Input;
use super::makers;
use crate::bench::inputs::{Scale, bare, make};
use crate::bench::measure::{Sample, measure, median, peak};
use crate::run::{Outcome, which};

/// Runs of one program on one input.
pub(super) struct Series {
    /// The input.
    pub(super) input: String,
    /// The program.
    pub(super) subject: &'static str,
    samples: Vec<Sample>,
}

impl Series {
    /// Middle time in seconds.
    pub(super) fn seconds(&self) -> f64 {
        median(&self.samples).as_secs_f64()
    }

    /// Highest memory in MiB.
    pub(super) fn mebibytes(&self) -> u64 {
        peak(&self.samples).div_ceil(1 << 20)
    }
}

/// Folders of small files: their number, and the bytes of each. Twice the time of `sha256sum` and 64 MiB
/// are promised for them.
const SMALL: [(u64, u64); 2] = [(20_000, 4 << 10), (20_000, 16 << 10)];

/// Measures everything, the programs of one input in turn.
pub(super) fn measure_all(
    work: &Path,
    real: &Input,
    scale: &Scale,
    runs: u64,
) -> Outcome<Vec<Series>> {
    let scratch = tempfile::Builder::new().prefix("speed-").tempdir_in(work)?;
    let large = make(scratch.path(), scale)?;
    let mut all = one(&format!("{}: the real model", real.name), &real.folder, runs)?;
    for input in &large {
        let name = format!("{}, {} MiB", input.name, input.bytes >> 20);
        all.extend(one(&name, &input.folder, runs)?);
    }
    for (files, size) in SMALL {
        let scratch = tempfile::Builder::new().prefix("small-").tempdir_in(work)?;
        let input = bare(scratch.path(), files, size)?;
        let name = format!("{files} files of {} KiB, no Kitfile", size >> 10);
        all.extend(one(&name, &input.folder, runs)?);
    }
    Ok(all)
}

fn one(name: &str, folder: &Path, runs: u64) -> Outcome<Vec<Series>> {
    let series = |subject| Series { input: name.to_owned(), subject, samples: Vec::new() };
    let mut all = vec![series("read and hash"), series("sealkit bom")];
    if which("sha256sum").is_some() {
        all.push(series("sha256sum"));
    }
    // The first round only warms up.
    for round in 0..=runs {
        for series in &mut all {
            let sample = measure(&mut command(series.subject, folder))?;
            if round > 0 {
                series.samples.push(sample);
            }
        }
    }
    Ok(all)
}

fn command(subject: &str, folder: &Path) -> Command {
    match subject {
        "sealkit bom" => makers::bom(&release("sealkit"), folder),
        "sha256sum" => {
            let mut command = Command::new("sh");
            command.args(["-c", "find \"$1\" -type f -print0 | xargs -0 sha256sum", "sh"]);
            command.arg(folder);
            command
        }
        _ => {
            let mut command = Command::new(release("xtask"));
            command.args(["bare", "hash"]).arg(folder).arg("-");
            command
        }
    }
}

/// A program as it was just built.
pub(super) fn release(name: &str) -> PathBuf {
    crate::run::target_dir().join("release").join(name)
}
