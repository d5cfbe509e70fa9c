//! An object comes into a folder: beside its place first, and into it when it is whole.

use std::fs;
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use sealkit_kitfile::Dataset;
use sealkit_pack::Existing;
use sealkit_remote::RemoteError;
use sealkit_remote::web::WebReply;
use sealkit_store::{Readers, WholeFile};

use super::object::Object;
use super::settings;
use crate::{Context, OpsError};

/// Fetches the object of a dataset to its path below `dir`. The storage is asked for the content
/// that the Kitfile names and no other (`If-Match`). No link is followed below `dir`. Gives whether
/// a file was written: not where one is there and is kept.
pub async fn fetch(
    context: &Context,
    dataset: &Dataset,
    dir: &Path,
    existing: Existing,
) -> Result<bool, OpsError> {
    let object = Object::of(dataset)?;
    let settings = settings(context)?;
    let place = place(dataset, dir)?;
    let is_there = fs::symlink_metadata(&place).is_ok();
    match existing {
        Existing::Keep if is_there => return Ok(false),
        Existing::Refuse if is_there => return Err(in_the_way(&place)),
        _ => {}
    }
    let file = WholeFile::begin(&place, Readers::All)
        .map_err(|error| OpsError::io("create", &place, error))?;
    let mut download = Download { context, dataset, object, file, place, at: 0, failures: 0 };
    context.progress.start("downloading", None);
    let done = download.run(settings).await;
    context.progress.finish();
    done?;
    let Download { file, place, .. } = download;
    move_to(file, &place, existing)?;
    Ok(true)
}

struct Download<'a> {
    context: &'a Context,
    dataset: &'a Dataset,
    object: Object,
    file: WholeFile,
    /// Where it goes.
    place: PathBuf,
    /// Bytes that were written.
    at: u64,
    failures: u32,
}

impl Download<'_> {
    /// Asks until the object is whole, going on where a connection broke.
    async fn run(&mut self, settings: &super::S3Settings) -> Result<(), OpsError> {
        let what = format!("fetch the object of dataset `{}`", self.dataset.path);
        loop {
            let hash = format!("\"{}\"", self.object.hash);
            let mut call =
                self.object.call(settings, false, what.clone())?.header("if-match", hash);
            if self.at > 0 {
                call = call.header("range", format!("bytes={}-", self.at));
            }
            let before = self.at;
            let ended = match self.context.client.web(&call).await {
                Ok(reply) => self.take(&what, reply).await?,
                Err(error) => Err(error),
            };
            let Err(error) = ended else { return Ok(()) };
            if self.at > before {
                self.failures = 0;
            }
            let again =
                error.is_temporary() && self.context.client.pause(self.failures, None).await;
            if !again {
                return Err(self.object.failed(error));
            }
            self.failures += 1;
        }
    }

    /// Writes what comes. The inner error is a broken connection.
    async fn take(
        &mut self,
        what: &str,
        mut reply: WebReply,
    ) -> Result<Result<(), RemoteError>, OpsError> {
        match reply.status() {
            200 if self.at > 0 => {
                let reset = self.file.restart();
                reset.map_err(|error| OpsError::io("write", &self.place, error))?;
                self.at = 0;
            }
            200 => {}
            206 if self.continues(&reply) => {}
            412 => return Err(self.object.changed(self.dataset, "the storage has another")),
            _ => return Err(self.object.refused(what, &reply)),
        }
        self.object.compare(self.dataset, &reply)?;
        loop {
            match reply.chunk().await {
                Ok(Some(chunk)) => {
                    let wrote = self.file.write_all(&chunk);
                    wrote.map_err(|error| OpsError::io("write", &self.place, error))?;
                    self.at = self.at.saturating_add(chunk.len() as u64);
                    self.context.progress.advance(chunk.len() as u64);
                }
                Ok(None) => return Ok(Ok(())),
                Err(error) => return Ok(Err(error)),
            }
        }
    }

    fn continues(&self, reply: &WebReply) -> bool {
        let range = reply.header("content-range").and_then(|text| text.strip_prefix("bytes "));
        let start = range.and_then(|text| text.split('-').next()?.trim().parse::<u64>().ok());
        start == Some(self.at)
    }
}

/// The place of a dataset below a folder. Folders on the way are made; a link there is an error.
fn place(dataset: &Dataset, dir: &Path) -> Result<PathBuf, OpsError> {
    let path = sealkit_pack::path::clean(&dataset.path).ok().filter(|path| path != ".");
    let path = path.ok_or_else(|| {
        let message =
            format!("remote dataset path `{}` is not one of a file in the folder", dataset.path);
        OpsError::usage("unsafe-name", message)
    })?;
    fs::create_dir_all(dir).map_err(|error| OpsError::io("create", dir, error))?;
    let mut place = dir.to_owned();
    let mut parts = path.split('/').peekable();
    while let Some(part) = parts.next() {
        place.push(part);
        if parts.peek().is_none() {
            break;
        }
        match fs::symlink_metadata(&place) {
            Ok(meta) if meta.is_dir() => {}
            Ok(_) => {
                let message = format!("`{}` is in the way: it is not a folder", place.display());
                return Err(OpsError::usage("not-a-folder", message));
            }
            Err(error) if error.kind() == ErrorKind::NotFound => {
                fs::create_dir(&place).map_err(|error| OpsError::io("create", &place, error))?;
            }
            Err(error) => return Err(OpsError::io("open", &place, error)),
        }
    }
    Ok(place)
}

fn move_to(file: WholeFile, place: &Path, existing: Existing) -> Result<(), OpsError> {
    let moved = match existing {
        Existing::Overwrite => file.replace().map(|()| true),
        Existing::Refuse | Existing::Keep => file.create(),
    };
    let is_there = moved.map_err(|error| OpsError::io("write", place, error))?;
    if is_there { Ok(()) } else { Err(in_the_way(place)) }
}

fn in_the_way(place: &Path) -> OpsError {
    OpsError::usage("file-exists", format!("`{}` exists already", place.display()))
        .with_hint("add `--overwrite` to replace it, or `--ignore-existing` to keep it")
}
