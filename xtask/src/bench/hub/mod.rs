//! `cargo xtask bench hub`: the hub beside other registries, by what each asks of the server's processors.

mod ballast;
pub(super) mod client;
mod kit;
mod page;
pub(super) mod server;

use std::path::Path;
use std::time::{Duration, Instant};

use ballast::Ballast;
use client::{Blob, Client};
use kit::Kit;
use server::{Kind, Running, Subject};

use super::measure::median_of;
use crate::interop::distribution;
use crate::run::{Outcome, cargo, fail, has_flag, number_after, root, run, target_dir, which};

/// Connections that ask at once.
const CONNECTIONS: usize = 16;
/// Pulls of one measurement: one takes so little that the ticks of the clock would count.
const PULLS: usize = 4;
/// Pushes at once, for the memory that they take.
const PARALLEL: usize = 8;
/// Size of each of them, in MiB.
const PARALLEL_SIZE: usize = 1024;
/// Rows of the start of a large hub.
const ROWS: u64 = 1_000_000;

/// What is measured of each subject in each round.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Action {
    Push,
    Streamed,
    /// A kit, until the hub knows what is in it.
    Kit,
    Pull,
    ByTag,
    ByDigest,
    Small,
}

impl Action {
    fn is_push(self) -> bool {
        matches!(self, Self::Push | Self::Streamed | Self::Kit)
    }

    const ALL: [Self; 7] = [
        Self::Push,
        Self::Streamed,
        Self::Kit,
        Self::Pull,
        Self::ByTag,
        Self::ByDigest,
        Self::Small,
    ];
}

/// What is done in a round, in this order. The two ways of a push are held against each other: each comes as often as the
/// other, in turn, so that what the machine does meanwhile strikes both.
const ROUND: [Action; 11] = [
    Action::Push,
    Action::Streamed,
    Action::Push,
    Action::Streamed,
    Action::Push,
    Action::Streamed,
    Action::Kit,
    Action::Pull,
    Action::ByTag,
    Action::ByDigest,
    Action::Small,
];

/// Memory that a push may take beside that of its bytes, in bytes.
const BESIDE: u64 = 64 << 20;

/// One measurement: megabytes or requests, on how much time.
#[derive(Clone, Copy)]
struct Sample {
    amount: f64,
    wall: f64,
    cpu: f64,
}

/// What was measured of one subject.
struct Measured {
    name: String,
    samples: Vec<(Action, Sample)>,
    /// Resident when nobody asks, in MiB.
    idle: f64,
    /// The most that was resident with [`PARALLEL`] pushes, in MiB.
    pushing: f64,
}

impl Measured {
    /// The medians of an action: so much in a second, and in a second of the server's processors.
    fn rates(&self, action: Action) -> (f64, f64) {
        let mine = || self.samples.iter().filter(|(one, _)| *one == action).map(|(_, one)| one);
        let wall = mine().map(|one| one.amount / one.wall).collect();
        // A tick of the system's clock is the least that can be told.
        let cpu = mine().map(|one| one.amount / one.cpu.max(0.01)).collect();
        (median_of(wall), median_of(cpu))
    }
}

