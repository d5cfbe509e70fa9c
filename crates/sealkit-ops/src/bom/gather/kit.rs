//! A kit of the local store, a layout, an archive or a registry. Of a remote kit only the bytes that
//! say something are fetched: the file table where there is one, else the headers of the layers, and
//! the headers of the files.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use sealkit_inspect::{Probe, ReadAt as _, Slice, TensorHash};
use sealkit_kitfile::Kitfile;
use sealkit_oci::{
    Compression, Descriptor, FileEntry, FileKind, FileTable, LayerFormat, LayerTable,
};

use super::bare::{add_absent, part_of, unread};
use super::blob_range::BlobRange;
use super::cached::{BLOCK, Cached, Counter};
use super::doubled::Seen;
use super::file::{Local, Looked, Whole, look, not_measured};
use super::hashed::hashed_at;
use super::room::Room;
use super::verified::Verified;
use super::window::Window;
use super::{Gathered, GatheredFile, GatheredPart, Reading, aside};
use crate::files::TableTrust;
use crate::files::blob::{Blobs, blocking};
use crate::files::listing::{Listed, listed, unpack_layer};
use crate::files::trust::trusted_table;
use crate::parallel::{parallel, processors};
use crate::scratch::Scratch;
use crate::{Context, Kit, KitLayer, OpsError, Place};

/// A remote file of this size is read whole: it costs no more than its start.
const SMALL: u64 = 256 << 10;
/// Most bytes of cards that are kept.
const CARDS: usize = 32 << 10;
/// Most files of one kit that are looked at for a catalogue, which indexes no more: whoever pushes millions of them
/// would have a hub look at nothing else.
pub(crate) const MOST_FILES: usize = 100_000;
/// Files that are looked at together, so that their beginnings come in few requests.
const TOGETHER: usize = 256;

/// Reads what the kit at `place` says of itself, and looks at no layer of more files than are left of `most`.
pub(crate) async fn of_kit(
    context: &Context,
    place: &Place,
    trust: Arc<dyn TableTrust>,
    tensors: Option<TensorHash>,
    most: usize,
) -> Result<Gathered, OpsError> {
    let mut kit = Kit::open(context, place).await?;
    let (kitfile, config) = match &kit.kitfile {
        Some(kitfile) => (kitfile.clone(), None),
        None => kit.made_kitfile().await.map(|(kitfile, config)| (kitfile, Some(config)))?,
    };
    let blobs = Blobs::of(context, place, &kit)?;
    // Anybody can attach a table: one that nobody trusted has signed could hide files.
    let table = trusted_table(&kit, &*trust).await?;
    let repository = match place {
        Place::Local(reference) | Place::Remote(reference) if reference.is_remote() => {
            Some(reference.name())
        }
        _ => None,
    };
    let context = context.clone();
    let references = table.as_ref().map(|table| table.references.clone());
    let reading = Reading {
        kitfile_is_made: config.is_some(),
        config: config.unwrap_or_default(),
        references: references.unwrap_or_default(),
        ..Reading::default()
    };
    let reader = Reader { context, kit, blobs, table, tensors, most };
    blocking(move || reader.read(kitfile, repository, reading)).await
}

/// Where the files of one layer are read.
pub(super) enum From {
    /// Ranges of a blob on this machine.
    Stored(File),
    /// A compressed layer, unpacked aside and verified by that.
    Aside(Scratch),
    /// Ranges of a blob of a hub's own storage that is no file.
    Served(Arc<BlobRange>),
    /// Ranges of a blob elsewhere; whether a trusted table vouches for them.
    Remote(Cached<BlobRange>, bool),
}

struct Reader {
    context: Context,
    kit: Kit,
    blobs: Blobs,
    /// The file table, where it is trusted.
    table: Option<FileTable>,
    tensors: Option<TensorHash>,
    most: usize,
}

impl Reader {
    fn read(
        &self,
        kitfile: Kitfile,
        repository: Option<String>,
        reading: Reading,
    ) -> Result<Gathered, OpsError> {
        let counter = Counter::default();
        let mut gathered = unread(&self.kit, repository, kitfile, reading);
        self.context.progress.start("inspecting", None);
        let (room, mut seen) = (Room::default(), Seen::default());
        for at in 0..self.kit.layers.len() {
            let read = self.layer((at, &room), &counter, &mut seen, &mut gathered);
            if read.is_err() {
                self.context.progress.finish();
            }
            read?;
        }
        self.context.progress.finish();
        add_absent(&self.kit, &mut gathered);
        seen.tell(&mut gathered.reading);
        gathered.reading.fetched = counter.load(Ordering::Relaxed);
        self.remark(&mut gathered);
        gathered.finish();
        Ok(gathered)
    }

