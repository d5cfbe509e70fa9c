//! Ten thousand clients that say nothing, beside one that does.
#![cfg(all(feature = "hub", unix))]

use std::io::Read as _;
use std::net::TcpStream;
use std::time::{Duration, Instant};

use crate::common::Sandbox;
use crate::hub_process::Hub;
use rustix::process::{Resource, getrlimit, setrlimit};

/// Clients that say nothing.
const SILENT: usize = 10_000;
/// File descriptors of the test for everything else.
const SPARE: usize = 500;
/// Memory that so many may take at most, in MiB.
const MEMORY: u64 = 96;
/// Times below this are noise of a machine that does other work as well.
const NOISE: Duration = Duration::from_millis(40);

/// Asks for as many file descriptors as are needed; gives how many clients there can be.
fn clients() -> usize {
    let mut limit = getrlimit(Resource::Nofile);
    let wanted = (SILENT + SPARE) as u64;
    if limit.current.is_some_and(|current| current < wanted) {
        limit.current = Some(limit.maximum.map_or(wanted, |most| most.min(wanted)));
        // Who may raise the greatest limit too does so.
        let more = rustix::process::Rlimit { current: Some(wanted), maximum: Some(wanted) };
        if setrlimit(Resource::Nofile, more).is_err() {
            setrlimit(Resource::Nofile, limit).unwrap();
        }
    }
    let there = getrlimit(Resource::Nofile).current.unwrap_or(wanted);
    SILENT.min(usize::try_from(there).unwrap_or(SILENT).saturating_sub(SPARE))
}

/// The time that 99 of 100 requests stay below.
fn slowest(hub: &Hub) -> Duration {
    let one = |_| {
        let begun = Instant::now();
        assert_eq!(hub.ask("GET /v2/ HTTP/1.1", b"").0, 200);
        begun.elapsed()
    };
    let mut times: Vec<Duration> = (0..300).map(one).collect();
    times.sort();
    times[297]
}

/// Resident memory in MiB, where the system tells it.
fn memory(hub: &Hub) -> Option<u64> {
    let text = std::fs::read_to_string(format!("/proc/{}/status", hub.child.id())).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib / 1024)
}

#[test]
fn ten_thousand_who_say_nothing_slow_nobody_down() {
    let count = clients();
    let sandbox = Sandbox::new();
    let hub = Hub::start(&sandbox, &[]);
    slowest(&hub);
    let (before, alone) = (memory(&hub), slowest(&hub));
    let mut silent: Vec<TcpStream> =
        (0..count).map(|_| TcpStream::connect(&hub.host).unwrap()).collect();
    println!("{count} clients say nothing");
    assert!(count >= 1_000, "the system lets nobody try with more than {count}");
    let beside = slowest(&hub);
    let after = memory(&hub);
    assert!(beside <= 2 * alone.max(NOISE), "{alone:?} alone, {beside:?} beside them");
    if let Some((before, after)) = before.zip(after) {
        assert!(after - before.min(after) <= MEMORY, "{before} and {after} MiB");
    }
    // They are sent away; whoever comes then is served as before.
    let end = Instant::now() + Duration::from_mins(1);
    for stream in &mut silent {
        let left = end.saturating_duration_since(Instant::now()).max(Duration::from_millis(1));
        stream.set_read_timeout(Some(left)).unwrap();
        assert!(matches!(stream.read(&mut [0; 8]), Ok(0)), "one is still there");
    }
    assert!(slowest(&hub) <= 2 * alone.max(NOISE));
}
