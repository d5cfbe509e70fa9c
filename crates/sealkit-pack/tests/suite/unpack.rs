//! Unpacking: round trips, refusals, and nothing half-written.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::cloned_ref_to_slice_refs, reason = "helpers of tests")]

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

use crate::common::unpacking::{TAR, all, blob, entry, header, layer_of};
use crate::common::{code, layers, pack_parts, part, put, set_mode};
use proptest::prelude::*;
use sealkit_oci::{Compression, Digest, FileKind, LayerFormat, LayerRole};
use sealkit_pack::tar::{Header, TRAILER};
use sealkit_pack::{
    Existing, ExtraFile, Limits, PackError, PackOptions, UnpackLayer, UnpackOptions, index_layer,
    unpack,
};
use sealkit_report::Hint;
use tempfile::tempdir;

/// Every file below `root` with its mode and bytes.
fn read(root: &Path) -> BTreeMap<String, (u32, Vec<u8>)> {
    let mut found = BTreeMap::new();
    let mut dirs = vec![root.to_owned()];
    while let Some(dir) = dirs.pop() {
        for entry in fs::read_dir(dir).unwrap() {
            let place = entry.unwrap().path();
            let meta = fs::symlink_metadata(&place).unwrap();
            let name = place.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
            let body = if meta.is_file() { fs::read(&place).unwrap() } else { Vec::new() };
            found.insert(name, (meta.permissions().mode() & 0o7777, body));
            if meta.is_dir() {
                dirs.push(place);
            }
        }
    }
    found
}

fn sample(root: &Path) {
    put(root, "models/w.bin", &vec![5; 2_500_000]);
    put(root, "models/empty", b"");
    put(root, "src/a/b/c.py", b"print()");
    put(root, "src/run.sh", b"#!/bin/sh");
    put(root, "déjà/vu", b"x");
    put(root, &format!("src/{}/f", "long".repeat(40)), b"y");
    fs::create_dir(root.join("src/void")).unwrap();
    set_mode(&root.join("src/run.sh"), 0o755);
    set_mode(&root.join("src/void"), 0o700);
}

#[test]
fn what_is_packed_comes_back_whatever_the_compression() {
    let dir = tempdir().unwrap();
    sample(&dir.path().join("in"));
    for compression in [Compression::None, Compression::Gzip, Compression::Zstd] {
        let options = PackOptions { compression, ..PackOptions::default() };
        let parts = code(&["models", "src", "."]);
        let (store, packed) = pack_parts(&dir.path().join("in"), &parts, &options).unwrap();
        let target = dir.path().join(format!("out/{compression:?}"));
        let done = all(&layers(&packed), &store, &target, &UnpackOptions::default()).unwrap();
        assert_eq!(read(&target), read(&dir.path().join("in")));
        assert_eq!((done.files, done.kept), (6, 0));
        let tables: Vec<_> = packed.layers.iter().map(|layer| layer.table.clone()).collect();
        assert_eq!(done.tables, tables);
        let names: Vec<_> = fs::read_dir(dir.path().join("out")).unwrap().collect();
        assert!(names.iter().all(|name| name.as_ref().unwrap().path().is_dir()));
        let index = index_layer(&layers(&packed)[0], &store, &Limits::default(), &|_| {});
        assert_eq!(index.unwrap(), tables[0]);
    }
    let names = fs::read_dir(dir.path().join("out")).unwrap();
    assert!(names.flatten().all(|name| !name.file_name().to_str().unwrap().starts_with('.')));
}

#[test]
fn raw_layers_come_back_with_their_mode() {
    let dir = tempdir().unwrap();
    put(dir.path(), "in/m/w.bin", &vec![9; 1_500_000]);
    set_mode(&dir.path().join("in/m/w.bin"), 0o640);
    for compression in [Compression::None, Compression::Gzip] {
        let options =
            PackOptions { format: LayerFormat::Raw, compression, ..PackOptions::default() };
        let parts = [part(LayerRole::Model, "m/w.bin")];
        let (store, packed) = pack_parts(&dir.path().join("in"), &parts, &options).unwrap();
        let target = dir.path().join(format!("{compression:?}"));
        let done = all(&layers(&packed), &store, &target, &UnpackOptions::default()).unwrap();
        assert_eq!(read(&target)["m/w.bin"], (0o640, vec![9; 1_500_000]));
        assert_eq!(done.tables[0], packed.layers[0].table);
    }
    let (store, mut bare) = blob("application/vnd.cncf.model.weight.v1.raw", b"x");
    let target = dir.path().join("bare");
    let error = all(&[bare.clone()], &store, &target, &UnpackOptions::default()).unwrap_err();
    assert!(matches!(error, PackError::Annotation { .. }));
    bare.descriptor = bare.descriptor.annotated("org.cncf.model.filepath", "../x");
    let error = all(&[bare], &store, &target, &UnpackOptions::default()).unwrap_err();
    assert_eq!(error.code(), "unsafe-path");
    assert!(!target.exists());
}