/// `cargo xtask bench hub [--full] [--write] [--runs N] [--size MIB] [--seconds N] [--no-build]`.
pub(super) fn task(args: &[String]) -> Outcome {
    let runs = number_after(args, "--runs", 3)?.max(1);
    let size = number_after(args, "--size", if has_flag(args, "--full") { 1024 } else { 256 })?;
    let time = Duration::from_secs(number_after(args, "--seconds", 4)?.max(1));
    if !has_flag(args, "--no-build") {
        run(cargo().args(["build", "--release", "--package", "sealkit"]))?;
    }
    let subjects = subjects();
    let scratch = tempfile::Builder::new().prefix("bench-hub-").tempdir_in(target_dir())?;
    let mut measured: Vec<Measured> = subjects
        .iter()
        .map(|one| Measured {
            name: one.name.clone(),
            samples: Vec::new(),
            idle: 0.0,
            pushing: 0.0,
        })
        .collect();
    let bytes = usize::try_from(size << 20)?;
    let (layer, kit) = (Blob::new(bytes)?, Kit::new(bytes)?);
    let mut pushed = Pushed { layer, kit, time, hashed: Vec::new() };
    // The first round only warms up.
    for round in 0..=runs {
        for (subject, measured) in subjects.iter().zip(&mut measured) {
            let folder = scratch.path().join("round");
            let (samples, idle) = one_round(subject, &folder, &mut pushed)?;
            remove(&folder)?;
            if round > 0 {
                measured.samples.extend(samples);
                measured.idle = measured.idle.max(idle);
            }
        }
    }
    let large = Blob::new(PARALLEL_SIZE << 20)?;
    for (subject, measured) in subjects.iter().zip(&mut measured) {
        let folder = scratch.path().join("parallel");
        measured.pushing = pushed_at_once(subject, &folder, &large)?;
        remove(&folder)?;
    }
    let start = large_start(&subjects, scratch.path())?;
    let machine = Machine { hashing: median_of(pushed.hashed), large_start: start };
    let page = page::render(&measured, size, runs, &machine);
    println!("{page}");
    if has_flag(args, "--write") {
        std::fs::write(root().join("docs/reference/hub-benchmark.md"), page)?;
    }
    Ok(())
}

/// The hub, and the peers that are there or can be had.
fn subjects() -> Vec<Subject> {
    let mut all = vec![Subject::hub()];
    for (variable, name, kind) in
        [("SEALKIT_ZOT", "zot", Kind::Zot), ("SEALKIT_ANGOS", "angos", Kind::Angos)]
    {
        if let Some(program) = std::env::var_os(variable) {
            all.push(Subject { name: name.to_owned(), program: program.into(), kind });
        }
    }
    if let Some(program) = which("docker-registry") {
        let name = page::YARDSTICK.to_owned();
        all.push(Subject { name, program, kind: Kind::Distribution });
    }
    match distribution() {
        Ok((program, version)) => {
            let name = format!("distribution {version}");
            all.push(Subject { name, program, kind: Kind::Distribution });
        }
        Err(error) => println!("distribution is left out: {error}"),
    }
    all
}

/// What is pushed, new in each round, and how long small things are asked for.
struct Pushed {
    layer: Blob,
    kit: Kit,
    time: Duration,
    /// Megabytes that one processor hashed in a second, each time that there was a new layer.
    hashed: Vec<f64>,
}

impl Pushed {
    /// A layer that no server has seen.
    fn renew_layer(&mut self) -> Outcome {
        let begun = Instant::now();
        self.layer.renew()?;
        self.hashed.push(self.layer.len() as f64 / 1e6 / begun.elapsed().as_secs_f64());
        Ok(())
    }
}

/// What was measured of the machine, and of the hub alone.
struct Machine {
    /// Megabytes of which one processor takes SHA-256 in a second.
    hashing: f64,
    large_start: Option<Duration>,
}

fn one_round(
    subject: &Subject,
    folder: &Path,
    pushed: &mut Pushed,
) -> Outcome<(Vec<(Action, Sample)>, f64)> {
    let room = pushed.layer.len() as u64 + BESIDE;
    let pushes = ROUND.into_iter().filter(|action| action.is_push()).count() as u64;
    let mut ballast = Ballast::new(folder.parent().unwrap_or(folder), pushes * room)?;
    let server = subject.start(folder)?;
    std::thread::sleep(Duration::from_secs(1));
    let (idle, _) = server.memory()?;
    let client = server.client.clone();
    let config = Blob::of(b"{}".to_vec());
    client.push(&config)?;
    let mut manifest = String::new();
    let mut samples = Vec::new();
    for action in ROUND {
        if matches!(action, Action::Push | Action::Streamed) {
            pushed.renew_layer()?;
        }
        if action == Action::Kit {
            pushed.kit.renew()?;
        }
        if action == Action::ByTag {
            manifest = client.push_manifest(&config, &pushed.layer)?;
        }
        super::settle();
        if action.is_push() {
            ballast.give(room)?;
        }
        let sample = sample(&server, || {
            let amount = act(&client, action, pushed, &config, &manifest)?;
            if action == Action::Kit && subject.kind == Kind::SealKit {
                kit::wait_until_known(&client, false)?;
            }
            Ok(amount)
        })?;
        if action == Action::Kit && subject.kind == Kind::SealKit {
            // What it does with tensors behind that is not the next action's.
            kit::wait_until_known(&client, true)?;
        }
        samples.push((action, sample));
    }
    Ok((samples, idle))
}

