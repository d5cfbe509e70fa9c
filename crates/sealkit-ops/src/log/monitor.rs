//! What a hub's log says since it was read last: every entry, held against the checkpoint.

use sealkit_attest::LogTree;
use sealkit_attest::log::{
    Checkpoint, Frontier, HashedRekord, LogLeaf, TILE_WIDTH, decode_entries, leaf_hash,
};
use sealkit_report::{Step, Verdict};

use super::hub::HubLog;
use super::verify::{look, old_peaks, pin, root_of};
use super::{LogRequest, LogVerification, failed};
use crate::{Context, OpsError, memory};

const ENTRIES: (&str, &str) = ("log-entries", "the entries are those of the checkpoint");
/// Most new entries of one run.
const MAX_ENTRIES: u64 = 1 << 20;
/// Most bytes of entries of one run.
const MAX_BYTES: usize = 1 << 30;

/// One entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LogEvent {
    /// An act.
    Act {
        /// Number of the entry.
        index: u64,
        /// What it says.
        leaf: LogLeaf,
    },
    /// A signature over what has this digest.
    Signature {
        /// Number of the entry.
        index: u64,
        /// What is signed.
        digest: sealkit_oci::Digest,
    },
    /// An entry of a kind that is not known, e.g. of a later version.
    Unknown {
        /// Number of the entry.
        index: u64,
    },
}

impl LogEvent {
    fn read(index: u64, entry: &[u8]) -> Self {
        if let Ok(leaf) = LogLeaf::parse(entry) {
            return Self::Act { index, leaf };
        }
        match HashedRekord::parse(entry) {
            Ok(rekord) => Self::Signature { index, digest: rekord.digest().clone() },
            Err(_) => Self::Unknown { index },
        }
    }

    /// Whether it is about the repository. What is of no repository, or not known, is about each.
    fn is_about(&self, repository: Option<&str>) -> bool {
        match (self, repository) {
            (Self::Act { leaf, .. }, Some(repository)) => leaf.repository == repository,
            _ => true,
        }
    }
}

/// What was found.
#[derive(Clone, Debug)]
pub struct Monitored {
    /// How it was verified.
    pub verification: LogVerification,
    /// Number of the first entry that was read.
    pub from: u64,
    /// The entries that were asked for, in their order; none where something did not hold.
    pub events: Vec<LogEvent>,
}

/// Reads every entry since the last run (from the first on where there was none), verifies that
/// they and nothing else are what the log grew by, and gives those about `repository`.
pub async fn monitor(
    context: &Context,
    request: &LogRequest,
    repository: Option<&str>,
) -> Result<Monitored, OpsError> {
    let (verification, checkpoint) = look(context, request).await?;
    let mut found = Monitored { verification, from: 0, events: Vec::new() };
    let Some(checkpoint) = checkpoint else { return Ok(found) };
    if found.verification.report.verdict() != Verdict::Yes {
        return Ok(found);
    }
    let read = memory::monitored(&context.home, checkpoint.origin())?;
    found.from = read.as_ref().map_or(0, |tree| tree.size);
    let hub = HubLog::new(context, &request.hub);
    match read_entries(&hub, read.as_ref(), &checkpoint).await {
        Ok(events) => {
            let count = format!("{} new entries", events.len());
            found.verification.report.push(Step::pass(ENTRIES.0, ENTRIES.1).because(count));
            found.events = events.into_iter().filter(|one| one.is_about(repository)).collect();
        }
        Err(OpsError::Attest(error)) => {
            found.verification.report.push(failed(ENTRIES.0, ENTRIES.1, &error));
            return Ok(found);
        }
        Err(error) => return Err(error),
    }
    pin(context, &found.verification, &checkpoint)?;
    memory::remember_monitored(&context.home, &checkpoint.tree())?;
    found.verification.tree = Some(checkpoint.tree());
    Ok(found)
}

async fn read_entries(
    hub: &HubLog<'_>,
    read: Option<&LogTree>,
    checkpoint: &Checkpoint,
) -> Result<Vec<LogEvent>, OpsError> {
    let size = checkpoint.size();
    let from = read.map_or(0, |tree| tree.size);
    if size.saturating_sub(from) > MAX_ENTRIES {
        let message = format!("there are more than {MAX_ENTRIES} new entries");
        return Err(OpsError::usage("limit-exceeded", message)
            .with_hint("`sealkit log verify` needs no entries to see that the log only grew"));
    }
    let mut frontier = Frontier::default();
    if let Some(tree) = read.filter(|tree| tree.size > 0) {
        let stale = sealkit_attest::AttestError::StaleCheckpoint { pinned: from, found: size };
        if from > size {
            return Err(stale.into());
        }
        let unreadable = || OpsError::usage("memory-invalid", "what was read last can not be read");
        let root = root_of(tree).ok_or_else(unreadable)?;
        let hashes = old_peaks(hub, from, &root, size).await?;
        frontier = Frontier::new(from, hashes).ok_or_else(unreadable)?;
    }
    let (mut events, mut bytes) = (Vec::new(), 0);
    while frontier.size() < size {
        let at = frontier.size();
        let Some((path, bundle)) = hub.bundle(at / TILE_WIDTH, size).await? else { break };
        bytes += bundle.len();
        if bytes > MAX_BYTES {
            let message = format!("the new entries have more than {MAX_BYTES} bytes");
            return Err(OpsError::usage("limit-exceeded", message));
        }
        let entries = decode_entries(&bundle, path.width())?;
        let before = frontier.size();
        for entry in entries.into_iter().skip((at % TILE_WIDTH) as usize) {
            events.push(LogEvent::read(frontier.size(), entry));
            frontier.push(leaf_hash(entry));
        }
        if frontier.size() == before {
            break;
        }
    }
    if (frontier.size(), &frontier.root()) != (size, checkpoint.root()) {
        let reason = "the entries are not those of the checkpoint";
        return Err(sealkit_attest::AttestError::LogInconsistent { reason }.into());
    }
    Ok(events)
}
