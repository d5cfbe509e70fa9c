//! Values of a pickle as data: a small model that holds what it can and no code.

/// How the text of an operand is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Coding {
    /// UTF-8, or the 8-bit string of Python 2.
    Utf8,
    /// A quoted string with escapes: `STRING`.
    Quoted,
    /// Latin-1 with `\u` escapes: `UNICODE`.
    Escaped,
}

/// One value. Small values are held here, larger ones in the [`Heap`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Item {
    /// `None`.
    None,
    /// `True` or `False`.
    Bool(bool),
    /// A whole number of up to 64 bits.
    Int(i64),
    /// A floating point number.
    Float(f64),
    /// A text in the heap.
    Text {
        /// First byte.
        start: u32,
        /// Length in bytes.
        len: u32,
    },
    /// A text that was not kept; it stands in the file.
    Far {
        /// Offset of its first byte.
        at: u64,
        /// Length in bytes as it is written.
        len: u32,
        /// How it is written.
        coding: Coding,
    },
    /// Something that was looked up by name: index of [`Trace::imports`](super::Trace).
    Global(u32),
    /// Something in the heap.
    Node(u32),
    /// A value that was not kept, or that nobody can know without running the pickle.
    Lost,
}

/// A list or a set.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Seq {
    /// The first of its elements; of a long list of plain values not all are kept.
    pub items: Vec<Item>,
    /// How many there are.
    pub total: u64,
}

/// A dictionary.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Map {
    /// Pairs in the order in which they were set; of a very large one not all are kept.
    pub pairs: Vec<(Item, Item)>,
    /// How many were set.
    pub total: u64,
}

/// What a call gives.
#[derive(Clone, Debug, PartialEq)]
pub struct Object {
    /// What is called: a [`Item::Global`], or something that is not known by name.
    pub callee: Item,
    /// Arguments: a tuple, unless the pickle does something odd.
    pub args: Item,
    /// Offset of the opcode that calls.
    pub offset: u64,
    /// What is done to the result.
    pub after: Option<Box<After>>,
}

/// What is done to an object after it was made.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct After {
    /// Keyword arguments of `NEWOBJ_EX`.
    pub kwargs: Option<Item>,
    /// Last operand of `BUILD`.
    pub state: Option<Item>,
    /// What is appended or added.
    pub items: Seq,
    /// What is set by key.
    pub map: Map,
}

/// A value that is too large for an [`Item`].
#[derive(Clone, Debug, PartialEq)]
pub enum Node {
    /// A tuple.
    Tuple {
        /// Place of its first element in the heap.
        start: u32,
        /// How many elements are kept.
        kept: u32,
        /// How many there are.
        total: u64,
    },
    /// A list.
    List(Box<Seq>),
    /// A set or frozen set.
    Set(Box<Seq>),
    /// A dictionary.
    Dict(Box<Map>),
    /// Bytes, which stand in the file.
    Bytes {
        /// Offset of the first.
        at: u64,
        /// How many.
        len: u64,
    },
    /// A whole number beyond 64 bits: its operand, binary and little-endian or text.
    Long {
        /// Offset of the operand.
        at: u64,
        /// Length of the operand.
        len: u32,
        /// Whether the operand is text.
        text: bool,
    },
    /// The result of a call.
    Object(Box<Object>),
    /// Something that the loader looks up by this id.
    Persistent(Item),
    /// An out-of-band buffer.
    Buffer,
}

/// Plain values of one list that are kept.
const PLAIN: usize = 1 << 16;
/// Elements of one container that are kept.
const ELEMENTS: usize = 1 << 17;

/// Where the values of a trace lie; its size is limited.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Heap {
    nodes: Vec<Node>,
    cells: Vec<Item>,
    text: String,
    room: usize,
    text_room: usize,
    lossy: bool,
}

impl Heap {
    pub(super) fn new(room: usize, text_room: usize) -> Self {
        Self { room, text_room, ..Self::default() }
    }

    /// Whether some value was not kept that may hold others. Plain values of long lists do not
    /// count: there, `total` tells.
    pub fn is_lossy(&self) -> bool {
        self.lossy
    }

    /// What a node item holds.
    pub fn node(&self, item: Item) -> Option<&Node> {
        match item {
            Item::Node(at) => self.nodes.get(at as usize),
            _ => None,
        }
    }

    /// A text that is kept.
    pub fn text(&self, item: Item) -> Option<&str> {
        match item {
            Item::Text { start, len } => {
                let start = start as usize;
                self.text.get(start..start.checked_add(len as usize)?)
            }
            _ => None,
        }
    }

    /// The elements of a tuple.
    pub fn tuple(&self, item: Item) -> Option<&[Item]> {
        match self.node(item)? {
            Node::Tuple { start, kept, .. } => {
                let start = *start as usize;
                self.cells.get(start..start.checked_add(*kept as usize)?)
            }
            _ => None,
        }
    }

    /// The elements of a tuple, list or set.
    pub fn elements(&self, item: Item) -> Option<&[Item]> {
        match self.node(item)? {
            Node::List(seq) | Node::Set(seq) => Some(&seq.items),
            _ => self.tuple(item),
        }
    }

    /// The result of a call.
    pub fn object(&self, item: Item) -> Option<&Object> {
        match self.node(item)? {
            Node::Object(object) => Some(object),
            _ => None,
        }
    }