    fn layer(
        &self,
        (at, room): (usize, &Room),
        counter: &Counter,
        seen: &mut Seen,
        all: &mut Gathered,
    ) -> Result<(), OpsError> {
        let Some(layer) = self.kit.layers.get(at) else { return Ok(()) };
        let room_for = self.most.saturating_sub(all.facts.len());
        let part = part_of(layer);
        let (from, Listed { table, links }) = match self.closed(layer, room_for)? {
            None => self.open(layer, at, counter)?,
            Some(why) => {
                Self::pass_over(part, &why, all);
                return Ok(());
            }
        };
        seen.links(links);
        let entries: Vec<&FileEntry> = files_of(&table).collect();
        if entries.len() > room_for {
            let why = format!("has {} files, more than are looked at", entries.len());
            Self::pass_over(part, &why, all);
            return Ok(());
        }
        // Digests of a table count where it is trusted, or the layer was read and hashed, or is its file (raw).
        let raw = layer.layer_type.is_some_and(|kind| kind.format == LayerFormat::Raw);
        let believed = self.table.is_some() || matches!(from, From::Aside(_)) || raw;
        // What was hashed while it came is not read for that once more.
        let hashed = match &from {
            From::Stored(_) | From::Served(_) if !believed => {
                self.blobs.hashed_ranges(&layer.descriptor.digest)?
            }
            _ => Arc::default(),
        };
        let mut files = Vec::with_capacity(entries.len());
        for together in entries.chunks(TOGETHER) {
            from.prefetch(together);
            let threads = if self.blobs.is_remote() { 1 } else { processors() };
            let looked = parallel(together, threads, |entry| {
                let is_hashed = believed || hashed_at(&hashed, entry).is_some();
                let whole = if is_hashed { Whole::Count } else { Whole::Hash };
                let looked = room.hold(from.look(entry, whole, self.tensors));
                self.context.progress.advance(entry.size);
                looked
            });
            for (entry, looked) in together.iter().zip(looked) {
                let again = || from.look(entry, Whole::Count, self.tensors).facts;
                let looked = room.take(&entry.path, looked, again);
                from.add_card(entry, &mut all.cards);
                let stated = if believed {
                    entry.digest.as_ref()
                } else {
                    // What came was hashed; whether it is still there is for who reads it to say.
                    hashed_at(&hashed, entry).filter(|_| !looked.failed)
                };
                let digest = looked.digest.or_else(|| stated.cloned());
                let file = GatheredFile { path: entry.path.clone(), size: entry.size, digest };
                seen.keep(&file, looked.facts, &mut all.facts);
                files.push(file);
            }
        }
        all.reading.unverified |= matches!(from, From::Remote(_, false));
        all.parts.push(GatheredPart { files: Some(files), ..part });
        Ok(())
    }

    /// Why no file of a layer is looked at; none where they are.
    fn closed(&self, layer: &KitLayer, room_for: usize) -> Result<Option<String>, OpsError> {
        let Descriptor { urls, digest, .. } = &layer.descriptor;
        Ok(if layer.layer_type.is_none() {
            Some("is of an unknown type".to_owned())
        } else if room_for == 0 {
            Some("comes behind more files than are looked at".to_owned())
        } else if !urls.is_empty() && !self.blobs.has(digest)? {
            // A registry takes such a manifest without the layer (image-spec, descriptor.md).
            Some("lies elsewhere, at an address that is not asked".to_owned())
        } else {
            None
        })
    }

    /// Keeps a layer without its files, and says so.
    fn pass_over(part: GatheredPart, why: &str, all: &mut Gathered) {
        let digest = part.layer.as_ref().map(|layer| layer.digest.to_string()).unwrap_or_default();
        let warning = format!("layer {digest} {why}: its files are not listed");
        all.reading.warnings.push(warning.clone());
        all.reading.gaps.push(warning);
        all.parts.push(part);
    }

    fn open(
        &self,
        layer: &KitLayer,
        at: usize,
        counter: &Counter,
    ) -> Result<(From, Listed), OpsError> {
        let descriptor = &layer.descriptor;
        let known = self.table.as_ref().and_then(|table| table.layers.get(at)).cloned();
        if layer.layer_type.is_some_and(|kind| kind.compression != Compression::None) {
            // What is no file is refused there.
            return self.unpack(layer, counter).map(|(from, table)| (from, table.into()));
        }
        let known: Option<Listed> = known.map(Into::into);
        let headers = || listed(layer, &self.blobs.ranges(descriptor));
        if let Some(file) = self.blobs.file(&descriptor.digest)? {
            return Ok((From::Stored(file), known.map_or_else(headers, Ok)?));
        }
        let range = BlobRange { blobs: self.blobs.clone(), digest: descriptor.digest.clone() };
        if !self.blobs.is_remote() {
            return Ok((From::Served(Arc::new(range)), known.map_or_else(headers, Ok)?));
        }
        let cached = Cached::new(range, descriptor.size, Arc::clone(counter));
        let table = match known {
            Some(table) => table,
            None => listed(layer, &cached)?,
        };
        Ok((From::Remote(cached, self.table.is_some()), table))
    }

