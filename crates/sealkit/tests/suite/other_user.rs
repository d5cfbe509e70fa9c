//! Files and folders that the user may not read or write: told by name, with nothing half done.
//! Root may do everything, so that the binary runs as somebody else here; another user than root
//! runs it as himself.
#![cfg(unix)]

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::Path;

use crate::common::{Run, Sandbox, finish};

const NOBODY: u32 = 65534;

struct Stage {
    sandbox: Sandbox,
    as_nobody: bool,
}

impl Stage {
    fn new() -> Self {
        let sandbox = Sandbox::new();
        let root = sandbox.work().join("..");
        fs::set_permissions(&root, fs::Permissions::from_mode(0o777)).unwrap();
        let as_nobody = fs::metadata("/proc/self")
            .is_ok_and(|meta| std::os::unix::fs::MetadataExt::uid(&meta) == 0);
        let stage = Self { sandbox, as_nobody };
        for path in [stage.sandbox.home(), stage.sandbox.work()] {
            stage.give(&path);
        }
        stage
    }

    fn give(&self, path: &Path) {
        if self.as_nobody {
            chown(path, Some(NOBODY), Some(NOBODY)).unwrap();
        }
    }

    fn write(&self, path: &str, content: &str) {
        let mut place = self.sandbox.write(path, content);
        while place != self.sandbox.work() {
            self.give(&place);
            place.pop();
        }
    }

    fn mode(&self, path: &str, mode: u32) {
        let path = self.sandbox.work().join(path);
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    }

    fn run(&self, args: &[&str]) -> Run {
        let mut command = std::process::Command::new(self.sandbox.copied_binary());
        command
            .args(args)
            .env_clear()
            .env("HOME", self.sandbox.home())
            .env("SEALKIT_HOME", self.sandbox.home().join("own"))
            .env("SEALKIT_PASSWORD", "secret")
            .current_dir(self.sandbox.work());
        if self.as_nobody {
            command.uid(NOBODY).gid(NOBODY);
        }
        finish(&mut command)
    }

    fn project(&self) {
        self.write("project/model.bin", "weights");
        self.write("project/data/a.csv", "1,2\n");
        self.write(
            "project/Kitfile",
            "manifestVersion: 1.0.0\nmodel: {path: model.bin}\ndatasets: [{path: data}]\n",
        );
    }
}

#[test]
fn a_file_that_may_not_be_read_is_named_and_nothing_is_packed() {
    let stage = Stage::new();
    stage.project();
    stage.mode("project/data/a.csv", 0o000);
    let found = stage.run(&["pack", "project", "-t", "kit:v1"]).exits(1);
    assert!(found.stderr.contains("data/a.csv"), "{found}");
    assert!(found.stderr.to_lowercase().contains("permission denied"), "{found}");
    assert_eq!(stage.run(&["list", "-q"]).exits(0).stdout, "");
    assert_eq!(stage.run(&["seal", "project", "-t", "kit:v1"]).exits(2).stdout, "");
    stage.mode("project/data/a.csv", 0o644);
    stage.run(&["pack", "project", "-t", "kit:v1"]).exits(0);
    stage.run(&["fsck"]).exits(0);
}

#[test]
fn a_folder_that_may_not_be_listed_is_named() {
    let stage = Stage::new();
    stage.project();
    stage.mode("project/data", 0o000);
    let found = stage.run(&["pack", "project", "-t", "kit:v1"]).exits(1);
    assert!(found.stderr.contains("data"), "{found}");
    assert!(found.stderr.to_lowercase().contains("permission denied"), "{found}");
    fs::remove_file(stage.sandbox.work().join("project/Kitfile")).unwrap();
    let found = stage.run(&["init", "project", "--name", "x", "--desc", "x", "--author", "x"]);
    let found = found.exits(1);
    assert!(found.stderr.contains("data"), "{found}");
    assert!(!stage.sandbox.work().join("project/Kitfile").exists());
    stage.mode("project/data", 0o755);
}

#[test]
fn a_kitfile_that_may_not_be_read_is_named() {
    let stage = Stage::new();
    stage.project();
    stage.mode("project/Kitfile", 0o000);
    let found = stage.run(&["pack", "project", "-t", "kit:v1"]).exits(1);
    assert!(found.stderr.contains("project/Kitfile"), "{found}");
    assert!(found.stderr.to_lowercase().contains("permission denied"), "{found}");
}

#[test]
fn a_file_of_a_sealed_folder_that_may_no_longer_be_read_is_no_pass() {
    let stage = Stage::new();
    stage.project();
    stage.run(&["seal", "project", "-t", "kit:v1"]).exits(0);
    stage.mode("project/data/a.csv", 0o000);
    let found = stage.run(&["verify", "./project"]);
    assert!(matches!(found.code, Some(1 | 2)), "{found}");
    let said = format!("{}{}", found.stdout, found.stderr);
    assert!(said.contains("data/a.csv"), "{found}");
    stage.mode("project/data/a.csv", 0o644);
    stage.run(&["verify", "./project"]).exits(0);
}

#[test]
fn a_target_that_may_not_be_written_stays_as_it_is() {
    let stage = Stage::new();
    stage.project();
    stage.run(&["pack", "project", "-t", "kit:v1"]).exits(0);
    stage.write("closed/keep", "mine");
    stage.mode("closed", 0o555);
    let found = stage.run(&["unpack", "kit:v1", "-d", "closed/out"]).exits(1);
    assert!(found.stderr.contains("closed"), "{found}");
    let found = stage.run(&["bom", "kit:v1", "-o", "closed/bom.json"]).exits(2);
    assert!(found.stderr.contains("closed/bom.json"), "{found}");
    let found = stage.run(&["save", "kit:v1", "-o", "closed/kit.tar"]).exits(2);
    assert!(found.stderr.contains("closed/kit.tar"), "{found}");
    let left: Vec<_> = fs::read_dir(stage.sandbox.work().join("closed")).unwrap().collect();
    assert_eq!(left.len(), 1);
    stage.mode("closed", 0o755);
}

#[test]
fn a_store_that_may_not_be_written_is_named() {
    let stage = Stage::new();
    stage.project();
    stage.run(&["pack", "project", "-t", "kit:v1"]).exits(0);
    let store = stage.sandbox.home().join("own/store");
    let closed = |mode: u32| {
        for folder in [store.clone(), store.join("blobs/sha256")] {
            fs::set_permissions(folder, fs::Permissions::from_mode(mode)).unwrap();
        }
    };
    closed(0o555);
    stage.write("project/data/b.csv", "3,4\n");
    let found = stage.run(&["pack", "project", "-t", "kit:v2"]).exits(1);
    assert!(found.stderr.contains("store"), "{found}");
    assert!(found.stderr.to_lowercase().contains("permission denied"), "{found}");
    closed(0o755);
    stage.run(&["fsck"]).exits(0);
    let listed = stage.run(&["list", "--format", "{{.Tags}}"]).exits(0).stdout;
    assert_eq!(listed.trim(), "[v1]");
}
