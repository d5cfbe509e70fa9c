//! Hugging Face repositories through the HTTP API: one commit, listed, fetched and verified.

mod api;
mod download;
mod stage;

use std::collections::BTreeMap;
use std::sync::Arc;

use futures_util::{StreamExt as _, TryStreamExt as _};
use sealkit_kitfile::Kitfile;
use sealkit_pack::path::is_within;

pub(crate) use api::{Hub, RemoteFile};
pub use api::{HubRepository, RepositoryKind};

use super::fetched::{Fetched, GIT_FILES};
use super::{ImportRequest, blocking};
use crate::pack::{IGNORE_FILE, KITFILE_NAMES, KitfileSource};
use crate::{Context, OpsError};
use stage::Stage;

/// SHA-256 of a file in hex.
pub(super) fn hash_file(path: &std::path::Path) -> Result<String, OpsError> {
    download::hash(path, <sha2::Sha256 as sha2::Digest>::new())
}

/// Fetches one commit of a repository, as far as its Kitfile needs it.
pub(super) async fn fetch(
    context: &Context,
    request: &ImportRequest,
    repository: &HubRepository,
) -> Result<Fetched, OpsError> {
    let hub = Arc::new(Hub::new(
        Arc::clone(&context.client),
        &request.endpoint,
        request.token.clone().or_else(|| request.hub_token.clone()),
        repository.clone(),
    )?);
    let commit = hub.commit(&request.revision).await?;
    let mut files = hub.files(&commit).await?;
    files.retain(|file| !GIT_FILES.contains(&name_of(&file.path)));
    let root = context.home.dir().join("imports");
    let stage = Stage::open(&root, repository, &commit)?;
    stage.sweep(&files.iter().map(|file| file.path.as_str()).collect())?;
    let wanted = wanted(context, &hub, &commit, request, &files, &stage).await?;
    stage.sweep(&wanted.iter().map(|file| file.path.as_str()).collect())?;
    let total = wanted.iter().fold(0_u64, |sum, file| sum.saturating_add(file.size));
    context.progress.start("downloading", Some(total));
    let fetched = fetch_all(context, &hub, &commit, &stage, wanted).await;
    context.progress.finish();
    let expected = fetched?;
    Ok(Fetched {
        dir: stage.files(),
        uri: Some(format!("git+{}", repository.page(&request.endpoint))),
        commit: Some(commit),
        expected,
        staging: Some(stage.dir().to_owned()),
        lock: Some(stage.into_lock()),
        temporary: None,
        warnings: Vec::new(),
    })
}

/// Fetches files at the same time, and gives the SHA-256 of those that have one in the listing.
async fn fetch_all(
    context: &Context,
    hub: &Arc<Hub>,
    commit: &str,
    stage: &Stage,
    files: Vec<RemoteFile>,
) -> Result<BTreeMap<String, String>, OpsError> {
    let expected = files
        .iter()
        .filter_map(|file| Some((file.path.clone(), format!("sha256:{}", file.sha256.as_ref()?))));
    let expected = expected.collect();
    let jobs = files
        .into_iter()
        .map(|file| async move { download::file(context, hub, commit, stage, &file).await });
    futures_util::stream::iter(jobs)
        .buffer_unordered(context.concurrency.clamp(1, 256))
        .try_collect::<Vec<()>>()
        .await?;
    Ok(expected)
}

/// The files that the kit will hold: all, or where a Kitfile is known what lies in its parts.
async fn wanted(
    context: &Context,
    hub: &Arc<Hub>,
    commit: &str,
    request: &ImportRequest,
    files: &[RemoteFile],
    stage: &Stage,
) -> Result<Vec<RemoteFile>, OpsError> {
    let own = KITFILE_NAMES.iter().find_map(|name| files.iter().find(|file| file.path == *name));
    let source = match (&request.kitfile, own) {
        (Some(given), _) => given.clone(),
        (None, Some(own)) => {
            download::file(context, hub, commit, stage, own).await?;
            KitfileSource::File(stage.files().join(&own.path))
        }
        (None, None) => return Ok(files.to_vec()),
    };
    let dir = stage.files();
    let kitfile: Kitfile = blocking(move || Ok(source.read(&dir)?.kitfile)).await?;
    let parts: Vec<String> = kitfile.parts().into_iter().map(|part| part.path).collect();
    let is_wanted = |path: &str| {
        path == IGNORE_FILE
            || KITFILE_NAMES.contains(&path)
            || parts.iter().any(|part| is_within(path, part))
    };
    Ok(files.iter().filter(|file| is_wanted(&file.path)).cloned().collect())
}

fn name_of(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}
