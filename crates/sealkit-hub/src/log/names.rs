//! A namespace whose every change is in the log before it is acknowledged.

use std::fs::File;
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use bytes::Bytes;
use sealkit_attest::log::{LogAct, LogLeaf};
use sealkit_attest::{Advisory, Predicate as _};
use sealkit_hubstore::{State, Storage, is_quiet, quietly};
use sealkit_oci::{Descriptor, Digest, Manifest, Target, media_type};
use sealkit_store::{
    BlobStore, ByteStream, HashedRange, Namespace, Page, PutManifest, RefStore, Referrers,
    ReferrersPage, ReferrersPart, Repository, StoreError, StoredManifest, Tagged, Upload,
    digest_of,
};

use super::outbox::Acts;
use super::{Known, Log};
use crate::clock::now;
use crate::events::named;

/// Who acts where the hub finds what was done without it.
const HUB: &str = "hub";
/// Annotation of a referrer with the type of its statement, as cosign has it.
const PREDICATE_TYPE: &str = "dev.sigstore.bundle.predicateType";
/// Acts that a start finds are logged so many at a time: each batch is a sync of the log.
const TOGETHER: usize = 256;
/// Acts on different repositories go side by side; those on one wait for each other.
const LANES: usize = 64;

tokio::task_local! {
    /// What a request did.
    static TOLD: Arc<Mutex<Told>>;
    /// Who sent the request.
    static ACTOR: String;
}

/// What became of the acts of a request.
#[derive(Default)]
struct Told {
    /// Numbers of the entries that they made.
    numbers: Vec<u64>,
    /// Whether their events were written with them.
    with_events: bool,
}

/// Runs `work` of `actor`, and gives what it answers with the numbers of the entries that say what it did.
pub(crate) async fn numbers<T>(actor: String, work: impl Future<Output = T>) -> (T, Vec<u64>) {
    let told = Arc::new(Mutex::new(Told::default()));
    let work = ACTOR.scope(actor, work);
    let answer = TOLD.scope(Arc::clone(&told), work).await;
    let told = std::mem::take(&mut *told.lock().unwrap_or_else(PoisonError::into_inner));
    (answer, told.numbers)
}

/// Whether what the request of this task did to manifests and tags has its events already: they were
/// written in the transaction of the act.
pub(crate) fn events_are_written() -> bool {
    let told =
        TOLD.try_with(|told| told.lock().unwrap_or_else(PoisonError::into_inner).with_events);
    told.unwrap_or(false)
}

/// A namespace, and the log of what is done in it.
pub struct LoggedNames {
    inner: Arc<dyn Namespace>,
    acts: Arc<Acts>,
    lanes: Vec<Arc<tokio::sync::Mutex<()>>>,
}

impl LoggedNames {
    /// `inner`, whose changes go into `log`.
    pub fn new(inner: Arc<dyn Namespace>, log: Arc<Log>) -> Self {
        Self::over(inner, Acts::new(log, None))
    }

    /// The same over a storage, which writes what an act is in the transaction of the act: between act and
    /// entry nothing is lost, whenever the hub is killed.
    pub fn of_storage<S: State>(storage: &Storage<S>, log: Arc<Log>) -> Self {
        let acts = Acts::new(log, Some(Arc::new(storage.clone())));
        Self::over(Arc::new(storage.clone()), acts)
    }

    fn over(inner: Arc<dyn Namespace>, acts: Acts) -> Self {
        let lanes = (0..LANES).map(|_| Arc::default()).collect();
        Self { inner, acts: Arc::new(acts), lanes }
    }

    /// Logs what was done while no hub was there to see it, e.g. by another command on the same
    /// store: `known` is what the log says of tags. To be called before the hub serves.
    pub async fn reconcile(&self, mut known: Known) -> Result<(), StoreError> {
        self.acts.catch_up(&mut known).await?;
        let mut found = Vec::new();
        for Tagged { repository, tag, digest, .. } in self.inner.tagged().await? {
            let key = (repository, tag);
            if known.remove(&key).as_ref() == Some(&digest) {
                continue;
            }
            let (name, tag) = key;
            let repository = self.open(&name)?;
            if let Some(stored) = repository.inner.manifest(&Target::Tag(tag.clone())).await? {
                found.extend(repository.leaves(HUB, pushed(&stored, vec![(&tag, None)])));
            }
            if found.len() >= TOGETHER {
                self.acts.record(std::mem::take(&mut found)).await?;
            }
        }
        for ((name, tag), old) in known {
            let gone = vec![LogAct::Untag { tag, old, previous: None }];
            found.extend(self.open(&name)?.leaves(HUB, gone));
        }
        for some in found.chunks(TOGETHER) {
            self.acts.record(some.to_vec()).await?;
        }
        Ok(())
    }

