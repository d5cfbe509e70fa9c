//! Opcodes that look up names and call what they find: noted, never done.

use super::item::{Coding, Node, Object};
use super::literal::decode;
use super::machine::Machine;
use super::trace::{Anomaly, Call, How, Why};
use super::{Item, op};

/// Longest name that is kept whole.
const MAX_NAME: usize = 1024;
/// Longest name that is not odd.
const USUAL_NAME: usize = 256;

/// The operand of a lookup.
enum Name {
    Known(String),
    /// Only running the pickle would tell.
    Dynamic,
    /// No text: Python refuses it.
    Wrong,
}

impl Machine<'_, '_> {
    pub(super) fn look_up(&mut self, code: u8) -> Result<(), Why> {
        let item = match code {
            op::GLOBAL => {
                let name = self.name_lines()?;
                self.import(name, How::Global)
            }
            op::INST => {
                let name = self.name_lines()?;
                let class = self.import(name, How::Inst);
                let total = self.pop_mark();
                let args = self.trace.heap.add_tuple(&self.popped, total);
                self.note(code, class, args);
                self.made(class, args)
            }
            op::STACK_GLOBAL => self.stack_global()?,
            _ => self.extension(code)?,
        };
        self.push(item)
    }

    fn name_lines(&mut self) -> Result<(Option<String>, Option<String>), Why> {
        let [mut module, mut name] = [None, None];
        for part in [&mut module, &mut name] {
            self.reader.line(&mut self.line)?;
            if self.line.is_empty() || std::str::from_utf8(&self.line).is_err() {
                self.fault("a name that is empty or not UTF-8");
            }
            let kept = self.line.get(..MAX_NAME.min(self.line.len())).unwrap_or_default();
            *part = Some(String::from_utf8_lossy(kept).into_owned());
        }
        Ok((module, name))
    }

    fn stack_global(&mut self) -> Result<Item, Why> {
        let (name, module) = (self.pop(), self.pop());
        let (name, module) = (self.name(name)?, self.name(module)?);
        let known = |name| match name {
            Name::Known(name) => Some(name),
            _ => None,
        };
        if matches!(name, Name::Wrong) || matches!(module, Name::Wrong) {
            self.fault("a name that is no text");
            return Ok(Item::Lost);
        }
        Ok(self.import((known(module), known(name)), How::StackGlobal))
    }

    fn name(&mut self, item: Item) -> Result<Name, Why> {
        Ok(match item {
            Item::Text { .. } => match self.trace.heap.text(item) {
                Some(text) => {
                    let cut = text.char_indices().nth(MAX_NAME).map_or(text.len(), |(at, _)| at);
                    Name::Known(text.get(..cut).unwrap_or_default().to_owned())
                }
                None => Name::Dynamic,
            },
            Item::Far { at, len, coding } => {
                let kept = if coding == Coding::Utf8 { MAX_NAME } else { 64 << 10 };
                let bytes = self.reader.again(at, kept.min(len as usize))?;
                let text = decode(&bytes, coding);
                Name::Known(text.unwrap_or_else(|| String::from_utf8_lossy(&bytes).into_owned()))
            }
            Item::Lost => Name::Dynamic,
            Item::Node(_) if self.trace.heap.object(item).is_some() => Name::Dynamic,
            Item::Node(_) if matches!(self.trace.heap.node(item), Some(Node::Persistent(_))) => {
                Name::Dynamic
            }
            _ => Name::Wrong,
        })
    }

    fn import(&mut self, name: (Option<String>, Option<String>), how: How) -> Item {
        let is_odd = |part: &String| !part.is_ascii() || part.len() > USUAL_NAME;
        if name.0.as_ref().is_some_and(is_odd) || name.1.as_ref().is_some_and(is_odd) {
            self.trace.odd(Anomaly::OddName, self.at);
        }
        if how != How::Extension && (name.0.is_none() || name.1.is_none()) {
            self.trace.odd(Anomaly::DynamicImport, self.at);
        }
        let how = (self.at, how);
        let modes = (self.protocol < 3, self.is_reached());
        self.book.import(self.trace, name, how, modes)
    }

