//! Compares two versions by what is known of them without reading their bytes.

use std::collections::{BTreeMap, BTreeSet};

use sealkit_api::{
    Change, ChangedField, Comparison, FileChange, FileEntry, FileList, FileMove, FileSource,
    KitDetail, Layer, PartChange,
};
use sealkit_oci::Digest;
use serde_json::Value;

use crate::reader::Kit;

/// One side of a comparison.
pub(crate) struct Side {
    pub(crate) kit: Kit,
    pub(crate) detail: KitDetail,
    pub(crate) files: FileList,
}

pub(crate) fn compare(a: &Side, b: &Side) -> Comparison {
    let both_tables = [&a.files, &b.files].iter().all(|list| list.source == FileSource::FileTable);
    let source = if both_tables { FileSource::FileTable } else { FileSource::LayerHeaders };
    let mut result = Comparison::new(a.kit.digest.clone(), b.kit.digest.clone(), source);
    compare_values("", Some(&a.detail.kitfile), Some(&b.detail.kitfile), &mut result.fields);
    result.parts = parts(&a.detail.layers, &b.detail.layers);
    compare_files(&a.files.files, &b.files.files, &mut result);
    result.incomplete = !a.files.unlisted.is_empty() || !b.files.unlisted.is_empty();
    result.bytes_needed = bytes_needed(a, b);
    result
}

/// Adds every leaf that differs. The layer digests inside a Kitfile are left out: the parts tell
/// of them.
fn compare_values(
    pointer: &str,
    a: Option<&Value>,
    b: Option<&Value>,
    out: &mut Vec<ChangedField>,
) {
    if a == b {
        return;
    }
    match (a, b) {
        (Some(Value::Object(left)), Some(Value::Object(right))) => {
            let free = pointer.contains("/parameters");
            let keys: BTreeSet<&String> = left.keys().chain(right.keys()).collect();
            for key in keys {
                if free || !matches!(key.as_str(), "digest" | "diffId") {
                    let escaped = key.replace('~', "~0").replace('/', "~1");
                    let inner = format!("{pointer}/{escaped}");
                    compare_values(&inner, left.get(key), right.get(key), out);
                }
            }
        }
        (Some(Value::Array(left)), Some(Value::Array(right))) => {
            for index in 0..left.len().max(right.len()) {
                let inner = format!("{pointer}/{index}");
                compare_values(&inner, left.get(index), right.get(index), out);
            }
        }
        _ => out.push(ChangedField { pointer: pointer.to_owned(), a: a.cloned(), b: b.cloned() }),
    }
}

/// Layers are the same part where role and path are equal; of several, in their order.
fn parts(a: &[Layer], b: &[Layer]) -> Vec<PartChange> {
    let mut unmatched: Vec<&Layer> = b.iter().collect();
    let mut changes = Vec::new();
    for left in a {
        let same = |right: &&Layer| right.role == left.role && right.path == left.path;
        let equal = unmatched.iter().position(|right| same(right) && right.digest == left.digest);
        let index = equal.or_else(|| unmatched.iter().position(same));
        let right = index.map(|index| unmatched.remove(index).clone());
        if right.as_ref().is_some_and(|right| right.digest == left.digest) {
            continue;
        }
        let change = if right.is_some() { Change::Changed } else { Change::Removed };
        changes.push(PartChange { change, a: Some(left.clone()), b: right });
    }
    let added = unmatched.into_iter().cloned();
    changes.extend(added.map(|b| PartChange { change: Change::Added, a: None, b: Some(b) }));
    changes
}

fn compare_files(a: &[FileEntry], b: &[FileEntry], out: &mut Comparison) {
    let (left, right) = (by_path(a), by_path(b));
    let paths: BTreeSet<&str> = left.keys().chain(right.keys()).copied().collect();
    let mut removed = Vec::new();
    let mut added: BTreeMap<&Digest, Vec<&FileEntry>> = BTreeMap::new();
    for path in paths {
        let (old, new) = (left.get(path).copied(), right.get(path).copied());
        let change = match (old, new) {
            (Some(old), Some(new)) => match differs(old, new) {
                Some(change) => change,
                None => continue,
            },
            (Some(old), None) => {
                removed.push(old);
                Change::Removed
            }
            _ => Change::Added,
        };
        if let (None, Some(Some(digest))) = (old, new.map(|new| new.digest.as_ref())) {
            added.entry(digest).or_default().extend(new);
        }
        let (size_a, size_b) = (old.map(|file| file.size), new.map(|file| file.size));
        out.files.push(FileChange { change, path: path.to_owned(), size_a, size_b });
    }
    for old in removed {
        let Some(digest) = &old.digest else { continue };
        let Some(new) = added.get_mut(digest).and_then(Vec::pop) else { continue };
        let (from, to) = (old.path.clone(), new.path.clone());
        out.moved.push(FileMove { from, to, digest: digest.clone() });
    }
    // A move is told once, not as a removal and an addition as well.
    let gone: BTreeSet<&str> = out.moved.iter().map(|moved| moved.from.as_str()).collect();
    let come: BTreeSet<&str> = out.moved.iter().map(|moved| moved.to.as_str()).collect();
    out.files.retain(|file| match file.change {
        Change::Removed => !gone.contains(file.path.as_str()),
        Change::Added => !come.contains(file.path.as_str()),
        Change::Changed | Change::Unknown => true,
    });
}

fn by_path(files: &[FileEntry]) -> BTreeMap<&str, &FileEntry> {
    // Of two entries with one path the later wins, as when an archive is unpacked.
    files.iter().map(|file| (file.path.as_str(), file)).collect()
}

/// How two files with one path differ, as far as it is known.
fn differs(a: &FileEntry, b: &FileEntry) -> Option<Change> {
    if a.size != b.size || a.mode != b.mode {
        return Some(Change::Changed);
    }
    if a.layer == b.layer && a.offset == b.offset {
        return None;
    }
    match (&a.digest, &b.digest) {
        (Some(a), Some(b)) if a == b => None,
        (Some(_), Some(_)) => Some(Change::Changed),
        _ => Some(Change::Unknown),
    }
}

/// Size of the blobs of `b` that a holder of `a` lacks.
fn bytes_needed(a: &Side, b: &Side) -> u64 {
    let known: BTreeSet<&Digest> = a.kit.manifest.blobs().map(|blob| &blob.digest).collect();
    let wanted: BTreeMap<&Digest, u64> =
        b.kit.manifest.blobs().map(|blob| (&blob.digest, blob.size)).collect();
    let lacking = wanted.iter().filter(|(digest, _)| !known.contains(*digest));
    lacking.fold(0, |sum, (_, size)| sum.saturating_add(*size))
}
