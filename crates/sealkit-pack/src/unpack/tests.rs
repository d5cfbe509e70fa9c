//! Interruptions: a crash at any step, then a second run.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Cursor};

use sealkit_oci::FileKind;
use tempfile::tempdir;

use super::*;
use crate::tar::{Header, TRAILER, padding};

struct One(Vec<u8>);

impl LayerSource for One {
    fn open(&self, _: &Descriptor) -> Result<Box<dyn Read + Send>, StoreError> {
        Ok(Box::new(Cursor::new(self.0.clone())))
    }
}

fn layer() -> (One, UnpackLayer) {
    let mut tar = Vec::new();
    for (path, kind, body) in [
        ("d", FileKind::Dir, ""),
        ("d/a", FileKind::File, "new a"),
        ("d/b", FileKind::File, "new b"),
        ("e/f/g", FileKind::File, "new g"),
        ("top", FileKind::File, "new top"),
    ] {
        let size = body.len() as u64;
        tar.extend(Header { path, kind, mode: 0o755, size }.encode());
        tar.extend(body.as_bytes());
        tar.resize(tar.len() + padding(size), 0);
    }
    tar.extend(TRAILER);
    let descriptor = Descriptor::of("application/vnd.kitops.modelkit.code.v1.tar", &tar);
    (One(tar), UnpackLayer { descriptor, diff_id: None, base: None })
}

fn crash() -> PackError {
    PackError::io("crash", "", io::ErrorKind::Interrupted.into())
}

fn files(target: &Path) -> BTreeMap<String, String> {
    let names = ["d/a", "d/b", "e/f/g", "top", "mine"];
    let read = |name: &str| fs::read_to_string(target.join(name)).ok();
    names.into_iter().filter_map(|name| Some((name.to_owned(), read(name)?))).collect()
}

/// Runs until step number `fail_at` and says how many steps were done and what came out.
fn run(target: &Path, existing: Existing, fail_at: usize) -> (usize, Result<Unpacked, PackError>) {
    let (source, layer) = layer();
    let options = UnpackOptions { existing, ..UnpackOptions::default() };
    let layers = [layer];
    let job = Unpacking {
        layers: &layers,
        source: &source,
        options: &options,
        select: &|_| true,
        progress: &|_| {},
    };
    let mut steps = 0;
    let result = job.run(target, &mut |_| {
        steps += 1;
        if steps == fail_at { Err(crash()) } else { Ok(()) }
    });
    (steps, result)
}

#[test]
fn a_crash_at_any_step_is_finished_by_the_next_run() {
    let before: BTreeMap<String, String> =
        [("d/a", "old a"), ("mine", "mine")].map(|(k, v)| (k.to_owned(), v.to_owned())).into();
    let mut crashes = 0;
    for fail_at in 1.. {
        let dir = tempdir().unwrap();
        let target = dir.path().join("out");
        fs::create_dir_all(target.join("d")).unwrap();
        for (name, body) in &before {
            fs::write(target.join(name), body).unwrap();
        }
        let (_, first) = run(&target, Existing::Overwrite, fail_at);
        if first.is_ok() {
            break;
        }
        crashes += 1;
        for (name, body) in files(&target) {
            let is_old = before.get(&name) == Some(&body);
            assert!(is_old || body == format!("new {}", name.rsplit('/').next().unwrap()));
        }
        let (_, second) = run(&target, Existing::Overwrite, 0);
        let second = second.unwrap();
        // The first crash comes before anything was promised.
        assert_eq!(second.finished_earlier, fail_at > 1, "{fail_at}");
        let after = files(&target);
        assert_eq!(after.len(), 5);
        assert_eq!((after["d/a"].as_str(), after["mine"].as_str()), ("new a", "mine"));
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1, "{fail_at}");
    }
    assert!(crashes > 8, "{crashes}");
}

#[test]
fn a_crash_while_a_crash_is_finished_is_finished_too() {
    let dir = tempdir().unwrap();
    let target = dir.path().join("out");
    fs::create_dir(&target).unwrap();
    for fail_at in [4, 3, 5, 6] {
        assert!(run(&target, Existing::Refuse, fail_at).1.is_err());
    }
    assert!(dir.path().join(".out.sealkit-unpack/journal").exists());
    // The second run finishes the first, and then finds its own files there.
    let (_, last) = run(&target, Existing::Refuse, 0);
    assert!(matches!(last, Err(PackError::Exists { .. })));
    assert_eq!(files(&target).len(), 4);
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
}

#[test]
fn a_new_target_appears_whole_or_not_at_all() {
    let dir = tempdir().unwrap();
    let target = dir.path().join("a/b/out");
    let (_, crashed) = run(&target, Existing::Refuse, 1);
    assert!(crashed.is_err());
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
    let (steps, done) = run(&target, Existing::Refuse, 0);
    assert_eq!((steps, done.unwrap().files), (1, 4));
    assert_eq!(files(&target).len(), 4);
}

#[test]
fn a_file_that_comes_meanwhile_is_not_overwritten() {
    let dir = tempdir().unwrap();
    let target = dir.path().join("out");
    fs::create_dir(&target).unwrap();
    let (source, layer) = layer();
    let meanwhile = |progress| {
        if matches!(progress, crate::Progress::Done { .. }) {
            fs::write(target.join("top"), "theirs").unwrap();
        }
    };
    for existing in [Existing::Refuse, Existing::Keep] {
        let options = UnpackOptions { existing, ..UnpackOptions::default() };
        let layers = [layer.clone()];
        let _ = fs::remove_file(target.join("top"));
        let result = unpack(&layers, &source, &target, &options, &|_| true, &meanwhile);
        assert!(matches!(result, Err(PackError::Exists { .. })), "{result:?}");
        assert_eq!(fs::read_to_string(target.join("top")).unwrap(), "theirs");
        assert!(!target.join("d").exists());
    }
}

#[test]
fn what_a_killed_run_left_unfinished_is_thrown_away() {
    let dir = tempdir().unwrap();
    let target = dir.path().join("out");
    let stage = dir.path().join(".out.sealkit-unpack");
    fs::create_dir_all(stage.join("tree/half")).unwrap();
    crate::sys::set_mode(&stage, 0o700).unwrap();
    fs::write(stage.join("journal.tmp"), "{\"path\":\"half\"").unwrap();
    run(&target, Existing::Refuse, 0).1.unwrap();
    assert!(!target.join("half").exists() && !stage.exists());
}

#[test]
fn a_planted_staging_folder_moves_nothing_from_elsewhere() {
    let dir = tempdir().unwrap();
    let (target, private) = (dir.path().join("out"), dir.path().join("private"));
    fs::create_dir_all(&target).unwrap();
    fs::create_dir_all(&private).unwrap();
    fs::write(private.join("secret"), "mine").unwrap();
    let stage = dir.path().join(".out.sealkit-unpack");
    fs::create_dir(&stage).unwrap();
    fs::write(stage.join("journal"), "{\"path\":\"secret\"}\n").unwrap();
    std::os::unix::fs::symlink(&private, stage.join("tree")).unwrap();
    let (_, result) = run(&target, Existing::Refuse, 0);
    assert!(matches!(result, Err(PackError::InTheWay { .. })), "{result:?}");
    assert_eq!(fs::read_to_string(private.join("secret")).unwrap(), "mine");
    assert!(!target.join("secret").exists());
}
