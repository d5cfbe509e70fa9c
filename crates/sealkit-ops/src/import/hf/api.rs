//! The parts of the Hugging Face API that are used: revision, tree, resolve.

use std::sync::Arc;

use sealkit_remote::web::{WebCall, WebReply, same_origin, shown, shown_address};
use sealkit_remote::{Client, RemoteError, Secret};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use url::Url;

use crate::OpsError;

/// Largest answer that is read, in bytes.
const MAX_ANSWER: usize = 32 << 20;
/// Most pages of a listing.
const MAX_PAGES: usize = 10_000;
/// Most files of a repository.
const MAX_FILES: usize = 1_000_000;

/// What a repository holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RepositoryKind {
    /// A model.
    Model,
    /// A dataset.
    Dataset,
}

/// One repository of a hub.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HubRepository {
    /// What it holds.
    pub kind: RepositoryKind,
    /// `owner/name`, or `name` alone for the oldest models.
    pub id: String,
}

impl HubRepository {
    /// Address of the repository at an endpoint.
    pub fn page(&self, endpoint: &str) -> String {
        let folder = if self.kind == RepositoryKind::Dataset { "datasets/" } else { "" };
        format!("{}/{folder}{}", endpoint.trim_end_matches('/'), self.id)
    }
}

/// One file of a commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RemoteFile {
    /// Path inside the repository, which is safe.
    pub(crate) path: String,
    /// Size in bytes.
    pub(crate) size: u64,
    /// SHA-256 in hex, of a file in large file storage.
    pub(crate) sha256: Option<String>,
    /// Object id of git; that of the pointer, where the file is in large file storage.
    pub(crate) oid: String,
}

/// A repository behind its API.
#[derive(Debug)]
pub(crate) struct Hub {
    pub(super) client: Arc<Client>,
    endpoint: Url,
    token: Option<Secret>,
    pub(super) repository: HubRepository,
}

#[derive(Deserialize)]
struct Revision {
    sha: String,
}

#[derive(Deserialize)]
struct TreeEntry {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    oid: String,
    #[serde(default)]
    size: u64,
    path: String,
    lfs: Option<Lfs>,
}

#[derive(Deserialize)]
struct Lfs {
    oid: String,
    size: u64,
}

impl Hub {
    /// A repository at an endpoint. No connection is made yet.
    pub(crate) fn new(
        client: Arc<Client>,
        endpoint: &str,
        token: Option<Secret>,
        repository: HubRepository,
    ) -> Result<Self, OpsError> {
        let parsed = Url::parse(endpoint).ok().filter(|url| {
            matches!(url.scheme(), "http" | "https")
                && url.host_str().is_some()
                && url.username().is_empty()
                && url.password().is_none()
                && url.query().is_none()
        });
        let endpoint = parsed.ok_or_else(|| {
            let message = format!("`{}` is not the address of a hub", shown_address(endpoint));
            OpsError::usage("endpoint-malformed", message)
                .with_hint("write it as `https://huggingface.co`")
        })?;
        let token = token.filter(|token| !token.is_empty());
        Ok(Self { client, endpoint, token, repository })
    }

    /// The commit that a branch, tag or commit is now.
    pub(crate) async fn commit(&self, revision: &str) -> Result<String, OpsError> {
        let what = format!("look up revision `{}` of `{}`", shown(revision), self.repository.id);
        let url = self.url(&self.api(&["revision", revision]))?;
        let (found, _): (Revision, _) = self.json(url, &what).await?;
        if is_hex(&found.sha, &[40, 64]) {
            Ok(found.sha)
        } else {
            Err(self.broke("a commit that is none"))
        }
    }

