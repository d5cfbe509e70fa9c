//! Compares two versions by what is known of them without reading their bytes.

mod tensors;
mod text;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use axum::Router;
use axum::routing::get;
use sealkit_api::{
    Change, ChangedField, Comparison, FileChange, FileEntry, FileList, FileMove, FileSource,
    KitDetail, Layer, PartChange,
};
use sealkit_inspect::pointer_step;
use sealkit_oci::Digest;
use serde_json::Value;

use crate::hub::Shared;
use crate::reader::Kit;

pub(crate) use tensors::{Wanted as WantedTensors, of as tensors_of, show as compare_tensors};
pub(crate) use text::{MAX_BYTES as MAX_TEXT, Wanted as WantedText, show as compare_text};

/// The paths of the API that go deeper than a comparison of versions.
pub(crate) fn routes() -> Router<Arc<Shared>> {
    Router::new()
        .route("/api/v1/compare/text", get(text::show))
        .route("/api/v1/compare/tensors", get(tensors::show))
}

/// One side of a comparison.
pub(crate) struct Side {
    pub(crate) kit: Arc<Kit>,
    pub(crate) detail: KitDetail,
    pub(crate) files: Arc<FileList>,
}

pub(crate) fn compare(a: &Side, b: &Side) -> Comparison {
    let both_tables = [&a.files, &b.files].iter().all(|list| list.source == FileSource::FileTable);
    let source = if both_tables { FileSource::FileTable } else { FileSource::LayerHeaders };
    let mut result = Comparison::new(a.kit.digest.clone(), b.kit.digest.clone(), source);
    let (left, right) = (Some(&a.detail.kitfile), Some(&b.detail.kitfile));
    let mut fields = Fields { found: Vec::new(), room: MAX_POINTER_BYTES, all: true };
    fields.compare("", left, right);
    result.fields = fields.found;
    result.parts = parts(&a.detail.layers, &b.detail.layers);
    compare_files(&a.files.files, &b.files.files, &mut result);
    let all_listed = a.files.unlisted.is_empty() && b.files.unlisted.is_empty();
    result.incomplete = !(all_listed && fields.all);
    result.bytes_needed = bytes_needed(a, b);
    result
}

/// Most bytes of the pointers of differing fields, and of what is above them, all together: each
/// repeats the keys above it, so that one long key would else fill the memory.
const MAX_POINTER_BYTES: usize = 4 << 20;

/// The leaves of two Kitfiles that differ.
struct Fields {
    found: Vec<ChangedField>,
    room: usize,
    /// Whether everything had room.
    all: bool,
}

impl Fields {
    /// Adds every leaf that differs. The layer digests inside a Kitfile are left out: the parts
    /// tell of them.
    fn compare(&mut self, pointer: &str, a: Option<&Value>, b: Option<&Value>) {
        if a == b {
            return;
        }
        match (a, b) {
            (Some(Value::Object(left)), Some(Value::Object(right))) => {
                let free = pointer.contains("/parameters");
                let keys: BTreeSet<&String> = left.keys().chain(right.keys()).collect();
                for key in keys {
                    if free || !matches!(key.as_str(), "digest" | "diffId") {
                        self.below(pointer, key, left.get(key), right.get(key));
                    }
                }
            }
            (Some(Value::Array(left)), Some(Value::Array(right))) => {
                for index in 0..left.len().max(right.len()) {
                    self.below(pointer, &index.to_string(), left.get(index), right.get(index));
                }
            }
            _ => {
                let pointer = pointer.to_owned();
                self.found.push(ChangedField { pointer, a: a.cloned(), b: b.cloned() });
            }
        }
    }

    fn below(&mut self, pointer: &str, key: &str, a: Option<&Value>, b: Option<&Value>) {
        if a == b {
            return;
        }
        let Some(room) = self.room.checked_sub(pointer.len() + key.len() + 1) else {
            self.all = false;
            return;
        };
        self.room = room;
        self.compare(&format!("{pointer}/{}", pointer_step(key)), a, b);
    }
}

