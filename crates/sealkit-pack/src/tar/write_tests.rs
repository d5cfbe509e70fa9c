use sealkit_oci::Digest;

use super::*;
use crate::tar::samples::file_of_mode;

fn file(path: &str, body: &[u8]) -> Vec<u8> {
    file_of_mode(path, 0o644, body)
}

fn dir(path: &str) -> Vec<u8> {
    Header { path, kind: FileKind::Dir, mode: 0o755, size: 0 }.encode()
}

fn archive(entries: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = entries.concat();
    bytes.extend_from_slice(&TRAILER);
    bytes
}

fn hex(bytes: &[u8]) -> String {
    Digest::of(bytes).hex().to_owned()
}

#[test]
fn the_three_golden_layers_come_out_byte_for_byte() {
    let model =
        archive(&[dir("models"), dir("models/sub"), file("models/sub/m.bin", b"hello model\n")]);
    assert_eq!(model.len(), 3072);
    assert_eq!(hex(&model), "316273ce2b14acfce045e15b1c36ffe372a39310f410dea4577318d8db925f99");
    let data = archive(&[dir("data"), file("data/d.csv", b"a,b\n1,2\n")]);
    assert_eq!(data.len(), 2560);
    assert_eq!(hex(&data), "e246df15930c368562ac35abec0420be42299433dbe52cc98d6f7499e35ccf85");
    let docs = archive(&[file("README.md", b"# readme\n")]);
    assert_eq!(docs.len(), 2048);
    assert_eq!(hex(&docs), "8976556749c3f1e40113a07bf15337a20205e1ffa9dfa91df25ea9379e6f4be6");
}

#[test]
fn the_header_of_nine_gibibytes_has_a_size_record() {
    let header =
        Header { path: "models/big.bin", kind: FileKind::File, mode: 0o644, size: 9 << 30 };
    let bytes = header.encode();
    assert_eq!(bytes.len(), 1536);
    assert_eq!(hex(&bytes), "aea6e861e66da07b3c356a48fa0574f76131afdda20557accc28d8b28edefafc");
}

#[test]
fn the_largest_size_without_a_record_is_below_eight_gibibytes() {
    let header = |size| Header { path: "a", kind: FileKind::File, mode: 0o644, size }.encode();
    assert_eq!(header((8 << 30) - 1).len(), BLOCK);
    assert_eq!(header(8 << 30).len(), 3 * BLOCK);
}

#[test]
fn names_split_at_the_last_slash_that_fits() {
    let long = format!("{}/{}/{}", "a".repeat(60), "b".repeat(60), "c".repeat(30));
    let (prefix, name) = split_path(&long).unwrap();
    assert_eq!((prefix.len(), name.len()), (121, 30));
    let edge = format!("{}/{}", "p".repeat(155), "n".repeat(100));
    assert_eq!(split_path(&edge).unwrap().0.len(), 155);
    assert!(split_path(&format!("{}/{}", "p".repeat(156), "n".repeat(10))).is_none());
    assert!(split_path(&format!("{}/{}", "p".repeat(10), "n".repeat(101))).is_none());
    assert!(split_path(&format!("/{}", "n".repeat(100))).is_none());
    assert!(split_path(&"n".repeat(101)).is_none());
    assert!(split_path("short/name").is_none());
}

#[test]
fn a_record_counts_its_own_length() {
    assert_eq!(pax_record("size", "9663676416"), "19 size=9663676416\n");
    for length in 1..2000 {
        let record = pax_record("path", &"x".repeat(length));
        let said: usize = record.split_once(' ').unwrap().0.parse().unwrap();
        assert_eq!(said, record.len(), "{length}");
    }
}

#[test]
fn a_cut_name_never_ends_in_a_slash() {
    let name = format!("{}/{}", "a".repeat(99), "b".repeat(150));
    assert_eq!(cut_name(name.as_bytes()), "a".repeat(99).as_bytes());
    assert_eq!(cut_name(b"short"), b"short");
}

#[test]
fn special_bits_are_in_the_mode_field() {
    let header = Header { path: "a", kind: FileKind::File, mode: 0o6755, size: 0 }.encode();
    assert_eq!(&header[100..108], b"0006755\0");
    assert_eq!(&header[329..345], b"0000000\x000000000\0");
}
