//! `files`: what is inside a kit, file by file, without unpacking it.

pub(crate) mod blob;
pub(crate) mod listing;
mod read;
pub(crate) mod trust;

use std::sync::Arc;

use sealkit_oci::{Digest, FileKind};

pub use read::{FileRead, ReadRequest, read_file};
pub use trust::TableTrust;

use self::blob::Blobs;
use crate::{Context, Kit, OpsError, Place};

/// What a statement about a file rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proof {
    /// A file table that a verified statement by someone trusted names.
    TrustedTable,
    /// The whole layer was read and has the digest that the manifest names.
    WholeLayer,
    /// A file table that is attached, and that nobody who is trusted vouches for.
    UnprovenTable,
    /// The headers of layers that were not read whole.
    Headers,
    /// A range of a layer that nothing vouches for.
    UnverifiedRange,
}

impl Proof {
    /// Whether it proves anything.
    pub fn is_proven(self) -> bool {
        matches!(self, Self::TrustedTable | Self::WholeLayer)
    }

    /// Its name in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::TrustedTable => "trusted-table",
            Self::WholeLayer => "whole-layer",
            Self::UnprovenTable => "unproven-table",
            Self::Headers => "headers",
            Self::UnverifiedRange => "unverified-range",
        }
    }
}

/// One file or folder of a kit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedFile {
    /// Its path inside the kit, as the kit writes it.
    pub path: String,
    /// File or folder.
    pub kind: FileKind,
    /// Size in bytes.
    pub size: u64,
    /// Permission bits.
    pub mode: u32,
    /// SHA-256, where it is known.
    pub digest: Option<Digest>,
    /// Path of the part in the Kitfile that holds it; none where no part does.
    pub part: Option<String>,
    /// Digest of the layer.
    pub layer: Digest,
}

/// The files of a kit.
#[derive(Clone, Debug)]
pub struct Listing {
    /// Digest of the manifest.
    pub kit: Digest,
    /// What the listing rests on.
    pub proof: Proof,
    /// Every entry of every layer, in the order of the layers.
    pub files: Vec<ListedFile>,
}

/// Lists the files of a kit. Uncompressed layers without a table are walked from header to header,
/// by ranges.
pub async fn list_files(
    context: &Context,
    place: Place,
    trust: &Arc<dyn TableTrust>,
) -> Result<Listing, OpsError> {
    let place = place.local_or_registry(context)?;
    let kit = Kit::open(context, &place).await?;
    let blobs = Blobs::of(context, &place, &kit)?;
    let tables = listing::tables(&kit, &blobs, &**trust).await?;
    let mut files = Vec::new();
    for (layer, table) in kit.layers.iter().zip(&tables.layers) {
        let part = layer.part.as_ref().map(|part| part.path.clone());
        files.extend(table.files.iter().map(|entry| ListedFile {
            path: entry.path.clone(),
            kind: entry.kind,
            size: entry.size,
            mode: entry.mode,
            digest: entry.digest.clone(),
            part: part.clone(),
            layer: layer.descriptor.digest.clone(),
        }));
    }
    Ok(Listing { kit: kit.digest().clone(), proof: tables.proof, files })
}
