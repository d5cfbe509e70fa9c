//! The tensors of a kit, from the headers of its files.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use sealkit_api::{FileEntry, FileList, Tensor, TensorFile, TensorList, TensorOrder, TensorSum};
use sealkit_inspect::{Facts, INSPECTORS, TensorInfo, Value, identify, inspect_as, property};
use sealkit_oci::Digest;
use sealkit_ops::catalog::index::TensorPlace;
use sealkit_ops::diff::layer_of;
use sealkit_report::{Budget, Evidence, Finding, Known, Severity};
use serde::Deserialize;
use tokio::runtime::Handle;

use crate::HubError;
use crate::content::Content;
use crate::hub::Shared;
use crate::ranges::Allowance;
use crate::reader::Kit;
use crate::unpacked::PackedLayer;
use crate::view::tensor_digests::{add_digests, add_packed};
use crate::{api, catalog, files};

/// Most bytes that one request reads. The largest headers in use have some ten million bytes.
const MAX_BYTES: u64 = 64 << 20;
/// How long one request may read.
const MAX_TIME: Duration = Duration::from_secs(30);
/// Most things that one request lists.
const MAX_ENTRIES: u64 = 1_000_000;
/// Most steps of work of one request.
const MAX_STEPS: u64 = 20_000_000;
/// Most files that one request looks into.
pub(crate) const MAX_FILES: usize = 512;
/// Most findings that are given of one file.
const MAX_FINDINGS: usize = 20;
/// Most element types and layers that are given.
const MAX_SUMS: (usize, usize) = (64, 1_000);
/// Most tensors of one page.
const MAX_PAGE: usize = 1_000;
/// Tensors of a page where nothing is said.
const PAGE: usize = 200;

/// Which tensors, and how.
#[derive(Clone, Debug, Default, Deserialize)]
pub(crate) struct TensorQuery {
    /// One file, or the index of a sharded model; every file that may hold tensors where there is none.
    pub(crate) file: Option<String>,
    /// Only those of this layer.
    pub(crate) layer: Option<String>,
    #[serde(default)]
    pub(crate) sort: TensorOrder,
    /// How many come before.
    pub(crate) from: Option<u64>,
    pub(crate) limit: Option<usize>,
}

/// `GET /api/v1/kits/{name}/versions/{reference}/tensors`.
pub(crate) async fn show(
    State(shared): State<Arc<Shared>>,
    Path((name, reference)): Path<(String, String)>,
    query: Result<Query<TensorQuery>, QueryRejection>,
) -> Result<Json<TensorList>, HubError> {
    let Query(query) = query.map_err(|_| HubError::Query("sort`, `from` or `limit"))?;
    let _reader = shared.readers.acquire().await.map_err(|_| HubError::Stopped)?;
    let kit = api::open(&shared, &name, &reference).await?;
    let list = files::list(&kit).await?;
    if let Some(path) = query.file.as_deref()
        && !list.files.iter().any(|file| file.path == path)
    {
        let (digest, complete) = (kit.digest.clone(), list.unlisted.is_empty());
        return Err(HubError::UnknownFile { digest, path: path.to_owned(), complete });
    }
    let Read { list, places, packed } = read_all(Arc::new(kit), list, query.file.clone()).await?;
    let mut list = page(list, &query);
    add_digests(&shared, &mut list, &places).await?;
    add_packed(&shared, &mut list, &packed).await?;
    Ok(Json(list))
}

/// The tensors of a kit, and where the files that hold them lie, in the same order; none for those of which
/// nothing is hashed.
pub(crate) struct Read {
    pub(crate) list: TensorList,
    pub(crate) places: Vec<Option<TensorPlace>>,
    /// Files of compressed layers.
    pub(crate) packed: Vec<usize>,
}

/// The sums, and every tensor of `file` or of all files that may hold some, in the order of the
/// files and their bytes.
pub(crate) async fn read_all(
    kit: Arc<Kit>,
    list: Arc<FileList>,
    file: Option<String>,
) -> Result<Read, HubError> {
    let runtime = Handle::current();
    let work = move || {
        let mut reader = Reader::new(&kit, &list, runtime);
        reader.read(file.as_deref());
        reader.finish()
    };
    tokio::task::spawn_blocking(work).await.map_err(|_| HubError::Stopped)
}

/// Whether the name of the file says that it may hold tensors.
fn may_hold_tensors(path: &str) -> bool {
    let mut formats = INSPECTORS.iter().filter(|format| format.gives().contains(&property::TENSOR));
    formats.any(|inspector| inspector.format().claims(path))
}

