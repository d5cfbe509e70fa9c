//! The tensors of a kit or a folder, for a comparison.

use std::collections::{BTreeSet, HashMap};
use std::path::PathBuf;
use std::sync::Arc;

use sealkit_api::{TensorComparison, TensorSide};
use sealkit_inspect::{Facts, TensorHash, Value, property};
use sealkit_oci::Digest;

use super::{ComparedTensor, TensorPage, compare_tensors};
use crate::archive::{Aside, aside};
use crate::bom::gather::{self, Described, Gathered};
use crate::files::TableTrust;
use crate::files::blob::blocking;
use crate::verify::SealedTables;
use crate::{Context, OpsError, Place};

/// How much of the tensors is read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TensorReading {
    /// Every byte of what is on this machine, and the headers of what is at a registry.
    #[default]
    Auto,
    /// Headers alone: whether bytes are equal is known only where whole files are.
    Headers,
    /// Every byte, over the network too.
    Bytes,
}

/// Compares the tensors of two places. A reference without a prefix means the local store first, then its
/// registry.
pub async fn diff_tensors(
    context: &Context,
    (a, b): (Place, Place),
    trust: &Arc<dyn TableTrust>,
    reading: TensorReading,
) -> Result<TensorComparison, OpsError> {
    let (side_a, a) = side(context, a, trust, reading).await?;
    let (side_b, b) = side(context, b, trust, reading).await?;
    let all = TensorPage { limit: usize::MAX, ..TensorPage::default() };
    Ok(compare_tensors((&a, &b), (side_a, side_b), &all))
}

/// Every tensor of the kit at `place` with the BLAKE3 digest of its bytes. Every byte is read; compressed layers are
/// unpacked aside, within the bounds that hold for making an AIBOM.
pub async fn hashed_tensors(
    context: &Context,
    place: &Place,
) -> Result<(TensorSide, Vec<ComparedTensor>), OpsError> {
    let trust: Arc<dyn TableTrust> = Arc::new(SealedTables::new(context)?);
    side(context, place.clone(), &trust, TensorReading::Bytes).await
}

async fn side(
    context: &Context,
    place: Place,
    trust: &Arc<dyn TableTrust>,
    reading: TensorReading,
) -> Result<(TensorSide, Vec<ComparedTensor>), OpsError> {
    let place = place.local_or_registry(context)?;
    let bytes = match reading {
        TensorReading::Auto => !matches!(place, Place::Remote(_)),
        TensorReading::Headers => false,
        TensorReading::Bytes => true,
    };
    let name = place.to_string();
    let gathered = gathered(context, place, trust, bytes.then_some(TensorHash::Blake3)).await?;
    let digest = match &gathered.described {
        Described::Kit { manifest, .. } => Some(manifest.digest.clone()),
        Described::Folder { .. } => None,
    };
    let mut side = TensorSide {
        name,
        digest,
        count: 0,
        bytes: 0,
        formats: Vec::new(),
        unhashed: 0,
        waiting: false,
        incomplete: gathered.parts.iter().any(|part| part.files.is_none()),
    };
    let (mut tensors, mut formats) = (Vec::new(), BTreeSet::new());
    let files = gathered.parts.iter().filter_map(|part| part.files.as_ref()).flatten();
    let mut digests: HashMap<&str, &Digest> =
        files.filter_map(|file| Some((file.path.as_str(), file.digest.as_ref()?))).collect();
    let layers = layers_of(&gathered);
    for (path, facts) in &gathered.facts {
        let mut found = tensors_of(path, facts, digests.remove(path.as_str()));
        let layer = layers.get(path.as_str()).copied();
        for one in &mut found {
            one.layer = layer.cloned();
        }
        if !found.is_empty() {
            formats.extend(facts.text(property::FORMAT).map(str::to_owned));
        }
        let hoped = !found.is_empty() || is_called_tensors(path);
        side.incomplete |= facts.incomplete && hoped;
        tensors.extend(found);
    }
    side.formats = formats.into_iter().collect();
    Ok((side, tensors))
}

/// The layer of each file of a kit; the later one of two with the file at one path, as when the kit is unpacked.
fn layers_of(gathered: &Gathered) -> HashMap<&str, &Digest> {
    let parts = gathered.parts.iter().filter_map(|part| Some((part.layer.as_ref()?, part)));
    let files = parts.flat_map(|(layer, part)| {
        let files = part.files.iter().flatten();
        files.map(move |file| (file.path.as_str(), &layer.digest))
    });
    files.collect()
}

/// Whether the name of a file says that tensors are in it.
fn is_called_tensors(path: &str) -> bool {
    let end = path.rsplit_once('.').map(|(_, end)| end.to_ascii_lowercase());
    matches!(end.as_deref(), Some("safetensors" | "gguf"))
}

async fn gathered(
    context: &Context,
    place: Place,
    trust: &Arc<dyn TableTrust>,
    hash: Option<TensorHash>,
) -> Result<Gathered, OpsError> {
    let kept: Aside;
    let place = match &place {
        Place::Folder(dir) => {
            let (context, dir): (_, PathBuf) = (context.clone(), dir.clone());
            return blocking(move || gather::of_folder(&context, &dir, hash)).await;
        }
        Place::Archive(file) => {
            kept = aside(context, file).await?;
            kept.place()
        }
        other => other,
    };
    gather::of_kit(context, place, Arc::clone(trust), hash, usize::MAX).await
}

/// The tensors that a file has, each with its digest where that was made. Files with equal bytes are one place.
fn tensors_of(path: &str, facts: &Facts, file: Option<&Digest>) -> Vec<ComparedTensor> {
    let mut digests: HashMap<(&str, &str), &str> = HashMap::new();
    for fact in facts.facts.iter().filter(|fact| fact.property == property::TENSOR_BLAKE3) {
        if let Value::Text(digest) = &fact.value {
            digests.insert((&fact.subject, &fact.evidence.place), digest);
        }
    }
    let tensor = |fact: &sealkit_inspect::Fact| {
        let Value::Tensor(tensor) = &fact.value else { return None };
        let end = tensor.offset.saturating_add(tensor.size);
        let place = format!("bytes {}-{end}", tensor.offset);
        let digest = digests.get(&(tensor.name.as_str(), place.as_str()));
        Some(ComparedTensor {
            name: tensor.name.clone(),
            dtype: tensor.dtype.clone(),
            shape: tensor.shape.clone(),
            bytes: tensor.size,
            path: path.to_owned(),
            place: file.map(|file| (file.clone(), tensor.offset)),
            layer: None,
            digest: digest.map(|digest| (*digest).to_owned()),
        })
    };
    let all = facts.facts.iter().filter(|fact| fact.property == property::TENSOR);
    all.filter_map(tensor).collect()
}
