//! Why a file was not read to its end stands in the AIBOM in the words of what read it.

use crate::assembling::{Project, about, called, tie};
use sealkit_aibom::{Completeness, Kind, RelationKind, name};
use sealkit_inspect::{Facts, identify, inspect_as};
use sealkit_oci::LayerRole;
use sealkit_report::Budget;

/// What is found in a file that is read from its first byte to its last.
fn facts(path: &str, bytes: &[u8]) -> Facts {
    let mut budget = Budget::default();
    let found = identify(path, &bytes, &mut budget).unwrap();
    let mut facts = inspect_as(&found, path, &bytes, &mut budget);
    if let Some(mut stream) = found.inspector.and_then(|inspector| inspector.stream(path)) {
        bytes.chunks(4096).for_each(|piece| stream.push(piece));
        facts.extend(stream.finish());
    }
    facts
}

/// What the AIBOM says of why.
fn why(path: &str, facts: Facts) -> Option<String> {
    let mut project = Project::folder();
    project.part(LayerRole::Code, ".", &[(path, "")]);
    project.facts.insert(path.to_owned(), facts);
    let bom = project.bom();
    let said = called(&bom, Kind::File, path).first(name::UNREADABLE)?;
    Some(said.as_text().unwrap().to_owned())
}

fn parquet(magic: &[u8], len: u32) -> Vec<u8> {
    [b"PAR1", &[0; 8][..], &len.to_le_bytes(), magic].concat()
}

fn tar_member(size: u64) -> Vec<u8> {
    let mut header = vec![0; 512];
    header[..5].copy_from_slice(b"a.txt");
    header[100..108].copy_from_slice(b"0000644\0");
    header[124..136].copy_from_slice(format!("{size:011o}\0").as_bytes());
    header[136..148].copy_from_slice(b"00000000000\0");
    header[148..156].fill(b' ');
    header[156] = b'0';
    header[257..265].copy_from_slice(b"ustar\x0000");
    let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
    header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    header
}

fn many_keys() -> Vec<u8> {
    let line = |at: usize| format!("{{\"k{at}\": 1}}\n");
    (0..20_000).map(line).collect::<String>().into_bytes()
}

fn long_line() -> Vec<u8> {
    let long = format!("{{\"a\": \"{}\"}}\n", "x".repeat(20 << 20));
    ["{\"a\": 1}\n{\"a\": 2}\n{\n[1]\n", &long].concat().into_bytes()
}

fn card(front: &str, size: usize) -> Vec<u8> {
    format!("---\n{front}\n---\n# A model\n\n{}", "words and words\n".repeat(size / 16))
        .into_bytes()
}

/// A file, its bytes, and why it was not read to its end.
type Case = (&'static str, Vec<u8>, &'static str);

fn documents() -> Vec<Case> {
    vec![
        (
            "w.safetensors",
            b"\x20\0\0\0\0\0\0\0{\"a\":".to_vec(),
            "not valid safetensors: a length that reaches past the end at byte 8",
        ),
        (
            "README.md",
            card("license: mit\npipeline_tag: text-generation", 3 << 20),
            "only the first 2 MiB of the card were read",
        ),
        (
            "README.md",
            card("license: [mit\nlibrary_name: x", 0),
            "not valid YAML: illegal placement of ':' indicator in line 2",
        ),
        ("a.jsonl", many_keys(), "only the first 10000 keys are told"),
        ("a.jsonl", long_line(), "1 lines are too long to be parsed"),
        (
            "tokenizer.json",
            b"{\"added_tokens\": [], \"model\": {\"vocab\": {\"a\": 0".to_vec(),
            "not valid JSON: an end in the middle",
        ),
        ("vocab.json", b"{\"a\": 0, ".to_vec(), "not valid JSON: an end in the middle"),
        (
            "trainer_state.json",
            b"{\"epoch\": 1.0, \"global_step\": 1, ".to_vec(),
            "not valid JSON: an end in the middle",
        ),
        (
            "spiece.model",
            b"\x0a\x0e\x0a\x05<unk>\x15\0\0\0\0\x18\x02\x0a".to_vec(),
            "not a valid sentencepiece model: an end in the middle of a field",
        ),
        (
            "a.pkl",
            b"\x80\x04]\x94(K\x01K\x02".to_vec(),
            "the pickle was not read to its end: the end of the bytes inside an opcode",
        ),
    ]
}

