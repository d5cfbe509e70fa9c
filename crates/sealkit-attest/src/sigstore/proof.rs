//! What a log proves of its entry: that it is in the tree that the log signed, and when it came.

use super::entry::{Entry, Proof};
use super::root::RootLog;
use super::{bad_proof, hex};
use crate::log::{Checkpoint, leaf_hash, verify_inclusion};
use crate::trust::TrustedLog;
use crate::{AttestError, LogWitness, base64};

/// A log that is trusted.
#[derive(Clone, Copy)]
pub(super) enum Log<'a> {
    /// One of a Sigstore instance.
    Instance(&'a RootLog),
    /// One whose key the user trusts.
    Own(&'a TrustedLog),
}

impl Log<'_> {
    /// Verifies the entry's proof and promise at `now`, of a signature that a timestamp proves to be
    /// no younger than `stamped` (unix seconds).
    pub(super) fn verify(
        &self,
        entry: &Entry,
        stamped: Option<i64>,
        now: i64,
    ) -> Result<LogWitness, AttestError> {
        let Some(proof) = &entry.proof else {
            return bad_proof("the entry has no inclusion proof");
        };
        let checkpoint = Checkpoint::parse(&proof.checkpoint)?;
        self.check_signature(&checkpoint, entry, now)?;
        check_inclusion(&checkpoint, proof, entry)?;
        let time = self.check_promise(entry, now)?;
        self.check_window(time.or(stamped), now)?;
        let (operator, log) = match self {
            Self::Instance(log) => (log.operator.clone(), log.base_url.clone()),
            Self::Own(log) => (log.name.clone(), log.key.name().to_owned()),
        };
        // The number across all of a log's trees is signed in the promise alone.
        let index = if time.is_some() { entry.index } else { proof.index };
        let tree = Some(checkpoint.tree());
        Ok(LogWitness { operator, log, index, time, tree })
    }

    /// The log's window has to have the proven time. Where nothing proves one, what a log signed
    /// before it was retired stays good.
    fn check_window(&self, time: Option<i64>, now: i64) -> Result<(), AttestError> {
        let Self::Instance(log) = self else { return Ok(()) };
        let fits = match time {
            Some(time) => log.validity.contains(time),
            None => log.validity.from <= now,
        };
        if fits { Ok(()) } else { bad_proof("the log is not trusted for that time") }
    }

    fn check_signature(
        &self,
        checkpoint: &Checkpoint,
        entry: &Entry,
        now: i64,
    ) -> Result<(), AttestError> {
        let log = match self {
            Self::Own(log) => {
                log.window(now).check(&log.name)?;
                return checkpoint.verify(&log.key);
            }
            Self::Instance(log) => log,
        };
        let tiled = entry.kind.is_tiled();
        // Logs of the first generation have a number in their origin that the root does not name.
        if tiled && checkpoint.origin() != log.origin() {
            return bad_proof("the checkpoint is of another origin");
        }
        let Some(key) = &log.key else { return bad_proof("the log's key is not supported") };
        let note = checkpoint.note();
        let mut named = false;
        for line in note.signatures() {
            if log.checkpoint_id.starts_with(&line.key_id) && (!tiled || line.name == log.origin())
            {
                named = true;
                if key.verify(note.text().as_bytes(), &line.signature) {
                    return Ok(());
                }
            }
        }
        bad_proof(if named {
            "the log's signature on the checkpoint is not valid"
        } else {
            "the checkpoint is not signed by the log's key"
        })
    }

    /// The time that the log promised, where it did (Rekor v1's signed entry timestamp). A time
    /// that nobody signed is no time.
    fn check_promise(&self, entry: &Entry, now: i64) -> Result<Option<i64>, AttestError> {
        let (Some(promise), Some(time)) = (&entry.promise, entry.time) else {
            return match (&entry.promise, entry.kind.is_tiled()) {
                (Some(_), false) => bad_proof("the log's promise has no time"),
                _ => Ok(None),
            };
        };
        let Self::Instance(log) = self else { return Ok(None) };
        if entry.kind.is_tiled() {
            return Ok(None);
        }
        // RFC 8785: keys in order, nothing between them.
        let id = hex(&entry.log_id);
        let body = base64::encode(&entry.body);
        let index = entry.index;
        let promised = format!(
            r#"{{"body":"{body}","integratedTime":{time},"logID":"{id}","logIndex":{index}}}"#
        );
        if !log.key.as_ref().is_some_and(|key| key.verify(promised.as_bytes(), promise)) {
            return bad_proof("the log's promise is not signed by it");
        }
        if time > now {
            return super::bad_time("the log's time lies in the future");
        }
        Ok(Some(time))
    }
}

/// Rekor v1 numbers an entry across all of its trees, and in its tree.
fn check_inclusion(
    checkpoint: &Checkpoint,
    proof: &Proof,
    entry: &Entry,
) -> Result<(), AttestError> {
    if proof.root != checkpoint.root() || proof.size != checkpoint.size() {
        return bad_proof("the inclusion proof is not about the checkpoint's tree");
    }
    if entry.kind.is_tiled() && proof.index != entry.index {
        return bad_proof("the inclusion proof is about another index");
    }
    let leaf = leaf_hash(&entry.body);
    verify_inclusion(&leaf, proof.index, checkpoint.size(), &proof.hashes, checkpoint.root())
}
