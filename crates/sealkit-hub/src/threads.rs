//! Threads for connections that bring much. What a large body brings is hashed and written, which takes a thread
//! that may block: for as long as it comes, all of its connection runs on one, so that no piece of it is handed to
//! another thread and back.

use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Poll;
use std::time::Duration;

use hyper::body::Body;
use hyper::{Method, Request};
use sealkit_hubstore::blocking_here;
use sealkit_registry::{Route, parse_route};
use tokio::runtime::{Builder, Handle};
use tokio::sync::{Semaphore, watch};
use tokio::task::spawn_blocking;

use crate::again::again;
use crate::socket::Socket;

/// Most threads of this kind. Until one is free, others do their work piece by piece on threads that all share.
const MOST: usize = 32;
/// How long a server that ends waits for them.
const PATIENCE: Duration = Duration::from_secs(1);
/// Bytes of a body that is worth the way to another thread, and back.
const LARGE: u64 = 4 << 20;

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

    /// Ends them. One that is writing is waited for, so that it finds all that it needs.
    pub(crate) async fn end(self) {
        drop(self.running);
        let all = self.free.acquire_many(MOST as u32);
        let _ = tokio::time::timeout(PATIENCE, all).await;
    }
}

/// Whether the connection carries much, as its requests say.
#[derive(Clone, Default)]
pub(crate) struct Load(Arc<AtomicBool>);

impl Load {
    /// Notes a request until what this gives is dropped.
    pub(crate) fn carry<B: Body>(&self, request: &Request<B>) -> Carried {
        // What has no length, or none that is told, may be large.
        let is_large = request.body().size_hint().upper().is_none_or(|bytes| bytes >= LARGE);
        if is_large && is_upload(request.method(), request.uri().path()) {
            self.0.store(true, Ordering::Release);
        }
        Carried(self.clone())
    }

    fn is_heavy(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }
}

/// Whether a request brings bytes of a blob: who may not do that is answered before they are read, and gives the
/// thread back. Nothing else that is sent needs one.
fn is_upload(method: &Method, path: &str) -> bool {
    let writes = [Method::POST, Method::PUT, Method::PATCH].contains(method);
    writes && matches!(parse_route(path), Ok(Route::Uploads { .. } | Route::Upload { .. }))
}

/// A request that is being answered.
pub(crate) struct Carried(Load);

impl Drop for Carried {
    fn drop(&mut self) {
        self.0.0.store(false, Ordering::Release);
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

    /// Drives it to its end. Where it moves, its socket does.
    pub(crate) async fn drive<C: Future + Send + 'static>(
        self,
        socket: Socket,
        mut connection: Pin<Box<C>>,
    ) {
        let (load, free, running) = (self.load, self.free, self.running);
        loop {
            if drive_while(&mut connection, &load, false).await == Next::Ended {
                return;
            }
            let place = tokio::select! {
                biased;
                place = Arc::clone(&free).acquire_owned() => place,
                next = drive_while(&mut connection, &load, true) => match next {
                    Next::Ended => return,
                    Next::Moves => continue,
                },
            };
            let (load, mut running, socket) = (load.clone(), running.clone(), socket.clone());
            let there = spawn_blocking(move || {
                let _place = place;
                let heavy = async {
                    tokio::select! {
                        biased;
                        // The server is gone.
                        _ = running.changed() => Next::Ended,
                        next = drive_while(&mut connection, &load, true) => next,
                    }
                };
                let next = blocking_here(|| block_on(&socket, heavy));
                (connection, next)
            });
            match there.await {
                Ok((back, Next::Moves)) => connection = back,
                _ => return,
            }
        }
    }
}

/// Runs what needs a socket on this thread, which waits for that itself: whoever waits for all sockets would be woken for
/// each packet, while this thread is still busy with those before. All that is not this socket is as if it ran there.
fn block_on<F: Future<Output = Next>>(socket: &Socket, work: F) -> Next {
    let all = Handle::current();
    let Ok(own) = Builder::new_current_thread().enable_io().build() else {
        return all.block_on(work);
    };
    if socket.wait_in(own.handle()).is_err() {
        return Next::Ended;
    }
    let mut work = pin!(again(work));
    let next = own.block_on(std::future::poll_fn(|context| {
        let _within = all.enter();
        work.as_mut().poll(context)
    }));
    if socket.wait_in(&all).is_ok() { next } else { Next::Ended }
}

