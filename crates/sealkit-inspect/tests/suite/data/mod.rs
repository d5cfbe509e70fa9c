//! What the tests of data formats share: files that real tools made, and builders of odd ones.

use sealkit_inspect::{Facts, Value, identify, inspect};
use sealkit_report::Budget;

const FILES: &str = include_str!("../../golden/data.txt");

/// Names of all golden files.
pub(crate) fn goldens() -> Vec<(&'static str, Vec<u8>)> {
    let lines = FILES.lines().filter(|line| !line.starts_with('#'));
    lines.map(|line| line.split_once(' ').unwrap()).map(|(name, hex)| (name, unhex(hex))).collect()
}

/// A file that a real tool made.
pub(crate) fn golden(name: &str) -> Vec<u8> {
    goldens().into_iter().find(|(is, _)| *is == name).unwrap().1
}

fn unhex(text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        if let Some(run) = rest.strip_prefix('*') {
            let (count, after) = run.split_once(';').unwrap();
            bytes.resize(bytes.len() + count.parse::<usize>().unwrap(), 0);
            rest = after;
        } else {
            bytes.push(u8::from_str_radix(&rest[..2], 16).unwrap());
            rest = &rest[2..];
        }
    }
    bytes
}

/// The facts of inspecting a file without reading it whole.
pub(crate) fn head(path: &str, bytes: &[u8]) -> Facts {
    inspect(path, &bytes, &mut Budget::default()).1
}

/// The facts of the stream alone, fed with pieces of these sizes over and over.
pub(crate) fn streamed(path: &str, bytes: &[u8], sizes: &[usize]) -> Facts {
    fed(path, bytes, bytes, sizes)
}

/// The same for bytes that need not look like the format: `example` does.
pub(crate) fn fed(path: &str, example: &[u8], bytes: &[u8], sizes: &[usize]) -> Facts {
    let found = identify(path, &example, &mut Budget::default()).unwrap();
    let mut stream = found.inspector.unwrap().stream(path).unwrap();
    let mut rest = bytes;
    for size in sizes.iter().cycle() {
        if rest.is_empty() {
            break;
        }
        let (piece, tail) = rest.split_at((*size).max(1).min(rest.len()));
        stream.push(piece);
        rest = tail;
    }
    stream.finish()
}

/// The facts of inspecting a file and then reading it whole.
pub(crate) fn whole(path: &str, bytes: &[u8]) -> Facts {
    let mut facts = head(path, bytes);
    facts.extend(streamed(path, bytes, &[65_536]));
    facts
}

/// What is known of a name inside the file.
pub(crate) fn about<'a>(facts: &'a Facts, property: &str, subject: &str) -> Option<&'a Value> {
    let fact = facts.facts.iter().find(|f| f.property == property && f.subject == subject);
    fact.map(|fact| &fact.value)
}

/// The same as text; empty where nothing is known.
pub(crate) fn said(facts: &Facts, property: &str, subject: &str) -> String {
    about(facts, property, subject).map_or_else(String::new, Value::to_string)
}

/// Subjects and values of all facts with this property.
pub(crate) fn pairs(facts: &Facts, property: &str) -> Vec<(String, String)> {
    let all = facts.facts.iter().filter(|fact| fact.property == property);
    all.map(|fact| (fact.subject.clone(), fact.value.to_string())).collect()
}

/// Writes the Thrift compact protocol.
#[derive(Clone, Debug, Default)]
pub(crate) struct Thrift {
    pub(crate) bytes: Vec<u8>,
    last: i16,
}

impl Thrift {
    fn field(&mut self, id: i16, kind: u8) {
        let delta = id - self.last;
        if (1..=15).contains(&delta) {
            self.bytes.push((delta as u8) << 4 | kind);
        } else {
            self.bytes.push(kind);
            self.zigzag(i64::from(id));
        }
        self.last = id;
    }

