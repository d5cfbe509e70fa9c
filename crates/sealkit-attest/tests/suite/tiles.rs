//! Trees of tiles: paths, bundles of entries, and proofs that are made of tiles alone.

use std::collections::HashMap;
use std::convert::Infallible;

use proptest::prelude::*;
use sealkit_attest::AttestError;
use sealkit_attest::log::{
    Frontier, MerkleHash, Node, TileKind, TilePath, Tiles, decode_entries, decode_tile, empty_root,
    encode_entries, encode_tile, leaf_hash, node_hash, peaks, place, prove_consistency,
    prove_inclusion, subtree, tiles_for, tree_root, verify_consistency, verify_inclusion,
};
use sealkit_oci::Digest;

fn leaves(count: u64) -> Vec<MerkleHash> {
    (0..count).map(|at| leaf_hash(&at.to_le_bytes())).collect()
}

/// All tiles of a log of these entries, straight from their definition, and by their paths.
fn tiles(leaves: &[MerkleHash]) -> Tiles {
    let (mut tiles, mut row, size) = (Tiles::default(), leaves.to_vec(), leaves.len() as u64);
    for level in 0.. {
        if row.is_empty() {
            return tiles;
        }
        for (index, hashes) in row.chunks(256).enumerate() {
            let path = TilePath::of(TileKind::Hashes { level }, index as u64, size).unwrap();
            assert_eq!(usize::from(path.width()), hashes.len());
            tiles.add(&path, &encode_tile(hashes)).unwrap();
        }
        row = row.as_chunks::<256>().0.iter().map(|tile| subtree(tile).unwrap()).collect();
    }
    tiles
}

/// The root from the definition of RFC 6962 §2.1.
fn root(leaves: &[MerkleHash]) -> MerkleHash {
    match leaves {
        [] => empty_root(),
        [one] => *one,
        _ => {
            let split = leaves.len().next_power_of_two() / 2;
            node_hash(&root(&leaves[..split]), &root(&leaves[split..]))
        }
    }
}

#[test]
fn every_proof_of_every_size_is_made_of_tiles_and_verifies() {
    let all = leaves(300);
    let tiles = tiles(&all);
    let roots: Vec<MerkleHash> = (0..=300).map(|size| root(&all[..size])).collect();
    // Each is read many times.
    let mut known = HashMap::new();
    let mut read = |node: Node| *known.entry(node).or_insert_with(|| tiles.read(node).unwrap());
    let mut read = |node: Node| Ok::<_, Infallible>(read(node));
    for size in 1..=300u64 {
        let top = &roots[size as usize];
        assert_eq!(tree_root(size, &mut read).unwrap(), *top);
        for index in 0..size {
            let leaf = &all[index as usize];
            let proof = prove_inclusion(index, size, &mut read).unwrap();
            verify_inclusion(leaf, index, size, &proof, top).unwrap();
        }
        for old in 0..=size {
            let before = &roots[old as usize];
            let proof = prove_consistency(old, size, &mut read).unwrap();
            verify_consistency((old, before), (size, top), &proof).unwrap();
        }
    }
}

#[test]
fn trees_of_several_levels_of_tiles_work_alike() {
    let all = leaves(66_000);
    let tiles = tiles(&all);
    let mut frontier = Frontier::default();
    for leaf in &all {
        frontier.push(*leaf);
    }
    let top = frontier.root();
    assert_eq!(tree_root(66_000, |node| tiles.read(node)).unwrap(), top);
    for index in [0, 255, 256, 65_535, 65_536, 65_999] {
        let proof = prove_inclusion(index, 66_000, |node| tiles.read(node)).unwrap();
        verify_inclusion(&all[index as usize], index, 66_000, &proof, &top).unwrap();
    }
    for old in [1, 256, 257, 40_000, 65_536, 65_537] {
        let before = tree_root(old, |node| tiles.read(node)).unwrap();
        let proof = prove_consistency(old, 66_000, |node| tiles.read(node)).unwrap();
        verify_consistency((old, &before), (66_000, &top), &proof).unwrap();
    }
    // The whole way of a client: which tiles, then the proof from those alone.
    let wanted = tiles_for(66_000, |read| prove_consistency(40_000, 66_000, read));
    assert!(wanted.len() <= 6, "{wanted:?}");
    let missing = Tiles::default();
    assert!(prove_consistency(40_000, 66_000, |node| missing.read(node)).is_err());
}