/// Cuts the page that is asked for.
fn page(mut list: TensorList, query: &TensorQuery) -> TensorList {
    let all = &mut list.tensors;
    if let Some(layer) = &query.layer {
        all.retain(|tensor| layer_of(&tensor.name) == layer);
    }
    match query.sort {
        TensorOrder::Place => {}
        TensorOrder::Name => all.sort_by(|a, b| (&a.name, a.file).cmp(&(&b.name, b.file))),
        TensorOrder::Bytes => all.sort_by_key(|tensor| std::cmp::Reverse(tensor.bytes)),
        TensorOrder::Parameters => all.sort_by_key(|tensor| std::cmp::Reverse(tensor.parameters)),
    }
    list.matching = all.len() as u64;
    let limit = query.limit.unwrap_or(PAGE).clamp(1, MAX_PAGE);
    let from = usize::try_from(query.from.unwrap_or(0)).unwrap_or(usize::MAX).min(all.len());
    all.drain(..from);
    if all.len() > limit {
        all.truncate(limit);
        list.next = Some((from + limit) as u64);
    }
    list
}

/// Reads files one after the other under one allowance, and sums up.
struct Reader<'a> {
    kit: &'a Kit,
    files: &'a FileList,
    runtime: Handle,
    allowance: Arc<Allowance>,
    budget: Budget,
    list: TensorList,
    places: Vec<Option<TensorPlace>>,
    packed: Vec<usize>,
    compressed: HashSet<&'a Digest>,
    /// The stream of the compressed layer that was read last.
    stream: Option<Arc<PackedLayer>>,
    dtypes: Sums,
    layers: Sums,
}

impl<'a> Reader<'a> {
    fn new(kit: &'a Kit, files: &'a FileList, runtime: Handle) -> Self {
        Self {
            kit,
            files,
            runtime,
            allowance: Allowance::new(MAX_BYTES, MAX_TIME),
            budget: Budget::new(MAX_BYTES, MAX_ENTRIES, MAX_STEPS, 64),
            list: TensorList::new(kit.name.clone(), kit.digest.clone()),
            places: Vec::new(),
            packed: Vec::new(),
            compressed: catalog::compressed(&kit.manifest),
            stream: None,
            dtypes: Sums::default(),
            layers: Sums::default(),
        }
    }

    fn read(&mut self, asked: Option<&str>) {
        let files = self.files;
        let chosen: Vec<&FileEntry> = match asked {
            Some(path) => {
                files.files.iter().rev().find(|file| file.path == path).into_iter().collect()
            }
            None => files.files.iter().filter(|file| may_hold_tensors(&file.path)).collect(),
        };
        self.list.incomplete = chosen.len() > MAX_FILES || !files.unlisted.is_empty();
        for file in chosen.into_iter().take(MAX_FILES) {
            let shards = self.file(file);
            // Without a file that was asked for, the shards are among the files themselves.
            for shard in shards.into_iter().filter(|_| asked.is_some()) {
                match files.files.iter().rev().find(|file| file.path == shard) {
                    Some(file) => drop(self.file(file)),
                    None => self.lacks(&shard),
                }
            }
        }
    }

    /// Reads one file, and says which other files it names as its shards.
    fn file(&mut self, file: &FileEntry) -> BTreeSet<String> {
        let mut entry = TensorFile {
            path: file.path.clone(),
            size: file.size,
            format: None,
            count: 0,
            complete: false,
            hashed: None,
            findings: Vec::new(),
        };
        let content = Content::of(self.kit, file.clone(), self.files.source);
        let mut facts = match self.runtime.block_on(content) {
            Ok(content) => {
                let bytes = content.bytes_after(&self.allowance, &mut self.stream);
                match identify(&file.path, &bytes, &mut self.budget) {
                    Ok(found) => {
                        entry.format = found.format.map(|format| format.id.to_owned());
                        inspect_as(&found, &file.path, &bytes, &mut self.budget)
                    }
                    Err(error) => not_read(&file.path, &error.to_string()),
                }
            }
            Err(error) => not_read(&file.path, &error.public().1),
        };
        // Why a compressed layer was not read on is more than that it could not be read.
        if let Some(problem) = self.allowance.problem() {
            facts.findings.extend(not_read(&file.path, &problem).findings);
            facts.incomplete = true;
        }
        let shards = shards(&file.path, &facts);
        entry.complete = !facts.incomplete;
        self.list.incomplete |= facts.incomplete;
        entry.findings = facts.findings.into_iter().take(MAX_FINDINGS).collect();
        let at = self.list.files.len();
        let before = self.list.tensors.len();
        for fact in facts.facts {
            if let Value::Tensor(tensor) = fact.value {
                self.add(tensor, at);
            }
        }
        entry.count = (self.list.tensors.len() - before) as u64;
        let packed = self.compressed.contains(&file.layer);
        if packed {
            self.packed.push(at);
        }
        let hashes = !packed && catalog::is_hashed(&file.path, entry.format.as_deref());
        self.places.push(hashes.then(|| catalog::tensor_place(file)));
        self.list.files.push(entry);
        shards
    }

