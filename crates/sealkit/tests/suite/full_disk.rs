//! A disk that is full: a clear error, nothing half-written, nothing lost. Needs to be allowed to
//! mount a small file system; says so where it is not.
#![cfg(target_os = "linux")]

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::common::Sandbox;

/// A file system of a few megabytes in memory, gone at the end.
struct SmallDisk(PathBuf);

impl SmallDisk {
    fn mount(at: &Path, size: &str) -> Option<Self> {
        std::fs::create_dir_all(at).unwrap();
        let options = format!("size={size}");
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &options, "tmpfs"])
            .arg(at)
            .output()
            .is_ok_and(|output| output.status.success());
        if !mounted {
            println!("skipped: no file system can be mounted here");
        }
        mounted.then(|| Self(at.to_owned()))
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // A lazy unmount can not fail for a file that is still open.
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

fn project(sandbox: &Sandbox) {
    let noise: Vec<u8> =
        (0..4 << 20).map(|i: u32| (i.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    sandbox.write("project/model.bin", noise);
    sandbox.write("project/Kitfile", "manifestVersion: 1.0.0\nmodel: {name: m, path: model.bin}\n");
}

#[test]
fn packing_into_a_full_store_loses_nothing() {
    let sandbox = Sandbox::new();
    project(&sandbox);
    let Some(disk) = SmallDisk::mount(&sandbox.home().join("small"), "2m") else { return };
    let home = disk.0.join("home").display().to_string();
    sandbox.write("tiny/a.txt", "a");
    sandbox.write("tiny/Kitfile", "manifestVersion: 1.0.0\ndocs: [{path: a.txt}]\n");
    sandbox.run(["--home", &home, "pack", "tiny", "-t", "tiny:v1"]).exits(0);

    let run = sandbox.run(["--home", &home, "pack", "project", "-t", "big:v1"]).exits(1);
    assert!(run.stderr.contains("No space left"), "{run}");
    assert!(run.stdout.is_empty(), "{run}");

    sandbox.run(["--home", &home, "fsck"]).exits(0);
    let listed = sandbox.run(["--home", &home, "list"]).exits(0);
    assert!(listed.stdout.contains("tiny") && !listed.stdout.contains("big"), "{listed}");
    sandbox.run(["--home", &home, "pack", "tiny", "-t", "tiny:v2"]).exits(0);
}

#[test]
fn unpacking_onto_a_full_disk_leaves_no_half_of_a_kit() {
    let sandbox = Sandbox::new();
    project(&sandbox);
    sandbox.run(["pack", "project", "-t", "big:v1"]).exits(0);
    let Some(disk) = SmallDisk::mount(&sandbox.work().join("small"), "2m") else { return };
    let target = disk.0.join("out");

    let run = sandbox.run(["unpack", "big:v1", "-d", &target.display().to_string()]).exits(1);
    assert!(run.stderr.contains("No space left"), "{run}");
    assert!(!target.exists(), "the target of a failed unpack is not there");
    let left: Vec<_> = std::fs::read_dir(&disk.0).unwrap().collect();
    assert!(left.is_empty(), "nothing is left beside it: {left:?}");
}
