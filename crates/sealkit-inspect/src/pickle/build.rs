//! Opcodes that build containers, move values on the stack, and use the memo.

use super::item::{Map, Node, Part, Seq};
use super::machine::Machine;
use super::trace::{Anomaly, Call, Why};
use super::{Item, op, text};

/// Memo indices above are odd: a pickler would have to write as many values.
const HUGE_INDEX: u64 = 1 << 24;

impl Machine<'_, '_> {
    pub(super) fn container(&mut self, code: u8) -> Result<(), Why> {
        let heap = &mut self.trace.heap;
        let item = match code {
            op::EMPTY_LIST => heap.add(Node::List(Box::default())),
            op::EMPTY_DICT => heap.add(Node::Dict(Box::default())),
            op::EMPTY_SET => heap.add(Node::Set(Box::default())),
            op::EMPTY_TUPLE => self.empty_tuple(),
            op::TUPLE1 => self.small_tuple(1),
            op::TUPLE2 => self.small_tuple(2),
            op::TUPLE3 => self.small_tuple(3),
            _ => self.marked(code),
        };
        self.push(item)
    }

    pub(super) fn empty_tuple(&mut self) -> Item {
        *self.unit.get_or_insert_with(|| self.trace.heap.add_tuple(&[], 0))
    }

    fn small_tuple(&mut self, len: usize) -> Item {
        let mut items = [Item::Lost; 3];
        for item in items.iter_mut().take(len).rev() {
            *item = self.pop();
        }
        self.trace.heap.add_tuple(items.get(..len).unwrap_or_default(), len as u64)
    }

    fn marked(&mut self, code: u8) -> Item {
        let total = self.pop_mark();
        if code == op::TUPLE {
            return self.trace.heap.add_tuple(&self.popped, total);
        }
        if code == op::DICT && !total.is_multiple_of(2) {
            self.fault("a dictionary with half a pair");
        }
        let node = match code {
            op::DICT => Node::Dict(Box::<Map>::default()),
            op::LIST => Node::List(Box::<Seq>::default()),
            _ => Node::Set(Box::default()),
        };
        let item = self.trace.heap.add(node);
        self.put_into(code == op::DICT, item, total);
        item
    }

    /// Puts what was popped into a container.
    fn put_into(&mut self, pairs: bool, target: Item, total: u64) {
        if pairs {
            self.trace.heap.set(Part(target), &self.popped, total);
        } else {
            self.trace.heap.extend(Part(target), &self.popped, total);
        }
    }

    /// `APPEND` and the like. On anything but a container they call a method of it.
    pub(super) fn fill(&mut self, code: u8) {
        let total = match code {
            op::APPEND | op::SETITEM => {
                let last = self.pop();
                self.popped.clear();
                if code == op::SETITEM {
                    let key = self.pop();
                    self.popped.push(key);
                }
                self.popped.push(last);
                self.popped.len() as u64
            }
            _ => self.pop_mark(),
        };
        let target = self.top();
        let pairs = matches!(code, op::SETITEM | op::SETITEMS);
        if pairs && !total.is_multiple_of(2) {
            self.fault("a dictionary with half a pair");
        }
        match self.trace.heap.node(target) {
            Some(Node::Dict(_)) if pairs => self.put_into(true, target, total),
            Some(Node::List(_) | Node::Set(_)) => self.put_into(pairs, target, total),
            // Nothing is called for no element; a byte array takes numbers.
            _ if total == 0 => {}
            Some(Node::Bytes { .. }) => {}
            Some(Node::Object(_) | Node::Persistent(_) | Node::Buffer) => {
                self.method(code, target);
                if self.trace.heap.after(target).is_some() {
                    self.put_into(pairs, target, total);
                }
            }
            None if matches!(target, Item::Lost | Item::Global(_)) => self.method(code, target),
            _ => self.fault("an element for what is no container"),
        }
    }

    fn method(&mut self, code: u8, target: Item) {
        let args = self.popped.last().copied().unwrap_or(Item::Lost);
        let (offset, reached) = (self.at, self.is_reached());
        let call = Call { callee: target, args, offset, opcode: code, reached };
        self.book.call(self.trace, call);
    }

    pub(super) fn shuffle(&mut self, code: u8) -> Result<(), Why> {
        match code {
            op::MARK => {
                if !self.stack.mark() {
                    return Err(Why::Nesting);
                }
            }
            op::DUP => {
                let top = self.top();
                return self.push(top);
            }
            op::POP_MARK => {
                self.pop_mark();
            }
            // `POP` takes a mark, too.
            _ => {
                if self.stack.pop().is_none() && self.stack.pop_mark(&mut self.popped).is_none() {
                    self.fault("an opcode that takes more than there is");
                }
            }
        }
        Ok(())
    }

    pub(super) fn recall(&mut self, code: u8) -> Result<(), Why> {
        let index = match code {
            op::BINGET => Some(u64::from(self.reader.byte()?)),
            op::LONG_BINGET => Some(u64::from(u32::from_le_bytes(self.reader.array()?))),
            _ => self.index_line()?,
        };
        let item = index.and_then(|index| self.memo.get(index));
        let item = item.unwrap_or_else(|| {
            self.fault("a memo entry that is not there");
            Item::Lost
        });
        self.push(item)
    }

    pub(super) fn memoise(&mut self, code: u8) -> Result<(), Why> {
        let index = match code {
            op::BINPUT => Some(u64::from(self.reader.byte()?)),
            op::LONG_BINPUT => Some(u64::from(u32::from_le_bytes(self.reader.array()?))),
            op::MEMOIZE => Some(self.memo.len()),
            _ => self.index_line()?,
        };
        let item = self.top();
        let Some(index) = index else {
            self.fault("no memo index");
            return Ok(());
        };
        if index > HUGE_INDEX && code != op::MEMOIZE {
            self.trace.odd(Anomaly::HugeMemoIndex, self.at);
        }
        self.memo.put(index, item);
        Ok(())
    }

    fn index_line(&mut self) -> Result<Option<u64>, Why> {
        self.reader.line(&mut self.line)?;
        Ok(text::index(&self.line))
    }
}