    /// The pairs of a dictionary, or those that were set on the result of a call.
    pub fn pairs(&self, item: Item) -> Option<&[(Item, Item)]> {
        match self.node(item)? {
            Node::Dict(map) => Some(&map.pairs),
            Node::Object(object) => object.after.as_ref().map(|after| after.map.pairs.as_slice()),
            _ => None,
        }
    }

    /// Everything that the loader is asked for by id and that is kept.
    pub(crate) fn persistent(&self) -> impl Iterator<Item = Item> + '_ {
        let is = |(_, node): &(usize, &Node)| matches!(node, Node::Persistent(_));
        self.nodes.iter().enumerate().filter(is).map(|(at, _)| Item::Node(at as u32))
    }

    /// The last value under a text key.
    pub fn get(&self, map: Item, key: &str) -> Option<Item> {
        let mut pairs = self.pairs(map)?.iter().rev();
        pairs.find(|(k, _)| self.text(*k) == Some(key)).map(|(_, value)| *value)
    }

    /// What `BUILD` gave an object.
    pub fn state(&self, item: Item) -> Option<Item> {
        self.object(item)?.after.as_ref()?.state
    }

    pub(super) fn add_text(&mut self, text: &str) -> Option<Item> {
        let item = Item::Text { start: self.text.len() as u32, len: text.len() as u32 };
        let fits = self.text.len().checked_add(text.len()).is_some_and(|n| n <= self.text_room);
        self.lossy |= !fits;
        if !fits {
            return None;
        }
        self.text.push_str(text);
        Some(item)
    }

    pub(super) fn add(&mut self, node: Node) -> Item {
        let boxed = match &node {
            Node::List(_) | Node::Set(_) => size_of::<Seq>(),
            Node::Dict(_) => size_of::<Map>(),
            Node::Object(_) => size_of::<Object>(),
            _ => 0,
        };
        if !self.spend(size_of::<Node>() + boxed) {
            return Item::Lost;
        }
        self.nodes.push(node);
        Item::Node(self.nodes.len() as u32 - 1)
    }

    pub(super) fn add_tuple(&mut self, items: &[Item], total: u64) -> Item {
        let kept = items.len().min(ELEMENTS).min(self.room / size_of::<Item>());
        let start = self.cells.len() as u32;
        self.lossy |= (kept as u64) < total;
        self.room -= kept * size_of::<Item>();
        self.cells.extend(items.iter().take(kept));
        self.add(Node::Tuple { start, kept: kept as u32, total })
    }

    pub(super) fn extend(&mut self, to: Part, items: &[Item], total: u64) {
        let room = &mut self.room;
        let lossy = &mut self.lossy;
        let Some(seq) = to.seq(&mut self.nodes) else { return };
        seq.total = seq.total.saturating_add(total);
        *lossy |= (items.len() as u64) < total;
        for item in items {
            let plain = is_plain(*item);
            if seq.items.len() >= if plain { PLAIN } else { ELEMENTS } {
                *lossy |= !plain;
            } else if let Some(left) = room.checked_sub(size_of::<Item>()) {
                *room = left;
                seq.items.push(*item);
            } else {
                *lossy = true;
            }
        }
    }

    pub(super) fn set(&mut self, to: Part, items: &[Item], total: u64) {
        let room = &mut self.room;
        let lossy = &mut self.lossy;
        let Some(map) = to.map(&mut self.nodes) else { return };
        map.total = map.total.saturating_add(total / 2);
        *lossy |= (items.len() as u64) < total;
        for pair in items.as_chunks::<2>().0 {
            let [key, value] = *pair;
            let plain = is_plain(value);
            if map.pairs.len() >= if plain { PLAIN } else { ELEMENTS } {
                *lossy |= !plain;
            } else if let Some(left) = room.checked_sub(size_of::<(Item, Item)>()) {
                *room = left;
                map.pairs.push((key, value));
            } else {
                *lossy = true;
            }
        }
    }

    /// What is done to an object, to be filled; `None` where the item is no object that is kept.
    pub(super) fn after(&mut self, item: Item) -> Option<&mut After> {
        let Item::Node(at) = item else { return None };
        let missing = matches!(
            self.nodes.get(at as usize),
            Some(Node::Object(object)) if object.after.is_none()
        );
        if missing && !self.spend(size_of::<After>()) {
            return None;
        }
        match self.nodes.get_mut(at as usize) {
            Some(Node::Object(object)) => Some(object.after.get_or_insert_default()),
            _ => None,
        }
    }

    fn spend(&mut self, size: usize) -> bool {
        let left = self.room.checked_sub(size);
        self.lossy |= left.is_none();
        self.room = left.unwrap_or(self.room);
        left.is_some()
    }
}

fn is_plain(item: Item) -> bool {
    !matches!(item, Item::Node(_) | Item::Global(_))
}

/// A part of a node that grows.
#[derive(Clone, Copy, Debug)]
pub(super) struct Part(pub(super) Item);

impl Part {
    fn seq(self, nodes: &mut [Node]) -> Option<&mut Seq> {
        let Item::Node(at) = self.0 else { return None };
        match nodes.get_mut(at as usize)? {
            Node::List(seq) | Node::Set(seq) => Some(seq),
            Node::Object(object) => object.after.as_mut().map(|after| &mut after.items),
            _ => None,
        }
    }

    fn map(self, nodes: &mut [Node]) -> Option<&mut Map> {
        let Item::Node(at) = self.0 else { return None };
        match nodes.get_mut(at as usize)? {
            Node::Dict(map) => Some(map),
            Node::Object(object) => object.after.as_mut().map(|after| &mut after.map),
            _ => None,
        }
    }
}
