//! Hashes single tensors of what was looked at, so that two models can be compared tensor by tensor.
//!
//! A task of its own, behind everything else: it waits while a version waits to be looked at. Each file is read
//! once from its beginning to its end, and what was hashed is kept piece by piece, so that a hub that is killed
//! goes on where it was. A header can not make it read a byte twice: of tensors that overlap, one is hashed.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use sealkit_api::{FileEntry, Hashed};
use sealkit_inspect::{
    Facts, INSPECTORS, ReadAt, ReadError, TensorHash, Value, identify, inspect_as, tensor_digest,
};
use sealkit_oci::Target;
use sealkit_ops::catalog::index::{
    Catalog, CatalogError, HashedTensor, TensorJob, TensorPlace, TensorSpan,
};
use sealkit_report::Budget;
use tokio::task::spawn_blocking;

use super::Inner;
use crate::clock::now;
use crate::content::Content;
use crate::hub::Shared;
use crate::ranges::Allowance;
use crate::reader::Kit;
use crate::view::{FileBytes, MAX_FILES};
use crate::{HubError, files};

/// Formats whose tensors lie in one piece each, with offsets in the header.
const FORMATS: [&str; 2] = ["safetensors", "gguf"];
/// How long the task sleeps where nothing wakes it.
const IDLE: Duration = Duration::from_secs(2);
/// How long it sleeps while a version waits to be looked at.
const BEHIND: Duration = Duration::from_millis(100);
/// Bytes and tensors that are hashed before they are kept.
const PIECE: (u64, usize) = (256 << 20, 4_096);
/// Most names that are kept of one place, and most characters of one: a header may call one tensor anything.
const MAX_NAMES: usize = 8;
const MAX_NAME: usize = 256;
/// Most bytes of one header.
const MAX_HEADER: u64 = 128 << 20;
/// Most things in one header.
const MAX_ENTRIES: u64 = 1_000_000;
/// Most steps of work for one file: one is a piece of 1 MiB, or a word of the header.
const MAX_STEPS: u64 = 50_000_000;
/// How long one file may take.
const PATIENCE: Duration = Duration::from_hours(6);
/// Tries after which what can not be read is left out.
pub(super) const TRIES: u32 = 6;

/// Whether the tensors of a file of this path are hashed, and of this format, where it has been looked at.
pub(crate) fn is_hashed(path: &str, format: Option<&str>) -> bool {
    format.is_some_and(|format| FORMATS.contains(&format)) && may_be_hashed(path)
}

/// Whether the path says that its tensors are to be hashed.
fn may_be_hashed(path: &str) -> bool {
    let mut formats = INSPECTORS.iter().map(|inspector| inspector.format());
    formats.any(|format| FORMATS.contains(&format.id) && format.claims(path))
}

/// How far the tensors of a file are hashed, and their digests; none where this hub keeps no catalogue.
pub(crate) async fn tensors(
    shared: &Shared,
    repository: &str,
    file: TensorPlace,
    spans: Vec<TensorSpan>,
) -> Result<Option<(Hashed, Vec<Option<String>>)>, HubError> {
    let Some(inner) = &shared.catalog else { return Ok(None) };
    let name = repository.to_owned();
    Ok(Some(inner.ask(move |catalog| catalog.tensors(&name, &file, &spans)).await?))
}

/// Where the file lies.
pub(crate) fn place(file: &FileEntry) -> TensorPlace {
    TensorPlace { layer: file.layer.clone(), offset: file.offset, size: file.size }
}

/// Works for as long as the process runs.
pub(super) async fn work(inner: Arc<Inner>) {
    loop {
        give_way(&inner).await;
        let job = inner.ask(|catalog| catalog.next_tensors(now())).await;
        let Ok(Some(job)) = job else {
            let _ = tokio::time::timeout(IDLE, inner.tensors.notified()).await;
            continue;
        };
        let done = match hash(&inner, &job).await {
            Ok(()) => inner.ask(move |catalog| catalog.finish_tensors(&job)).await,
            Err(problem) => {
                let (repository, digest) = (&job.repository, &job.digest);
                tracing::warn!(%repository, %digest, %problem, "tensors could not be hashed");
                let wait = super::worker::wait(job.attempts);
                inner.ask(move |catalog| again(catalog, &job, now() + wait)).await
            }
        };
        if done.is_err() {
            tokio::time::sleep(IDLE).await;
        }
    }
}

