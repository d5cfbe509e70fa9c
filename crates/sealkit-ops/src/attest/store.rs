//! Where a bundle goes: the local store, a layout, or a registry.

use bytes::Bytes;
use sealkit_attest::{ANNOTATION_PUBLIC_KEY, Signer as _};
use sealkit_oci::{Descriptor, Digest, Manifest, Raw, media_type};
use sealkit_store::{BlobWriter as _, Layout, Naming, Repository, StoreError};

use super::AttestRequest;
use crate::files::blob::blocking;
use crate::pack::{attach as attach_local, unwritable};
use crate::{Context, Kit, OpsError, Place};

/// Attaches a bundle to a kit, the way cosign v3 stores its own; gives the referrer's digest.
pub(super) async fn attach(
    context: &Context,
    kit: &Kit,
    request: &AttestRequest,
    kind: &str,
    bundle: &[u8],
) -> Result<Digest, OpsError> {
    let mut annotations = vec![
        (media_type::ANNOTATION_BUNDLE_CONTENT, "dsse-envelope".to_owned()),
        (media_type::ANNOTATION_BUNDLE_PREDICATE, kind.to_owned()),
        (ANNOTATION_PUBLIC_KEY, request.key.public_key().to_pem()),
    ];
    let created = request.created.clone();
    annotations.extend(created.map(|time| (media_type::ANNOTATION_CREATED, time)));
    let (store, repository) = match &request.place {
        Place::Local(reference) => {
            let store = context.store()?;
            let found = store.resolve(reference)?.map(|found| found.repository);
            (store, found.unwrap_or_else(|| reference.name()))
        }
        Place::Layout { dir, .. } => (Layout::open(dir, Naming::Plain)?, String::new()),
        _ => return remote(kit, bundle, annotations).await,
    };
    let (subject, bundle) = (kit.manifest.descriptor().clone(), bundle.to_vec());
    blocking(move || local(&store, &repository, &subject, &bundle, &annotations)).await
}

fn local(
    store: &Layout,
    repository: &str,
    subject: &Descriptor,
    bundle: &[u8],
    annotations: &[(&'static str, String)],
) -> Result<Digest, OpsError> {
    // Lives until all is attached: it keeps `gc` away from the bundle.
    let writer = store.blob_writer();
    let mut blob = writer.create()?;
    let failed = |source| StoreError::io("write", store.root(), source);
    std::io::Write::write_all(&mut blob, bundle).map_err(failed)?;
    blob.commit()?;
    let annotations: Vec<_> =
        annotations.iter().map(|(key, value)| (*key, value.as_str())).collect();
    let kind = media_type::SIGSTORE_BUNDLE;
    let blob = Descriptor::of(kind, bundle);
    Ok(attach_local(store, repository, subject, kind, &blob, &annotations)?.digest)
}

async fn remote(
    kit: &Kit,
    bundle: &[u8],
    annotations: Vec<(&'static str, String)>,
) -> Result<Digest, OpsError> {
    let kind = media_type::SIGSTORE_BUNDLE;
    let blob = Descriptor::of(kind, bundle);
    let empty = Descriptor::of(media_type::OCI_EMPTY, media_type::EMPTY_JSON);
    put(&*kit.repository, &empty, media_type::EMPTY_JSON).await?;
    put(&*kit.repository, &blob, bundle).await?;
    let mut referrer = Manifest::referrer(kind, blob, kit.manifest.descriptor());
    let own = annotations.into_iter().map(|(key, value)| (key.to_owned(), value));
    referrer.annotations.extend(own);
    let raw = Raw::build(media_type::OCI_MANIFEST, referrer)
        .map_err(|source| unwritable("attestation", source))?;
    let bytes = Bytes::copy_from_slice(raw.bytes());
    Ok(kit.repository.put_manifest(media_type::OCI_MANIFEST, bytes, None).await?.digest)
}

async fn put(repository: &dyn Repository, blob: &Descriptor, bytes: &[u8]) -> Result<(), OpsError> {
    if repository.stat(&blob.digest).await? == Some(blob.size) {
        return Ok(());
    }
    let mut upload = repository.write(blob).await?;
    let begin = usize::try_from(upload.offset()).unwrap_or(usize::MAX);
    let rest = bytes.get(begin..).unwrap_or_default();
    upload.append(Bytes::copy_from_slice(rest)).await?;
    Ok(upload.finish().await?)
}
