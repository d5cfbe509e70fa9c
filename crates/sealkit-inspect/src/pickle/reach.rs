//! How far Python would get with bytes that are perhaps no pickle at all.

use sealkit_report::Budget;

use super::book::Book;
use super::machine::{Shared, run};
use super::op;
use super::reader::Reader;
use super::streams::is_dotted_name;
use super::trace::{Call, Trace, Why};
use super::{Heap, Item};
use crate::ReadAt;

/// Streams that are followed: PyTorch reads five in a row.
const STREAMS: usize = 8;
/// Opcodes that are followed, and bytes read for them. Operands that are passed over are not read.
const STEPS: u64 = 1 << 20;
const BYTES: u64 = 1 << 20;
/// Bytes that values and texts take.
const ROOM: usize = 1 << 20;

/// What loading bytes as a pickle comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reach {
    /// Python refuses them, or gets plain values, before anything is called.
    Nothing,
    /// The bytes end, or are more than is followed, before Python refuses them or calls anything.
    Open,
    /// Something is looked up and called before Python stops.
    Calls,
}

/// Follows the opcodes from the first byte on as Python does, up to where it refuses to go on. Nearly
/// everything that is no pickle is refused within a few bytes.
pub fn reach(source: &dyn ReadAt) -> Reach {
    follow(source, true)
}

/// The same for bytes that something of `len` bytes begins with.
pub(crate) fn reach_of_head(head: &[u8], len: u64) -> Reach {
    follow(&head, head.len() as u64 >= len)
}

fn follow(source: &dyn ReadAt, whole: bool) -> Reach {
    let mut budget = Budget::new(BYTES, 0, STEPS, 0);
    let mut trace = Trace { heap: Heap::new(ROOM, ROOM), ..Trace::default() };
    let mut book = Book::default();
    let mut reader = Reader::new(source, 0..source.len(), &mut budget);
    for _ in 0..STREAMS {
        let first = reader.peek(1).ok().and_then(|next| next.first().copied());
        if first.is_none_or(|code| op::name(code).is_none()) {
            break;
        }
        let shared =
            Shared { reader: &mut reader, trace: &mut trace, book: &mut book, strict: true };
        let index = run(shared, None, 0);
        if trace.overflow || trace.calls.iter().any(is_real) {
            return Reach::Calls;
        }
        match trace.streams.get(index).and_then(|stream| stream.cut).map(|cut| cut.why) {
            None if names(&trace) => return Reach::Calls,
            None => {}
            Some(Why::NotOpcode | Why::Refused) => break,
            // Python finds too few bytes as well.
            Some(Why::Truncated) if whole => break,
            Some(_) => return Reach::Open,
        }
    }
    Reach::Nothing
}

/// Whether something is called that can be. Readers written in Python take arguments that are no tuple,
/// which the others refuse: what is refused for its arguments alone counts.
fn is_real(call: &Call) -> bool {
    let is_called = matches!(call.callee, Item::Global(_) | Item::Node(_));
    let takes_any = matches!(call.opcode, op::REDUCE | op::NEWOBJ | op::NEWOBJ_EX);
    call.reached || is_called && takes_any
}

/// Whether a whole stream looks up what can be a name of Python: to import a module is enough. A text
/// that begins with `c` looks something up too.
fn names(trace: &Trace) -> bool {
    let is_name = |part: &Option<String>| part.as_deref().is_none_or(is_dotted_name);
    trace.imports.iter().any(|import| is_name(&import.module) && is_name(&import.name))
}
