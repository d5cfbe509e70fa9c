//! A kit that was just packed: what is signed is what was inspected, so the stored blobs are read and
//! not the folder again.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use sealkit_oci::{Compression, Descriptor, FileEntry, LayerType};
use sealkit_pack::{LayerSource, UnpackLayer};
use sealkit_store::{Layout, StoreError};

use super::file::Whole;
use super::kit::{From, files_of};
use super::room::Room;
use super::{Described, Gathered, GatheredFile, GatheredPart, Reading, aside};
use crate::pack::PackOutcome;
use crate::parallel::{parallel, processors};
use crate::{Context, OpsError};

/// Reads what the kit says of itself that was packed from `dir` into the local store.
pub(crate) fn of_packed(
    context: &Context,
    dir: &Path,
    packed: &PackOutcome,
    repository: Option<String>,
) -> Result<Gathered, OpsError> {
    let store = context.store()?;
    let manifest = Box::new(packed.manifest.descriptor().clone());
    let mut all = Gathered {
        described: Described::Kit { manifest, repository },
        kitfile: packed.kitfile.clone(),
        parts: Vec::new(),
        facts: BTreeMap::new(),
        project: super::git::of_dir(dir),
        cards: String::new(),
        reading: Reading { references: packed.file_table.references.clone(), ..Reading::default() },
    };
    context.progress.start("inspecting", None);
    let read = layers(context, &store, packed, &mut all);
    context.progress.finish();
    read?;
    all.finish();
    Ok(all)
}

fn layers(
    context: &Context,
    store: &Layout,
    packed: &PackOutcome,
    all: &mut Gathered,
) -> Result<(), OpsError> {
    let room = Room::default();
    let mut elements = packed.kitfile.parts().into_iter();
    for ((role, layer), table) in packed.layers.iter().zip(&packed.file_table.layers) {
        let element = elements.next();
        let from = open(context, store, layer)?;
        let entries: Vec<&FileEntry> = files_of(table).collect();
        let looked = parallel(&entries, processors(), |entry| {
            let looked = room.hold(from.look(entry, Whole::Count, None));
            context.progress.advance(entry.size);
            looked
        });
        let mut files = Vec::with_capacity(entries.len());
        for (entry, looked) in entries.into_iter().zip(looked) {
            let (path, size) = (entry.path.clone(), entry.size);
            let again = || from.look(entry, Whole::Count, None).facts;
            let looked = room.take(&path, looked, again);
            all.facts.insert(path.clone(), looked.facts);
            files.push(GatheredFile { path, size, digest: entry.digest.clone() });
        }
        all.reading.total += layer.size;
        all.parts.push(GatheredPart {
            role: Some(*role),
            is_prompt: element.as_ref().is_some_and(|part| part.is_prompt),
            element,
            layer: Some(layer.clone()),
            files: Some(files),
        });
    }
    Ok(())
}

fn open(context: &Context, store: &Layout, layer: &Descriptor) -> Result<From, OpsError> {
    let kind = layer.media_type.parse::<LayerType>().ok();
    if kind.is_some_and(|kind| kind.compression == Compression::None) {
        let path = store.blob_path(&layer.digest);
        let file = File::open(&path).map_err(|error| OpsError::io("read", path, error))?;
        return Ok(From::Stored(file));
    }
    let unpack = UnpackLayer { descriptor: layer.clone(), diff_id: None, base: None };
    Ok(From::Aside(aside::unpack(context, &unpack, &Stored(store))?.0))
}

/// Blobs of the local store.
struct Stored<'a>(&'a Layout);

impl LayerSource for Stored<'_> {
    fn open(&self, layer: &Descriptor) -> Result<Box<dyn Read + Send>, StoreError> {
        Ok(Box::new(self.0.read_blob(&layer.digest)?))
    }
}
