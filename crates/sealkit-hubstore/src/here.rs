//! Work that may block: on a thread for such work, or in place where the thread is one already.

use std::cell::Cell;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};

use sealkit_store::StoreError;

thread_local! {
    /// Whether nobody but the task that runs here waits for this thread.
    static MAY_BLOCK: Cell<bool> = const { Cell::new(false) };
}

/// Runs `act` on a thread that nothing else waits for: what it does with objects is done in place, and not handed
/// to another thread and back. What it spawns runs elsewhere, as always.
pub fn blocking_here<T>(act: impl FnOnce() -> T) -> T {
    let _before = Before(MAY_BLOCK.replace(true));
    act()
}

/// What counted on this thread before, and does again behind it.
struct Before(bool);

impl Drop for Before {
    fn drop(&mut self) {
        MAY_BLOCK.set(self.0);
    }
}

/// Work on objects, where it may block.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    let failed = |source| StoreError::io("access", "hub", source);
    if MAY_BLOCK.get() {
        // Elsewhere, too, a panic is an error to who asked, and goes no further.
        let done = catch_unwind(AssertUnwindSafe(work));
        return done.map_err(|_| failed(io::Error::other("the work panicked")))?;
    }
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|source| failed(io::Error::other(source)))?
}

#[cfg(test)]
mod tests {
    use std::thread;

    use tokio::runtime::Handle;

    use super::*;

    async fn where_it_runs() -> thread::ThreadId {
        blocking(|| Ok(thread::current().id())).await.unwrap()
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn work_is_done_in_place_where_the_thread_is_there_for_it() {
        assert_ne!(where_it_runs().await, thread::current().id());
        let there = tokio::task::spawn_blocking(|| {
            let own = thread::current().id();
            let handle = Handle::current();
            let before = handle.block_on(where_it_runs());
            let inside = blocking_here(|| handle.block_on(where_it_runs()));
            let spawned = blocking_here(|| handle.block_on(tokio::spawn(where_it_runs())));
            // Also behind an act that panics.
            let panics = catch_unwind(|| blocking_here(|| panic!("it does")));
            let after = handle.block_on(where_it_runs());
            (panics.is_err(), [before, inside, spawned.unwrap(), after].map(|one| one == own))
        });
        assert_eq!(there.await.unwrap(), (true, [false, true, false, false]));
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn work_that_panics_is_an_error_wherever_it_was_done() {
        let work = || -> Result<(), StoreError> { panic!("it does") };
        let away = blocking(work).await;
        let there = tokio::task::spawn_blocking(move || {
            blocking_here(|| Handle::current().block_on(blocking(work)))
        });
        for error in [away, there.await.unwrap()] {
            assert!(matches!(error, Err(StoreError::Io { .. })), "{error:?}");
        }
    }
}
