//! Request bodies in steps that are worth a disk write.

use std::time::Duration;

use axum::body::{Body, BodyDataStream, HttpBody as _};
use axum::http::{HeaderMap, header};
use bytes::{Bytes, BytesMut};
use futures_util::StreamExt;
use tokio::time::{Instant, timeout_at};

use crate::RegistryError;

/// Bytes that are handed to the store at once: large enough that the way to a blocking thread
/// costs little (measured: small steps halve the throughput).
pub(crate) const STEP: usize = 512 * 1024;
/// So many bytes that came at once are a step as they are: copying them would cost more than the way that a
/// full step saves.
const AS_IT_IS: usize = STEP / 2;
/// Room that a step is put together in: what comes at once may go over [`STEP`]. It is used again for the
/// next step, so that nothing is copied to make more room and no new page is touched.
const ROOM: usize = 2 * STEP;

/// A body, read in steps of [`STEP`] bytes.
pub(crate) struct Steps {
    stream: BodyDataStream,
    pending: BytesMut,
    failed: Option<RegistryError>,
    timeout: Duration,
    ended: bool,
}

impl Steps {
    /// A body of which each step must come within `timeout`.
    pub(crate) fn of(body: Body, timeout: Duration) -> Self {
        let stream = body.into_data_stream();
        Self { stream, pending: BytesMut::new(), failed: None, timeout, ended: false }
    }

    /// The next bytes, none at the end. What came before the body broke is given first, so that an
    /// upload can be resumed from there.
    pub(crate) async fn next(&mut self) -> Result<Option<Bytes>, RegistryError> {
        let deadline = Instant::now() + self.timeout;
        while !self.ended && self.pending.len() < STEP {
            match timeout_at(deadline, self.stream.next()).await {
                Ok(Some(Ok(bytes))) => {
                    self.ended = self.stream.is_end_stream();
                    let is_enough = self.ended || bytes.len() >= AS_IT_IS;
                    if is_enough && self.pending.is_empty() {
                        // All of a small body, or much at once: as it is.
                        return Ok(Some(bytes).filter(|bytes| !bytes.is_empty()));
                    }
                    self.add(&bytes);
                }
                Ok(Some(Err(source))) => self.fail(RegistryError::Body { source }),
                Ok(None) => self.ended = true,
                Err(_) => self.fail(RegistryError::Slow),
            }
        }
        if !self.pending.is_empty() {
            return Ok(Some(self.pending.split().freeze()));
        }
        match self.failed.take() {
            Some(error) => Err(error),
            None => Ok(None),
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

    #[tokio::test]
    async fn steps_are_large_whole_and_made_in_the_same_room() {
        let all: Vec<u8> = (0..4_000_000_u32).map(|at| (at / 7) as u8).collect();
        for length in [1_000, 65_536, 200_000, 300_000, 3_000_000] {
            let mut steps = parts(all.chunks(length).map(Bytes::copy_from_slice).collect());
            let (mut got, mut places, mut lengths) = (Vec::new(), Vec::new(), Vec::new());
            while let Some(step) = steps.next().await.unwrap() {
                got.extend_from_slice(&step);
                lengths.push(step.len());
                places.push(step.as_ptr());
            }
            assert!(got == all, "{length}");
            let (last, full) = lengths.split_last().unwrap();
            let least = if length < AS_IT_IS { STEP } else { length };
            assert!(*last > 0 && full.iter().all(|length| *length >= least), "{lengths:?}");
            if length < AS_IT_IS {
                // Whoever had a step before is done with it.
                places.dedup();
                assert_eq!(places.len(), 1, "{length}: {lengths:?}");
            }
        }
    }

    #[tokio::test]
    async fn much_at_once_is_not_copied_and_nothing_changes_its_place() {
        let all: Vec<u8> = (0..1_200_000_u32).map(|at| (at / 3) as u8).collect();
        let all = Bytes::from(all);
        // Much after a little goes behind it, much alone is given as it came.
        let little = [100, 100 + AS_IT_IS, 200 + AS_IT_IS + STEP];
        let cuts = [&[0], &little[..], &[200 + 2 * AS_IT_IS + STEP, all.len()]].concat();
        let mut steps = parts(cuts.windows(2).map(|cut| all.slice(cut[0]..cut[1])).collect());
        let (mut got, mut as_they_came) = (Vec::new(), 0);
        while let Some(step) = steps.next().await.unwrap() {
            as_they_came += usize::from(step.as_ptr() == all[got.len()..].as_ptr());
            got.extend_from_slice(&step);
        }
        assert!(got == all);
        assert_eq!(as_they_came, 1);
    }

    #[tokio::test]
    async fn a_step_that_somebody_keeps_is_not_written_over() {
        let mut steps = parts((0..40_u8).map(|at| Bytes::from(vec![at; 100_000])).collect());
        let mut kept = Vec::new();
        while let Some(step) = steps.next().await.unwrap() {
            kept.push(step);
        }
        let got: Vec<u8> = kept.concat();
        let right = got.chunks(100_000).enumerate();
        assert!(
            got.len() == 4_000_000
                && right
                    .into_iter()
                    .all(|(at, part)| part.iter().all(|byte| usize::from(*byte) == at))
        );
    }

    #[tokio::test]
    async fn what_came_before_a_body_broke_is_given_first() {
        let broken = || Err(std::io::Error::other("gone"));
        let body =
            stream::iter([Ok(Bytes::from_static(b"ab")), Ok(Bytes::from_static(b"c")), broken()]);
        let mut steps = Steps::of(Body::from_stream(body), Duration::from_secs(5));
        assert_eq!(steps.next().await.unwrap().unwrap(), "abc");
        steps.next().await.unwrap_err();
        for body in [Body::empty(), Body::from(Bytes::new()), Body::from("x")] {
            let mut steps = Steps::of(body, Duration::from_secs(5));
            let first = steps.next().await.unwrap();
            assert!(first.is_none_or(|step| step == "x"));
            assert_eq!(steps.next().await.unwrap(), None);
        }
    }
}
