//! A connection that sends files where they lie: out of the system's cache into the connection, and through no memory
//! of ours (sendfile(2)).

mod files;
mod lent;
mod part;
mod sending;
#[cfg(test)]
mod tests;

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_util::future::BoxFuture;
use rustix::net::sockopt::{set_tcp_congestion, tcp_congestion};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpListener;

pub(crate) use lent::Lent;
use lent::mark_of;

use crate::socket::Socket;

/// What each system has and may use (tcp(7)), and what sends as soon as it may.
const UNPACED: &str = "reno";
/// How the names of those begin that pace what they send.
const PACED: &str = "bbr";

/// A connection, and what it was lent.
pub(crate) struct Wire {
    socket: Socket,
    lent: Lent,
    /// Reads what comes next where it is not in memory.
    fetch: Option<BoxFuture<'static, io::Result<()>>>,
}

impl Wire {
    /// A connection that nothing was written to.
    pub(crate) fn new(socket: Socket, lent: &Lent) -> Self {
        Self { socket, lent: lent.clone(), fetch: None }
    }

    /// Sends what so many bytes with this mark stand for, and says how many were sent.
    fn poll_send(
        &mut self,
        context: &mut Context<'_>,
        mark: usize,
        size: usize,
    ) -> Poll<io::Result<usize>> {
        // Never the stand-ins themselves, and nothing that is meant for another answer.
        let Some(mut due) = self.lent.due(mark) else {
            tracing::error!("bytes that stand for a file are written out of their order");
            return Poll::Ready(Err(io::Error::other("what was lent is out of its order")));
        };
        due.part.size = due.part.size.min(size);
        ready!(self.socket.with(|stream| stream.poll_write_ready(context)))?;
        // It may have waited for long. Who sends is a thread that others need too: it does not wait for a disk.
        if self.fetch.is_none() && !due.part.is_in_memory().unwrap_or(due.is_fetched) {
            self.fetch = Some(Box::pin(due.part.clone().fetch()));
        }
        if let Some(fetch) = &mut self.fetch {
            let fetched = ready!(fetch.as_mut().poll(context));
            self.fetch = None;
            fetched?;
            self.lent.fetched();
        }
        let sent = self.socket.with(|stream| sending::poll_send(&stream, &due.part, context));
        let count = ready!(sent)?;
        self.lent.sent(count);
        Poll::Ready(Ok(count))
    }
}

/// Takes the pace off connections that do not leave this machine. There is no network that more could flood, and each
/// 64 KiB that is paced costs a timer, which is more than sending them. It has to be said before there is a
/// connection: one that was paced once stays so.
pub(crate) fn unpace(listener: &TcpListener) {
    let is_local = listener.local_addr().is_ok_and(|addr| addr.ip().to_canonical().is_loopback());
    if is_local && tcp_congestion(listener).is_ok_and(|name| name.starts_with(PACED)) {
        // Where it is not allowed it stays as it was.
        let _ = set_tcp_congestion(listener, UNPACED);
    }
}

impl AsyncRead for Wire {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().socket).poll_read(context, buffer)
    }
}

impl AsyncWrite for Wire {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.poll_write_vectored(context, &[IoSlice::new(bytes)])
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        all: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let wire = self.get_mut();
        if let Some(first) = all.iter().find(|one| !one.is_empty())
            && let Some(mark) = mark_of(first)
        {
            return wire.poll_send(context, mark, first.len());
        }
        let is_lent = |one: &IoSlice<'_>| !one.is_empty() && mark_of(one).is_some();
        let own = all.split(is_lent).next().unwrap_or_default();
        Pin::new(&mut wire.socket).poll_write_vectored(context, own)
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().socket).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().socket).poll_shutdown(context)
    }
}
