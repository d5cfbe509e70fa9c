//! An upload: an object that grows, and the row that says how far it has come.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use async_trait::async_trait;
use bytes::Bytes;
use sealkit_oci::{Algorithm, Descriptor, Digest};
use sealkit_store::{Hasher, StoreError, Upload};

use crate::State;
use crate::hand::{Hand, hash, open};
use crate::here::blocking;
use crate::objects::new_key;
use crate::state::{Finished, OpenUpload};
use crate::storage::{Inner, Live};

/// After so many bytes the row is written, so that no more is lost where the process is killed.
const KEEP_EVERY: u64 = 64 << 20;

/// An upload in the hands of one request. Dropped, it stays for the next to go on with.
pub(crate) struct Writing<S: State> {
    inner: Arc<Inner<S>>,
    row: OpenUpload,
    turn: Arc<Turn>,
    /// None where writing has failed: what is there is then what the row says.
    hand: Option<Hand>,
    /// How far the upload has come as its row says.
    kept: u64,
    /// What it is to be, where that is known.
    expected: Option<Descriptor>,
    ended: bool,
}

/// The right to write an upload, given back when the last who has it is done. A request may go away
/// while its bytes are being written: until they are, nobody else writes.
struct Turn(Arc<Live>);

impl Drop for Turn {
    fn drop(&mut self) {
        self.0.give_back();
    }
}

impl<S: State> Writing<S> {
    /// Begins an upload.
    pub(crate) async fn start(
        inner: &Arc<Inner<S>>,
        repository: &str,
        expected: Option<Descriptor>,
    ) -> Result<Self, StoreError> {
        let algorithm = expected.as_ref().map_or(Algorithm::Sha256, |one| one.digest.algorithm());
        let hasher = Hasher::new(algorithm);
        let (id, key, hash) = (new_key()?, new_key()?, hasher.state());
        let repository = repository.to_owned();
        let row = OpenUpload { id, repository, key, algorithm, place: 0, hash };
        // Taken before anybody can find the row.
        let live = inner.known(&row.id);
        live.take();
        // The row comes first: an object without one is swept.
        let (digest, now) = (expected.as_ref().map(|one| &one.digest), (inner.clock)());
        let (objects, key) = (Arc::clone(&inner.objects), row.key.clone());
        let made = match inner.state.begin_upload(row.clone(), digest, now).await {
            Ok(()) => {
                let create = move || {
                    objects.create(&key)?;
                    objects.append(&key, 0)
                };
                blocking(create).await
            }
            Err(error) => Err(error),
        };
        let writer = match made {
            Ok(writer) => writer,
            Err(error) => {
                inner.forget(&row.id);
                return Err(error);
            }
        };
        let hand = Some(Hand::new(writer, hasher));
        let (inner, turn) = (Arc::clone(inner), Arc::new(Turn(live)));
        Ok(Self { inner, row, turn, hand, kept: 0, expected, ended: false })
    }

    /// Goes on with an upload that nobody else has; `live` was taken for it.
    pub(crate) async fn resume(
        inner: &Arc<Inner<S>>,
        row: OpenUpload,
        live: Arc<Live>,
        expected: Option<Descriptor>,
    ) -> Result<Self, StoreError> {
        let turn = Arc::new(Turn(live));
        let (objects, own) = (Arc::clone(&inner.objects), row);
        let (row, mut hand) = blocking(move || open(&*objects, own)).await?;
        turn.0.place.store(row.place, Ordering::Release);
        hand.bodies = turn.0.take_found(row.place).or(hand.bodies);
        let (inner, hand, kept) = (Arc::clone(inner), Some(hand), row.place);
        Ok(Self { inner, row, turn, hand, kept, expected, ended: false })
    }

    /// An upload of a blob whose digest is known: what an earlier one left is gone on with.
    pub(crate) async fn of_blob(
        inner: &Arc<Inner<S>>,
        repository: &str,
        expected: &Descriptor,
    ) -> Result<Self, StoreError> {
        for row in inner.state.uploads_of(repository, &expected.digest).await? {
            let live = inner.known(&row.id);
            if !live.take() {
                continue;
            }
            // It may have become a blob meanwhile: then its object is not to be written any more.
            let Some(row) = latest(inner, row, &live).await? else { continue };
            let found = Self::resume(inner, row, live, Some(expected.clone())).await?;
            if found.row.place <= expected.size {
                return Ok(found);
            }
            found.discard().await?;
        }
        Self::start(inner, repository, Some(expected.clone())).await
    }

