//! Writing an archive.

use std::io::Write;
use std::path::Path;

use futures_util::TryStreamExt;
use sealkit_oci::{Descriptor, FileKind, Index, Raw, Sha256, media_type};
use sealkit_pack::tar::{Header, TRAILER, padding};
use sealkit_store::{StoreError, WholeFile};

use super::gather::Contents;
use super::{BLOBS, INDEX_FILE, LAYOUT_BYTES, LAYOUT_FILE};
use crate::pack::unwritable;
use crate::transfer::{Moved, ReferrerPolicy};
use crate::{Context, Kit, OpsError};

/// Writes a kit as an archive to `output`, under `name` where it has one. Every digest is checked
/// on the way; `label` names the output in errors.
pub async fn save(
    context: &Context,
    kit: &Kit,
    name: Option<&str>,
    referrers: ReferrerPolicy,
    output: &mut (dyn Write + Send),
    label: &Path,
) -> Result<Moved, OpsError> {
    let contents = Contents::of(kit, referrers != ReferrerPolicy::Leave).await?;
    context.progress.start("saving", Some(contents.bytes()));
    let mut archive = Archive { context, kit, output, label };
    let written = archive.write(&contents, name).await;
    context.progress.finish();
    written?;
    Ok(Moved {
        digest: kit.digest().clone(),
        layers: kit.layers.len(),
        layers_there: 0,
        layers_mounted: 0,
        layers_resumed: 0,
        bytes: contents.bytes(),
        attached: contents.manifests.len().saturating_sub(1),
        warnings: Vec::new(),
    })
}

/// The same into a file, which appears when it is whole.
pub async fn save_to_file(
    context: &Context,
    kit: &Kit,
    name: Option<&str>,
    referrers: ReferrerPolicy,
    path: &Path,
) -> Result<Moved, OpsError> {
    let failed = |action| move |source| OpsError::io(action, path, source);
    let mut file = WholeFile::output(path).map_err(failed("create"))?;
    let moved = save(context, kit, name, referrers, &mut file, path).await?;
    file.replace().map_err(failed("write"))?;
    Ok(moved)
}

struct Archive<'a> {
    context: &'a Context,
    kit: &'a Kit,
    output: &'a mut (dyn Write + Send),
    label: &'a Path,
}

impl Archive<'_> {
    async fn write(&mut self, contents: &Contents, name: Option<&str>) -> Result<(), OpsError> {
        self.file(LAYOUT_FILE, LAYOUT_BYTES)?;
        self.file(INDEX_FILE, index(contents, name)?.bytes())?;
        self.header("blobs", FileKind::Dir, 0)?;
        self.header(BLOBS, FileKind::Dir, 0)?;
        for manifest in &contents.manifests {
            self.file(&path(&manifest.descriptor)?, &manifest.bytes)?;
            self.context.progress.advance(manifest.bytes.len() as u64);
        }
        for blob in contents.blobs.values() {
            let is_manifest =
                |m: &sealkit_store::StoredManifest| m.descriptor.digest == blob.digest;
            if !contents.manifests.iter().any(is_manifest) {
                self.blob(blob).await?;
            }
        }
        self.put(&TRAILER)?;
        self.output.flush().map_err(|source| OpsError::io("write", self.label, source))
    }

    fn file(&mut self, path: &str, bytes: &[u8]) -> Result<(), OpsError> {
        self.header(path, FileKind::File, bytes.len() as u64)?;
        self.put(bytes)?;
        self.pad(bytes.len() as u64)
    }

    async fn blob(&mut self, blob: &Descriptor) -> Result<(), OpsError> {
        self.header(&path(blob)?, FileKind::File, blob.size)?;
        let mut stream = self.kit.repository.read(&blob.digest, 0..blob.size).await?;
        let (mut hasher, mut size) = (Sha256::default(), 0_u64);
        while let Some(chunk) = stream.try_next().await? {
            size = size.saturating_add(chunk.len() as u64);
            if size > blob.size {
                break;
            }
            hasher.update(&chunk);
            self.put(&chunk)?;
            self.context.progress.advance(chunk.len() as u64);
        }
        let place = self.kit.repository.place();
        if size != blob.size {
            let (digest, expected, actual) = (blob.digest.clone(), blob.size, size);
            return Err(StoreError::SizeMismatch { digest, expected, actual, place }.into());
        }
        let actual = hasher.finish();
        if actual != blob.digest {
            let expected = blob.digest.clone();
            return Err(StoreError::DigestMismatch { expected, actual, place }.into());
        }
        self.pad(blob.size)
    }

    fn header(&mut self, path: &str, kind: FileKind, size: u64) -> Result<(), OpsError> {
        let mode = if kind == FileKind::Dir { 0o755 } else { 0o644 };
        self.put(&Header { path, kind, mode, size }.encode())
    }

    fn pad(&mut self, size: u64) -> Result<(), OpsError> {
        self.put(TRAILER.get(..padding(size)).unwrap_or_default())
    }

    fn put(&mut self, bytes: &[u8]) -> Result<(), OpsError> {
        self.output.write_all(bytes).map_err(|source| OpsError::io("write", self.label, source))
    }
}

/// Where a blob is in the archive. Other tools know no other algorithm there.
fn path(blob: &Descriptor) -> Result<String, OpsError> {
    if blob.digest.algorithm().name() != "sha256" {
        let message = format!("{} can not be put into an archive: it is no SHA-256", blob.digest);
        return Err(OpsError::usage("digest-algorithm", message));
    }
    Ok(format!("{BLOBS}/{}", blob.digest.hex()))
}

fn index(contents: &Contents, name: Option<&str>) -> Result<Raw<Index>, OpsError> {
    let mut manifests: Vec<Descriptor> =
        contents.manifests.iter().map(|manifest| manifest.descriptor.bare()).collect();
    if let (Some(root), Some(name)) = (manifests.first_mut(), name) {
        *root = root.clone().annotated(media_type::ANNOTATION_REF_NAME, name);
    }
    let index = Index {
        schema_version: 2,
        media_type: Some(media_type::OCI_INDEX.to_owned()),
        artifact_type: None,
        manifests,
        subject: None,
        annotations: sealkit_oci::Annotations::new(),
    };
    Raw::build(media_type::OCI_INDEX, index).map_err(|source| unwritable(INDEX_FILE, source))
}
