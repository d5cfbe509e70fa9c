//! Clients that have connected and said nothing yet: they cost a socket, and no place among those that are
//! served. Whoever opens thousands of connections keeps nobody else out.

use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};

/// Most connections that are open, served or not.
const OPEN: usize = 16_384;
/// File descriptors for everything else.
#[cfg(unix)]
const SPARE: u64 = 1_024;

/// The way in.
#[derive(Clone)]
pub(crate) struct Door {
    open: Arc<Semaphore>,
    served: Arc<Semaphore>,
    patience: Duration,
    closed: Arc<watch::Sender<bool>>,
}

impl Door {
    /// A way in for so many connections that are served at once. A client that says nothing for as long as
    /// `patience` is sent away.
    pub(crate) fn new(served: usize, patience: Duration) -> Self {
        raise_limit();
        let (open, served) = (Arc::new(Semaphore::new(OPEN)), Arc::new(Semaphore::new(served)));
        Self { open, served, patience, closed: Arc::new(watch::Sender::new(false)) }
    }

    /// Sends away who has said nothing yet, and who waits for a place.
    pub(crate) fn close(&self) {
        self.served.close();
        self.closed.send_replace(true);
    }

    /// Room for one more connection.
    pub(crate) async fn room(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.open).acquire_owned().await.ok()
    }

    /// A place among those that are served, as soon as the client has begun to speak and one is free.
    pub(crate) async fn place(&self, stream: &TcpStream) -> Option<OwnedSemaphorePermit> {
        let (mut closed, mut first) = (self.closed.subscribe(), [0]);
        tokio::select! {
            // Not `readable`, which may say so before anything is there.
            spoke = tokio::time::timeout(self.patience, stream.peek(&mut first)) => match spoke {
                Ok(Ok(1)) => {}
                _ => return None,
            },
            _ = closed.wait_for(|closed| *closed) => return None,
        }
        Arc::clone(&self.served).acquire_owned().await.ok()
    }
}

/// Asks for as many file descriptors as there may be connections, where the system lets it: the usual limit is
/// 1,024.
#[cfg(unix)]
fn raise_limit() {
    use rustix::process::{Resource, getrlimit, setrlimit};
    let mut limit = getrlimit(Resource::Nofile);
    let wanted = OPEN as u64 + SPARE;
    if limit.current.is_some_and(|current| current < wanted) {
        limit.current = Some(limit.maximum.map_or(wanted, |most| wanted.min(most)));
        // With fewer, clients wait until there are some again.
        let _ = setrlimit(Resource::Nofile, limit);
    }
}

#[cfg(not(unix))]
fn raise_limit() {}