fn code() -> Vec<Case> {
    vec![
        ("a.pkl", b"\x80\x04K\x01.and more".to_vec(), "bytes follow the last pickle"),
        (
            "a.py",
            b"import os\nx = (1,\n".to_vec(),
            "this is no Python that runs: a bracket that is never closed",
        ),
        (
            "model.safetensors.index.json",
            b"{\"metadata\": {}, \"weight_map\": {\"a\": \"model.safetensors.index.json\"}}"
                .to_vec(),
            "the shard `model.safetensors.index.json` is an index itself",
        ),
    ]
}

fn data() -> Vec<Case> {
    vec![
        ("a.tar", tar_member(100), "the archive ends inside a member"),
        ("a.tfrecord", vec![1; 40], "a length has a wrong checksum"),
        (
            "a.sqlite",
            [b"SQLite format 3\0\x10\0\x01\x01\0\x40\x20\x20", &[1; 80][..]].concat(),
            "the file ends inside its first page",
        ),
        (
            "a.csv",
            b"a,b\n\"x\"y,1\n\"open\n".to_vec(),
            "a quote is never closed: what follows it is one cell",
        ),
        (
            "a.csv.gz",
            b"\x1f\x8b\x08\0\0\0\0\0\0\x03\xff\xff\xff".to_vec(),
            "the compressed bytes cannot be unpacked to their end",
        ),
        (
            "a.parquet",
            parquet(b"PAR1", 9999),
            "the footer states a length that the file cannot hold",
        ),
        ("a.parquet", parquet(b"PARE", 4), "the footer is encrypted"),
    ]
}

fn weights() -> Vec<Case> {
    let magic = b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19.";
    vec![
        ("a.pt", magic.to_vec(), "fewer than five pickles stand before the storages"),
        ("a.onnx", b"\x08\x08\x12\x04test".to_vec(), "no tensors are listed"),
        ("a.arrow", b"\xff\xff\xff\xff\x10\0\0\0\0\0".to_vec(), "the file ends inside a message"),
        (
            "a.npz",
            b"PK\x03\x04\0\0\0\0".to_vec(),
            "not valid zip: no end of central directory at byte 0",
        ),
    ]
}

fn cases() -> Vec<Case> {
    [documents(), code(), data(), weights()].concat()
}

#[test]
fn each_reason_is_that_of_what_read_the_file() {
    for (path, bytes, expected) in cases() {
        let facts = facts(path, &bytes);
        assert!(facts.incomplete, "{path}: {facts:#?}");
        assert_eq!(why(path, facts).as_deref(), Some(expected), "{path}");
    }
}

#[test]
fn a_part_that_no_layer_holds_is_listed_without_content() {
    let mut project = Project::folder();
    project.part(LayerRole::Docs, "README.md", &[("README.md", "x")]);
    project.named(LayerRole::Dataset, "d.csv", "gone set", &[("d.csv", "x")]);
    let mut project = project.packed();
    let gone = project.parts.last_mut().unwrap();
    (gone.layer, gone.files) = (None, None);
    let bom = project.bom();
    let data = called(&bom, Kind::Dataset, "gone set");
    assert!(data.hashes.is_empty() && data.size.is_none());
    assert_eq!(about(data, name::UNKNOWN, "hash").as_deref(), Some("no layer holds it"));
    assert_eq!(about(data, name::UNKNOWN, name::DATA_VERSION), Some("no layer holds it".into()));
    let held = tie(&bom, &bom.subject, RelationKind::Contains, data).unwrap();
    assert_eq!(held.evidence.as_ref().unwrap().place, "/datasets/0");
    for id in [&bom.subject.id, &data.id] {
        let of =
            |how| bom.compositions.iter().any(|c| c.completeness == how && c.contents.contains(id));
        assert!(of(Completeness::Incomplete) && !of(Completeness::Complete));
    }
}
