//! The registries that are measured, each a process of its own over a folder of its own.

use std::io::{BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::client::Client;
use crate::run::{Outcome, fail, target_dir};

/// Ticks of a second in `/proc/PID/stat`; Linux tells all programs the same.
const TICKS: f64 = 100.0;

/// A registry that can be started.
pub(in crate::bench) struct Subject {
    /// What the table calls it.
    pub(in crate::bench) name: String,
    pub(in crate::bench) program: PathBuf,
    pub(in crate::bench) kind: Kind,
}

/// How it is started.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(in crate::bench) enum Kind {
    /// `sealkit hub`, which asks for a token and flushes what it acknowledges.
    SealKit,
    /// CNCF distribution, which asks for nothing and flushes nothing.
    Distribution,
    /// zot, with nothing beside the protocol.
    Zot,
    /// angos, with nothing beside the protocol.
    Angos,
}

impl Kind {
    /// Name and text of the file that a registry reads what it shall do from, and what it is called with.
    fn config(self, data: &Path, port: u16) -> Option<(&'static str, String, Vec<&'static str>)> {
        let data = data.display();
        match self {
            Self::SealKit => None,
            Self::Distribution => Some((
                "config.yml",
                format!(
                    "version: 0.1\nlog: {{level: error, accesslog: {{disabled: true}}}}\nstorage: {{filesystem: {{rootdirectory: {data}}}, delete: {{enabled: true}}}}\nhttp: {{addr: \"127.0.0.1:{port}\", secret: for-the-benchmark}}\n"
                ),
                vec!["serve", "config.yml"],
            )),
            Self::Zot => Some((
                "config.json",
                format!(
                    r#"{{"distSpecVersion":"1.1.1","storage":{{"rootDirectory":"{data}"}},"http":{{"address":"127.0.0.1","port":"{port}"}},"log":{{"level":"error"}}}}"#
                ),
                vec!["serve", "config.json"],
            )),
            Self::Angos => Some((
                "config.toml",
                format!(
                    "[server]\nbind_address = \"127.0.0.1\"\nport = {port}\n[global.access_policy]\ndefault = \"allow\"\n[blob_store.fs]\nroot_dir = \"{data}\"\n[repository.\"bench\"]\n"
                ),
                vec!["server"],
            )),
        }
    }
}

/// One that runs. It ends with this.
pub(in crate::bench) struct Running {
    child: Child,
    pub(in crate::bench) client: Client,
}

impl Subject {
    /// The hub of this tree.
    pub(in crate::bench) fn hub() -> Self {
        let program = target_dir().join("release/sealkit");
        Self { name: "sealkit hub".to_owned(), program, kind: Kind::SealKit }
    }

    /// Starts it over `folder`, from the disk as after a start of the machine: how much of a program becomes
    /// resident around what it uses depends on how the system holds the file, and that on who wrote it.
    pub(in crate::bench) fn start(&self, folder: &Path) -> Outcome<Running> {
        super::super::settle();
        // Where there is no such `dd`, memory is as the file happens to be held.
        let mut forget = Command::new("dd");
        forget.arg(format!("if={}", self.program.display())).args(["iflag=nocache", "count=0"]);
        let _ = forget.stdout(Stdio::null()).stderr(Stdio::null()).status();
        match self.kind {
            Kind::SealKit => self.start_sealkit(folder),
            Kind::Distribution | Kind::Zot | Kind::Angos => self.start_peer(folder),
        }
    }

    /// Starts a hub over a folder that one was started over before, for `client` of then; gives the time until it listens too.
    pub(in crate::bench) fn start_again(
        &self,
        folder: &Path,
        client: &Client,
    ) -> Outcome<(Running, Duration)> {
        let begun = Instant::now();
        let (mut child, host) = self.spawn_sealkit(folder)?;
        let time = begun.elapsed();
        drain(child.stderr.take().ok_or("no output")?);
        Ok((Running { child, client: Client { host, auth: client.auth.clone() } }, time))
    }

    /// A hub that listens, and where.
    fn spawn_sealkit(&self, folder: &Path) -> Outcome<(Child, String)> {
        let mut command = Command::new(&self.program);
        command.env("SEALKIT_HOME", folder.join("home"));
        command
            .args(["hub", "--rate-limit", "0", "--listen", "127.0.0.1:0", "--data"])
            .arg(folder.join("data"));
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
        let mut line = String::new();
        let mut said = BufReader::new(child.stdout.take().ok_or("no output")?);
        said.read_line(&mut line)?;
        let Some(host) = line.trim().strip_prefix("listening on http://") else {
            let mut why = String::new();
            child.stderr.take().ok_or("no output")?.read_to_string(&mut why)?;
            return fail(format!("`sealkit hub` does not listen: {why}"));
        };
        Ok((child, host.to_owned()))
    }

