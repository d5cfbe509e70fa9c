//! What is attached to a kit that is not in the local store.

use std::collections::BTreeMap;

use bytes::Bytes;
use sealkit_attest::Bundle;
use sealkit_oci::{Descriptor, Manifest, Raw, media_type};
use sealkit_store::Repository;

use crate::OpsError;
use crate::keys::SigningIdentity;
use crate::pack::unwritable;
use crate::seal::sign::annotations;

/// Stores a bundle as a referrer of `subject`; gives the referrer.
pub(crate) async fn attach(
    repository: &dyn Repository,
    subject: &Descriptor,
    bundle: &Bundle,
    identity: &SigningIdentity,
    created: Option<&str>,
) -> Result<Descriptor, OpsError> {
    let statement = bundle.statement()?;
    let notes = annotations(identity, statement.predicate_type(), created);
    let notes = notes.into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
    document(repository, subject, media_type::SIGSTORE_BUNDLE, bundle.bytes(), notes).await
}

/// Stores a document as a referrer of `subject`; gives the referrer.
pub(super) async fn document(
    repository: &dyn Repository,
    subject: &Descriptor,
    kind: &str,
    bytes: &[u8],
    notes: BTreeMap<String, String>,
) -> Result<Descriptor, OpsError> {
    put(repository, media_type::OCI_EMPTY, media_type::EMPTY_JSON).await?;
    let blob = put(repository, kind, bytes).await?;
    let mut referrer = Manifest::referrer(kind, blob, subject);
    referrer.annotations.extend(notes);
    let raw = Raw::build(media_type::OCI_MANIFEST, referrer)
        .map_err(|source| unwritable(kind, source))?;
    let bytes = Bytes::copy_from_slice(raw.bytes());
    Ok(repository.put_manifest(media_type::OCI_MANIFEST, bytes, None).await?)
}

/// Writes a small blob, unless it is there.
async fn put(
    repository: &dyn Repository,
    kind: &str,
    bytes: &[u8],
) -> Result<Descriptor, OpsError> {
    let blob = Descriptor::of(kind, bytes);
    if repository.stat(&blob.digest).await? == Some(blob.size) {
        return Ok(blob);
    }
    let mut upload = repository.write(&blob).await?;
    // What an interrupted upload left may be there already.
    let from = usize::try_from(upload.offset()).unwrap_or(bytes.len()).min(bytes.len());
    let rest = bytes.get(from..).unwrap_or_default();
    if !rest.is_empty() {
        upload.append(Bytes::copy_from_slice(rest)).await?;
    }
    upload.finish().await?;
    Ok(blob)
}
