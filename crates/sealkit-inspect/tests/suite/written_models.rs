//! Models that are written here and read back: every tensor comes out with the name, type, shape and place that it
//! went in with, whatever stands around it.

use crate::common::{GgufBuilder, look, npy, pb, rules, safetensors, zip};
use proptest::prelude::*;
use proptest::sample::{Index, select};
use sealkit_inspect::{Facts, TensorInfo, Value, property};
use serde_json::{Map, Value as Json, json};

fn tensors(facts: &Facts) -> Vec<TensorInfo> {
    let mut all: Vec<TensorInfo> = facts
        .facts
        .iter()
        .filter_map(|fact| match &fact.value {
            Value::Tensor(tensor) => Some(tensor.clone()),
            _ => None,
        })
        .collect();
    all.sort_by(|a, b| a.name.cmp(&b.name));
    all
}

/// Counts and sums are those of the tensors.
fn counted(facts: &Facts, tensors: &[TensorInfo]) -> Result<(), TestCaseError> {
    let elements = |tensor: &TensorInfo| tensor.shape.iter().product::<u64>();
    prop_assert_eq!(facts.uint(property::TENSORS), Some(tensors.len() as u64));
    prop_assert_eq!(facts.uint(property::PARAMETERS), Some(tensors.iter().map(elements).sum()));
    for fact in facts.facts.iter().filter(|fact| fact.property == property::PARAMETERS_OF_TYPE) {
        let of_type = tensors.iter().filter(|tensor| tensor.dtype == fact.subject);
        prop_assert_eq!(&fact.value, &Value::Uint(of_type.map(elements).sum()));
    }
    Ok(())
}

/// A name, a type by its number, and a shape.
type Planned = (String, usize, Vec<u64>);

/// Tensors with names of their own.
fn planned(types: usize, dims: usize) -> impl Strategy<Value = Vec<Planned>> {
    let shape = prop::collection::vec(0..6_u64, 0..=dims);
    let one = ("[a-zA-Z0-9_.é]{1,12}", (0..types, shape));
    prop::collection::btree_map(one.0, one.1, 0..8)
        .prop_map(|all| all.into_iter().map(|(name, (kind, shape))| (name, kind, shape)).collect())
}

const SAFE: [(&str, u64); 12] = [
    ("F64", 8),
    ("F32", 4),
    ("F16", 2),
    ("BF16", 2),
    ("I64", 8),
    ("I32", 4),
    ("I16", 2),
    ("I8", 1),
    ("U8", 1),
    ("BOOL", 1),
    ("F8_E4M3", 1),
    ("C64", 8),
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    /// Headers in any order, with metadata and with room behind them.
    #[test]
    fn safetensors_come_back(
        plan in planned(SAFE.len(), 4),
        notes in prop::collection::btree_map("[a-z]{1,6}", "\\PC{0,20}", 0..4),
        order in prop::collection::vec(any::<Index>(), 8),
        room in 0..9_usize,
    ) {
        let (mut at, mut expected, mut entries) = (0, Vec::new(), Vec::new());
        for (name, kind, shape) in &plan {
            let (dtype, width) = SAFE[*kind];
            let size = shape.iter().product::<u64>() * width;
            entries.push((name.clone(), json!({"dtype": dtype, "shape": shape, "data_offsets": [at, at + size]})));
            expected.push(TensorInfo { name: name.clone(), dtype: dtype.to_owned(), shape: shape.clone(), offset: at, size });
            at += size;
        }
        for (from, to) in order.iter().enumerate().take(entries.len()) {
            let to = to.index(entries.len());
            entries.swap(from, to);
        }
        let mut header = String::from("{");
        if !notes.is_empty() {
            let notes: Map<String, Json> = notes.iter().map(|(k, v)| (k.clone(), Json::from(v.as_str()))).collect();
            header.extend(["\"__metadata__\":".to_owned(), Json::Object(notes).to_string(), ",".to_owned()]);
        }
        let all: Vec<String> =
            entries.iter().map(|(name, entry)| format!("{}:{entry}", Json::from(name.as_str()))).collect();
        header += &all.join(",");
        if all.is_empty() {
            header = header.trim_end_matches(',').to_owned();
        }
        header += "}";
        header += &" ".repeat(room);
        let bytes = safetensors(&header, at as usize);
        let data = 8 + header.len() as u64;
        for tensor in &mut expected {
            tensor.offset += data;
        }
        expected.sort_by(|a, b| a.name.cmp(&b.name));
        let (_, facts) = look("m.safetensors", &bytes);
        prop_assert_eq!(&facts.findings, &[]);
        prop_assert!(!facts.incomplete);
        prop_assert_eq!(&tensors(&facts), &expected);
        counted(&facts, &expected)?;
        // One byte less, and one more: both are said.
        if at > 0 {
            let cut = look("m.safetensors", &bytes[..bytes.len() - 1]).1;
            prop_assert_eq!(rules(&cut), ["safetensors-truncated"]);
        }
        let more = look("m.safetensors", &[bytes.as_slice(), b"x"].concat()).1;
        prop_assert_eq!(rules(&more), ["safetensors-trailing-bytes"]);
    }
}

