//! Whatever is done to it, in whatever order, also across restarts and sweeps, the storage answers as a few
//! sets in the test do.
#![allow(clippy::unwrap_used, reason = "tests may panic")]

mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use bytes::Bytes;
use common::{Place, later, push, read, repository};
use proptest::prelude::*;
use sealkit_hubstore::{GcOptions, Limits, Storage};
use sealkit_oci::{Descriptor, Digest, Manifest, Raw, Target, media_type};
use sealkit_store::{Page, StoreError};

const REPOSITORIES: [&str; 2] = ["org/a", "org/b"];
/// Blobs by number; the last is the config of every manifest.
const BLOBS: [&[u8]; 4] = [b"zero", b"one", b"two", media_type::EMPTY_JSON];
const CONFIG: usize = 3;
const TAGS: [&str; 3] = ["v1", "v2", "latest"];

/// One thing to do, with small numbers for names so that they meet.
#[derive(Clone, Debug)]
enum Act {
    Push(usize, usize),
    Mount(usize, usize),
    DeleteBlob(usize, usize),
    /// A manifest of this layer, about the plain manifest of that one, under this tag.
    Put(usize, usize, Option<usize>, Option<usize>),
    DeleteTag(usize, usize),
    DeleteManifest(usize, usize),
    /// Sweeps as if everything were old.
    Sweep,
    /// Sweeps while everything is young.
    Spare,
    Restart,
}

fn act() -> impl Strategy<Value = Act> {
    let (repository, layer) = (0..2_usize, 0..3_usize);
    prop_oneof![
        4 => (repository.clone(), 0..4_usize).prop_map(|(r, b)| Act::Push(r, b)),
        1 => (repository.clone(), 0..4_usize).prop_map(|(r, b)| Act::Mount(r, b)),
        1 => (repository.clone(), 0..4_usize).prop_map(|(r, b)| Act::DeleteBlob(r, b)),
        5 => (repository.clone(), layer.clone(), proptest::option::of(0..3_usize), proptest::option::of(0..3_usize))
            .prop_map(|(r, b, tag, subject)| Act::Put(r, b, tag, subject)),
        2 => (repository.clone(), 0..3_usize).prop_map(|(r, tag)| Act::DeleteTag(r, tag)),
        2 => (repository, layer).prop_map(|(r, b)| Act::DeleteManifest(r, b)),
        1 => Just(Act::Sweep),
        1 => Just(Act::Spare),
        1 => Just(Act::Restart),
    ]
}

fn manifest(layer: usize, subject: Option<usize>) -> Raw<Manifest> {
    let config = Descriptor::of(media_type::OCI_EMPTY, BLOBS[CONFIG]);
    let blob = Descriptor::of("application/octet-stream", BLOBS[layer]);
    let about = subject.map(|of| self::manifest(of, None).descriptor().clone());
    let made = Manifest::referrer("application/x", blob, about.as_ref().unwrap_or(&config));
    let made = Manifest { subject: about, ..made };
    Raw::build(media_type::OCI_MANIFEST, made).unwrap()
}

fn digest(blob: usize) -> Digest {
    Digest::of(BLOBS[blob])
}

/// What the storage has to answer.
#[derive(Clone, Debug, Default, PartialEq)]
struct Model {
    held: BTreeSet<(usize, usize)>,
    manifests: BTreeSet<(usize, usize, Option<usize>)>,
    tags: BTreeMap<(usize, String), Digest>,
}

impl Model {
    fn names(&self, repository: usize, blob: usize) -> bool {
        self.manifests
            .iter()
            .any(|(at, layer, _)| *at == repository && (blob == CONFIG || *layer == blob))
    }

    /// Does the act; says in one word how it has to go.
    fn run(&mut self, act: &Act) -> &'static str {
        match *act {
            Act::Push(r, b) => {
                self.held.insert((r, b));
                "done"
            }
            Act::Mount(r, b) if self.held.contains(&(1 - r, b)) => {
                self.held.insert((r, b));
                "done"
            }
            Act::Mount(..) => "none",
            Act::DeleteBlob(r, b) if !self.held.contains(&(r, b)) => "none",
            Act::DeleteBlob(r, b) if self.names(r, b) => "unsupported",
            Act::DeleteBlob(r, b) => {
                self.held.remove(&(r, b));
                "done"
            }
            Act::Put(r, layer, tag, subject) => {
                if !self.held.contains(&(r, layer)) || !self.held.contains(&(r, CONFIG)) {
                    return "dangling";
                }
                self.manifests.insert((r, layer, subject));
                if let Some(tag) = tag {
                    let digest = manifest(layer, subject).digest().clone();
                    self.tags.insert((r, TAGS[tag].to_owned()), digest);
                }
                "done"
            }
            Act::DeleteTag(r, tag) => match self.tags.remove(&(r, TAGS[tag].to_owned())) {
                Some(_) => "done",
                None => "none",
            },
            Act::DeleteManifest(r, layer) => {
                if !self.manifests.remove(&(r, layer, None)) {
                    return "none";
                }
                let gone = manifest(layer, None).digest().clone();
                self.tags.retain(|(at, _), digest| *at != r || *digest != gone);
                "done"
            }
            Act::Sweep => {
                let kept = self.held.iter().copied().filter(|(r, b)| self.names(*r, *b));
                self.held = kept.collect();
                "done"
            }
            Act::Spare | Act::Restart => "done",
        }
    }
}

