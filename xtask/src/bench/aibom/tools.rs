//! Programs of others: found, installed on request, and run without network.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::run::{Outcome, cargo, run, which};

/// Python packages of the peers and judges, in the versions that the table is about.
const PYTHON: &[&str] = &[
    "aisbom-cli==1.7.0",
    "toolkit-ml-provenance==1.0.0",
    "pitloom[ai]==0.20.2",
    "check-jsonschema==0.39.0",
    "cyclonedx-python-lib[json-validation]==11.12.0",
    "pyshacl",
    "rdflib",
];
/// The Node package.
const NODE: &str = "@cyclonedx/cdxgen@12.8.4";
/// The Rust package.
const RUST: &str = "sbom-tools@0.3.0";

/// How long a program of others may run.
pub(super) const SECONDS: u32 = 900;

/// Where programs are looked for.
pub(super) struct Tools {
    folder: PathBuf,
    is_cut_off: bool,
}

impl Tools {
    /// Looks below `folder`, then in `PATH`.
    pub(super) fn new(folder: &Path) -> Self {
        let probe = Command::new("unshare").args(["-n", "true"]).status();
        Self {
            folder: folder.to_path_buf(),
            is_cut_off: probe.is_ok_and(|status| status.success()),
        }
    }

    /// Whether the programs run without network.
    pub(super) fn is_cut_off(&self) -> bool {
        self.is_cut_off
    }

    /// Installs the peers and judges that registries have below the folder.
    pub(super) fn install(&self) -> Outcome {
        let venv = self.folder.join("venv");
        run(Command::new("python3").args(["-m", "venv"]).arg(&venv))?;
        run(Command::new(venv.join("bin/pip")).args(["install", "--quiet"]).args(PYTHON))?;
        let mut npm = Command::new("npm");
        npm.args(["install", "--silent", "--no-audit", "--no-fund", "--omit=optional", "--prefix"]);
        run(npm.arg(self.folder.join("npm")).arg(NODE))?;
        let mut install = cargo();
        install.args(["install", "--quiet", "--locked", "--root"]).arg(self.folder.join("cargo"));
        run(install.arg(RUST))
    }

    /// Where a file of this name is kept from one run to the next.
    pub(super) fn kept(&self, name: &str) -> PathBuf {
        self.folder.join("kept").join(name)
    }

    /// Where a program is.
    pub(super) fn find(&self, name: &str) -> Option<PathBuf> {
        let folders = ["venv/bin", "npm/node_modules/.bin", "cargo/bin"];
        let below = folders.map(|at| self.folder.join(at).join(name));
        below.into_iter().find(|file| file.is_file()).or_else(|| which(name))
    }

    /// The same without a limit: the process is the program itself, so that its memory can be seen.
    pub(super) fn bare(&self, program: &Path) -> Command {
        if !self.is_cut_off {
            return Command::new(program);
        }
        let mut command = Command::new("unshare");
        command.arg("-n").arg(program);
        command
    }

    /// A command that runs a program without network, where the system can cut it off, and no longer
    /// than it may.
    pub(super) fn command(&self, program: &Path) -> Command {
        let mut command = Command::new("timeout");
        command.arg(SECONDS.to_string());
        if self.is_cut_off {
            command.args(["unshare", "-n"]);
        }
        command.arg(program);
        command
    }
}
