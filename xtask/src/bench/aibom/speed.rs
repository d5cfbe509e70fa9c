//! What an AIBOM costs, beside programs that do nothing but read and hash.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::inputs::Input;
use super::makers;
use crate::bench::inputs::{Scale, bare, make};
use crate::bench::measure::{Sample, measure, median, peak};
use crate::run::{Outcome, which};

/// One thread that reads and hashes, and does nothing else.
pub(super) const LOOP: &str = "read and hash";
/// SealKit with its usual format.
pub(super) const BOM: &str = "sealkit bom";
/// The same with another one.
pub(super) const BOM_SPDX: &str = "sealkit bom, SPDX";
/// What anybody would take to hash files.
pub(super) const SUMS: &str = "sha256sum";

/// Runs of one program on one input.
pub(super) struct Series {
    /// The input.
    pub(super) input: String,
    /// What the input was made for.
    pub(super) of: Of,
    /// The program.
    pub(super) subject: &'static str,
    pub(super) samples: Vec<Sample>,
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

/// Folders of small files: their number, and the bytes of each.
const SMALL: [(u64, u64); 3] = [(20_000, 100), (20_000, 4 << 10), (20_000, 16 << 10)];

/// What an input was made for, and so what has to be reached on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Of {
    /// The real model.
    Real,
    /// Nothing but its bytes.
    Large,
    /// Nothing but its number of files.
    Small,
    /// A look at what else may cost.
    Other,
}

/// Measures everything, the programs of one input in turn.
pub(super) fn measure_all(
    work: &Path,
    real: &Input,
    scale: &Scale,
    runs: u64,
) -> Outcome<Vec<Series>> {
    let scratch = tempfile::Builder::new().prefix("speed-").tempdir_in(work)?;
    let large = make(scratch.path(), scale)?;
    let mut all = one(&format!("{}: the real model", real.name), Of::Real, &real.folder, runs)?;
    for input in &large {
        let name = format!("{}, {} MiB", input.name, input.bytes >> 20);
        let of = if input.files == 1 { Of::Large } else { Of::Other };
        all.extend(one(&name, of, &input.folder, runs)?);
    }
    for (files, size) in SMALL {
        let scratch = tempfile::Builder::new().prefix("small-").tempdir_in(work)?;
        let input = bare(scratch.path(), files, size)?;
        all.extend(one(&small_name(files, size), Of::Small, &input.folder, runs)?);
    }
    Ok(all)
}

fn small_name(files: u64, size: u64) -> String {
    let (size, unit) = if size < 1 << 10 { (size, "bytes") } else { (size >> 10, "KiB") };
    format!("{files} files of {size} {unit}, no Kitfile")
}

fn one(name: &str, of: Of, folder: &Path, runs: u64) -> Outcome<Vec<Series>> {
    let mut subjects = vec![LOOP, BOM];
    subjects.extend((of == Of::Small).then_some(BOM_SPDX));
    subjects.extend(which(SUMS).map(|_| SUMS));
    let series = |subject| Series { input: name.to_owned(), of, subject, samples: Vec::new() };
    let mut all: Vec<Series> = subjects.into_iter().map(series).collect();
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
        BOM => makers::bom(&release("sealkit"), folder),
        BOM_SPDX => {
            let mut command = makers::bom(&release("sealkit"), folder);
            command.args(["--format", "spdx3-json"]);
            command
        }
        SUMS => {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_say_number_and_size() {
        assert_eq!(small_name(20_000, 100), "20000 files of 100 bytes, no Kitfile");
        assert_eq!(small_name(5, 16 << 10), "5 files of 16 KiB, no Kitfile");
    }

    #[test]
    fn every_program_of_small_files_is_another_command() {
        let shown = |subject| format!("{:?}", command(subject, Path::new("folder")));
        let all: std::collections::BTreeSet<_> =
            [LOOP, BOM, BOM_SPDX, SUMS].into_iter().map(shown).collect();
        assert_eq!(all.len(), 4, "{all:?}");
        assert!(all.iter().all(|command| command.contains("\"folder\"")), "{all:?}");
    }
}
