//! Files that appear whole or not at all.

#![expect(clippy::unwrap_used, reason = "a test panics on failure")]

use std::fs;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Barrier};

use sealkit_store::{
    Readers, WholeFile, create_file, create_private_dir, folder_of, replace_file, through_links,
};
use tempfile::TempDir;

fn folder() -> (TempDir, PathBuf) {
    let root = tempfile::tempdir().unwrap();
    let path = root.path().join("file");
    (root, path)
}

fn names(dir: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(dir)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[test]
fn a_file_has_its_place_only_when_it_is_whole() {
    let (root, path) = folder();
    let mut file = WholeFile::begin(&path, Readers::All).unwrap();
    file.write_all(b"half").unwrap();
    assert!(!path.exists());
    file.write_all(b" and half").unwrap();
    file.replace().unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"half and half");
    assert_eq!(names(root.path()), ["file"]);
}

#[test]
fn what_is_given_up_leaves_nothing_and_keeps_the_old() {
    let (root, path) = folder();
    fs::write(&path, b"old").unwrap();
    let mut file = WholeFile::begin(&path, Readers::All).unwrap();
    file.write_all(b"new").unwrap();
    drop(file);
    assert_eq!(fs::read(&path).unwrap(), b"old");
    assert_eq!(names(root.path()), ["file"]);
}

#[test]
fn a_file_that_is_there_is_kept_by_whoever_creates() {
    let (root, path) = folder();
    assert!(create_file(&path, b"one", Readers::All).unwrap());
    assert!(!create_file(&path, b"two", Readers::All).unwrap());
    assert_eq!(fs::read(&path).unwrap(), b"one");
    replace_file(&path, b"three", Readers::All).unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"three");
    assert_eq!(names(root.path()), ["file"]);
}

#[test]
fn of_many_that_create_at_once_one_wins() {
    let (root, path) = folder();
    let start = Arc::new(Barrier::new(8));
    let threads: Vec<_> = (0..8_u8)
        .map(|number| {
            let (path, start) = (path.clone(), Arc::clone(&start));
            std::thread::spawn(move || {
                start.wait();
                create_file(&path, &[number; 4096], Readers::All).unwrap()
            })
        })
        .collect();
    let won = threads.into_iter().map(|thread| thread.join().unwrap()).filter(|won| *won).count();
    assert_eq!(won, 1);
    let bytes = fs::read(&path).unwrap();
    assert_eq!(bytes, [bytes[0]; 4096], "one of them, whole");
    assert_eq!(names(root.path()), ["file"]);
}

#[test]
fn readers_never_see_a_mixture() {
    let (_root, path) = folder();
    replace_file(&path, &vec![0; 65536], Readers::All).unwrap();
    let reader = {
        let path = path.clone();
        std::thread::spawn(move || {
            for _ in 0..300 {
                let bytes = fs::read(&path).unwrap();
                assert_eq!(bytes.len(), 65536);
                assert!(bytes.iter().all(|byte| *byte == bytes[0]));
            }
        })
    };
    for round in 0..100_u8 {
        replace_file(&path, &vec![round; 65536], Readers::All).unwrap();
    }
    reader.join().unwrap();
}

#[test]
fn a_folder_that_is_missing_is_an_error_and_is_not_made() {
    let (root, _) = folder();
    let path = root.path().join("no/such/file");
    let error = replace_file(&path, b"x", Readers::All).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert_eq!(names(root.path()), Vec::<String>::new());
}

#[test]
fn a_folder_at_the_place_stays_one() {
    let (root, path) = folder();
    fs::create_dir(&path).unwrap();
    assert!(replace_file(&path, b"x", Readers::All).is_err());
    assert!(!create_file(&path, b"x", Readers::All).unwrap());
    assert_eq!(WholeFile::output(&path).unwrap_err().kind(), ErrorKind::IsADirectory);
    assert!(path.is_dir());
    assert_eq!(names(root.path()), ["file"]);
}

#[test]
fn names_without_a_folder_are_in_the_current_one() {
    assert_eq!(folder_of(Path::new("file")), Path::new("."));
    assert_eq!(folder_of(Path::new("a/file")), Path::new("a"));
    assert_eq!(folder_of(Path::new("/file")), Path::new("/"));
}

