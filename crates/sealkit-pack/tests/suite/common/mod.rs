//! A store in memory and small folders.

pub mod unpacking;

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Read, Write};
use std::path::Path;
use std::sync::{Arc, Mutex};

use sealkit_kitfile::{LayerInfo, Part};
use sealkit_oci::{Descriptor, Digest, LayerRole};
use sealkit_pack::{
    KeepAll, LayerSource, PackError, PackOptions, Packed, PlanOptions, UnpackLayer, pack, plan,
};
use sealkit_store::{BlobWrite, BlobWriter, StoreError};

/// Blobs in memory.
#[derive(Clone, Debug, Default)]
pub struct Memory {
    pub blobs: Arc<Mutex<BTreeMap<String, Vec<u8>>>>,
    /// Writes fail as a full disk does after so many bytes of one blob.
    pub room: Option<usize>,
}

struct MemoryBlob {
    store: Memory,
    bytes: Vec<u8>,
}

impl Memory {
    pub fn get(&self, digest: &Digest) -> Vec<u8> {
        self.blobs.lock().unwrap()[&digest.to_string()].clone()
    }

    pub fn len(&self) -> usize {
        self.blobs.lock().unwrap().len()
    }
}

impl BlobWriter for Memory {
    fn create(&self) -> Result<Box<dyn BlobWrite>, StoreError> {
        Ok(Box::new(MemoryBlob { store: self.clone(), bytes: Vec::new() }))
    }
}

impl Write for MemoryBlob {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.store.room.is_some_and(|room| self.bytes.len() + bytes.len() > room) {
            return Err(io::ErrorKind::StorageFull.into());
        }
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl BlobWrite for MemoryBlob {
    fn commit(self: Box<Self>) -> Result<(Digest, u64), StoreError> {
        let digest = Digest::of(&self.bytes);
        let size = self.bytes.len() as u64;
        self.store.blobs.lock().unwrap().insert(digest.to_string(), self.bytes);
        Ok((digest, size))
    }
}

/// Writes a file with mode 0644, and the folders above it with 0755.
pub fn put(root: &Path, path: &str, body: &[u8]) {
    let place = root.join(path);
    fs::create_dir_all(place.parent().unwrap()).unwrap();
    fs::write(&place, body).unwrap();
    set_mode(&place, 0o644);
    for dir in place.ancestors().skip(1).take_while(|dir| *dir != root) {
        set_mode(dir, 0o755);
    }
}

#[cfg(unix)]
pub fn set_mode(path: &Path, mode: u32) {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

#[cfg(not(unix))]
pub fn set_mode(_: &Path, _: u32) {}

pub fn part(role: LayerRole, path: &str) -> Part {
    Part {
        role,
        is_prompt: false,
        name: String::new(),
        path: path.into(),
        written_path: path.into(),
        layer: LayerInfo::default(),
    }
}

pub fn code(paths: &[&str]) -> Vec<Part> {
    paths.iter().map(|path| part(LayerRole::Code, path)).collect()
}

pub fn pack_parts(
    root: &Path,
    parts: &[Part],
    options: &PackOptions,
) -> Result<(Memory, Packed), PackError> {
    let plan = plan(root, parts, &KeepAll, &PlanOptions::default())?;
    let store = Memory::default();
    let packed = pack(&plan, &store, options, &|_| {})?;
    Ok((store, packed))
}

/// Paths of the entries of one layer.
pub fn paths(packed: &Packed, layer: usize) -> Vec<&str> {
    packed.layers[layer].table.files.iter().map(|file| file.path.as_str()).collect()
}

impl LayerSource for Memory {
    fn open(&self, layer: &Descriptor) -> Result<Box<dyn Read + Send>, StoreError> {
        Ok(Box::new(io::Cursor::new(self.get(&layer.digest))))
    }
}

/// What a manifest and its config say about the layers.
pub fn layers(packed: &Packed) -> Vec<UnpackLayer> {
    let layer =
        |layer: &sealkit_pack::PackedLayer| UnpackLayer::new(layer.descriptor.clone(), &layer.part);
    packed.layers.iter().map(layer).collect()
}
