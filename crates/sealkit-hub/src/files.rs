//! The files of a kit: from its file table, or else from the headers inside its layers.

mod kept;

use std::io::{self, BufReader};
use std::sync::Arc;
use std::time::Duration;

use sealkit_api::{FileEntry, FileList, FileSource, Unlisted};
use sealkit_oci::{
    Compression, Descriptor, Digest, FileKind, FileTable, LayerFormat, LayerType, Manifest, Target,
    media_type,
};
use sealkit_pack::tar::{Ranged, Source, Streamed, TarKind, TarReader};
use sealkit_report::Budget;

pub(crate) use kept::Lists;

use crate::HubError;
use crate::ranges::{Allowance, BlobRanges, Bound};
use crate::reader::{Kit, read_whole};
use crate::unpacked::{Stream, compression};

/// Largest file table in bytes.
const MAX_TABLE: usize = 64 << 20;
/// Most entries of one kit.
const MAX_FILES: u64 = 100_000;
/// Most bytes of layers that one request reads to find headers.
const MAX_HEADER_BYTES: u64 = 1 << 30;
/// How long one request may read headers.
const MAX_HEADER_TIME: Duration = Duration::from_mins(1);
/// File tables that are tried before the layers are read instead.
const MAX_TABLES: usize = 8;

/// Lists the files of `kit`; as it was listed lately where that is kept.
pub(crate) async fn list(kit: &Kit) -> Result<Arc<FileList>, HubError> {
    let kept = kept(kit).await?;
    if let Some(known) = kept.known() {
        return Ok(known);
    }
    let layers: Vec<&Descriptor> = kit.manifest.layers().iter().collect();
    let allowance = Allowance::new(MAX_HEADER_BYTES, MAX_HEADER_TIME);
    let list = Arc::new(list_of(kit, &layers, &allowance).await?);
    kept.put(&list);
    Ok(list)
}

/// The place of a kit's list among those that are kept; none where none is.
pub(crate) struct Kept(Option<(Arc<Lists>, Digest)>);

/// Where the list of `kit` is kept.
pub(crate) async fn kept(kit: &Kit) -> Result<Kept, HubError> {
    Ok(Kept(match &kit.lists {
        Some(lists) => Some((Arc::clone(lists), key(kit).await?)),
        None => None,
    }))
}

impl Kept {
    /// The list as it was made lately.
    pub(crate) fn known(&self) -> Option<Arc<FileList>> {
        self.0.as_ref().and_then(|(lists, key)| lists.get(key))
    }

    /// Keeps a list.
    pub(crate) fn put(self, list: &Arc<FileList>) {
        if let Some((lists, key)) = self.0 {
            lists.put(key, list);
        }
    }
}

/// The files of those layers that are read by ranges, where no file table says more: nothing is unpacked.
pub(crate) async fn ranged(kit: &Kit) -> Result<FileList, HubError> {
    let layers = kit.manifest.layers().iter();
    let layers: Vec<&Descriptor> = layers.filter(|layer| compression(layer).is_none()).collect();
    list_of(kit, &layers, &Allowance::new(MAX_HEADER_BYTES, MAX_HEADER_TIME)).await
}

/// Everything that the list of a kit is made of.
async fn key(kit: &Kit) -> Result<Digest, HubError> {
    let mut parts = vec![kit.name.clone(), kit.digest.to_string()];
    let tables = tables(kit).await?;
    parts.extend(tables.iter().map(|table| table.digest.to_string()));
    Ok(Digest::of(parts.join("\n").as_bytes()))
}

/// What says that it is a file table of the kit, by digest.
async fn tables(kit: &Kit) -> Result<Vec<Descriptor>, HubError> {
    let kind = Some(media_type::FILE_TABLE);
    let mut found = kit.repository.referrers(&kit.digest, kind).await?;
    found.sort_by(|a, b| a.digest.cmp(&b.digest));
    found.truncate(MAX_TABLES);
    Ok(found)
}

/// The same, where the headers of only these layers are read, in this order, and no more than the allowance
/// lets. A file table lists every layer.
pub(crate) async fn list_of(
    kit: &Kit,
    layers: &[&Descriptor],
    allowance: &Arc<Allowance>,
) -> Result<FileList, HubError> {
    let empty = |source| FileList::new(kit.name.clone(), kit.digest.clone(), source, Vec::new());
    if let Some(table) = find_table(kit).await? {
        let mut list = empty(FileSource::FileTable);
        list.files = from_table(&table);
        list.count = list.files.len() as u64;
        return Ok(list);
    }
    let mut list = empty(FileSource::LayerHeaders);
    for layer in layers {
        let room = MAX_FILES.saturating_sub(list.files.len() as u64);
        let (files, problem) = read_layer(kit, layer, room, allowance).await?;
        list.files.extend(files);
        list.unlisted
            .extend(problem.map(|reason| Unlisted { layer: layer.digest.clone(), reason }));
    }
    list.count = list.files.len() as u64;
    Ok(list)
}

/// The file at `path`, and how its place is known. Of two entries with one path the later wins, as when the kit
/// is unpacked.
pub(crate) async fn find(kit: &Kit, path: &str) -> Result<(FileEntry, FileSource), HubError> {
    let list = list(kit).await?;
    let complete = list.unlisted.is_empty();
    let file = list.files.iter().rev().find(|file| file.path == path).cloned();
    let unknown =
        || HubError::UnknownFile { digest: kit.digest.clone(), path: path.to_owned(), complete };
    Ok((file.ok_or_else(unknown)?, list.source))
}

