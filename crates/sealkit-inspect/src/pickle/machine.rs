//! The machine: takes one opcode after the other, and builds data where Python would build
//! objects. Nothing is imported or called.
//!
//! Source: `Modules/_pickle.c` of CPython 3.11. Where that raises, the place is kept as a fault
//! and reading goes on leniently, for what stands behind may be read by somebody else.

use super::book::Book;
use super::reader::Reader;
use super::stack::{Memo, Stack};
use super::trace::{Anomaly, Cut, Fault, Stream, Trace, Why};
use super::{Item, op};

/// Streams inside streams that are followed.
const MAX_DEPTH: u32 = 16;

/// What all streams of one trace share.
pub(super) struct Shared<'m, 'a> {
    pub(super) reader: &'m mut Reader<'a>,
    pub(super) trace: &'m mut Trace,
    pub(super) book: &'m mut Book,
    /// Whether to stop where Python does, and not to read on leniently.
    pub(super) strict: bool,
}

/// The state of one stream.
pub(super) struct Machine<'m, 'a> {
    pub(super) reader: &'m mut Reader<'a>,
    pub(super) trace: &'m mut Trace,
    pub(super) book: &'m mut Book,
    pub(super) stack: Stack,
    pub(super) memo: Memo,
    /// Items above a mark, or a line: kept here so that nothing is allocated anew.
    pub(super) popped: Vec<Item>,
    pub(super) line: Vec<u8>,
    /// Offset of the opcode.
    pub(super) at: u64,
    pub(super) protocol: u8,
    pub(super) unit: Option<Item>,
    highest: u8,
    frame: Option<u64>,
    ops: u64,
    fault: Option<Fault>,
    index: usize,
    depth: u32,
    pub(super) strict: bool,
}

/// Reads one stream from the reader's place on. Gives its index in [`Trace::streams`].
pub(super) fn run(shared: Shared<'_, '_>, within: Option<usize>, depth: u32) -> usize {
    let Shared { reader, trace, book, strict } = shared;
    let (start, index) = (reader.pos(), trace.streams.len());
    trace.streams.push(Stream {
        range: start..start,
        protocol: 0,
        ops: 0,
        memo: 0,
        root: Item::Lost,
        next: start,
        fault: None,
        cut: None,
        within,
    });
    let mut machine = Machine {
        reader,
        trace,
        book,
        stack: Stack::default(),
        memo: Memo::default(),
        popped: Vec::new(),
        line: Vec::new(),
        at: start,
        protocol: 0,
        unit: None,
        highest: 0,
        frame: None,
        ops: 0,
        fault: None,
        index,
        depth,
        strict,
    };
    let end = machine.work();
    machine.close(end);
    index
}

