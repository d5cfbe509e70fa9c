//! A folder and a stored layer against the file table.
#![cfg(unix)]

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use crate::common::{code, pack_parts, put, set_mode};
use sealkit_pack::{
    Difference, Ignore, KeepAll, PackOptions, Packed, VerifyOptions, check_layer, verify_tree,
};
use tempfile::tempdir;

struct NoKitfile;

impl Ignore for NoKitfile {
    fn ignores(&self, path: &str) -> bool {
        path == "Kitfile"
    }
    fn prunes(&self, _: &str) -> bool {
        false
    }
}

fn sample(root: &Path) -> (crate::common::Memory, Packed) {
    put(root, "m/w.bin", &vec![3; 2_000_000]);
    put(root, "m/config.json", b"{}");
    put(root, "src/a.py", b"a");
    put(root, "src/deep/b.py", b"b");
    put(root, "Kitfile", b"manifestVersion: 1.0.0");
    pack_parts(root, &code(&["m", "src"]), &PackOptions::default()).unwrap()
}

fn differences(root: &Path, packed: &Packed, modes: bool) -> Vec<Difference> {
    let parts = vec!["m".to_owned(), "src".to_owned()];
    let options = VerifyOptions { modes, parts, ..VerifyOptions::default() };
    verify_tree(root, &packed.file_table(), &NoKitfile, &options, &|_| {}).unwrap()
}

#[test]
fn an_unchanged_folder_differs_in_nothing() {
    let dir = tempdir().unwrap();
    let (_, packed) = sample(dir.path());
    assert_eq!(differences(dir.path(), &packed, true), []);
}

#[test]
fn every_change_is_named() {
    let dir = tempdir().unwrap();
    let (_, packed) = sample(dir.path());
    let mut body = fs::read(dir.path().join("m/w.bin")).unwrap();
    body[1_234_567] ^= 1;
    fs::write(dir.path().join("m/w.bin"), body).unwrap();
    fs::write(dir.path().join("m/config.json"), "{} ").unwrap();
    fs::remove_file(dir.path().join("src/a.py")).unwrap();
    set_mode(&dir.path().join("src/deep/b.py"), 0o600);
    put(dir.path(), "src/new.py", b"x");
    put(dir.path(), "outside.txt", b"x");
    let path = |path: &str| path.to_owned();
    let expected = [
        Difference::Missing { path: path("src/a.py") },
        Difference::Changed { path: path("m/config.json") },
        Difference::Changed { path: path("m/w.bin") },
        Difference::Mode { path: path("src/deep/b.py"), expected: 0o644, actual: 0o600 },
        Difference::Added { path: path("outside.txt"), in_part: false },
        Difference::Added { path: path("src/new.py"), in_part: true },
    ];
    assert_eq!(differences(dir.path(), &packed, true), expected);
    assert_eq!(differences(dir.path(), &packed, false).len(), 5);
}

#[test]
fn what_can_not_be_checked_is_reported() {
    let dir = tempdir().unwrap();
    let outside = tempdir().unwrap();
    let (_, packed) = sample(dir.path());
    put(outside.path(), "a.py", b"a");
    fs::remove_file(dir.path().join("src/a.py")).unwrap();
    symlink(outside.path().join("a.py"), dir.path().join("src/a.py")).unwrap();
    fs::remove_file(dir.path().join("m/config.json")).unwrap();
    fs::create_dir(dir.path().join("m/config.json")).unwrap();
    let found = differences(dir.path(), &packed, false);
    assert!(
        matches!(&found[0], Difference::Kind { path, actual: "folder" } if path == "m/config.json")
    );
    assert!(matches!(&found[1], Difference::Unreadable { path, .. } if path == "src/a.py"));
    assert_eq!(found.len(), 2);
    fs::remove_file(dir.path().join("src/a.py")).unwrap();
    put(dir.path(), "src/real", b"a");
    symlink("real", dir.path().join("src/a.py")).unwrap();
    let found = differences(dir.path(), &packed, false);
    assert_eq!(found[1], Difference::Added { path: "src/real".into(), in_part: true });
}

#[test]
fn a_hostile_table_reads_nothing_outside() {
    let dir = tempdir().unwrap();
    let (_, packed) = sample(dir.path());
    let mut table = packed.file_table();
    table.layers[0].files[1].path = "../../etc/passwd".into();
    let options = VerifyOptions::default();
    let found = verify_tree(dir.path(), &table, &KeepAll, &options, &|_| {}).unwrap();
    assert!(found.iter().any(|difference| {
        matches!(difference, Difference::Unreadable { path, .. } if path.starts_with("../"))
    }));
    table.schema_version = 9;
    assert!(verify_tree(dir.path(), &table, &KeepAll, &options, &|_| {}).is_err());
}

#[test]
fn a_changed_byte_of_a_stored_layer_names_its_file() {
    let dir = tempdir().unwrap();
    let (store, packed) = sample(dir.path());
    let layer = &packed.layers[0];
    let good = store.get(&layer.descriptor.digest);
    assert_eq!(check_layer(&layer.table, &mut &good[..]).unwrap(), []);
    let file = layer.table.files.iter().find(|file| file.path == "m/w.bin").unwrap();
    let mut bad = good.clone();
    bad[file.offset as usize + 77] ^= 1;
    let changed = Difference::Changed { path: "m/w.bin".into() };
    assert_eq!(check_layer(&layer.table, &mut &bad[..]).unwrap(), [changed]);
    let cut = check_layer(&layer.table, &mut &good[..file.offset as usize + 5]).unwrap();
    assert_eq!(cut, [Difference::Missing { path: "m/w.bin".into() }]);
    let mut header = good;
    header[3] ^= 1;
    assert_eq!(check_layer(&layer.table, &mut &header[..]).unwrap(), []);
}
