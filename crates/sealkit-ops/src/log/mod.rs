//! `log`: the transparency log of a hub, held against what was seen of it before.
//!
//! What was seen is kept with what other logs said (`memory`): one root for each size. A hub whose
//! log takes something back, or shows somebody else another history, is found by whoever pinned it.

mod hub;
mod monitor;
mod verify;

use sealkit_attest::AttestError;
pub use sealkit_attest::LogTree;
use sealkit_attest::log::NoteKey;
use sealkit_report::{Hint as _, Report, Step};

pub use monitor::{LogEvent, Monitored, monitor};
pub use verify::verify;
pub(crate) use verify::{guard, step};

/// Which log to look at, and whom to believe.
#[derive(Clone, Debug)]
pub struct LogRequest {
    /// The hub: `host` or `host:port`.
    pub hub: String,
    /// The key that counts; else the one that was pinned for the hub, or is trusted for its log.
    pub key: Option<NoteKey>,
    /// Whether a key that nothing is known about is pinned, as `accept-new` of SSH does.
    pub accept_new_key: bool,
}

/// What came of looking at a log.
#[derive(Clone, Debug)]
pub struct LogVerification {
    /// The hub.
    pub hub: String,
    /// What its log says of itself now, where that was verified.
    pub tree: Option<LogTree>,
    /// What it said before, where something was pinned.
    pub pinned: Option<LogTree>,
    /// Its key, where one is known: shown, so that a person can compare it.
    pub key: Option<NoteKey>,
    /// The steps.
    pub report: Report,
}

/// A step that failed for this reason.
fn failed(id: &str, title: &str, error: &AttestError) -> Step {
    Step::fail(id, title, error.full_message()).coded([error.code()])
}
