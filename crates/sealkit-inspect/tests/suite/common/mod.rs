//! Builders of small, real files.

use sealkit_inspect::{Class, Facts, Identified, identify, inspect};
use sealkit_report::Budget;

pub(crate) fn look(path: &str, bytes: &[u8]) -> (Class, Facts) {
    inspect(path, &bytes, &mut Budget::default())
}

pub(crate) fn found(path: &str, bytes: &[u8]) -> Identified {
    identify(path, &bytes, &mut Budget::default()).unwrap()
}

pub(crate) fn format(path: &str, bytes: &[u8]) -> &'static str {
    found(path, bytes).format.map_or("-", |format| format.id)
}

pub(crate) fn rules(facts: &Facts) -> Vec<&str> {
    facts.findings.iter().map(|finding| finding.rule.as_str()).collect()
}

pub(crate) fn safetensors(header: &str, data: usize) -> Vec<u8> {
    let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
    bytes.extend(header.bytes());
    bytes.resize(bytes.len() + data, 0);
    bytes
}

/// Two tensors of 8 and 16 bytes.
pub(crate) fn good_safetensors() -> Vec<u8> {
    let header = r#"{"__metadata__":{"format":"pt"},"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F16","shape":[2,4],"data_offsets":[8,24]}}"#;
    safetensors(header, 24)
}

/// Writes GGUF of any version in any byte order.
pub(crate) struct GgufBuilder {
    pub(crate) bytes: Vec<u8>,
    version: u32,
    big: bool,
}

impl GgufBuilder {
    pub(crate) fn new(version: u32, big: bool, tensors: u64, entries: u64) -> Self {
        let mut new = Self { bytes: b"GGUF".to_vec(), version, big };
        new.u32(version).size(tensors).size(entries);
        new
    }

    pub(crate) fn u32(&mut self, n: u32) -> &mut Self {
        self.bytes.extend(if self.big { n.to_be_bytes() } else { n.to_le_bytes() });
        self
    }

    pub(crate) fn u64(&mut self, n: u64) -> &mut Self {
        self.bytes.extend(if self.big { n.to_be_bytes() } else { n.to_le_bytes() });
        self
    }

    pub(crate) fn size(&mut self, n: u64) -> &mut Self {
        if self.version == 1 { self.u32(n as u32) } else { self.u64(n) }
    }

    pub(crate) fn text(&mut self, text: &str) -> &mut Self {
        self.size(text.len() as u64);
        self.bytes.extend(text.bytes());
        self
    }

    pub(crate) fn pair(&mut self, key: &str, value: &str) -> &mut Self {
        self.text(key).u32(8).text(value)
    }

    pub(crate) fn tensor(
        &mut self,
        name: &str,
        shape: &[u64],
        kind: u32,
        offset: u64,
    ) -> &mut Self {
        self.text(name).u32(shape.len() as u32);
        for dim in shape {
            self.size(*dim);
        }
        self.u32(kind).u64(offset)
    }

    pub(crate) fn data(&mut self, len: usize) -> Vec<u8> {
        let start = self.bytes.len().next_multiple_of(32);
        self.bytes.resize(start + len, 0);
        self.bytes.clone()
    }
}

pub(crate) fn good_gguf(version: u32, big: bool) -> Vec<u8> {
    let mut gguf = GgufBuilder::new(version, big, 2, 7);
    gguf.pair("general.architecture", "llama").pair("general.name", "Tiny");
    gguf.pair("general.license", "mit").pair("tokenizer.chat_template", "{{ messages }}");
    gguf.text("general.file_type").u32(4).u32(15);
    gguf.text("llama.context_length").u32(4).u32(2048);
    gguf.text("tokenizer.ggml.tokens").u32(9).u32(8).size(3).text("a").text("bc").text("");
    gguf.tensor("x", &[256, 2], 12, 0).tensor("y", &[4], 0, 288);
    gguf.data(304)
}

/// A protobuf field: bytes.
pub(crate) fn pb(number: u8, content: &[u8]) -> Vec<u8> {
    let mut bytes = vec![number << 3 | 2];
    let mut len = content.len();
    while len >= 0x80 {
        bytes.push(len as u8 | 0x80);
        len >>= 7;
    }
    bytes.push(len as u8);
    bytes.extend(content);
    bytes
}

pub(crate) fn good_onnx() -> Vec<u8> {
    let tensor = [vec![0x08, 2, 0x08, 3, 0x10, 1], pb(8, b"w"), pb(9, &[0; 24])].concat();
    let packed = [pb(1, &[5, 2]), pb(8, b"v")].concat();
    let external = pb(13, &[pb(1, b"location"), pb(2, b"weights.bin")].concat());
    let graph = [
        pb(13, &[0; 300]),
        pb(2, b"main"),
        pb(5, &tensor),
        pb(5, &[packed, external].concat()),
        pb(11, &pb(1, b"input")),
        pb(11, &pb(1, b"w")),
        pb(12, &pb(1, b"output")),
    ];
    let parts = [
        vec![0x08, 8],
        pb(2, b"pytorch"),
        pb(3, b"2.4"),
        vec![0x28, 7],
        pb(7, &graph.concat()),
        pb(8, &[pb(1, b""), vec![0x10, 17]].concat()),
        pb(14, &[pb(1, b"task"), pb(2, b"vad")].concat()),
    ];
    parts.concat()
}

pub(crate) fn npy(header: &str) -> Vec<u8> {
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend((header.len() as u16).to_le_bytes());
    bytes.extend(header.bytes());
    bytes
}

/// A stored zip archive of empty members.
pub(crate) fn zip(names: &[&str]) -> Vec<u8> {
    let (mut bytes, mut directory) = (Vec::new(), Vec::new());
    for name in names {
        let offset = bytes.len() as u32;
        let len = (name.len() as u16).to_le_bytes();
        bytes.extend(b"PK\x03\x04");
        bytes.extend([0; 22]);
        bytes.extend(len);
        bytes.extend([0; 2]);
        bytes.extend(name.bytes());
        directory.extend(b"PK\x01\x02");
        directory.extend([0; 24]);
        directory.extend(len);
        directory.extend([0; 12]);
        directory.extend(offset.to_le_bytes());
        directory.extend(name.bytes());
    }
    let (start, size) = (bytes.len() as u32, directory.len() as u32);
    bytes.extend(directory);
    bytes.extend(b"PK\x05\x06\0\0\0\0");
    bytes.extend((names.len() as u16).to_le_bytes());
    bytes.extend((names.len() as u16).to_le_bytes());
    bytes.extend(size.to_le_bytes());
    bytes.extend(start.to_le_bytes());
    bytes.extend([0; 2]);
    bytes
}
