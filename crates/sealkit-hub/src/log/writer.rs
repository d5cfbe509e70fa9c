//! The log, and the one thread that writes it: what comes at the same time is one batch, with one
//! sync and one checkpoint.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock, mpsc};

use sealkit_attest::log::{
    Checkpoint, HashedRekord, LogAct, LogLeaf, MerkleHash, NoteSigner, TILE_WIDTH, TilePath,
    empty_root, encode_tile,
};
use sealkit_oci::Digest;
use tokio::sync::oneshot;

use super::acts::Batch;
use super::edge::Edge;
use super::entry::{Entry, read_all};
use super::index::Index;
use super::{LogError, LogStore};

/// Name of the checkpoint in a store.
const CHECKPOINT: &str = "checkpoint";
/// Bundles of entries that are read at once when a log is opened.
const BUNDLES: u64 = 4;
/// Most requests in one batch.
const BATCH: usize = 256;

/// Where tags pointed by the end of the log: repository and tag, and the digest.
pub type Known = BTreeMap<(String, String), Digest>;

/// A transparency log. Dropped, it ends when what it was asked to take is written.
pub struct Log {
    pub(super) shared: Arc<Shared>,
    jobs: mpsc::Sender<Job>,
}

/// What readers and the writer share.
pub(super) struct Shared {
    pub(super) store: Arc<dyn LogStore>,
    pub(super) signer: NoteSigner,
    view: RwLock<Arc<View>>,
    pub(super) index: RwLock<Index>,
}

/// What is published: a checkpoint, and the edge of its tree.
pub(super) struct View {
    pub(super) edge: Edge,
    pub(super) checkpoint: String,
}

/// What shall be in the log.
pub(super) enum Draft {
    /// An act. Where the tag pointed before is the log's to say.
    Act(LogLeaf),
    /// A signature.
    Signature(Box<HashedRekord>),
}

struct Job {
    drafts: Vec<Draft>,
    answer: oneshot::Sender<Result<Vec<u64>, LogError>>,
}

