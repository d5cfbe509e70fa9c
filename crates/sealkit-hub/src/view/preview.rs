//! A look inside one file of a kit, and pictures as pictures.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, Method};
use axum::response::Response;
use sealkit_api::{Look, Preview, PreviewContent, PreviewForm};
use sealkit_report::Budget;
use serde::Deserialize;

use super::FileBytes;
use crate::HubError;
use crate::content::{Asked, Content};
use crate::hub::Shared;
use crate::ranges::Allowance;
use crate::reader::Kit;
use crate::{api, files};

/// Most bytes of the stored blobs that one look reads.
const MAX_BYTES: u64 = 32 << 20;
/// How long one look may read.
const MAX_TIME: Duration = Duration::from_secs(10);
/// Most things that one look lists, and most steps of its work.
const MAX_ENTRIES: u64 = 200_000;
const MAX_STEPS: u64 = 5_000_000;
/// Deepest nesting that is followed.
const MAX_DEPTH: u32 = 64;

/// Which file, and as what.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct PreviewQuery {
    /// Its path inside the kit.
    pub(crate) file: String,
    /// As what it is shown.
    #[serde(default, rename = "as")]
    pub(crate) form: PreviewForm,
    /// First byte, where it is shown as text or bytes.
    #[serde(default)]
    pub(crate) offset: u64,
}

/// The picture at this path.
#[derive(Debug, Deserialize)]
pub(crate) struct ImageQuery {
    file: String,
}

/// `GET /api/v1/kits/{name}/versions/{reference}/preview?file=&as=&offset=`.
pub(crate) async fn show(
    State(shared): State<Arc<Shared>>,
    Path((name, reference)): Path<(String, String)>,
    query: Result<Query<PreviewQuery>, QueryRejection>,
) -> Result<Json<Preview>, HubError> {
    let Query(query) = query.map_err(|_| HubError::Query("file`, `as` or `offset"))?;
    let _reader = shared.readers.acquire().await.map_err(|_| HubError::Stopped)?;
    let kit = api::open(&shared, &name, &reference).await?;
    let (file, source) = files::find(&kit, &query.file).await?;
    let mut preview = Preview::new(kit.name.clone(), kit.digest.clone(), file.clone(), source);
    match Content::of(&kit, file, source).await {
        Ok(content) => {
            let allowance = Allowance::new(MAX_BYTES, MAX_TIME);
            let bytes = content.bytes(&allowance);
            let PreviewQuery { file, form, offset } = query;
            let look = move || sealkit_preview::look(&file, &bytes, form, offset, &mut budget());
            preview.look = blocking(look).await?;
            if let PreviewContent::Refused { reason } = &mut preview.look.content
                && let Some(problem) = allowance.problem()
            {
                *reason = format!("{reason}: {problem}");
            }
            preview.bytes_read = allowance.spent();
        }
        // What is known of the file is said although its bytes can not be read by range.
        Err(error @ (HubError::NoRange { .. } | HubError::NotAKit { .. })) => {
            preview.look = Look::refused(error.public().1);
        }
        Err(error) => return Err(error),
    }
    Ok(Json(preview))
}

/// `GET /api/v1/kits/{name}/versions/{reference}/image?file=`: a PNG, JPEG, GIF or WebP of bounded size, under
/// the type that its bytes have. Like every answer that is no page of the hub, it is in a sandbox.
pub(crate) async fn image(
    State(shared): State<Arc<Shared>>,
    Path((name, reference)): Path<(String, String)>,
    query: Result<Query<ImageQuery>, QueryRejection>,
    method: Method,
    headers: HeaderMap,
) -> Result<Response, HubError> {
    let Query(ImageQuery { file }) = query.map_err(|_| HubError::Query("file"))?;
    let reader = shared.readers.acquire().await.map_err(|_| HubError::Stopped)?;
    let kit = api::open(&shared, &name, &reference).await?;
    let content = Content::find(&kit, &file).await?;
    let media_type = media_type(&kit, &content, &file).await?;
    // Sending may take long and holds nothing.
    drop(reader);
    content.picture(&Asked { method, headers }, &media_type).await
}

/// The media type of a picture that may be given out.
async fn media_type(kit: &Kit, content: &Content, path: &str) -> Result<String, HubError> {
    let bytes: FileBytes = content.bytes(&Allowance::new(MAX_BYTES, MAX_TIME));
    let file = path.to_owned();
    let found = blocking(move || sealkit_preview::raster(&file, &bytes, &mut budget())).await?;
    let no = |reason| HubError::NoPicture { path: path.to_owned(), reason };
    let found = found.map_err(|error| HubError::NotAKit {
        digest: kit.digest.clone(),
        reason: error.to_string(),
    })?;
    let found = found.ok_or_else(|| no("it is no PNG, JPEG, GIF or WebP".to_owned()))?;
    match found.hidden {
        None => Ok(found.media_type),
        Some(reason) => Err(no(reason)),
    }
}

pub(super) fn budget() -> Budget {
    Budget::new(MAX_BYTES, MAX_ENTRIES, MAX_STEPS, MAX_DEPTH)
}

/// Runs what reads on a thread that may block.
pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, HubError> {
    tokio::task::spawn_blocking(work).await.map_err(|_| HubError::Stopped)
}
