//! Looks inside the files of a kit, without pulling or unpacking it.
//!
//! What a file says is read by the inspectors of `sealkit-inspect`, out of ranges of the stored
//! blobs, under a limit of bytes and time. The bytes of a range were not hashed for the answer.

mod bytes;
mod overview;
mod preview;
mod tensor_digests;
mod tensors;

use std::sync::Arc;

use axum::Router;
use axum::routing::get;

use crate::hub::Shared;

pub(crate) use bytes::{FileBytes, RangedFile};
pub(crate) use overview::both as show_facts_and_card;
pub(crate) use preview::{PreviewQuery, show as show_preview};
pub(crate) use tensor_digests::add_digests;
pub(crate) use tensors::{
    MAX_FILES, Read, TensorQuery, read_all as read_tensors, show as show_tensors,
};

/// The paths of the API that show what is inside of files.
pub(crate) fn routes() -> Router<Arc<Shared>> {
    let version = "/api/v1/kits/{name}/versions/{reference}";
    Router::new()
        .route(&format!("{version}/tensors"), get(tensors::show))
        .route(&format!("{version}/card"), get(overview::card))
        .route(&format!("{version}/facts"), get(overview::facts))
        .route(&format!("{version}/preview"), get(preview::show))
        .route(&format!("{version}/image"), get(preview::image))
}