impl Shared {
    pub(super) fn view(&self) -> Arc<View> {
        Arc::clone(&self.view.read().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Log {
    /// Opens a log: its entries are read, its tiles made again where they are gone. That the entries
    /// are those of the last checkpoint is checked. What the log knows of tags comes with it.
    pub fn open(store: Arc<dyn LogStore>, signer: NoteSigner) -> Result<(Self, Known), LogError> {
        let view = View { edge: Edge::default(), checkpoint: String::new() };
        let (view, index) = (RwLock::new(Arc::new(view)), RwLock::default());
        let shared = Arc::new(Shared { store, signer, view, index });
        let mut writer = Writer { shared: Arc::clone(&shared), edge: Edge::default() };
        let known = writer.replay()?;
        writer.publish()?;
        let (jobs, queue) = mpsc::channel();
        let thread = std::thread::Builder::new().name("transparency-log".to_owned());
        thread.spawn(move || writer.run(&queue)).map_err(|source| LogError::Io {
            action: "start a thread for",
            path: CHECKPOINT.into(),
            source,
        })?;
        Ok((Self { shared, jobs }, known))
    }

    /// Adds acts, in their order, and gives the numbers of their entries once they are durable and
    /// under a checkpoint. An act after which everything is as the log says already has the number
    /// of the entry that says so.
    pub async fn record(&self, acts: Vec<LogLeaf>) -> Result<Vec<u64>, LogError> {
        self.send(acts.into_iter().map(Draft::Act).collect()).await
    }

    /// Adds a signature, and gives the number of its entry; one that is there already keeps its own.
    pub async fn log_signature(&self, signature: HashedRekord) -> Result<u64, LogError> {
        let numbers = self.send(vec![Draft::Signature(Box::new(signature))]).await?;
        numbers.first().copied().ok_or(LogError::Stopped)
    }

    async fn send(&self, drafts: Vec<Draft>) -> Result<Vec<u64>, LogError> {
        let (answer, answered) = oneshot::channel();
        self.jobs.send(Job { drafts, answer }).map_err(|_| LogError::Stopped)?;
        answered.await.map_err(|_| LogError::Stopped)?
    }
}

/// What the thread has.
struct Writer {
    shared: Arc<Shared>,
    edge: Edge,
}

impl Writer {
    fn run(mut self, queue: &mpsc::Receiver<Job>) {
        while let Ok(first) = queue.recv() {
            let batch: Vec<Job> =
                std::iter::once(first).chain(queue.try_iter().take(BATCH)).collect();
            match self.write(&batch) {
                Ok(numbers) => {
                    for (job, numbers) in batch.into_iter().zip(numbers) {
                        // Who asked may be gone.
                        let _ = job.answer.send(Ok(numbers));
                    }
                }
                Err(error) => {
                    let error = Arc::new(error);
                    for job in batch {
                        let _ = job.answer.send(Err(LogError::Batch(Arc::clone(&error))));
                    }
                }
            }
        }
    }

    fn write(&mut self, jobs: &[Job]) -> Result<Vec<Vec<u64>>, LogError> {
        // Something of a batch that failed may be there.
        self.catch_up(|_, _| Ok(()))?;
        let mut batch = Batch::new(&self.shared, self.edge.size());
        let mut numbers = Vec::new();
        for job in jobs {
            let one: Result<_, _> = job.drafts.iter().map(|draft| batch.place(draft)).collect();
            numbers.push(one?);
        }
        self.shared.store.append(&batch.into_entries())?;
        self.catch_up(|_, _| Ok(()))?;
        self.publish()?;
        Ok(numbers)
    }

    /// Takes up the entries that the store has and the tree has not.
    fn catch_up(
        &mut self,
        mut each: impl FnMut(&Edge, Entry) -> Result<(), LogError>,
    ) -> Result<(), LogError> {
        let store = Arc::clone(&self.shared.store);
        let size = store.len()?;
        while self.edge.size() < size {
            let from = self.edge.size();
            let until = size.min(from / TILE_WIDTH * TILE_WIDTH + BUNDLES * TILE_WIDTH);
            let entries = read_all(&store.entries(from..until)?);
            let mut edge = self.edge.clone();
            let mut index = self.shared.index.write().unwrap_or_else(PoisonError::into_inner);
            for (entry, hash) in entries {
                index.add(edge.size(), &entry);
                for (path, tile) in edge.push(hash) {
                    write_tile(store.as_ref(), &path, &tile)?;
                }
                each(&edge, entry)?;
            }
            self.edge = edge;
        }
        Ok(())
    }

    /// Reads the whole log, and holds it against its last checkpoint.
    fn replay(&mut self) -> Result<Known, LogError> {
        let last = self.last_checkpoint()?;
        let wrong = || {
            let reason = "its entries are not those of its last checkpoint; restore a backup";
            LogError::Damaged(reason.to_owned())
        };
        let is_empty = |last: &Checkpoint| last.size() == 0 && *last.root() == empty_root();
        let mut is_held = last.as_ref().is_none_or(is_empty);
        let mut known = Known::new();
        self.catch_up(|edge, entry| {
            if let Some(last) = last.as_ref().filter(|last| last.size() == edge.size()) {
                is_held = edge.root().as_ref() == Some(last.root());
            }
            if let Entry::Act(leaf) = entry {
                let LogLeaf { repository, act, .. } = *leaf;
                match act {
                    LogAct::Tag { tag, digest, .. } => {
                        known.insert((repository, tag), digest);
                    }
                    LogAct::Untag { tag, .. } => {
                        known.remove(&(repository, tag));
                    }
                    _ => {}
                }
            }
            Ok(())
        })?;
        if is_held { Ok(known) } else { Err(wrong()) }
    }

    fn last_checkpoint(&self) -> Result<Option<Checkpoint>, LogError> {
        let Some(bytes) = self.shared.store.object(CHECKPOINT)? else { return Ok(None) };
        let text = String::from_utf8_lossy(&bytes);
        let checkpoint = Checkpoint::parse(&text)?;
        checkpoint.verify(self.shared.signer.public())?;
        Ok(Some(checkpoint))
    }

    /// Signs and shows what the tree is now.
    fn publish(&self) -> Result<(), LogError> {
        let view = self.shared.view();
        if view.edge.size() == self.edge.size() && !view.checkpoint.is_empty() {
            return Ok(());
        }
        let missing = || LogError::Damaged("the edge of its tree is not whole".to_owned());
        let root: MerkleHash = self.edge.root().ok_or_else(missing)?;
        let checkpoint = self.shared.signer.sign_checkpoint(self.edge.size(), &root);
        self.shared.store.put_object(CHECKPOINT, checkpoint.as_bytes())?;
        let view = View { edge: self.edge.clone(), checkpoint };
        *self.shared.view.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(view);
        Ok(())
    }
}

/// Keeps a tile that became whole, unless it is there already.
fn write_tile(store: &dyn LogStore, path: &TilePath, tile: &[MerkleHash]) -> Result<(), LogError> {
    let (name, bytes) = (path.to_string(), encode_tile(tile));
    if store.object(&name)?.as_ref() == Some(&bytes) {
        return Ok(());
    }
    store.put_object(&name, &bytes)
}
