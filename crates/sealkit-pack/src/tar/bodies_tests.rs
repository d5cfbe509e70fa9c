use proptest::prelude::*;
use sealkit_oci::Digest;
use sealkit_report::Budget;

use super::*;
use crate::tar::samples::file;
use crate::tar::{Streamed, TRAILER, TarReader};

const LARGE: usize = SMALLEST as usize;

fn body(seed: usize, size: usize) -> Vec<u8> {
    (0..size).map(|at| (at.wrapping_mul(seed | 1) >> 3) as u8).collect()
}

fn hashed(pieces: impl Iterator<Item = impl AsRef<[u8]>>) -> Vec<HashedRange> {
    let (mut hasher, mut all, mut alone) =
        (BodyHasher::default(), Sha256::default(), Sha256::default());
    pieces.for_each(|piece| {
        hasher.push(piece.as_ref(), &mut all);
        alone.update(piece.as_ref());
    });
    assert_eq!(all.finish(), alone.finish(), "everything is hashed as well");
    hasher.finish()
}

/// What the reader finds in an archive that is whole, hashed one by one.
fn read(bytes: &[u8]) -> Vec<HashedRange> {
    let mut reader = TarReader::new(Streamed::new(bytes), Budget::new(4 << 20, 1_000, 0, 0));
    let mut found = Vec::new();
    while let Some(entry) = reader.next_entry().unwrap() {
        if entry.kind == TarKind::File && entry.size >= SMALLEST {
            let range = entry.offset..entry.offset + entry.size;
            let digest = Digest::of(&bytes[range.start as usize..range.end as usize]);
            found.push(HashedRange { range, digest });
        }
    }
    found
}

/// Names, one of them longer than a header, so that an extended header comes before it; sizes around the least.
fn samples() -> Vec<u8> {
    let deep = format!("{}/weights", "deep/".repeat(60));
    let files = [
        file("small", b"x"),
        file("weights", &body(3, LARGE + 1)),
        file("empty", b""),
        file(&deep, &body(5, LARGE)),
        file("nearly", &body(7, LARGE - 1)),
        file("last", &body(9, 3 * LARGE + 511)),
    ];
    [files.concat(), TRAILER.to_vec()].concat()
}

#[test]
fn it_finds_what_the_reader_finds() {
    let all = samples();
    let expected = read(&all);
    assert_eq!(expected.len(), 3);
    for size in [1, 7, 511, 512, 513, 65_536, all.len()] {
        assert_eq!(hashed(all.chunks(size)), expected, "in pieces of {size}");
    }
}

#[test]
fn what_came_whole_before_the_end_is_there() {
    let all = samples();
    let expected = read(&all);
    let second = expected[1].range.clone();
    let cut = &all[..second.end as usize - 1];
    assert_eq!(hashed([cut].iter()), expected[..1]);
    assert_eq!(hashed([&all[..second.end as usize]].iter()), expected[..2]);
    // Behind the end of an archive is nothing that counts.
    let twice = [samples(), samples()].concat();
    assert_eq!(hashed([twice].iter()), expected);
}

#[test]
fn what_is_no_archive_has_no_files() {
    for bytes in [body(3, 2 * LARGE), vec![0; 2 * LARGE], vec![0xff; 2 * LARGE], Vec::new()] {
        assert_eq!(hashed(bytes.chunks(100_000)), []);
    }
}

#[test]
fn sizes_beyond_all_bounds_end_it() {
    let set = |mut block: Vec<u8>, size: &[u8]| {
        block[124..124 + size.len()].copy_from_slice(size);
        block[148..156].fill(b' ');
        let sum: u64 = block[..BLOCK].iter().map(|byte| u64::from(*byte)).sum();
        block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        block
    };
    let huge = [&[0x80, 0, 0, 0][..], &[0xff; 8]].concat();
    for size in [&huge[..], b"77777777777\0", b"zzzzzzzzzzz\0"] {
        for flag in [b'0', b'x', b'L', b'g', b'5'] {
            let mut header = file("a", b"");
            header[156] = flag;
            let all = [set(header, size), body(3, 2 * LARGE)].concat();
            assert_eq!(hashed(all.chunks(1_000)), [], "{size:?} {flag}");
        }
    }
}

#[test]
fn files_and_headers_are_bounded() {
    let many = file("a", b"").repeat(MAX_HEADERS - 1);
    let last = file("last", &body(3, LARGE));
    assert_eq!(hashed([&many[..], &last].iter()).len(), 1);
    let one_more = [many, file("a", b"")].concat();
    assert_eq!(hashed([&one_more[..], &last].iter()), []);
    let one = file("a", &body(3, LARGE));
    let known = HashedRange { range: 0..1, digest: Digest::of(b"") };
    let mut hasher = BodyHasher { found: vec![known; MAX_FOUND - 1], ..BodyHasher::default() };
    hasher.push(&one, &mut Sha256::default());
    hasher.push(&one, &mut Sha256::default());
    assert_eq!(hasher.finish().len(), MAX_FOUND);
}

#[test]
fn what_takes_room_is_not_small() {
    let archive = samples();
    let long = archive.windows(5).position(|five| five == b"deep/").unwrap();
    let mut all = Sha256::default();
    let mut hasher = BodyHasher::default();
    let mut large = Vec::new();
    for (at, byte) in archive.chunks(1).take(long + 5_000).enumerate() {
        hasher.push(byte, &mut all);
        if !hasher.is_small() {
            large.push(at);
        }
    }
    // From where the long name comes until what it names has come.
    let (first, last) = (large[0], large[large.len() - 1]);
    assert_eq!(large, (first..=last).collect::<Vec<usize>>());
    assert!((1_000..4_000).contains(&(last - first)), "{first} {last}");
    let known = HashedRange { range: 0..1, digest: Digest::of(b"") };
    for (count, is_small) in [(FEW, true), (FEW + 1, false)] {
        let hasher = BodyHasher { found: vec![known.clone(); count], ..BodyHasher::default() };
        assert_eq!(hasher.is_small(), is_small);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn pieces_make_no_difference(cuts in prop::collection::vec(1_usize..400_000, 1..40)) {
        let all = samples();
        let (mut rest, mut pieces) = (&all[..], Vec::new());
        for cut in cuts {
            let (piece, after) = rest.split_at(cut.min(rest.len()));
            pieces.push(piece);
            rest = after;
        }
        pieces.push(rest);
        prop_assert_eq!(hashed(pieces.iter()), read(&all));
    }

    #[test]
    fn whatever_comes_nothing_is_hashed_wrong(at in 0_usize..5_000, byte: u8, second in 0_usize..300_000) {
        let mut all = samples();
        all[at] = byte;
        all[second] ^= byte;
        for found in hashed(all.chunks(4_096)) {
            let [start, end] = [found.range.start, found.range.end].map(|at| at as usize);
            prop_assert_eq!(found.digest, Digest::of(&all[start..end]));
        }
    }
}
