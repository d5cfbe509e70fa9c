//! Tables in Zstandard are the tables that are in it, whatever the frames are like.

use crate::common::format;
use crate::data::{about, head, said, streamed, whole};
use ruzstd::encoding::{CompressionLevel, compress_to_vec};
use sealkit_inspect::{Facts, Value, property};

const EMPTY_SKIP: &[u8] = b"\x5F\x2A\x4D\x18\0\0\0\0";

fn zstd(bytes: &[u8]) -> Vec<u8> {
    compress_to_vec(bytes, CompressionLevel::Fastest)
}

fn rows(count: usize) -> Vec<u8> {
    let lines: Vec<String> =
        (0..count).map(|n| format!("{{\"n\":{n},\"text\":\"{}\"}}", n * 7919)).collect();
    (lines.join("\n") + "\n").into_bytes()
}

/// A frame without checksum and size, with a window of so many bytes, and the blocks given.
fn frame(window: u8, blocks: &[(u32, u32, &[u8])]) -> Vec<u8> {
    let mut bytes = b"\x28\xB5\x2F\xFD\0".to_vec();
    bytes.push(window);
    for (at, (kind, size, inside)) in blocks.iter().enumerate() {
        let is_last = u32::from(at + 1 == blocks.len());
        let header: u32 = size << 3 | kind << 1 | is_last;
        bytes.extend(&header.to_le_bytes()[..3]);
        bytes.extend(*inside);
    }
    bytes
}

fn is_refused(name: &str, bytes: &[u8]) -> Facts {
    let facts = streamed(name, bytes, &[100]);
    assert!(facts.incomplete);
    assert_eq!(facts.uint(property::ROWS), None);
    assert_eq!(facts.findings[0].rule, "not-unpacked");
    assert_eq!(said(&facts, property::NOT_MEASURED, property::ROWS), "the file was not read whole");
    facts
}

#[test]
fn files_of_the_zstd_library_hold_what_it_gives() {
    let facts = whole("rows.csv.zst", &crate::data::golden("rows.csv.zst"));
    assert_eq!(facts.text(property::FORMAT), Some("zstd-csv"));
    assert_eq!(facts.uint(property::ROWS), Some(3));
    assert_eq!(facts.list(property::COLUMN), ["id", "score", "when"]);
    assert_eq!(about(&facts, property::MISSING_VALUES, "score"), Some(&Value::Uint(1)));
    // Two frames, and one between them that holds nothing, are one file.
    let facts = whole("rows.jsonl.zst", &crate::data::golden("rows.jsonl.zst"));
    assert_eq!(facts.text(property::FORMAT), Some("zstd-jsonl"));
    assert_eq!(facts.uint(property::ROWS), Some(4));
    assert_eq!(facts.list(property::COLUMN), ["a", "b", "c"]);
    // Repeated text is packed as references to what stands before.
    let facts = whole("many.jsonl.zst", &crate::data::golden("many.jsonl.zst"));
    assert_eq!(facts.uint(property::ROWS), Some(200));
    assert!(!facts.incomplete);
}

#[test]
fn packed_rows_are_the_rows_that_are_packed_in_whatever_pieces_they_come() {
    let text = rows(30_000);
    let packed = zstd(&text);
    let facts = whole("d/x.JSONL.ZST", &packed);
    let plain = whole("d/x.jsonl", &text);
    assert_eq!(facts.uint(property::ROWS), Some(30_000));
    let columns = |facts: &Facts| facts.list(property::COLUMN).join(",");
    assert_eq!(columns(&facts), columns(&plain));
    assert!(!facts.incomplete);
    let name = "d/x.jsonl.zst";
    assert_eq!(streamed(name, &packed, &[1, 7, 40_000]), streamed(name, &packed, &[65_536]));
    // Not read whole, it says what its first rows show, and that nobody counted.
    let first = head(name, &packed);
    assert_eq!(first.uint(property::ROWS), None);
    assert_eq!(columns(&first), "n,text");
    assert_eq!(said(&first, property::NOT_MEASURED, property::ROWS), "the file was not read whole");
}

