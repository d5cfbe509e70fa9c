//! Request bodies in steps that are worth a disk write.

use std::future::poll_fn;
use std::pin::Pin;
use std::task::Poll;
use std::time::Duration;

use axum::body::{Body, BodyDataStream, HttpBody as _};
use axum::http::{HeaderMap, header};
use bytes::{Bytes, BytesMut};
use futures_util::StreamExt as _;
use tokio::time::{Instant, Sleep, sleep};

use crate::RegistryError;

/// Bytes that are handed to the store at once: large enough that the way to a blocking thread
/// costs little (measured: small steps halve the throughput).
pub(crate) const STEP: usize = 512 * 1024;
/// So many bytes that came at once are a step as they are: to wait for more costs more than a full step saves.
const AS_IT_IS: usize = STEP / 2;
/// So many are a piece of their own within a step: copying them would cost more. Smaller ones are put together, so that
/// a step is of few pieces however a body comes.
const PIECE: usize = 32 * 1024;
/// Room that a step is put together in: what comes at once may go over [`STEP`]. It is used again for the
/// next step, so that nothing is copied to make more room and no new page is touched.
const ROOM: usize = 2 * STEP;

/// A body, read in steps of [`STEP`] bytes.
pub(crate) struct Steps {
    stream: BodyDataStream,
    pending: BytesMut,
    failed: Option<RegistryError>,
    timeout: Duration,
    /// When the next step has to be there. One for the whole body: a body may come in very many pieces.
    deadline: Pin<Box<Sleep>>,
    ended: bool,
}

impl Steps {
    /// A body of which each step must come within `timeout`.
    pub(crate) fn of(body: Body, timeout: Duration) -> Self {
        let (stream, deadline) = (body.into_data_stream(), Box::pin(sleep(timeout)));
        Self { stream, pending: BytesMut::new(), failed: None, timeout, deadline, ended: false }
    }

    /// The next bytes in pieces, none at the end. What came before the body broke is given first, so that an
    /// upload can be resumed from there.
    pub(crate) async fn next(&mut self) -> Result<Option<Vec<Bytes>>, RegistryError> {
        self.deadline.as_mut().reset(Instant::now() + self.timeout);
        let (mut pieces, mut length) = (Vec::new(), 0);
        while !self.ended && length + self.pending.len() < STEP {
            match self.piece().await {
                Some(Some(Ok(bytes))) => {
                    self.ended = self.stream.is_end_stream();
                    let is_all = self.ended && self.pending.is_empty() && pieces.is_empty();
                    if bytes.len() < PIECE && !is_all {
                        self.add(&bytes);
                        continue;
                    }
                    length += self.pending.len() + bytes.len();
                    self.take_pending(&mut pieces);
                    let is_much = bytes.len() >= AS_IT_IS;
                    pieces.extend(Some(bytes).filter(|bytes| !bytes.is_empty()));
                    if is_much {
                        break;
                    }
                }
                Some(Some(Err(source))) => self.fail(RegistryError::Body { source }),
                Some(None) => self.ended = true,
                None => self.fail(RegistryError::Slow),
            }
        }
        self.take_pending(&mut pieces);
        match self.failed.take() {
            // Behind what came before it.
            Some(error) if !pieces.is_empty() => self.failed = Some(error),
            Some(error) => return Err(error),
            None => {}
        }
        Ok(Some(pieces).filter(|pieces| !pieces.is_empty()))
    }

    /// What comes next; none where it did not come in time.
    async fn piece(&mut self) -> Option<Option<Result<Bytes, axum::Error>>> {
        let (stream, deadline) = (&mut self.stream, &mut self.deadline);
        poll_fn(|context| match stream.poll_next_unpin(context) {
            Poll::Ready(next) => Poll::Ready(Some(next)),
            Poll::Pending => deadline.as_mut().poll(context).map(|()| None),
        })
        .await
    }

    fn take_pending(&mut self, pieces: &mut Vec<Bytes>) {
        if !self.pending.is_empty() {
            pieces.push(self.pending.split().freeze());
        }
    }

    fn add(&mut self, bytes: &[u8]) {
        if self.pending.is_empty() {
            let left = self.stream.size_hint().upper().and_then(|left| usize::try_from(left).ok());
            let room = left.map_or(ROOM, |left| left.saturating_add(bytes.len()).min(ROOM));
            // Whoever had the step before this one is done with it: its room is taken again.
            self.pending.reserve(room);
        }
        self.pending.extend_from_slice(bytes);
    }

    fn fail(&mut self, error: RegistryError) {
        self.failed = Some(error);
        self.ended = true;
    }
}