#[test]
fn hostile_entries_are_refused_and_nothing_appears() {
    let dir = tempdir().unwrap();
    let link = |flag: u8| {
        let mut bytes = header("evil", FileKind::File, 0);
        bytes[156] = flag;
        let sum: u64 = bytes
            .iter()
            .enumerate()
            .map(|(at, byte)| u64::from(if (148..156).contains(&at) { b' ' } else { *byte }))
            .sum();
        bytes[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        bytes
    };
    let ok = || entry("fine", b"x");
    for (entries, problem) in [
        (vec![ok(), entry("../evil", b"x")], "which has a `..` component"),
        (vec![ok(), entry("a/../../evil", b"x")], "which has a `..` component"),
        (vec![ok(), entry("/tmp/evil", b"x")], "which is absolute"),
        (vec![ok(), entry("a\\evil", b"x")], "which has a backslash"),
        (vec![ok(), entry("C:evil", b"x")], "which starts with a drive letter"),
        (vec![ok(), link(b'1')], "which is a hard link"),
        (vec![ok(), link(b'2')], "which is a symbolic link"),
        (vec![ok(), link(b'3')], "which is a device"),
        (vec![ok(), link(b'6')], "which is a named pipe"),
        (vec![ok(), link(b'S')], "which is a sparse file"),
        (vec![ok(), ok()], "which is there twice"),
        (vec![ok(), entry("Fine", b"x")], "which is the same name"),
        (
            vec![ok(), entry("caf\u{e9}", b"x"), entry("cafe\u{301}", b"x")],
            "which is the same name",
        ),
        (vec![ok(), entry("fine/x", b"x")], "which is both a file and a folder"),
        (vec![ok(), header("fine", FileKind::Dir, 0)], "which is both a file and a folder"),
        (vec![ok(), entry(".", b"x")], "which is both a file and a folder"),
    ] {
        let (store, layer) = layer_of(&entries);
        let target = dir.path().join("out/deep");
        let error = all(&[layer], &store, &target, &UnpackOptions::default()).unwrap_err();
        assert!(error.to_string().contains(problem), "{error}");
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0, "{problem}");
    }
}

#[test]
fn bombs_end_at_their_limits() {
    let dir = tempdir().unwrap();
    let zeros = entry("zeros", &vec![0; 64 << 20]);
    let tar = [zeros, TRAILER.to_vec()].concat();
    let (store, layer) = blob(&format!("{TAR}+zstd"), &zstd::encode_all(&tar[..], 1).unwrap());
    let target = dir.path().join("out");
    let with = |limits| UnpackOptions { limits, ..UnpackOptions::default() };
    let error = all(&[layer.clone()], &store, &target, &with(Limits::default())).unwrap_err();
    assert!(error.to_string().ends_with("expansion ratio limit of 200 was exceeded"), "{error}");
    let loose = Limits { ratio: 100_000, ..Limits::default() };
    let small = with(Limits { bytes: 1 << 20, ..loose });
    let error = all(&[layer.clone()], &store, &target, &small).unwrap_err();
    assert!(error.to_string().ends_with("byte limit of 1048576 was exceeded"), "{error}");
    let many: Vec<_> = (0..20).map(|index| entry(&format!("f{index}"), b"")).collect();
    let (many_store, many) = layer_of(&many);
    let few = with(Limits { entries: 19, ..loose });
    let error = all(&[many], &many_store, &target, &few).unwrap_err();
    assert_eq!(error.code(), "limit-exceeded", "{error}");
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
    all(&[layer], &store, &target, &with(loose)).unwrap();
}

#[test]
fn wrong_bytes_are_never_let_out() {
    let dir = tempdir().unwrap();
    let target = dir.path().join("out");
    let (store, layer) = layer_of(&[entry("a", b"abc"), entry("b", &vec![1; 3_000_000])]);
    let key = layer.descriptor.digest.to_string();
    let good = store.get(&layer.descriptor.digest);
    let try_with = |bytes: Vec<u8>, layer: &UnpackLayer| {
        store.blobs.lock().unwrap().insert(key.clone(), bytes);
        let error = all(&[layer.clone()], &store, &target, &UnpackOptions::default()).unwrap_err();
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
        error.code()
    };
    for at in [0, 150, 513, 1_000_000, good.len() - 1] {
        let mut bad = good.clone();
        bad[at] ^= 1;
        assert_eq!(try_with(bad, &layer), "digest-mismatch", "{at}");
    }
    assert_eq!(try_with(good[..good.len() - 512].to_vec(), &layer), "size-mismatch");
    assert_eq!(try_with([&good[..], b"x"].concat(), &layer), "size-mismatch");
    let wrong_diff = UnpackLayer { diff_id: Some(Digest::of(b"")), ..layer.clone() };
    assert_eq!(try_with(good, &wrong_diff), "digest-mismatch");
    let (truncated, short) = blob(TAR, &entry("a", b"abc")[..600]);
    let error = all(&[short], &truncated, &target, &UnpackOptions::default()).unwrap_err();
    assert_eq!(error.code(), "layer-malformed");
}