/// Layers are the same part where role and path are equal; of several, one with the same
/// digest, or else the first.
fn parts(a: &[Layer], b: &[Layer]) -> Vec<PartChange> {
    type Places<K> = BTreeMap<K, VecDeque<usize>>;
    let part = |layer: &Layer| (layer.role.clone(), layer.path.clone());
    let mut unmatched: Vec<Option<&Layer>> = b.iter().map(Some).collect();
    let mut equal: Places<(&Digest, (String, Option<String>))> = BTreeMap::new();
    let mut same: Places<(String, Option<String>)> = BTreeMap::new();
    for (at, layer) in b.iter().enumerate() {
        equal.entry((&layer.digest, part(layer))).or_default().push_back(at);
        same.entry(part(layer)).or_default().push_back(at);
    }
    let mut take = |places: Option<&mut VecDeque<usize>>| {
        let places = places?;
        while let Some(at) = places.pop_front() {
            if let Some(layer) = unmatched.get_mut(at).and_then(Option::take) {
                return Some(layer.clone());
            }
        }
        None
    };
    let mut changes = Vec::new();
    for left in a {
        let right = take(equal.get_mut(&(&left.digest, part(left))));
        let right = right.or_else(|| take(same.get_mut(&part(left))));
        if right.as_ref().is_some_and(|right| right.digest == left.digest) {
            continue;
        }
        let change = if right.is_some() { Change::Changed } else { Change::Removed };
        changes.push(PartChange { change, a: Some(left.clone()), b: right });
    }
    let added = unmatched.into_iter().flatten().cloned();
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

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use serde_json::{Map, json};

    use super::*;

    fn fields(a: &Value, b: &Value) -> Fields {
        let mut fields = Fields { found: Vec::new(), room: MAX_POINTER_BYTES, all: true };
        fields.compare("", Some(a), Some(b));
        fields
    }

    #[test]
    fn a_long_key_above_many_fields_fills_no_memory() {
        let side = |value: u32| {
            let leaves = (0..100_000).map(|at| (format!("k{at}"), json!(value)));
            json!({ "x".repeat(1 << 20): leaves.collect::<Map<_, _>>() })
        };
        let fields = fields(&side(1), &side(2));
        assert!(!fields.all);
        let bytes: usize = fields.found.iter().map(|field| field.pointer.len()).sum();
        assert!((1..=MAX_POINTER_BYTES).contains(&bytes), "{bytes}");
    }

    #[test]
    fn fields_are_named_by_pointers() {
        let fields = fields(&json!({"a/b": [1, {"c~": 2}]}), &json!({"a/b": [1, {"c~": 3}, 4]}));
        assert!(fields.all);
        let pointers: Vec<_> = fields.found.iter().map(|field| field.pointer.as_str()).collect();
        assert_eq!(pointers, ["/a~1b/1/c~0", "/a~1b/2"]);
    }

    fn layer(content: &str, path: Option<&str>) -> Layer {
        let (digest, path) = (Digest::of(content.as_bytes()), path.map(str::to_owned));
        Layer { digest, media_type: String::new(), size: 1, role: "dataset".to_owned(), path }
    }

    #[test]
    fn parts_are_matched_by_digest_then_by_order() {
        let a = [layer("2", None), layer("1", None), layer("3", Some("p"))];
        let b = [layer("4", None), layer("2", None), layer("5", Some("q"))];
        let changes = parts(&a, &b);
        let kinds: Vec<_> = changes.iter().map(|part| part.change).collect();
        assert_eq!(kinds, [Change::Changed, Change::Removed, Change::Added]);
        assert_eq!(changes[0].b.as_ref(), Some(&b[0]));
    }

    #[test]
    fn many_parts_are_compared_at_once() {
        let side = |name: &str| -> Vec<Layer> {
            (0..30_000).map(|at| layer(&format!("{name}{at}"), None)).collect()
        };
        let (a, b) = (side("a"), side("b"));
        let start = Instant::now();
        assert_eq!(parts(&a, &b).len(), 30_000);
        assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
    }
}
