//! The events of acts on manifests and tags, written in the transaction of the act: a hub that is killed
//! behind an act has its event.

use rusqlite::Connection;
use sealkit_attest::log::{LogAct, LogLeaf};
use sealkit_hubstore::Fault;

use super::{NewEvent, insert};
use crate::log::decode;

/// Writes what a note tells of. The note is the one that the transparency log takes its entries from, so that
/// both say the same.
pub(super) fn along(sql: &Connection, repository: &str, note: &[u8]) -> Result<(), Fault> {
    for leaf in decode(note)? {
        for event in told(&leaf) {
            insert(sql, &event.within(repository), leaf.time, 1)?;
        }
    }
    Ok(())
}

/// The events of an act, in the order in which they are told.
fn told(leaf: &LogLeaf) -> Vec<NewEvent> {
    let new = |action| NewEvent::new(&leaf.actor, action);
    match &leaf.act {
        LogAct::Push { digest, .. } | LogAct::Attest { digest, .. } => {
            vec![new("manifest.push").about(digest)]
        }
        LogAct::Advisory { digest, subject } => {
            let attached = new("advisory.attach").about(subject).saying(digest.to_string());
            vec![new("manifest.push").about(digest), attached]
        }
        LogAct::Tag { tag, digest, .. } => {
            vec![new("tag.set").about(tag).saying(digest.to_string())]
        }
        LogAct::Untag { tag, .. } => vec![new("tag.delete").about(tag)],
        LogAct::Delete { digest } => vec![new("manifest.delete").about(digest)],
        // They come into no note: who places a quarantine writes its event.
        LogAct::Verdict { .. } | LogAct::Quarantine { .. } | LogAct::QuarantineLifted { .. } => {
            Vec::new()
        }
    }
}
