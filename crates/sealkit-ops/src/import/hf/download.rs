//! One file: fetched from where it stopped, verified, then moved into place.

use std::fmt::Write as _;
use std::fs;
use std::io::{ErrorKind, Read as _};
use std::path::{Path, PathBuf};

use sealkit_oci::Digest;
use sealkit_remote::web::WebReply;
use sha1::{Digest as _, Sha1};
use sha2::Sha256;
use tokio::io::{AsyncSeekExt as _, AsyncWriteExt as _};

use super::stage::Stage;
use super::{Hub, RemoteFile};
use crate::import::blocking;
use crate::import::fetched::wrong_content;
use crate::{Context, OpsError};

/// Fetches a file, unless it is there and right.
pub(super) async fn file(
    context: &Context,
    hub: &Hub,
    commit: &str,
    stage: &Stage,
    file: &RemoteFile,
) -> Result<(), OpsError> {
    let place = stage.files().join(&file.path);
    if is_right(&place, file).await? {
        context.progress.advance(file.size);
        return Ok(());
    }
    // The name is part of the key: two files of one content are fetched side by side.
    let key = Digest::of(format!("{}\0{}", file.path, expected(file)).as_bytes());
    let partial = stage.partial(key.hex());
    let resumed = length(&partial) > 0;
    fetch(context, hub, commit, &partial, file).await?;
    let mut found = digest_of(&partial, file).await?;
    if found.is_err() && resumed {
        // What was left from an earlier run may be at fault.
        remove(&partial)?;
        fetch(context, hub, commit, &partial, file).await?;
        found = digest_of(&partial, file).await?;
    }
    if let Err(actual) = found {
        remove(&partial)?;
        return Err(wrong_content(&file.path, &expected(file), &actual));
    }
    let parent = place.parent().unwrap_or(&place);
    fs::create_dir_all(parent).map_err(|error| OpsError::io("create", parent, error))?;
    fs::rename(&partial, &place).map_err(|error| OpsError::io("write", &place, error))
}

/// Brings the partial file to its full length.
async fn fetch(
    context: &Context,
    hub: &Hub,
    commit: &str,
    partial: &Path,
    file: &RemoteFile,
) -> Result<(), OpsError> {
    let mut failures = 0;
    if length(partial) > file.size {
        remove(partial)?;
    }
    context.progress.advance(length(partial));
    while !partial.exists() || length(partial) < file.size {
        let before = length(partial);
        let Err(error) = part(context, hub, commit, partial, file).await? else { continue };
        if length(partial) > before {
            failures = 0;
        }
        if !error.is_temporary() || !hub.client.pause(failures, None).await {
            return Err(hub.failed(error));
        }
        failures += 1;
    }
    Ok(())
}

/// Asks for what is missing and writes what comes. The inner error is a broken connection: what
/// came before it is kept.
async fn part(
    context: &Context,
    hub: &Hub,
    commit: &str,
    partial: &Path,
    file: &RemoteFile,
) -> Result<Result<(), sealkit_remote::RemoteError>, OpsError> {
    let from = length(partial);
    let call = hub.resolve(commit, &file.path, from)?;
    let mut reply = match hub.client.web(&call).await {
        Ok(reply) => reply,
        Err(error) => return Ok(Err(error)),
    };
    let mut at = match (reply.status(), from) {
        (206, _) if starts_at(&reply, from) => from,
        // A server that knows no ranges sends all.
        (200, _) => 0,
        _ => return Err(hub.refused(&call.what, reply).await),
    };
    let failed = |error| OpsError::io("write", partial, error);
    let mut out = tokio::fs::File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(partial)
        .await
        .map_err(failed)?;
    out.set_len(at).await.map_err(failed)?;
    out.seek(std::io::SeekFrom::Start(at)).await.map_err(failed)?;
    let ended = loop {
        match reply.chunk().await {
            Ok(Some(chunk)) => {
                at = at.saturating_add(chunk.len() as u64);
                if at > file.size {
                    return Err(too_long(hub, file));
                }
                out.write_all(&chunk).await.map_err(failed)?;
                context.progress.advance(chunk.len() as u64);
            }
            Ok(None) => break Ok(()),
            Err(error) => break Err(error),
        }
    };
    out.flush().await.map_err(failed)?;
    if ended.is_ok() && at < file.size {
        return Err(
            hub.broke(&format!("{at} bytes of file `{}`, which has {}", file.path, file.size))
        );
    }
    Ok(ended)
}

fn too_long(hub: &Hub, file: &RemoteFile) -> OpsError {
    hub.broke(&format!("more bytes of file `{}` than the {} it has", file.path, file.size))
}

fn starts_at(reply: &WebReply, from: u64) -> bool {
    let range = reply.header("content-range").and_then(|text| text.strip_prefix("bytes "));
    let start = range.and_then(|text| text.split('-').next()?.trim().parse::<u64>().ok());
    start == Some(from)
}

async fn is_right(place: &Path, file: &RemoteFile) -> Result<bool, OpsError> {
    if !place.is_file() {
        return Ok(false);
    }
    Ok(digest_of(place, file).await?.is_ok())
}

fn expected(file: &RemoteFile) -> String {
    file.sha256.as_ref().map_or_else(|| format!("git:{}", file.oid), |hex| format!("sha256:{hex}"))
}

/// Hashes a file as the repository does: fine, or the digest that it has instead.
async fn digest_of(path: &Path, file: &RemoteFile) -> Result<Result<(), String>, OpsError> {
    let (path, file) = (path.to_owned(), file.clone());
    blocking(move || {
        let actual = if file.sha256.is_some() {
            format!("sha256:{}", hash(&path, Sha256::new())?)
        } else {
            let mut hasher = Sha1::new();
            hasher.update(format!("blob {}\0", length(&path)));
            format!("git:{}", hash(&path, hasher)?)
        };
        Ok(if actual == expected(&file) { Ok(()) } else { Err(actual) })
    })
    .await
}

/// Hex digest of a file, behind what the hasher has seen already.
pub(crate) fn hash<D: sha2::Digest>(path: &Path, mut hasher: D) -> Result<String, OpsError> {
    let failed = |error| OpsError::io("read", path, error);
    let mut file = fs::File::open(path).map_err(failed)?;
    let mut buffer = vec![0; 256 << 10];
    loop {
        match file.read(&mut buffer) {
            Ok(0) => break,
            Ok(read) => hasher.update(buffer.get(..read).unwrap_or_default()),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(failed(error)),
        }
    }
    let mut hex = String::new();
    for byte in hasher.finalize() {
        let _ = write!(hex, "{byte:02x}");
    }
    Ok(hex)
}

fn length(path: &Path) -> u64 {
    fs::metadata(path).map(|meta| meta.len()).unwrap_or_default()
}

fn remove(path: &Path) -> Result<(), OpsError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            Err(OpsError::io("remove", PathBuf::from(path), error))
        }
        _ => Ok(()),
    }
}
