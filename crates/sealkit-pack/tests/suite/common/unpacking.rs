//! What tests of unpacking share: layers made entry by entry.

use std::path::Path;

use sealkit_oci::{Descriptor, FileKind};
use sealkit_pack::tar::{Header, TRAILER, padding};
use sealkit_pack::{PackError, UnpackLayer, UnpackOptions, Unpacked, unpack};

use super::Memory;

pub const TAR: &str = "application/vnd.kitops.modelkit.code.v1.tar";

pub fn all(
    layers: &[UnpackLayer],
    store: &Memory,
    target: &Path,
    options: &UnpackOptions,
) -> Result<Unpacked, PackError> {
    unpack(layers, store, target, options, &|_| true, &|_| {})
}

pub fn header(path: &str, kind: FileKind, size: u64) -> Vec<u8> {
    Header { path, kind, mode: 0o755, size }.encode()
}

pub fn entry(path: &str, body: &[u8]) -> Vec<u8> {
    let mut bytes = header(path, FileKind::File, body.len() as u64);
    bytes.extend_from_slice(body);
    bytes.resize(bytes.len() + padding(body.len() as u64), 0);
    bytes
}

/// A store with one layer of these entries.
pub fn layer_of(entries: &[Vec<u8>]) -> (Memory, UnpackLayer) {
    blob(TAR, &[entries.concat(), TRAILER.to_vec()].concat())
}

pub fn blob(media_type: &str, bytes: &[u8]) -> (Memory, UnpackLayer) {
    let store = Memory::default();
    let descriptor = Descriptor::of(media_type, bytes);
    store.blobs.lock().unwrap().insert(descriptor.digest.to_string(), bytes.to_vec());
    (store, UnpackLayer { descriptor, diff_id: None, base: None })
}
