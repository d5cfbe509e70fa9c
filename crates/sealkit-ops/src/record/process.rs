//! Runs the command: the terminal is its own, signals reach it, and its end is told as it was.

use std::path::Path;
use std::process::{ExitStatus, Stdio};

use crate::OpsError;

/// Variables that are SealKit's alone: the command does not see them.
const OWN: &[&str] = &["SEALKIT_PASSWORD"];

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ended(u8);

impl Ended {
    /// Whether it ended with 0.
    pub fn is_success(self) -> bool {
        self.0 == 0
    }

    /// Its exit code; 128 and the number of the signal where one ended it, as shells say it.
    pub fn code(self) -> u8 {
        self.0
    }

    fn of(status: ExitStatus) -> Self {
        #[cfg(unix)]
        {
            use std::os::unix::process::ExitStatusExt as _;
            if let Some(signal) = status.signal() {
                return Self(u8::try_from(128 + signal).unwrap_or(u8::MAX));
            }
        }
        Self(status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1))
    }
}

/// Runs `command` in `folder` to its end. What interrupts at a terminal goes to the command by itself;
/// where there is none (`terminal` is false), and for all that ask to end, it is passed on.
pub(super) async fn run(
    command: &[String],
    folder: &Path,
    terminal: bool,
    stdout: Stdio,
) -> Result<Ended, OpsError> {
    let Some((program, arguments)) = command.split_first() else {
        return Err(OpsError::usage("record-no-command", "no command is given").with_hint(
            "write it behind `--`: `sealkit record --output model -- python train.py`",
        ));
    };
    // Listening comes first, so that a signal at the very start ends the command and not us.
    let mut signals = signals::Signals::listen().map_err(|source| failed(program, source))?;
    let mut started = tokio::process::Command::new(program);
    started.args(arguments).current_dir(folder);
    started.stdin(Stdio::inherit()).stdout(stdout).stderr(Stdio::inherit());
    for name in OWN {
        started.env_remove(name);
    }
    let mut child = started.spawn().map_err(|source| failed(program, source))?;
    loop {
        tokio::select! {
            status = child.wait() => {
                return status.map(Ended::of).map_err(|source| failed(program, source));
            }
            signal = signals.next() => {
                if !(terminal && signal.comes_from_the_terminal()) {
                    signals::send(child.id(), signal);
                }
            }
        }
    }
}

fn failed(program: &str, source: std::io::Error) -> OpsError {
    OpsError::io("run", program, source)
}

#[cfg(unix)]
mod signals {
    use std::io;

    use rustix::process::{Pid, Signal, kill_process};
    use tokio::signal::unix::{Signal as Stream, SignalKind, signal};

    /// A signal that is passed on.
    #[derive(Clone, Copy, Debug)]
    pub(super) struct Caught(Signal);

    impl Caught {
        /// Whether a terminal sends it to every process in the foreground.
        pub(super) fn comes_from_the_terminal(self) -> bool {
            self.0 == Signal::INT || self.0 == Signal::QUIT
        }
    }

    /// The signals that ask a process to do something.
    pub(super) struct Signals {
        interrupt: Stream,
        terminate: Stream,
        hangup: Stream,
        quit: Stream,
        first: Stream,
        second: Stream,
    }

    impl Signals {
        pub(super) fn listen() -> io::Result<Self> {
            Ok(Self {
                interrupt: signal(SignalKind::interrupt())?,
                terminate: signal(SignalKind::terminate())?,
                hangup: signal(SignalKind::hangup())?,
                quit: signal(SignalKind::quit())?,
                first: signal(SignalKind::user_defined1())?,
                second: signal(SignalKind::user_defined2())?,
            })
        }

        pub(super) async fn next(&mut self) -> Caught {
            Caught(tokio::select! {
                _ = self.interrupt.recv() => Signal::INT,
                _ = self.terminate.recv() => Signal::TERM,
                _ = self.hangup.recv() => Signal::HUP,
                _ = self.quit.recv() => Signal::QUIT,
                _ = self.first.recv() => Signal::USR1,
                _ = self.second.recv() => Signal::USR2,
            })
        }
    }

    /// Sends a signal to a child that was not waited for yet; one that is gone needs none.
    pub(super) fn send(child: Option<u32>, signal: Caught) {
        let pid = child.and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
        if let Some(pid) = pid {
            let _ = kill_process(pid, signal.0);
        }
    }
}

#[cfg(not(unix))]
mod signals {
    use std::io;

    /// An interrupt.
    #[derive(Clone, Copy, Debug)]
    pub(super) struct Caught;

    impl Caught {
        /// The console sends it to every process that is attached to it.
        pub(super) fn comes_from_the_terminal(self) -> bool {
            true
        }
    }

    pub(super) struct Signals;

    impl Signals {
        #[expect(clippy::unnecessary_wraps, reason = "elsewhere listening can fail")]
        pub(super) fn listen() -> io::Result<Self> {
            Ok(Self)
        }

        pub(super) async fn next(&mut self) -> Caught {
            let _ = tokio::signal::ctrl_c().await;
            Caught
        }
    }

    pub(super) fn send(_: Option<u32>, _: Caught) {}
}