/// A value of GGUF metadata, with its type.
#[derive(Clone, Debug)]
enum Meta {
    Number(u32, u64),
    Text(String),
    List(u32, Vec<u64>),
    Texts(Vec<String>),
}

/// Width in bytes of a plain type.
fn width(kind: u32) -> usize {
    match kind {
        0 | 1 | 7 => 1,
        2 | 3 => 2,
        4..=6 => 4,
        _ => 8,
    }
}

fn number(gguf: &mut GgufBuilder, kind: u32, value: u64, big: bool) {
    let value = if kind == 7 { value & 1 } else { value };
    let bytes = if big { value.to_be_bytes() } else { value.to_le_bytes() };
    let width = width(kind);
    gguf.bytes.extend(if big { &bytes[8 - width..] } else { &bytes[..width] });
}

fn write(gguf: &mut GgufBuilder, key: &str, value: &Meta, big: bool) {
    gguf.text(key);
    match value {
        Meta::Number(kind, value) => {
            gguf.u32(*kind);
            number(gguf, *kind, *value, big);
        }
        Meta::Text(text) => {
            gguf.u32(8).text(text);
        }
        Meta::List(kind, values) => {
            gguf.u32(9).u32(*kind).size(values.len() as u64);
            for value in values {
                number(gguf, *kind, *value, big);
            }
        }
        Meta::Texts(texts) => {
            gguf.u32(9).u32(8).size(texts.len() as u64);
            for text in texts {
                gguf.text(text);
            }
        }
    }
}

fn meta() -> impl Strategy<Value = Meta> {
    let kind = select(vec![0_u32, 1, 2, 3, 4, 5, 6, 7, 10, 11, 12]);
    prop_oneof![
        (kind.clone(), any::<u64>()).prop_map(|(kind, value)| Meta::Number(kind, value)),
        "\\PC{0,40}".prop_map(Meta::Text),
        (kind, prop::collection::vec(any::<u64>(), 0..80))
            .prop_map(|(kind, all)| Meta::List(kind, all)),
        prop::collection::vec("\\PC{0,9}", 0..80).prop_map(Meta::Texts),
    ]
}

