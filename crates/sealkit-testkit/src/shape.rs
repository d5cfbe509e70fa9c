//! Bodies that are counted, slowed, changed or cut on their way.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::body::Body;
use bytes::{Bytes, BytesMut};
use futures_util::{Stream, StreamExt, stream};

use crate::record::Entry;

/// What happens to a body.
#[derive(Clone, Debug, Default)]
pub(crate) struct Shape {
    pub(crate) flip_first: bool,
    pub(crate) end_after: Option<u64>,
    pub(crate) cut_after: Option<u64>,
    pub(crate) bytes_per_second: Option<u64>,
}

/// How often a slow body sends something.
const TICKS_PER_SECOND: u64 = 20;

struct State {
    body: axum::body::BodyDataStream,
    shape: Shape,
    pending: Bytes,
    sent: u64,
    entry: Arc<Entry>,
    over: bool,
}

/// The body as `shape` says, counted into `entry` as served.
pub(crate) fn shape(body: Body, shape: Shape, entry: Arc<Entry>) -> Body {
    let body = body.into_data_stream();
    let state = State { body, shape, pending: Bytes::new(), sent: 0, entry, over: false };
    Body::from_stream(stream::unfold(state, |mut state| async {
        let next = state.next().await?;
        Some((next, state))
    }))
}

impl State {
    async fn next(&mut self) -> Option<io::Result<Bytes>> {
        if self.over {
            return None;
        }
        if self.pending.is_empty() {
            match self.body.next().await {
                None => return None,
                Some(Err(error)) => return Some(Err(io::Error::other(error))),
                Some(Ok(bytes)) => self.pending = self.changed(bytes),
            }
        }
        let mut most = self.pending.len() as u64;
        if let Some(speed) = self.shape.bytes_per_second {
            tokio::time::sleep(Duration::from_millis(1000 / TICKS_PER_SECOND)).await;
            most = most.min((speed / TICKS_PER_SECOND).max(1));
        }
        if let Some(end) = self.shape.end_after.or(self.shape.cut_after) {
            most = most.min(end.saturating_sub(self.sent));
            if most == 0 {
                self.over = true;
                let cut = self.shape.end_after.is_none();
                if cut {
                    // What was sent before must be on its way: an error throws buffers away.
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
                return cut.then(|| Err(io::Error::other("cut by the test")));
            }
        }
        let part = self.pending.split_to(most as usize);
        self.sent += part.len() as u64;
        self.entry.served.fetch_add(part.len() as u64, Ordering::AcqRel);
        Some(Ok(part))
    }

    fn changed(&self, bytes: Bytes) -> Bytes {
        if !self.shape.flip_first || self.sent > 0 || bytes.is_empty() {
            return bytes;
        }
        let mut changed = BytesMut::from(bytes.as_ref());
        if let Some(first) = changed.first_mut() {
            *first ^= 0xFF;
        }
        changed.freeze()
    }
}

/// The request body, counted into `entry` as received. With `most`, what comes after so many
/// bytes is read and thrown away.
pub(crate) fn receive(body: Body, most: Option<u64>, entry: Arc<Entry>) -> Body {
    let counted = count(body.into_data_stream(), entry);
    let Some(most) = most else { return Body::from_stream(counted) };
    let left = AtomicU64::new(most);
    Body::from_stream(counted.map(move |next| {
        next.map(|mut bytes| {
            let keep = left.load(Ordering::Acquire).min(bytes.len() as u64);
            left.fetch_sub(keep, Ordering::AcqRel);
            bytes.truncate(keep as usize);
            bytes
        })
    }))
}

fn count(
    body: axum::body::BodyDataStream,
    entry: Arc<Entry>,
) -> impl Stream<Item = Result<Bytes, axum::Error>> + Send {
    body.inspect(move |next| {
        if let Ok(bytes) = next {
            entry.received.fetch_add(bytes.len() as u64, Ordering::AcqRel);
        }
    })
}
