//! One side of a comparison: a kit, or the kit that a folder would become.

use std::collections::HashSet;
use std::io::{self, Write};
use std::path::Path;
use std::sync::Arc;

use sealkit_kitfile::Kitfile;
use sealkit_oci::{
    Annotations, Descriptor, Digest, KitFormat, LayerFormat, LayerTable, LayerType, Reference,
    Sha256, Target,
};
use sealkit_pack::{Limits, PackOptions, PlanOptions, UnpackLayer};
use sealkit_store::{BlobWrite, BlobWriter, StoreError};

use super::Compared;
use crate::files::TableTrust;
use crate::files::blob::{Blobs, blocking};
use crate::files::listing::{headers, raw_mode, unpack_layer};
use crate::files::trust::trusted_table;
use crate::pack::{FolderRules, KitfileSource, layer_name, other_paths};
use crate::{Context, Kit, KitLayer, OpsError, Place};

/// One side of a comparison.
pub(super) struct Side {
    pub(super) compared: Compared,
    pub(super) kitfile: Option<Kitfile>,
    /// None for a folder.
    pub(super) annotations: Option<Annotations>,
    pub(super) layers: Vec<SideLayer>,
    /// None for a folder, whose tables are all known.
    kit: Option<(Kit, Blobs)>,
}

/// One layer of a side.
pub(super) struct SideLayer {
    pub(super) digest: Digest,
    /// Path and mode of a raw layer's file, which its bytes do not tell.
    raw: Option<(String, u32)>,
    /// What it is and the path of its part.
    pub(super) part: Option<(&'static str, String)>,
    /// Its entries, where they are known.
    pub(super) table: Option<LayerTable>,
    layer: Option<KitLayer>,
}

/// Digest of a layer, and path and mode of its file where it is raw.
pub(super) type LayerKey = (Digest, Option<(String, u32)>);

impl SideLayer {
    pub(super) fn key(&self) -> LayerKey {
        (self.digest.clone(), self.raw.clone())
    }
}

impl Side {
    pub(super) async fn open(
        context: &Context,
        place: Place,
        trust: &Arc<dyn TableTrust>,
    ) -> Result<Self, OpsError> {
        match place {
            Place::Folder(dir) => {
                let context = context.clone();
                blocking(move || Self::of_folder(&context, &dir)).await
            }
            place => Self::of_kit(context, place.local_or_registry(context)?, trust).await,
        }
    }

    async fn of_kit(
        context: &Context,
        place: Place,
        trust: &Arc<dyn TableTrust>,
    ) -> Result<Self, OpsError> {
        let kit = Kit::open(context, &place).await?;
        let blobs = Blobs::of(context, &place, &kit)?;
        let tables = trusted_table(&kit, &**trust).await?.map(|table| table.layers);
        let mut tables = tables.unwrap_or_default().into_iter();
        let layer = |layer: &KitLayer| SideLayer {
            digest: layer.descriptor.digest.clone(),
            raw: raw_file(layer),
            part: part_of(layer),
            table: tables.next(),
            layer: Some(layer.clone()),
        };
        let layers = kit.layers.iter().map(layer).collect();
        let manifest = kit.manifest.value();
        let (reference, full_reference) = match &place {
            Place::Local(reference) | Place::Remote(reference) => {
                (reference.to_string(), full_reference(reference))
            }
            other => (other.to_string(), other.to_string()),
        };
        let compared = Compared {
            reference,
            full_reference,
            place: kit.repository.place(),
            digest: Some(kit.digest().clone()),
            config: Some(manifest.config.digest.clone()),
            format: kit.format,
            layers: manifest.layers().to_vec(),
        };
        let (annotations, kitfile) = (Some(manifest.annotations.clone()), kit.kitfile.clone());
        Ok(Self { compared, kitfile, annotations, layers, kit: Some((kit, blobs)) })
    }

    /// Packs the folder into nothing, which tells every digest.
    fn of_folder(context: &Context, dir: &Path) -> Result<Self, OpsError> {
        let kitfile = KitfileSource::Folder.read(dir)?.kitfile;
        let rules = FolderRules::read(dir)?;
        let other_paths = other_paths(context, &kitfile, &mut Vec::new());
        let options = PlanOptions { other_paths, ..PlanOptions::default() };
        let plan = sealkit_pack::plan(dir, &kitfile.parts(), &rules, &options)?;
        let packed = sealkit_pack::pack(&plan, &Nowhere, &PackOptions::default(), &|_| {})?;
        let tables = packed.file_table().layers;
        let format = KitFormat::ModelKit;
        let layers = packed.layers.iter().zip(tables).map(|(layer, table)| SideLayer {
            digest: layer.descriptor.digest.clone(),
            raw: None,
            part: Some((layer_name(format, layer.part.role), layer.part.path.clone())),
            table: Some(table),
            layer: None,
        });
        let compared = Compared {
            reference: dir.display().to_string(),
            full_reference: dir.display().to_string(),
            place: "folder".to_owned(),
            digest: None,
            config: None,
            format,
            layers: packed.layers.iter().map(|layer| layer.descriptor.clone()).collect(),
        };
        let layers = layers.collect();
        Ok(Self { compared, kitfile: Some(kitfile), annotations: None, layers, kit: None })
    }