    fn extension(&mut self, code: u8) -> Result<Item, Why> {
        let number = match code {
            op::EXT1 => i32::from(self.reader.byte()?),
            op::EXT2 => i32::from(u16::from_le_bytes(self.reader.array()?)),
            _ => i32::from_le_bytes(self.reader.array()?),
        };
        if number <= 0 {
            self.fault("an extension code that is not above 0");
            return Ok(Item::Lost);
        }
        self.trace.odd(Anomaly::ExtensionCode, self.at);
        Ok(self.import((None, Some(number.to_string())), How::Extension))
    }

    pub(super) fn outside(&mut self, code: u8) -> Result<(), Why> {
        let id = match code {
            // The id is a text, which PyTorch refuses and others have no use for.
            op::PERSID if self.strict => return Err(Why::Refused),
            op::PERSID => {
                self.reader.line(&mut self.line)?;
                let kept = self.line.get(..MAX_NAME.min(self.line.len())).unwrap_or_default();
                let text = String::from_utf8_lossy(kept);
                self.trace.heap.add_text(&text).unwrap_or(Item::Lost)
            }
            op::BINPERSID => self.pop(),
            op::NEXT_BUFFER => {
                let buffer = self.trace.heap.add(Node::Buffer);
                return self.push(buffer);
            }
            _ => {
                self.top();
                return Ok(());
            }
        };
        self.trace.ask(id, self.at);
        let item = self.trace.heap.add(Node::Persistent(id));
        self.push(item)
    }

    pub(super) fn call(&mut self, code: u8) -> Result<(), Why> {
        if code == op::BUILD {
            return self.build();
        }
        let kwargs = if code == op::NEWOBJ_EX { Some(self.pop()) } else { None };
        let (callee, args) = if code == op::OBJ {
            let total = self.pop_mark();
            if let Some((class, args)) = self.popped.split_first() {
                (*class, self.trace.heap.add_tuple(args, total.saturating_sub(1)))
            } else {
                self.fault("an object without a class");
                (Item::Lost, Item::Lost)
            }
        } else {
            let args = self.pop();
            (self.pop(), args)
        };
        if !self.may_be_tuple(args) {
            self.fault("arguments that are no tuple");
        }
        self.note(code, callee, args);
        let item = self.made(callee, args);
        if let (Some(kwargs), Some(after)) = (kwargs, self.trace.heap.after(item)) {
            after.kwargs = Some(kwargs);
        }
        self.push(item)
    }

    fn may_be_tuple(&self, args: Item) -> bool {
        match self.trace.heap.node(args) {
            Some(node) => {
                matches!(node, Node::Tuple { .. } | Node::Object(_) | Node::Persistent(_))
            }
            None => args == Item::Lost,
        }
    }

    fn build(&mut self) -> Result<(), Why> {
        let state = self.pop();
        let target = self.top();
        self.note(op::BUILD, target, state);
        if let Some(after) = self.trace.heap.after(target) {
            after.state = Some(state);
        }
        let class = self.trace.heap.object(target).map(|object| object.callee);
        match class {
            Some(class) if self.book.is_wrapper(class) => self.raw_array(target),
            _ => Ok(()),
        }
    }

    fn note(&mut self, opcode: u8, callee: Item, args: Item) {
        let is_value = !matches!(callee, Item::Global(_) | Item::Node(_) | Item::Lost);
        if is_value && opcode != op::BUILD {
            self.fault("a call of what cannot be called");
            return;
        }
        if opcode != op::BUILD && self.trace.heap.object(callee).is_some() {
            self.trace.odd(Anomaly::CallOfResult, self.at);
        }
        let call = Call { callee, args, offset: self.at, opcode, reached: self.is_reached() };
        self.book.call(self.trace, call);
    }

    fn made(&mut self, callee: Item, args: Item) -> Item {
        let object = Object { callee, args, offset: self.at, after: None };
        self.trace.heap.add(Node::Object(Box::new(object)))
    }
}
