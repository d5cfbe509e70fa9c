//! An import that dies in the middle, and the one after it.

use std::fs;
use std::path::Path;
use std::process::{Child, Stdio};

use crate::common::{Sandbox, wait_for};
use crate::hf_hub::{Conduct, FakeHub, Stored, large, small};

const MIB: usize = 1 << 20;

fn weights() -> Vec<u8> {
    (0..6 * MIB).map(|number| (number % 249) as u8).collect()
}

fn model() -> Vec<(&'static str, Stored)> {
    vec![
        ("model.safetensors", large(weights())),
        ("config.json", small("{}")),
        ("README.md", small("# Card\n")),
    ]
}

fn start(sandbox: &Sandbox, hub: &FakeHub) -> Child {
    let mut command = sandbox.command();
    command.args(["import", "org/tiny", "--endpoint", hub.endpoint()]);
    command.env("NO_PROXY", "127.0.0.1").stdout(Stdio::null()).stderr(Stdio::null());
    command.spawn().unwrap()
}

/// Bytes of the largest file below a folder.
fn largest(dir: &Path) -> u64 {
    let Ok(entries) = fs::read_dir(dir) else { return 0 };
    let sizes = entries.filter_map(Result::ok).map(|entry| match entry.metadata() {
        Ok(meta) if meta.is_dir() => largest(&entry.path()),
        Ok(meta) => meta.len(),
        Err(_) => 0,
    });
    sizes.max().unwrap_or(0)
}

#[test]
fn an_import_that_was_killed_goes_on_where_it_was() {
    let sandbox = Sandbox::new();
    let stall = [("model.safetensors".to_owned(), 4 * MIB)];
    let hub = FakeHub::new(
        "models/org/tiny",
        &model(),
        Conduct { stall: stall.into(), ..Conduct::default() },
    );
    let imports = sandbox.home().join("imports");
    let mut child = start(&sandbox, &hub);
    wait_for("4 MiB on disk", || largest(&imports) as usize >= 4 * MIB);
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(!sandbox.run(["list"]).exits(0).stdout.contains("tiny"), "nothing has a name yet");
    hub.conduct(|conduct| conduct.stall.clear());
    let before = hub.seen().len();
    let args = ["import", "org/tiny", "--endpoint", hub.endpoint()];
    sandbox.run_with(args, &[("NO_PROXY", "127.0.0.1")], "").exits(0);
    let asked: Vec<_> =
        hub.seen().into_iter().skip(before).filter(|seen| seen.on_storage).collect();
    let ranges: Vec<&str> = asked.iter().filter_map(|seen| seen.range.as_deref()).collect();
    assert_eq!(ranges, [format!("bytes={}-", 4 * MIB)], "{asked:?}");
    sandbox.run(["fsck"]).exits(0);
    let out = sandbox.work().join("out");
    sandbox.run(["unpack", "org/tiny:latest", "-d", "out"]).exits(0);
    assert!(fs::read(out.join("model.safetensors")).unwrap() == weights());
    assert_eq!(largest(&imports), 0, "what was fetched is gone, its lock may stay");
}

#[test]
fn killed_again_and_again_it_ends_all_the_same() {
    let sandbox = Sandbox::new();
    let hub = FakeHub::new("models/org/tiny", &model(), Conduct::default());
    let imports = sandbox.home().join("imports");
    let mut there = 0;
    for round in 1..=4 {
        hub.conduct(|conduct| {
            conduct.stall = [("model.safetensors".to_owned(), MIB)].into();
        });
        let mut child = start(&sandbox, &hub);
        wait_for("another MiB", || largest(&imports) as usize >= round * MIB);
        child.kill().unwrap();
        child.wait().unwrap();
        let now = largest(&imports);
        assert!(now > there, "each run went further: {there}, {now}");
        there = now;
    }
    hub.conduct(|conduct| conduct.stall.clear());
    let args = ["import", "org/tiny", "--endpoint", hub.endpoint()];
    sandbox.run_with(args, &[("NO_PROXY", "127.0.0.1")], "").exits(0);
    let out = sandbox.work().join("out");
    sandbox.run(["unpack", "org/tiny:latest", "-d", "out"]).exits(0);
    assert!(fs::read(out.join("model.safetensors")).unwrap() == weights());
}

#[test]
fn of_two_imports_at_once_one_waits_or_says_so_and_both_are_right() {
    let sandbox = Sandbox::new();
    let hub = FakeHub::new("models/org/tiny", &model(), Conduct::default());
    let mut children = [start(&sandbox, &hub), start(&sandbox, &hub)];
    let codes: Vec<_> = children.iter_mut().map(|child| child.wait().unwrap().code()).collect();
    assert!(codes.contains(&Some(0)), "{codes:?}");
    sandbox.run(["fsck"]).exits(0);
    let out = sandbox.work().join("out");
    sandbox.run(["unpack", "org/tiny:latest", "-d", "out"]).exits(0);
    assert!(fs::read(out.join("model.safetensors")).unwrap() == weights());
}