    fn start_sealkit(&self, folder: &Path) -> Outcome<Running> {
        let (mut child, host) = self.spawn_sealkit(folder)?;
        let mut told = BufReader::new(child.stderr.take().ok_or("no output")?);
        let token = token(&mut told)?;
        drain(told);
        let pair = STANDARD.encode(format!("admin:{token}"));
        let client = Client { host, auth: Some(format!("Basic {pair}")) };
        Ok(Running { child, client })
    }

    fn start_peer(&self, folder: &Path) -> Outcome<Running> {
        let port = {
            let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
            listener.local_addr()?.port()
        };
        let host = format!("127.0.0.1:{port}");
        std::fs::create_dir_all(folder)?;
        let config = self.kind.config(&folder.join("data"), port).ok_or("no peer")?;
        let (file, text, arguments) = config;
        std::fs::write(folder.join(file), text)?;
        let mut command = Command::new(&self.program);
        command.args(arguments).current_dir(folder);
        let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
        let begun = Instant::now();
        while std::net::TcpStream::connect(&host).is_err() {
            if begun.elapsed() > Duration::from_secs(20) {
                return fail(format!("`{}` does not listen", self.name));
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        let client = Client { host, auth: None };
        Ok(Running { child, client })
    }
}

/// Reads what is said later, which must not fill the pipe.
fn drain(mut told: impl std::io::Read + Send + 'static) {
    std::thread::spawn(move || std::io::copy(&mut told, &mut std::io::sink()));
}

/// The token of a first start; none where there was a start before.
fn token(told: &mut impl std::io::BufRead) -> Outcome<String> {
    let mut line = String::new();
    while told.read_line(&mut line)? > 0 {
        let words = line.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
        if let Some(token) = words.into_iter().find(|word| word.starts_with("skt_")) {
            return Ok(token.to_owned());
        }
        line.clear();
    }
    fail("`sealkit hub` showed no token")
}

impl Running {
    /// Time of processors that it has used, in seconds.
    pub(super) fn cpu(&self) -> Outcome<f64> {
        let text = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id()))?;
        cpu_of(&text).ok_or_else(|| "`/proc` tells no time of processors".into())
    }

    /// Memory that is resident, and the most that ever was, in MiB.
    pub(super) fn memory(&self) -> Outcome<(f64, f64)> {
        let text = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let found = mebibytes(&text, "VmRSS:").zip(mebibytes(&text, "VmHWM:"));
        found.ok_or_else(|| "`/proc` tells no memory".into())
    }
}

/// Times of user and system, behind the name, which may have blanks and brackets in it.
fn cpu_of(stat: &str) -> Option<f64> {
    let (_, fields) = stat.rsplit_once(')')?;
    let mut fields = fields.split_whitespace().skip(11);
    let user: f64 = fields.next()?.parse().ok()?;
    let system: f64 = fields.next()?.parse().ok()?;
    Some((user + system) / TICKS)
}

fn mebibytes(status: &str, name: &str) -> Option<f64> {
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    let kib: f64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib / 1024.0)
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_and_memory_are_read_from_what_linux_writes() {
        let stat = "7 (a) b) S 1 1 1 0 -1 4194304 200 0 0 0 150 25 0 0 20 0 9 0 100 1 1";
        assert_eq!(cpu_of(stat), Some(1.75));
        assert_eq!(cpu_of("7 no name"), None);
        let status = "Name:\tx\nVmHWM:\t   20480 kB\nVmRSS:\t   10240 kB\n";
        assert_eq!(mebibytes(status, "VmRSS:"), Some(10.0));
        assert_eq!(mebibytes(status, "VmHWM:"), Some(20.0));
        assert_eq!(mebibytes(status, "VmSwap:"), None);
    }

    #[test]
    fn the_token_is_found_among_what_is_said() {
        let mut said = &b"something\nthe token is shown this once: skt_abc\n  make others\n"[..];
        assert_eq!(token(&mut said).unwrap(), "skt_abc");
        assert!(token(&mut &b"nothing\n"[..]).is_err());
    }
}