#[test]
fn files_that_are_there_are_refused_kept_or_replaced() {
    let dir = tempdir().unwrap();
    let target = dir.path().join("out");
    let (store, layer) = layer_of(&[entry("d/a", b"new"), entry("d/b", b"new")]);
    put(&target, "d/a", b"old");
    put(&target, "mine", b"mine");
    let with = |existing| UnpackOptions { existing, ..UnpackOptions::default() };
    let try_it = |existing| all(&[layer.clone()], &store, &target, &with(existing));
    let error = try_it(Existing::Refuse).unwrap_err();
    assert!(matches!(&error, PackError::Exists { path } if path.ends_with("d/a")), "{error}");
    assert!(!target.join("d/b").exists());
    let kept = try_it(Existing::Keep).unwrap();
    assert_eq!((kept.files, kept.kept), (1, 1));
    assert_eq!(fs::read(target.join("d/a")).unwrap(), b"old");
    let replaced = try_it(Existing::Overwrite).unwrap();
    assert_eq!((replaced.files, replaced.kept), (2, 0));
    assert_eq!(fs::read(target.join("d/a")).unwrap(), b"new");
    assert_eq!(fs::read(target.join("mine")).unwrap(), b"mine");
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
}

#[test]
fn links_that_were_there_are_never_followed() {
    let dir = tempdir().unwrap();
    let (target, outside) = (dir.path().join("out"), dir.path().join("outside"));
    fs::create_dir(&outside).unwrap();
    fs::create_dir(&target).unwrap();
    symlink(&outside, target.join("dir")).unwrap();
    symlink(outside.join("new"), target.join("dangling")).unwrap();
    fs::create_dir(target.join("folder")).unwrap();
    put(&target, "plain", b"x");
    let with = UnpackOptions { existing: Existing::Overwrite, ..UnpackOptions::default() };
    for entries in [
        entry("dir/new", b"x"),
        header("dir", FileKind::Dir, 0),
        entry("dangling", b"x"),
        entry("folder", b"x"),
        entry("plain/x", b"x"),
    ] {
        let (store, layer) = layer_of(&[entries]);
        let error = all(&[layer], &store, &target, &with).unwrap_err();
        assert_eq!(error.code(), "in-the-way", "{error}");
        assert_eq!(fs::read_dir(&outside).unwrap().count(), 0);
    }
    let (store, layer) = layer_of(&[entry("x", b"x")]);
    let error = all(&[layer], &store, &target.join("plain"), &with).unwrap_err();
    assert_eq!(error.code(), "in-the-way");
}

#[test]
fn modes_lose_their_special_bits_unless_asked() {
    let dir = tempdir().unwrap();
    let special = Header { path: "s", kind: FileKind::File, mode: 0o6755, size: 0 }.encode();
    let locked = Header { path: "d", kind: FileKind::Dir, mode: 0o1555, size: 0 }.encode();
    let inside = Header { path: "d/f", kind: FileKind::File, mode: 0o444, size: 0 }.encode();
    let (store, layer) = layer_of(&[special, locked, inside]);
    let modes = |target: &Path, special_bits| {
        let options = UnpackOptions { special_bits, ..UnpackOptions::default() };
        all(&[layer.clone()], &store, target, &options).unwrap();
        let found = read(target);
        set_mode(&target.join("d"), 0o755);
        ["s", "d", "d/f"].map(|name| found[name].0)
    };
    assert_eq!(modes(&dir.path().join("new"), false), [0o755, 0o555, 0o444]);
    assert_eq!(modes(&dir.path().join("asked"), true), [0o6755, 0o1555, 0o444]);
    fs::create_dir(dir.path().join("old")).unwrap();
    assert_eq!(modes(&dir.path().join("old"), false), [0o755, 0o555, 0o444]);
}

