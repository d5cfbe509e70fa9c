//! `cargo xtask bench`: speed and memory beside a bare loop that does the same unavoidable work.

mod aibom;
mod attest;
mod bare;
mod catalog;
mod hub;
mod inputs;
mod measure;
mod page;
mod subject;

use crate::run::{Outcome, cargo, fail, has_flag, number_after, root, run};
pub(crate) use catalog::measure_task;
use inputs::{Input, Scale};
use measure::Sample;
use subject::{Action, Subject};

/// From this number of files on, what a run wrote stays until all runs are done: ext4 passes over
/// inodes that were freed a moment ago one by one, so that whoever comes after a removal of many
/// files would be measured at searching for free ones.
const MANY: u64 = 1000;

/// Runs of one subject doing one action on one input.
pub(crate) struct Series {
    input: &'static str,
    action: Action,
    subject: &'static str,
    bytes: u64,
    samples: Vec<Sample>,
}

/// `cargo xtask bench [aibom|attest|hub|catalog] [--full] [--write] [--runs N]`.
pub(crate) fn task(args: &[String]) -> Outcome {
    match args.split_first().map(|(first, rest)| (first.as_str(), rest)) {
        Some(("aibom", rest)) => return aibom::task(rest),
        Some(("attest", rest)) => return attest::task(rest),
        Some(("hub", rest)) => return hub::task(rest),
        Some(("catalog", rest)) => return catalog::task(rest),
        _ => {}
    }
    let full = has_flag(args, "--full");
    let runs = number_after(args, "--runs", 5)?;
    let scale = if full { Scale::full() } else { Scale::small() };
    let mut build = cargo();
    run(build.args(["build", "--release", "--package", "sealkit", "--package", "xtask"]))?;

    let scratch = scratch_folder()?;
    let inputs = inputs::make(scratch.path(), &scale)?;
    let subjects = Subject::all();
    let mut table = Vec::new();
    for input in &inputs {
        table.extend(measure_input(scratch.path(), input, &subjects, runs)?);
    }
    let page = page::render(&scale, runs, &table);
    println!("{page}");
    if has_flag(args, "--write") {
        std::fs::write(root().join("docs/reference/benchmarks.md"), page)?;
    }
    Ok(())
}

/// `xtask bare pack|unpack FROM TO`: one pass of the bare loop, as a process of its own so that it
/// is measured as the others are.
pub(crate) fn bare_task(args: &[String]) -> Outcome {
    let [action, from, to] = args else {
        return fail("usage: bare pack|unpack|hash|hash-all FROM TO");
    };
    match action.as_str() {
        "pack" => bare::pack(from.as_ref(), to.as_ref()),
        "unpack" => bare::unpack(from.as_ref(), to.as_ref()),
        "hash" => bare::hash(from.as_ref()),
        "hash-all" => bare::hash_all(from.as_ref()),
        _ => fail("usage: bare pack|unpack|hash|hash-all FROM TO"),
    }
}

/// The inputs must lie on a real disk: `fsync` on a memory file system costs nothing.
fn scratch_folder() -> Outcome<tempfile::TempDir> {
    let base = crate::run::target_dir();
    std::fs::create_dir_all(&base)?;
    Ok(tempfile::Builder::new().prefix("bench-").tempdir_in(base)?)
}

/// Lets the disk finish what the last run left to do, removed files among it: else the next subject
/// would wait for it.
fn settle() {
    // Where there is no `sync`, the runs merely disturb each other more.
    let _ = std::process::Command::new("sync").status();
}

/// All subjects in turn, so that a slow minute of the machine strikes all alike.
fn measure_input(
    scratch: &std::path::Path,
    input: &Input,
    subjects: &[Subject],
    runs: u64,
) -> Outcome<Vec<Series>> {
    let series = |action: Action, subject: &Subject| Series {
        input: input.name,
        action,
        subject: subject.name,
        bytes: input.bytes,
        samples: Vec::new(),
    };
    let mut packs: Vec<Series> = subjects.iter().map(|s| series(Action::Pack, s)).collect();
    let mut unpacks: Vec<Series> = subjects.iter().map(|s| series(Action::Unpack, s)).collect();
    for round in 0..=runs {
        for (at, subject) in subjects.iter().enumerate() {
            let place = scratch.join(format!("run-{round}-{at}"));
            let pack = subject.run(Action::Pack, input, &place)?;
            settle();
            let unpack = subject.run(Action::Unpack, input, &place)?;
            if input.files < MANY {
                std::fs::remove_dir_all(&place)?;
            }
            settle();
            // The first round only warms up.
            if round > 0 {
                packs[at].samples.push(pack);
                unpacks[at].samples.push(unpack);
            }
        }
    }
    for round in 0..=runs {
        for at in 0..subjects.len() {
            let place = scratch.join(format!("run-{round}-{at}"));
            if place.exists() {
                std::fs::remove_dir_all(&place)?;
            }
        }
    }
    packs.append(&mut unpacks);
    Ok(packs)
}
