//! What woke itself is polled again at once.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Wake, Waker};

/// So often at most before whoever runs it has its turn: some of what it waits for answers only so many times.
const MOST: usize = 32;

/// Nobody polls it. Who rings now has to wake whoever runs it.
const RESTS: u8 = 0;
/// It is being polled.
const RUNS: u8 = 1;
/// It was woken, and is or will be polled again.
const RUNG: u8 = 2;

/// Runs `work`. Where it wakes itself while it is polled, it is polled again without going back to the runtime, which would look for
/// news of all its sockets first: a body in chunks does so for each of them.
pub(crate) async fn again<F: Future>(work: F) -> F::Output {
    let mut work = pin!(work);
    let bell = Arc::new(Bell::default());
    let waker = Waker::from(Arc::clone(&bell));
    poll_fn(move |context| {
        bell.hang(context.waker());
        for _ in 0..MOST {
            // A swap sees what whoever rang just now did before: a ring that this takes back is not lost then.
            bell.state.swap(RUNS, Ordering::AcqRel);
            if let Poll::Ready(done) = work.as_mut().poll(&mut Context::from_waker(&waker)) {
                return Poll::Ready(done);
            }
            if bell.rests() {
                return Poll::Pending;
            }
        }
        bell.state.store(RESTS, Ordering::Release);
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await
}

/// Tells who rings while it is polled from who rings later.
#[derive(Default)]
struct Bell {
    state: AtomicU8,
    /// Who runs it.
    outer: Mutex<Option<Waker>>,
}

impl Bell {
    /// Notes who is woken by later rings.
    fn hang(&self, outer: &Waker) {
        let mut own = self.outer.lock().unwrap_or_else(PoisonError::into_inner);
        if !own.as_ref().is_some_and(|own| own.will_wake(outer)) {
            *own = Some(outer.clone());
        }
    }

    /// Whether nobody rang while it was polled. From then on whoever rings is heard outside.
    fn rests(&self) -> bool {
        self.state.compare_exchange(RUNS, RESTS, Ordering::AcqRel, Ordering::Acquire).is_ok()
    }
}

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if self.state.swap(RUNG, Ordering::AcqRel) != RESTS {
            return;
        }
        let outer = self.outer.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(outer) = outer {
            outer.wake();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;
    use std::thread;
    use std::time::Duration;

    use super::*;

    /// Counts how often whoever runs something is woken.
    #[derive(Default)]
    struct Runner(AtomicUsize);

    impl Wake for Runner {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }

    /// Wakes itself so many times before it is done.
    async fn busy(mut times: usize) {
        poll_fn(|context| {
            if times == 0 {
                return Poll::Ready(());
            }
            times -= 1;
            context.waker().wake_by_ref();
            Poll::Pending
        })
        .await;
    }

    #[test]
    fn what_wakes_itself_wakes_its_runner_only_once_in_a_while() {
        for (times, rounds) in [(0, 1), (1, 1), (MOST - 1, 1), (MOST, 2), (3 * MOST + 1, 4)] {
            let runner = Arc::new(Runner::default());
            let waker = Waker::from(Arc::clone(&runner));
            let mut work = pin!(again(busy(times)));
            let mut polls = 1;
            while work.as_mut().poll(&mut Context::from_waker(&waker)).is_pending() {
                // Whoever is not done has asked for its next turn.
                assert_eq!(runner.0.load(Ordering::SeqCst), polls, "{times}");
                polls += 1;
            }
            assert_eq!(polls, rounds, "{times}");
        }
    }

    #[test]
    fn who_rings_later_is_heard_and_by_the_last_that_ran_it() {
        let [first, second] = [Runner::default(), Runner::default()].map(Arc::new);
        let kept = Arc::new(Mutex::new(None));
        let own = Arc::clone(&kept);
        let mut work = pin!(again(poll_fn(move |context| {
            *own.lock().unwrap() = Some(context.waker().clone());
            Poll::<()>::Pending
        })));
        for runner in [&first, &second] {
            let waker = Waker::from(Arc::clone(runner));
            assert!(work.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
        }
        let ring = || kept.lock().unwrap().as_ref().unwrap().wake_by_ref();
        ring();
        ring();
        let heard = [first, second].map(|runner| runner.0.load(Ordering::SeqCst));
        assert_eq!(heard, [0, 1], "once until it is polled");
    }

    #[tokio::test]
    async fn no_ring_of_another_thread_is_lost() {
        let (send, mut receive) = tokio::sync::mpsc::channel(1);
        let sends = thread::spawn(move || {
            for number in 0..2_000_u32 {
                send.blocking_send(number).unwrap();
            }
        });
        let all = async {
            let mut next = 0;
            while let Some(number) = receive.recv().await {
                assert_eq!(number, next);
                next += 1;
            }
            next
        };
        let got = tokio::time::timeout(Duration::from_secs(30), again(all)).await;
        assert_eq!(got.unwrap(), 2_000);
        sends.join().unwrap();
    }
}