    pub(crate) fn varint(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.bytes.push(value as u8 | 0x80);
            value >>= 7;
        }
        self.bytes.push(value as u8);
    }

    fn zigzag(&mut self, value: i64) {
        self.varint((value << 1 ^ value >> 63) as u64);
    }

    pub(crate) fn int(mut self, id: i16, value: i64) -> Self {
        self.field(id, 6);
        self.zigzag(value);
        self
    }

    pub(crate) fn text(mut self, id: i16, text: &str) -> Self {
        self.field(id, 8);
        self.varint(text.len() as u64);
        self.bytes.extend(text.bytes());
        self
    }

    pub(crate) fn nested(mut self, id: i16, inner: Self) -> Self {
        self.field(id, 12);
        self.bytes.extend(inner.end());
        self
    }

    pub(crate) fn list(mut self, id: i16, items: Vec<Self>) -> Self {
        self.field(id, 9);
        self.bytes.push(0xFC);
        self.varint(items.len() as u64);
        for item in items {
            self.bytes.extend(item.end());
        }
        self
    }

    /// A list that claims more elements than follow.
    pub(crate) fn false_list(mut self, id: i16, count: u64) -> Self {
        self.field(id, 9);
        self.bytes.push(0xFC);
        self.varint(count);
        self
    }

    pub(crate) fn end(mut self) -> Vec<u8> {
        self.bytes.push(0);
        self.bytes
    }
}

/// A Parquet file of `data` bytes between magic and footer.
pub(crate) fn parquet(data: usize, footer: Thrift) -> Vec<u8> {
    let footer = footer.end();
    let mut bytes = b"PAR1".to_vec();
    bytes.resize(4 + data, 0);
    bytes.extend(&footer);
    bytes.extend((footer.len() as u32).to_le_bytes());
    bytes.extend(b"PAR1");
    bytes
}

/// Footer of two columns and one row group whose chunks lie at these places.
pub(crate) fn footer(rows: i64, places: &[(i64, i64)]) -> Thrift {
    let schema = vec![
        Thrift::default().text(4, "schema").int(5, 2),
        Thrift::default().int(1, 2).int(3, 1).text(4, "a"),
        Thrift::default().int(1, 6).int(3, 1).text(4, "b").int(6, 0),
    ];
    let chunk = |(first, len): &(i64, i64)| {
        let content = Thrift::default().int(1, 2).int(4, 6).int(5, 3).int(6, 9).int(7, *len);
        Thrift::default().int(2, 4).nested(3, content.int(9, *first))
    };
    let columns = places.iter().map(chunk).collect();
    let group = Thrift::default().list(1, columns).int(2, 18).int(3, 3);
    Thrift::default().int(1, 1).list(2, schema).int(3, rows).list(4, vec![group])
}

/// One member of a tar archive.
pub(crate) fn member(name: &str, kind: u8, body: &[u8]) -> Vec<u8> {
    let mut bytes = header(name, kind, &format!("{:011o}\0", body.len()));
    bytes.extend(body);
    bytes.resize(bytes.len().next_multiple_of(512), 0);
    bytes
}

/// The header alone, with the size as it is to be written.
pub(crate) fn header(name: &str, kind: u8, size: &str) -> Vec<u8> {
    let mut block = vec![0; 512];
    block[..name.len()].copy_from_slice(name.as_bytes());
    block[124..124 + size.len()].copy_from_slice(size.as_bytes());
    block[156] = kind;
    block[257..265].copy_from_slice(b"ustar\x0000");
    checked(block)
}

/// The block with the checksum that it needs.
pub(crate) fn checked(mut block: Vec<u8>) -> Vec<u8> {
    block[148..156].fill(b' ');
    let sum: u32 = block.iter().map(|byte| u32::from(*byte)).sum();
    block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    block
}

pub(crate) fn archive(members: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = members.concat();
    bytes.resize(bytes.len() + 1024, 0);
    bytes
}
