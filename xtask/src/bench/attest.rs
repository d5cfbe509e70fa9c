//! `cargo xtask bench attest`: signing and verifying a model folder beside `model_signing` and a bare
//! loop on all processors, signing a kit that is packed already, and verifying one that a thousand
//! statements are attached to.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::inputs::shards;
use super::measure::{Sample, best, measure, median, peak};
use crate::run::{Outcome, cargo, fail, has_flag, number_after, root, run, target_dir, which};

const KIT: &str = "bench/kit:v1";
const FILES: u64 = 16;
/// Statements that are attached beside those of the seal.
const STATEMENTS: usize = 996;

/// Runs of one program doing one thing.
struct Series {
    action: &'static str,
    subject: &'static str,
    bytes: u64,
    samples: Vec<Sample>,
}

/// `cargo xtask bench attest [--full] [--write] [--runs N]`.
pub(super) fn task(args: &[String]) -> Outcome {
    let runs = number_after(args, "--runs", 5)?;
    let size = if has_flag(args, "--full") { 256 << 20 } else { 32 << 20 };
    run(cargo().args(["build", "--release", "--package", "sealkit", "--package", "xtask"]))?;
    let scratch = tempfile::Builder::new().prefix("attest-").tempdir_in(target_dir())?;
    let bench = Bench::prepare(scratch.path(), size)?;
    let mut table = bench.model(runs)?;
    table.extend(bench.kit(runs)?);
    let page = page(&table, size, runs);
    println!("{page}");
    if has_flag(args, "--write") {
        std::fs::write(root().join("docs/reference/attest-benchmark.md"), page)?;
    }
    Ok(())
}

struct Bench {
    sealkit: PathBuf,
    xtask: PathBuf,
    /// The reference implementation, where it is installed.
    peer: Option<PathBuf>,
    work: PathBuf,
    size: u64,
}

impl Bench {
    fn prepare(work: &Path, size: u64) -> Outcome<Self> {
        let release = target_dir().join("release");
        let peer = std::env::var_os("SEALKIT_MODEL_SIGNING").map(PathBuf::from);
        let bench = Self {
            sealkit: release.join("sealkit"),
            xtask: release.join("xtask"),
            peer: peer.or_else(|| which("model_signing")),
            work: work.to_owned(),
            size,
        };
        shards(&work.join("model"), FILES, size)?;
        let small = work.join("kit/model.bin");
        shards(&work.join("kit"), 1, 1 << 20)?;
        std::fs::rename(work.join("kit/shard-01.bin"), small)?;
        // A key that is not encrypted, so that no run is measured at opening it.
        let made = Command::new("openssl")
            .args(["genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out"])
            .arg(work.join("key.pem"))
            .output()?;
        let public = Command::new("openssl")
            .args(["pkey", "-pubout", "-in"])
            .arg(work.join("key.pem"))
            .arg("-out")
            .arg(work.join("key.pub"))
            .output()?;
        if !made.status.success() || !public.status.success() {
            return fail("`openssl` made no key");
        }
        Ok(bench)
    }

    fn sealkit(&self, args: &[&str]) -> Command {
        let mut command = Command::new(&self.sealkit);
        command.current_dir(&self.work).env("SEALKIT_HOME", self.work.join("home")).args(args);
        command
    }

    fn bare(&self) -> Command {
        let mut command = Command::new(&self.xtask);
        command.args(["bare", "hash-all"]).arg(self.work.join("model")).arg("-");
        command
    }

    /// Signing and verifying the folder, all in turn; the first round only warms up.
    fn model(&self, runs: u64) -> Outcome<Vec<Series>> {
        let bytes = FILES * self.size;
        let series = |action, subject| Series { action, subject, bytes, samples: Vec::new() };
        let mut all = vec![
            series("sign the folder", "bare loop"),
            series("sign the folder", "sealkit"),
            series("verify the folder", "bare loop"),
            series("verify the folder", "sealkit"),
        ];
        if self.peer.is_some() {
            all.push(series("sign the folder", "model_signing"));
            all.push(series("verify the folder", "model_signing"));
        }
        for round in 0..=runs {
            for series in &mut all {
                let sample = measure(&mut self.on_model(series.action, series.subject))?;
                if round > 0 {
                    series.samples.push(sample);
                }
            }
        }
        Ok(all)
    }

    fn on_model(&self, action: &str, subject: &str) -> Command {
        let signs = action.starts_with("sign");
        match (subject, &self.peer) {
            ("sealkit", _) if signs => {
                self.sealkit(&["sign", "model", "--signature", "ours.sig", "--key", "key.pem"])
            }
            ("sealkit", _) => {
                self.sealkit(&["verify", "model", "--signature", "ours.sig", "--key", "key.pub"])
            }
            ("model_signing", Some(peer)) => {
                let mut command = Command::new(peer);
                command.current_dir(&self.work);
                let (verb, key) = if signs {
                    ("sign", ["--private_key", "key.pem"])
                } else {
                    ("verify", ["--public_key", "key.pub"])
                };
                command.args([verb, "key", "model", "--signature", "theirs.sig"]).args(key);
                command
            }
            _ => self.bare(),
        }
    }

