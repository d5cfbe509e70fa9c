//! Who looks at a file, and that it is once.

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
