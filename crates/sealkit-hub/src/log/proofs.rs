//! What the log shows: its checkpoint, its tiles, and proofs that an entry is in it.

use std::sync::PoisonError;

use sealkit_attest::log::{
    LogLeaf, MerkleHash, Node, NoteKey, TileKind, TilePath, decode_tile, encode_entries,
    encode_tile, place, prove_inclusion, subtree,
};
use sealkit_oci::Digest;

use super::entry::Entry;
use super::index::Key;
use super::writer::View;
use super::{Log, LogError};

/// Most entries of one answer.
pub(super) const MAX_ENTRIES: usize = 100;

/// An entry, and the proof that it is in the tree of a checkpoint.
#[derive(Clone, Debug)]
pub struct EntryProof {
    /// Its number, from 0.
    pub index: u64,
    /// Its bytes.
    pub entry: Vec<u8>,
    /// The hashes of the proof, from the entry up (RFC 6962 §2.1.1).
    pub hashes: Vec<MerkleHash>,
}

impl Log {
    /// The key that signs checkpoints.
    pub fn key(&self) -> &NoteKey {
        self.shared.signer.public()
    }

    /// The newest checkpoint.
    pub fn checkpoint(&self) -> String {
        self.shared.view().checkpoint.clone()
    }

    /// The bytes of a tile or of a bundle of entries; none where the published log has none.
    pub fn tile(&self, path: &TilePath) -> Result<Option<Vec<u8>>, LogError> {
        let view = self.shared.view();
        if !path.is_within(view.edge.size()) {
            return Ok(None);
        }
        match path.kind() {
            TileKind::Hashes { level } => {
                let mut hashes = self.hashes(&view, level, path.index())?;
                hashes.truncate(path.width().into());
                Ok(Some(encode_tile(&hashes)))
            }
            TileKind::Entries => {
                let first = path.index() * 256;
                let entries = self.shared.store.entries(first..first + u64::from(path.width()))?;
                Ok(Some(encode_entries(&entries)?))
            }
        }
    }

    /// Proofs of these entries, and the checkpoint whose tree they are about. Entries that are not in it are
    /// left out.
    pub fn prove(&self, numbers: &[u64]) -> Result<(String, Vec<EntryProof>), LogError> {
        let view = self.shared.view();
        let size = view.edge.size();
        let mut proofs = Vec::new();
        for index in numbers.iter().copied().filter(|number| *number < size) {
            let hashes = prove_inclusion(index, size, |node| self.hash(&view, node))?;
            let Some(entry) = self.shared.entry(index)? else { continue };
            proofs.push(EntryProof { index, entry, hashes });
        }
        Ok((view.checkpoint.clone(), proofs))
    }

    /// Numbers of the newest entries that name `digest`, the newest first, at most 100.
    pub fn about(&self, digest: &Digest) -> Result<Vec<u64>, LogError> {
        self.find(Key::Digest(digest), u64::MAX)
    }

    /// Numbers of the newest entries before `before` about a tag, the newest first, at most 100.
    pub fn tag_history(
        &self,
        repository: &str,
        tag: &str,
        before: u64,
    ) -> Result<Vec<u64>, LogError> {
        self.find(Key::Tag(repository, tag), before)
    }

    /// The newest acts before entry `before` on the versions of a repository, or on one of its tags, the newest
    /// first: at most 100, each with the number of its entry.
    pub fn acts_of(
        &self,
        repository: &str,
        tag: Option<&str>,
        before: u64,
    ) -> Result<Vec<(u64, LogLeaf)>, LogError> {
        self.acts(tag.map_or(Key::Repository(repository), |tag| Key::Tag(repository, tag)), before)
    }

    /// The newest acts that name `digest`, the newest first: at most 100.
    pub fn acts_about(&self, digest: &Digest) -> Result<Vec<(u64, LogLeaf)>, LogError> {
        self.acts(Key::Digest(digest), u64::MAX)
    }

    /// The newest answers of policies before entry `before`, the newest first: at most 100.
    pub fn verdicts(&self, before: u64) -> Result<Vec<(u64, LogLeaf)>, LogError> {
        self.acts(Key::Verdicts, before)
    }

    /// Number of entries that are published.
    pub fn size(&self) -> u64 {
        self.shared.view().edge.size()
    }

    fn find(&self, key: Key<'_>, before: u64) -> Result<Vec<u64>, LogError> {
        Ok(self.entries(key, before)?.into_iter().map(|(number, _)| number).collect())
    }

    fn acts(&self, key: Key<'_>, before: u64) -> Result<Vec<(u64, LogLeaf)>, LogError> {
        let act = |(number, entry)| match entry {
            Entry::Act(leaf) => Some((number, *leaf)),
            _ => None,
        };
        Ok(self.entries(key, before)?.into_iter().filter_map(act).collect())
    }

    fn entries(&self, key: Key<'_>, before: u64) -> Result<Vec<(u64, Entry)>, LogError> {
        let candidates: Vec<u64> = {
            let index = self.shared.index.read().unwrap_or_else(PoisonError::into_inner);
            index.find(key, before).take(MAX_ENTRIES).collect()
        };
        let mut found = Vec::new();
        for number in candidates {
            let entry = self.shared.entry(number)?.map(|bytes| Entry::read(&bytes));
            found.extend(entry.filter(|entry| key.is_of(entry)).map(|entry| (number, entry)));
        }
        Ok(found)
    }

    fn hash(&self, view: &View, node: Node) -> Result<MerkleHash, LogError> {
        let (level, index, span) = place(node);
        let hashes = self.hashes(view, level, index)?;
        let hash = hashes.get(span).and_then(subtree);
        hash.ok_or_else(|| LogError::Damaged("a tile is too short".to_owned()))
    }

    /// The hashes of a tile, as many as the published tree has.
    fn hashes(&self, view: &View, level: u8, index: u64) -> Result<Vec<MerkleHash>, LogError> {
        if let Some(row) = view.edge.row(level, index) {
            return Ok(row.to_vec());
        }
        let path = TilePath::of(TileKind::Hashes { level }, index, view.edge.size());
        let name = path.as_ref().map(ToString::to_string).unwrap_or_default();
        let bytes = self.shared.store.object(&name)?;
        let missing = || LogError::Damaged(format!("`{name}` is missing"));
        Ok(decode_tile(&bytes.ok_or_else(missing)?, 256)?)
    }
}
