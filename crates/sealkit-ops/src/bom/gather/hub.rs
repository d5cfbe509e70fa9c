//! A Hugging Face repository, read through its HTTP API: the listing, small files, and the headers of
//! large ones. Nothing is kept.

use std::collections::BTreeMap;
use std::io;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use sealkit_inspect::{Facts, TensorHash, Value, property};
use sealkit_oci::Digest;
use tokio::runtime::Handle;

use super::cached::{Cached, Counter, Fetch};
use super::file::{Looked, Whole, look, not_measured};
use super::kit::is_below;
use super::room::Room;
use super::{Described, Gathered, GatheredFile, GatheredPart, Reading};
use crate::files::blob::blocking;
use crate::import::HubRepository;
use crate::import::hf::{Hub, RemoteFile};
use crate::init::{InitOptions, init_remote};
use crate::network::Secret;
use crate::{Context, OpsError};

/// A file of this size is read whole.
const SMALL: u64 = 256 << 10;

/// Reads one commit of a repository as the kit that it would become.
pub(crate) async fn of_hub(
    context: &Context,
    repository: &HubRepository,
    (endpoint, token): (&str, Option<Secret>),
    revision: &str,
    tensors: Option<TensorHash>,
) -> Result<Gathered, OpsError> {
    let hub = Hub::new(Arc::clone(&context.client), endpoint, token.clone(), repository.clone())?;
    let commit = hub.commit(revision).await?;
    let files = hub.files(&commit).await?;
    let options = InitOptions::default();
    let made = init_remote(context, repository, (endpoint, token), &commit, &options).await?;
    let mut all = Gathered {
        described: Described::Folder { name: repository.id.clone(), newest: None },
        kitfile: made.kitfile,
        parts: Vec::new(),
        facts: BTreeMap::new(),
        project: project(repository, endpoint, &commit),
        cards: String::new(),
        reading: Reading {
            total: files.iter().map(|file| file.size).sum(),
            warnings: made.warnings,
            kitfile_is_made: true,
            ..Reading::default()
        },
    };
    let runtime = Handle::current();
    let reader =
        Reader { hub: Arc::new(hub), commit, runtime, counter: Counter::default(), tensors };
    let context = context.clone();
    blocking(move || {
        context.progress.start("inspecting", None);
        let room = Room::default();
        for part in all.kitfile.parts() {
            let mut listed = Vec::new();
            for file in files.iter().filter(|file| is_below(&file.path, &part.path)) {
                if all.facts.contains_key(&file.path) {
                    continue;
                }
                let looked = room.take(&file.path, reader.look(file), Facts::default);
                all.facts.insert(file.path.clone(), looked.facts);
                let (path, size) = (file.path.clone(), file.size);
                listed.push(GatheredFile { path, size, digest: looked.digest });
            }
            all.parts.push(GatheredPart {
                role: Some(part.role),
                is_prompt: part.is_prompt,
                element: Some(part),
                layer: None,
                files: Some(listed),
            });
        }
        context.progress.finish();
        all.reading.fetched = reader.counter.load(Ordering::Relaxed);
        all.reading.unverified = true;
        let why = "large files were read by ranges; their digests are those that the hub lists";
        not_measured(&mut all.project, "integrity", why);
        all.finish();
        Ok(all)
    })
    .await
}

fn project(repository: &HubRepository, endpoint: &str, commit: &str) -> Facts {
    let mut facts = Facts::default();
    let place = repository.page(endpoint);
    facts.declared(&place, "", property::COMMIT, Value::Text(commit.to_owned()));
    let link = sealkit_inspect::LinkInfo { kind: "distribution".to_owned(), url: place.clone() };
    facts.declared(&place, "", property::LINK, Value::Link(link));
    facts
}

struct Reader {
    hub: Arc<Hub>,
    commit: String,
    runtime: Handle,
    counter: Counter,
    tensors: Option<TensorHash>,
}

impl Reader {
    fn look(&self, file: &RemoteFile) -> Looked {
        let range = HubRange {
            hub: Arc::clone(&self.hub),
            commit: self.commit.clone(),
            path: file.path.clone(),
            runtime: self.runtime.clone(),
        };
        let source = Cached::new(range, file.size, Arc::clone(&self.counter));
        let whole = if file.size <= SMALL { Whole::Hash } else { Whole::Never };
        let mut looked = look(&file.path, &source, whole, self.tensors);
        let listed = file.sha256.as_ref().and_then(|hex| format!("sha256:{hex}").parse().ok());
        if let Some(listed) = listed {
            let differs = looked.digest.as_ref().is_some_and(|read| *read != listed);
            if differs {
                let message = format!("the hub lists {listed}, its bytes are others");
                let at = (file.path.as_str(), "");
                let severity = sealkit_report::Severity::High;
                looked.facts.find("hub-digest", severity, at, message);
            }
            let digest: Digest = listed;
            looked.digest.get_or_insert(digest);
        }
        looked
    }
}

/// Ranges of one file of a hub.
struct HubRange {
    hub: Arc<Hub>,
    commit: String,
    path: String,
    runtime: Handle,
}

impl Fetch for HubRange {
    fn fetch(&self, range: Range<u64>) -> io::Result<Vec<u8>> {
        let read = self.hub.read(&self.commit, &self.path, range);
        self.runtime.block_on(read).map_err(io::Error::other)
    }
}