/// Does one thing; gives how much of it was done.
fn act(
    client: &Client,
    action: Action,
    Pushed { layer, kit, time, .. }: &Pushed,
    config: &Blob,
    manifest: &str,
) -> Outcome<f64> {
    let time = *time;
    let load = |path: &str| client.load(path, CONNECTIONS, time).map(|count| count as f64);
    match action {
        Action::Push => client.push(layer)?,
        Action::Streamed => client.push_streamed(layer)?,
        Action::Kit => {
            kit.push(client)?;
            return Ok(kit.len() as f64 / 1e6);
        }
        Action::Pull => {
            for _ in 0..PULLS {
                client.pull(layer)?;
            }
            return Ok((PULLS * layer.len()) as f64 / 1e6);
        }
        Action::ByTag => return load("/v2/bench/m/manifests/v1"),
        Action::ByDigest => return load(&format!("/v2/bench/m/manifests/{manifest}")),
        Action::Small => return load(&format!("/v2/bench/m/blobs/{}", config.digest)),
    }
    Ok(layer.len() as f64 / 1e6)
}

fn sample(server: &Running, act: impl FnOnce() -> Outcome<f64>) -> Outcome<Sample> {
    let (cpu, begun) = (server.cpu()?, Instant::now());
    let amount = act()?;
    let wall = begun.elapsed().as_secs_f64();
    Ok(Sample { amount, wall, cpu: server.cpu()? - cpu })
}

/// The most memory that pushes at once take.
fn pushed_at_once(subject: &Subject, folder: &Path, layer: &Blob) -> Outcome<f64> {
    let server = subject.start(folder)?;
    let mut blobs = Vec::new();
    for _ in 0..PARALLEL {
        let mut blob = layer.clone();
        blob.renew()?;
        blobs.push(blob);
    }
    let client = &server.client;
    let push = |blob| client.push_streamed(blob).map_err(|error| error.to_string());
    std::thread::scope(|scope| {
        let threads: Vec<_> = blobs.iter().map(|blob| scope.spawn(move || push(blob))).collect();
        for thread in threads {
            match thread.join() {
                Ok(done) => done?,
                Err(_) => return fail("a thread of the client panicked"),
            }
        }
        Ok(())
    })?;
    server.memory().map(|(_, most)| most)
}

/// How long the hub takes to start over a million blobs.
fn large_start(subjects: &[Subject], scratch: &Path) -> Outcome<Option<Duration>> {
    let Some(hub) = subjects.iter().find(|one| one.kind == Kind::SealKit) else { return Ok(None) };
    let folder = scratch.join("large");
    let client = hub.start(&folder)?.client.clone();
    let rows = rusqlite::Connection::open(folder.join("data/hub.db"))?;
    rows.execute_batch(&format!(
        "BEGIN;
         CREATE TEMP TABLE n AS WITH RECURSIVE n (i) AS (
           SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {ROWS}) SELECT i FROM n;
         INSERT INTO blobs (digest, key, size)
           SELECT printf('sha256:%064x', i), printf('00000000-0000-4000-8000-%012x', i), 9 FROM n;
         INSERT INTO held SELECT printf('bench/m%d', i % 1000), printf('sha256:%064x', i), 0 FROM n;
         COMMIT;"
    ))?;
    drop(rows);
    super::settle();
    hub.start_again(&folder, &client).map(|(_, time)| Some(time))
}

/// Removes what a round left, so that the next one has its room.
fn remove(folder: &Path) -> Outcome {
    std::fs::remove_dir_all(folder)?;
    super::settle();
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_medians_over_the_rounds() {
        let sample = |wall, cpu| (Action::Push, Sample { amount: 100.0, wall, cpu });
        let samples = vec![sample(1.0, 0.5), sample(2.0, 0.0), sample(4.0, 0.25)];
        let measured = Measured { name: String::new(), samples, idle: 0.0, pushing: 0.0 };
        let (wall, cpu) = measured.rates(Action::Push);
        assert_eq!((wall.round(), cpu.round()), (50.0, 400.0));
    }
}
