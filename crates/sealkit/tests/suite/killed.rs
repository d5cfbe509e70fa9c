//! Whole commands, killed at any moment: the store stays sound, and the same command succeeds next.

use std::fs;
use std::process::Stdio;
use std::time::{Duration, Instant};

use crate::common::Sandbox;
use crate::seal_common::{PASSWORD, project, run, sealed};
use sealkit_testkit::TestRegistry;

/// Numbers that look random and are the same in every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit.max(1)
    }
}

/// How long a command takes when nobody disturbs it, in microseconds.
fn duration(sandbox: &Sandbox, args: &[&str]) -> u64 {
    let start = Instant::now();
    run(sandbox, args).exits(0);
    u64::try_from(start.elapsed().as_micros()).unwrap()
}

/// Starts a command and kills it after so many microseconds; whether it had ended before.
fn killed(sandbox: &Sandbox, args: &[&str], after: u64) -> bool {
    let mut command = sandbox.command();
    command.args(args).envs(PASSWORD.iter().copied());
    command.stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = command.spawn().unwrap();
    std::thread::sleep(Duration::from_micros(after));
    let ended = child.try_wait().unwrap().is_some();
    let _ = child.kill();
    child.wait().unwrap();
    ended
}

fn large_project(sandbox: &Sandbox, round: u64) {
    project(sandbox);
    let rows = format!("{round},a row of many\n").repeat(15_000);
    sandbox.write("project/data/rows.csv", rows);
}

#[test]
fn a_seal_that_is_killed_anywhere_leaves_a_sound_store() {
    let sandbox = Sandbox::new();
    large_project(&sandbox, 0);
    let whole = duration(&sandbox, &["seal", "project", "-t", "kit:v0"]);
    let mut dice = Dice(7);
    let mut cut = 0;
    for round in 1..=10 {
        large_project(&sandbox, round);
        let name = format!("kit:v{round}");
        let args = ["seal", "project", "-t", &name];
        cut += u64::from(!killed(&sandbox, &args, dice.below(whole)));
        sandbox.run(["fsck"]).exits(0);
        // The kit before is what it was.
        run(&sandbox, &["verify", &format!("kit:v{}", round - 1)]).exits(0);
        run(&sandbox, &args).exits(0);
        run(&sandbox, &["verify", &name]).exits(0);
        run(&sandbox, &["verify", "./project"]).exits(0);
    }
    assert!(cut > 2, "most runs were cut: {cut}");
}

