//! Runs the real binary in a home and a folder of its own.

use std::ffi::OsStr;
use std::fmt;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

/// What a run of the binary gave.
#[derive(Clone)]
pub struct Run {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Run {
    /// The same run, which must have ended with `code`.
    #[track_caller]
    pub fn exits(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{self}");
        self
    }

    /// Standard output as JSON.
    #[track_caller]
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self}"))
    }
}

impl fmt::Display for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let code = self.code.map_or_else(|| "signal".to_owned(), |code| code.to_string());
        write!(f, "exit: {code}\n--- stdout\n{}--- stderr\n{}", self.stdout, self.stderr)
    }
}

/// A home for the binary and a folder to work in, both gone at the end.
pub struct Sandbox {
    root: TempDir,
    name: &'static str,
}

impl Default for Sandbox {
    fn default() -> Self {
        Self::new()
    }
}

impl Sandbox {
    pub fn new() -> Self {
        Self::named("sealkit")
    }

    /// A sandbox in which the binary is called by another name, through a symbolic link.
    pub fn named(name: &'static str) -> Self {
        let root = tempfile::tempdir().unwrap();
        for folder in ["home", "work", "bin"] {
            std::fs::create_dir(root.path().join(folder)).unwrap();
        }
        #[cfg(unix)]
        std::os::unix::fs::symlink(
            env!("CARGO_BIN_EXE_sealkit"),
            root.path().join("bin").join(name),
        )
        .unwrap();
        Self { root, name }
    }

    pub fn home(&self) -> PathBuf {
        self.root.path().join("home")
    }

    /// Folders that were made for a while and are still there.
    pub fn left_aside(&self) -> usize {
        let all = std::fs::read_dir(self.home().join("tmp")).into_iter().flatten();
        all.filter(|entry| entry.as_ref().unwrap().path().is_dir()).count()
    }

    /// The folder in which the binary runs.
    pub fn work(&self) -> PathBuf {
        self.root.path().join("work")
    }

    /// The binary, ready to be given arguments, with nothing of the user's environment.
    pub fn command(&self) -> Command {
        let mut command = Command::new(self.root.path().join("bin").join(self.name));
        command
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.root.path())
            .env("SEALKIT_HOME", self.home())
            .env("DOCKER_CONFIG", self.root.path().join("docker"))
            .current_dir(self.work())
            .stdin(Stdio::null());
        command
    }

    pub fn run<S: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = S>) -> Run {
        finish(self.command().args(args))
    }

    pub fn run_with<S: AsRef<OsStr>>(
        &self,
        args: impl IntoIterator<Item = S>,
        environment: &[(&str, &str)],
        stdin: &str,
    ) -> Run {
        let mut command = self.command();
        command.args(args).envs(environment.iter().copied());
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        // The binary may end without reading its input.
        let _ = child.stdin.take().unwrap().write_all(stdin.as_bytes());
        output(child.wait_with_output().unwrap())
    }

    /// A copy of the binary outside the build folder, which may be closed to other users.
    ///
    /// Another process writes it. What is open for writing here is so in each child that another
    /// test starts meanwhile, until that child is a program of its own, and the system starts no
    /// file that somebody writes ("text file busy").
    #[cfg(unix)]
    pub fn copied_binary(&self) -> PathBuf {
        let copy = self.root.path().join("sealkit");
        if !copy.exists() {
            let status = Command::new("cp")
                .args([Path::new(env!("CARGO_BIN_EXE_sealkit")), &copy])
                .status()
                .unwrap();
            assert!(status.success());
            let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
            std::fs::set_permissions(&copy, mode).unwrap();
        }
        copy
    }

    /// Writes a file below the working folder.
    pub fn write(&self, path: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.work().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, content).unwrap();
        path
    }

    /// The small project of the golden vectors, in the working folder itself.
    pub fn golden(&self) -> PathBuf {
        self.write("models/sub/m.bin", "hello model\n");
        self.write("data/d.csv", "a,b\n1,2\n");
        self.write("README.md", "# readme\n");
        self.write("Kitfile", GOLDEN_KITFILE);
        normalise_modes(&self.work());
        self.work()
    }
}

/// The Kitfile of the golden vectors.
pub const GOLDEN_KITFILE: &str = "\
manifestVersion: 1.0.0
package:
  name: golden
  version: 0.1.0
  authors: [A & B]
model:
  name: m
  path: models/sub/m.bin
  parameters: {lr: 0.001, epochs: 3, tags: [x, y]}
datasets:
  - {name: d, path: data}
docs:
  - path: README.md
";

/// Gives folders mode 0755 and files 0644, whatever the umask of the test run is.
pub fn normalise_modes(dir: &Path) {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        for entry in std::fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            let is_dir = path.is_dir();
            let mode = if is_dir { 0o755 } else { 0o644 };
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
            if is_dir {
                normalise_modes(&path);
            }
        }
    }
}

/// Runs a command to its end.
pub fn finish(command: &mut Command) -> Run {
    output(command.output().unwrap())
}

fn output(output: std::process::Output) -> Run {
    Run {
        code: output.status.code(),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// The path in `variable`, or a line that says that the test was skipped.
pub fn peer(variable: &str) -> Option<PathBuf> {
    let found = std::env::var_os(variable).map(PathBuf::from);
    if found.is_none() {
        println!("skipped: no {variable}");
    }
    found
}

/// Waits until this holds, for half a minute at most.
pub fn wait_for(what: &str, done: impl Fn() -> bool) {
    let start = std::time::Instant::now();
    while !done() {
        assert!(start.elapsed().as_secs() < 30, "waited in vain: {what}");
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
}
