//! Threads for connections that bring much. What a large body brings is hashed and written, which takes a thread
//! that may block: for as long as it comes, all of its connection runs on one, so that no piece of it is handed to
//! another thread and back.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::task::Poll;

use hyper::body::Body;
use hyper::{Method, Request};
use sealkit_hubstore::blocking_here;
use tokio::runtime::Handle;
use tokio::sync::{Semaphore, watch};
use tokio::task::spawn_blocking;

/// Most threads of this kind. Who finds none does its work piece by piece on threads that all share.
const MOST: usize = 64;
/// Bytes of a body that is worth the way to another thread, and back.
const LARGE: u64 = 4 << 20;

/// What a connection carries at the moment: see [`Load`].
const LIGHT: u8 = 0;
const HEAVY: u8 = 1;
/// Heavy, and there was no thread for it.
const LEFT: u8 = 2;

/// The threads of one server. They end with it.
pub(crate) struct Threads {
    free: Arc<Semaphore>,
    running: watch::Sender<()>,
}

impl Threads {
    /// None that runs, and room for all.
    pub(crate) fn new() -> Self {
        Self { free: Arc::new(Semaphore::new(MOST)), running: watch::Sender::new(()) }
    }

    /// What drives one connection.
    pub(crate) fn driver(&self) -> Driver {
        Driver {
            free: Arc::clone(&self.free),
            running: self.running.subscribe(),
            load: Load::default(),
        }
    }
}

/// What a connection carries, as its requests say.
#[derive(Clone, Default)]
pub(crate) struct Load(Arc<AtomicU8>);

impl Load {
    /// Notes a request until what this gives is dropped.
    pub(crate) fn carry<B: Body>(&self, request: &Request<B>) -> Carried {
        // What has no length, or none that is told, may be large.
        let is_large = request.body().size_hint().upper().is_none_or(|bytes| bytes >= LARGE);
        let writes = [Method::POST, Method::PUT, Method::PATCH].contains(request.method());
        if writes && is_large {
            self.0.store(HEAVY, Ordering::Release);
        }
        Carried(self.clone())
    }

    fn get(&self) -> u8 {
        self.0.load(Ordering::Acquire)
    }
}

/// A request that is being answered.
pub(crate) struct Carried(Load);

impl Drop for Carried {
    fn drop(&mut self) {
        self.0.0.store(LIGHT, Ordering::Release);
    }
}

/// Drives a connection where its load wants it.
pub(crate) struct Driver {
    free: Arc<Semaphore>,
    running: watch::Receiver<()>,
    load: Load,
}

/// Why a connection is not driven on where it was.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Next {
    Ended,
    Moves,
}

impl Driver {
    /// What the requests of the connection tell of themselves.
    pub(crate) fn load(&self) -> Load {
        self.load.clone()
    }

    /// Drives it to its end.
    pub(crate) async fn drive<C: Future + Send + 'static>(self, connection: C) {
        let mut connection = Box::pin(connection);
        while drive_while(&mut connection, &self.load, |load| load != HEAVY).await == Next::Moves {
            let Ok(place) = Arc::clone(&self.free).try_acquire_owned() else {
                self.load.0.store(LEFT, Ordering::Release);
                continue;
            };
            let (load, mut running) = (self.load.clone(), self.running.clone());
            let there = spawn_blocking(move || {
                let _place = place;
                let heavy = async {
                    tokio::select! {
                        next = drive_while(&mut connection, &load, |load| load == HEAVY) => next,
                        // The server is gone.
                        _ = running.changed() => Next::Ended,
                    }
                };
                let next = blocking_here(|| Handle::current().block_on(heavy));
                (connection, next)
            });
            match there.await {
                Ok((back, Next::Moves)) => connection = back,
                _ => return,
            }
        }
    }
}

