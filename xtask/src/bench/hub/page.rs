//! The table, as Markdown.

use std::fmt::Write as _;

use super::{Action, CONNECTIONS, Machine, Measured, PARALLEL, PARALLEL_SIZE};

/// The registry by which machines are compared.
pub(super) const YARDSTICK: &str = "docker-registry (Debian)";

const HEAD: &str = "# Benchmark of the hub

Written by `cargo xtask bench hub --write`. Registries in turn in one run, each a process of its own over a folder
of its own on the same disk; the client is another process, so that only the server is measured. The hub asks for a
token at each request and flushes a blob before it acknowledges it; the others ask for nothing and do not flush.
Every blob that is pushed is one that the server has not seen. \"Per CPU-second\" is what counts on a machine that does
other work as well: how much the server does with one second of one processor (user and system, from `/proc`). The
first round only warms up; the numbers are medians. Each program is read from the disk anew when it starts: what of it is
resident then does not depend on who wrote the file. Right before each push as much memory is given free as it takes: what the host
of a guest gives anew would cost more than the push.

Goals are numbers of the machine on which they were set. How fast another one is shows in what docker-registry of Debian does there: a goal
is also so many times what that did on the first machine, and what has to hold on any machine is that multiple, in the same run.

A streamed PATCH has to come within a tenth of one PUT. A kit is an archive with a model in it and no file table: the hub lists its files,
hashes and inspects them and puts them into its catalogue, by ranges of the blob, and all of that is in its number; the others store it
and do no more. zot and angos are measured too where `SEALKIT_ZOT` or `SEALKIT_ANGOS` names the program.

";

/// What an action has to reach, per CPU-second.
struct Goal {
    least: f64,
    /// What [`YARDSTICK`] reached where the goal was set: the middle of all its runs.
    yardstick: f64,
    /// At least so much of the best peer.
    times: Option<f64>,
}

/// None for a streamed PATCH, which is held against one PUT.
fn goal(action: Action) -> Option<Goal> {
    let (least, yardstick) = match action {
        Action::Push => (700.0, 313.0),
        Action::Streamed => return None,
        Action::Kit => (500.0, 313.0),
        Action::Pull => (2_500.0, 2_375.0),
        Action::ByTag => (30_000.0, 964.0),
        Action::ByDigest => (30_000.0, 924.0),
        Action::Small => (20_000.0, 453.0),
    };
    Some(Goal { least, yardstick, times: (action == Action::Push).then_some(1.2) })
}

fn name(action: Action) -> &'static str {
    match action {
        Action::Push => "push, one PUT (MB)",
        Action::Streamed => "push, streamed PATCH (MB)",
        Action::Kit => "push of a kit, until it is known (MB)",
        Action::Pull => "pull (MB)",
        Action::ByTag => "manifest by tag (requests)",
        Action::ByDigest => "manifest by digest (requests)",
        Action::Small => "blob of 2 bytes (requests)",
    }
}

/// The whole page.
pub(super) fn render(measured: &[Measured], size: u64, runs: u64, machine: &Machine) -> String {
    let mut page = HEAD.to_owned();
    let processors = std::thread::available_parallelism().map_or(0, usize::from);
    let _ = writeln!(
        page,
        "Blobs of {size} MiB; one client asks for small things on {CONNECTIONS} connections; {runs} runs; {processors} processors, shared with other work.\n"
    );
    page.push_str(
        "| action | registry | per second | per CPU-second | goal |\n|---|---|--:|--:|---|\n",
    );
    for action in Action::ALL {
        for (at, one) in measured.iter().enumerate() {
            let (wall, cpu) = one.rates(action);
            let goal = if at == 0 { reached(action, one, &measured[1..]) } else { String::new() };
            let _ = writeln!(
                page,
                "| {} | {} | {wall:.0} | {cpu:.0} | {goal} |",
                name(action),
                one.name
            );
        }
    }
    hashing(&mut page, measured, machine.hashing);
    page.push_str("\n| memory, MiB | ");
    for one in measured {
        let _ = write!(page, "{} | ", one.name);
    }
    page.push_str("goal |\n|---|");
    page.push_str(&"--:|".repeat(measured.len()));
    page.push_str("--:|\n");
    let idle: Vec<f64> = measured.iter().map(|one| one.idle).collect();
    let pushing: Vec<f64> = measured.iter().map(|one| one.pushing).collect();
    memory(&mut page, "idle", &idle, 25.0);
    let most = format!("most, {PARALLEL} pushes of {PARALLEL_SIZE} MiB at once");
    memory(&mut page, &most, &pushing, 128.0);
    if let Some(start) = machine.large_start {
        let _ = writeln!(
            page,
            "\nOver a database of a million blobs the hub listens after {} ms (goal: 2,000).",
            start.as_millis()
        );
    }
    page
}

