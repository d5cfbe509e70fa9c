//! The tensors in which two versions differ.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use sealkit_api::{Hashed, TensorChangeKind, TensorComparison, TensorSide};
use sealkit_ops::diff::{ComparedTensor, TensorPage, compare_tensors};
use serde::Deserialize;

use crate::error::split_reference;
use crate::hub::Shared;
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
    let (a, of_a) = side(&shared, &wanted.a).await?;
    let (b, of_b) = side(&shared, &wanted.b).await?;
    let page = TensorPage {
        change: wanted.change,
        layer: wanted.layer,
        from: usize::try_from(wanted.from.unwrap_or(0)).unwrap_or(usize::MAX),
        limit: wanted.limit.unwrap_or(PAGE).clamp(1, MAX_PAGE),
    };
    let work = move || compare_tensors((&of_a, &of_b), (a, b), &page);
    tokio::task::spawn_blocking(work).await.map_err(|_| HubError::Stopped).map(Json)
}

/// One side, and its tensors with the digests that are known.
async fn side(
    shared: &Shared,
    reference: &str,
) -> Result<(TensorSide, Vec<ComparedTensor>), HubError> {
    let (name, target) = split_reference(reference)?;
    let kit = api::open_good(shared, &name, target).await?;
    let list = Arc::new(files::list(&kit).await?);
    let Read { mut list, places } = read_tensors(Arc::new(kit), list, None).await?;
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
        waiting: list.files.iter().any(|file| file.hashed == Some(Hashed::Waiting)),
        incomplete: list.incomplete,
    };
    let files = list.files;
    let tensor = |one: sealkit_api::Tensor| {
        let at = places.get(one.file).and_then(Option::as_ref);
        ComparedTensor {
            place: at.map(|at| (at.layer.clone(), at.offset.saturating_add(one.offset))),
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