    fn lacks(&mut self, shard: &str) {
        let findings = not_read(shard, "the index names it, and the kit does not have it").findings;
        self.list.incomplete = true;
        self.places.push(None);
        self.list.files.push(TensorFile {
            path: shard.to_owned(),
            size: 0,
            format: None,
            count: 0,
            complete: false,
            hashed: None,
            findings,
        });
    }

    fn add(&mut self, tensor: TensorInfo, file: usize) {
        let TensorInfo { name, dtype, shape, offset, size: bytes } = tensor;
        let parameters = shape.iter().try_fold(1_u64, |product, dim| product.checked_mul(*dim));
        let list = &mut self.list;
        list.count += 1;
        list.bytes = list.bytes.saturating_add(bytes);
        list.parameters = sum(list.parameters, parameters);
        self.dtypes.add(&dtype, parameters, bytes);
        self.layers.add(layer_of(&name), parameters, bytes);
        let digest = None;
        list.tensors.push(Tensor { name, dtype, shape, parameters, bytes, offset, file, digest });
    }

    fn finish(mut self) -> Read {
        self.list.dtypes = self.dtypes.all;
        self.list.dtypes.sort_by_key(|sum| std::cmp::Reverse(sum.bytes));
        self.list.dtypes.truncate(MAX_SUMS.0);
        self.list.groups = self.layers.all;
        self.list.groups.truncate(MAX_SUMS.1);
        self.list.matching = self.list.count;
        self.list.bytes_read = self.allowance.spent();
        Read { list: self.list, places: self.places, packed: self.packed }
    }
}

fn not_read(path: &str, message: &str) -> Facts {
    let evidence = Evidence {
        known: Known::Measured,
        file: path.to_owned(),
        place: String::new(),
        digest: None,
    };
    let (rule, message) = ("not-inspected".to_owned(), message.to_owned());
    let finding = Finding { rule, severity: Severity::Medium, message, evidence };
    Facts { incomplete: true, findings: vec![finding], ..Facts::default() }
}

/// The files beside `index` that it names as holding its tensors, each once.
fn shards(index: &str, facts: &Facts) -> BTreeSet<String> {
    if facts.uint(property::SHARDS).is_none() {
        return BTreeSet::new();
    }
    let folder = index.rsplit_once('/').map(|(folder, _)| folder);
    let named = facts.of(property::FILE_REFERENCE).filter_map(|fact| match &fact.value {
        Value::File(file) => Some(
            folder.map_or_else(|| file.path.clone(), |folder| format!("{folder}/{}", file.path)),
        ),
        _ => None,
    });
    named.filter(|path| path != index).take(MAX_FILES).collect()
}

fn sum(a: Option<u64>, b: Option<u64>) -> Option<u64> {
    a?.checked_add(b?)
}

/// Sums by name, in the order in which the names come.
#[derive(Default)]
struct Sums {
    all: Vec<TensorSum>,
    places: HashMap<String, usize>,
}

impl Sums {
    fn add(&mut self, name: &str, parameters: Option<u64>, bytes: u64) {
        let at = self.places.get(name).copied().unwrap_or(self.all.len());
        if at == self.all.len() {
            self.places.insert(name.to_owned(), at);
            let name = name.to_owned();
            self.all.push(TensorSum { name, count: 0, parameters: Some(0), bytes: 0 });
        }
        if let Some(entry) = self.all.get_mut(at) {
            entry.count += 1;
            entry.parameters = sum(entry.parameters, parameters);
            entry.bytes = entry.bytes.saturating_add(bytes);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_that_do_not_fit_are_none() {
        let mut sums = Sums::default();
        sums.add("F32", Some(u64::MAX), 1);
        sums.add("F32", Some(1), u64::MAX);
        let only = &sums.all[0];
        assert_eq!((only.count, only.parameters, only.bytes), (2, None, u64::MAX));
    }

    #[test]
    fn names_say_where_tensors_may_be() {
        for path in ["m.safetensors", "a/m.GGUF", "m.onnx", "m.pt"] {
            assert!(may_hold_tensors(path), "{path}");
        }
        for path in ["README.md", "model.safetensors.index.json", "a.csv"] {
            assert!(!may_hold_tensors(path), "{path}");
        }
    }
}