    /// A kit in the local store: signing it, and verifying it when much is attached.
    fn kit(&self, runs: u64) -> Outcome<Vec<Series>> {
        self.sealkit(&["seal", "kit", "-t", KIT, "--key", "key.pem"]).output()?;
        let series = |action| Series { action, subject: "sealkit", bytes: 0, samples: Vec::new() };
        let mut all =
            vec![series("sign a packed kit"), series("verify a kit with 1,000 statements")];
        for round in 0..=runs {
            let sample = measure(&mut self.sealkit(&["sign", KIT, "--key", "key.pem"]))?;
            if round > 0 {
                all[0].samples.push(sample);
            }
        }
        std::fs::remove_dir_all(self.work.join("home"))?;
        measure(&mut self.sealkit(&["seal", "kit", "-t", KIT, "--key", "key.pem"]))?;
        self.attest_many()?;
        for round in 0..=runs {
            let sample = measure(&mut self.sealkit(&["verify", KIT, "--key", "key.pub"]))?;
            if round > 0 {
                all[1].samples.push(sample);
            }
        }
        Ok(all)
    }

    /// Attaches many statements, each of which says something else.
    fn attest_many(&self) -> Outcome {
        for number in 0..STATEMENTS {
            let said = serde_json::json!({ "number": number }).to_string();
            std::fs::write(self.work.join("said.json"), said)?;
            let kind = "https://example.com/bench/v1";
            let args = ["attest", KIT, "--type", kind, "--predicate", "said.json"];
            let output = self.sealkit(&args).args(["--key", "key.pem"]).output()?;
            if !output.status.success() {
                return fail(String::from_utf8_lossy(&output.stderr).into_owned());
            }
        }
        Ok(())
    }
}

const HEAD: &str = "# Benchmark of signing and verifying

Written by `cargo xtask bench attest --write`. Each line is a process of its own; all subjects run in turn
after one round of warm-up, on files in the page cache. \"Of bare\" is the median time of a loop that does
nothing but read and hash with SHA-256 on all processors, divided by that of the subject. The key is not
encrypted, so that opening it (scrypt) is not measured.

";

fn page(table: &[Series], size: u64, runs: u64) -> String {
    let mut page = HEAD.to_owned();
    let processors = std::thread::available_parallelism().map_or(0, usize::from);
    let _ = writeln!(
        page,
        "A model of {FILES} files of {} MiB; a kit of 1 MiB. {runs} runs, {processors} processors.\n",
        size >> 20
    );
    page.push_str("| action | subject | best ms | median ms | MiB/s | of bare | peak MiB |\n");
    page.push_str("|---|---|--:|--:|--:|--:|--:|\n");
    for series in table {
        page.push_str(&row(series, table));
    }
    page
}

fn row(series: &Series, table: &[Series]) -> String {
    let middle = median(&series.samples).as_secs_f64();
    let bare =
        table.iter().find(|other| other.action == series.action && other.subject == "bare loop");
    let share = bare.map_or("–".to_owned(), |bare| {
        format!("{:.0} %", median(&bare.samples).as_secs_f64() / middle * 100.0)
    });
    let rate = match series.bytes {
        0 => "–".to_owned(),
        bytes => format!("{:.0}", (bytes >> 20) as f64 / middle),
    };
    format!(
        "| {} | {} | {:.0} | {:.0} | {rate} | {share} | {} |\n",
        series.action,
        series.subject,
        best(&series.samples).as_secs_f64() * 1000.0,
        middle * 1000.0,
        peak(&series.samples).div_ceil(1 << 20),
    )
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn series(action: &'static str, subject: &'static str, ms: u64, bytes: u64) -> Series {
        let sample = Sample { time: Duration::from_millis(ms), peak: 3 << 20 };
        Series { action, subject, bytes, samples: vec![sample] }
    }

    #[test]
    fn a_row_compares_with_the_bare_loop_of_its_action() {
        let table = [
            series("sign", "bare loop", 900, 100 << 20),
            series("sign", "sealkit", 1_000, 100 << 20),
            series("verify", "sealkit", 40, 0),
        ];
        assert_eq!(row(&table[1], &table), "| sign | sealkit | 1000 | 1000 | 100 | 90 % | 3 |\n");
        assert_eq!(row(&table[2], &table), "| verify | sealkit | 40 | 40 | – | – | 3 |\n");
    }
}
