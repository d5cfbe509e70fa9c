//! The right edge of a tree of tiles: all that is needed to make it grow.

use sealkit_attest::log::{MerkleHash, Node, TileKind, TilePath, place, subtree, tree_root};

/// The tiles that are not whole yet, one of each level.
#[derive(Clone, Debug, Default)]
pub(super) struct Edge {
    size: u64,
    rows: Vec<Vec<MerkleHash>>,
}

impl Edge {
    /// Number of entries.
    pub(super) fn size(&self) -> u64 {
        self.size
    }

    /// Adds the hash of one more entry, and gives the tiles that became whole by it.
    pub(super) fn push(&mut self, leaf: MerkleHash) -> Vec<(TilePath, Vec<MerkleHash>)> {
        let (mut whole, mut hash) = (Vec::new(), leaf);
        self.size += 1;
        for level in 0u8.. {
            if self.rows.len() <= usize::from(level) {
                self.rows.push(Vec::new());
            }
            let Some(row) = self.rows.get_mut(usize::from(level)) else { break };
            row.push(hash);
            let Some(root) = (row.len() == 256).then(|| subtree(row)).flatten() else { break };
            let index = (self.size >> (8 * (u32::from(level) + 1))) - 1;
            let tile = std::mem::take(row);
            let path = TilePath::of(TileKind::Hashes { level }, index, self.size);
            whole.extend(path.map(|path| (path, tile)));
            hash = root;
        }
        whole
    }

    /// The hashes of a tile that is not whole; none where it is, or is not there.
    pub(super) fn row(&self, level: u8, index: u64) -> Option<&[MerkleHash]> {
        let row = self.rows.get(usize::from(level))?;
        (self.size >> (8 * (u32::from(level) + 1)) == index).then_some(row)
    }

    /// The root of the tree.
    pub(super) fn root(&self) -> Option<MerkleHash> {
        let read = |node: Node| {
            let (level, index, span) = place(node);
            self.row(level, index).and_then(|row| row.get(span)).and_then(subtree).ok_or(())
        };
        tree_root(self.size, read).ok()
    }
}