    /// Every file of a commit.
    pub(crate) async fn files(&self, commit: &str) -> Result<Vec<RemoteFile>, OpsError> {
        let what = format!("list the files of `{}`", self.repository.id);
        let mut url = self.url(&self.api(&["tree", commit]))?;
        url.set_query(Some("recursive=true"));
        let mut files = Vec::new();
        for _ in 0..MAX_PAGES {
            let (page, link): (Vec<TreeEntry>, _) = self.json(url.clone(), &what).await?;
            for entry in page {
                files.extend(self.file(entry)?);
            }
            if files.len() > MAX_FILES {
                return Err(self.broke("a listing that is too long"));
            }
            let Some(next) = link.as_deref().and_then(next_link) else {
                return self.without_doubles(files);
            };
            let next = url.join(next).ok().filter(|next| same_origin(next, &self.endpoint));
            url = next.ok_or_else(|| self.broke("a next page on another host"))?;
        }
        Err(self.broke("a listing that does not end"))
    }

    /// The bytes of a range of a file. They are not verified: no digest covers a range.
    pub(crate) async fn read(
        &self,
        commit: &str,
        path: &str,
        range: std::ops::Range<u64>,
    ) -> Result<Vec<u8>, OpsError> {
        let (start, len) = (range.start, range.end.saturating_sub(range.start));
        let mut bytes = Vec::new();
        if len == 0 {
            return Ok(bytes);
        }
        let call = self.resolve(commit, path, 0)?;
        let call = call.header("range", format!("bytes={start}-{}", range.end - 1));
        let mut reply = self.client.web(&call).await.map_err(|error| self.failed(error))?;
        // A server that knows no ranges sends all: what comes before the range is passed over.
        let skip = match reply.status() {
            206 => 0,
            200 => start,
            _ => return Err(self.refused(&call.what, reply).await),
        };
        let (mut skip, wanted) = (skip, usize::try_from(len).unwrap_or(usize::MAX));
        while let Some(chunk) = reply.chunk().await.map_err(|error| self.failed(error))? {
            let passed = skip.min(chunk.len() as u64);
            skip -= passed;
            bytes.extend_from_slice(chunk.get(passed as usize..).unwrap_or_default());
            if bytes.len() >= wanted {
                break;
            }
        }
        bytes.truncate(wanted);
        if bytes.len() == wanted {
            Ok(bytes)
        } else {
            Err(self.broke("less of a file than it has"))
        }
    }

    /// A request for a file of a commit, from a byte on.
    pub(crate) fn resolve(&self, commit: &str, path: &str, from: u64) -> Result<WebCall, OpsError> {
        let mut parts = Vec::new();
        if self.repository.kind == RepositoryKind::Dataset {
            parts.push("datasets");
        }
        parts.extend(self.repository.id.split('/'));
        parts.extend(["resolve", commit]);
        parts.extend(path.split('/'));
        let call = self.call(self.url(&parts)?, format!("fetch file `{}`", shown(path)));
        Ok(if from > 0 { call.header("range", format!("bytes={from}-")) } else { call })
    }

    /// An answer that is not the one hoped for.
    pub(super) async fn refused(&self, what: &str, mut reply: WebReply) -> OpsError {
        #[derive(Deserialize)]
        struct Said {
            error: String,
        }
        let status = reply.status();
        let header = reply.header("x-error-message").map(shown);
        let body = reply.bytes(64 << 10).await.ok().flatten().unwrap_or_default();
        let said =
            header.or_else(|| Some(shown(&serde_json::from_slice::<Said>(&body).ok()?.error)));
        let said = said.map(|said| format!(": {said}")).unwrap_or_default();
        let message = format!("could not {what}: the hub replied HTTP {status}{said}");
        let error = OpsError::usage("hub-refused", message);
        match status {
            401 | 403 => error.with_hint(
                "check the name; for a private or gated repository set HF_TOKEN to a token that may read it",
            ),
            404 => error.with_hint("check the name and `--ref`"),
            429 => error.with_hint("wait, then run the command again: it goes on where it stopped"),
            _ => error,
        }
    }

    /// A failed connection as an error of this hub.
    pub(super) fn failed(&self, error: RemoteError) -> OpsError {
        OpsError::Store(error.at(self.endpoint.host_str().unwrap_or_default()))
    }

    /// An answer that breaks the rules of the API.
    pub(super) fn broke(&self, how: &str) -> OpsError {
        let host = self.endpoint.host_str().unwrap_or_default();
        OpsError::usage("hub-protocol", format!("the hub `{host}` sent {how}"))
    }

