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
use super::file::{Looked, look_file};
use super::left_out;
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
        all.into_iter().flatten().collect()
    }

    fn seen(&self, entry: &PlannedEntry) -> Option<Looked> {
        let State::Seen(seen) = self.lock().by_path.remove(&entry.path)?.state else { return None };
        let Seen { len, class, facts, digest } = seen;
        let looked = || Looked { class, facts: Arc::unwrap_or_clone(facts), digest };
        (len == entry.size).then(looked)
    }

    fn look_again(&self, entry: &PlannedEntry, root: &Path) -> Looked {
        let looked = match File::open(entry.source(root)) {
            Ok(file) => look_file(&entry.path, file, entry.size, self.tensors),
            Err(error) => Looked::unreadable(&entry.path, &error.to_string()),
        };
        self.advance(entry.size);
        looked
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

    /// What somebody else saw of a file, when they are done; none where they could not.
    fn wait(&self, path: &str) -> Option<(Class, Arc<Facts>)> {
        let mut files = self.lock();
        loop {
            match &files.by_path.get(path)?.state {
                State::Open => return None,
                State::Taken => {}
                State::Seen(seen) => return Some((seen.class, Arc::clone(&seen.facts))),
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
    fn look(mut self, file: File, len: u64) -> (Class, Arc<Facts>) {
        let looked = look_file(self.path, file, len, self.once.tensors);
        self.once.advance(len);
        let (class, facts) = (looked.class, Arc::new(looked.facts));
        let digest = looked.digest;
        self.seen = Some(Seen { len, class, facts: Arc::clone(&facts), digest });
        (class, facts)
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
                let (class, facts) = taken.look(File::open(place)?, len);
                return Ok(Content::new(class, facts));
            }
            if let Some((class, facts)) = self.wait(path) {
                return Ok(Content::new(class, facts));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use sealkit_pack::{PlanOptions, PlannedLayer};
    use sealkit_remote::{Client, ClientOptions};

    use super::left_out::Files as _;
    use super::*;
    use crate::{Home, Progress};

    /// Adds up what it is told.
    #[derive(Default)]
    struct Meter(AtomicU64, AtomicU64);

    impl Progress for Meter {
        fn start(&self, _: &str, total: Option<u64>) {
            self.0.store(total.unwrap_or_default(), Ordering::Relaxed);
        }

        fn advance(&self, bytes: u64) {
            self.1.fetch_add(bytes, Ordering::Relaxed);
        }

        fn finish(&self) {}
    }

    fn planned(dir: &Path) -> Vec<PlannedLayer> {
        let text = "manifestVersion: 1.0.0\ncode:\n- path: .\n";
        let parts = sealkit_kitfile::Kitfile::parse_unchecked(text, "Kitfile").unwrap().parts();
        let rules = FolderRules::read(dir).unwrap();
        sealkit_pack::plan(dir, &parts, &rules, &PlanOptions::default()).unwrap().layers
    }

    #[test]
    fn what_was_seen_is_not_read_again_unless_it_changed() {
        let dir = tempfile::tempdir().unwrap();
        let root = fs::canonicalize(dir.path()).unwrap();
        for (name, bytes) in [("kept.txt", "one"), ("grown.txt", "two"), ("out.bin", "three")] {
            fs::write(root.join(name), bytes).unwrap();
        }
        fs::write(root.join(".kitignore"), "out.bin\n").unwrap();
        let meter = Arc::new(Meter::default());
        let progress = Arc::clone(&meter) as Arc<dyn Progress>;
        let context = Context { progress, ..offline(&root) };
        let ahead = Ahead::default();
        let once = Once::new(&context, &root, None, &ahead).unwrap();
        once.start(11);
        for (name, len) in [("kept.txt", 3), ("grown.txt", 3), ("out.bin", 5)] {
            once.look(name, &root.join(name), len).unwrap();
        }
        assert!(!once.lock().by_path.contains_key("out.bin"), "ignored, so not read whole");
        // The same size: what was seen stands. Another size: it is another file.
        fs::write(root.join("kept.txt"), "ONE").unwrap();
        fs::write(root.join("grown.txt"), "two!").unwrap();
        let layers = planned(&root);
        let entries = layers.iter().flat_map(|layer| &layer.entries);
        let digest = |name: &str| {
            let entry = entries.clone().find(|entry| entry.path == name).unwrap();
            once.of(&[entry], &root).remove(0).digest.unwrap()
        };
        assert_eq!(digest("kept.txt"), Digest::of(b"one"));
        assert_eq!(digest("grown.txt"), Digest::of(b"two!"));
        assert_eq!(digest("kept.txt"), Digest::of(b"ONE"), "given away once only");
        // What is met ahead is read once too.
        fs::write(root.join("met.txt"), "four").unwrap();
        once.ahead("met.txt", &root, 4);
        once.ahead("met.txt", &root, 4);
        once.ahead("gone.txt", &root, 4);
        fs::write(root.join("met.txt"), "FOUR").unwrap();
        let layers = planned(&root);
        let met = layers.iter().flat_map(|layer| &layer.entries).find(|e| e.path == "met.txt");
        let of_all = once.of(&[met.unwrap(), met.unwrap()], &root);
        let digests: Vec<_> = of_all.into_iter().map(|looked| looked.digest.unwrap()).collect();
        assert_eq!(digests, [Digest::of(b"four"), Digest::of(b"FOUR")]);
        assert_eq!(meter.0.load(Ordering::Relaxed), 11);
        assert_eq!(meter.1.load(Ordering::Relaxed), 11 + 4 + 3 + 4 + 4);
    }
    fn offline(root: &Path) -> Context {
        let offline = ClientOptions { offline: true, ..ClientOptions::default() };
        Context {
            home: Home::new(root),
            client: Arc::new(Client::new(offline)),
            concurrency: 1,
            progress: Arc::new(Meter::default()),
            clock: || 0,
            served: None,
            s3: None,
        }
    }

    #[test]
    fn whoever_asks_for_a_file_that_is_looked_at_gets_what_is_seen() {
        let dir = tempfile::tempdir().unwrap();
        let (root, context) = (dir.path(), offline(dir.path()));
        fs::write(root.join("a.json"), "{}").unwrap();
        let ahead = Ahead::default();
        let once = Once::new(&context, root, None, &ahead).unwrap();
        let taken = once.take("a.json").unwrap();
        assert!(once.take("a.json").is_none());
        std::thread::scope(|scope| {
            let waiting = scope.spawn(|| once.look("a.json", &root.join("gone"), 2));
            while once.lock().waiting == 0 {
                std::thread::yield_now();
            }
            taken.look(File::open(root.join("a.json")).unwrap(), 2);
            // Not opened again: it is not there under this name.
            waiting.join().unwrap().unwrap();
        });
        once.plan("a.json", 2);
        once.plan("b.json", 2);
        let met = Mutex::new(Vec::new());
        let note = |path: &str, _| met.lock().unwrap().push(path.to_owned());
        ahead.during(1, note, || Ok::<_, ()>(())).unwrap();
        assert_eq!(*met.lock().unwrap(), ["b.json"], "what was seen is not met again");
    }

    #[test]
    fn a_file_that_nobody_could_open_is_asked_for_again() {
        let dir = tempfile::tempdir().unwrap();
        let (root, context) = (dir.path(), offline(dir.path()));
        fs::write(root.join("real.json"), "{}").unwrap();
        let ahead = Ahead::default();
        let once = Once::new(&context, root, None, &ahead).unwrap();
        let taken = once.take("a.json").unwrap();
        std::thread::scope(|scope| {
            let waiting = scope.spawn(|| once.look("a.json", &root.join("real.json"), 2));
            while once.lock().waiting == 0 {
                std::thread::yield_now();
            }
            drop(taken);
            waiting.join().unwrap().unwrap();
        });
        once.ahead("gone.json", root, 2);
        assert!(once.look("gone.json", &root.join("gone.json"), 2).is_err());
        assert!(matches!(once.lock().by_path["gone.json"].state, State::Open));
    }

    #[test]
    fn what_the_rules_leave_out_is_not_met() {
        let dir = tempfile::tempdir().unwrap();
        let (root, context) = (dir.path(), offline(dir.path()));
        fs::write(root.join(".kitignore"), "out.bin\n").unwrap();
        let meta = fs::metadata(root.join(".kitignore")).unwrap();
        let ahead = Ahead::default();
        let once = Once::new(&context, root, None, &ahead).unwrap();
        once.meet("out.bin", &meta);
        once.meet("in.bin", &meta);
        assert!(once.known("out.bin").is_none());
        assert_eq!(once.known("in.bin").unwrap().len(), 8);
        let met = Mutex::new(Vec::new());
        let note = |path: &str, _| met.lock().unwrap().push(path.to_owned());
        ahead.during(1, note, || Ok::<_, ()>(())).unwrap();
        assert_eq!(*met.lock().unwrap(), ["in.bin"]);
    }
}
