//! Digests of single tensors beside what their headers say.

use std::collections::HashMap;

use sealkit_api::{Hashed, TensorList};
use sealkit_ops::catalog::index::{TensorPlace, TensorSpan};

use crate::hub::Shared;
use crate::{HubError, catalog};

/// Adds the digests that are known to the tensors of the list, and to its files how far that is.
pub(crate) async fn add_digests(
    shared: &Shared,
    list: &mut TensorList,
    places: &[Option<TensorPlace>],
) -> Result<(), HubError> {
    let mut asked: Vec<(usize, Vec<usize>, Vec<TensorSpan>)> =
        (0..list.files.len()).map(|file| (file, Vec::new(), Vec::new())).collect();
    for (at, tensor) in list.tensors.iter().enumerate() {
        if let Some((_, tensors, spans)) = asked.get_mut(tensor.file) {
            tensors.push(at);
            spans.push((tensor.offset, tensor.bytes));
        }
    }
    for (file, tensors, spans) in asked {
        let Some(place) = places.get(file).cloned().flatten() else { continue };
        let known = catalog::tensors(shared, &list.name, place, spans).await?;
        let Some((hashed, digests)) = known else { return Ok(()) };
        if let Some(file) = list.files.get_mut(file) {
            file.hashed = Some(hashed);
        }
        for (at, digest) in tensors.into_iter().zip(digests) {
            if let Some(tensor) = list.tensors.get_mut(at) {
                tensor.digest = digest;
            }
        }
    }
    Ok(())
}

/// The same for files of compressed layers, whose tensors are known by their names.
pub(super) async fn add_packed(
    shared: &Shared,
    list: &mut TensorList,
    packed: &[usize],
) -> Result<(), HubError> {
    if packed.is_empty() || shared.catalog.is_none() {
        return Ok(());
    }
    let (known, waits) = catalog::packed(shared, &list.name, &list.digest).await?;
    let known = known.unwrap_or_default();
    let hashed = match (waits, known.whole) {
        (true, _) => Hashed::Waiting,
        (false, true) => Hashed::Whole,
        (false, false) => Hashed::Partly,
    };
    let tensors = known.tensors.iter();
    let digests: HashMap<(&str, &str), &str> = tensors
        .filter_map(|one| Some(((one.path.as_str(), one.name.as_str()), one.digest.as_deref()?)))
        .collect();
    for at in packed {
        if let Some(file) = list.files.get_mut(*at) {
            let is_hashed = catalog::is_hashed(&file.path, file.format.as_deref());
            file.hashed = is_hashed.then_some(hashed);
        }
    }
    for tensor in list.tensors.iter_mut().filter(|tensor| packed.contains(&tensor.file)) {
        let path = list.files.get(tensor.file).map(|file| file.path.as_str());
        let digest = path.and_then(|path| digests.get(&(path, tensor.name.as_str())));
        tensor.digest = digest.map(|digest| (*digest).to_owned());
    }
    Ok(())
}