#[test]
fn the_known_roots_come_out() {
    // The inputs and roots of certificate transparency's first tests.
    let inputs: [&[u8]; 8] = [
        b"",
        &[0],
        &[0x10],
        &[0x20, 0x21],
        &[0x30, 0x31],
        &[0x40, 0x41, 0x42, 0x43],
        &[0x50, 0x51, 0x52, 0x53, 0x54, 0x55, 0x56, 0x57],
        &[
            0x60, 0x61, 0x62, 0x63, 0x64, 0x65, 0x66, 0x67, 0x68, 0x69, 0x6a, 0x6b, 0x6c, 0x6d,
            0x6e, 0x6f,
        ],
    ];
    let roots = [
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ];
    let mut frontier = Frontier::default();
    for (input, expected) in inputs.iter().zip(roots) {
        frontier.push(leaf_hash(input));
        assert_eq!(Digest::from_sha256(frontier.root()).hex(), expected);
    }
}

proptest! {
    #[test]
    fn whatever_is_changed_in_a_proof_it_is_refused(
        size in 2u64..300, at in any::<u64>(), old in any::<u64>(),
        byte in any::<usize>(), bit in 0u8..8,
    ) {
        let (at, old) = (at % size, 1 + old % (size - 1));
        let all = leaves(size);
        let tiles = tiles(&all);
        let (top, before) = (root(&all), root(&all[..old as usize]));
        let change = |proof: &[MerkleHash]| {
            let mut bytes = proof.concat();
            let at = byte % bytes.len();
            bytes[at] ^= 1 << bit;
            bytes.as_chunks::<32>().0.to_vec()
        };
        let leaf = &all[at as usize];
        let proof = prove_inclusion(at, size, |node| tiles.read(node)).unwrap();
        prop_assert!(verify_inclusion(leaf, at, size, &change(&proof), &top).is_err());
        prop_assert!(verify_inclusion(leaf, at ^ 1, size, &proof, &top).is_err());
        prop_assert!(verify_inclusion(leaf, at, size, &proof, &change(&[top])[0]).is_err());
        let proof = prove_consistency(old, size, |node| tiles.read(node)).unwrap();
        let verify = |old: u64, before: &MerkleHash, proof: &[MerkleHash]| {
            verify_consistency((old, before), (size, &top), proof)
        };
        prop_assert!(verify(old, &change(&[before])[0], &proof).is_err());
        prop_assert!(proof.is_empty() || verify(old, &before, &change(&proof)).is_err());
    }

    #[test]
    fn a_frontier_goes_on_from_the_peaks_of_any_size(size in 0u64..600, more in 0u64..40) {
        let all = leaves(size + more);
        let tiles = tiles(&all);
        let roots = peaks(size).into_iter().map(|node| tiles.read(node).unwrap());
        let mut frontier = Frontier::new(size, roots.collect()).unwrap();
        prop_assert_eq!(frontier.root(), root(&all[..size as usize]));
        for leaf in &all[size as usize..] {
            frontier.push(*leaf);
        }
        prop_assert_eq!((frontier.size(), frontier.root()), (size + more, root(&all)));
        prop_assert!(Frontier::new(size, vec![[0; 32]; size.count_ones() as usize + 1]).is_none());
    }

    #[test]
    fn sizes_and_numbers_of_any_magnitude_never_panic(
        size in any::<u64>(), at in any::<u64>(), old in any::<u64>(), level in any::<u8>(),
    ) {
        let count = tiles_for(size, |read| {
            (prove_inclusion(at, size, &mut *read).unwrap().len(), tree_root(size, read).is_ok())
        });
        prop_assert!(count.len() <= 16);
        prop_assert!(count.iter().all(|path| path.is_within(size)));
        drop(tiles_for(size, |read| prove_consistency(old, size, read)));
        for node in peaks(size) {
            let (tile, _, span) = place(node);
            prop_assert!(tile < 8 && span.end <= 256 && span.start < span.end);
        }
        if let Some(path) = TilePath::of(TileKind::Hashes { level }, at, size) {
            prop_assert_eq!(path.to_string().parse::<TilePath>().unwrap(), path);
        }
    }

    #[test]
    fn a_path_is_one_only_in_its_one_form(text in "tile/(entries|[0-9]{1,2})/(x[0-9]{1,3}/){0,3}[0-9]{1,4}(\\.p/[0-9]{1,3})?") {
        if let Ok(path) = text.parse::<TilePath>() {
            prop_assert_eq!(path.to_string(), text);
        }
    }

    #[test]
    fn entries_come_back_as_they_went(entries in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..9), 1..257), cut in any::<usize>()) {
        let bytes = encode_entries(&entries).unwrap();
        let width = entries.len() as u16;
        prop_assert_eq!(decode_entries(&bytes, width).unwrap(), entries.iter().map(Vec::as_slice).collect::<Vec<_>>());
        prop_assert!(decode_entries(&bytes[..cut % bytes.len()], width).is_err());
        prop_assert!(decode_entries(&bytes, width + 1).is_err());
        prop_assert_eq!(decode_entries(&bytes, 1).unwrap(), vec![entries[0].as_slice()]);
    }
}

