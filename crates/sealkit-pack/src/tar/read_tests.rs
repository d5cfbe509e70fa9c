use proptest::prelude::*;
use sealkit_oci::FileKind;

use super::*;
use crate::tar::samples::file;
use crate::tar::{Header, RangeSource, Ranged, Streamed, TRAILER};

fn archive(entries: &[Vec<u8>]) -> Vec<u8> {
    [entries.concat(), TRAILER.to_vec()].concat()
}

fn reader(bytes: &[u8]) -> TarReader<Streamed<&[u8]>> {
    TarReader::new(Streamed::new(bytes), Budget::new(1 << 20, 1000, 0, 0))
}

fn list(bytes: &[u8]) -> Result<Vec<TarEntry>, TarError> {
    let mut reader = reader(bytes);
    let mut entries = Vec::new();
    while let Some(entry) = reader.next_entry()? {
        entries.push(entry);
    }
    reader.finish()?;
    Ok(entries)
}

/// A header with one field replaced and the checksum made right again.
fn with_field(mut block: Vec<u8>, at: usize, bytes: &[u8]) -> Vec<u8> {
    block[at..at + bytes.len()].copy_from_slice(bytes);
    block[148..156].fill(b' ');
    let sum: u64 = block[..BLOCK].iter().map(|byte| u64::from(*byte)).sum();
    block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    block
}

fn extension(flag: u8, body: &[u8]) -> Vec<u8> {
    with_field(file("././@LongLink", body), 156, &[flag])
}

#[test]
fn bodies_are_read_or_passed_over() {
    let bytes = archive(&[file("a", b"first"), file("b", &[7; 2000]), file("c", b"")]);
    let mut reader = reader(&bytes);
    assert_eq!(reader.next_entry().unwrap().unwrap().path, "a");
    let entry = reader.next_entry().unwrap().unwrap();
    assert_eq!((entry.path.as_str(), entry.size, entry.mode), ("b", 2000, 0o640));
    let mut body = Vec::new();
    reader.read_to_end(&mut body).unwrap();
    assert_eq!(body, [7; 2000]);
    assert_eq!(bytes[entry.offset as usize], 7);
    assert_eq!(reader.next_entry().unwrap().unwrap().size, 0);
    assert!(reader.next_entry().unwrap().is_none());
    assert!(reader.next_entry().unwrap().is_none());
    reader.finish().unwrap();
}

#[test]
fn a_listing_by_ranges_reads_no_body() {
    struct Counting<'a>(&'a [u8], std::sync::atomic::AtomicU64);
    impl RangeSource for Counting<'_> {
        fn size(&self) -> u64 {
            self.0.len() as u64
        }
        fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
            let count = self.0.read_at(offset, buffer)?;
            self.1.fetch_add(count as u64, std::sync::atomic::Ordering::Relaxed);
            Ok(count)
        }
    }
    let bytes = archive(&[file("big", &vec![1; 4 << 20]), file("small", b"x")]);
    let source = Counting(&bytes, 0.into());
    let mut reader = TarReader::new(Ranged::new(&source), Budget::default());
    let mut names = Vec::new();
    while let Some(entry) = reader.next_entry().unwrap() {
        names.push(entry.path);
    }
    assert_eq!(names, ["big", "small"]);
    assert!(source.1.into_inner() < 200_000);
    assert_eq!(list(&bytes).unwrap().len(), 2);
}

#[test]
fn gnu_and_pax_extensions_override_the_header() {
    let long = "n".repeat(300);
    let gnu = archive(&[extension(b'L', format!("{long}\0").as_bytes()), file("short", b"x")]);
    assert_eq!(list(&gnu).unwrap()[0].path, long);
    let link = with_field(file("l", b""), 156, b"2");
    let gnu_link = archive(&[extension(b'K', b"there\0"), link]);
    let entry = &list(&gnu_link).unwrap()[0];
    assert_eq!((entry.kind, entry.link.as_str()), (TarKind::Symlink, "there"));
    let records = "12 path=new\n14 linkpath=a\n21 mtime=1.123456789\n";
    let pax = archive(&[extension(b'x', records.as_bytes()), file("old", b"x")]);
    assert_eq!(list(&pax).unwrap()[0].path, "new");
    let sized = archive(&[extension(b'x', b"9 size=3\n"), file("s", b"abc")]);
    assert_eq!(list(&sized).unwrap()[0].size, 3);
}

