//! The table, as Markdown.

use std::fmt::Write as _;

use super::Series;
use super::inputs::Scale;
use super::measure::{best, median, peak};

const HEAD: &str = "# Benchmarks

Written by `cargo xtask bench --write`. Each line is a process of its own; all subjects run in turn
after one round of warm-up. \"Of bare\" is the median time of the bare loop, which does only what no
packer can leave out (read, layer and file SHA-256, BLAKE3 of each MiB, write, `fsync`), divided by
the median time of the subject: 100 % is as fast as the loop. The bare loop uses one thread. Before
each run the disk is let finish what it still has to do; many files are removed after the last run
only, since a file system searches longer for room where much was removed a moment ago.

";

/// The whole page.
pub(super) fn render(scale: &Scale, runs: u64, table: &[Series]) -> String {
    let mut page = HEAD.to_owned();
    let _ = writeln!(
        page,
        "Scale `{}`: one file of {} MiB; {} files of {} KiB. {runs} runs, {} processors.\n",
        scale.name,
        scale.large >> 20,
        scale.files,
        scale.small >> 10,
        std::thread::available_parallelism().map_or(0, usize::from),
    );
    page.push_str(
        "| input | action | subject | best s | median s | MiB/s | of bare | peak MiB |\n",
    );
    page.push_str("|---|---|---|--:|--:|--:|--:|--:|\n");
    for series in table {
        page.push_str(&row(series, table));
    }
    page
}

fn row(series: &Series, table: &[Series]) -> String {
    let middle = median(&series.samples).as_secs_f64();
    let bare = table.iter().find(|other| {
        other.input == series.input && other.action == series.action && other.subject == "bare loop"
    });
    let share = bare.map_or(0.0, |bare| median(&bare.samples).as_secs_f64() / middle * 100.0);
    format!(
        "| {} | {} | {} | {:.2} | {middle:.2} | {:.0} | {share:.0} % | {} |\n",
        series.input,
        series.action.name(),
        series.subject,
        best(&series.samples).as_secs_f64(),
        (series.bytes >> 20) as f64 / middle,
        peak(&series.samples).div_ceil(1 << 20),
    )
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::measure::Sample;
    use super::super::subject::Action;
    use super::*;

    #[test]
    fn a_row_compares_with_the_bare_loop_of_the_same_input_and_action() {
        let series = |subject, ms| Series {
            input: "x",
            action: Action::Pack,
            subject,
            bytes: 100 << 20,
            samples: vec![Sample { time: Duration::from_millis(ms), peak: 3 << 20 }],
        };
        let table = [series("bare loop", 1_000), series("sealkit", 1_250)];
        assert_eq!(
            row(&table[1], &table),
            "| x | pack | sealkit | 1.25 | 1.25 | 80 | 80 % | 3 |\n"
        );
    }
}