fn told(result: Result<(), StoreError>) -> &'static str {
    match result {
        Ok(()) => "done",
        Err(StoreError::NotFound { .. }) => "none",
        Err(StoreError::Unsupported { .. }) => "unsupported",
        Err(StoreError::Dangling { .. }) => "dangling",
        Err(other) => panic!("{other}"),
    }
}

async fn run(place: &Place, storage: &mut Storage, act: &Act) -> &'static str {
    let at = |r: usize| repository(storage, REPOSITORIES[r]);
    match *act {
        Act::Push(r, b) => {
            push(storage, REPOSITORIES[r], BLOBS[b]).await;
            "done"
        }
        Act::Mount(r, b) => {
            let blob = Descriptor::of("application/octet-stream", BLOBS[b]);
            let mounted = at(r).mount(&blob, REPOSITORIES[1 - r]).await.unwrap();
            if mounted { "done" } else { "none" }
        }
        Act::DeleteBlob(r, b) => told(at(r).delete_blob(&digest(b)).await),
        Act::Put(r, layer, tag, subject) => {
            let raw = manifest(layer, subject);
            let bytes = Bytes::copy_from_slice(raw.bytes());
            let tag = tag.map(|tag| TAGS[tag]);
            told(at(r).put_manifest(media_type::OCI_MANIFEST, bytes, tag).await.map(drop))
        }
        Act::DeleteTag(r, tag) => {
            told(at(r).delete_manifest(&Target::Tag(TAGS[tag].to_owned())).await)
        }
        Act::DeleteManifest(r, layer) => {
            let digest = manifest(layer, None).digest().clone();
            told(at(r).delete_manifest(&Target::Digest(digest)).await)
        }
        Act::Sweep => {
            // Another process, for which all of it is long ago.
            let old = place.with(Limits::default(), later);
            old.gc(&GcOptions { grace: Duration::ZERO, dry_run: false }).await.unwrap();
            "done"
        }
        Act::Spare => {
            storage.gc(&GcOptions::default()).await.unwrap();
            "done"
        }
        Act::Restart => {
            *storage = place.storage();
            "done"
        }
    }
}

/// All that can be seen, as the model has it.
async fn seen(storage: &Storage) -> Model {
    let mut seen = Model::default();
    for (r, name) in REPOSITORIES.iter().enumerate() {
        let repository = repository(storage, name);
        for (b, bytes) in BLOBS.iter().enumerate() {
            if let Some(size) = repository.stat(&digest(b)).await.unwrap() {
                assert_eq!(size, bytes.len() as u64);
                let blob = Descriptor::of("application/octet-stream", bytes);
                assert_eq!(read(storage, name, &blob).await, *bytes);
                seen.held.insert((r, b));
            }
        }
        for layer in 0..CONFIG {
            for subject in [None, Some(0), Some(1), Some(2)] {
                let raw = manifest(layer, subject);
                let target = Target::Digest(raw.digest().clone());
                if let Some(found) = repository.manifest(&target).await.unwrap() {
                    assert_eq!(found.bytes, raw.bytes(), "as it was received");
                    seen.manifests.insert((r, layer, subject));
                }
            }
        }
        for tag in repository.tags(&Page::default()).await.unwrap() {
            let found = repository.manifest(&Target::Tag(tag.clone())).await.unwrap().unwrap();
            seen.tags.insert((r, tag), found.descriptor.digest);
        }
        for subject in 0..CONFIG {
            let about = manifest(subject, None);
            let found = repository.referrers(about.digest(), None).await.unwrap();
            let found: BTreeSet<Digest> = found.into_iter().map(|one| one.digest).collect();
            let expected =
                seen.manifests.iter().filter(|(at, _, of)| *at == r && *of == Some(subject));
            let expected = expected.map(|(_, layer, of)| manifest(*layer, *of).digest().clone());
            assert_eq!(found, expected.collect(), "what is about {subject} in {name}");
        }
    }
    seen
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, max_shrink_iters: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_storage_answers_as_sets_do(acts in proptest::collection::vec(act(), 1..30)) {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        runtime.block_on(async {
            let place = Place::new();
            let (mut storage, mut model) = (place.storage(), Model::default());
            for act in &acts {
                assert_eq!(run(&place, &mut storage, act).await, model.run(act), "{act:?} of {acts:?}");
                assert_eq!(seen(&storage).await, model, "after {act:?} of {acts:?}");
            }
            assert_eq!(storage.fsck().await.unwrap().problems, []);
            let scrubbed = storage.scrub(None).await.unwrap();
            assert!(scrubbed.damaged.is_empty() && scrubbed.unreadable.is_empty());
            // Swept at the end, no object is left that no manifest needs.
            run(&place, &mut storage, &Act::Sweep).await;
            model.run(&Act::Sweep);
            let needed: BTreeSet<usize> = model.held.iter().map(|(_, blob)| *blob).collect();
            assert_eq!(place.objects().len(), needed.len(), "{acts:?}");
        });
    }
}