/// Tries once more at `due`. A version that is known not to be readable is not: its bytes do not change, and what its
/// entry says of that leaves questions about its tensors open.
fn again(catalog: &Catalog, job: &TensorJob, due: i64) -> Result<(), CatalogError> {
    let entry = catalog.entry(&job.repository, &job.digest)?;
    if entry.is_some_and(|entry| entry.problem.is_some()) {
        return catalog.finish_tensors(job);
    }
    catalog.postpone_tensors(job, due)
}

/// Waits for as long as a version waits to be looked at.
async fn give_way(inner: &Arc<Inner>) {
    while let Ok(Some(_)) = inner.ask(|catalog| catalog.next_job(now())).await {
        tokio::time::sleep(BEHIND).await;
    }
}

/// Hashes every tensor of a version that has no digest yet.
async fn hash(inner: &Arc<Inner>, job: &TensorJob) -> Result<(), HubError> {
    let repository = inner.names.repository(&job.repository)?;
    let target = Target::Digest(job.digest.clone());
    let kit = match Kit::open(repository, &job.repository, target).await {
        Ok(kit) => kit,
        // What is gone, or is no kit, is no more work.
        Err(HubError::Unknown { .. } | HubError::NotAKit { .. }) => return Ok(()),
        Err(error) => return Err(error),
    };
    if super::packed::has_compressed(&kit.manifest) {
        super::packed::keep(inner, job).await?;
    }
    let list = files::ranged(&kit).await?;
    // Those of compressed layers were read just now.
    let packed = super::packed::compressed(&kit.manifest);
    let hashed = list.files.iter().filter(|file| !packed.contains(&file.layer));
    let hashed = hashed.filter(|file| may_be_hashed(&file.path)).take(MAX_FILES);
    let (mut files, mut places) = (BTreeMap::new(), Vec::new());
    for file in hashed {
        places.push((place(file), file.path.clone()));
        files.insert(place(file), file.clone());
    }
    let (name, digest) = (job.repository.clone(), job.digest.clone());
    let open = inner.ask(move |catalog| catalog.set_tensor_files(&name, &digest, &places)).await?;
    for place in open.unwrap_or_default() {
        let Some(file) = files.get(&place).cloned() else { continue };
        let whole = match Content::of(&kit, file.clone(), list.source).await {
            Ok(content) => hash_file(inner, job, &place, (&file.path, &content)).await?,
            Err(HubError::Store(error)) => return Err(error.into()),
            Err(_) => false,
        };
        let name = job.repository.clone();
        inner.ask(move |catalog| catalog.end_tensors(&name, &place, whole)).await?;
    }
    Ok(())
}

/// Hashes the tensors of one file; whether that was all of them.
async fn hash_file(
    inner: &Arc<Inner>,
    job: &TensorJob,
    place: &TensorPlace,
    (path, content): (&str, &Content),
) -> Result<bool, HubError> {
    let stop = Stop::default();
    let allowance = Allowance::new(u64::MAX, PATIENCE);
    let source = Arc::new(Stoppable { file: content.bytes(&allowance), stop: stop.0.clone() });
    let (own, path) = (Arc::clone(&source), path.to_owned());
    let headers = spawn_blocking(move || spans(&own, &path)).await;
    let (mut spans, mut whole) = headers.map_err(|_| HubError::Stopped)?;
    let mut todo = {
        let (name, place) = (job.repository.clone(), place.clone());
        inner
            .ask(move |catalog| {
                let asked: Vec<TensorSpan> = spans.iter().map(|named| named.span).collect();
                let (_, known) = catalog.tensors(&name, &place, &asked)?;
                let mut known = known.iter();
                spans.retain(|_| known.next().is_some_and(Option::is_none));
                Ok(spans)
            })
            .await?
    };
    let gives_up = job.attempts >= TRIES;
    while !todo.is_empty() {
        give_way(inner).await;
        let (own, source) = (Arc::clone(inner), Arc::clone(&source));
        let (name, place) = (job.repository.clone(), place.clone());
        let piece = move || piece(&own.catalog, (&name, &place), &source, todo, gives_up);
        let done = spawn_blocking(piece).await.map_err(|_| HubError::Stopped)??;
        whole &= done.whole;
        todo = done.left;
    }
    Ok(whole)
}

