//! Tracing bytes, showing values, and building the archives that carry pickles.

use std::fmt::Write as _;

use sealkit_inspect::pickle::{self, Anomaly, Coding, Import, Item, Limits, Node, Trace};
use sealkit_inspect::{Class, Facts, Value, identify, inspect};
use sealkit_report::Budget;
use serde_json::{Value as Json, json};

pub(crate) fn trace(bytes: &[u8]) -> Trace {
    traced(bytes, Limits::default())
}

pub(crate) fn traced(bytes: &[u8], limits: Limits) -> Trace {
    pickle::trace(&bytes, 0..bytes.len() as u64, limits, &mut Budget::default())
}

/// The paths that Python looks up before it stops.
pub(crate) fn paths(trace: &Trace) -> Vec<String> {
    trace.imports.iter().filter(|import| import.reached).map(Import::path).collect()
}

pub(crate) fn odd(trace: &Trace) -> Vec<Anomaly> {
    trace.anomalies.iter().map(|(anomaly, _)| *anomaly).collect()
}

pub(crate) fn look(path: &str, bytes: &[u8]) -> (Class, Facts) {
    inspect(path, &bytes, &mut Budget::default())
}

pub(crate) fn format(path: &str, bytes: &[u8]) -> &'static str {
    let found = identify(path, &bytes, &mut Budget::default()).unwrap();
    found.format.map_or("-", |format| format.id)
}

pub(crate) fn rules(facts: &Facts) -> Vec<&str> {
    facts.findings.iter().map(|finding| finding.rule.as_str()).collect()
}

/// The value of a property about a subject.
pub(crate) fn about<'a>(facts: &'a Facts, property: &str, subject: &str) -> Option<&'a Value> {
    let found = facts.facts.iter().find(|f| f.property == property && f.subject == subject);
    found.map(|fact| &fact.value)
}

/// Every tensor as `name dtype shape`, with its bytes where it has a place.
pub(crate) fn tensors(facts: &Facts, file: &[u8]) -> Vec<(String, Option<Vec<u8>>)> {
    let tensors = facts.facts.iter().filter_map(|fact| match &fact.value {
        Value::Tensor(tensor) => Some(tensor),
        _ => None,
    });
    let shown = tensors.map(|tensor| {
        let range = tensor.offset as usize..(tensor.offset + tensor.size) as usize;
        let bytes = (tensor.size > 0).then(|| file[range].to_vec());
        (format!("{} {} {:?}", tensor.name, tensor.dtype, tensor.shape), bytes)
    });
    shown.collect()
}

