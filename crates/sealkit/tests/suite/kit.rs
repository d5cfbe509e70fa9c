//! The real `kit`, named by `SEALKIT_KIT`.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use crate::common::{Run, Sandbox, finish, peer};

/// A `kit` with a home of its own.
pub struct Kit {
    binary: PathBuf,
    pub home: PathBuf,
    work: PathBuf,
}

impl Kit {
    pub fn new(sandbox: &Sandbox) -> Option<Self> {
        let binary = peer("SEALKIT_KIT")?;
        let home = sandbox.home().join("kitops");
        fs::create_dir_all(&home).unwrap();
        fs::write(home.join("disable-update-notifications"), "").unwrap();
        Some(Self { binary, home, work: sandbox.work() })
    }

    pub fn run(&self, args: &[&str]) -> Run {
        let mut command = Command::new(&self.binary);
        command.args(args).current_dir(&self.work);
        command.env("KITOPS_HOME", &self.home);
        finish(&mut command).exits(0)
    }
}

/// The digest that a run of `pack` printed.
pub fn saved(run: &Run) -> String {
    let mut lines = run.stdout.lines();
    let line = lines.find_map(|line| line.strip_prefix("Model saved: "));
    line.unwrap_or_else(|| panic!("{run}")).to_owned()
}
