//! Which files a kit holds: from its file table, or from the headers of its layers.

use sealkit_oci::{
    Compression, Descriptor, FileEntry, FileKind, FileTable, LayerFormat, LayerTable,
};
use sealkit_pack::tar::{RangeSource, Ranged, TarError, TarKind, TarReader};
use sealkit_pack::{Limits, PackError, UnpackLayer, index_layer};
use sealkit_report::Budget;
use serde::Deserialize;

use super::Proof;
use super::blob::Blobs;
use super::trust::{TableTrust, trusted_table};
use crate::{Kit, KitLayer, OpsError};

/// Bytes of extended headers for each entry that is allowed.
const EXTENSION_BYTES: u64 = 4096;
/// Mode of a raw layer's file where the layer does not say it.
const RAW_MODE: u32 = 0o644;

/// What a raw layer says about its file, as far as a listing shows it.
#[derive(Default, Deserialize)]
struct Metadata {
    mode: Option<u32>,
}

/// The entries of all layers, in the order of the layers, and what they are worth.
pub(crate) struct Tables {
    pub(crate) layers: Vec<LayerTable>,
    pub(crate) proof: Proof,
}

/// The best listing that needs no layer read whole: a proven table, an unproven one, headers.
pub(crate) async fn tables(
    kit: &Kit,
    blobs: &Blobs,
    trust: &dyn TableTrust,
) -> Result<Tables, OpsError> {
    if let Some(FileTable { layers, .. }) = trusted_table(kit, trust).await? {
        return Ok(Tables { layers, proof: Proof::TrustedTable });
    }
    if let Some((_, FileTable { layers, .. })) = kit.file_table().await? {
        return Ok(Tables { layers, proof: Proof::UnprovenTable });
    }
    let (layers, blobs) = (kit.layers.clone(), blobs.clone());
    let layers = super::blob::blocking(move || {
        layers.iter().map(|layer| headers(layer, &blobs)).collect::<Result<Vec<_>, _>>()
    });
    Ok(Tables { layers: layers.await?, proof: Proof::Headers })
}

/// The entries of one layer by its headers. A compressed layer has to be read whole, and is
/// verified then; one of unknown type lists nothing.
pub(crate) fn headers(layer: &KitLayer, blobs: &Blobs) -> Result<LayerTable, OpsError> {
    match layer.layer_type {
        Some(kind) if kind.compression != Compression::None => {
            Ok(index_layer(&unpack_layer(layer), blobs, &Limits::default(), &|_| {})?)
        }
        _ => Ok(listed(layer, &blobs.ranges(&layer.descriptor))?.table),
    }
}

/// The entries of an uncompressed layer.
pub(crate) struct Listed {
    pub(crate) table: LayerTable,
    /// The paths of those that are neither file nor folder.
    pub(crate) links: Vec<String>,
}

impl From<LayerTable> for Listed {
    fn from(table: LayerTable) -> Self {
        Self { table, links: Vec::new() }
    }
}

/// The entries of an uncompressed layer by the headers in `ranges`, which are its bytes.
pub(crate) fn listed(layer: &KitLayer, ranges: &dyn RangeSource) -> Result<Listed, OpsError> {
    let digest = &layer.descriptor.digest;
    let (files, links) = match layer.layer_type {
        None => (Vec::new(), Vec::new()),
        Some(kind) if kind.format == LayerFormat::Raw => {
            (raw(&layer.descriptor).into_iter().collect(), Vec::new())
        }
        Some(_) => walk(layer, ranges)
            .map_err(|source| PackError::Layer { layer: digest.clone(), source })?,
    };
    let table = LayerTable { digest: digest.clone(), diff_id: digest.clone(), files };
    Ok(Listed { table, links })
}

/// What the unpack engine needs to know of a layer.
pub(crate) fn unpack_layer(layer: &KitLayer) -> UnpackLayer {
    match &layer.part {
        Some(part) => UnpackLayer::new(layer.descriptor.clone(), part),
        None => UnpackLayer { descriptor: layer.descriptor.clone(), diff_id: None, base: None },
    }
}

/// The permission bits of a raw layer's file.
pub(crate) fn raw_mode(descriptor: &Descriptor) -> u32 {
    let said = descriptor.file_metadata().and_then(|json| serde_json::from_str(json).ok());
    let said: Metadata = said.unwrap_or_default();
    said.mode.unwrap_or(RAW_MODE) & 0o777
}

/// The one file of an uncompressed raw layer: its digest is the layer's.
fn raw(descriptor: &Descriptor) -> Option<FileEntry> {
    Some(FileEntry {
        path: descriptor.file_path()?.to_owned(),
        kind: FileKind::File,
        mode: raw_mode(descriptor),
        offset: 0,
        size: descriptor.size,
        digest: Some(descriptor.digest.clone()),
        segments: String::new(),
    })
}

fn walk(
    layer: &KitLayer,
    ranges: &dyn RangeSource,
) -> Result<(Vec<FileEntry>, Vec<String>), TarError> {
    let entries = Limits::default().entries;
    let budget = Budget::new(entries.saturating_mul(EXTENSION_BYTES), entries, 0, 0);
    let mut tar = TarReader::new(Ranged::new(ranges), budget);
    let base = unpack_layer(layer).base;
    let (mut files, mut links) = (Vec::new(), Vec::new());
    while let Some(entry) = tar.next_entry()? {
        let kind = match entry.kind {
            TarKind::Dir => FileKind::Dir,
            // What is no regular file is refused when it is unpacked; a listing shows it.
            _ => FileKind::File,
        };
        let path = match &base {
            Some(base) => format!("{base}/{}", entry.path),
            None => entry.path,
        };
        let path = path.trim_start_matches("./").trim_end_matches('/').to_owned();
        if path.is_empty() || path == "." {
            continue;
        }
        if !matches!(entry.kind, TarKind::Dir | TarKind::File) {
            links.push(path.clone());
        }
        let (mode, offset, size) = (entry.mode, entry.offset, entry.size);
        let segments = String::new();
        files.push(FileEntry { path, kind, mode, offset, size, digest: None, segments });
    }
    Ok((files, links))
}
