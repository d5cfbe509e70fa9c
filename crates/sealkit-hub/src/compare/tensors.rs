//! The tensors in which two versions differ.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use sealkit_api::{FileList, Hashed, TensorChangeKind, TensorComparison, TensorSide};
use sealkit_ops::catalog::index::{Packed, PackedTensor};
use sealkit_ops::diff::{ComparedTensor, TensorPage, compare_tensors};
use serde::Deserialize;

use crate::catalog::{has_compressed, packed};
use crate::hub::Shared;
use crate::reader::Kit;
use crate::references::split_reference;
use crate::view::{Read, add_digests, read_tensors};
use crate::{HubError, api, files};

/// Most tensors of one page.
const MAX_PAGE: usize = 1_000;
/// Tensors of a page where nothing is said.
const PAGE: usize = 200;

/// Which versions, and which of their tensors.
#[derive(Clone, Debug, Default, Deserialize)]
pub(crate) struct Wanted {
    pub(crate) a: String,
    pub(crate) b: String,
    /// Those that differ so; all that differ where it is not said.
    pub(crate) change: Option<TensorChangeKind>,
    /// Only those of this layer.
    pub(crate) layer: Option<String>,
    /// How many come before.
    pub(crate) from: Option<u64>,
    pub(crate) limit: Option<usize>,
}

/// `GET /api/v1/compare/tensors?a=&b=&change=&layer=&from=&limit=`.
pub(crate) async fn show(
    State(shared): State<Arc<Shared>>,
    wanted: Result<Query<Wanted>, QueryRejection>,
) -> Result<Json<TensorComparison>, HubError> {
    let Query(wanted) =
        wanted.map_err(|_| HubError::Query("a`, `b`, `change`, `from` or `limit"))?;
    let _reader = shared.readers.acquire().await.map_err(|_| HubError::Stopped)?;
    let (a, b) = (open(&shared, &wanted.a).await?, open(&shared, &wanted.b).await?);
    of(&shared, (a, b), wanted).await.map(Json)
}

/// A version with its files.
type Opened = (Arc<Kit>, Arc<FileList>);

async fn open(shared: &Shared, reference: &str) -> Result<Opened, HubError> {
    let (name, target) = split_reference(reference)?;
    let kit = api::open_good(shared, &name, target).await?;
    let list = files::list(&kit).await?;
    Ok((Arc::new(kit), list))
}

/// The tensors in which two versions differ that are open, as `wanted` asks.
pub(crate) async fn of(
    shared: &Shared,
    (a, b): (Opened, Opened),
    wanted: Wanted,
) -> Result<TensorComparison, HubError> {
    let (a, of_a) = side(shared, a).await?;
    let (b, of_b) = side(shared, b).await?;
    let page = TensorPage {
        change: wanted.change,
        layer: wanted.layer,
        from: usize::try_from(wanted.from.unwrap_or(0)).unwrap_or(usize::MAX),
        limit: wanted.limit.unwrap_or(PAGE).clamp(1, MAX_PAGE),
    };
    let work = move || compare_tensors((&of_a, &of_b), (a, b), &page);
    tokio::task::spawn_blocking(work).await.map_err(|_| HubError::Stopped)
}

/// One side, and its tensors with the digests that are known.
async fn side(
    shared: &Shared,
    (kit, list): Opened,
) -> Result<(TensorSide, Vec<ComparedTensor>), HubError> {
    let mut waits = false;
    if has_compressed(&kit.manifest) {
        let (known, waiting) = packed(shared, &kit.name, &kit.digest).await?;
        waits = waiting;
        if let Some(known) = known {
            return Ok(unpacked(&kit, known, waiting));
        }
    }
    let Read { mut list, places, .. } = read_tensors(kit, list, None).await?;
    add_digests(shared, &mut list, &places).await?;
    let formats = list.files.iter().filter(|file| file.count > 0);
    let formats: BTreeSet<String> = formats.filter_map(|file| file.format.clone()).collect();
    let side = TensorSide {
        name: list.name,
        digest: Some(list.digest),
        count: 0,
        bytes: 0,
        formats: formats.into_iter().collect(),
        unhashed: 0,
        waiting: waits || list.files.iter().any(|file| file.hashed == Some(Hashed::Waiting)),
        incomplete: list.incomplete,
    };
    let files = list.files;
    let tensor = |one: sealkit_api::Tensor| {
        let at = places.get(one.file).and_then(Option::as_ref);
        ComparedTensor {
            place: at.map(|at| (at.layer.clone(), at.offset.saturating_add(one.offset))),
            layer: at.map(|at| at.layer.clone()),
            path: files.get(one.file).map(|file| file.path.clone()).unwrap_or_default(),
            name: one.name,
            dtype: one.dtype,
            shape: one.shape,
            bytes: one.bytes,
            digest: one.digest,
        }
    };
    Ok((side, list.tensors.into_iter().map(tensor).collect()))
}

/// A side of which all layers were read once.
fn unpacked(kit: &Kit, known: Packed, waiting: bool) -> (TensorSide, Vec<ComparedTensor>) {
    let side = TensorSide {
        name: kit.name.clone(),
        digest: Some(kit.digest.clone()),
        count: 0,
        bytes: 0,
        formats: known.formats,
        unhashed: 0,
        waiting,
        incomplete: !known.whole,
    };
    let tensor = |one: PackedTensor| {
        let PackedTensor { path, name, dtype, shape, bytes, digest, layer } = one;
        ComparedTensor { name, dtype, shape, bytes, path, place: None, layer, digest }
    };
    (side, known.tensors.into_iter().map(tensor).collect())
}
