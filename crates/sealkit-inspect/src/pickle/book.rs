//! What a trace has in its lists already, so that they stay short.

use std::collections::{BTreeMap, HashMap};

use super::trace::{Anomaly, Call, How, Import, Persistent, Trace};
use super::{Item, names};

/// Different names that are kept.
const IMPORTS: usize = 1 << 16;
/// Bytes of names that are kept.
const NAME_BYTES: usize = 4 << 20;
/// Equal calls that are kept.
const CALLS_OF_ONE: u32 = 16;
/// Calls that are kept.
const CALLS: usize = 1 << 16;
/// Ids that are kept.
const PERSISTENT: usize = 1 << 17;
/// Oddities that are kept.
const ANOMALIES: usize = 1 << 10;
/// Callee of a call that is not known by name, in the count of calls.
const UNNAMED: u32 = u32::MAX;
/// What joblib puts before the bytes of an array.
const WRAPPER: (&str, &str) = ("joblib.numpy_pickle", "NumpyArrayWrapper");

/// Which names and calls there are.
#[derive(Debug, Default)]
pub(super) struct Book {
    imports: HashMap<(Option<String>, Option<String>, bool), u32>,
    name_bytes: usize,
    calls: BTreeMap<(u32, u8), u32>,
    wrapper: Option<u32>,
}

impl Book {
    /// Whether `callee` is the class of joblib's array wrappers.
    pub(super) fn is_wrapper(&self, callee: Item) -> bool {
        matches!(callee, Item::Global(at) if self.wrapper == Some(at))
    }

    /// Notes a name. `maps` says whether names of Python 2 are looked up under new ones.
    pub(super) fn import(
        &mut self,
        trace: &mut Trace,
        name: (Option<String>, Option<String>),
        at: (u64, How),
        (maps, reached): (bool, bool),
    ) -> Item {
        let (module, name) = name;
        let key = (module.clone(), name.clone(), maps);
        if let Some(known) = self.imports.get(&key) {
            if let Some(import) = trace.imports.get_mut(*known as usize) {
                import.count += 1;
                import.reached |= reached;
            }
            return Item::Global(*known);
        }
        let size = |part: &Option<String>| part.as_ref().map_or(0, String::len);
        self.name_bytes = self.name_bytes.saturating_add(size(&module) + size(&name));
        if trace.imports.len() >= IMPORTS || self.name_bytes > NAME_BYTES {
            trace.overflow = true;
            return Item::Lost;
        }
        let mapped = match (&module, &name) {
            (Some(module), Some(name)) if maps => names::mapped(module, name),
            _ => None,
        };
        let index = trace.imports.len() as u32;
        if (module.as_deref(), name.as_deref()) == (Some(WRAPPER.0), Some(WRAPPER.1)) {
            self.wrapper = Some(index);
        }
        let (offset, how) = at;
        let import = Import { module, name, mapped, offset, how, count: 1, calls: 0, reached };
        trace.imports.push(import);
        self.imports.insert(key, index);
        Item::Global(index)
    }

    /// Notes a call.
    pub(super) fn call(&mut self, trace: &mut Trace, call: Call) {
        let class = match call.callee {
            Item::Node(_) => trace.heap.object(call.callee).map(|object| object.callee),
            other => Some(other),
        };
        let key = if let Some(Item::Global(at)) = class { at } else { UNNAMED };
        if let Some(import) = trace.imports.get_mut(key as usize)
            && matches!(call.callee, Item::Global(_))
        {
            import.calls += 1;
        }
        let count = self.calls.entry((key, call.opcode)).or_default();
        if *count < CALLS_OF_ONE && trace.calls.len() < CALLS {
            *count += 1;
            trace.calls.push(call);
        } else if key == UNNAMED {
            trace.overflow = true;
        }
    }
}

impl Trace {
    /// Where no name was looked up and nothing else came from outside, values that are no longer kept are plain data:
    /// what looked like a call of one was none.
    pub(super) fn forget_lost(&mut self) {
        let is_lost = |call: &Call| call.callee == Item::Lost;
        let is_closed = self.imports.is_empty() && self.persistent.is_empty();
        if is_closed && self.anomalies.is_empty() && self.calls.iter().all(is_lost) {
            self.calls.clear();
            self.overflow = false;
        }
    }

    pub(super) fn odd(&mut self, anomaly: Anomaly, at: u64) {
        if self.anomalies.len() < ANOMALIES {
            self.anomalies.push((anomaly, at));
        } else {
            self.overflow = true;
        }
    }

    pub(super) fn ask(&mut self, id: Item, offset: u64) {
        if self.persistent.len() < PERSISTENT {
            self.persistent.push(Persistent { id, offset });
        } else {
            self.overflow = true;
        }
    }
}
