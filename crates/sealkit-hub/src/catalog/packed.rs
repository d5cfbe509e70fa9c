//! Tensors of versions with compressed layers. No range of such a layer can be read, so all of them are read once,
//! behind the push, as for an AIBOM.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use sealkit_oci::{Digest, Manifest};
use sealkit_ops::Place;
use sealkit_ops::catalog::index::{Packed, TensorJob};
use sealkit_ops::diff::{ComparedTensor, hashed_tensors};

use super::Inner;
use super::tensors::TRIES;
use crate::HubError;
use crate::aside::aside;
use crate::hub::Shared;
use crate::unpacked::compression;

/// How long the layers of one version may take.
const PATIENCE: Duration = Duration::from_mins(30);
/// Most tensors of one version that are kept.
const MOST: usize = 100_000;

/// Whether a version has a layer that is compressed.
pub(crate) fn has_compressed(manifest: &Manifest) -> bool {
    !compressed(manifest).is_empty()
}

/// The layers of a version that are compressed.
pub(crate) fn compressed(manifest: &Manifest) -> HashSet<&Digest> {
    let layers = manifest.layers().iter().filter(|layer| compression(layer).is_some());
    layers.map(|layer| &layer.digest).collect()
}

/// What is known of a version with compressed layers, and whether it waits to be read; none where this hub keeps no
/// catalogue, or it was not read.
pub(crate) async fn packed(
    shared: &Shared,
    name: &str,
    digest: &Digest,
) -> Result<(Option<Packed>, bool), HubError> {
    let Some(inner) = &shared.catalog else { return Ok((None, false)) };
    let (name, digest) = (name.to_owned(), digest.clone());
    let known = inner.ask(move |catalog| {
        Ok((catalog.packed(&name, &digest)?, catalog.tensors_wait(&name, &digest)?))
    });
    Ok(known.await?)
}

/// Reads the tensors of a version and keeps them. What can not be read after some tries is left out.
pub(super) async fn keep(inner: &Arc<Inner>, job: &TensorJob) -> Result<(), HubError> {
    let place = Place::served(&job.repository, &job.digest)?;
    let context = inner.context.clone();
    let reading = async move { hashed_tensors(&context, &place).await };
    let packed = match aside(&job.digest, PATIENCE, reading).await {
        Ok((side, tensors)) => {
            let whole = !side.incomplete && tensors.len() <= MOST;
            let tensors = tensors.into_iter().take(MOST).map(ComparedTensor::kept).collect();
            Packed { tensors, formats: side.formats, whole }
        }
        Err(_) if job.attempts >= TRIES => Packed::default(),
        Err(error) => return Err(error),
    };
    let (name, digest) = (job.repository.clone(), job.digest.clone());
    Ok(inner.ask(move |catalog| catalog.put_packed(&name, &digest, &packed)).await?)
}
