//! Layers to folder: everything is verified before anything appears at the target.

mod decode;
mod guard;
mod journal;
mod layer;
mod names;
mod stage;
mod tree;

use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use sealkit_kitfile::Part;
use sealkit_oci::{Descriptor, Digest, LayerTable};
use sealkit_report::Exceeded;
use sealkit_store::StoreError;

pub use self::decode::decompress;
pub use self::names::EntryNames;

use self::guard::Guard;
use self::layer::{Discard, LayerJob};
use self::stage::Stage;
use self::tree::Tree;
use crate::PackError;
use crate::pack::{OnProgress, in_parallel};
use crate::path;

/// Where the blobs of layers are read from.
pub trait LayerSource: Sync {
    /// The bytes of the layer's blob from its start. They need not be verified.
    fn open(&self, layer: &Descriptor) -> Result<Box<dyn Read + Send>, StoreError>;
}

/// One layer to unpack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnpackLayer {
    /// Media type, digest, size and annotations.
    pub descriptor: Descriptor,
    /// Digest that the uncompressed layer must have, where it is known.
    pub diff_id: Option<Digest>,
    /// Folder that the layer's names are relative to, for kits so old that their config names no
    /// layer digests; none for the target itself.
    pub base: Option<String>,
}

impl UnpackLayer {
    /// The layer that holds `part`.
    pub fn new(descriptor: Descriptor, part: &Part) -> Self {
        let base = match part.layer.digest {
            Some(_) => None,
            None => path::parent(&part.path).map(str::to_owned),
        };
        Self { descriptor, diff_id: part.layer.diff_id.clone(), base }
    }
}

/// What happens to a file that the target already has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Existing {
    /// It is an error.
    #[default]
    Refuse,
    /// It is replaced.
    Overwrite,
    /// It stays as it is.
    Keep,
}

/// Limits against archive bombs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Files and folders of all layers. Default: a million.
    pub entries: u64,
    /// Uncompressed bytes of all layers. Default: 16 TiB.
    pub bytes: u64,
    /// How many times larger than its blob a layer may become; the first 16 MiB are free. Default:
    /// 200.
    pub ratio: u64,
}

impl Limits {
    /// The limit that a layer breaks whose blob of `blob` bytes holds `bytes`; none where it keeps to all.
    pub fn broken_by(&self, blob: u64, bytes: u64) -> Option<Exceeded> {
        if bytes > decode::most(self, blob) {
            return Some(Exceeded { what: "expansion ratio", limit: self.ratio });
        }
        (bytes > self.bytes).then_some(Exceeded { what: "byte", limit: self.bytes })
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self { entries: 1_000_000, bytes: 16 << 40, ratio: 200 }
    }
}

/// How to unpack.
#[derive(Clone, Debug, Default)]
pub struct UnpackOptions {
    /// What happens to files that are there.
    pub existing: Existing,
    /// Limits against archive bombs.
    pub limits: Limits,
    /// Whether setuid, setgid and sticky bits are restored. They are masked off by default.
    pub special_bits: bool,
    /// Further files that appear together with the others, e.g. the Kitfile. One that is there
    /// with the same bytes is no conflict.
    pub extra: Vec<ExtraFile>,
    /// The parts that the Kitfile says each layer holds, in the order of the layers: an entry outside of
    /// them is refused. A layer that nothing is said of may hold anything.
    pub parts: Vec<Vec<String>>,
    /// How many layers are unpacked at once; none for as many as there are processors.
    pub threads: Option<usize>,
}

/// A file that is written beside those of the layers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExtraFile {
    /// Path inside the target.
    pub path: String,
    /// The whole content.
    pub bytes: Vec<u8>,
}

/// What was unpacked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Unpacked {
    /// Files that were written.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Files that were there and were kept.
    pub kept: u64,
    /// Whether an unpack that was interrupted earlier was finished first.
    pub finished_earlier: bool,
    /// What each layer holds, in the order of the layers, selected or not.
    pub tables: Vec<LayerTable>,
}

