//! Folder to layers: each source byte is read once, hashed in the same pass, and written once.

mod layer;
mod metadata;
mod sink;

pub(crate) use self::metadata::ModeAndSize;

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

use sealkit_kitfile::Part;
use sealkit_oci::{Compression, Descriptor, Digest, FileTable, KitFormat, LayerFormat, LayerTable};
use sealkit_store::BlobWriter;

use crate::PackError;
use crate::plan::{Plan, PlannedLayer, Warning};

/// Which mode bits go into the layers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Modes {
    /// The bits of the files, as `kit` does: the umask of whoever made them is part of the digest.
    #[default]
    Keep,
    /// 0o755 for folders and for files that somebody may execute, 0o644 for other files.
    Normalise,
}

/// How the layers are written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PackOptions {
    /// Whose media types the layers have.
    pub kit: KitFormat,
    /// tar or raw; MCP bundles are always raw and uncompressed.
    pub format: LayerFormat,
    /// How the layers are compressed.
    pub compression: Compression,
    /// Which mode bits are written.
    pub modes: Modes,
    /// `SOURCE_DATE_EPOCH`, seconds: no later time is written. Only raw layers carry a time.
    pub epoch: Option<i64>,
    /// How many layers are packed at once; none for as many as there are processors.
    pub threads: Option<usize>,
}

impl Default for PackOptions {
    fn default() -> Self {
        Self {
            kit: KitFormat::ModelKit,
            format: LayerFormat::Tar,
            compression: Compression::None,
            modes: Modes::Keep,
            epoch: None,
            threads: None,
        }
    }
}

/// What happens while packing or unpacking. Layers run side by side.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Progress {
    /// A layer is begun.
    Started {
        /// Its number.
        layer: usize,
        /// The bytes that will go by, where they are known.
        bytes: u64,
    },
    /// Bytes went by.
    Bytes {
        /// The layer's number.
        layer: usize,
        /// How many since the last time.
        count: u64,
    },
    /// A layer is done.
    Done {
        /// Its number.
        layer: usize,
        /// Digest of its blob.
        digest: Digest,
    },
}

/// Takes [`Progress`], from several threads.
pub type OnProgress<'a> = &'a (dyn Fn(Progress) + Sync);

/// The layers of a kit, all in the store.
#[derive(Debug)]
pub struct Packed {
    /// One for each part, in the manifest's order.
    pub layers: Vec<PackedLayer>,
    /// What the user should know.
    pub warnings: Vec<Warning>,
}

/// One layer in the store.
#[derive(Debug)]
pub struct PackedLayer {
    /// The Kitfile's element, with the layer's digests filled in.
    pub part: Part,
    /// Media type, digest, size and annotations.
    pub descriptor: Descriptor,
    /// Digest of the uncompressed layer.
    pub diff_id: Digest,
    /// Every entry of the layer.
    pub table: LayerTable,
}

impl Packed {
    /// The file table of the kit.
    pub fn file_table(&self) -> FileTable {
        FileTable::new(self.layers.iter().map(|layer| layer.table.clone()).collect())
    }
}

/// Writes the layers of `plan` into the store behind `blobs`, several at once, the largest first.
/// A file that is not as the plan saw it is an error, and none of its layer is kept.
pub fn pack(
    plan: &Plan,
    blobs: &dyn BlobWriter,
    options: &PackOptions,
    progress: OnProgress<'_>,
) -> Result<Packed, PackError> {
    let job = Job { plan, blobs, options, progress, stop: AtomicBool::new(false) };
    for layer in &plan.layers {
        job.layer_type(&layer.part)?;
    }
    let mut order: Vec<usize> = (0..plan.layers.len()).collect();
    order.sort_by_key(|index| std::cmp::Reverse(plan.layers.get(*index).map(PlannedLayer::size)));
    let mut done = in_parallel(&order, options.threads, |index| job.run(index))?;
    done.sort_by_key(|(index, _)| *index);
    let layers = done.into_iter().map(|(_, layer)| layer).collect();
    Ok(Packed { layers, warnings: plan.warnings.clone() })
}

/// One packing: what every layer shares.
pub(crate) struct Job<'a> {
    plan: &'a Plan,
    blobs: &'a dyn BlobWriter,
    options: &'a PackOptions,
    progress: OnProgress<'a>,
    stop: AtomicBool,
}

impl Job<'_> {
    fn run(&self, index: usize) -> Result<Option<PackedLayer>, PackError> {
        let Some(layer) = self.plan.layers.get(index) else { return Ok(None) };
        if self.stop.load(Ordering::Relaxed) {
            return Ok(None);
        }
        match self.pack_layer(index, layer) {
            // The first error stopped the others: what they say is no cause.
            Err(_) if self.stop.swap(true, Ordering::Relaxed) => Ok(None),
            packed => packed.map(Some),
        }
    }
}

/// Runs `work` for every index on a bounded number of threads and returns what came, in any order,
/// or the error with the lowest index.
pub(crate) fn in_parallel<T: Send>(
    indexes: &[usize],
    threads: Option<usize>,
    work: impl Fn(usize) -> Result<Option<T>, PackError> + Sync,
) -> Result<Vec<(usize, T)>, PackError> {
    let processors = || thread::available_parallelism().map_or(1, usize::from);
    let threads = threads.unwrap_or_else(processors).clamp(1, indexes.len().max(1));
    let next = AtomicUsize::new(0);
    let results = Mutex::new((Vec::new(), Vec::new()));
    thread::scope(|scope| {
        let run = || {
            while let Some(index) = indexes.get(next.fetch_add(1, Ordering::Relaxed)) {
                let result = work(*index);
                let mut results = results.lock().unwrap_or_else(PoisonError::into_inner);
                match result {
                    Ok(Some(value)) => results.0.push((*index, value)),
                    Ok(None) => {}
                    Err(error) => results.1.push((*index, error)),
                }
            }
        };
        for _ in 1..threads {
            scope.spawn(run);
        }
        run();
    });
    let (done, failed) = results.into_inner().unwrap_or_else(PoisonError::into_inner);
    match failed.into_iter().min_by_key(|(index, _)| *index) {
        Some((_, error)) => Err(error),
        None => Ok(done),
    }
}