    /// The parts: what each is, its path, and its layer.
    pub(super) fn parts(&self) -> impl Iterator<Item = (&'static str, &str, &Digest)> {
        self.layers.iter().filter_map(|layer| {
            let (kind, path) = layer.part.as_ref()?;
            Some((*kind, path.as_str(), &layer.digest))
        })
    }

    /// What tells the layers of this side from those of the other: two layers of one key hold the
    /// same files.
    pub(super) fn keys(&self) -> HashSet<LayerKey> {
        self.layers.iter().map(SideLayer::key).collect()
    }

    /// Reads the tables that are missing, of layers that `wanted` names; true where they come from
    /// a table that nobody vouches for.
    pub(super) async fn load(
        &mut self,
        wanted: &(dyn Fn(&LayerKey) -> bool + Sync),
    ) -> Result<bool, OpsError> {
        let Some((kit, blobs)) = &self.kit else { return Ok(false) };
        let is_missing = |layer: &SideLayer| layer.table.is_none() && wanted(&layer.key());
        if !self.layers.iter().any(is_missing) {
            return Ok(false);
        }
        if blobs.is_remote()
            && let Some((_, table)) = kit.file_table().await?
        {
            for (layer, table) in self.layers.iter_mut().zip(table.layers) {
                layer.table.get_or_insert(table);
            }
            return Ok(true);
        }
        for layer in self.layers.iter_mut().filter(|layer| is_missing(layer)) {
            let Some(kit_layer) = layer.layer.clone() else { continue };
            let blobs = blobs.clone();
            layer.table = Some(blocking(move || index(&kit_layer, &blobs)).await?);
        }
        Ok(false)
    }
}

fn full_reference(reference: &Reference) -> String {
    match reference.target() {
        Some(Target::Tag(tag)) => format!("{}:{tag}", reference.name()),
        Some(Target::Digest(digest)) => format!("{}@{digest}", reference.name()),
        None => reference.name(),
    }
}

/// What a layer holds: by its part, else by what its media type and path say.
fn part_of(layer: &KitLayer) -> Option<(&'static str, String)> {
    let path = match &layer.part {
        Some(part) => part.path.clone(),
        None => layer.descriptor.file_path().map(sealkit_kitfile::path::clean)?,
    };
    Some((layer_name(KitFormat::ModelKit, layer.layer_type?.role), path))
}

fn raw_file(layer: &KitLayer) -> Option<(String, u32)> {
    layer.layer_type.filter(|kind| kind.format == LayerFormat::Raw)?;
    let path = layer.descriptor.file_path()?.to_owned();
    Some((path, raw_mode(&layer.descriptor)))
}

/// Reads a layer whole and verifies it; one of unknown type holds nothing that can be compared.
fn index(layer: &KitLayer, blobs: &Blobs) -> Result<LayerTable, OpsError> {
    if layer.layer_type.is_none() {
        return headers(layer, blobs);
    }
    let layer: UnpackLayer = unpack_layer(layer);
    Ok(sealkit_pack::index_layer(&layer, blobs, &Limits::default(), &|_| {})?)
}

/// Writes blobs to nowhere and hashes them.
struct Nowhere;

struct Unwritten {
    hasher: Sha256,
    size: u64,
}

impl BlobWriter for Nowhere {
    fn create(&self) -> Result<Box<dyn BlobWrite>, StoreError> {
        Ok(Box::new(Unwritten { hasher: Sha256::default(), size: 0 }))
    }
}

impl Write for Unwritten {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.hasher.update(bytes);
        self.size += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl BlobWrite for Unwritten {
    fn commit(self: Box<Self>) -> Result<(Digest, u64), StoreError> {
        Ok((self.hasher.finish(), self.size))
    }
}

/// `kit`'s word for a layer in its comparison.
pub fn layer_kind(layer: &Descriptor) -> &'static str {
    let parsed = layer.media_type.parse::<LayerType>();
    parsed.map_or("(invalid media type)", |kind| layer_name(kind.kit, kind.role))
}
