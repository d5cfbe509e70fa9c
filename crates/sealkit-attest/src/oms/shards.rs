//! Files that are signed in pieces (method `shards`).

use std::collections::BTreeMap;

use sealkit_oci::Digest;

use super::wire::invalid;
use crate::AttestError;

/// One piece of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shard {
    /// Its first byte.
    pub start: u64,
    /// The byte behind its last one.
    pub end: u64,
    /// SHA-256 of the bytes between.
    pub digest: Digest,
}

/// The file and the range that a name `path:start:end` means: the last two fields are numbers, since
/// a path may have colons of its own.
pub(super) fn parse(name: &str) -> Option<(&str, u64, u64)> {
    let (rest, end) = name.rsplit_once(':')?;
    let (path, start) = rest.rsplit_once(':')?;
    let number = |text: &str| {
        let plain = text.bytes().all(|digit| digit.is_ascii_digit());
        let short = text == "0" || !text.starts_with('0');
        (plain && short).then(|| text.parse().ok()).flatten()
    };
    Some((path, number(start)?, number(end)?))
}

/// Puts the pieces together: of each file from its first byte on, without gap or overlap, all but
/// the last one `size` bytes long.
pub(super) fn collect(
    pieces: Vec<(String, Digest)>,
    size: u64,
) -> Result<BTreeMap<String, Vec<Shard>>, AttestError> {
    let mut files: BTreeMap<String, Vec<Shard>> = BTreeMap::new();
    for (name, digest) in pieces {
        let fault = |what: &str| invalid(format!("shard `{}` {what}", AttestError::quote(&name)));
        let (path, start, end) = parse(&name).ok_or_else(|| fault("has no range in its name"))?;
        if start >= end || end - start > size {
            return Err(fault("has no bytes, or more than `shard_size`"));
        }
        let shards = files.entry(path.to_owned()).or_default();
        shards.push(Shard { start, end, digest });
    }
    for (path, shards) in &mut files {
        shards.sort_by_key(|shard| shard.start);
        let mut expected = 0;
        for (at, shard) in shards.iter().enumerate() {
            let is_short = shard.end - shard.start < size && at + 1 < shards.len();
            if shard.start != expected || is_short {
                let path = AttestError::quote(path);
                return Err(invalid(format!("the shards of `{path}` have a gap or overlap")));
            }
            expected = shard.end;
        }
    }
    Ok(files)
}
