//! Zip archives of which readers see different members.

use crate::common::{look, rules};
use crate::inside::{EMPTY, LAMBDA, META, Members, P2, denied, runs, says};

const SAFE: &[u8] = b"\x80\x02}q\0.";

fn local(name: &str, body: &[u8]) -> Vec<u8> {
    let mut bytes = b"PK\x03\x04\x14\0\0\0\0\0\0\0\0\0\0\0\0\0".to_vec();
    bytes.extend((body.len() as u32).to_le_bytes());
    bytes.extend((body.len() as u32).to_le_bytes());
    bytes.extend((name.len() as u16).to_le_bytes());
    bytes.extend([0, 0]);
    bytes.extend(name.bytes());
    bytes.extend(body);
    bytes
}

fn central(name: &str, body: &[u8], at: usize) -> Vec<u8> {
    let mut bytes = b"PK\x01\x02\x14\0\x14\0\0\0\0\0\0\0\0\0\0\0\0\0".to_vec();
    bytes.extend((body.len() as u32).to_le_bytes());
    bytes.extend((body.len() as u32).to_le_bytes());
    bytes.extend((name.len() as u16).to_le_bytes());
    bytes.extend([0; 12]);
    bytes.extend((at as u32).to_le_bytes());
    bytes.extend(name.bytes());
    bytes
}

fn end(count: usize, size: usize, start: usize, comment: usize) -> Vec<u8> {
    let mut bytes = b"PK\x05\x06\0\0\0\0".to_vec();
    for number in [count, count] {
        bytes.extend((number as u16).to_le_bytes());
    }
    bytes.extend((size as u32).to_le_bytes());
    bytes.extend((start as u32).to_le_bytes());
    bytes.extend((comment as u16).to_le_bytes());
    bytes
}

/// The bodies of all members, and a list of the first and one of the second.
fn parts(one: Members<'_>, two: Members<'_>) -> (Vec<u8>, Vec<u8>, Vec<u8>) {
    let mut bodies = Vec::new();
    let mut lists = [Vec::new(), Vec::new()];
    for (members, list) in [one, two].into_iter().zip(&mut lists) {
        for (name, body) in members {
            list.extend(central(name, body, bodies.len()));
            bodies.extend(local(name, body));
        }
    }
    let [first, second] = lists;
    (bodies, first, second)
}

/// An end record inside of the comment of another.
fn in_comment(one: Members<'_>, two: Members<'_>) -> Vec<u8> {
    let (mut all, first, second) = parts(one, two);
    let at = all.len();
    all.extend(&first);
    let inner = end(two.len(), second.len(), all.len() + 22, 0);
    let comment = [second, inner, b"x".to_vec()].concat();
    all.extend(end(one.len(), first.len(), at, comment.len()));
    all.extend(comment);
    all
}

/// A zip64 record although nothing needs one.
fn with_zip64(one: Members<'_>, two: Members<'_>) -> Vec<u8> {
    let (mut all, first, second) = parts(one, two);
    let small = all.len();
    all.extend(&first);
    let large = all.len();
    all.extend(&second);
    let record = all.len() as u64;
    all.extend(b"PK\x06\x06");
    all.extend(44_u64.to_le_bytes());
    all.extend([45, 0, 45, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    for number in [two.len(), two.len(), second.len(), large] {
        all.extend((number as u64).to_le_bytes());
    }
    all.extend(b"PK\x06\x07\0\0\0\0");
    all.extend(record.to_le_bytes());
    all.extend(1_u32.to_le_bytes());
    all.extend(end(one.len(), first.len(), small, 0));
    all
}

/// The end record points at one list, and another stands before it.
fn elsewhere(one: Members<'_>, two: Members<'_>) -> Vec<u8> {
    let (mut all, first, second) = parts(one, two);
    let at = all.len();
    all.extend(&first);
    all.extend(&second);
    all.extend(end(one.len(), second.len(), at, 0));
    all
}

fn counting(members: Members<'_>, count: usize) -> Vec<u8> {
    let (mut all, list, _) = parts(members, &[]);
    let at = all.len();
    all.extend(&list);
    all.extend(end(count, list.len(), at, 0));
    all
}

const GOOD_PT: Members<'_> = &[("a/data.pkl", SAFE), ("a/version", b"3\n")];
const BAD_PT: Members<'_> = &[("a/data.pkl", P2), ("a/version", b"3\n")];
const GOOD_KERAS: Members<'_> = &[("metadata.json", META), ("config.json", EMPTY)];
const BAD_KERAS: Members<'_> = &[("metadata.json", META), ("config.json", LAMBDA)];
const BOTH: Members<'_> =
    &[("metadata.json", META), ("config.json", EMPTY), ("config.json", LAMBDA)];

#[test]
fn an_archive_that_readers_see_differently_is_never_good() {
    let cases = [
        ("a.pt", in_comment(GOOD_PT, BAD_PT)),
        ("b.pt", with_zip64(GOOD_PT, BAD_PT)),
        ("c.keras", in_comment(GOOD_KERAS, BAD_KERAS)),
        ("d.keras", counting(BOTH, 2)),
        ("f.keras", elsewhere(GOOD_KERAS, BAD_KERAS)),
        ("g.pt", elsewhere(GOOD_PT, BAD_PT)),
    ];
    for (path, bytes) in cases {
        let facts = denied(path, &bytes);
        let told = rules(&facts);
        let is_told = ["zip-ambiguous", "zip-duplicate-member"].iter().any(|r| told.contains(r));
        assert!(facts.incomplete && is_told, "{path}: {told:?}");
    }
    let facts = denied("e.keras", &counting(BOTH, 3));
    assert!(runs(&facts) && rules(&facts).contains(&"keras-code"));
    // A name with a zero byte in it ends there for some.
    let members: Members<'_> = &[("metadata.json", META), ("config.json\0x", LAMBDA)];
    assert!(runs(&denied("h.keras", &counting(members, 2))));
}

#[test]
fn a_good_archive_stays_one() {
    for bytes in [counting(GOOD_PT, 2), {
        let (mut all, list, _) = parts(GOOD_PT, &[]);
        let at = all.len();
        all.extend(&list);
        all.extend(end(2, list.len(), at, 5));
        all.extend(b"hello");
        all
    }] {
        let facts = look("a.pt", &bytes).1;
        assert!(says(&facts, false) && !facts.incomplete && facts.findings.is_empty(), "{facts:?}");
    }
    // PyTorch writes zip64 records that say what the end record says.
    let (mut all, list, _) = parts(GOOD_PT, &[]);
    let at = all.len();
    all.extend(&list);
    let record = all.len() as u64;
    all.extend(b"PK\x06\x06");
    all.extend(44_u64.to_le_bytes());
    all.extend([45, 0, 45, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    for number in [2, 2, list.len(), at] {
        all.extend((number as u64).to_le_bytes());
    }
    all.extend(b"PK\x06\x07\0\0\0\0");
    all.extend(record.to_le_bytes());
    all.extend(1_u32.to_le_bytes());
    all.extend(end(2, list.len(), at, 0));
    assert_eq!(rules(&look("a.pt", &all).1), Vec::<&str>::new());
}

#[test]
fn an_archive_behind_something_else_is_opened() {
    // `zipfile`, by which Keras reads, looks for the end alone.
    let mut bytes = b"GGUF\x03\0\0\0".to_vec();
    bytes.extend(counting(&[("metadata.json", META), ("config.json", EMPTY), ("a.bin", P2)], 3));
    let facts = denied("m.keras", &bytes);
    assert!(runs(&facts) && rules(&facts).contains(&"polyglot"), "{facts:?}");
}
