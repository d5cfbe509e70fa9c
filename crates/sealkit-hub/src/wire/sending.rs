//! How a part of a file comes into a connection.

use std::io;
use std::os::unix::fs::FileExt as _;
use std::task::{Context, Poll, ready};

use rustix::fs::sendfile;
use rustix::io::Errno;
use tokio::io::Interest;
use tokio::net::TcpStream;

use super::part::{Part, UNABLE};

/// Bytes that are copied at once where the system can not send a file.
const COPY: usize = 64 * 1024;

/// Sends as much of it as the connection takes.
pub(super) fn poll_send(
    stream: &TcpStream,
    part: &Part,
    context: &mut Context<'_>,
) -> Poll<io::Result<usize>> {
    loop {
        ready!(stream.poll_write_ready(context))?;
        match send(stream, part) {
            Err(error)
                if matches!(
                    error.kind(),
                    io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted
                ) => {}
            // The file was cut short.
            Ok(0) => return Poll::Ready(Err(io::ErrorKind::UnexpectedEof.into())),
            sent => return Poll::Ready(sent),
        }
    }
}

fn send(stream: &TcpStream, part: &Part) -> io::Result<usize> {
    let mut at = part.at;
    let sent = stream.try_io(Interest::WRITABLE, || {
        Ok(sendfile(stream, &*part.file, Some(&mut at), part.size)?)
    });
    or_copy(sent, stream, part)
}

/// What was sent. Where that can not be it is copied through memory of ours.
pub(super) fn or_copy(
    sent: io::Result<usize>,
    stream: &TcpStream,
    part: &Part,
) -> io::Result<usize> {
    match sent {
        Err(error) if Errno::from_io_error(&error).is_some_and(|error| UNABLE.contains(&error)) => {
            let mut buffer = vec![0; part.size.min(COPY)];
            // A file that is not ready is none that is waited for here.
            let count = part.file.read_at(&mut buffer, part.at).map_err(io::Error::other)?;
            let bytes = buffer.get(..count).unwrap_or_default();
            if bytes.is_empty() { Ok(0) } else { stream.try_write(bytes) }
        }
        sent => sent,
    }
}