/// The announced length of the body.
pub(crate) fn content_length(headers: &HeaderMap) -> Option<u64> {
    headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use futures_util::stream;

    use super::*;

    /// A body that comes in these parts, without a length.
    fn parts(parts: Vec<Bytes>) -> Steps {
        let parts = parts.into_iter().map(Ok::<_, std::io::Error>);
        Steps::of(Body::from_stream(stream::iter(parts)), Duration::from_secs(5))
    }

    fn numbers(count: u32) -> Vec<u8> {
        (0..count).map(|at| (at / 7) as u8).collect()
    }

    #[tokio::test]
    async fn steps_are_large_and_whole_and_of_few_pieces() {
        let all = numbers(4_000_000);
        for length in [1, 1_000, PIECE - 1, PIECE, 65_536, 200_000, 300_000, 3_000_000] {
            let some = &all[..all.len().min(length * 20_000)];
            let mut steps = parts(some.chunks(length).map(Bytes::copy_from_slice).collect());
            let (mut got, mut places, mut lengths) = (Vec::new(), Vec::new(), Vec::new());
            while let Some(step) = steps.next().await.unwrap() {
                assert!(step.len() <= STEP / PIECE && step.iter().all(|piece| !piece.is_empty()));
                lengths.push(step.iter().map(Bytes::len).sum::<usize>());
                places.push(step[0].as_ptr());
                got.extend(step.concat());
            }
            assert!(got == some, "{length}");
            let (last, full) = lengths.split_last().unwrap();
            let least = if length < AS_IT_IS { STEP } else { length };
            assert!(*last > 0 && full.iter().all(|length| *length >= least), "{lengths:?}");
            if length < PIECE {
                // Whoever had a step before is done with it: its room is taken again.
                places.dedup();
                assert_eq!(places.len(), 1, "{length}: {lengths:?}");
            }
        }
    }

    #[tokio::test]
    async fn much_at_once_is_not_copied_and_nothing_changes_its_place() {
        let all = Bytes::from(numbers(1_200_000));
        let little = [100, 100 + PIECE, 200 + PIECE, 300 + PIECE];
        let much = [300 + 2 * PIECE, 300 + 2 * PIECE + AS_IT_IS];
        let cuts = [&[0], &little[..], &much[..], &[700_000, all.len()]].concat();
        let mut steps = parts(cuts.windows(2).map(|cut| all.slice(cut[0]..cut[1])).collect());
        let (mut got, mut as_they_came, mut lengths) = (Vec::new(), 0, Vec::new());
        while let Some(step) = steps.next().await.unwrap() {
            for piece in &step {
                as_they_came += usize::from(piece.as_ptr() == all[got.len()..].as_ptr());
                got.extend_from_slice(piece);
            }
            lengths.push(step.iter().map(Bytes::len).collect::<Vec<_>>());
        }
        assert!(got == all);
        // What is little goes together, what is more is as it came, and much ends the step.
        assert_eq!(lengths[0], [100, PIECE, 200, PIECE, AS_IT_IS]);
        assert_eq!((lengths.len(), as_they_came), (3, 5));
    }

    #[tokio::test]
    async fn a_step_that_somebody_keeps_is_not_written_over() {
        for length in [10_000, 100_000] {
            let pieces = (0..40_u8).map(|at| Bytes::from(vec![at; length]));
            let mut steps = parts(pieces.collect());
            let mut kept = Vec::new();
            while let Some(step) = steps.next().await.unwrap() {
                kept.push(step);
            }
            let got: Vec<u8> = kept.into_iter().flatten().collect::<Vec<_>>().concat();
            let right =
                |(at, part): (usize, &[u8])| part.iter().all(|byte| usize::from(*byte) == at);
            assert!(got.len() == 40 * length && got.chunks(length).enumerate().all(right));
        }
    }

    #[tokio::test]
    async fn what_came_before_a_body_broke_is_given_first() {
        let broken = || Err(std::io::Error::other("gone"));
        for large in [1, PIECE] {
            let first = Bytes::from(vec![7; large]);
            let body = stream::iter([Ok(first.clone()), Ok(Bytes::from_static(b"c")), broken()]);
            let mut steps = Steps::of(Body::from_stream(body), Duration::from_secs(5));
            let step = steps.next().await.unwrap().unwrap().concat();
            assert_eq!(step, [&first[..], b"c"].concat());
            steps.next().await.unwrap_err();
        }
        for body in [Body::empty(), Body::from(Bytes::new()), Body::from("x")] {
            let mut steps = Steps::of(body, Duration::from_secs(5));
            let first = steps.next().await.unwrap();
            assert!(first.is_none_or(|step| step == ["x"]));
            assert_eq!(steps.next().await.unwrap(), None);
        }
    }
}