/// How much of the limit of the machine a push reaches: whoever stores a blob has to hash it.
fn hashing(page: &mut String, measured: &[Measured], most: f64) {
    let Some(own) = measured.first().filter(|_| most > 0.0) else { return };
    let share = |action, times: f64| own.rates(action).1 * times / most * 100.0;
    let _ = writeln!(
        page,
        "\nIn the same run one processor took SHA-256 of {most:.0} MB in a second, and nothing else. A push, which is received and \
         stored as well, comes to {:.0} % of that; a kit, of which layer and files are hashed, to {:.0} % of half of it.",
        share(Action::Push, 1.0),
        share(Action::Kit, 2.0)
    );
}

/// What was to be reached, and whether it was.
fn reached(action: Action, own: &Measured, peers: &[Measured]) -> String {
    let cpu = own.rates(action).1;
    let Some(Goal { least, yardstick, times }) = goal(action) else {
        let put = own.rates(Action::Push).1;
        return format!("{} {:.0}, nine tenths of one PUT", mark(cpu >= 0.9 * put), 0.9 * put);
    };
    let best = peers.iter().map(|one| one.rates(action).1).fold(0.0, f64::max);
    let mut text = format!("{} {least:.0}", mark(cpu >= least));
    if let Some(here) = peers.iter().find(|one| one.name == YARDSTICK) {
        let (as_many, reached) = (least / yardstick, cpu / here.rates(action).1);
        let _ = write!(
            text,
            ", {} {as_many:.1} × docker-registry ({reached:.1})",
            mark(reached >= as_many)
        );
    }
    if let Some(times) = times.filter(|_| best > 0.0) {
        let _ = write!(text, ", {} {times} × the best other", mark(cpu >= times * best));
    }
    text
}

fn memory(page: &mut String, name: &str, values: &[f64], most: f64) {
    let _ = write!(page, "| {name} |");
    for value in values {
        let _ = write!(page, " {value:.0} |");
    }
    let holds = values.first().is_some_and(|own| *own <= most);
    let _ = writeln!(page, " {} {most:.0} |", mark(holds));
}

fn mark(holds: bool) -> char {
    if holds { '✓' } else { '✗' }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::Sample;
    use super::*;

    fn measured(name: &str, cpu: f64) -> Measured {
        let sample = Sample { amount: 1_000.0, wall: 2.0, cpu };
        let samples = Action::ALL.into_iter().map(|action| (action, sample)).collect();
        Measured { name: name.to_owned(), samples, idle: 20.4, pushing: 130.0 }
    }

    #[test]
    fn every_number_stands_beside_its_goal() {
        let all = [measured("hub", 1.0), measured(YARDSTICK, 1.1)];
        let large_start = Some(Duration::from_millis(1_500));
        let page = render(&all, 256, 3, &Machine { hashing: 2_500.0, large_start });
        for line in [
            "| push, one PUT (MB) | hub | 500 | 1000 | ✓ 700, ✗ 2.2 × docker-registry (1.1), ✗ 1.2 × the best other |",
            "| push, one PUT (MB) | docker-registry (Debian) | 500 | 909 |  |",
            "| push, streamed PATCH (MB) | hub | 500 | 1000 | ✓ 900, nine tenths of one PUT |",
            "| push of a kit, until it is known (MB) | hub | 500 | 1000 | ✓ 500, ✗ 1.6 × docker-registry (1.1) |",
            "| pull (MB) | hub | 500 | 1000 | ✗ 2500, ✓ 1.1 × docker-registry (1.1) |",
            "| idle | 20 | 20 | ✓ 25 |",
            "| most, 8 pushes of 1024 MiB at once | 130 | 130 | ✗ 128 |",
            "listens after 1500 ms",
            "SHA-256 of 2500 MB in a second",
            "comes to 40 % of that",
            "to 80 % of half of it",
        ] {
            assert!(page.contains(line), "{line}: {page}");
        }
    }
}
