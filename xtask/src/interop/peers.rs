//! The peers: where each comes from and how it tells its version.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::run::{Outcome, capture, fail, run, target_dir, which};

const KIT_MODULE: &str = "github.com/kitops-ml/kitops";
const KIT_VERSION: &str = "v1.15.0";
const MODCTL_MODULE: &str = "github.com/modelpack/modctl";
const MODCTL_VERSION: &str = "v0.2.2";
const COSIGN_PACKAGE: &str = "github.com/sigstore/cosign/v3/cmd/cosign";
const COSIGN_VERSION: &str = "v3.1.3";

const ORAS_PACKAGE: &str = "oras.land/oras/cmd/oras";
const ORAS_VERSION: &str = "v1.3.0";

const DISTRIBUTION_PACKAGE: &str = "github.com/distribution/distribution/v3/cmd/registry";
const DISTRIBUTION_VERSION: &str = "v3.1.1";

/// The official suite of the distribution specification. It has no release of its own.
const CONFORMANCE_PACKAGE: &str = "github.com/opencontainers/distribution-spec/conformance";
const CONFORMANCE_VERSION: &str = "v0.0.0-20260831232431-97274622c111";

/// A program that SealKit must get on with.
pub(super) struct Peer {
    name: &'static str,
    /// The variable that switches its cross tests on.
    variable: &'static str,
    get: fn() -> Outcome<PathBuf>,
    version: fn(&Path) -> Outcome<String>,
}

/// All of them.
pub(super) static PEERS: &[Peer] = &[
    Peer {
        name: "kit",
        variable: "SEALKIT_KIT",
        get: || module("kit", KIT_MODULE, KIT_VERSION),
        version: kit_version,
    },
    Peer {
        name: "modctl",
        variable: "SEALKIT_MODCTL",
        get: || module("modctl", MODCTL_MODULE, MODCTL_VERSION),
        version: modctl_version,
    },
    Peer {
        name: "skopeo",
        variable: "SEALKIT_SKOPEO",
        get: || installed("skopeo", "skopeo"),
        version: dashed_version,
    },
    Peer {
        name: "docker-registry",
        variable: "SEALKIT_DOCKER_REGISTRY",
        get: || installed("docker-registry", "docker-registry"),
        version: dashed_version,
    },
    Peer {
        name: "buildah",
        variable: "SEALKIT_BUILDAH",
        get: || installed("buildah", "buildah"),
        version: dashed_version,
    },
    Peer {
        name: "oras",
        variable: "SEALKIT_ORAS",
        get: || by_go("oras", ORAS_PACKAGE, ORAS_VERSION),
        // A build through Go does not know its own release.
        version: |oras| capture(Command::new(oras).arg("version")).map(|_| ORAS_VERSION.to_owned()),
    },
    Peer { name: "cosign", variable: "SEALKIT_COSIGN", get: cosign, version: cosign_version },
    Peer {
        name: "OCI conformance suite",
        variable: "SEALKIT_CONFORMANCE",
        get: || by_go("conformance", CONFORMANCE_PACKAGE, CONFORMANCE_VERSION),
        version: |_| Ok(CONFORMANCE_VERSION.to_owned()),
    },
    Peer {
        name: "kitops (Python)",
        variable: "SEALKIT_KITOPS_PYTHON",
        get: kitops_python,
        version: kitops_python_version,
    },
    Peer {
        name: "model_signing (Python)",
        variable: "SEALKIT_MODEL_SIGNING",
        get: model_signing,
        version: model_signing_version,
    },
];

/// A peer after the attempt to obtain it.
pub(super) struct Found {
    /// Its name.
    pub(super) name: &'static str,
    /// The variable that switches its cross tests on.
    pub(super) variable: &'static str,
    /// The program; none where it cannot be had.
    pub(super) path: Option<PathBuf>,
    /// Its version, or why it cannot be had.
    pub(super) version: Result<String, String>,
}

/// Obtains one peer: the one that its variable names, else by its own way.
pub(super) fn obtain(peer: &Peer) -> Found {
    let given = std::env::var_os(peer.variable).map(PathBuf::from);
    let got = given.map_or_else(peer.get, Ok).and_then(|path| {
        let version = (peer.version)(&path)?;
        Ok((path, version))
    });
    let (path, version) = match got {
        Ok((path, version)) => (Some(path), Ok(version)),
        Err(error) => (None, Err(error.to_string())),
    };
    Found { name: peer.name, variable: peer.variable, path, version }
}

fn peers_folder() -> Outcome<PathBuf> {
    let folder = target_dir().join("peers");
    std::fs::create_dir_all(&folder)?;
    Ok(std::path::absolute(folder)?)
}

/// Builds the program of a Go module from the module cache. `go install` would refuse `kit`: its
/// module is marked deprecated by a later one that the look-up asks for.
fn module(name: &str, path: &str, version: &str) -> Outcome<PathBuf> {
    let binary = peers_folder()?.join(name);
    if binary.is_file() {
        return Ok(binary);
    }
    require_go()?;
    let module = format!("{path}@{version}");
    // Outside of any module, `go mod download` takes the module by its name.
    let nowhere = tempfile::tempdir()?;
    run(Command::new("go").current_dir(nowhere.path()).args(["mod", "download", &module]))?;
    let cache = capture(Command::new("go").args(["env", "GOMODCACHE"]))?;
    let source = Path::new(cache.trim()).join(&module);
    let mut build = Command::new("go");
    build.arg("build").arg("-C").arg(&source).arg("-o").arg(&binary).arg(".");
    run(build.env("CGO_ENABLED", "0"))?;
    Ok(binary)
}