#[cfg(unix)]
mod unix {
    use std::os::unix::fs::{FileTypeExt as _, PermissionsExt as _, symlink};

    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn who_may_read_is_the_writers_choice() {
        let (root, path) = folder();
        replace_file(&path, b"x", Readers::Owner).unwrap();
        assert_eq!(mode(&path), 0o600);
        // What the umask leaves of 0666 is what any new file gets.
        let plain = root.path().join("plain");
        fs::write(&plain, b"x").unwrap();
        replace_file(&path, b"y", Readers::All).unwrap();
        assert_eq!(mode(&path), mode(&plain));
        let private = root.path().join("a/b");
        create_private_dir(&private).unwrap();
        assert_eq!((mode(&private), mode(private.parent().unwrap())), (0o700, 0o700));
        create_private_dir(&private).unwrap();
    }

    #[test]
    fn a_link_at_the_place_is_not_followed() {
        let (root, path) = folder();
        let elsewhere = root.path().join("elsewhere");
        fs::write(&elsewhere, b"precious").unwrap();
        symlink(&elsewhere, &path).unwrap();
        assert!(!create_file(&path, b"new", Readers::All).unwrap());
        replace_file(&path, b"new", Readers::All).unwrap();
        assert!(path.symlink_metadata().unwrap().is_file());
        assert_eq!(fs::read(&elsewhere).unwrap(), b"precious");
    }

    #[test]
    fn a_link_to_nowhere_is_no_way_out() {
        let (root, path) = folder();
        let outside = root.path().join("outside");
        symlink(&outside, &path).unwrap();
        assert!(!create_file(&path, b"new", Readers::All).unwrap());
        replace_file(&path, b"new", Readers::All).unwrap();
        assert!(!outside.exists());
        assert_eq!(fs::read(&path).unwrap(), b"new");
    }

    #[test]
    fn an_output_goes_through_the_link_that_a_person_named() {
        let (root, path) = folder();
        let real = root.path().join("sub/real");
        fs::create_dir(real.parent().unwrap()).unwrap();
        fs::write(&real, b"old").unwrap();
        symlink(&real, &path).unwrap();
        assert_eq!(through_links(&path), real.canonicalize().unwrap());
        let mut file = WholeFile::output(&path).unwrap();
        file.write_all(b"new").unwrap();
        assert_eq!(fs::read(&real).unwrap(), b"old");
        file.replace().unwrap();
        assert!(path.symlink_metadata().unwrap().is_symlink());
        assert_eq!(fs::read(&real).unwrap(), b"new");
        assert_eq!(names(root.path()), ["file", "sub"]);
        assert_eq!(names(real.parent().unwrap()), ["real"]);
    }

    #[test]
    fn a_name_that_somebody_planted_beside_it_is_not_used() {
        let (root, path) = folder();
        let victim = root.path().join("victim");
        fs::write(&victim, b"precious").unwrap();
        for planted in ["file.sealkit-part", "file.tmp", ".sealkit-file"] {
            symlink(&victim, root.path().join(planted)).unwrap();
        }
        let mut file = WholeFile::output(&path).unwrap();
        file.write_all(b"new").unwrap();
        file.replace().unwrap();
        assert_eq!(fs::read(&victim).unwrap(), b"precious");
        assert_eq!(fs::read(&path).unwrap(), b"new");
    }

    #[test]
    fn a_pipe_is_written_to_and_stays_a_pipe() {
        let (root, path) = folder();
        make_pipe(&path);
        let reader = {
            let path = path.clone();
            std::thread::spawn(move || fs::read(path).unwrap())
        };
        let mut file = WholeFile::output(&path).unwrap();
        file.write_all(b"through the pipe").unwrap();
        file.replace().unwrap();
        assert_eq!(reader.join().unwrap(), b"through the pipe");
        assert!(path.symlink_metadata().unwrap().file_type().is_fifo());
        assert_eq!(names(root.path()), ["file"]);
    }

    #[test]
    fn a_device_stays_a_device() {
        let null = Path::new("/dev/null");
        let mut file = WholeFile::output(null).unwrap();
        file.write_all(b"gone").unwrap();
        file.replace().unwrap();
        assert!(null.symlink_metadata().unwrap().file_type().is_char_device());
    }

    fn make_pipe(path: &Path) {
        let made = std::process::Command::new("mkfifo").arg(path).status().unwrap();
        assert!(made.success());
    }
}