#[test]
fn json_lines_are_found_under_another_name_and_other_content_is_not() {
    let bytes = zstd(b"{\"a\":1}\n{\"a\":2}\n");
    for name in ["c4-train.00000.json.zst", "data.zst"] {
        assert_eq!(format(name, &bytes), "zstd-jsonl", "{name}");
        assert_eq!(head(name, &bytes).uint(property::ROWS), Some(2));
    }
    for (name, text) in [("x.zst", "a,b\n1,2\n"), ("x.csv.zst", "\0\0")] {
        assert_eq!(format(name, &zstd(text.as_bytes())), "zstd", "{name}");
    }
}

#[test]
fn a_part_of_packed_rows_is_no_number_of_rows() {
    let packed = crate::data::golden("rows.csv.zst");
    for end in 4..packed.len() {
        is_refused("x.csv.zst", &packed[..end]);
    }
    // Bytes behind the last frame, and a checksum of other bytes.
    let mut longer = packed.clone();
    longer.extend(b"garbage");
    is_refused("x.csv.zst", &longer);
    let mut changed = packed.clone();
    *changed.last_mut().unwrap() ^= 1;
    is_refused("x.csv.zst", &changed);
    // What holds nothing may stand anywhere, cut off it may not.
    let mut skipped = EMPTY_SKIP.to_vec();
    skipped.extend(&packed);
    skipped.extend(EMPTY_SKIP);
    let facts = streamed("x.csv.zst", &skipped, &[100]);
    assert_eq!(facts.uint(property::ROWS), Some(3));
    let mut cut = packed.clone();
    cut.extend(b"\x50\x2A\x4D\x18\x05\0\0\0abc");
    is_refused("x.csv.zst", &cut);
}

#[test]
fn frames_that_ask_for_too_much_are_refused() {
    // 1 KiB, 8 MiB, and the next larger window that can be written.
    let fine = [(0, 8, b"{\"a\":1}\n".as_slice())];
    for (window, is_read) in [(0, true), (13 << 3, true), (13 << 3 | 1, false), (0xFF, false)] {
        let bytes = frame(window, &fine);
        if is_read {
            let facts = streamed("x.jsonl.zst", &bytes, &[100]);
            assert_eq!(facts.uint(property::ROWS), Some(1), "{window}");
        } else {
            is_refused("x.jsonl.zst", &bytes);
        }
    }
    // A block of a kind that there is not, one longer than any, and a dictionary that nobody has.
    is_refused("x.jsonl.zst", &frame(0, &[(3, 1, b"x")]));
    is_refused("x.jsonl.zst", &frame(0xFF - 7, &[(1, 200 << 10, b"x")]));
    is_refused("x.jsonl.zst", b"\x28\xB5\x2F\xFD\x01\0\x07\x01\0\0");
}

#[test]
fn a_bomb_is_let_lie() {
    let block: (u32, u32, &[u8]) = (1, 128 << 10, b"\n");
    let bomb = frame(10 << 3, &vec![block; 4096]);
    assert!(bomb.len() < 20 << 10, "half a gigabyte in 16 KiB");
    let facts = is_refused("x.jsonl.zst", &bomb);
    assert_eq!(facts.findings[0].message, "it unpacks to more than text does");
}

#[test]
fn a_name_that_says_only_how_it_is_packed_is_no_lie() {
    let bytes = zstd(b"{\"a\":1}\n{\"a\":2}\n");
    assert_eq!(head("c4-train.00000.json.zst", &bytes).findings, []);
    // Where the content is a model it is worth a word.
    let pickle = b"\x80\x04\x95\x05\x00\x00\x00\x00\x00\x00\x00}\x94K\x01s.";
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut packed, pickle).unwrap();
    let facts = head("notes.gz", &packed.finish().unwrap());
    assert!(facts.findings.iter().any(|finding| finding.rule == "format-mismatch"));
}
