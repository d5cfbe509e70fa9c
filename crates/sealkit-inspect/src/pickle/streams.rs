//! Pickles one behind the other, with what stands before, between and behind them.

use std::ops::Range;

use sealkit_report::Budget;

use super::book::Book;
use super::machine::{Shared, run};
use super::op;
use super::reader::Reader;
use super::trace::{Anomaly, Trace, Why};
use super::{Heap, Item};
use crate::ReadAt;

/// Streams that one trace follows at most.
const MAX_STREAMS: usize = 10_000;
/// Searches for the next stream in one trace.
const SEARCHES: u32 = 64;
/// Bytes that are looked at to tell whether a stream starts there.
const TRIAL: usize = 4096;
/// Opcodes that make a stream without `PROTO` believable.
const TRIAL_OPS: u64 = 3;
/// Opcodes that make a stream believable that calls nothing and has not ended.
const MANY_OPS: u64 = 64;

/// How far a trace goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Streams that are read.
    pub streams: usize,
    /// Bytes before and between streams that are searched for the next one.
    pub search: u64,
    /// Bytes that values may take in memory.
    pub values: usize,
    /// Bytes of text that are kept.
    pub text: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { streams: MAX_STREAMS, search: 1 << 20, values: 12 << 20, text: 4 << 20 }
    }
}

impl Limits {
    /// One stream that starts at the start of the range, and no search for another.
    pub fn one() -> Self {
        Self::streams(1)
    }

    /// This many streams that follow each other, and no search.
    pub fn streams(streams: usize) -> Self {
        Self { streams, search: 0, ..Self::default() }
    }
}

/// Reads the pickles in a range of `source`. What cannot be read cuts the trace short and is said
/// there; what was found before stays.
///
/// The first stream is read from the start of the range on, as Python would, whatever stands there.
/// A later one must be believable. Behind a stream that cannot be read to its end, the next `PROTO`
/// is searched for.
pub fn trace(source: &dyn ReadAt, range: Range<u64>, limits: Limits, budget: &mut Budget) -> Trace {
    let mut trace = Trace { heap: Heap::new(limits.values, limits.text), ..Trace::default() };
    let mut book = Book::default();
    let mut reader = Reader::new(source, range, budget);
    let (mut read, mut searches, mut next) = (0, 0, 0);
    while read < limits.streams && reader.left() > 0 {
        let start = reader.pos();
        let found = match read {
            0 => reader.peek(1).is_ok_and(starts_with_opcode),
            _ => believable(&mut reader) || believable_at(&mut reader, next),
        };
        if !found {
            searches += 1;
            if searches > SEARCHES || !search(&mut reader, limits.search) {
                reader.seek(start);
                break;
            }
            let anomaly = if read == 0 { Anomaly::JunkBefore } else { Anomaly::JunkBetween };
            trace.odd(anomaly, start);
        }
        let shared =
            Shared { reader: &mut reader, trace: &mut trace, book: &mut book, strict: false };
        let index = run(shared, None, 0);
        read += 1;
        let Some(stream) = trace.streams.get(index) else { break };
        next = stream.next;
        if let (fault, Some(cut)) = (stream.fault, stream.cut) {
            if cut.why == Why::Budget || cut.why == Why::Unreadable || limits.search == 0 {
                break;
            }
            // From where Python stops the bytes may be anything, and so may what we made of them.
            reader.seek(fault.map_or(cut.at, |fault| fault.at).saturating_add(1));
            searches += 1;
            if searches > SEARCHES || !search(&mut reader, limits.search) {
                break;
            }
            trace.odd(Anomaly::JunkBetween, cut.at);
        }
    }
    trace.rest = reader.left();
    if trace.rest > 0 && limits.search > 0 {
        trace.odd(Anomaly::BytesAfter, reader.pos());
    }
    trace.forget_lost();
    trace
}

/// The same for a later place, which becomes the reader's if it is so.
fn believable_at(reader: &mut Reader<'_>, place: u64) -> bool {
    let pos = reader.pos();
    let found = place > pos && {
        reader.seek(place);
        believable(reader)
    };
    if !found {
        reader.seek(pos);
    }
    found
}

/// Whether the first byte is an opcode: without one, nothing is a pickle.
pub fn starts_with_opcode(head: &[u8]) -> bool {
    head.first().is_some_and(|code| op::name(*code).is_some())
}

/// Goes to the next place, not further than `reach`, where a stream of protocol 2 or above starts.
fn search(reader: &mut Reader<'_>, reach: u64) -> bool {
    let mut passed = 0;
    while passed < reach {
        let most = usize::try_from(reach - passed).unwrap_or(TRIAL).saturating_add(2);
        let Ok(window) = reader.peek(TRIAL.min(most)) else { break };
        let found = window.windows(3).position(
            |bytes| matches!(bytes, [op::PROTO, 2..=5, next] if op::name(*next).is_some()),
        );
        let step = found.unwrap_or(window.len().saturating_sub(2)) as u64;
        if found.is_none() && step == 0 || reader.skip(step).is_err() {
            break;
        }
        if found.is_some() {
            return true;
        }
        passed += step;
    }
    false
}

/// Whether a stream starts at the reader's place.
fn believable(reader: &mut Reader<'_>) -> bool {
    let left = reader.left();
    reader.peek(TRIAL).is_ok_and(|window| looks_like_pickle(window, window.len() as u64 == left))
}

/// Whether these bytes are the start of a pickle. `whole` says that nothing follows them.
///
/// With `PROTO` its number and the next opcode decide. Without, protocols 0 and 1, the bytes are
/// read for trial: they must make sense to Python, and look something up, end, or go on.
pub fn looks_like_pickle(head: &[u8], whole: bool) -> bool {
    match head {
        [op::PROTO, 0..=5, next, ..] => return *next != op::PROTO && op::name(*next).is_some(),
        [first, ..] if op::name(*first).is_some() => {}
        _ => return false,
    }
    let mut budget = Budget::new(1 << 20, 0, 1 << 16, 0);
    let mut trace = Trace { heap: Heap::new(1 << 20, 1 << 20), ..Trace::default() };
    let mut book = Book::default();
    let mut reader = Reader::new(&head, 0..head.len() as u64, &mut budget);
    let shared = Shared { reader: &mut reader, trace: &mut trace, book: &mut book, strict: false };
    let index = run(shared, None, 0);
    let Some(stream) = trace.streams.get(index) else { return false };
    let names_are_sound = trace.imports.iter().all(|import| {
        import.module.as_deref().is_some_and(is_dotted_name)
            && import.name.as_deref().is_some_and(is_dotted_name)
    });
    if stream.fault.is_some() || !names_are_sound {
        return false;
    }
    match stream.cut {
        None => stream.ops >= TRIAL_OPS && stream.root != Item::Lost,
        Some(cut) => {
            let said = trace.calls.len() + trace.persistent.len() > 0 && stream.ops >= TRIAL_OPS;
            // A text of brackets alone remembers nothing; a pickler remembers every container.
            let many = stream.ops >= MANY_OPS && stream.memo > 0;
            !whole && cut.why == Why::Truncated && (said || many)
        }
    }
}

pub(super) fn is_dotted_name(text: &str) -> bool {
    text.split('.').all(|part| {
        let mut chars = part.chars();
        chars.next().is_some_and(|c| c.is_alphabetic() || c == '_')
            && chars.all(|c| c.is_alphanumeric() || c == '_')
    })
}