/// Which paths are unpacked.
pub type Select<'a> = &'a (dyn Fn(&str) -> bool + Sync);

/// Unpacks `layers` into the folder `target`.
///
/// Every layer's digest and diffId are verified while it streams into a folder beside the target.
/// Only when all are verified and durable does anything appear at the target: a new one by one
/// rename, an existing one by a rename for each file, listed in a journal that the next unpack into
/// the same target finishes if this one is interrupted. On an error nothing stays.
pub fn unpack(
    layers: &[UnpackLayer],
    source: &dyn LayerSource,
    target: &Path,
    options: &UnpackOptions,
    select: Select<'_>,
    progress: OnProgress<'_>,
) -> Result<Unpacked, PackError> {
    let job = Unpacking { layers, source, options, select, progress };
    job.run(target, &mut |_| Ok(()))
}

/// Reads one layer, verifies its digest and diffId, and returns the table of its entries: for kits
/// that came without a file table. Nothing is written.
pub fn index_layer(
    layer: &UnpackLayer,
    source: &dyn LayerSource,
    limits: &Limits,
    progress: OnProgress<'_>,
) -> Result<LayerTable, PackError> {
    let guard = Guard::new(*limits);
    let stop = AtomicBool::new(false);
    let job =
        LayerJob { index: 0, layer, source, guard: &guard, parts: &[], progress, stop: &stop };
    job.run(&mut Discard)
}

/// Called before each step that changes the target, with its name; tests make it fail.
type OnStep<'a> = &'a mut dyn FnMut(&'static str) -> Result<(), PackError>;

struct Unpacking<'a> {
    layers: &'a [UnpackLayer],
    source: &'a dyn LayerSource,
    options: &'a UnpackOptions,
    select: Select<'a>,
    progress: OnProgress<'a>,
}

impl Unpacking<'_> {
    fn run(&self, target: &Path, step: OnStep<'_>) -> Result<Unpacked, PackError> {
        let stage = Stage::open(target, step)?;
        let tree = Tree::new(&stage, self.options, self.select)?;
        let guard = Guard::new(self.options.limits);
        for file in &self.options.extra {
            tree.add_extra(file, &guard)?;
        }
        let stop = AtomicBool::new(false);
        let order: Vec<usize> = (0..self.layers.len()).collect();
        let mut tables = in_parallel(&order, self.options.threads, |index| {
            let Some(layer) = self.layers.get(index) else { return Ok(None) };
            let (source, progress) = (self.source, self.progress);
            let parts = self.options.parts.get(index).map(Vec::as_slice).unwrap_or_default();
            let guard = &guard;
            let job = LayerJob { index, layer, source, guard, parts, progress, stop: &stop };
            match job.run(&mut tree.writer()) {
                // The first error stopped the others: what they say is no cause.
                Err(_) if stop.swap(true, Ordering::Relaxed) => Ok(None),
                result => result.map(Some),
            }
        })?;
        tables.sort_by_key(|(index, _)| *index);
        let mut done = tree.finish()?;
        done.finished_earlier = stage.finished_earlier;
        done.tables = tables.into_iter().map(|(_, table)| table).collect();
        stage.commit(self.options.existing, step)?;
        Ok(done)
    }
}

/// What lies at `path`, links not followed; none where there is nothing.
fn look(path: &Path) -> Result<Option<std::fs::Metadata>, PackError> {
    match std::fs::symlink_metadata(path) {
        Ok(meta) => Ok(Some(meta)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(PackError::io("open", path, error)),
    }
}

fn in_the_way(path: PathBuf, meta: &std::fs::Metadata) -> PackError {
    PackError::InTheWay { path, kind: crate::sys::kind_name(meta) }
}

#[cfg(all(test, unix))]
mod tests;