/// The `cosign` in `PATH`, else one that Go builds.
fn cosign() -> Outcome<PathBuf> {
    match which("cosign") {
        Some(path) => Ok(path),
        None => by_go("cosign", COSIGN_PACKAGE, COSIGN_VERSION),
    }
}

/// The registry that most others descend from, and its version; as Go builds it.
pub(crate) fn distribution() -> Outcome<(PathBuf, &'static str)> {
    Ok((by_go("registry", DISTRIBUTION_PACKAGE, DISTRIBUTION_VERSION)?, DISTRIBUTION_VERSION))
}

/// A program that `go install` makes.
fn by_go(name: &str, package: &str, version: &str) -> Outcome<PathBuf> {
    let folder = peers_folder()?;
    let binary = folder.join(name);
    if !binary.is_file() {
        require_go()?;
        let package = format!("{package}@{version}");
        run(Command::new("go").args(["install", &package]).env("GOBIN", &folder))?;
    }
    Ok(binary)
}

fn require_go() -> Outcome {
    which("go").map_or_else(|| fail("no `go` to build it with"), |_| Ok(()))
}

fn kit_version(kit: &Path) -> Outcome<String> {
    let home = tempfile::tempdir()?;
    std::fs::write(home.path().join("disable-update-notifications"), b"")?;
    let text = capture(Command::new(kit).arg("version").env("KITOPS_HOME", home.path()))?;
    // A build through Go does not know its own release.
    Ok(format!("{KIT_VERSION} ({})", text.lines().next().unwrap_or_default().trim()))
}

fn modctl_version(modctl: &Path) -> Outcome<String> {
    capture(Command::new(modctl).arg("version"))?;
    // A build through Go does not know its own release.
    Ok(MODCTL_VERSION.to_owned())
}

/// A program of the distribution; as root it is installed when it is missing.
fn installed(program: &str, package: &str) -> Outcome<PathBuf> {
    if let Some(path) = which(program) {
        return Ok(path);
    }
    let user = capture(Command::new("id").arg("-u"))?;
    if user.trim() != "0" || which("apt-get").is_none() {
        return fail(format!("install the package `{package}`"));
    }
    run(Command::new("apt-get").env("DEBIAN_FRONTEND", "noninteractive").args([
        "install",
        "--yes",
        "--quiet",
        "--no-install-recommends",
        package,
    ]))?;
    which(program).map_or_else(|| fail(format!("`{package}` brought no `{program}`")), Ok)
}

fn dashed_version(program: &Path) -> Outcome<String> {
    let text = capture(Command::new(program).arg("--version"))?;
    let line = text.lines().next().unwrap_or_default().trim();
    // Some begin with the path that they were called by, which is this machine's affair.
    Ok(line.trim_start_matches(program.to_string_lossy().as_ref()).trim_start().to_owned())
}

fn cosign_version(program: &Path) -> Outcome<String> {
    let text = capture(Command::new(program).arg("version"))?;
    let line = text.lines().find_map(|line| line.strip_prefix("GitVersion:"));
    line.map_or_else(|| fail("tells no version"), |version| Ok(version.trim().to_owned()))
}

/// A virtual environment with the package in it; the path is that of its interpreter.
fn kitops_python() -> Outcome<PathBuf> {
    let folder = peers_folder()?.join("kitops-python");
    let python = folder.join("bin/python");
    if !folder.join("installed").is_file() {
        run(Command::new("python3").args(["-m", "venv"]).arg(&folder))?;
        run(Command::new(&python).args(["-m", "pip", "install", "--quiet", "kitops"]))?;
        std::fs::write(folder.join("installed"), b"")?;
    }
    Ok(python)
}

fn kitops_python_version(python: &Path) -> Outcome<String> {
    let program = "import importlib.metadata as m; print('kitops', m.version('kitops'))";
    Ok(capture(Command::new(python).args(["-c", program]))?.trim().to_owned())
}

/// Its package does not say that it needs pyOpenSSL.
fn model_signing() -> Outcome<PathBuf> {
    let folder = peers_folder()?.join("model-signing-python");
    if !folder.join("installed").is_file() {
        run(Command::new("python3").args(["-m", "venv"]).arg(&folder))?;
        let mut install = Command::new(folder.join("bin/python"));
        install.args(["-m", "pip", "install", "--quiet", "model-signing", "pyOpenSSL"]);
        run(&mut install)?;
        std::fs::write(folder.join("installed"), b"")?;
    }
    Ok(folder.join("bin/model_signing"))
}

fn model_signing_version(program: &Path) -> Outcome<String> {
    Ok(capture(Command::new(program).arg("--version"))?.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_peer_that_cannot_be_had_says_why() {
        let peer = Peer {
            name: "p",
            variable: "SEALKIT_NO_SUCH_PEER",
            get: || fail("no luck"),
            version: |_| Ok("1".to_owned()),
        };
        let found = obtain(&peer);
        assert_eq!((found.path, found.version), (None, Err("no luck".to_owned())));
    }

    #[test]
    fn a_peer_that_does_not_run_is_no_peer() {
        let peer = Peer {
            name: "p",
            variable: "SEALKIT_NO_SUCH_PEER",
            get: || Ok(PathBuf::from("no-such-program-anywhere")),
            version: dashed_version,
        };
        assert!(obtain(&peer).version.is_err());
    }
}