#[test]
fn paths_are_as_the_specification_writes_them() {
    let of = |kind, index, size| TilePath::of(kind, index, size).map(|path| path.to_string());
    let hashes = |level| TileKind::Hashes { level };
    for (path, text) in [
        (of(hashes(0), 0, 70_000), "tile/0/000"),
        (of(hashes(0), 273, 70_000), "tile/0/273.p/112"),
        (of(hashes(1), 1, 70_000), "tile/1/001.p/17"),
        (of(hashes(2), 0, 70_000), "tile/2/000.p/1"),
        (of(TileKind::Entries, 0, 5), "tile/entries/000.p/5"),
        (of(hashes(0), 1_234_067, 1 << 40), "tile/0/x001/x234/067"),
    ] {
        assert_eq!(path.as_deref(), Some(text));
    }
    for (kind, index, size) in [
        (hashes(0), 0, 0),
        (hashes(0), 1, 256),
        (hashes(1), 0, 255),
        (hashes(8), 0, u64::MAX),
        (hashes(0), u64::MAX, u64::MAX),
    ] {
        assert_eq!(of(kind, index, size), None);
    }
    for bad in [
        "",
        "tile",
        "tile/0",
        "tile/0/",
        "tile/0/0",
        "tile/0/1000",
        "tile/0/x000/001",
        "tile/0/001/002",
        "tile/00/000",
        "tile/8/000",
        "tile/+1/000",
        "tile/0/000.p/0",
        "tile/0/000.p/256",
        "tile/0/000.p/257",
        "tile/0/000.p/07",
        "tile/entries/x1/000",
        "tile/0/../000",
        "tile/-1/000",
        "tile/0/x999/x999/x999/x999/x999/x999/x999/999",
        "Tile/0/000",
        "tile/0/000 ",
    ] {
        assert!(bad.parse::<TilePath>().is_err(), "{bad}");
    }
}

#[test]
fn a_tile_of_another_size_is_refused_and_a_wider_one_taken() {
    let hashes = leaves(3);
    let bytes = encode_tile(&hashes);
    assert_eq!(decode_tile(&bytes, 3).unwrap(), hashes);
    assert_eq!(decode_tile(&bytes, 2).unwrap(), hashes[..2]);
    assert!(decode_tile(&bytes, 4).is_err() && decode_tile(&bytes[1..], 2).is_err());
    assert!(decode_tile(&vec![0; 257 * 32], 256).is_err());
    let long = encode_entries(&[vec![0; 65_536]]).unwrap_err();
    assert!(matches!(long, AttestError::Limit { limit: 65_535, .. }));
    assert!(encode_entries(&[vec![0; 65_535]]).is_ok());
    let path: TilePath = "tile/entries/000.p/1".parse().unwrap();
    assert!(Tiles::default().add(&path, &bytes).is_err());
}