#[test]
fn single_files_can_be_selected_and_old_kits_have_a_base() {
    let dir = tempdir().unwrap();
    let (store, layer) = layer_of(&[
        header("d", FileKind::Dir, 0),
        entry("d/a", b"a"),
        entry("d/b", b"b"),
        entry("e/c", b"c"),
    ]);
    let target = dir.path().join("one");
    let options = UnpackOptions::default();
    let done = unpack(&[layer.clone()], &store, &target, &options, &|path| path == "d/b", &|_| {});
    assert_eq!(done.unwrap().files, 1);
    assert_eq!(read(&target).into_keys().collect::<Vec<_>>(), ["d", "d/b"]);
    let mut old = part(LayerRole::Code, "src/model");
    let based = UnpackLayer::new(layer.descriptor.clone(), &old);
    assert_eq!(based.base.as_deref(), Some("src"));
    let target = dir.path().join("old");
    all(&[based], &store, &target, &options).unwrap();
    assert_eq!(fs::read(target.join("src/d/a")).unwrap(), b"a");
    old.path = "../../x".into();
    let escaping = UnpackLayer::new(layer.descriptor.clone(), &old);
    let error = all(&[escaping], &store, &dir.path().join("evil"), &options).unwrap_err();
    assert_eq!(error.code(), "unsafe-path");
}

#[test]
fn the_kitfile_appears_together_with_the_rest() {
    let dir = tempdir().unwrap();
    let target = dir.path().join("out");
    let (store, layer) = layer_of(&[entry("a", b"a")]);
    let kitfile = |bytes: &[u8]| UnpackOptions {
        extra: vec![ExtraFile { path: "Kitfile".into(), bytes: bytes.to_vec() }],
        ..UnpackOptions::default()
    };
    all(&[layer], &store, &target, &kitfile(b"one")).unwrap();
    assert_eq!(fs::read(target.join("Kitfile")).unwrap(), b"one");
    assert_eq!(all(&[], &store, &target, &kitfile(b"one")).unwrap().kept, 1);
    assert_eq!(all(&[], &store, &target, &kitfile(b"two")).unwrap_err().code(), "exists");
    let replace = UnpackOptions { existing: Existing::Overwrite, ..kitfile(b"two") };
    all(&[], &store, &target, &replace).unwrap();
    assert_eq!(fs::read(target.join("Kitfile")).unwrap(), b"two");
}

#[test]
fn a_staging_folder_of_others_is_not_trusted() {
    let dir = tempdir().unwrap();
    let target = dir.path().join("out");
    let stage = dir.path().join(".out.sealkit-unpack");
    let (store, layer) = layer_of(&[entry("a", b"a")]);
    let error = || all(&[layer.clone()], &store, &target, &UnpackOptions::default()).unwrap_err();
    fs::create_dir(&stage).unwrap();
    set_mode(&stage, 0o777);
    assert_eq!(error().code(), "leftover");
    fs::remove_dir_all(&stage).unwrap();
    symlink("/tmp", &stage).unwrap();
    assert_eq!(error().code(), "leftover");
    fs::remove_file(&stage).unwrap();
    fs::create_dir(&stage).unwrap();
    set_mode(&stage, 0o700);
    let lock = fs::File::create(stage.join("lock")).unwrap();
    lock.try_lock().unwrap();
    assert_eq!(error().code(), "busy");
    drop(lock);
    fs::create_dir(&target).unwrap();
    fs::write(stage.join("journal"), "{\"path\":\"../evil\"}\n").unwrap();
    assert_eq!(error().code(), "leftover");
    fs::write(stage.join("journal"), "garbage").unwrap();
    assert_eq!(error().code(), "leftover");
    fs::remove_file(stage.join("journal")).unwrap();
    all(&[layer.clone()], &store, &target, &UnpackOptions::default()).unwrap();
    assert!(!stage.exists());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn any_tree_comes_back(
        tree in proptest::collection::btree_map(
            "[a-c]{1,2}(/[d-fé]{1,3}){0,3}/[g-j .]{1,2}x",
            (proptest::collection::vec(any::<u8>(), 0..2000), 0_u32..8),
            0..12,
        )
    ) {
        let dir = tempdir().unwrap();
        let source = dir.path().join("in");
        fs::create_dir(&source).unwrap();
        for (path, (body, bits)) in &tree {
            put(&source, path, body);
            // Only bits that the usual umask lets through.
            set_mode(&source.join(path), 0o400 | (bits << 6) | (bits & 0o5));
        }
        let (store, packed) = pack_parts(&source, &code(&["."]), &PackOptions::default()).unwrap();
        let target = dir.path().join("out");
        all(&layers(&packed), &store, &target, &UnpackOptions::default()).unwrap();
        prop_assert_eq!(read(&target), read(&source));
        let again = pack_parts(&target, &code(&["."]), &PackOptions::default()).unwrap().1;
        prop_assert_eq!(&again.layers[0].diff_id, &packed.layers[0].diff_id);
    }
}
