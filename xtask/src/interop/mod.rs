//! `cargo xtask interop`: obtains the real peers, runs the cross tests against them, and keeps which
//! versions passed last.

mod peers;
mod record;

pub(crate) use peers::distribution;

use crate::run::{Outcome, cargo, fail, has_flag, root};
use peers::{Found, PEERS};

/// `cargo xtask interop [--write] [--large]`. With `--large` the tests with files of more than 8 GiB
/// run too; they need 18 GB of disk for a while.
pub(crate) fn task(args: &[String]) -> Outcome {
    let found: Vec<Found> = PEERS.iter().map(peers::obtain).collect();
    for peer in &found {
        match &peer.version {
            Ok(version) => println!("peer {}: {version}", peer.name),
            Err(reason) => println!("SKIPPED {}: {reason}", peer.name),
        }
    }
    let passed = run_tests(&found, has_flag(args, "--large"))?;
    if has_flag(args, "--write") {
        let path = root().join(record::PAGE);
        let before = std::fs::read_to_string(&path).unwrap_or_default();
        std::fs::write(path, record::render(&before, &found, passed))?;
    }
    if passed { Ok(()) } else { fail("a cross test failed") }
}

/// The cross tests are ordinary tests that a peer's variable switches on.
fn run_tests(found: &[Found], large: bool) -> Outcome<bool> {
    let mut command = cargo();
    if large {
        command.env("SEALKIT_LARGE", "1");
    } else {
        println!("SKIPPED files of more than 8 GiB: run with `--large`");
    }
    command.args(["test", "--workspace", "--tests", "--no-fail-fast"]);
    for peer in found {
        if let Some(path) = &peer.path {
            command.env(peer.variable, path);
        }
    }
    Ok(command.status()?.success())
}
