//! What a pickle would do, as it was read.

use std::fmt;
use std::ops::Range;

use super::{Heap, Item};

/// How a name was looked up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum How {
    /// `GLOBAL`.
    Global,
    /// `INST`.
    Inst,
    /// `STACK_GLOBAL`.
    StackGlobal,
    /// `EXT1`, `EXT2`, `EXT4`: by a code that the process knows.
    Extension,
}

/// One name that loading looks up. Equal ones stand once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Import {
    /// Module as it is written; none where only running the pickle would tell.
    pub module: Option<String>,
    /// Name as it is written, dots and all; the code of an extension.
    pub name: Option<String>,
    /// Module and name that Python 3 takes instead, with a protocol below 3.
    pub mapped: Option<(String, String)>,
    /// Offset of the opcode that names it first.
    pub offset: u64,
    /// How it was looked up first.
    pub how: How,
    /// How often it is looked up.
    pub count: u64,
    /// How often it is called.
    pub calls: u64,
    /// Whether Python gets there: false behind an opcode that it refuses.
    pub reached: bool,
}

impl Import {
    /// Whether module and name are both known.
    pub fn is_resolved(&self) -> bool {
        self.module.is_some() && self.name.is_some()
    }

    /// `module.name` as Python 3 looks it up; `?` for what is not known.
    pub fn path(&self) -> String {
        if let Some((module, name)) = &self.mapped {
            return format!("{module}.{name}");
        }
        let known = |part: &Option<String>| part.clone().unwrap_or_else(|| "?".to_owned());
        format!("{}.{}", known(&self.module), known(&self.name))
    }
}

/// Something that is called. Of many equal ones the first few are kept.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Call {
    /// What is called, or for `BUILD`, `APPEND` and the like the object whose method is.
    pub callee: Item,
    /// Arguments, or the operand of a method.
    pub args: Item,
    /// Offset of the opcode.
    pub offset: u64,
    /// The opcode.
    pub opcode: u8,
    /// Whether Python gets there.
    pub reached: bool,
}

/// An object that the loader is asked for by id.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Persistent {
    /// The id.
    pub id: Item,
    /// Offset of the opcode.
    pub offset: u64,
}

/// Something that no usual pickler writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Anomaly {
    /// An operand crosses the end of its frame: readers differ on where the next opcode stands.
    FrameCrossed,
    /// A frame inside a frame.
    FrameInFrame,
    /// A frame that reaches past the end.
    FrameTooLong,
    /// Bytes follow `STOP` inside its frame: a reader of a file never sees them.
    FrameNotUsed,
    /// `PROTO` inside a stream changes the protocol.
    ProtocolChanged,
    /// A name is put together while the pickle runs.
    DynamicImport,
    /// A name is looked up by a code that only the process knows.
    ExtensionCode,
    /// A name that is not ASCII, or longer than any real one.
    OddName,
    /// A memo index that no pickler reaches.
    HugeMemoIndex,
    /// The result of a call is called.
    CallOfResult,
    /// Bytes that are no pickle stand before the first stream.
    JunkBefore,
    /// Bytes that are no pickle stand between streams.
    JunkBetween,
    /// Bytes follow the last stream.
    BytesAfter,
}

impl Anomaly {
    /// Whether readers go on at different places, so that what was read here is not what all read.
    pub fn divides_readers(self) -> bool {
        matches!(self, Self::FrameCrossed | Self::FrameInFrame | Self::FrameNotUsed)
    }
}

/// A place where Python would stop with an error. What stands behind was read leniently.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Offset of the opcode.
    pub at: u64,
    /// What is wrong with it.
    pub what: &'static str,
}

/// A place where reading could not go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cut {
    /// Offset of the opcode.
    pub at: u64,
    /// Why.
    pub why: Why,
}

