use super::*;
use sealkit_oci::Digest;
use sealkit_testkit::TarBuilder;

fn entry(path: &str, offset: u64, content: &[u8]) -> FileEntry {
    FileEntry {
        path: path.to_owned(),
        kind: FileKind::File,
        mode: 0o644,
        offset,
        size: content.len() as u64,
        digest: Some(Digest::of(content)),
        segments: String::new(),
    }
}

/// A folder, two files and an empty one, with the table that describes them.
fn archive() -> (Vec<u8>, LayerTable) {
    let tar = TarBuilder::new()
        .folder("d/")
        .file("d/a.txt", b"hello")
        .file("d/empty", b"")
        .file("d/z.bin", &[7; 600])
        .finish();
    let files = vec![
        entry("d/a.txt", 1024, b"hello"),
        entry("d/empty", 2048, b""),
        entry("d/z.bin", 2560, &[7; 600]),
    ];
    let digest = Digest::of(&tar);
    (tar, LayerTable { diff_id: digest.clone(), digest, files })
}

#[test]
fn an_archive_as_it_was_has_no_fault() {
    let (tar, table) = archive();
    assert_eq!(walk_tar(&table, &mut tar.as_slice(), &mut |_| {}).unwrap(), Vec::new());
}

#[test]
fn every_byte_that_is_flipped_is_found_and_named() {
    let (tar, table) = archive();
    for at in 0..tar.len() {
        let mut damaged = tar.clone();
        damaged[at] ^= 0x01;
        let faults = walk_tar(&table, &mut damaged.as_slice(), &mut |_| {}).unwrap();
        let in_header = matches!(at, 0..1024 | 1536..2560 | 3584..);
        if in_header && matches!(at % 512, 154 | 155) && faults.is_empty() {
            // What ends the checksum's digits is read in several forms; the layer's digest sees it.
            continue;
        }
        let first = faults.first().unwrap_or_else(|| panic!("byte {at} went unseen"));
        let expected = match at {
            0..1024 => "tar header before `d/a.txt`",
            1024..1029 => "d/a.txt",
            1029..1536 => "padding after `d/a.txt`",
            1536..2048 => "tar header before `d/empty`",
            2048..2560 => "tar header before `d/z.bin`",
            2560..3160 => "d/z.bin",
            3160..3584 => "padding after `d/z.bin`",
            _ => "end of the archive, after `d/z.bin`",
        };
        assert_eq!(first.subject, expected, "byte {at}");
    }
}

#[test]
fn an_archive_that_ends_early_is_found_wherever_it_ends() {
    let (tar, table) = archive();
    for end in 0..3160 {
        let faults = walk_tar(&table, &mut &tar[..end], &mut |_| {}).unwrap();
        assert!(!faults.is_empty(), "cut at {end}");
    }
}

#[test]
fn a_file_that_the_table_does_not_list_is_a_fault() {
    let (tar, mut table) = archive();
    table.files.remove(0);
    assert!(!walk_tar(&table, &mut tar.as_slice(), &mut |_| {}).unwrap().is_empty());
    let (tar, mut table) = archive();
    table.files.pop();
    let faults = walk_tar(&table, &mut tar.as_slice(), &mut |_| {}).unwrap();
    assert_eq!(faults[0].subject, "end of the archive, after `d/empty`");
}

#[test]
fn a_table_that_lies_about_places_ends_well() {
    let (tar, mut table) = archive();
    table.files[2].offset = 1025;
    table.files[1].size = u64::MAX / 2;
    assert!(!walk_tar(&table, &mut tar.as_slice(), &mut |_| {}).unwrap().is_empty());
}

#[test]
fn a_raw_layer_is_its_file() {
    let table = LayerTable {
        digest: Digest::of(b"abc"),
        diff_id: Digest::of(b"abc"),
        files: vec![entry("f", 0, b"abc")],
    };
    assert_eq!(walk_raw(&table, &mut b"abc".as_slice()).unwrap(), Vec::new());
    assert_eq!(walk_raw(&table, &mut b"abd".as_slice()).unwrap()[0].subject, "f");
}