pub(crate) fn unhex(text: &str) -> Vec<u8> {
    let digit = |at: usize| u8::from_str_radix(&text[at..at + 2], 16).unwrap();
    (0..text.len()).step_by(2).map(digit).collect()
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// A value the way the golden files write it.
pub(crate) fn show(trace: &Trace, file: &[u8], item: Item) -> Json {
    let heap = &trace.heap;
    let bytes = |at: u64, len: u64| file[at as usize..(at + len) as usize].to_vec();
    let all = |items: &[Item]| -> Vec<Json> {
        items.iter().map(|item| show(trace, file, *item)).collect()
    };
    match item {
        Item::None => Json::Null,
        Item::Bool(yes) => json!(yes),
        Item::Int(number) => json!({ "i": number.to_string() }),
        Item::Float(number) => json!({ "f": format!("{:016x}", number.to_bits()) }),
        Item::Text { .. } => json!({ "s": heap.text(item) }),
        Item::Far { at, len, coding: Coding::Utf8 } => {
            json!({ "s": String::from_utf8(bytes(at, len.into())).unwrap() })
        }
        Item::Far { .. } => json!("far"),
        Item::Global(_) => json!({ "g": trace.path(item) }),
        Item::Lost => json!("lost"),
        Item::Node(_) => match heap.node(item).unwrap() {
            Node::Tuple { .. } => json!({ "t": all(heap.tuple(item).unwrap()) }),
            Node::List(seq) => json!({ "l": all(&seq.items), "n": seq.total }),
            Node::Set(seq) => {
                let mut shown: Vec<_> = all(&seq.items).iter().map(spaced).collect();
                shown.sort();
                json!({ "S": shown })
            }
            Node::Dict(map) => {
                let pair = |(key, value): &(Item, Item)| {
                    json!([show(trace, file, *key), show(trace, file, *value)])
                };
                json!({ "d": map.pairs.iter().map(pair).collect::<Vec<_>>(), "n": map.total })
            }
            Node::Bytes { at, len } => json!({ "b": hex(&bytes(*at, *len)) }),
            Node::Long { at, len, text } => {
                let raw = bytes(*at, u64::from(*len));
                if *text {
                    let text = String::from_utf8(raw).unwrap();
                    json!({ "I": text.trim_end_matches('L') })
                } else {
                    let mut wide =
                        if raw[raw.len() - 1] & 0x80 == 0 { [0; 16] } else { [0xFF; 16] };
                    wide[..raw.len()].copy_from_slice(&raw);
                    json!({ "I": i128::from_le_bytes(wide).to_string() })
                }
            }
            Node::Object(object) => {
                let callee = show(trace, file, object.callee);
                json!({ "o": [callee, show(trace, file, object.args)] })
            }
            Node::Persistent(id) => json!({ "p": show(trace, file, *id) }),
            Node::Buffer => json!("buffer"),
        },
    }
}

/// JSON with a space behind `:` and `,`, as Python writes it.
fn spaced(value: &Json) -> String {
    match value {
        Json::Object(map) => {
            let pairs: Vec<_> =
                map.iter().map(|(key, value)| format!("\"{key}\": {}", spaced(value))).collect();
            format!("{{{}}}", pairs.join(", "))
        }
        Json::Array(items) => {
            format!("[{}]", items.iter().map(spaced).collect::<Vec<_>>().join(", "))
        }
        other => other.to_string(),
    }
}

/// A zip archive of stored members; sizes can be made to lie afterwards.
#[derive(Default)]
pub(crate) struct ZipBuilder {
    bytes: Vec<u8>,
    directory: Vec<u8>,
    count: u16,
}

impl ZipBuilder {
    /// Adds a stored member. Gives where its bytes start.
    pub(crate) fn add(&mut self, name: &str, content: &[u8]) -> usize {
        self.add_as(name, name, content, content.len() as u32)
    }

    /// The same with another name in the local header and another stated size.
    pub(crate) fn add_as(&mut self, name: &str, local: &str, content: &[u8], size: u32) -> usize {
        let offset = self.bytes.len() as u32;
        self.bytes.extend(b"PK\x03\x04\x14\0\0\0\0\0\0\0\0\0\0\0\0\0");
        self.bytes.extend(size.to_le_bytes());
        self.bytes.extend(size.to_le_bytes());
        self.bytes.extend((local.len() as u16).to_le_bytes());
        self.bytes.extend([0, 0]);
        self.bytes.extend(local.bytes());
        let start = self.bytes.len();
        self.bytes.extend(content);
        self.list(name, offset, size);
        start
    }

    /// Lists a member in the directory alone.
    pub(crate) fn list(&mut self, name: &str, offset: u32, size: u32) {
        self.directory.extend(b"PK\x01\x02\x14\0\x14\0\0\0\0\0\0\0\0\0\0\0\0\0");
        self.directory.extend(size.to_le_bytes());
        self.directory.extend(size.to_le_bytes());
        self.directory.extend((name.len() as u16).to_le_bytes());
        self.directory.extend([0; 12]);
        self.directory.extend(offset.to_le_bytes());
        self.directory.extend(name.bytes());
        self.count += 1;
    }

    pub(crate) fn finish(mut self) -> Vec<u8> {
        let (start, size) = (self.bytes.len() as u32, self.directory.len() as u32);
        self.bytes.extend(self.directory);
        self.bytes.extend(b"PK\x05\x06\0\0\0\0");
        self.bytes.extend(self.count.to_le_bytes());
        self.bytes.extend(self.count.to_le_bytes());
        self.bytes.extend(size.to_le_bytes());
        self.bytes.extend(start.to_le_bytes());
        self.bytes.extend([0, 0]);
        self.bytes
    }
}

/// Opcodes that push a short text.
pub(crate) fn text(text: &str) -> Vec<u8> {
    [&[0x8C, text.len() as u8][..], text.as_bytes()].concat()
}

/// Opcodes that push a whole number.
pub(crate) fn int(number: i32) -> Vec<u8> {
    [&b"J"[..], &number.to_le_bytes()].concat()
}

/// A tensor as `torch.save` writes it: the storage of key `key` with `count` elements.
pub(crate) struct Tensor<'a> {
    pub(crate) class: &'a str,
    pub(crate) key: &'a str,
    pub(crate) count: i32,
    pub(crate) offset: i32,
    pub(crate) shape: &'a [i32],
    pub(crate) stride: &'a [i32],
}

impl Tensor<'_> {
    pub(crate) fn ops(&self) -> Vec<u8> {
        let tuple = |numbers: &[i32]| {
            let inner: Vec<u8> = numbers.iter().flat_map(|n| int(*n)).collect();
            [b"(".to_vec(), inner, b"t".to_vec()].concat()
        };
        [
            b"ctorch._utils\n_rebuild_tensor_v2\n((".to_vec(),
            text("storage"),
            format!("ctorch\n{}\n", self.class).into_bytes(),
            text(self.key),
            text("cpu"),
            int(self.count),
            b"tQ".to_vec(),
            int(self.offset),
            tuple(self.shape),
            tuple(self.stride),
            b"\x89ccollections\nOrderedDict\n)RtR".to_vec(),
        ]
        .concat()
    }
}

/// A pickle of a dictionary of tensors.
pub(crate) fn state_dict(tensors: &[(&str, Tensor<'_>)]) -> Vec<u8> {
    let mut bytes = b"\x80\x02}(".to_vec();
    for (name, tensor) in tensors {
        bytes.extend(text(name));
        bytes.extend(tensor.ops());
    }
    bytes.extend(b"u.");
    bytes
}