#[test]
fn the_first_seal_of_all_can_be_killed_anywhere() {
    let mut dice = Dice(11);
    let whole = {
        let sandbox = Sandbox::new();
        project(&sandbox);
        duration(&sandbox, &["seal", "project"])
    };
    for _ in 0..8 {
        let sandbox = Sandbox::new();
        project(&sandbox);
        killed(&sandbox, &["seal", "project"], dice.below(whole));
        // Half a key, half a trust store or half a store would show now.
        run(&sandbox, &["seal", "project"]).exits(0);
        run(&sandbox, &["verify", "./project"]).exits(0);
        let keys = fs::read_dir(sandbox.home().join("keys")).unwrap();
        let keys = keys.filter(|entry| {
            let path = entry.as_ref().unwrap().path();
            path.extension().is_some_and(|ending| ending == "key")
        });
        assert_eq!(keys.count(), 1);
        sandbox.run(["fsck"]).exits(0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pull_that_is_killed_anywhere_is_done_by_the_next() {
    let registry = TestRegistry::start().await;
    let name = format!("{}/org/demo:v1", registry.host());
    let publisher = sealed();
    large_project(&publisher, 1);
    run(&publisher, &["seal", "project", "-t", &name]).exits(0);
    run(&publisher, &["push", "--plain-http", &name]).exits(0);
    let pem = publisher.home().join("keys");
    let public = fs::read_dir(pem)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .find(|path| path.extension().is_some_and(|ending| ending == "pub"))
        .unwrap();
    let args = ["pull", "--plain-http", &name];
    let whole = duration(&Sandbox::new(), &args);
    let mut dice = Dice(13);
    for _ in 0..8 {
        let sandbox = Sandbox::new();
        let ended = killed(&sandbox, &args, dice.below(whole));
        if !ended && sandbox.home().join("store/index.json").exists() {
            sandbox.run(["fsck"]).exits(0);
        }
        run(&sandbox, &args).exits(0);
        run(&sandbox, &["verify", &name, "--key", public.to_str().unwrap()]).exits(0);
        sandbox.run(["fsck"]).exits(0);
    }
}

#[test]
fn a_load_that_is_killed_anywhere_is_done_by_the_next() {
    let publisher = sealed();
    large_project(&publisher, 2);
    run(&publisher, &["seal", "project", "-t", "team/demo:v2"]).exits(0);
    run(&publisher, &["save", "team/demo:v2", "-o", "kit.tar"]).exits(0);
    let archive = publisher.work().join("kit.tar");
    let args = ["load", "-i", archive.to_str().unwrap()];
    let digest = run(&publisher, &["inspect", "-q", "team/demo:v2"]).exits(0).stdout;
    let whole = duration(&Sandbox::new(), &args);
    let mut dice = Dice(17);
    for _ in 0..8 {
        let sandbox = Sandbox::new();
        killed(&sandbox, &args, dice.below(whole));
        run(&sandbox, &args).exits(0);
        let found = sandbox.run(["inspect", "-q", "team/demo:v2"]).exits(0).stdout;
        assert_eq!(found, digest);
        sandbox.run(["fsck"]).exits(0);
        sandbox.run(["gc", "--grace", "0"]).exits(0);
        sandbox.run(["unpack", "team/demo:v2", "-d", "out"]).exits(0);
    }
}

#[test]
fn a_save_that_is_killed_anywhere_leaves_the_old_archive_or_the_new() {
    let sandbox = sealed();
    large_project(&sandbox, 3);
    run(&sandbox, &["seal", "project", "-t", "demo:v2"]).exits(0);
    run(&sandbox, &["save", "demo:v1", "-o", "out/kit.tar"]).exits(2);
    fs::create_dir(sandbox.work().join("out")).unwrap();
    let read = || fs::read(sandbox.work().join("out/kit.tar")).unwrap();
    let save = |version: &str| run(&sandbox, &["save", version, "-o", "out/kit.tar"]).exits(0);
    save("demo:v2");
    let new = read();
    let whole = duration(&sandbox, &["save", "demo:v1", "-o", "out/kit.tar"]);
    let old = read();
    assert_ne!(old, new);
    let mut dice = Dice(19);
    for _ in 0..8 {
        save("demo:v1");
        killed(&sandbox, &["save", "demo:v2", "-o", "out/kit.tar"], dice.below(whole));
        let found = read();
        assert!(found == old || found == new, "{} bytes", found.len());
    }
}

#[test]
fn removing_and_collecting_can_be_killed_anywhere() {
    let sandbox = sealed();
    let mut dice = Dice(23);
    for round in 0..8 {
        large_project(&sandbox, 100 + round);
        run(&sandbox, &["seal", "project", "-t", "gone:v1"]).exits(0);
        let whole = 60_000;
        killed(&sandbox, &["remove", "gone:v1", "--force"], dice.below(whole));
        killed(&sandbox, &["gc", "--grace", "0"], dice.below(whole));
        sandbox.run(["fsck"]).exits(0);
        run(&sandbox, &["verify", "demo:v1"]).exits(0);
    }
    sandbox.run(["gc", "--grace", "0"]).exits(0);
    sandbox.run(["fsck"]).exits(0);
    run(&sandbox, &["verify", "demo:v1"]).exits(0);
}

/// A compressed layer is unpacked aside to be read; nobody else would ever remove what is left of that.
#[test]
fn what_a_killed_command_unpacked_aside_is_removed_by_the_next() {
    let sandbox = Sandbox::new();
    project(&sandbox);
    let rows: Vec<String> = (0..400_000).map(|row| format!("{row},a row of many\n")).collect();
    sandbox.write("project/data/rows.csv", rows.concat());
    sandbox.write("project/Kitfile", "manifestVersion: 1.0.0\ndatasets: [{path: data/rows.csv}]\n");
    let packed = ["pack", "project", "-t", "kit:v1", "--compression", "zstd"];
    run(&sandbox, &packed).exits(0);
    let args = ["bom", "kit:v1", "--fresh"];
    let mut command = sandbox.command();
    let mut child = command.args(args).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let started = Instant::now();
    while sandbox.left_aside() == 0 && child.try_wait().unwrap().is_none() {
        assert!(started.elapsed() < Duration::from_mins(1), "it unpacks nothing");
    }
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(sandbox.left_aside() > 0, "it was killed while it unpacked");
    run(&sandbox, &args).exits(0);
    assert_eq!(sandbox.left_aside(), 0);
}