/// Drives a connection for as long as its load `fits`.
async fn drive_while<C: Future>(
    connection: &mut Pin<Box<C>>,
    load: &Load,
    fits: impl Fn(u8) -> bool,
) -> Next {
    std::future::poll_fn(|context| {
        if connection.as_mut().poll(context).is_ready() {
            return Poll::Ready(Next::Ended);
        }
        if fits(load.get()) { Poll::Pending } else { Poll::Ready(Next::Moves) }
    })
    .await
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;
    use std::thread::{self, ThreadId};
    use std::time::Duration;

    use axum::body::Body as Bytes;
    use tokio::sync::oneshot;

    use super::*;

    fn request(method: Method, body: Bytes) -> Request<Bytes> {
        Request::builder().method(method).body(body).unwrap()
    }

    fn endless() -> Bytes {
        Bytes::from_stream(futures_util::stream::pending::<Result<&'static [u8], std::io::Error>>())
    }

    /// A connection of three requests: a small one, a large one, a small one; where each was answered.
    async fn three(load: Load, seen: Arc<Mutex<Vec<ThreadId>>>) {
        for body in [Bytes::from("x"), endless(), Bytes::from("x")] {
            let carried = load.carry(&request(Method::PUT, body));
            tokio::task::yield_now().await;
            seen.lock().unwrap().push(thread::current().id());
            drop(carried);
            tokio::task::yield_now().await;
        }
    }

    async fn driven(threads: &Threads) -> Vec<ThreadId> {
        let (driver, seen) = (threads.driver(), Arc::default());
        let connection = three(driver.load(), Arc::clone(&seen));
        driver.drive(connection).await;
        Arc::into_inner(seen).unwrap().into_inner().unwrap()
    }

    #[test]
    fn large_is_what_is_long_or_does_not_say_how_long_it_is() {
        let long = || Bytes::from(vec![0; LARGE as usize]);
        let load = Load::default();
        for (method, body, carries) in [
            (Method::PUT, long(), HEAVY),
            (Method::PATCH, endless(), HEAVY),
            (Method::POST, long(), HEAVY),
            (Method::POST, Bytes::from("x"), LIGHT),
            (Method::PATCH, Bytes::empty(), LIGHT),
            (Method::GET, endless(), LIGHT),
            (Method::DELETE, long(), LIGHT),
        ] {
            let carried = load.carry(&request(method.clone(), body));
            assert_eq!(load.get(), carries, "{method}");
            drop(carried);
            assert_eq!(load.get(), LIGHT, "{method}");
        }
    }

    // One worker, which is the thread of the test.
    #[tokio::test]
    async fn a_large_body_is_on_another_thread_and_what_comes_behind_it_is_not() {
        let own = thread::current().id();
        let threads = Threads::new();
        let here: Vec<bool> = driven(&threads).await.iter().map(|one| *one == own).collect();
        assert_eq!(here, [true, false, true]);
        assert_eq!(threads.free.available_permits(), MOST, "its thread is given back");
    }

    #[tokio::test]
    async fn without_a_thread_for_it_a_connection_goes_on_where_it_is() {
        let threads = Threads::new();
        let all = Arc::clone(&threads.free).acquire_many_owned(MOST as u32).await.unwrap();
        let own = thread::current().id();
        assert_eq!(driven(&threads).await, [own; 3]);
        drop(all);
        assert_ne!(driven(&threads).await[1], own, "there is one again");
    }

    #[tokio::test]
    async fn a_connection_does_not_outlive_its_server() {
        let threads = Threads::new();
        let driver = threads.driver();
        let (load, (begun, begins), (dropped, drops)) =
            (driver.load(), oneshot::channel(), oneshot::channel::<()>());
        let connection = async move {
            let _dropped = dropped;
            let _carried = load.carry(&request(Method::PATCH, endless()));
            tokio::task::yield_now().await;
            begun.send(thread::current().id()).unwrap();
            std::future::pending::<()>().await;
        };
        let driven = tokio::spawn(driver.drive(connection));
        assert_ne!(begins.await.unwrap(), thread::current().id());
        drop(threads);
        let wait = Duration::from_secs(10);
        assert!(tokio::time::timeout(wait, drops).await.unwrap().is_err());
        tokio::time::timeout(wait, driven).await.unwrap().unwrap();
    }

    #[tokio::test]
    async fn a_connection_that_panics_takes_nothing_with_it() {
        let threads = Threads::new();
        let driver = threads.driver();
        let load = driver.load();
        let connection = async move {
            let _carried = load.carry(&request(Method::PATCH, endless()));
            tokio::task::yield_now().await;
            panic!("it does");
        };
        driver.drive(connection).await;
        assert_eq!(threads.free.available_permits(), MOST);
    }
}
