//! Looks at each file of a folder once, for the Kitfile that is made and for the AIBOM.

use std::collections::HashMap;
use std::fs::{File, Metadata};
use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use sealkit_inspect::{Class, Facts, TensorHash};
use sealkit_oci::Digest;
use sealkit_pack::{Ignore, PlannedEntry};

use super::ahead::Ahead;
use super::file::{Looked, look_again, look_file};
use super::left_out;
use super::room::Room;
use crate::init::{Content, Looker, read_file};
use crate::pack::FolderRules;
use crate::parallel::{parallel, processors};
use crate::{Context, OpsError};

/// What was seen of one file, and how long it was then.
struct Seen {
    len: u64,
    class: Class,
    facts: Arc<Facts>,
    digest: Option<Digest>,
    failed: bool,
    /// Whether the facts were let go, because there were too many.
    later: bool,
}

/// How far a file is.
enum State {
    /// Nobody looked at it yet, or nobody could.
    Open,
    /// Somebody looks at it just now.
    Taken,
    Seen(Seen),
}

/// A file that was met, and what the system said of it then, until it is planned.
struct Met {
    meta: Option<Box<Metadata>>,
    state: State,
}

/// Files by path.
#[derive(Default)]
struct Files {
    by_path: HashMap<String, Met>,
    /// How many wait for a file that somebody looks at.
    waiting: usize,
}

/// Looks at files, and keeps what it saw by path.
pub(super) struct Once<'a> {
    context: &'a Context,
    tensors: Option<TensorHash>,
    rules: FolderRules,
    /// Where files go that are met before anybody asks for them.
    ahead: &'a Ahead,
    files: Mutex<Files>,
    room: Room,
    done: Condvar,
    /// Bytes of files that were read before anybody knew how many there are.
    early: AtomicU64,
    is_started: AtomicBool,
}

impl<'a> Once<'a> {
    /// For the folder `dir`. What its rules leave out of the kit is not read whole.
    pub(super) fn new(
        context: &'a Context,
        dir: &Path,
        tensors: Option<TensorHash>,
        ahead: &'a Ahead,
    ) -> Result<Self, OpsError> {
        Ok(Self {
            context,
            tensors,
            rules: FolderRules::read(dir)?,
            ahead,
            files: Mutex::default(),
            room: Room::default(),
            done: Condvar::new(),
            early: AtomicU64::new(0),
            is_started: AtomicBool::new(false),
        })
    }

    /// What planned files say, in their order: as they were seen already, unless they are of another size by
    /// now. What was not seen is looked at, several at a time.
    pub(super) fn of(&self, entries: &[&PlannedEntry], root: &Path) -> Vec<Looked> {
        let mut all: Vec<Option<Looked>> = entries.iter().map(|entry| self.seen(entry)).collect();
        let open: Vec<&PlannedEntry> =
            entries.iter().zip(&all).filter(|(_, seen)| seen.is_none()).map(|(e, _)| *e).collect();
        let mut looked =
            parallel(&open, processors(), |entry| self.look_again(entry, root)).into_iter();
        for place in all.iter_mut().filter(|seen| seen.is_none()) {
            *place = looked.next();
        }
        let in_order = entries.iter().zip(all.into_iter().flatten());
        let settled = in_order.map(|(entry, looked)| {
            let again = || match File::open(entry.source(root)) {
                Ok(file) => look_again(&entry.path, file, self.tensors),
                Err(error) => Looked::unreadable(&entry.path, &error.to_string()).facts,
            };
            self.room.take(&entry.path, looked, again)
        });
        settled.collect()
    }

    fn seen(&self, entry: &PlannedEntry) -> Option<Looked> {
        let State::Seen(seen) = self.lock().by_path.remove(&entry.path)?.state else { return None };
        let Seen { len, class, facts, digest, failed, later } = seen;
        let looked = || Looked { class, facts: Arc::unwrap_or_clone(facts), digest, failed, later };
        (len == entry.size).then(looked)
    }

    fn look_again(&self, entry: &PlannedEntry, root: &Path) -> Looked {
        let looked = match File::open(entry.source(root)) {
            Ok(file) => look_file(&entry.path, file, entry.size, self.tensors),
            Err(error) => Looked::unreadable(&entry.path, &error.to_string()),
        };
        self.advance(entry.size);
        self.room.hold(looked)
    }

