//! `save` and `load`: one file with a kit and everything that is attached to it, for machines without
//! a network.
//!
//! The file is a tar archive of an OCI image layout (image-spec, image-layout.md), as skopeo and
//! podman know it under the name `oci-archive`. `index.json` lists the kit, named by the annotation
//! `org.opencontainers.image.ref.name` with its whole reference as people type it, and after it
//! every manifest that is attached to the kit. The same kit gives the same bytes.

mod aside;
mod error;
mod gather;
mod load;
mod save;
mod unpack;

use std::fs::File;
use std::io::Read;
use std::path::Path;

pub(crate) use aside::{Aside, aside};
pub use error::ArchiveError;
pub use load::{Loaded, load};
pub use save::{save, save_to_file};

use crate::OpsError;

/// The file that marks an image layout, and its content.
const LAYOUT_FILE: &str = "oci-layout";
const LAYOUT_BYTES: &[u8] = br#"{"imageLayoutVersion":"1.0.0"}"#;
const INDEX_FILE: &str = "index.json";
/// Where blobs are.
const BLOBS: &str = "blobs/sha256";
/// Bytes that are moved at once: 1 MiB.
const CHUNK: usize = 1 << 20;

/// Opens an archive file for reading.
pub fn open(path: &Path) -> Result<Box<dyn Read + Send>, OpsError> {
    let file = File::open(path).map_err(|source| OpsError::io("open", path, source))?;
    Ok(Box::new(file))
}

#[cfg(test)]
mod tests;