/// A place in a file, and what the header calls what lies there.
#[derive(Debug, PartialEq, Eq)]
struct Named {
    span: TensorSpan,
    names: Vec<String>,
}

/// What one piece of work came to.
struct Done {
    left: Vec<Named>,
    whole: bool,
}

/// Hashes some of `todo` and keeps that.
fn piece(
    catalog: &Catalog,
    (name, place): (&str, &TensorPlace),
    source: &Stoppable,
    todo: Vec<Named>,
    gives_up: bool,
) -> Result<Done, HubError> {
    let mut budget = Budget::new(u64::MAX, MAX_ENTRIES, MAX_STEPS, 1);
    let (mut digests, mut bytes, mut failed) = (Vec::new(), 0_u64, 0_usize);
    let mut left = todo.into_iter();
    let mut problem = None;
    while bytes < PIECE.0 && digests.len() + failed < PIECE.1 && problem.is_none() {
        let Some(Named { span, names }) = left.next() else { break };
        bytes = bytes.saturating_add(span.1);
        match tensor_digest(source, span, TensorHash::Blake3, &mut budget) {
            Ok(digest) => digests.push(HashedTensor { span, names, digest }),
            Err(_) if gives_up => failed += 1,
            Err(error) => problem = Some(error),
        }
    }
    catalog.put_tensors(name, place, &digests)?;
    match problem {
        Some(error) => Err(HubError::NotRead(error.to_string())),
        None => Ok(Done { left: left.collect(), whole: failed == 0 }),
    }
}

/// The tensors that the header of a file names, in the order of their bytes, and whether these are all.
fn spans(source: &Stoppable, path: &str) -> (Vec<Named>, bool) {
    let mut budget = Budget::new(MAX_HEADER, MAX_ENTRIES, MAX_STEPS, 64);
    let Ok(found) = identify(path, source, &mut budget) else { return (Vec::new(), false) };
    if !found.format.is_some_and(|format| FORMATS.contains(&format.id)) {
        return (Vec::new(), true);
    }
    apart(&inspect_as(&found, path, source, &mut budget), source.len())
}

/// The places of tensors that lie in the file of `len` bytes in one piece and apart from each other, and
/// whether that is every tensor.
fn apart(facts: &Facts, len: u64) -> (Vec<Named>, bool) {
    let (mut spans, mut whole) = (BTreeMap::<TensorSpan, Vec<String>>::new(), !facts.incomplete);
    for fact in &facts.facts {
        let Value::Tensor(tensor) = &fact.value else { continue };
        let ends = tensor.offset.checked_add(tensor.size).is_some_and(|end| end <= len);
        // No size though there are elements: the bytes are not in one piece, or of an unknown type.
        if ends && (tensor.size > 0 || tensor.shape.contains(&0)) {
            let names = spans.entry((tensor.offset, tensor.size)).or_default();
            if names.len() < MAX_NAMES {
                names.push(tensor.name.chars().take(MAX_NAME).collect());
            }
        } else {
            whole = false;
        }
    }
    let (all, mut end) = (spans.len(), 0);
    spans.retain(|(offset, size), _| {
        let is_apart = *offset >= end || *size == 0;
        if is_apart {
            end = end.max(offset.saturating_add(*size));
        }
        is_apart
    });
    whole &= spans.len() == all;
    (spans.into_iter().map(|(span, names)| Named { span, names }).collect(), whole)
}

/// Ends what reads on another thread when it is dropped.
#[derive(Default)]
struct Stop(Arc<AtomicBool>);

impl Drop for Stop {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Release);
    }
}

/// A file that is read until somebody says stop.
struct Stoppable {
    file: FileBytes,
    stop: Arc<AtomicBool>,
}

