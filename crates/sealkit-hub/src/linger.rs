//! Clients that still send when they were answered. A connection that is closed on bytes which nobody read is reset, and
//! the answer is lost with it: people would see "broken pipe" in place of the reason. So the hub stops speaking, takes
//! what comes for a while and throws it away, until the client has seen the answer and goes.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::http::{HeaderValue, Response, header};
use hyper::body::{Body, Frame, SizeHint};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};

use crate::socket::Socket;

/// How long a client has to go. It has seen the answer as soon as that came to it, if it looks while it sends.
const PATIENCE: Duration = Duration::from_secs(5);
/// Bytes that are thrown away at most. A network of 10 Gbit/s brings them in a fifth of a second, in which an answer goes
/// around the world; and who sends its chunks whole before it reads has sent one. More would be an upload that nobody
/// wants.
const MOST: u64 = 256 << 20;
/// Bytes that are thrown away at once.
const STEP: usize = 32 * 1024;
/// Bytes of a body that may be here already when it is refused: then the connection is as good as before. Of what is
/// longer the client has to hear that it ends.
const NEAR: u64 = 64 * 1024;

/// What is left of the body of a connection's last request, in bytes; all that there can be where nobody knows.
#[derive(Clone, Default)]
pub(crate) struct Rest(Arc<AtomicU64>);

impl Rest {
    /// The body of a new request, which notes here what is left of it.
    pub(crate) fn watch<B: Body>(&self, body: B) -> Watched<B> {
        self.0.store(0, Ordering::Release);
        Watched { body, rest: self.clone(), has_ended: false }
    }

    /// Says in an answer that the connection ends, where it will.
    pub(crate) fn tell<T>(&self, mut answer: Response<T>) -> Response<T> {
        if self.left() > NEAR {
            answer.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        answer
    }

    /// Waits for the client to go, where it may still send.
    pub(crate) async fn linger(&self, socket: Socket) {
        if self.left() > 0 {
            let _ = tokio::time::timeout(PATIENCE, throw_away(socket)).await;
        }
    }

    fn left(&self) -> u64 {
        self.0.load(Ordering::Acquire)
    }
}

/// Ends what is said, and takes what comes. What is under encryption is not read: nobody wants it.
pub(crate) async fn throw_away(mut socket: impl AsyncRead + AsyncWrite + Unpin) {
    let _ = socket.shutdown().await;
    let (mut left, mut bytes) = (MOST, vec![0; STEP]);
    while left > 0 {
        match socket.read(&mut bytes).await {
            Ok(count) if count > 0 => left = left.saturating_sub(count as u64),
            _ => return,
        }
    }
}

/// A body that notes what is left of it when it is let go.
pub(crate) struct Watched<B: Body> {
    body: B,
    rest: Rest,
    has_ended: bool,
}

impl<B: Body + Unpin> Body for Watched<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        let own = self.get_mut();
        let polled = Pin::new(&mut own.body).poll_frame(context);
        own.has_ended |= matches!(polled, Poll::Ready(None));
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl<B: Body> Drop for Watched<B> {
    fn drop(&mut self) {
        if !self.has_ended && !self.body.is_end_stream() {
            let left = self.body.size_hint().upper().unwrap_or(u64::MAX);
            self.rest.0.store(left, Ordering::Release);
        }
    }
}

#[cfg(test)]
mod tests {
    use axum::body::{Body as Bytes, to_bytes};
    use futures_util::stream;

    use super::*;

    fn closes(rest: &Rest) -> bool {
        rest.tell(Response::new(())).headers().contains_key(header::CONNECTION)
    }

    fn unknown() -> Bytes {
        let pieces = ["a", "b"].map(Ok::<_, std::io::Error>);
        Bytes::from_stream(stream::iter(pieces))
    }

    #[tokio::test]
    async fn what_is_left_of_a_body_is_known_when_it_is_let_go() {
        let rest = Rest::default();
        let large = vec![0; usize::try_from(NEAR).unwrap() + 1];
        for (body, left, is_told) in [
            (Bytes::empty(), 0, false),
            (Bytes::from("four"), 4, false),
            (Bytes::from(large), NEAR + 1, true),
            (unknown(), u64::MAX, true),
        ] {
            let watched = rest.watch(body);
            assert_eq!(rest.left(), 0, "it is still being read");
            drop(watched);
            assert_eq!((rest.left(), closes(&rest)), (left, is_told));
        }
    }

    #[tokio::test]
    async fn nothing_is_left_of_what_was_read() {
        let rest = Rest::default();
        for body in [Bytes::from("four"), unknown()] {
            let _ = to_bytes(Bytes::new(rest.watch(body)), usize::MAX).await.unwrap();
            assert_eq!((rest.left(), closes(&rest)), (0, false));
        }
        let mut half = rest.watch(unknown());
        let first = std::future::poll_fn(|context| Pin::new(&mut half).poll_frame(context)).await;
        assert!(first.is_some());
        drop(half);
        assert!(rest.left() > 0);
    }
}