    fn api<'a>(&'a self, rest: &[&'a str]) -> Vec<&'a str> {
        let kind = match self.repository.kind {
            RepositoryKind::Model => "models",
            RepositoryKind::Dataset => "datasets",
        };
        let mut parts = vec!["api", kind];
        parts.extend(self.repository.id.split('/'));
        parts.extend(rest);
        parts
    }

    /// The endpoint with these parts behind it, each escaped.
    fn url(&self, parts: &[&str]) -> Result<Url, OpsError> {
        let mut url = self.endpoint.clone();
        if parts.iter().any(|part| matches!(*part, "" | "." | "..")) {
            return Err(OpsError::usage(
                "revision-malformed",
                "a revision or name is empty or `..`",
            ));
        }
        let added = url.path_segments_mut().map(|mut path| {
            path.pop_if_empty().extend(parts);
        });
        added.map_err(|()| self.broke("an address that can not be extended"))?;
        Ok(url)
    }

    fn call(&self, url: Url, what: String) -> WebCall {
        let mut call = WebCall::get(url, what);
        let bearer = |token: &Secret| Secret::new(format!("Bearer {}", token.expose()));
        call.authorization = self.token.as_ref().map(bearer);
        call
    }

    async fn json<T: DeserializeOwned>(
        &self,
        url: Url,
        what: &str,
    ) -> Result<(T, Option<String>), OpsError> {
        let call = self.call(url, what.to_owned());
        let mut reply = self.client.web(&call).await.map_err(|error| self.failed(error))?;
        if reply.status() != 200 {
            return Err(self.refused(what, reply).await);
        }
        let link = reply.header("link").map(str::to_owned);
        let body = reply.bytes(MAX_ANSWER).await.map_err(|error| self.failed(error))?;
        let body = body.ok_or_else(|| self.broke("an answer that is too long"))?;
        let value = serde_json::from_slice(&body);
        Ok((value.map_err(|_| self.broke("an answer that is not the JSON of its API"))?, link))
    }

    /// The file of an entry; none for a folder. Names that could leave the folder are refused.
    fn file(&self, entry: TreeEntry) -> Result<Option<RemoteFile>, OpsError> {
        match entry.kind.as_str() {
            "directory" => return Ok(None),
            "file" => {}
            _ => return Err(self.broke("an entry that is neither file nor folder")),
        }
        let clean = sealkit_pack::path::clean(&entry.path);
        if !clean.is_ok_and(|clean| clean == entry.path && clean != ".") {
            let name = shown(&entry.path);
            let message = format!("the repository holds a file with an unsafe name: `{name}`");
            return Err(OpsError::usage("unsafe-name", message));
        }
        let size = entry.lfs.as_ref().map_or(entry.size, |lfs| lfs.size);
        let sha256 = entry.lfs.map(|lfs| lfs.oid.trim_start_matches("sha256:").to_owned());
        if sha256.as_deref().is_some_and(|digest| !is_hex(digest, &[64])) {
            return Err(self.broke("a digest that is none"));
        }
        if sha256.is_none() && !is_hex(&entry.oid, &[40]) {
            return Err(self.broke("an object id that is none"));
        }
        Ok(Some(RemoteFile { path: entry.path, size, sha256, oid: entry.oid }))
    }

    fn without_doubles(&self, mut files: Vec<RemoteFile>) -> Result<Vec<RemoteFile>, OpsError> {
        files.sort_by(|a, b| a.path.cmp(&b.path));
        if files.windows(2).any(|pair| matches!(pair, [a, b] if a.path == b.path)) {
            return Err(self.broke("one name for two files"));
        }
        Ok(files)
    }
}

fn is_hex(text: &str, lengths: &[usize]) -> bool {
    lengths.contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
}

/// The target of `<…>; rel="next"` (RFC 8288).
fn next_link(header: &str) -> Option<&str> {
    header.split(',').find_map(|link| {
        let (target, parameters) = link.trim().strip_prefix('<')?.split_once('>')?;
        let is_next = |p: &str| matches!(p.trim(), "rel=\"next\"" | "rel=next");
        parameters.split(';').any(is_next).then_some(target)
    })
}
