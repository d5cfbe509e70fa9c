//! What every command gets: the console, the home, and on demand a context and an async runtime.

use std::ffi::OsString;
use std::future::Future;
use std::path::{Path, PathBuf};
#[cfg(feature = "hub")]
use std::time::Duration;
use std::time::{SystemTime, UNIX_EPOCH};

use sealkit_ops::{Context, Home, OpsError};

use crate::cli::{GlobalArgs, NetworkArgs};
use crate::console::{Console, Failure};

/// How long a server that ended waits for its threads.
#[cfg(feature = "hub")]
const LAST_WORK: Duration = Duration::from_secs(1);

/// What the process answers with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Yes, or done: 0.
    Yes,
    /// The answer is no: 1.
    No,
    /// There is no answer: 2.
    Unanswered,
    /// The person interrupted: 130.
    Interrupted,
    /// What a command that was run on behalf of the person answered.
    Command(u8),
}

/// What every command gets.
#[derive(Debug)]
pub(crate) struct App {
    pub(crate) console: Console,
    pub(crate) home: Home,
    offline: bool,
}

impl App {
    pub(crate) fn new(global: GlobalArgs, console: Console) -> Result<Self, Failure> {
        let given = global.home.or_else(|| folder("SEALKIT_HOME"));
        let home = given.map_or_else(|| default_home(console.is_kit()), Ok)?;
        Ok(Self { console, home: Home::new(home), offline: global.offline })
    }

    /// A context for verbs; `network` of commands that talk to registries.
    pub(crate) fn context(&self, network: Option<&NetworkArgs>) -> Result<Context, Failure> {
        let (client, concurrency) = crate::commands::network::client(self, network)?;
        Ok(Context {
            home: self.home.clone(),
            client,
            concurrency,
            progress: self.console.progress(),
            clock: now,
            served: None,
            s3: crate::commands::network::s3_settings(),
        })
    }

    /// The same for verbs that ask a hub: an address of it that says `http://` asks for plain HTTP.
    pub(crate) fn context_at(
        &self,
        network: impl Into<NetworkArgs>,
        hub: Option<&str>,
    ) -> Result<Context, Failure> {
        let mut network = network.into();
        network.transport.plain_http |= hub.is_some_and(|text| text.starts_with("http://"));
        self.context(Some(&network))
    }

    /// Whether no connection may be opened.
    pub(crate) fn is_offline(&self) -> bool {
        self.offline
    }

    /// Runs an async verb to its end, or until the person interrupts.
    pub(crate) fn block_on<T>(
        &self,
        verb: impl Future<Output = Result<T, OpsError>>,
    ) -> Result<Option<T>, Failure> {
        let runtime = runtime()?;
        let outcome = runtime.block_on(async {
            tokio::select! {
                // Listening comes first: an interrupt at the very start is one too.
                biased;
                _ = tokio::signal::ctrl_c() => {
                    self.console.warn("interrupted: run the same command again to go on");
                    Ok(None)
                }
                outcome = verb => Ok(Some(outcome?)),
            }
        });
        // A thread may wait for input that never comes; the store holds whatever it was at.
        runtime.shutdown_background();
        outcome
    }

    /// Runs a verb that deals with interrupts itself.
    #[expect(clippy::unused_self, reason = "the application starts what runs")]
    pub(crate) fn follow<T>(
        &self,
        verb: impl Future<Output = Result<T, OpsError>>,
    ) -> Result<T, Failure> {
        let runtime = runtime()?;
        let outcome = runtime.block_on(verb);
        // Who interrupted the reading of a large folder does not wait for its end.
        runtime.shutdown_background();
        Ok(outcome?)
    }

    /// Runs a server, which ends by itself when it is asked to.
    #[cfg(feature = "hub")]
    #[expect(clippy::unused_self, reason = "the application starts what runs")]
    pub(crate) fn serve<T>(
        &self,
        server: impl Future<Output = Result<T, Failure>>,
    ) -> Result<T, Failure> {
        let runtime = runtime()?;
        let outcome = runtime.block_on(server);
        // What was promised is done. What a thread still reads of a kit is read again by the next hub.
        runtime.shutdown_timeout(LAST_WORK);
        outcome
    }
}

fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    let built = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    built.map_err(|source| Failure::new("io", "could not start threads").caused_by(&source))
}

/// Whether the binary was called by the name `kit`.
pub(crate) fn called_as_kit(argv0: Option<OsString>) -> bool {
    argv0.is_some_and(|name| Path::new(&name).file_stem().is_some_and(|stem| stem == "kit"))
}

/// Seconds since 1970; 0 on a clock that is set before.
pub(crate) fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}

/// The folder that a variable names; none where it is unset or empty.
fn folder(variable: &str) -> Option<PathBuf> {
    std::env::var_os(variable).filter(|value| !value.is_empty()).map(PathBuf::from)
}

fn default_home(as_kit: bool) -> Result<PathBuf, Failure> {
    if let Some(kit) = folder("KITOPS_HOME").filter(|_| as_kit) {
        return Ok(kit);
    }
    let data = folder(if cfg!(windows) { "LOCALAPPDATA" } else { "XDG_DATA_HOME" });
    let data = data.or_else(|| Some(std::env::home_dir()?.join(".local/share")));
    data.map(|data| data.join("sealkit")).ok_or_else(|| {
        Failure::new("no-home", "could not find a folder for the local store")
            .hint("set SEALKIT_HOME to a folder")
    })
}