    pub(crate) fn id(&self) -> &str {
        &self.row.id
    }

    pub(crate) fn place(&self) -> u64 {
        self.row.place
    }

    /// Adds pieces in their order: all of them or, where that fails, none.
    pub(crate) async fn add(&mut self, pieces: Vec<Bytes>) -> Result<(), StoreError> {
        let Some(mut hand) = self.hand.take() else { return Err(broken()) };
        let length: u64 = pieces.iter().map(|bytes| bytes.len() as u64).sum();
        let turn = Arc::clone(&self.turn);
        let objects = Arc::clone(&self.inner.objects);
        let (key, place) = (self.row.key.clone(), self.row.place);
        let done = blocking(move || {
            let _turn = turn;
            if let Err(source) = hand.write(&pieces) {
                // What came of it would take room that the database needs, if only to forget all this.
                hand.writer = objects.append(&key, place)?;
                return Ok((hand, Some(StoreError::io("write", "object", source))));
            }
            Ok((hand, None))
        });
        let (hand, failed) = done.await?;
        self.hand = Some(hand);
        if let Some(error) = failed {
            return Err(error);
        }
        self.row.place += length;
        self.turn.0.place.store(self.row.place, Ordering::Release);
        if self.row.place - self.kept >= KEEP_EVERY {
            self.keep();
        }
        Ok(())
    }

    /// Writes to the row how far it has come. Nobody waits for it, and later acts come after it.
    fn keep(&mut self) {
        let Some(hand) = &self.hand else { return };
        self.kept = self.row.place;
        let (hash, now) = (hand.hasher.state(), (self.inner.clock)());
        self.inner.state.keep_upload(&self.row.id, self.row.place, hash, now);
    }

    /// Forgets all bytes from `place` on.
    pub(crate) async fn rewind(&mut self, place: u64) -> Result<(), StoreError> {
        if place >= self.row.place {
            return Ok(());
        }
        self.hand = None;
        // Of a shorter beginning no state is known.
        let row = OpenUpload { place, hash: Vec::new(), ..self.row.clone() };
        let objects = Arc::clone(&self.inner.objects);
        let (row, hand) = blocking(move || open(&*objects, row)).await?;
        self.turn.0.place.store(row.place, Ordering::Release);
        self.row = row;
        self.hand = Some(hand);
        // The row may say more than is there now.
        self.keep();
        Ok(())
    }

    /// Makes what was written the blob of `digest`: durable first, then known, in one transaction. Wrong
    /// bytes are thrown away.
    pub(crate) async fn store(mut self, digest: &Digest) -> Result<(), StoreError> {
        let Some(mut hand) = self.hand.take() else { return Err(broken()) };
        let (objects, key) = (Arc::clone(&self.inner.objects), self.row.key.clone());
        let (size, algorithm) = (self.row.place, digest.algorithm());
        let hashed = blocking(move || {
            if hand.hasher.algorithm() != algorithm {
                hand.hasher = hash(&*objects, &key, algorithm, size)?;
            }
            let ranges = hand.take_ranges();
            let actual = hand.hasher.finish()?;
            Ok((actual, hand.writer.sync(), ranges))
        });
        let (actual, synced, ranges) = hashed.await?;
        if let Err(error) = synced {
            // What was not flushed once is not tried again by the system, which then says that all is
            // well: these bytes are trusted no more.
            self.discard().await?;
            return Err(error);
        }
        if actual != *digest {
            let expected = digest.clone();
            self.discard().await?;
            return Err(StoreError::DigestMismatch { expected, actual, place: "hub".to_owned() });
        }
        let finished =
            self.inner.state.finish_upload(self.row.clone(), digest, (self.inner.clock)());
        let unneeded = match finished.await? {
            Finished::Stored(unneeded) => unneeded,
            // Whoever ended it meanwhile has removed, or will remove, its object.
            Finished::Ended => return Err(ended(&self.row.id)),
        };
        self.inner.remember(digest, ranges);
        self.end();
        if let Some(key) = unneeded {
            let objects = Arc::clone(&self.inner.objects);
            // A failure leaves an object that the next sweep takes.
            let _ = blocking(move || objects.remove(&key)).await;
        }
        Ok(())
    }