/// Why reading could not go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// The bytes end inside an opcode.
    Truncated,
    /// A byte that is no opcode.
    NotOpcode,
    /// Python refuses what stands there, and nobody asked for more.
    Refused,
    /// More marks or streams inside each other than are followed.
    Nesting,
    /// An array of joblib of which neither type nor shape is known.
    Array,
    /// The budget is spent.
    Budget,
    /// The source cannot be read.
    Unreadable,
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Truncated => "the end of the bytes inside an opcode",
            Self::NotOpcode => "a byte that is no opcode",
            Self::Refused => "an opcode that Python refuses",
            Self::Nesting => "more nesting than is followed",
            Self::Array => "an array of which neither type nor shape is known",
            Self::Budget => "more work than the limit allows",
            Self::Unreadable => "bytes that cannot be read",
        })
    }
}

/// One pickle: from its first opcode to its `STOP`.
#[derive(Clone, Debug, PartialEq)]
pub struct Stream {
    /// Its bytes.
    pub range: Range<u64>,
    /// The highest protocol that it states; 0 where it states none.
    pub protocol: u8,
    /// Number of opcodes.
    pub ops: u64,
    /// Number of entries in its memo.
    pub memo: u64,
    /// What it gives.
    pub root: Item,
    /// Where Python goes on with the next stream: behind `STOP`, or behind the frame it stands in.
    pub next: u64,
    /// The first place where Python would stop.
    pub fault: Option<Fault>,
    /// Where reading ended, if not at `STOP`.
    pub cut: Option<Cut>,
    /// The stream in which it stands, for what an array of joblib holds.
    pub within: Option<usize>,
}

impl Stream {
    /// Whether it was read to its `STOP` and Python refuses nothing in it.
    pub fn is_complete(&self) -> bool {
        self.fault.is_none() && self.cut.is_none()
    }
}

/// Bytes of an array that stand between the opcodes, as joblib writes them.
#[derive(Clone, Debug, PartialEq)]
pub struct RawArray {
    /// The wrapper object that describes it.
    pub wrapper: Item,
    /// Its bytes.
    pub range: Range<u64>,
}

/// All that was read. It judges nothing.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Trace {
    /// The streams in order; an inner one stands behind the one that holds it.
    pub streams: Vec<Stream>,
    /// The names in order of their first place.
    pub imports: Vec<Import>,
    /// The calls in order.
    pub calls: Vec<Call>,
    /// The ids that the loader is asked for, in order.
    pub persistent: Vec<Persistent>,
    /// What is odd, with its offset, in order.
    pub anomalies: Vec<(Anomaly, u64)>,
    /// Raw arrays of joblib.
    pub arrays: Vec<RawArray>,
    /// The values.
    pub heap: Heap,
    /// Whether more names, calls, ids or oddities came than are kept.
    pub overflow: bool,
    /// Bytes of the range that follow what was read.
    pub rest: u64,
}

impl Trace {
    /// Whether every stream was read to its end and every name is listed.
    pub fn is_complete(&self) -> bool {
        !self.streams.is_empty() && !self.overflow && self.streams.iter().all(Stream::is_complete)
    }

    /// Whether loading looks up nothing and calls nothing, whoever reads it.
    pub fn is_plain_data(&self) -> bool {
        self.is_complete()
            && self.imports.is_empty()
            && self.persistent.is_empty()
            && !self.anomalies.iter().any(|(anomaly, _)| anomaly.divides_readers())
    }

    /// `module.name` of a global, or of the class or function that made an object.
    pub fn path(&self, item: Item) -> Option<String> {
        self.import(item).map(Import::path)
    }

    /// The import of a global, or of what made an object.
    pub fn import(&self, item: Item) -> Option<&Import> {
        match item {
            Item::Global(at) => self.imports.get(at as usize),
            Item::Node(_) => match self.heap.object(item)?.callee {
                Item::Global(at) => self.imports.get(at as usize),
                _ => None,
            },
            _ => None,
        }
    }

    /// Whether `item` is this name, or made by it.
    pub fn is(&self, item: Item, path: &str) -> bool {
        self.import(item).is_some_and(|import| import.path() == path)
    }
}
