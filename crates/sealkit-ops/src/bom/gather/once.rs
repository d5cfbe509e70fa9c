//! Looks at each file of a folder once, for the Kitfile that is made and for the AIBOM.

use std::collections::HashMap;
use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use sealkit_inspect::{Class, Facts, TensorHash};
use sealkit_oci::Digest;
use sealkit_pack::{Ignore, PlannedEntry};

use super::file::{Looked, look_file};
use crate::init::{Content, Looker, read_file};
use crate::pack::FolderRules;
use crate::{Context, OpsError};

/// What was seen of one file, and how long it was then.
struct Seen {
    len: u64,
    class: Class,
    facts: Arc<Facts>,
    digest: Option<Digest>,
}

/// Looks at files, and keeps what it saw by path.
pub(super) struct Once<'a> {
    context: &'a Context,
    tensors: Option<TensorHash>,
    rules: FolderRules,
    seen: Mutex<HashMap<String, Seen>>,
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
    ) -> Result<Self, OpsError> {
        let rules = FolderRules::read(dir)?;
        let (early, is_started) = (AtomicU64::new(0), AtomicBool::new(false));
        Ok(Self { context, tensors, rules, seen: Mutex::default(), early, is_started })
    }

    /// What a planned file says: as it was seen already, unless it is of another size by now.
    pub(super) fn of(&self, entry: &PlannedEntry, root: &Path) -> Looked {
        let seen = self.lock().remove(&entry.path);
        if let Some(seen) = seen.filter(|seen| seen.len == entry.size) {
            let Seen { class, facts, digest, .. } = seen;
            return Looked { class, facts: Arc::unwrap_or_clone(facts), digest };
        }
        let looked = match File::open(entry.source(root)) {
            Ok(file) => look_file(&entry.path, file, entry.size, self.tensors),
            Err(error) => Looked::unreadable(&entry.path, &error.to_string()),
        };
        self.advance(entry.size);
        looked
    }

    /// Looks at a file of `len` bytes that will be planned, unless it was looked at. One that can not be
    /// opened is told when it is asked for.
    pub(super) fn ahead(&self, path: &str, root: &Path, len: u64) {
        if self.lock().contains_key(path) {
            return;
        }
        let Ok(file) = File::open(root.join(path)) else { return };
        let looked = look_file(path, file, len, self.tensors);
        self.advance(len);
        self.keep(path, len, looked);
    }

    fn keep(&self, path: &str, len: u64, looked: Looked) -> (Class, Arc<Facts>) {
        let (class, facts) = (looked.class, Arc::new(looked.facts));
        let seen = Seen { len, class, facts: Arc::clone(&facts), digest: looked.digest };
        self.lock().insert(path.to_owned(), seen);
        (class, facts)
    }

    fn advance(&self, bytes: u64) {
        if self.is_started.load(Ordering::Acquire) {
            self.context.progress.advance(bytes);
        } else {
            self.early.fetch_add(bytes, Ordering::AcqRel);
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Seen>> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Looker for Once<'_> {
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
        let looked = look_file(path, File::open(place)?, len, self.tensors);
        self.advance(len);
        let (class, facts) = self.keep(path, len, looked);
        Ok(Content::new(class, facts))
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use sealkit_pack::{PlanOptions, PlannedLayer};
    use sealkit_remote::{Client, ClientOptions};

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
        let offline = ClientOptions { offline: true, ..ClientOptions::default() };
        let context = Context {
            home: Home::new(&root),
            client: Arc::new(Client::new(offline)),
            concurrency: 1,
            progress: Arc::clone(&meter) as Arc<dyn Progress>,
            clock: || 0,
            served: None,
            s3: None,
        };
        let once = Once::new(&context, &root, None).unwrap();
        once.start(11);
        for (name, len) in [("kept.txt", 3), ("grown.txt", 3), ("out.bin", 5)] {
            once.look(name, &root.join(name), len).unwrap();
        }
        assert!(!once.seen.lock().unwrap().contains_key("out.bin"), "ignored, so not read whole");
        // The same size: what was seen stands. Another size: it is another file.
        fs::write(root.join("kept.txt"), "ONE").unwrap();
        fs::write(root.join("grown.txt"), "two!").unwrap();
        let layers = planned(&root);
        let entries = layers.iter().flat_map(|layer| &layer.entries);
        let digest = |name: &str| {
            let entry = entries.clone().find(|entry| entry.path == name).unwrap();
            once.of(entry, &root).digest.unwrap()
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
        assert_eq!(once.of(met.unwrap(), &root).digest, Some(Digest::of(b"four")));
        assert_eq!(meter.0.load(Ordering::Relaxed), 11);
        assert_eq!(meter.1.load(Ordering::Relaxed), 11 + 4 + 3 + 4);
    }
}
