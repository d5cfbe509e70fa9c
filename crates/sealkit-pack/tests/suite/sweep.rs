//! Layers with every single fault, limits at their very edge, many at once.
#![cfg(unix)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::sync::{Arc, Barrier};

use crate::common::unpacking::{TAR, all, blob, entry, header, layer_of};
use crate::common::{Memory, code, layers, pack_parts, put};
use proptest::prelude::*;
use sealkit_oci::{Compression, Descriptor, Digest, FileKind};
use sealkit_pack::tar::TRAILER;
use sealkit_pack::{
    Existing, Limits, PackError, PackOptions, UnpackLayer, UnpackOptions, index_layer, unpack,
};
use sealkit_report::Hint;
use tempfile::tempdir;

fn names(dir: &Path) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut dirs = vec![dir.to_owned()];
    while let Some(folder) = dirs.pop() {
        let Ok(entries) = fs::read_dir(&folder) else { continue };
        for place in entries.map(|entry| entry.unwrap().path()) {
            found.insert(place.strip_prefix(dir).unwrap().to_str().unwrap().to_owned());
            if place.is_dir() {
                dirs.push(place);
            }
        }
    }
    found
}

/// The layer under a descriptor that fits the changed bytes: an archive that was made so.
fn made_so(media_type: &str, bytes: &[u8]) -> (Memory, UnpackLayer) {
    blob(media_type, bytes)
}

fn small() -> Vec<u8> {
    [
        header("d", FileKind::Dir, 0),
        entry("d/a", b"first"),
        entry("d/b", &[7; 1300]),
        entry(&format!("d/{}", "long".repeat(40)), b"long name"),
        TRAILER.to_vec(),
    ]
    .concat()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::new(6));
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn zst(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = zstd::Encoder::new(Vec::new(), 3).unwrap();
    encoder.include_checksum(true).unwrap();
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn an_archive_that_ends_anywhere_early_is_refused_or_whole() {
    let whole = small();
    let expected = {
        let dir = tempdir().unwrap();
        let (store, layer) = made_so(TAR, &whole);
        all(&[layer], &store, &dir.path().join("out"), &UnpackOptions::default()).unwrap();
        names(&dir.path().join("out"))
    };
    for length in (0..whole.len()).step_by(64) {
        let dir = tempdir().unwrap();
        let (store, layer) = made_so(TAR, &whole[..length]);
        let target = dir.path().join("out");
        match all(&[layer], &store, &target, &UnpackOptions::default()) {
            // Between two entries an archive may end without its trailer, as `kit` takes it.
            Ok(_) => assert!(names(&target).is_subset(&expected), "{length}"),
            Err(error) => {
                assert_eq!(error.code(), "layer-malformed", "{length}: {error}");
                assert_eq!(names(dir.path()), BTreeSet::new(), "{length}");
            }
        }
    }
}

#[test]
fn one_changed_bit_of_a_header_never_leaves_the_folder() {
    let whole = small();
    for at in (0..512 * 3).step_by(3) {
        let mut changed = whole.clone();
        changed[at] ^= 1 << (at % 8);
        let dir = tempdir().unwrap();
        let (store, layer) = made_so(TAR, &changed);
        let target = dir.path().join("in/out");
        let result = all(&[layer], &store, &target, &UnpackOptions::default());
        let beside = names(dir.path());
        if result.is_ok() {
            assert!(beside.iter().all(|name| name == "in" || name.starts_with("in/out")), "{at}");
        } else {
            assert!(beside.iter().all(|name| name == "in"), "{at}: {beside:?}");
        }
    }
}

#[test]
fn every_byte_of_a_compressed_layer_counts() {
    let tar = small();
    for (compression, bytes) in [("gzip", gzip(&tar)), ("zstd", zst(&tar))] {
        let media_type = format!("{TAR}+{compression}");
        let good = Descriptor::of(&media_type, &bytes);
        for at in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[at] ^= 0x55;
            // The registry gives other bytes than the manifest names.
            let store = Memory::default();
            store.blobs.lock().unwrap().insert(good.digest.to_string(), changed.clone());
            let dir = tempdir().unwrap();
            let layer = UnpackLayer { descriptor: good.clone(), diff_id: None, base: None };
            let target = dir.path().join("out");
            let options = UnpackOptions::default();
            assert!(all(&[layer], &store, &target, &options).is_err(), "{compression} {at}");
            assert_eq!(names(dir.path()), BTreeSet::new(), "{compression} {at}");
        }
    }
}

