//! From acts to the log without a gap: the store writes what an act is with the act, in one transaction, and
//! the log takes it from there.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use sealkit_attest::log::{LogAct, LogLeaf};
use sealkit_hubstore::Outbox;
use sealkit_store::StoreError;

use super::{Known, Log};

/// Notes of acts, and the log that they go into.
pub(super) struct Acts {
    log: Arc<Log>,
    outbox: Option<Arc<dyn Outbox>>,
    /// Notes whose acts are in the log, but that could not be forgotten yet. They must not be logged again:
    /// by then the tag may have moved on.
    logged: Mutex<BTreeSet<i64>>,
    /// Repositories whose last act could not be logged. Nothing more is done there until it is.
    behind: Mutex<BTreeSet<String>>,
}

impl Acts {
    pub(super) fn new(log: Arc<Log>, outbox: Option<Arc<dyn Outbox>>) -> Self {
        Self { log, outbox, logged: Mutex::default(), behind: Mutex::default() }
    }

    /// Does something that `leaves` tell of, and logs them; gives the numbers of their entries. Nobody else
    /// acts on the repository meanwhile.
    pub(super) async fn carry_out<T>(
        &self,
        repository: &str,
        leaves: Vec<LogLeaf>,
        act: impl Future<Output = Result<T, StoreError>>,
    ) -> Result<(T, Vec<u64>), StoreError> {
        let Some(outbox) = &self.outbox else {
            let done = act.await?;
            return Ok((done, self.record(leaves).await?));
        };
        if lock(&self.behind).contains(repository) {
            self.flush(&**outbox, Some(repository), |_| ()).await?;
        }
        let count = leaves.len();
        let done = sealkit_hubstore::noting(encode(&leaves)?, act).await?;
        let numbers = self.flush(&**outbox, Some(repository), |_| ()).await?;
        let own = numbers.len().saturating_sub(count);
        Ok((done, numbers.get(own..).unwrap_or_default().to_vec()))
    }

    /// Whether the events of an act are written in its transaction.
    pub(super) fn writes_events(&self) -> bool {
        self.outbox.as_ref().is_some_and(|outbox| outbox.has_along())
    }

    /// Logs what a hub that was killed had done and not logged; `known` is what the log says of tags.
    pub(super) async fn catch_up(&self, known: &mut Known) -> Result<(), StoreError> {
        let Some(outbox) = &self.outbox else { return Ok(()) };
        let learn = |leaf: &LogLeaf| match &leaf.act {
            LogAct::Tag { tag, digest, .. } => {
                known.insert((leaf.repository.clone(), tag.clone()), digest.clone());
            }
            LogAct::Untag { tag, .. } => {
                known.remove(&(leaf.repository.clone(), tag.clone()));
            }
            _ => {}
        };
        self.flush(&**outbox, None, learn).await.map(drop)
    }

    /// Logs the acts of all notes, those of earlier acts that could not be logged first.
    async fn flush(
        &self,
        outbox: &dyn Outbox,
        repository: Option<&str>,
        mut each: impl FnMut(&LogLeaf),
    ) -> Result<Vec<u64>, StoreError> {
        let notes = outbox.notes(repository).await?;
        let mut leaves = Vec::new();
        let mut numbers = Vec::new();
        for note in &notes {
            numbers.push(note.number);
            if !lock(&self.logged).contains(&note.number) {
                leaves.extend(decode(&note.bytes)?);
            }
        }
        leaves.iter().for_each(&mut each);
        let recorded = self.record(leaves).await;
        if let Some(repository) = repository {
            let mut behind = lock(&self.behind);
            match &recorded {
                Ok(_) => behind.remove(repository),
                Err(_) => behind.insert(repository.to_owned()),
            };
        }
        let entries = recorded?;
        lock(&self.logged).extend(&numbers);
        // One that stays is forgotten with the next.
        if outbox.settle(numbers.clone()).await.is_ok() {
            lock(&self.logged).retain(|number| !numbers.contains(number));
        }
        Ok(entries)
    }

    /// Adds leaves to the log; gives the numbers of their entries.
    pub(super) async fn record(&self, leaves: Vec<LogLeaf>) -> Result<Vec<u64>, StoreError> {
        let recorded = self.log.record(leaves).await;
        recorded.map_err(|error| failed(std::io::Error::other(error)))
    }
}

fn lock<T>(what: &Mutex<T>) -> MutexGuard<'_, T> {
    what.lock().unwrap_or_else(PoisonError::into_inner)
}

fn failed(source: std::io::Error) -> StoreError {
    StoreError::io("write", "transparency log", source)
}

/// The leaves, one on a line: their JSON has no line breaks.
fn encode(leaves: &[LogLeaf]) -> Result<Vec<u8>, StoreError> {
    let mut note = Vec::new();
    for leaf in leaves {
        note.extend(leaf.encode().map_err(|error| failed(std::io::Error::other(error)))?);
        note.push(b'\n');
    }
    Ok(note)
}

/// What a note of an act says.
pub(crate) fn decode(note: &[u8]) -> Result<Vec<LogLeaf>, StoreError> {
    let lines = note.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    let leaves: Result<Vec<_>, _> = lines.map(LogLeaf::parse).collect();
    leaves.map_err(|error| failed(std::io::Error::other(error)))
}
