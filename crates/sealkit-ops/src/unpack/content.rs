//! Where the bytes of everything that is unpacked come from: layers, ranges of layers, memory.

use std::collections::HashMap;
use std::io::{Cursor, Read};
use std::ops::Range;
use std::sync::Arc;

use sealkit_oci::{Descriptor, Digest};
use sealkit_pack::{LayerSource, UnpackLayer};
use sealkit_store::StoreError;

use super::chain::Planned;
use crate::files::blob::Blobs;
use crate::scratch::Scratch;

/// Bytes of one thing that the engine takes for a layer.
#[derive(Clone)]
pub(super) enum Content {
    /// A whole blob.
    Blob(Blobs),
    /// A range of a blob.
    Range(Blobs, Digest, Range<u64>),
    /// Bytes that were made here.
    Memory(Vec<u8>),
    /// A file that was fetched aside; the folder is removed with the last of them.
    Aside(Arc<Scratch>, String),
}

/// What the engine takes for a layer, and its bytes.
pub(super) struct Piece {
    pub(super) layer: UnpackLayer,
    pub(super) content: Content,
}

/// All bytes, by digest.
#[derive(Default)]
pub(super) struct Contents(HashMap<Digest, Content>);

impl Contents {
    pub(super) fn add(&mut self, piece: Piece) -> UnpackLayer {
        self.0.insert(piece.layer.descriptor.digest.clone(), piece.content);
        piece.layer
    }

    pub(super) fn add_layer(&mut self, item: &Planned) -> UnpackLayer {
        let (layer, content) = (item.layer.clone(), Content::Blob(item.blobs.clone()));
        self.add(Piece { layer, content })
    }
}

impl LayerSource for Contents {
    fn open(&self, layer: &Descriptor) -> Result<Box<dyn Read + Send>, StoreError> {
        match self.0.get(&layer.digest) {
            Some(Content::Blob(blobs)) => blobs.open(layer),
            Some(Content::Range(blobs, digest, range)) => blobs.read(digest, range.clone()),
            Some(Content::Memory(bytes)) => Ok(Box::new(Cursor::new(bytes.clone()))),
            Some(Content::Aside(dir, name)) => {
                let path = dir.path().join(name);
                let opened = std::fs::File::open(&path);
                Ok(Box::new(opened.map_err(|source| StoreError::io("read", path, source))?))
            }
            None => Err(StoreError::NotFound {
                what: "blob",
                name: layer.digest.to_string(),
                place: "this unpack".to_owned(),
            }),
        }
    }
}
