//! The pickle machine: reads Python pickles as data and as a list of what they would do.
//!
//! [`trace`] follows every opcode of protocols 0 to 5 the way the C unpickler of CPython does,
//! but where that would import, call or set, it only takes notes. Out come the [`Trace`]'s lists
//! of names looked up, calls, ids and oddities, each with its place, and the values in a
//! [`Heap`]. Nothing is judged: what a name means is for the reader of the trace.
//!
//! Memory is limited whatever the file: about 12 MiB of values, 4 MiB of text, 4 MiB of stack,
//! 8 MiB of memo, and lists of fixed length. Operands above 4 KiB are passed over unread. What is
//! dropped is said: [`Heap::is_lossy`], [`Trace::overflow`], [`Stream::cut`].
//!
//! Sources: `Modules/_pickle.c` and `Lib/pickletools.py` of CPython 3.11.

mod book;
mod build;
mod call;
mod item;
mod literal;
mod machine;
mod names;
mod numpy;
mod op;
mod reach;
mod reader;
mod stack;
mod streams;
mod text;
mod trace;

pub use item::{After, Coding, Heap, Item, Map, Node, Object, Seq};
pub use numpy::DType;
pub use op::name as opcode_name;
pub(crate) use reach::reach_of_head;
pub use reach::{Reach, reach};
pub use streams::{Limits, looks_like_pickle, starts_with_opcode, trace};
pub use trace::{Anomaly, Call, Cut, Fault, How, Import, Persistent, RawArray, Stream, Trace, Why};
