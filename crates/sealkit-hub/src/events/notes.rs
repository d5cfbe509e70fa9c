//! The events of acts on manifests, tags and blobs, written in the transaction of the act: a hub that is killed
//! behind an act has its event.

use rusqlite::Connection;
use sealkit_attest::log::{LogAct, LogLeaf};
use sealkit_hubstore::{BlobAct, BlobDeed, Fault};

use super::{NewEvent, insert};
use crate::clock::now;
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

/// Writes that a blob came, was mounted or went.
pub(super) fn along_blob(sql: &Connection, act: &BlobAct) -> Result<(), Fault> {
    let new = |action| NewEvent::new(&act.by, action).within(&act.repository).about(&act.digest);
    let event = match &act.deed {
        BlobDeed::Pushed => new("blob.push"),
        BlobDeed::Mounted { from } => new("blob.mount").saying(format!("from {from}")),
        BlobDeed::Deleted => new("blob.delete"),
    };
    insert(sql, &event, now(), 1)
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
