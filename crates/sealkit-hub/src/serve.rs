//! Connections.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use hyper::body::Incoming;
use hyper::http::Extensions;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use prometheus_client::metrics::gauge::Gauge;
use sealkit_registry::FileSender;
use tokio::net::{TcpListener, TcpStream};

use crate::door::Door;
use crate::linger::Rest;
use crate::socket::Socket;
use crate::threads::{Driver, Threads};
use crate::wire::{Lent, Wire, unpace};
use crate::{Hub, HubError};

/// Bytes that one connection takes from its client at once, and the largest head of a request. Bodies come in
/// pieces of this size where the client is fast enough: as large as what is written at once, so that nothing is
/// put together from small ones.
const BUFFER: usize = 512 * 1024;
/// How long to wait after a connection could not be accepted, e.g. for want of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Where a request comes from, noted with each.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Peer {
    /// Its address.
    pub(crate) address: std::net::IpAddr,
    /// Whether the connection is encrypted by the hub itself.
    pub(crate) is_encrypted: bool,
}

impl Peer {
    /// The other end of a connection; none where the system does not know it any more.
    fn of(stream: &TcpStream, is_encrypted: bool) -> Option<Self> {
        Some(Self { address: stream.peer_addr().ok()?.ip(), is_encrypted })
    }
}

impl Hub {
    /// Serves connections of `listener` until `shutdown` ends, then lets open requests finish.
    pub async fn serve(
        self,
        listener: TcpListener,
        shutdown: impl Future<Output = ()> + Send,
    ) -> Result<(), HubError> {
        self.serve_until(listener, std::pin::pin!(shutdown)).await
    }

    /// As [`Hub::serve`]. It does not depend on the type of what it waits for, so that all of a connection is
    /// translated with this crate, for speed, and not with the command line, for size.
    async fn serve_until(
        self,
        listener: TcpListener,
        mut shutdown: Pin<&mut (dyn Future<Output = ()> + Send)>,
    ) -> Result<(), HubError> {
        let addr = listener.local_addr().map_err(HubError::Listen)?;
        self.options.may_listen(addr, self.options.access.is_some())?;
        unpace(&listener);
        let front = Arc::new(self.front());
        let server = http(self.options.header_timeout);
        let door = Door::new(self.options.connections, self.options.header_timeout);
        let (graceful, threads) = (GracefulShutdown::new(), Threads::new());
        loop {
            let next = tokio::select! {
                next = accept(&listener, &door) => next,
                () = shutdown.as_mut() => break,
            };
            let Some((stream, room)) = next else { continue };
            let peer = Peer::of(&stream, self.options.tls.is_some());
            let (front, driver) = (Arc::clone(&front), threads.driver());
            let (load, lent, rest) = (driver.load(), Lent::default(), Rest::default());
            // What is encrypted has to be read.
            let sender = if self.options.tls.is_none() { lent.sender() } else { None };
            let left = rest.clone();
            let service = service_fn(move |mut request: hyper::Request<Incoming>| {
                let (front, carried) = (Arc::clone(&front), load.carry(&request));
                note(request.extensions_mut(), peer, sender.as_ref());
                let (request, left) = (request.map(|body| left.watch(body)), left.clone());
                async move {
                    let _carried = carried;
                    Ok::<_, Infallible>(left.tell(front.answer(request.map(Body::new)).await))
                }
            });
            // The second until the end of the task, which is behind that of the connection.
            let (watcher, lingers) = (graceful.watcher(), graceful.watcher());
            let (server, door) = (server.clone(), door.clone());
            let numbers = Arc::clone(&self.observed.numbers);
            let (tls, limit) = (self.options.tls.clone(), self.options.header_timeout);
            tokio::spawn(async move {
                let Some(place) = door.place(&stream).await else { return };
                let _count = Connected::new(&numbers.connections);
                // A client that goes away is no failure of the hub. What serves it takes room only now.
                if let Some(tls) = tls {
                    let Some((stream, socket)) = Box::pin(tls.accept(stream, limit)).await else {
                        numbers.failed_handshakes.inc();
                        return;
                    };
                    let connection = server.serve_connection(TokioIo::new(stream), service);
                    drive(driver, socket, watcher.watch(connection), &rest).await;
                } else {
                    let socket = Socket::new(stream);
                    let stream = TokioIo::new(Wire::new(socket.clone(), &lent));
                    let connection = server.serve_connection(stream, service);
                    drive(driver, socket, watcher.watch(connection), &rest).await;
                }
                drop((place, room, lingers));
            });
        }
        self.observed.health.drain();
        drop(listener);
        door.close();
        self.end(graceful, threads).await;
        Ok(())
    }

    /// Lets what is open finish, within the time that it has.
    async fn end(&self, open: GracefulShutdown, threads: Threads) {
        let _ = tokio::time::timeout(self.options.drain, open.shutdown()).await;
        threads.end().await;
        if let Some(events) = &self.options.events {
            events.close().await;
        }
    }
}

/// Drives a connection to its end, and lets its client go in its time.
async fn drive(
    driver: Driver,
    socket: Socket,
    connection: impl Future + Send + 'static,
    rest: &Rest,
) {
    driver.drive(socket.clone(), Box::pin(connection)).await;
    rest.linger(socket).await;
}

/// HTTP/1.1, in which a head has to come within `header_timeout`.
fn http(header_timeout: Duration) -> http1::Builder {
    let mut server = http1::Builder::new();
    server.timer(TokioTimer::new());
    server.header_read_timeout(header_timeout);
    server.max_buf_size(BUFFER);
    // Bytes that stand for a file are not to be put together with others.
    server.writev(true);
    server
}

/// Notes in a request what its connection is.
fn note(request: &mut Extensions, peer: Option<Peer>, sender: Option<&Arc<dyn FileSender>>) {
    if let Some(peer) = peer {
        request.insert(peer);
    }
    if let Some(sender) = sender {
        request.insert(Arc::clone(sender));
    }
}

/// Counts a connection as long as it lives.
struct Connected(Gauge);

impl Connected {
    fn new(gauge: &Gauge) -> Self {
        gauge.inc();
        Self(gauge.clone())
    }
}

impl Drop for Connected {
    fn drop(&mut self) {
        self.0.dec();
    }
}

/// The next connection with its room among those that may be open; none where accepting failed.
async fn accept(
    listener: &TcpListener,
    door: &Door,
) -> Option<(TcpStream, tokio::sync::OwnedSemaphorePermit)> {
    let room = door.room().await?;
    if let Ok((stream, _)) = listener.accept().await {
        // Answers are small or large, never in between: waiting for more only costs time.
        let _ = stream.set_nodelay(true);
        return Some((stream, room));
    }
    tokio::time::sleep(ACCEPT_PAUSE).await;
    None
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn files_can_be_sent_where_a_request_says_so() {
        for sender in [None, Lent::default().sender()] {
            let mut extensions = Extensions::new();
            note(&mut extensions, None, sender.as_ref());
            let found: Option<&Arc<dyn FileSender>> = extensions.get();
            assert_eq!(found.is_some(), sender.is_some());
        }
    }
}