    /// Looks at a file of `len` bytes that was met, unless it is or was looked at. One that can not be opened
    /// is told when it is asked for.
    pub(super) fn ahead(&self, path: &str, root: &Path, len: u64) {
        if let Some(taken) = self.take(path)
            && let Ok(file) = File::open(root.join(path))
        {
            taken.look(file, len);
        }
    }

    /// The right to look at a file; none where somebody has or had it.
    fn take<'p>(&'p self, path: &'p str) -> Option<Taken<'p>> {
        let mut files = self.lock();
        if let Some(met) = files.by_path.get_mut(path) {
            if !matches!(met.state, State::Open) {
                return None;
            }
            met.state = State::Taken;
        } else {
            files.by_path.insert(path.to_owned(), Met { state: State::Taken, meta: None });
        }
        Some(Taken { once: self, path, seen: None })
    }

    /// What somebody else saw of a file, when they are done; none where they could not. Facts that were let go
    /// are none.
    fn wait(&self, path: &str) -> Option<(Class, Option<Arc<Facts>>)> {
        let mut files = self.lock();
        loop {
            match &files.by_path.get(path)?.state {
                State::Open => return None,
                State::Taken => {}
                State::Seen(seen) => {
                    let facts = (!seen.later).then(|| Arc::clone(&seen.facts));
                    return Some((seen.class, facts));
                }
            }
            files.waiting += 1;
            files = self.done.wait(files).unwrap_or_else(PoisonError::into_inner);
            files.waiting -= 1;
        }
    }

    fn advance(&self, bytes: u64) {
        if self.is_started.load(Ordering::Acquire) {
            self.context.progress.advance(bytes);
        } else {
            self.early.fetch_add(bytes, Ordering::AcqRel);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Files> {
        self.files.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A file that nobody else looks at. Dropped without a look, it is given back.
struct Taken<'a> {
    once: &'a Once<'a>,
    path: &'a str,
    seen: Option<Seen>,
}

impl Taken<'_> {
    fn look(mut self, file: File, len: u64) -> Content {
        let looked = look_file(self.path, file, len, self.once.tensors);
        self.once.advance(len);
        let (class, facts) = (looked.class, Arc::new(looked.facts));
        let (digest, failed) = (looked.digest, looked.failed);
        let later = !self.once.room.fits(&facts);
        let kept = if later { Arc::default() } else { Arc::clone(&facts) };
        self.seen = Some(Seen { len, class, facts: kept, digest, failed, later });
        if later { Content::lean(class, &facts) } else { Content::new(class, facts) }
    }
}

impl Drop for Taken<'_> {
    fn drop(&mut self) {
        let mut files = self.once.lock();
        if let Some(met) = files.by_path.get_mut(self.path) {
            met.state = self.seen.take().map_or(State::Open, State::Seen);
        }
        if files.waiting > 0 {
            self.once.done.notify_all();
        }
    }
}

impl left_out::Files for Once<'_> {
    fn known(&self, path: &str) -> Option<Metadata> {
        self.lock().by_path.get_mut(path)?.meta.take().map(|meta| *meta)
    }

    fn plan(&self, path: &str, len: u64) {
        if !self.lock().by_path.contains_key(path) {
            self.ahead.add(path, len);
        }
    }
}

impl Looker for Once<'_> {
    fn meet(&self, path: &str, meta: &Metadata) {
        if !self.rules.ignores(path) {
            let met = Met { meta: Some(Box::new(meta.clone())), state: State::Open };
            self.lock().by_path.insert(path.to_owned(), met);
            self.ahead.add(path, meta.len());
        }
    }

    fn start(&self, total: u64) {
        self.context.progress.start("reading", Some(total));
        self.is_started.store(true, Ordering::Release);
        self.context.progress.advance(self.early.swap(0, Ordering::AcqRel));
    }

    fn look(&self, path: &str, place: &Path, len: u64) -> io::Result<Content> {
        if self.rules.ignores(path) {
            self.advance(len);
            return read_file(path, place, len);
        }
        loop {
            if let Some(taken) = self.take(path) {
                return Ok(taken.look(File::open(place)?, len));
            }
            if let Some((class, facts)) = self.wait(path) {
                let Some(facts) = facts else {
                    let again = look_again(path, File::open(place)?, self.tensors);
                    return Ok(Content::lean(class, &again));
                };
                return Ok(Content::new(class, facts));
            }
        }
    }
}

#[cfg(test)]
mod tests;