    fn open(&self, name: &str) -> Result<LoggedRepository, StoreError> {
        let inner = self.inner.repository(name)?;
        let lane = Digest::of(name.as_bytes()).raw().first().copied().unwrap_or_default();
        let lane = self.lanes.get(usize::from(lane) % LANES).cloned().unwrap_or_default();
        Ok(LoggedRepository { inner, name: name.to_owned(), acts: Arc::clone(&self.acts), lane })
    }
}

#[async_trait]
impl Namespace for LoggedNames {
    async fn repositories(&self, page: &Page) -> Result<Vec<String>, StoreError> {
        self.inner.repositories(page).await
    }

    fn repository(&self, name: &str) -> Result<Arc<dyn Repository>, StoreError> {
        Ok(Arc::new(self.open(name)?))
    }

    async fn tagged(&self) -> Result<Vec<Tagged>, StoreError> {
        self.inner.tagged().await
    }
}

/// A repository of such a namespace.
#[derive(Clone)]
struct LoggedRepository {
    inner: Arc<dyn Repository>,
    name: String,
    acts: Arc<Acts>,
    lane: Arc<tokio::sync::Mutex<()>>,
}

impl LoggedRepository {
    /// What the log says of acts in this repository.
    fn leaves(&self, actor: &str, acts: Vec<LogAct>) -> Vec<LogLeaf> {
        let leaf = |act| LogLeaf {
            actor: actor.to_owned(),
            time: now(),
            repository: self.name.clone(),
            act,
        };
        acts.into_iter().map(leaf).collect()
    }

    /// Every tag with what it points at.
    async fn tagged(&self) -> Result<Vec<(String, StoredManifest)>, StoreError> {
        let mut found = Vec::new();
        for tag in self.inner.tags(&Page::default()).await? {
            let stored = self.inner.manifest(&Target::Tag(tag.clone())).await?;
            found.extend(stored.map(|stored| (tag, stored)));
        }
        Ok(found)
    }

    async fn put(
        &self,
        actor: &str,
        media_type: &str,
        bytes: Bytes,
        put: &PutManifest,
    ) -> Result<(Descriptor, Vec<u64>), StoreError> {
        let _turn = self.lane.lock().await;
        let mut tags = Vec::new();
        for tag in &put.tags {
            let old = self.inner.manifest(&Target::Tag(tag.clone())).await?;
            tags.push((tag.as_str(), old.map(|old| old.descriptor.digest)));
        }
        let digest = digest_of(put.algorithm, &bytes)?;
        let descriptor = Descriptor::new(media_type, digest, bytes.len() as u64);
        let stored = StoredManifest { descriptor, bytes: bytes.clone() };
        let leaves = self.leaves(actor, pushed(&stored, tags));
        let act = self.inner.put_manifest_as(media_type, bytes, put);
        self.acts.carry_out(&self.name, leaves, act).await
    }

    async fn delete(&self, actor: &str, target: &Target) -> Result<Vec<u64>, StoreError> {
        let _turn = self.lane.lock().await;
        let mut acts = Vec::new();
        let untag =
            |tag: &str, old: Digest| LogAct::Untag { tag: tag.to_owned(), old, previous: None };
        match target {
            Target::Tag(tag) => {
                let old = self.inner.manifest(target).await?;
                acts.extend(old.map(|old| untag(tag, old.descriptor.digest)));
            }
            Target::Digest(digest) => {
                let tagged = self.tagged().await?.into_iter();
                let here = tagged.filter(|(_, stored)| stored.descriptor.digest == *digest);
                acts.extend(here.map(|(tag, _)| untag(&tag, digest.clone())));
                acts.push(LogAct::Delete { digest: digest.clone() });
            }
        }
        let act = self.inner.delete_manifest(target);
        let done = self.acts.carry_out(&self.name, self.leaves(actor, acts), act).await;
        done.map(|((), numbers)| numbers)
    }
}

/// Who sent the request that this is a part of.
fn actor() -> String {
    named(&ACTOR.try_with(String::clone).unwrap_or_default()).to_owned()
}

/// Tells the request of which entries its answer speaks, and whether there are events of them.
fn tell(numbers: Vec<u64>, with_events: bool) {
    let _ = TOLD.try_with(|told| {
        let mut told = told.lock().unwrap_or_else(PoisonError::into_inner);
        told.numbers.extend(numbers);
        told.with_events |= with_events;
    });
}

/// What it is to have stored a manifest, and pointed tags at it that pointed elsewhere before.
fn pushed(stored: &StoredManifest, tags: Vec<(&str, Option<Digest>)>) -> Vec<LogAct> {
    let tag = |(tag, old): (&str, Option<Digest>)| LogAct::Tag {
        tag: tag.to_owned(),
        digest: stored.descriptor.digest.clone(),
        old,
        previous: None,
    };
    std::iter::once(arrival(stored)).chain(tags.into_iter().map(tag)).collect()
}