#[test]
fn a_compressed_layer_that_ends_early_or_goes_on_is_refused() {
    let tar = small();
    for (compression, bytes) in [("gzip", gzip(&tar)), ("zstd", zst(&tar))] {
        let media_type = format!("{TAR}+{compression}");
        for length in (0..bytes.len()).step_by(7) {
            let dir = tempdir().unwrap();
            let (store, layer) = made_so(&media_type, &bytes[..length]);
            let target = dir.path().join("out");
            let result = all(&[layer], &store, &target, &UnpackOptions::default());
            assert!(result.is_err(), "{compression} {length}");
            assert_eq!(names(dir.path()), BTreeSet::new(), "{compression} {length}");
        }
        let dir = tempdir().unwrap();
        let (store, layer) = made_so(&media_type, &[&bytes[..], b"more"].concat());
        let target = dir.path().join("out");
        let error = all(&[layer], &store, &target, &UnpackOptions::default()).unwrap_err();
        assert_eq!(names(dir.path()), BTreeSet::new(), "{compression}: {error}");
    }
}

#[test]
fn limits_are_kept_to_the_last_entry_and_byte() {
    let entries: Vec<Vec<u8>> = (0..10).map(|at| entry(&format!("f{at}"), &[1; 100])).collect();
    let (store, layer) = layer_of(&entries);
    let size = layer.descriptor.size;
    let run = |limits: Limits| {
        let dir = tempdir().unwrap();
        let options = UnpackOptions { limits, ..UnpackOptions::default() };
        let target = dir.path().join("out");
        let result = all(std::slice::from_ref(&layer), &store, &target, &options);
        assert_eq!(names(dir.path()).is_empty(), result.is_err());
        result.map(|done| done.files)
    };
    let loose = Limits::default();
    assert_eq!(run(Limits { entries: 10, ..loose }).unwrap(), 10);
    assert_eq!(run(Limits { entries: 9, ..loose }).unwrap_err().code(), "limit-exceeded");
    assert_eq!(run(Limits { entries: 0, ..loose }).unwrap_err().code(), "limit-exceeded");
    assert_eq!(run(Limits { bytes: size, ..loose }).unwrap(), 10);
    assert_eq!(run(Limits { bytes: 999, ..loose }).unwrap_err().code(), "limit-exceeded");
    // An archive that is not compressed does not expand.
    assert_eq!(run(Limits { ratio: 1, ..loose }).unwrap(), 10);
}

#[test]
fn limits_count_all_layers_together_whatever_their_order() {
    let parts: Vec<(Memory, UnpackLayer)> =
        (0..4).map(|at| layer_of(&[entry(&format!("f{at}"), &vec![at; 200_000])])).collect();
    let store = Memory::default();
    for (own, _) in &parts {
        store.blobs.lock().unwrap().extend(own.blobs.lock().unwrap().clone());
    }
    let layers: Vec<UnpackLayer> = parts.into_iter().map(|(_, layer)| layer).collect();
    let total: u64 = layers.iter().map(|layer| layer.descriptor.size).sum();
    for (bytes, fits) in [(total, true), (total - 200_000, false), (700_000, false)] {
        for threads in [Some(1), Some(4)] {
            let dir = tempdir().unwrap();
            let limits = Limits { bytes, ..Limits::default() };
            let options = UnpackOptions { limits, threads, ..UnpackOptions::default() };
            let result = all(&layers, &store, &dir.path().join("out"), &options);
            assert_eq!(result.is_ok(), fits, "{bytes} {threads:?}");
            assert_eq!(names(dir.path()).is_empty(), !fits);
        }
    }
}

#[test]
fn a_layer_that_is_there_twice_is_unpacked_once_or_refused() {
    let (store, layer) = layer_of(&[entry("a", b"x")]);
    let dir = tempdir().unwrap();
    let target = dir.path().join("out");
    let result = all(&[layer.clone(), layer], &store, &target, &UnpackOptions::default());
    match result {
        Ok(_) => assert_eq!(fs::read(target.join("a")).unwrap(), b"x"),
        Err(error) => assert_eq!(names(dir.path()), BTreeSet::new(), "{error}"),
    }
}

