//! One file out of a kit. Bytes are given away only after they were verified, unless the person
//! asked for the opposite.

use std::fs::File;
use std::io::{self, Write};
use std::sync::Arc;

use sealkit_oci::{Compression, Digest, FileEntry, FileKind};
use sealkit_pack::UnpackOptions;

use super::blob::{Blobs, blocking};
use super::listing::{self, Tables, unpack_layer};
use super::{Proof, TableTrust};
use crate::scratch::Scratch;
use crate::{Context, Home, Kit, KitLayer, OpsError, Place};

/// Which file to read.
#[derive(Clone)]
pub struct ReadRequest {
    /// The kit.
    pub place: Place,
    /// Path of the file inside the kit.
    pub path: String,
    /// Which file tables are believed.
    pub trust: Arc<dyn TableTrust>,
    /// Whether a registry's bytes may be given away that nothing vouches for.
    pub unverified: bool,
}

/// A file that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileRead {
    /// Digest of the kit's manifest.
    pub kit: Digest,
    /// Bytes that were written.
    pub size: u64,
    /// What vouches for them.
    pub proof: Proof,
}

/// Writes the bytes of one file to `out`: by ranges where a trusted file table verifies them,
/// else from the layer, which is read whole and verified first.
pub async fn read_file(
    context: &Context,
    request: ReadRequest,
    out: Box<dyn Write + Send>,
) -> Result<FileRead, OpsError> {
    let place = request.place.clone().local_or_registry(context)?;
    let kit = Kit::open(context, &place).await?;
    let blobs = Blobs::of(context, &place, &kit)?;
    let tables = listing::tables(&kit, &blobs, &*request.trust).await?;
    let (layer, entry) = find(&kit, &tables, &request.path)?;
    let by_range = layer.layer_type.is_some_and(|kind| kind.compression == Compression::None);
    let proof = match (by_range, tables.proof) {
        (true, Proof::TrustedTable) => Proof::TrustedTable,
        (true, _) if request.unverified && blobs.is_remote() => Proof::UnverifiedRange,
        _ => Proof::WholeLayer,
    };
    let home = context.home.clone();
    let size = blocking(move || {
        let mut out = out;
        let size = match proof {
            Proof::TrustedTable => {
                sealkit_pack::read_file(&entry, &blobs.ranges(&layer.descriptor), &mut out)?;
                entry.size
            }
            Proof::UnverifiedRange => {
                let range = entry.offset..entry.offset.saturating_add(entry.size);
                let mut from = blobs.read(&layer.descriptor.digest, range)?;
                copy(&mut from, &mut out, &entry.path)?
            }
            _ => from_layer(&layer, &blobs, &entry.path, &home, &mut out)?,
        };
        out.flush().map_err(|error| OpsError::io("write", &entry.path, error))?;
        Ok(size)
    });
    Ok(FileRead { kit: kit.digest().clone(), size: size.await?, proof })
}

fn find(kit: &Kit, tables: &Tables, path: &str) -> Result<(KitLayer, FileEntry), OpsError> {
    let wanted = sealkit_kitfile::path::clean(path);
    let layers = kit.layers.iter().zip(&tables.layers);
    let mut entries = layers.flat_map(|(layer, table)| table.files.iter().map(move |f| (layer, f)));
    let found = entries.find(|(_, entry)| entry.path == wanted);
    match found {
        Some((layer, entry)) if entry.kind == FileKind::File => Ok((layer.clone(), entry.clone())),
        Some(_) => {
            let message = format!("`{path}` is a folder in kit `{}`", kit.reference);
            Err(OpsError::usage("is-a-folder", message)
                .with_hint(format!("run `sealkit files {}` for the files in it", kit.reference)))
        }
        None => {
            let message = format!("kit `{}` holds no file `{path}`", kit.reference);
            Err(OpsError::usage("file-not-found", message)
                .with_hint(format!("run `sealkit files {}` for what it holds", kit.reference)))
        }
    }
}

/// Unpacks the one file aside, which verifies the whole layer, and copies it from there.
fn from_layer(
    layer: &KitLayer,
    blobs: &Blobs,
    path: &str,
    home: &Home,
    out: &mut dyn Write,
) -> Result<u64, OpsError> {
    let aside = Scratch::new(home)?;
    let target = aside.path().join("file");
    let select = |name: &str| name == path;
    let layers = [unpack_layer(layer)];
    let options = UnpackOptions::default();
    sealkit_pack::unpack(&layers, blobs, &target, &options, &select, &|_| {})?;
    let place = target.join(path);
    let mut file = File::open(&place).map_err(|source| match source.kind() {
        io::ErrorKind::NotFound => OpsError::Inconsistent {
            reference: layer.descriptor.digest.to_string(),
            reason: format!("its listing names `{path}`, its layer does not hold it"),
        },
        _ => OpsError::io("read", &place, source),
    })?;
    copy(&mut file, out, path)
}

fn copy(from: &mut dyn io::Read, to: &mut dyn Write, path: &str) -> Result<u64, OpsError> {
    io::copy(from, to).map_err(|error| OpsError::io("copy", path, error))
}