/// A manifest came: one that is about another, with a signed bundle, is an attestation.
fn arrival(stored: &StoredManifest) -> LogAct {
    let digest = stored.descriptor.digest.clone();
    let manifest = serde_json::from_slice::<Manifest>(&stored.bytes).ok();
    if let Some(manifest) = manifest
        && let Some(subject) = &manifest.subject
        && manifest.artifact_type.as_deref().is_some_and(is_bundle)
    {
        let predicate_type = manifest.annotations.get(PREDICATE_TYPE).cloned();
        // What a stranger wrote must not make an entry too long.
        let predicate_type = predicate_type.filter(|text| text.len() <= 1024);
        if predicate_type.as_deref().is_some_and(Advisory::matches) {
            return LogAct::Advisory { digest, subject: subject.digest.clone() };
        }
        return LogAct::Attest { digest, subject: subject.digest.clone(), predicate_type };
    }
    let media_type = stored.descriptor.media_type.chars().take(255).collect();
    LogAct::Push { digest, media_type }
}

fn is_bundle(artifact_type: &str) -> bool {
    artifact_type == media_type::SIGSTORE_BUNDLE
}

/// Carries an act out to its end, also where whoever asked for it goes away meanwhile: what is done
/// must be logged.
async fn to_its_end<T: Send + 'static>(
    act: impl Future<Output = Result<T, StoreError>> + Send + 'static,
) -> Result<T, StoreError> {
    tokio::spawn(act).await.unwrap_or_else(|error| {
        Err(StoreError::Io {
            action: "write",
            path: "transparency log".into(),
            source: std::io::Error::other(error),
        })
    })
}

#[async_trait]
impl RefStore for LoggedRepository {
    async fn manifest(&self, target: &Target) -> Result<Option<StoredManifest>, StoreError> {
        self.inner.manifest(target).await
    }

    async fn put_manifest(
        &self,
        media_type: &str,
        bytes: Bytes,
        tag: Option<&str>,
    ) -> Result<Descriptor, StoreError> {
        self.put_manifest_as(media_type, bytes, &PutManifest::tagged(tag)).await
    }

    async fn put_manifest_as(
        &self,
        media_type: &str,
        bytes: Bytes,
        put: &PutManifest,
    ) -> Result<Descriptor, StoreError> {
        let (this, media_type, put) = (self.clone(), media_type.to_owned(), put.clone());
        let actor = actor();
        let act = async move { this.put(&actor, &media_type, bytes, &put).await };
        let (descriptor, numbers) =
            if is_quiet() { to_its_end(quietly(act)).await? } else { to_its_end(act).await? };
        tell(numbers, self.acts.writes_events());
        Ok(descriptor)
    }

    async fn delete_manifest(&self, target: &Target) -> Result<(), StoreError> {
        let (this, actor, target) = (self.clone(), actor(), target.clone());
        let numbers = to_its_end(async move { this.delete(&actor, &target).await }).await?;
        tell(numbers, self.acts.writes_events());
        Ok(())
    }

    async fn tags(&self, page: &Page) -> Result<Vec<String>, StoreError> {
        self.inner.tags(page).await
    }
}

#[async_trait]
impl BlobStore for LoggedRepository {
    async fn stat(&self, digest: &Digest) -> Result<Option<u64>, StoreError> {
        self.inner.stat(digest).await
    }

    async fn read(&self, digest: &Digest, range: Range<u64>) -> Result<ByteStream, StoreError> {
        self.inner.read(digest, range).await
    }

    async fn file(&self, digest: &Digest) -> Result<Option<File>, StoreError> {
        self.inner.file(digest).await
    }

    async fn hashed_ranges(&self, digest: &Digest) -> Result<Arc<[HashedRange]>, StoreError> {
        self.inner.hashed_ranges(digest).await
    }

    async fn write(&self, expected: &Descriptor) -> Result<Box<dyn Upload>, StoreError> {
        self.inner.write(expected).await
    }

    async fn mount(&self, expected: &Descriptor, from: &str) -> Result<bool, StoreError> {
        self.inner.mount(expected, from).await
    }

    async fn delete_blob(&self, digest: &Digest) -> Result<(), StoreError> {
        self.inner.delete_blob(digest).await
    }
}

#[async_trait]
impl Referrers for LoggedRepository {
    async fn referrers(
        &self,
        subject: &Digest,
        artifact_type: Option<&str>,
    ) -> Result<Vec<Descriptor>, StoreError> {
        self.inner.referrers(subject, artifact_type).await
    }

    async fn referrers_page(
        &self,
        subject: &Digest,
        artifact_type: Option<&str>,
        page: &ReferrersPage,
    ) -> Result<ReferrersPart, StoreError> {
        self.inner.referrers_page(subject, artifact_type, page).await
    }
}

impl Repository for LoggedRepository {
    fn place(&self) -> String {
        self.inner.place()
    }
}