#[test]
fn other_dialects_are_read() {
    let base256 = with_field(file("b", b""), 124, &[0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    assert_eq!(list(&archive(&[base256])).unwrap()[0].size, 0);
    let big = with_field(file("b", b""), 124, &[0x80, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0]);
    assert_eq!(reader(&big).next_entry().unwrap().unwrap().size, 8 << 30);
    let v7_dir = with_field(with_field(file("d/", b""), 156, b"\0"), 257, &[0; 8]);
    assert_eq!(list(&archive(&[v7_dir])).unwrap()[0].kind, TarKind::Dir);
    let gnu = with_field(with_field(file("g", b""), 257, b"ustar  \0"), 345, b"12345");
    assert_eq!(list(&archive(&[gnu])).unwrap()[0].path, "g");
    let spaces = with_field(file("s", b""), 124, b"       5    ");
    assert_eq!(reader(&spaces).next_entry().unwrap().unwrap().size, 5);
}

#[test]
fn what_a_kit_can_not_hold_is_reported_as_its_kind() {
    for (flag, kind) in [
        (b'1', TarKind::Hardlink),
        (b'2', TarKind::Symlink),
        (b'3', TarKind::Device),
        (b'4', TarKind::Device),
        (b'5', TarKind::Dir),
        (b'6', TarKind::Fifo),
        (b'7', TarKind::File),
        (b'S', TarKind::Sparse),
        (b'Z', TarKind::Unknown(b'Z')),
    ] {
        let bytes = archive(&[with_field(file("e", b""), 156, &[flag])]);
        assert_eq!(list(&bytes).unwrap()[0].kind, kind);
    }
    let sparse = archive(&[extension(b'x', b"22 GNU.sparse.major=1\n"), file("s", b"x")]);
    assert_eq!(list(&sparse).unwrap()[0].kind, TarKind::Sparse);
}

#[test]
fn damage_is_an_error_with_its_place() {
    let good = archive(&[file("a", b"abc"), file("b", b"def")]);
    let mut flipped = good.clone();
    flipped[1024] ^= 1;
    assert!(matches!(list(&flipped), Err(TarError::Checksum(1024))));
    assert!(matches!(list(&good[..600]), Err(TarError::Truncated(600))));
    assert!(matches!(list(&good[..1100]), Err(TarError::Truncated(1100))));
    let trailing = [good.clone(), b"secret".to_vec()].concat();
    assert!(matches!(list(&trailing), Err(TarError::Trailing(_))));
    let padded = [good.clone(), vec![0; 5000]].concat();
    assert_eq!(list(&padded).unwrap().len(), 2);
    let hidden = [file("a", b""), vec![0; 512], file("hidden", b"")].concat();
    assert!(matches!(list(&hidden), Err(TarError::Trailing(1024))));
    let lonely = archive(&[extension(b'x', b"12 path=new\n")]);
    assert!(matches!(list(&lonely), Err(TarError::Truncated(_))));
}

#[test]
fn malformed_fields_are_errors() {
    let negative = with_field(file("b", b""), 124, &[0xff; 12]);
    assert!(matches!(list(&archive(&[negative])), Err(TarError::Field { field: "size", .. })));
    let huge =
        with_field(file("b", b""), 124, &[0x80, 0, 0, 0, 255, 255, 255, 255, 255, 255, 255, 255]);
    assert!(list(&archive(&[huge])).is_err());
    let octal = with_field(file("b", b""), 124, b"0000000009x\0");
    assert!(list(&archive(&[octal])).is_err());
    for record in
        ["9 path=x", "99 path=x\n", "x path=x\n", "7 pathx\n", " =\n", "11 size=-1\n", "0 =\n"]
    {
        let bytes = archive(&[extension(b'x', record.as_bytes()), file("b", b"")]);
        let got = list(&bytes);
        assert!(
            matches!(got, Err(TarError::Field { field: "PAX record", .. })),
            "{record}: {got:?}"
        );
    }
    let global = archive(&[extension(b'g', b"12 path=new\n"), file("b", b"")]);
    assert!(list(&global).is_err());
    let comment = archive(&[extension(b'g', b"13 comment=x\n"), file("b", b"")]);
    assert_eq!(list(&comment).unwrap()[0].path, "b");
    let latin = with_field(file("b", b""), 0, b"caf\xe9");
    assert!(matches!(list(&archive(&[latin])), Err(TarError::NotUtf8(name)) if name == "caf\\xe9"));
}

#[test]
fn budgets_end_hostile_archives() {
    let many = archive(&vec![file("a", b""); 1001]);
    assert!(matches!(list(&many), Err(TarError::Limit(_))));
    let long = archive(&[extension(b'L', &vec![b'a'; (1 << 20) + 1]), file("a", b"")]);
    assert!(matches!(list(&long), Err(TarError::Field { field: "extension", .. })));
    let two = vec![extension(b'L', &vec![b'a'; 1 << 20]); 2];
    assert!(matches!(list(&archive(&two)), Err(TarError::Limit(_))));
}

proptest! {
    #[test]
    fn what_is_written_reads_back(
        entries in proptest::collection::vec(("[a-zé/]{1,300}", 0_u32..0o10000, 0_u64..3000), 0..8)
    ) {
        let mut bytes = Vec::new();
        for (path, mode, size) in &entries {
            let path = path.trim_matches('/');
            let header = Header { path, kind: FileKind::File, mode: *mode, size: *size };
            bytes.extend(header.encode());
            bytes.resize(bytes.len() + *size as usize + padding(*size), 0);
        }
        bytes.extend(TRAILER);
        let got = list(&bytes).unwrap();
        prop_assert_eq!(got.len(), entries.len());
        for (entry, (path, mode, size)) in got.iter().zip(&entries) {
            prop_assert_eq!(&entry.path, path.trim_matches('/'));
            prop_assert_eq!((entry.mode, entry.size), (*mode, *size));
        }
    }

    #[test]
    fn any_bytes_are_read_without_a_panic(bytes in proptest::collection::vec(any::<u8>(), 0..4096)) {
        let _ = list(&bytes);
    }

    #[test]
    fn any_damage_is_survived(at in 0_usize..4096, byte in any::<u8>()) {
        let mut bytes = archive(&[extension(b'x', b"12 path=new\n"), file("b", &[1; 600])]);
        let at = at % bytes.len();
        bytes[at] = byte;
        let _ = list(&bytes);
    }
}
