//! The socket of a connection. Which runtime waits for it can be changed while it is open.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::runtime::Handle;

/// A socket. Copies are the same one.
#[derive(Clone)]
pub(crate) struct Socket(Arc<Mutex<Option<TcpStream>>>);

impl Socket {
    /// This one; the runtime that it came from waits for it.
    pub(crate) fn new(stream: TcpStream) -> Self {
        Self(Arc::new(Mutex::new(Some(stream))))
    }

    /// Lets `runtime` wait for it from now on, which has to last until another one does. Who waits has to ask again.
    ///
    /// # Errors
    /// What the system says; then the connection is at its end.
    pub(crate) fn wait_in(&self, runtime: &Handle) -> io::Result<()> {
        let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let stream = open.take().ok_or(io::ErrorKind::NotConnected)?.into_std()?;
        let _within = runtime.enter();
        *open = Some(TcpStream::from_std(stream)?);
        Ok(())
    }

    /// Does something with the stream itself.
    pub(crate) fn with<T>(
        &self,
        act: impl FnOnce(Pin<&mut TcpStream>) -> Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        match &mut *self.0.lock().unwrap_or_else(PoisonError::into_inner) {
            Some(stream) => act(Pin::new(stream)),
            None => Poll::Ready(Err(io::ErrorKind::NotConnected.into())),
        }
    }
}

impl AsyncRead for Socket {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.with(|stream| stream.poll_read(context, buffer))
    }
}

impl AsyncWrite for Socket {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.with(|stream| stream.poll_write(context, bytes))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        all: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.with(|stream| stream.poll_write_vectored(context, all))
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.with(|stream| stream.poll_flush(context))
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.with(|stream| stream.poll_shutdown(context))
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;
    use tokio::runtime::Builder;

    use super::*;

    async fn pair() -> (Socket, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let far = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        (Socket::new(listener.accept().await.unwrap().0), far)
    }

    #[test]
    fn a_socket_is_waited_for_where_it_was_put_last() {
        let one = Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let (mut socket, mut far) = one.block_on(pair());
        for turn in 0..3_u8 {
            let other = Builder::new_current_thread().enable_io().build().unwrap();
            socket.wait_in(other.handle()).unwrap();
            let sends = one.spawn(async move {
                tokio::time::sleep(std::time::Duration::from_millis(20)).await;
                far.write_all(&[turn, 1]).await.unwrap();
                far
            });
            // Nothing of the first runtime is entered here: only the other one can wake this.
            assert_eq!(other.block_on(socket.read_u8()).unwrap(), turn);
            socket.wait_in(one.handle()).unwrap();
            drop(other);
            far = one.block_on(sends).unwrap();
            assert_eq!(one.block_on(socket.read_u8()).unwrap(), 1);
            one.block_on(socket.write_all(&[turn])).unwrap();
            assert_eq!(one.block_on(far.read_u8()).unwrap(), turn);
        }
    }

    #[tokio::test]
    async fn a_socket_that_was_lost_is_an_error_and_not_waited_for() {
        let (mut socket, _far) = pair().await;
        socket.0.lock().unwrap().take();
        assert_eq!(socket.read_u8().await.unwrap_err().kind(), io::ErrorKind::NotConnected);
        assert_eq!(socket.write_u8(1).await.unwrap_err().kind(), io::ErrorKind::NotConnected);
        let moved = socket.wait_in(&Handle::current());
        assert_eq!(moved.unwrap_err().kind(), io::ErrorKind::NotConnected);
    }
}
