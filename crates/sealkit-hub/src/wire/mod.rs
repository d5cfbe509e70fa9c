//! A connection that sends files where they lie: out of the system's cache into the connection, and through no memory
//! of ours (sendfile(2)).

mod files;
mod lent;
#[cfg(test)]
mod tests;

use std::io::{self, IoSlice};
use std::os::unix::fs::FileExt as _;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use rustix::fs::sendfile;
use rustix::io::Errno;
use rustix::net::sockopt::set_tcp_congestion;
use tokio::io::{AsyncRead, AsyncWrite, Interest, ReadBuf};
use tokio::net::{TcpListener, TcpStream};

pub(crate) use lent::Lent;
use lent::{Piece, place_of};

use crate::socket::Socket;

/// Bytes that are copied at once where the system can not send a file.
const COPY: usize = 64 * 1024;

/// What each system has and may use (tcp(7)), and what sends as soon as it may.
const UNPACED: &str = "reno";
/// How a system says that it can not send a file.
const UNABLE: [Option<Errno>; 3] = [Some(Errno::INVAL), Some(Errno::NOSYS), Some(Errno::OPNOTSUPP)];

/// A connection, and what it was lent.
pub(crate) struct Wire {
    socket: Socket,
    lent: Lent,
}

impl Wire {
    /// A connection that nothing was written to.
    pub(crate) fn new(socket: Socket, lent: &Lent) -> Self {
        Self { socket, lent: lent.clone() }
    }

    /// Sends what bytes that begin at `place` stand for, and says how many of its bytes were sent.
    fn poll_send(&self, context: &mut Context<'_>, place: usize) -> Poll<io::Result<usize>> {
        // Never the stand-ins themselves, and nothing that is meant for another answer.
        let Some(piece) = self.lent.due(place) else {
            return Poll::Ready(Err(io::Error::other("what was lent is out of its order")));
        };
        let count = ready!(self.socket.with(|stream| poll_send(&stream, &piece, context)))?;
        self.lent.sent(count);
        Poll::Ready(Ok(count))
    }
}

fn poll_send(
    stream: &TcpStream,
    piece: &Piece,
    context: &mut Context<'_>,
) -> Poll<io::Result<usize>> {
    loop {
        ready!(stream.poll_write_ready(context))?;
        match send(stream, piece) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            // The file was cut short.
            Ok(0) => return Poll::Ready(Err(io::ErrorKind::UnexpectedEof.into())),
            sent => return Poll::Ready(sent),
        }
    }
}

/// Sends as much of a piece as the connection takes.
fn send(stream: &TcpStream, piece: &Piece) -> io::Result<usize> {
    let mut at = piece.at;
    let sent = stream.try_io(Interest::WRITABLE, || {
        Ok(sendfile(stream, &*piece.file, Some(&mut at), piece.left)?)
    });
    match sent {
        // A file system may not be able to.
        Err(error) if UNABLE.contains(&Errno::from_io_error(&error)) => copy(stream, piece),
        sent => sent,
    }
}

/// The same through memory of ours.
fn copy(stream: &TcpStream, piece: &Piece) -> io::Result<usize> {
    let mut buffer = vec![0; piece.left.min(COPY)];
    let count = piece.file.read_at(&mut buffer, piece.at)?;
    if count == 0 { Ok(0) } else { stream.try_write(buffer.get(..count).unwrap_or_default()) }
}

/// Takes the pace off connections that do not leave this machine. There is no network that more could flood, and where
/// the system's choice is one that paces (BBR), each 64 KiB that is sent costs a timer, which is more than sending them.
/// It has to be said before there is a connection: one that was paced once stays so.
pub(crate) fn unpace(listener: &TcpListener) {
    if listener.local_addr().is_ok_and(|addr| addr.ip().to_canonical().is_loopback()) {
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
        let is_lent = |one: &IoSlice<'_>| !one.is_empty() && place_of(one).is_some();
        let first = all.iter().find(|one| !one.is_empty());
        if let Some(place) = first.and_then(|first| place_of(first)) {
            return wire.poll_send(context, place);
        }
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