/// Drives a connection for as long as it is as heavy as said.
async fn drive_while<C: Future>(connection: &mut Pin<Box<C>>, load: &Load, heavy: bool) -> Next {
    std::future::poll_fn(|context| {
        if connection.as_mut().poll(context).is_ready() {
            return Poll::Ready(Next::Ended);
        }
        if load.is_heavy() == heavy { Poll::Pending } else { Poll::Ready(Next::Moves) }
    })
    .await
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;
    use std::thread::{self, ThreadId};

    use axum::body::Body as Bytes;
    use tokio::net::TcpStream;
    use tokio::sync::oneshot;

    use super::*;

    const SESSION: &str = "/v2/a/b/blobs/uploads/1";

    fn request(method: Method, path: &str, body: Bytes) -> Request<Bytes> {
        Request::builder().method(method).uri(path).body(body).unwrap()
    }

    fn endless() -> Bytes {
        Bytes::from_stream(futures_util::stream::pending::<Result<&'static [u8], std::io::Error>>())
    }

    async fn socket() -> Socket {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        Socket::new(TcpStream::connect(listener.local_addr().unwrap()).await.unwrap())
    }

    /// A connection of three requests: a small one, a large one, a small one; where each was answered.
    async fn three(load: Load, seen: Arc<Mutex<Vec<ThreadId>>>) {
        for body in [Bytes::from("x"), endless(), Bytes::from("x")] {
            let carried = load.carry(&request(Method::PUT, SESSION, body));
            tokio::task::yield_now().await;
            seen.lock().unwrap().push(thread::current().id());
            drop(carried);
            tokio::task::yield_now().await;
        }
    }

    async fn driven(threads: &Threads) -> Vec<ThreadId> {
        let (driver, seen) = (threads.driver(), Arc::default());
        let connection = three(driver.load(), Arc::clone(&seen));
        driver.drive(socket().await, Box::pin(connection)).await;
        Arc::into_inner(seen).unwrap().into_inner().unwrap()
    }

    #[test]
    fn large_is_what_is_long_or_does_not_say_how_long_it_is() {
        let long = || Bytes::from(vec![0; LARGE as usize]);
        let load = Load::default();
        for (method, path, body, is_heavy) in [
            (Method::PUT, SESSION, long(), true),
            (Method::PATCH, SESSION, endless(), true),
            (Method::POST, "/v2/a/blobs/uploads/?digest=sha256:0", long(), true),
            (Method::POST, "/v2/a/blobs/uploads/", Bytes::from("x"), false),
            (Method::PATCH, SESSION, Bytes::empty(), false),
            (Method::GET, SESSION, endless(), false),
            (Method::DELETE, SESSION, long(), false),
            (Method::PUT, "/v2/a/manifests/v1", long(), false),
            (Method::POST, "/token", endless(), false),
            (Method::POST, "/api/v1/policy/trial?/v2/a/blobs/uploads/", long(), false),
        ] {
            let carried = load.carry(&request(method.clone(), path, body));
            assert_eq!(load.is_heavy(), is_heavy, "{method} {path}");
            drop(carried);
            assert!(!load.is_heavy(), "{method} {path}");
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
    async fn without_a_thread_for_it_a_connection_goes_on_where_it_is_until_there_is_one() {
        let threads = Threads::new();
        let all = Arc::clone(&threads.free).acquire_many_owned(MOST as u32).await.unwrap();
        let own = thread::current().id();
        assert_eq!(driven(&threads).await, [own; 3]);
        let driver = threads.driver();
        let (load, free) = (driver.load(), Arc::clone(&threads.free));
        let connection = async move {
            let _carried = load.carry(&request(Method::PATCH, SESSION, endless()));
            tokio::task::yield_now().await;
            assert_eq!(thread::current().id(), own);
            drop(all);
            while thread::current().id() == own {
                tokio::task::yield_now().await;
            }
            assert_eq!(free.available_permits(), MOST - 1);
        };
        let driven = tokio::time::timeout(
            Duration::from_secs(10),
            driver.drive(socket().await, Box::pin(connection)),
        );
        driven.await.expect("it moves");
    }

    #[tokio::test]
    async fn a_connection_does_not_outlive_its_server() {
        let threads = Threads::new();
        let driver = threads.driver();
        let (load, (begun, begins), (dropped, drops)) =
            (driver.load(), oneshot::channel(), oneshot::channel::<()>());
        let connection = async move {
            let _dropped = dropped;
            let _carried = load.carry(&request(Method::PATCH, SESSION, endless()));
            tokio::task::yield_now().await;
            begun.send(thread::current().id()).unwrap();
            std::future::pending::<()>().await;
        };
        let driven = tokio::spawn(driver.drive(socket().await, Box::pin(connection)));
        assert_ne!(begins.await.unwrap(), thread::current().id());
        threads.end().await;
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
            let _carried = load.carry(&request(Method::PATCH, SESSION, endless()));
            tokio::task::yield_now().await;
            panic!("it does");
        };
        driver.drive(socket().await, Box::pin(connection)).await;
        assert_eq!(threads.free.available_permits(), MOST);
    }
}