    fn unpack(&self, layer: &KitLayer, counter: &Counter) -> Result<(From, LayerTable), OpsError> {
        if self.blobs.is_remote() {
            counter.fetch_add(layer.descriptor.size, Ordering::Relaxed);
        }
        let (aside, table) = aside::unpack(&self.context, &unpack_layer(layer), &self.blobs)?;
        Ok((From::Aside(aside), table))
    }

    fn remark(&self, all: &mut Gathered) {
        if self.kit.kitfile.is_none() {
            let warning = "the kit has no Kitfile: one was made from its layers";
            all.reading.warnings.push(warning.to_owned());
        }
        let files = all.parts.iter().filter_map(|part| part.files.as_ref()).flatten();
        let unhashed = files.filter(|file| file.digest.is_none()).count();
        if unhashed > 0 {
            let why = "read by ranges of a registry, and no trusted file table names it";
            not_measured(&mut all.project, "file-digests", why);
            let warning = format!("{unhashed} files have no digest: {why}");
            all.reading.warnings.push(warning.clone());
            all.reading.gaps.push(warning);
        }
        if all.reading.unverified {
            let why = "ranges of a registry that no trusted file table vouches for";
            not_measured(&mut all.project, "integrity", why);
        }
    }
}

impl From {
    /// Fetches the beginnings of these files, and small ones wholly, in few requests.
    fn prefetch(&self, entries: &[&FileEntry]) {
        let Self::Remote(cached, _) = self else { return };
        let mut ranges = Vec::with_capacity(entries.len() * 2);
        for entry in entries {
            let (start, end) = (entry.offset, entry.offset.saturating_add(entry.size));
            if entry.size <= SMALL {
                ranges.push(start..end);
            } else {
                ranges.push(start..start.saturating_add(Probe::HEAD.max(BLOCK)));
                ranges.push(end.saturating_sub(Probe::TAIL)..end);
            }
        }
        cached.prefetch_ranges(&ranges);
    }

    /// Adds the beginning of a card: its text says to people what no fact does.
    fn add_card(&self, entry: &FileEntry, cards: &mut String) {
        let name = entry.path.rsplit('/').next().unwrap_or_default().to_ascii_lowercase();
        let room = CARDS.saturating_sub(cards.len()) as u64;
        let wanted = entry.size.min(room);
        if !matches!(name.as_str(), "readme.md" | "readme" | "readme.txt") || wanted == 0 {
            return;
        }
        let mut bytes = vec![0; usize::try_from(wanted).unwrap_or(0)];
        let read = match self {
            Self::Stored(file) => Local::range(file, entry.offset, entry.size)
                .is_ok_and(|source| source.read_at(0, &mut bytes).is_ok()),
            Self::Served(range) => Window::new(Arc::clone(range), entry.offset, entry.size)
                .read_at(0, &mut bytes)
                .is_ok(),
            Self::Aside(dir) => File::open(dir.path().join("files").join(&entry.path))
                .is_ok_and(|file| Local::whole(file).read_at(0, &mut bytes).is_ok()),
            // What nothing vouches for is not kept, and asking once more costs a request.
            Self::Remote(..) => false,
        };
        if read {
            cards.push_str(&String::from_utf8_lossy(&bytes));
            cards.push('\n');
        }
    }

    pub(super) fn look(
        &self,
        entry: &FileEntry,
        whole: Whole,
        tensors: Option<TensorHash>,
    ) -> Looked {
        let path = entry.path.as_str();
        let failed = |error: &dyn std::fmt::Display| Looked::unreadable(path, &error.to_string());
        match self {
            Self::Stored(file) => match Local::range(file, entry.offset, entry.size) {
                Ok(source) => look(path, &source, whole, tensors),
                Err(error) => failed(&error),
            },
            Self::Served(range) => look(
                path,
                &Window::new(Arc::clone(range), entry.offset, entry.size),
                whole,
                tensors,
            ),
            Self::Aside(dir) => match File::open(dir.path().join("files").join(path)) {
                Ok(file) => look(path, &Local::whole(file), Whole::Count, tensors),
                Err(error) => failed(&error),
            },
            Self::Remote(cached, verified) => {
                let whole = if entry.size <= SMALL { Whole::Count } else { Whole::Never };
                if *verified {
                    let looked = look(path, &Verified::new(entry, cached), whole, tensors);
                    return Looked { digest: None, ..looked };
                }
                match Slice::new(cached, entry.offset, entry.size) {
                    // A digest of bytes that nothing vouches for would say too much.
                    Ok(source) => Looked { digest: None, ..look(path, &source, whole, tensors) },
                    Err(error) => failed(&error),
                }
            }
        }
    }
}

pub(super) fn files_of(table: &LayerTable) -> impl Iterator<Item = &FileEntry> {
    table.files.iter().filter(|entry| entry.kind == FileKind::File)
}

/// Whether `path` lies in `dir` or is it.
pub(super) fn is_below(path: &str, dir: &str) -> bool {
    dir == "." || sealkit_pack::path::is_within(path, dir) || Path::new(path) == Path::new(dir)
}
