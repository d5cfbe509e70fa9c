//! Bytes read by ranges are those that are there, or an error, whatever goes wrong in between.

use std::io;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use proptest::prelude::*;
use sealkit_inspect::ReadAt;
use sealkit_oci::{Digest, FileEntry, FileKind, SEGMENT_SIZE};

use super::cached::{BLOCK, Cached, Counter, Fetch};
use super::verified::Verified;
use super::window::Window;

/// What goes wrong with an answer.
#[derive(Clone, Copy, Debug)]
enum Fault {
    None,
    Refused,
    Short,
    Long,
    Empty,
    /// Another byte: only what is verified can tell.
    Wrong,
}

/// Bytes elsewhere; each answer has the next fault of the list, and none behind its end.
struct Faulty {
    bytes: Vec<u8>,
    faults: Vec<Fault>,
    asked: AtomicU32,
}

impl Faulty {
    fn new(bytes: Vec<u8>, faults: &[Fault]) -> Arc<Self> {
        Arc::new(Self { bytes, faults: faults.to_vec(), asked: AtomicU32::new(0) })
    }
}

impl Fetch for Faulty {
    fn fetch(&self, range: Range<u64>) -> io::Result<Vec<u8>> {
        let at = self.asked.fetch_add(1, Ordering::Relaxed) as usize;
        let range = range.start as usize..range.end as usize;
        let mut answer = self.bytes.get(range).ok_or(io::ErrorKind::InvalidInput)?.to_vec();
        match self.faults.get(at).copied().unwrap_or(Fault::None) {
            Fault::None => {}
            Fault::Refused => return Err(io::ErrorKind::ConnectionReset.into()),
            Fault::Short => drop(answer.pop()),
            Fault::Long => answer.push(0),
            Fault::Empty => answer.clear(),
            Fault::Wrong => answer.iter_mut().step_by(7).for_each(|byte| *byte ^= 0x55),
        }
        Ok(answer)
    }
}

impl Fetch for Arc<Faulty> {
    fn fetch(&self, range: Range<u64>) -> io::Result<Vec<u8>> {
        self.as_ref().fetch(range)
    }
}

fn faults(with_wrong: bool) -> impl Strategy<Value = Vec<Fault>> {
    let wrong = if with_wrong { Fault::Wrong } else { Fault::Refused };
    let all = [Fault::None, Fault::Refused, Fault::Short, Fault::Long, Fault::Empty, wrong];
    prop::collection::vec(prop::sample::select(all.to_vec()), 0..12)
}

/// Places in thousandths of the size, and lengths from a few bytes to several blocks.
fn reads() -> impl Strategy<Value = Vec<(u64, u64, bool)>> {
    let len = prop_oneof![0_u64..40, BLOCK - 3..BLOCK + 3, 0..5 * BLOCK];
    prop::collection::vec((0_u64..1010, len, any::<bool>()), 1..14)
}

fn content(size: u64) -> Vec<u8> {
    (0..size).map(|at| (at.wrapping_mul(2_654_435_761) >> 13) as u8).collect()
}

/// Reads all of `reads`; what is given has to be what is there.
fn holds(
    file: &dyn ReadAt,
    bytes: &[u8],
    reads: &[(u64, u64, bool)],
) -> Result<usize, TestCaseError> {
    let mut failed = 0;
    for (share, len, is_ahead) in reads {
        let offset = bytes.len() as u64 * share / 1000;
        if *is_ahead {
            file.prefetch(std::slice::from_ref(&(offset..offset.saturating_add(*len))));
        }
        let mut buffer = vec![0xee; *len as usize];
        let read = file.read_at(offset, &mut buffer);
        let there = bytes.get(offset as usize..(offset + len) as usize);
        match (read, there) {
            (Ok(()), there) => prop_assert_eq!(Some(&buffer[..]), there, "{} {}", offset, len),
            (Err(_), Some(_)) => failed += 1,
            (Err(_), None) => {}
        }
    }
    Ok(failed)
}

fn entry(body: &[u8], offset: u64) -> FileEntry {
    let hash = |segment: &[u8]| blake3::hash(segment).to_hex().to_string();
    let is_large = body.len() as u64 > SEGMENT_SIZE;
    let segments = body.chunks(SEGMENT_SIZE as usize).filter(|_| is_large).map(hash).collect();
    FileEntry {
        path: "m".into(),
        kind: FileKind::File,
        mode: 0o644,
        offset,
        size: body.len() as u64,
        digest: Some(Digest::of(body)),
        segments,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(96) })]

    #[test]
    fn blocks_that_are_kept_are_what_is_there(
        size in 0_u64..9 * BLOCK,
        faults in faults(false),
        reads in reads(),
    ) {
        let bytes = content(size);
        let from = Faulty::new(bytes.clone(), &faults);
        let cached = Cached::new(Arc::clone(&from), size, Counter::default());
        let failed = holds(&cached, &bytes, &reads)?;
        let bad = faults.iter().filter(|fault| !matches!(fault, Fault::None)).count();
        prop_assert!(failed <= bad, "{failed} reads failed of {bad} faults");
        // No fault is remembered: once they are over, all of it can be read.
        from.asked.store(100, Ordering::Relaxed);
        prop_assert_eq!(holds(&cached, &bytes, &reads)?, 0);
    }

    #[test]
    fn a_window_shows_what_is_there(
        size in 0_u64..9 * BLOCK,
        before in 0_u64..2 * BLOCK,
        faults in faults(false),
        reads in reads(),
    ) {
        let bytes = content(size);
        let blob = [content(before), bytes.clone(), vec![9; 5]].concat();
        let from = Faulty::new(blob, &faults);
        let window = Window::new(Arc::clone(&from), before, size);
        holds(&window, &bytes, &reads)?;
        from.asked.store(100, Ordering::Relaxed);
        prop_assert_eq!(holds(&window, &bytes, &reads)?, 0);
    }

    #[test]
    fn nothing_is_given_that_the_table_does_not_vouch_for(
        size in prop_oneof![0_u64..3000, SEGMENT_SIZE - 2..SEGMENT_SIZE + 2, 0..3 * SEGMENT_SIZE],
        faults in faults(true),
        reads in reads(),
    ) {
        let bytes = content(size);
        let blob = [vec![0; 512], bytes.clone(), vec![0; 512]].concat();
        let whole = blob.len() as u64;
        let from = Faulty::new(blob, &faults);
        let layer = Cached::new(from, whole, Counter::default());
        let entry = entry(&bytes, 512);
        holds(&Verified::new(&entry, &layer), &bytes, &reads)?;
    }
}