/// Number, name, elements and bytes of a block.
const GGML: [(u32, &str, u64, u64); 6] = [
    (0, "F32", 1, 4),
    (1, "F16", 1, 2),
    (8, "Q8_0", 32, 34),
    (12, "Q4_K", 256, 144),
    (28, "F64", 1, 8),
    (30, "BF16", 1, 2),
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    /// Metadata of every type stands before what is looked for; the tensors lie where they were put.
    #[test]
    fn gguf_comes_back(
        metadata in prop::collection::vec(meta(), 0..8),
        plan in planned(GGML.len(), 4),
        version in 1..4_u32,
        is_big in any::<bool>(),
    ) {
        let is_big = is_big && version > 1;
        let mut gguf = GgufBuilder::new(version, is_big, plan.len() as u64, metadata.len() as u64 + 2);
        for (at, value) in metadata.iter().enumerate() {
            write(&mut gguf, &format!("own.key-{at}"), value, is_big);
        }
        gguf.pair("general.architecture", "llama").pair("general.name", "Behind it all");
        let (mut at, mut expected) = (0_u64, Vec::new());
        for (name, kind, shape) in &plan {
            let (kind, dtype, block, bytes) = GGML[*kind];
            // Rows are whole blocks; there is at least one dimension.
            let mut shape: Vec<u64> = shape.iter().map(|dim| dim + 1).collect();
            match shape.first_mut() {
                Some(row) => *row *= block,
                None => shape.push(block),
            }
            at = at.next_multiple_of(32);
            gguf.tensor(name, &shape, kind, at);
            let size = shape.iter().product::<u64>() / block * bytes;
            expected.push(TensorInfo { name: name.clone(), dtype: dtype.to_owned(), shape, offset: at, size });
            at += size;
        }
        let start = gguf.bytes.len().next_multiple_of(32) as u64;
        let bytes = gguf.data(at as usize);
        for tensor in &mut expected {
            tensor.offset += start;
        }
        expected.sort_by(|a, b| a.name.cmp(&b.name));
        let (_, facts) = look("m.gguf", &bytes);
        prop_assert_eq!(&facts.findings, &[]);
        prop_assert_eq!(facts.text(property::NAME), Some("Behind it all"));
        let told = facts.text(property::FORMAT_VERSION).map(str::to_owned);
        prop_assert_eq!(told, Some(version.to_string()));
        let found = tensors(&facts);
        prop_assert_eq!(&found, &expected);
        counted(&facts, &expected)?;
        if at > 0 {
            let cut = look("m.gguf", &bytes[..bytes.len() - 1]).1;
            prop_assert!(cut.incomplete || !cut.findings.is_empty());
        }
    }

    #[test]
    fn npy_headers_come_back(
        shape in prop::collection::vec(0..9_u64, 0..5),
        kind in select(vec![("<f4", 4_usize), (">f8", 8), ("|u1", 1), ("<i2", 2), ("|b1", 1), ("<c16", 16), ("<U3", 12), ("|S5", 5), ("<M8[ns]", 8)]),
        is_fortran in any::<bool>(),
        room in 0..40_usize,
        delta in -1..2_isize,
    ) {
        let order = if is_fortran { "True" } else { "False" };
        let dims: Vec<String> = shape.iter().map(u64::to_string).collect();
        let comma = if dims.len() == 1 { "," } else { "" };
        let header = format!(
            "{{'descr': '{}', 'fortran_order': {order}, 'shape': ({}{comma}), }}{}\n",
            kind.0, dims.join(", "), " ".repeat(room)
        );
        let count = shape.iter().product::<u64>();
        let size = count as usize * kind.1;
        let there = size.saturating_add_signed(delta);
        let mut bytes = npy(&header);
        bytes.resize(bytes.len() + there, 1);
        let (_, facts) = look("a.npy", &bytes);
        prop_assert_eq!(facts.text(property::DTYPE), Some(kind.0));
        prop_assert_eq!(facts.list(property::SHAPE), dims);
        prop_assert_eq!(facts.uint(property::PARAMETERS), Some(count));
        let expected: &[&str] = if there == size { &[] } else { &["npy-size"] };
        prop_assert_eq!(rules(&facts), expected);
    }

    /// ONNX initializers: dimensions packed or not, data raw or elsewhere, fields in any order.
    #[test]
    fn onnx_comes_back(
        plan in planned(4, 4),
        is_packed in any::<bool>(),
        is_turned in any::<bool>(),
        noise in prop::collection::vec((40..60_u8, prop::collection::vec(any::<u8>(), 0..30)), 0..4),
    ) {
        let types = [(1_u8, "FLOAT", 4_u64), (7, "INT64", 8), (10, "FLOAT16", 2), (3, "INT8", 1)];
        let mut graph = vec![pb(2, b"main")];
        let mut expected = Vec::new();
        for (name, kind, shape) in &plan {
            let (number, dtype, width) = types[*kind];
            let size = shape.iter().product::<u64>() * width;
            let dims: Vec<u8> = shape.iter().map(|dim| *dim as u8).collect();
            let dims = if is_packed { pb(1, &dims) } else { dims.iter().flat_map(|dim| [0x08, *dim]).collect() };
            let mut parts = [dims, vec![0x10, number], pb(8, name.as_bytes()), pb(9, &vec![0; size as usize])];
            if is_turned {
                parts.reverse();
            }
            graph.push(pb(5, &parts.concat()));
            expected.push((name.clone(), dtype.to_owned(), shape.clone(), size));
        }
        let mut parts = vec![vec![0x08, 8], pb(2, b"pytorch")];
        // Fields of later versions, which nobody here knows.
        for (number, content) in &noise {
            let tag = u16::from(*number) << 3 | 2;
            let mut field = vec![tag as u8 | 0x80, (tag >> 7) as u8, content.len() as u8];
            field.extend(content);
            parts.push(field);
        }
        parts.push(pb(7, &graph.concat()));
        parts.push(pb(8, &[pb(1, b""), vec![0x10, 17]].concat()));
        let bytes = parts.concat();
        let (_, facts) = look("m.onnx", &bytes);
        prop_assert_eq!(&facts.findings, &[]);
        let found = tensors(&facts);
        let told: Vec<_> =
            found.iter().map(|t| (t.name.clone(), t.dtype.clone(), t.shape.clone(), t.size)).collect();
        prop_assert_eq!(told, expected);
        for tensor in &found {
            let place = tensor.offset as usize..(tensor.offset + tensor.size) as usize;
            prop_assert!(bytes.get(place).is_some_and(|data| data.iter().all(|byte| *byte == 0)));
        }
        if !found.is_empty() {
            counted(&facts, &found)?;
        }
    }

    /// Every member of a zip archive is listed, under the name that it has.
    #[test]
    fn directories_of_archives_come_back(names in prop::collection::btree_set("[a-zA-Zé0-9_./-]{1,20}", 1..30)) {
        let names: Vec<String> = names.into_iter().collect();
        let given: Vec<&str> = names.iter().map(String::as_str).collect();
        let bytes = zip(&given);
        let budget = &mut sealkit_report::Budget::default();
        let directory = sealkit_inspect::zip::Directory::read(&bytes, budget).expect("a directory");
        let found: Vec<&str> = directory.members.iter().map(|member| member.name.as_str()).collect();
        prop_assert_eq!(found, given);
    }
}