    /// Throws everything away.
    pub(crate) async fn discard(mut self) -> Result<(), StoreError> {
        self.hand = None;
        let gone = remove(&self.inner, &self.row.id, &self.row.key, async || Ok(true)).await;
        self.end();
        gone
    }

    fn end(&mut self) {
        self.ended = true;
        self.inner.forget(&self.row.id);
    }
}

/// Ends an upload and removes its object, unless it has ended already: then the object is a blob's, or
/// somebody else removes it. Where the disk is too full for that, the bytes go first, if `is_mine` says that
/// nobody else makes a blob of them.
pub(crate) async fn remove<S: State>(
    inner: &Inner<S>,
    id: &str,
    key: &str,
    is_mine: impl AsyncFnOnce() -> Result<bool, StoreError>,
) -> Result<(), StoreError> {
    let (objects, key) = (Arc::clone(&inner.objects), key.to_owned());
    let was_open = match inner.state.end_upload(id).await {
        Err(error) if is_full(&error) && is_mine().await? => {
            let (objects, key) = (Arc::clone(&objects), key.clone());
            blocking(move || objects.append(&key, 0).map(drop)).await?;
            inner.state.end_upload(id).await?
        }
        ended => ended?,
    };
    inner.forget(id);
    if was_open { blocking(move || objects.remove(&key)).await } else { Ok(()) }
}

/// Ends the session of a client, also while a request writes it.
pub(crate) async fn cancel<S: State>(
    inner: &Inner<S>,
    open: &OpenUpload,
) -> Result<(), StoreError> {
    let live = inner.known(&open.id);
    let mut turn = None;
    let is_mine = async || {
        if !live.take() {
            return Ok(false);
        }
        turn = Some(Turn(Arc::clone(&live)));
        // It may have become a blob before.
        Ok(inner.state.session(&open.repository, &open.id).await?.is_some())
    };
    let gone = remove(inner, &open.id, &open.key, is_mine).await;
    drop(turn);
    gone
}

fn is_full(error: &StoreError) -> bool {
    matches!(error, StoreError::Io { source, .. } if source.kind() == std::io::ErrorKind::StorageFull)
}

/// The upload as it is behind everything that was to be noted before: the last request may have just
/// ended. `live` was taken for it, and is given back where there is none.
pub(crate) async fn latest<S: State>(
    inner: &Inner<S>,
    row: OpenUpload,
    live: &Live,
) -> Result<Option<OpenUpload>, StoreError> {
    let found = inner.state.resume_upload(&row.id, (inner.clock)()).await;
    if !matches!(found, Ok(Some(_))) {
        live.give_back();
        inner.forget(&row.id);
    }
    found
}

fn ended(id: &str) -> StoreError {
    StoreError::NotFound { what: "upload", name: id.to_owned(), place: "the hub".to_owned() }
}

impl<S: State> Drop for Writing<S> {
    fn drop(&mut self) {
        if self.ended {
            return;
        }
        self.keep();
        match &mut self.hand {
            Some(hand) => self.turn.0.keep_found(self.row.place, hand.bodies.take()),
            // Writing failed, or goes on without us: what counts is what the row says.
            None => self.turn.0.place.store(self.kept, Ordering::Release),
        }
    }
}

#[async_trait]
impl<S: State> Upload for Writing<S> {
    fn offset(&self) -> u64 {
        self.row.place
    }

    async fn append(&mut self, bytes: Bytes) -> Result<(), StoreError> {
        self.add(vec![bytes]).await
    }

    async fn append_all(&mut self, pieces: Vec<Bytes>) -> Result<(), StoreError> {
        self.add(pieces).await
    }

    async fn finish(mut self: Box<Self>) -> Result<(), StoreError> {
        let Some(Descriptor { digest, size, .. }) = self.expected.take() else {
            return Err(broken());
        };
        let actual = self.row.place;
        if actual != size {
            self.discard().await?;
            let place = "hub".to_owned();
            return Err(StoreError::SizeMismatch { digest, expected: size, actual, place });
        }
        self.store(&digest).await
    }

    async fn abort(self: Box<Self>) -> Result<(), StoreError> {
        self.discard().await
    }
}

fn broken() -> StoreError {
    let source = std::io::Error::other("an earlier write of this upload failed");
    StoreError::io("write", "object", source)
}