impl ReadAt for Stoppable {
    fn len(&self) -> u64 {
        self.file.len()
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> Result<(), ReadError> {
        if self.stop.load(Ordering::Acquire) {
            let len = buffer.len() as u64;
            return Err(ReadError::Source { offset, len, source: "the hub is stopping".into() });
        }
        self.file.read_at(offset, buffer)
    }
}

#[cfg(test)]
mod tests {
    use sealkit_inspect::{TensorInfo, property};
    use sealkit_report::Known;

    use super::*;

    /// The places alone, and whether they are all.
    fn placed(facts: &Facts, len: u64) -> (Vec<TensorSpan>, bool) {
        let (found, whole) = apart(facts, len);
        (found.into_iter().map(|named| named.span).collect(), whole)
    }

    fn facts(tensors: &[(u64, u64, &[u64])]) -> Facts {
        let mut facts = Facts::default();
        for (offset, size, shape) in tensors {
            let tensor = TensorInfo {
                offset: *offset,
                size: *size,
                shape: shape.to_vec(),
                name: String::new(),
                dtype: String::new(),
            };
            let fact = (property::TENSOR, Value::Tensor(tensor));
            facts.about("t", Known::Measured, ("m", ""), fact);
        }
        facts
    }

    #[test]
    fn no_byte_is_hashed_twice() {
        let (spans, whole) = placed(&facts(&[(8, 4, &[4]), (0, 8, &[8]), (8, 4, &[4])]), 12);
        assert_eq!((spans, whole), (vec![(0, 8), (8, 4)], true), "one place is hashed once");
        let overlapping: Vec<(u64, u64, &[u64])> =
            (0..1_000).map(|at| (at, 1_000, &[1][..])).collect();
        let (spans, whole) = placed(&facts(&overlapping), 2_000);
        assert_eq!((spans, whole), (vec![(0, 1_000)], false));
        let total: u64 = placed(&facts(&overlapping), 1_500).0.iter().map(|span| span.1).sum();
        assert!(total <= 1_500);
    }

    #[test]
    fn one_place_keeps_some_of_its_names() {
        let mut tied = Facts::default();
        for at in 0..100 {
            let name = format!("{at}{}", "x".repeat(10_000));
            let tensor =
                TensorInfo { offset: 0, size: 4, shape: vec![4], name, dtype: String::new() };
            let fact = (property::TENSOR, Value::Tensor(tensor));
            tied.about("t", Known::Measured, ("m", ""), fact);
        }
        let (found, whole) = apart(&tied, 4);
        assert!(whole);
        assert_eq!((found.len(), found[0].names.len()), (1, MAX_NAMES));
        assert!(found[0].names.iter().all(|name| name.len() == MAX_NAME));
        assert!(found[0].names[1].starts_with("1x"));
    }

    #[test]
    fn what_lies_elsewhere_is_left_out_and_told() {
        for (offset, size, shape) in
            [(0, 13, &[13][..]), (u64::MAX, 4, &[4]), (0, 0, &[4]), (13, 0, &[0])]
        {
            assert_eq!(
                placed(&facts(&[(offset, size, shape)]), 12),
                (vec![], false),
                "{offset} {size}"
            );
        }
        assert_eq!(
            placed(&facts(&[(4, 0, &[0])]), 12),
            (vec![(4, 0)], true),
            "no elements, no bytes"
        );
        assert_eq!(placed(&facts(&[]), 12), (vec![], true));
        let broken = Facts { incomplete: true, ..facts(&[(0, 4, &[4])]) };
        assert_eq!(placed(&broken, 12), (vec![(0, 4)], false));
    }

    #[test]
    fn files_are_known_by_the_names_of_their_formats() {
        assert!(may_be_hashed("a/model-00001-of-00002.safetensors") && may_be_hashed("m.GGUF"));
        assert!(!may_be_hashed("model.onnx") && !may_be_hashed("model.safetensors.index.json"));
        assert!(is_hashed("m.gguf", Some("safetensors")), "what it holds counts");
        assert!(!is_hashed("m.gguf", Some("zip")) && !is_hashed("m.gguf", None));
    }
}