/// The first file table, by digest, that describes exactly the layers of the kit. Who attached
/// it is not asked: the list says where it is from.
async fn find_table(kit: &Kit) -> Result<Option<FileTable>, HubError> {
    let repository = kit.repository.as_ref();
    for descriptor in tables(kit).await? {
        let stored = repository.manifest(&Target::Digest(descriptor.digest)).await?;
        let Some(stored) = stored else { continue };
        let Ok(manifest) = serde_json::from_slice::<Manifest>(&stored.bytes) else { continue };
        let [blob] = manifest.layers() else { continue };
        let bytes = match read_whole(repository, blob, MAX_TABLE).await {
            Ok(bytes) => bytes,
            Err(HubError::Store(error)) => return Err(error.into()),
            Err(_) => continue,
        };
        let Ok(table) = serde_json::from_slice::<FileTable>(&bytes) else { continue };
        if table.validate().is_ok() && describes(&table, &kit.manifest) {
            return Ok(Some(table));
        }
    }
    Ok(None)
}

fn describes(table: &FileTable, manifest: &Manifest) -> bool {
    let layers = manifest.layers().iter().map(|layer| &layer.digest);
    table.layers.iter().map(|layer| &layer.digest).eq(layers)
}

fn from_table(table: &FileTable) -> Vec<FileEntry> {
    let files = table.entries().filter(|(_, file)| file.kind == FileKind::File);
    files
        .map(|(layer, file)| FileEntry {
            path: file.path.clone(),
            size: file.size,
            mode: file.mode,
            digest: file.digest.clone(),
            layer: layer.digest.clone(),
            offset: file.offset,
        })
        .collect()
}

type Listed = (Vec<FileEntry>, Option<String>);

/// The files of one layer, and what keeps the list from being complete.
async fn read_layer(
    kit: &Kit,
    layer: &Descriptor,
    room: u64,
    allowance: &Arc<Allowance>,
) -> Result<Listed, HubError> {
    let unlisted = |reason: &str| Ok((Vec::new(), Some(reason.to_owned())));
    let Ok(kind) = layer.media_type.parse::<LayerType>() else {
        return unlisted("its media type is no kit layer's");
    };
    let Some(size) = kit.repository.stat(&layer.digest).await? else {
        return unlisted("it is not in this store");
    };
    let packed = kind.compression != Compression::None;
    if kind.format == LayerFormat::Raw {
        // How large the file is nobody says, short of unpacking it.
        return if packed {
            unlisted("it is one file that is compressed")
        } else {
            Ok(raw(layer, size))
        };
    }
    let source = BlobRanges::new(&kit.repository, &layer.digest, size, allowance);
    let digest = layer.digest.clone();
    let walk = move || {
        if !packed {
            return walk(Ranged::new(&source), &digest, room);
        }
        match Stream::open(source, kind.compression) {
            Ok(stream) => {
                walk(Streamed::new(BufReader::with_capacity(64 << 10, stream)), &digest, room)
            }
            Err(error) => (Vec::new(), Some(told(&error))),
        }
    };
    tokio::task::spawn_blocking(walk).await.map_err(|_| HubError::Stopped)
}

/// A raw layer is one file; its path is the part's.
fn raw(layer: &Descriptor, size: u64) -> Listed {
    let Some(path) = layer.file_path() else {
        return (Vec::new(), Some("it does not say which file it is".to_owned()));
    };
    let file = FileEntry {
        path: path.to_owned(),
        size,
        mode: 0o644,
        digest: Some(layer.digest.clone()),
        layer: layer.digest.clone(),
        offset: 0,
    };
    (vec![file], None)
}

/// An error with its cause: why an archive could not be read is what people ask.
fn told(error: &dyn std::error::Error) -> String {
    let Some(cause) = error.source() else { return error.to_string() };
    let stopped = cause.downcast_ref::<io::Error>().is_some_and(Bound::is);
    let instead = if stopped { "; `sealkit files --remote` lists all of them" } else { "" };
    format!("{error}: {cause}{instead}")
}

/// Reads the headers of a tar layer.
fn walk(source: impl Source, layer: &Digest, room: u64) -> Listed {
    // Names of up to 1 MiB are legal; the budget bounds what all of them may take together.
    let budget = Budget::new(MAX_TABLE as u64, room, u64::MAX, 1);
    let mut reader = TarReader::new(source, budget);
    let mut files = Vec::new();
    let mut problem = None;
    loop {
        let entry = match reader.next_entry() {
            Ok(None) => return (files, problem),
            Err(error) => return (files, Some(told(&error))),
            Ok(Some(entry)) => entry,
        };
        match entry.kind {
            TarKind::File => files.push(FileEntry {
                path: entry.path,
                size: entry.size,
                mode: entry.mode,
                digest: None,
                layer: layer.clone(),
                offset: entry.offset,
            }),
            TarKind::Dir => {}
            other => {
                problem.get_or_insert_with(|| format!("it holds a {}", other.name()));
            }
        }
    }
}
