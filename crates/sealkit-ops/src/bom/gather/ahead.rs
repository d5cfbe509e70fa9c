//! Files are looked at while the walk that finds them goes on.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

/// Files that a thread takes at once: small ones cost about as much as taking them does.
const BATCH: usize = 16;
/// Bytes after which it takes no more at once: large files are for several threads.
const BATCH_BYTES: u64 = 1 << 20;

/// Files that were found, each with its length, and that nobody has looked at yet.
#[derive(Default)]
pub(super) struct Ahead {
    queue: Mutex<Queue>,
    more: Condvar,
}

#[derive(Default)]
struct Queue {
    files: VecDeque<(String, u64)>,
    waiting: usize,
    is_closed: bool,
}

impl Ahead {
    /// A file that the walk has found. Who waits is woken for a batch, or a large file: waking costs more than a small
    /// one.
    pub(super) fn add(&self, path: &str, len: u64) {
        let mut queue = self.lock();
        queue.files.push_back((path.to_owned(), len));
        if queue.waiting > 0 && (queue.files.len() >= BATCH || len >= BATCH_BYTES) {
            self.more.notify_one();
        }
    }

    /// Calls `walk`, and meanwhile on so many threads `look` for each file that it adds. Returns when all of
    /// them were looked at; of a walk that failed the rest is let lie.
    pub(super) fn during<T, E>(
        &self,
        threads: usize,
        look: impl Fn(&str, u64) + Sync,
        walk: impl FnOnce() -> Result<T, E>,
    ) -> Result<T, E> {
        thread::scope(|scope| {
            let _closing = Closing(self);
            for _ in 0..threads {
                scope.spawn(|| {
                    while let Some(files) = self.next() {
                        for (path, len) in files {
                            look(&path, len);
                        }
                    }
                });
            }
            let walked = walk();
            if walked.is_err() {
                self.lock().files.clear();
            }
            walked
        })
    }

    /// The next files; none when there will be no more.
    fn next(&self) -> Option<Vec<(String, u64)>> {
        let mut queue = self.lock();
        while queue.files.is_empty() {
            if queue.is_closed {
                return None;
            }
            queue.waiting += 1;
            queue = self.more.wait(queue).unwrap_or_else(PoisonError::into_inner);
            queue.waiting -= 1;
        }
        let (mut files, mut bytes) = (Vec::new(), 0_u64);
        while files.len() < BATCH && bytes < BATCH_BYTES {
            let Some(file) = queue.files.pop_front() else { break };
            bytes = bytes.saturating_add(file.1);
            files.push(file);
        }
        Some(files)
    }

    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Tells the threads that no more files come, however the walk ends.
struct Closing<'a>(&'a Ahead);

impl Drop for Closing<'_> {
    fn drop(&mut self) {
        self.0.lock().is_closed = true;
        self.0.more.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[test]
    fn every_file_is_looked_at_once() {
        for threads in [1, 2, 7] {
            let (ahead, seen) = (Ahead::default(), Mutex::new(Vec::new()));
            let look = |path: &str, len: u64| seen.lock().unwrap().push((path.to_owned(), len));
            let walked: Result<u32, ()> = ahead.during(threads, look, || {
                for at in 0..1000 {
                    ahead.add(&at.to_string(), at);
                }
                Ok(7)
            });
            assert_eq!(walked, Ok(7));
            let seen = seen.into_inner().unwrap();
            assert_eq!(seen.len(), 1000, "{threads}");
            let wanted: BTreeSet<_> = (0..1000).map(|at: u64| (at.to_string(), at)).collect();
            assert_eq!(seen.into_iter().collect::<BTreeSet<_>>(), wanted);
        }
    }

    #[test]
    fn large_files_are_for_several_threads() {
        let (ahead, both) = (Ahead::default(), std::sync::Barrier::new(2));
        // Each waits until the other file is looked at too: one thread alone would wait for ever.
        let look = |_: &str, _| {
            both.wait();
        };
        let walked: Result<(), ()> = ahead.during(2, look, || {
            ahead.add("a", BATCH_BYTES);
            ahead.add("b", BATCH_BYTES);
            Ok(())
        });
        assert_eq!(walked, Ok(()));
    }

    #[test]
    fn a_walk_that_fails_ends_the_looking() {
        let (ahead, count) = (Ahead::default(), AtomicUsize::new(0));
        let look = |_: &str, _| {
            count.fetch_add(1, Ordering::Relaxed);
            thread::sleep(std::time::Duration::from_millis(1));
        };
        let walked: Result<(), &str> = ahead.during(2, look, || {
            for at in 0..10_000 {
                ahead.add("x", at);
            }
            Err("no")
        });
        assert_eq!(walked, Err("no"));
        assert!(count.load(Ordering::Relaxed) < 10_000);
    }
}