impl<'a> Machine<'_, 'a> {
    /// Works up to `STOP` and gives the value below it.
    fn work(&mut self) -> Result<Item, Why> {
        loop {
            self.at = self.reader.pos();
            self.reader.count_op()?;
            let code = self.reader.byte()?;
            self.ops += 1;
            if code == op::STOP {
                self.check_frame();
                return Ok(self.pop());
            }
            self.execute(code)?;
            self.check_frame();
            if self.strict && self.fault.is_some() {
                return Err(Why::Refused);
            }
        }
    }

    fn close(&mut self, end: Result<Item, Why>) {
        let pos = self.reader.pos();
        // What is on top when reading ends is often most of what there would be.
        let root = end.unwrap_or_else(|_| self.stack.top().unwrap_or(Item::Lost));
        let (ops, protocol, fault) = (self.ops, self.highest, self.fault);
        let memo = self.memo.len();
        let cut = end.err().map(|why| Cut { at: self.at, why });
        let next = self.frame.filter(|_| cut.is_none()).map_or(pos, |end| end.max(pos));
        if next > pos {
            self.trace.odd(Anomaly::FrameNotUsed, pos);
        }
        if let Some(stream) = self.trace.streams.get_mut(self.index) {
            (stream.range.end, stream.next) = (pos, next);
            (stream.ops, stream.protocol, stream.root) = (ops, protocol, root);
            (stream.memo, stream.fault, stream.cut) = (memo, fault, cut);
        }
    }

    fn execute(&mut self, code: u8) -> Result<(), Why> {
        match code {
            op::NONE
            | op::NEWTRUE
            | op::NEWFALSE
            | op::INT
            | op::LONG
            | op::FLOAT
            | op::BININT
            | op::BININT1
            | op::BININT2
            | op::BINFLOAT
            | op::LONG1
            | op::LONG4 => self.number(code),
            op::STRING | op::UNICODE => self.quoted(code),
            op::BINSTRING
            | op::SHORT_BINSTRING
            | op::BINUNICODE
            | op::SHORT_BINUNICODE
            | op::BINUNICODE8 => self.string(code),
            op::BINBYTES | op::SHORT_BINBYTES | op::BINBYTES8 | op::BYTEARRAY8 => self.bytes(code),
            op::EMPTY_LIST
            | op::EMPTY_TUPLE
            | op::EMPTY_DICT
            | op::EMPTY_SET
            | op::LIST
            | op::TUPLE
            | op::DICT
            | op::FROZENSET
            | op::TUPLE1
            | op::TUPLE2
            | op::TUPLE3 => self.container(code),
            op::APPEND | op::APPENDS | op::SETITEM | op::SETITEMS | op::ADDITEMS => {
                self.fill(code);
                Ok(())
            }
            op::MARK | op::POP | op::POP_MARK | op::DUP => self.shuffle(code),
            op::GET | op::BINGET | op::LONG_BINGET => self.recall(code),
            op::PUT | op::BINPUT | op::LONG_BINPUT | op::MEMOIZE => self.memoise(code),
            op::GLOBAL | op::INST | op::STACK_GLOBAL | op::EXT1 | op::EXT2 | op::EXT4 => {
                self.look_up(code)
            }
            op::PERSID | op::BINPERSID | op::NEXT_BUFFER | op::READONLY_BUFFER => {
                self.outside(code)
            }
            op::REDUCE | op::NEWOBJ | op::NEWOBJ_EX | op::OBJ | op::BUILD => self.call(code),
            op::PROTO => self.proto(),
            op::FRAME => self.frame(),
            _ => {
                self.reader.seek(self.at);
                Err(Why::NotOpcode)
            }
        }
    }

    fn proto(&mut self) -> Result<(), Why> {
        let protocol = self.reader.byte()?;
        if protocol > 5 {
            self.fault("a protocol above 5");
            return Ok(());
        }
        if self.ops > 1 && protocol != self.protocol {
            self.trace.odd(Anomaly::ProtocolChanged, self.at);
        }
        self.protocol = protocol;
        self.highest = self.highest.max(protocol);
        Ok(())
    }

    fn frame(&mut self) -> Result<(), Why> {
        let len = u64::from_le_bytes(self.reader.array()?);
        if self.frame.is_some_and(|end| self.at < end) {
            self.trace.odd(Anomaly::FrameInFrame, self.at);
        }
        if len > self.reader.left() {
            self.trace.odd(Anomaly::FrameTooLong, self.at);
            self.fault("a frame that reaches past the end");
        }
        self.frame = Some(self.reader.pos().saturating_add(len));
        Ok(())
    }

    /// Sees to it that no opcode crosses the end of its frame.
    fn check_frame(&mut self) {
        let Some(end) = self.frame else { return };
        let pos = self.reader.pos();
        if pos >= end {
            if pos > end && self.at < end {
                self.trace.odd(Anomaly::FrameCrossed, self.at);
            }
            self.frame = None;
        }
    }

    /// Forgets the frame, where raw bytes follow.
    pub(super) fn leave_frame(&mut self) {
        self.frame = None;
    }

    /// Reads a whole stream that stands at this place.
    pub(super) fn nested(&mut self) -> Result<Item, Why> {
        if self.depth >= MAX_DEPTH {
            return Err(Why::Nesting);
        }
        let (reader, trace, book) = (&mut *self.reader, &mut *self.trace, &mut *self.book);
        let shared = Shared::<'_, 'a> { reader, trace, book, strict: self.strict };
        let index = run(shared, Some(self.index), self.depth + 1);
        let stream = self.trace.streams.get(index);
        match stream.map(|stream| (stream.cut, stream.root)) {
            Some((None, root)) => Ok(root),
            Some((Some(cut), _)) => Err(cut.why),
            None => Err(Why::Nesting),
        }
    }

    /// Keeps the first place where Python would stop.
    pub(super) fn fault(&mut self, what: &'static str) {
        self.fault.get_or_insert(Fault { at: self.at, what });
    }

    pub(super) fn is_reached(&self) -> bool {
        self.fault.is_none()
    }

    pub(super) fn push(&mut self, item: Item) -> Result<(), Why> {
        if self.stack.push(item) { Ok(()) } else { Err(Why::Nesting) }
    }

    pub(super) fn pop(&mut self) -> Item {
        self.stack.pop().unwrap_or_else(|| {
            self.fault("an opcode that takes more than there is");
            Item::Lost
        })
    }

    pub(super) fn top(&mut self) -> Item {
        self.stack.top().unwrap_or_else(|| {
            self.fault("an opcode that takes more than there is");
            Item::Lost
        })
    }

    /// Takes what stands above the last mark into `popped`, and gives how many there were.
    pub(super) fn pop_mark(&mut self) -> u64 {
        self.stack.pop_mark(&mut self.popped).unwrap_or_else(|| {
            self.popped.clear();
            self.fault("no mark where one must be");
            0
        })
    }
}