#[test]
fn of_many_that_unpack_into_one_folder_each_ends_well_or_says_why() {
    let body = |at: u8| vec![at; 400_000];
    let kits: Vec<(Memory, UnpackLayer)> =
        (0..6).map(|at| layer_of(&[entry("a", &body(at)), entry("b", &body(at))])).collect();
    for round in 0..5 {
        let dir = tempdir().unwrap();
        let target = dir.path().join("out");
        let start = Arc::new(Barrier::new(kits.len()));
        let results: Vec<Result<(), PackError>> = std::thread::scope(|scope| {
            let threads: Vec<_> = kits
                .iter()
                .map(|(store, layer)| {
                    let (start, target) = (Arc::clone(&start), &target);
                    scope.spawn(move || {
                        start.wait();
                        let existing = Existing::Overwrite;
                        let options = UnpackOptions { existing, ..UnpackOptions::default() };
                        all(std::slice::from_ref(layer), store, target, &options).map(|_| ())
                    })
                })
                .collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        assert!(results.iter().any(Result::is_ok), "{round}: {results:?}");
        for error in results.iter().filter_map(|result| result.as_ref().err()) {
            assert!(["busy", "exists", "in-the-way"].contains(&error.code()), "{error}");
        }
        let (a, b) = (fs::read(target.join("a")).unwrap(), fs::read(target.join("b")).unwrap());
        assert_eq!(a, b, "both files are of one kit");
        assert!((0..6).any(|at| a == body(at)), "and whole");
        assert_eq!(names(dir.path()).len(), 3, "{:?}", names(dir.path()));
    }
}

#[test]
fn a_listing_of_a_layer_is_what_unpacking_it_gives() {
    let tar = small();
    for (media_type, bytes) in [
        (TAR.to_owned(), tar.clone()),
        (format!("{TAR}+gzip"), gzip(&tar)),
        (format!("{TAR}+zstd"), zst(&tar)),
    ] {
        let (store, layer) = made_so(&media_type, &bytes);
        let listed = index_layer(&layer, &store, &Limits::default(), &|_| {}).unwrap();
        assert_eq!(listed.digest, layer.descriptor.digest);
        assert_eq!(listed.diff_id, Digest::of(&tar));
        let dir = tempdir().unwrap();
        let target = dir.path().join("out");
        let done = all(&[layer], &store, &target, &UnpackOptions::default()).unwrap();
        assert_eq!(done.tables, std::slice::from_ref(&listed));
        for file in listed.files.iter().filter(|file| file.kind == FileKind::File) {
            let bytes = fs::read(target.join(&file.path)).unwrap();
            assert_eq!(file.digest, Some(Digest::of(&bytes)), "{}", file.path);
            assert_eq!(file.size, bytes.len() as u64);
            // The place of its bytes inside the uncompressed layer.
            let at = usize::try_from(file.offset).unwrap();
            assert_eq!(tar[at..at + bytes.len()], bytes);
        }
    }
}

type Tree = BTreeMap<String, Vec<u8>>;

/// Names that stand beside and below each other, and never one as file and folder.
fn tree() -> impl Strategy<Value = Tree> {
    let name = "[a-c]{1,2}(/[d-f]{1,2}){0,2}/[x-z]{1,3}\\.t";
    prop::collection::btree_map(name, prop::collection::vec(any::<u8>(), 0..40), 1..12)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn what_is_selected_comes_out_and_nothing_else(tree in tree(), wanted in "[a-f]") {
        let dir = tempdir().unwrap();
        for (path, body) in &tree {
            put(&dir.path().join("in"), path, body);
        }
        let (store, packed) =
            pack_parts(&dir.path().join("in"), &code(&["."]), &PackOptions::default()).unwrap();
        let target = dir.path().join("out");
        let select = |path: &str| tree.contains_key(path) && path.contains(&wanted);
        let options = UnpackOptions::default();
        unpack(&layers(&packed), &store, &target, &options, &select, &|_| {}).unwrap();
        let expected: BTreeSet<&String> = tree.keys().filter(|path| select(path)).collect();
        let found = names(&target);
        let files: BTreeSet<&String> =
            found.iter().filter(|name| target.join(name).is_file()).collect();
        prop_assert_eq!(files, expected);
        // No folder without a file that was wanted.
        for folder in found.iter().filter(|name| target.join(name).is_dir()) {
            let inside = format!("{folder}/");
            prop_assert!(tree.keys().any(|path| select(path) && path.starts_with(&inside)));
        }
    }

    #[test]
    fn packing_is_the_same_whatever_the_parts_are_cut_into(tree in tree()) {
        let dir = tempdir().unwrap();
        let root = dir.path().join("in");
        for (path, body) in &tree {
            put(&root, path, body);
        }
        let tops: BTreeSet<&str> = tree.keys().map(|path| path.split('/').next().unwrap()).collect();
        let tops: Vec<&str> = tops.into_iter().collect();
        let (store, packed) = pack_parts(&root, &code(&tops), &PackOptions::default()).unwrap();
        let target = dir.path().join("out");
        all(&layers(&packed), &store, &target, &UnpackOptions::default()).unwrap();
        let found: Tree = names(&target)
            .into_iter()
            .filter(|name| target.join(name).is_file())
            .map(|name| (name.clone(), fs::read(target.join(&name)).unwrap()))
            .collect();
        prop_assert_eq!(found, tree);
    }

    #[test]
    fn any_compression_has_the_diff_id_of_none(tree in tree()) {
        let dir = tempdir().unwrap();
        for (path, body) in &tree {
            put(dir.path(), path, body);
        }
        let with = |compression| {
            let options = PackOptions { compression, ..PackOptions::default() };
            pack_parts(dir.path(), &code(&["."]), &options).unwrap().1
        };
        let plain = with(Compression::None).layers.remove(0);
        prop_assert_eq!(&plain.table.diff_id, &plain.descriptor.digest);
        for compression in [Compression::Gzip, Compression::GzipFastest, Compression::Zstd] {
            let packed = with(compression).layers.remove(0);
            prop_assert_eq!(&packed.table.diff_id, &plain.table.diff_id);
            prop_assert_eq!(&packed.table.files, &plain.table.files);
        }
    }
}
