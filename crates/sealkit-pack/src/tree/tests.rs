use std::fs;
use std::path::Path;

use super::*;

fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let path = dir.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    dir
}

fn hashed(dir: &Path, listing: &TreeListing) -> Vec<Result<Digest, EntryFault>> {
    hash_tree(dir, &listing.files, None, &|_| {}).unwrap()
}

#[test]
fn every_file_is_found_and_hashed() {
    let long = "x".repeat(3 * PIECE + 7);
    let dir =
        folder(&[("a/b", "1"), ("a.txt", "2"), (".hidden", ""), ("d/.git/x", "3"), ("w", &long)]);
    fs::create_dir(dir.path().join("empty")).unwrap();
    let listing = list_tree(dir.path(), &|_| false).unwrap();
    let names: Vec<_> = listing.files.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, [".hidden", "a.txt", "a/b", "d/.git/x", "w"]);
    let expected = ["", "2", "1", "3", &long].map(|text| Ok(Digest::of(text.as_bytes())));
    assert_eq!(hashed(dir.path(), &listing), expected);
    assert!(listing.faults.is_empty() && listing.skipped.is_empty());
    let skip = |path: &str| path == "d" || path == ".hidden";
    let listing = list_tree(dir.path(), &skip).unwrap();
    assert_eq!(listing.skipped, [".hidden", "d"]);
    assert_eq!(listing.files.len(), 3);
}

#[test]
fn pieces_must_cover_the_file() {
    let dir = folder(&[("w", "0123456789abc")]);
    let of = |ranges: &[(u64, u64)]| {
        let text = b"0123456789abc";
        let piece = |&(start, end): &(u64, u64)| {
            let last = (end as usize).min(text.len());
            (start, end, Digest::of(&text[start as usize..last]))
        };
        has_pieces(dir.path(), "w", &ranges.iter().map(piece).collect::<Vec<_>>())
    };
    assert_eq!(of(&[(0, 10), (10, 13)]), Ok(true));
    assert_eq!(of(&[(0, 13)]), Ok(true));
    assert_eq!(of(&[(0, 10)]), Ok(false));
    assert_eq!(of(&[(0, 10), (10, 14)]), Ok(false));
    assert_eq!(of(&[]), Ok(false));
    let wrong = [(0, 13, Digest::of(b"x"))];
    assert_eq!(has_pieces(dir.path(), "w", &wrong), Ok(false));
    assert!(has_pieces(dir.path(), "gone", &wrong).is_err());
}

#[cfg(unix)]
#[test]
fn links_pipes_and_odd_names_are_faults() {
    use std::os::unix::ffi::OsStrExt as _;
    use std::os::unix::fs::symlink;
    let dir = folder(&[("real/file", "secret"), ("a", "1")]);
    let at = |name: &str| dir.path().join(name);
    symlink(at("a"), at("file-link")).unwrap();
    symlink(at("real"), at("dir-link")).unwrap();
    symlink("loop", at("loop")).unwrap();
    symlink("/etc/passwd", at("out")).unwrap();
    rustix::fs::mknodat(
        rustix::fs::CWD,
        at("pipe"),
        rustix::fs::FileType::Fifo,
        rustix::fs::Mode::from_raw_mode(0o644),
        0,
    )
    .unwrap();
    fs::write(dir.path().join(std::ffi::OsStr::from_bytes(b"\xff")), "x").unwrap();
    let listing = list_tree(dir.path(), &|_| false).unwrap();
    let found: Vec<_> =
        listing.faults.iter().map(|(name, fault)| (name.as_str(), fault.describe())).collect();
    let link = || "is a symbolic link".to_owned();
    assert_eq!(
        found,
        [
            ("\\xff", "has a name that is not UTF-8".to_owned()),
            ("dir-link", link()),
            ("file-link", link()),
            ("loop", link()),
            ("out", link()),
            ("pipe", "is a named pipe".to_owned()),
        ]
    );
    assert_eq!(listing.files.len(), 2);
    // What was swapped between listing and hashing is not followed either.
    let swapped: Vec<_> =
        ["file-link", "dir-link/file", "pipe", "out"].map(|name| (name.to_owned(), 1)).into();
    for result in hash_tree(dir.path(), &swapped, None, &|_| {}).unwrap() {
        assert!(result.is_err(), "{result:?}");
    }
}

#[cfg(unix)]
#[test]
fn what_cannot_be_listed_is_a_fault_and_an_unreadable_root_an_error() {
    let dir = folder(&[("a", "1")]);
    assert!(list_tree(&dir.path().join("gone"), &|_| false).is_err());
    assert!(list_tree(&dir.path().join("a"), &|_| false).is_err());
    let gone = [("gone".to_owned(), 1)];
    let results = hash_tree(dir.path(), &gone, None, &|_| {}).unwrap();
    assert!(matches!(results[..], [Err(EntryFault::Unreadable(_))]));
}

#[test]
fn a_file_that_grows_while_it_is_read_is_not_hashed() {
    let text = "x".repeat(4 * PIECE);
    let dir = folder(&[("w", &text)]);
    let path = dir.path().join("w");
    let once = std::sync::Once::new();
    let grow = |_: u64| {
        once.call_once(|| {
            use std::io::Write as _;
            let mut file = fs::OpenOptions::new().append(true).open(&path).unwrap();
            file.write_all(b"more").unwrap();
        });
    };
    let results = hash_tree(dir.path(), &[("w".to_owned(), 0)], Some(1), &grow).unwrap();
    assert_eq!(results, [Err(EntryFault::Changed)]);
}
