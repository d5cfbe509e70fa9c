//! Single files from a registry, without the rest of their layer. A trusted file table names the
//! SHA-256 of every file, so each is unpacked like a layer of its own, verified by that digest.

use std::io;
use std::sync::Arc;

use sealkit_oci::{
    Compression, Descriptor, FileEntry, FileKind, LayerFormat, LayerTable, LayerType, Sha256,
    media_type,
};
use sealkit_pack::UnpackLayer;
use sealkit_pack::tar::{Header, TRAILER};

use super::UnpackRequest;
use super::chain::{Member, Planned};
use super::content::{Content, Piece};
use super::select::selects_file;
use crate::files::blob::{Blobs, blocking};
use crate::files::listing::headers;
use crate::scratch::Scratch;
use crate::{Context, Home, KitLayer, OpsError};

/// What to unpack instead of the whole layer of a part of which single files are wanted; none where
/// the layer itself has to be read.
pub(super) async fn instead_of(
    context: &Context,
    request: &UnpackRequest,
    members: &[Member],
    item: &Planned,
) -> Result<Option<Vec<Piece>>, OpsError> {
    let Some(member) = members.get(item.member) else { return Ok(None) };
    let Some(layer) = member.kit.layers.get(item.at) else { return Ok(None) };
    let is_plain = layer.layer_type.is_some_and(|kind| kind.compression == Compression::None);
    if item.whole || !item.blobs.is_remote() || !is_plain {
        return Ok(None);
    }
    if let Some(table) = member.trusted_table(&*request.trust).await? {
        return Ok(table.layers.get(item.at).map(|table| proven(table, request, item)));
    }
    if !request.unverified_ranges {
        return Ok(None);
    }
    let (layer, blobs) = (layer.clone(), item.blobs.clone());
    let (filters, part) = (request.filters.clone(), item.part.clone());
    let (role, folder) = (item.part.role, item.folder.clone());
    let home = context.home.clone();
    let wanted = move |path: &str| selects_file(&filters, &part, path);
    let fetched = blocking(move || fetch(&layer, &blobs, &wanted, &home)).await?;
    let pieces = fetched.into_iter().map(|(entry, content)| Piece {
        layer: file_layer(&entry, role, folder.as_deref()),
        content,
    });
    Ok(Some(pieces.collect()))
}

/// The wanted files of a layer of which a trusted table tells the digests.
fn proven(table: &LayerTable, request: &UnpackRequest, item: &Planned) -> Vec<Piece> {
    let wanted = |entry: &&FileEntry| selects_file(&request.filters, &item.part, &entry.path);
    let entries: Vec<&FileEntry> = table.files.iter().filter(wanted).collect();
    let (folder, role) = (item.folder.as_deref(), item.part.role);
    let files = entries.iter().filter(|entry| entry.kind == FileKind::File);
    let mut pieces: Vec<Piece> = files
        .map(|entry| {
            let range = entry.offset..entry.offset.saturating_add(entry.size);
            let content = Content::Range(item.blobs.clone(), table.digest.clone(), range);
            Piece { layer: file_layer(entry, role, folder), content }
        })
        .collect();
    let mut dirs: Vec<u8> = Vec::new();
    for entry in entries.iter().filter(|entry| entry.kind == FileKind::Dir) {
        let header = Header { path: &entry.path, kind: FileKind::Dir, mode: entry.mode, size: 0 };
        dirs.extend(header.encode());
    }
    if !dirs.is_empty() {
        dirs.extend(TRAILER);
        let descriptor = Descriptor::of(layer_type(role, LayerFormat::Tar), &dirs);
        let layer = UnpackLayer { descriptor, diff_id: None, base: item.folder.clone() };
        pieces.push(Piece { layer, content: Content::Memory(dirs) });
    }
    pieces
}

/// A file as the engine takes it: a raw layer whose digest is the file's.
fn file_layer(
    entry: &FileEntry,
    role: sealkit_oci::LayerRole,
    folder: Option<&str>,
) -> UnpackLayer {
    let digest = entry.digest.clone().unwrap_or_else(|| Sha256::default().finish());
    let path = match folder {
        Some(folder) => format!("{folder}/{}", entry.path),
        None => entry.path.clone(),
    };
    let metadata = serde_json::json!({ "mode": entry.mode & 0o777, "size": entry.size });
    let descriptor = Descriptor::new(layer_type(role, LayerFormat::Raw), digest, entry.size)
        .annotated(media_type::ANNOTATION_FILEPATH, path)
        .annotated(media_type::ANNOTATION_FILE_METADATA, metadata.to_string());
    UnpackLayer { descriptor, diff_id: None, base: None }
}

fn layer_type(role: sealkit_oci::LayerRole, format: LayerFormat) -> String {
    let (kit, compression) = (sealkit_oci::KitFormat::ModelKit, Compression::None);
    LayerType { kit, role, format, compression }.to_string()
}

/// Fetches the wanted files aside by ranges that nothing vouches for: the person asked for it.
fn fetch(
    layer: &KitLayer,
    blobs: &Blobs,
    wanted: &dyn Fn(&str) -> bool,
    home: &Home,
) -> Result<Vec<(FileEntry, Content)>, OpsError> {
    let aside = Arc::new(Scratch::new(home)?);
    let mut fetched = Vec::new();
    let table = headers(layer, blobs)?;
    let files = table.files.into_iter().filter(|entry| entry.kind == FileKind::File);
    for (number, mut entry) in files.filter(|entry| wanted(&entry.path)).enumerate() {
        let name = number.to_string();
        let path = aside.path().join(&name);
        let range = entry.offset..entry.offset.saturating_add(entry.size);
        let mut from = blobs.read(&table.digest, range)?;
        let file = std::fs::File::create(&path).map_err(|e| OpsError::io("create", &path, e))?;
        let mut to = Hashing { file, hasher: Sha256::default() };
        io::copy(&mut from, &mut to).map_err(|e| OpsError::io("write", &path, e))?;
        entry.digest = Some(to.hasher.finish());
        fetched.push((entry, Content::Aside(Arc::clone(&aside), name)));
    }
    Ok(fetched)
}

/// A file whose bytes are hashed while they are written.
struct Hashing {
    file: std::fs::File,
    hasher: Sha256,
}

impl io::Write for Hashing {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = self.file.write(bytes)?;
        self.hasher.update(bytes.get(..count).unwrap_or_default());
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}
