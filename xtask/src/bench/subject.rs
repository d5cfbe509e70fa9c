//! Who is measured: SealKit, the bare loop, and `kit` where it is installed.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::inputs::Input;
use super::measure::{Sample, measure};
use crate::run::{Outcome, target_dir, which};

const REFERENCE: &str = "bench/kit:v1";

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Action {
    /// Folder to kit in the local store.
    Pack,
    /// Kit in the local store to an empty folder.
    Unpack,
}

impl Action {
    /// Its name in the table.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Pack => "pack",
            Self::Unpack => "unpack",
        }
    }
}

/// A program that packs and unpacks.
pub(super) struct Subject {
    /// Its name in the table.
    pub(super) name: &'static str,
    program: PathBuf,
    bare: bool,
}

impl Subject {
    /// All that are there; the bare loop first, since the others are compared with it.
    pub(super) fn all() -> Vec<Self> {
        let release = target_dir().join("release");
        let mut all = vec![
            Self { name: "bare loop", program: release.join("xtask"), bare: true },
            Self { name: "sealkit", program: release.join("sealkit"), bare: false },
        ];
        let kit = std::env::var_os("SEALKIT_KIT").map(PathBuf::from).or_else(|| which("kit"));
        all.extend(kit.map(|program| Self { name: "kit", program, bare: false }));
        all
    }

    /// One run, in a folder of its own that a pack and its unpack share.
    pub(super) fn run(&self, action: Action, input: &Input, place: &Path) -> Outcome<Sample> {
        let (home, out) = (place.join("home"), place.join("out"));
        std::fs::create_dir_all(&home)?;
        // Keeps `kit` from asking the network whether there is a newer one.
        std::fs::write(home.join("disable-update-notifications"), b"")?;
        let mut command = Command::new(&self.program);
        command.env("SEALKIT_HOME", &home).env("KITOPS_HOME", &home);
        match (self.bare, action) {
            (true, Action::Pack) => {
                command.arg("bare").arg("pack").arg(&input.folder).arg(home.join("t.tar"))
            }
            (true, Action::Unpack) => {
                command.arg("bare").arg("unpack").arg(home.join("t.tar")).arg(&out)
            }
            (false, Action::Pack) => command.arg("pack").arg(&input.folder).args(["-t", REFERENCE]),
            (false, Action::Unpack) => command.args(["unpack", REFERENCE, "-d"]).arg(&out),
        };
        measure(&mut command)
    }
}
