//! A folder, listed and hashed by all processors, links never followed.

use std::path::Path;
use std::sync::Arc;

use sealkit_attest::oms::{Ignores, SignedTree, Tree, TreeFault};
use sealkit_oci::Digest;
use sealkit_pack::{EntryFault, TreeListing, has_pieces, hash_tree, list_tree};

use crate::{OpsError, Progress};

/// Lists a folder without what `ignores` covers.
pub(super) fn list(dir: &Path, ignores: &Ignores) -> Result<TreeListing, OpsError> {
    Ok(list_tree(dir, &|path| ignores.covers(path))?)
}

/// Hashes files; the results are in their order.
pub(super) fn hash(
    dir: &Path,
    files: &[(String, u64)],
    progress: &Arc<dyn Progress>,
) -> Result<Vec<Result<Digest, EntryFault>>, OpsError> {
    progress.start("hashing", Some(files.iter().map(|(_, size)| size).sum()));
    let results = hash_tree(dir, files, None, &|count| progress.advance(count));
    progress.finish();
    Ok(results?)
}

/// The folder as a verifier compares it: everything that is there, hashed as `signed` asks for it.
pub(super) fn tree(
    dir: &Path,
    signed: &SignedTree,
    ignores: &Ignores,
    progress: &Arc<dyn Progress>,
) -> Result<Tree, OpsError> {
    of_listing(dir, list(dir, ignores)?, signed, progress)
}

/// The same of what was listed already.
pub(super) fn of_listing(
    dir: &Path,
    listing: TreeListing,
    signed: &SignedTree,
    progress: &Arc<dyn Progress>,
) -> Result<Tree, OpsError> {
    let TreeListing { files, faults, skipped } = listing;
    let mut tree = Tree { ignored: skipped, ..Tree::default() };
    tree.faults.extend(faults.into_iter().map(|(path, fault)| shown(path, &fault)));
    let (pieces, whole): (Vec<_>, Vec<_>) =
        files.into_iter().partition(|(path, _)| signed.shards().contains_key(path));
    for ((path, _), result) in whole.iter().zip(hash(dir, &whole, progress)?) {
        match result {
            Ok(digest) => {
                tree.files.insert(path.clone(), digest);
            }
            Err(fault) => tree.faults.push(shown(path.clone(), &fault)),
        }
    }
    for (path, _) in pieces {
        let shards = signed.shards().get(&path).map(Vec::as_slice).unwrap_or_default();
        let ranges: Vec<_> =
            shards.iter().map(|shard| (shard.start, shard.end, shard.digest.clone())).collect();
        match has_pieces(dir, &path, &ranges) {
            Ok(good) => {
                tree.shards.insert(path, good);
            }
            Err(fault) => tree.faults.push(shown(path, &fault)),
        }
    }
    Ok(tree)
}

fn shown(path: String, fault: &EntryFault) -> TreeFault {
    let unread = matches!(fault, EntryFault::Changed | EntryFault::Unreadable(_));
    TreeFault { path, what: fault.describe(), unread }
}
