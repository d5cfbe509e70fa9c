//! What goes into which layer, and what is refused.
#![cfg(unix)]

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;
use std::path::Path;

use crate::common::{code, pack_parts, paths, put};
use sealkit_pack::{
    Ignore, KeepAll, LinkProblem, PackError, PackOptions, Plan, PlanOptions, Symlinks, Warning,
    plan,
};
use sealkit_report::Hint;
use tempfile::tempdir;

fn look(root: &Path, parts: &[&str]) -> Result<Plan, PackError> {
    plan(root, &code(parts), &KeepAll, &PlanOptions::default())
}

fn listed(plan: &Plan, layer: usize) -> Vec<&str> {
    plan.layers[layer].entries.iter().map(|entry| entry.path.as_str()).collect()
}

/// Ignores names that start with one of these paths; `!` in front takes back.
struct Ignoring(&'static [&'static str], bool);

impl Ignore for Ignoring {
    fn ignores(&self, path: &str) -> bool {
        let last = self
            .0
            .iter()
            .rfind(|rule| sealkit_pack::path::is_within(path, rule.trim_start_matches('!')));
        last.is_some_and(|rule| !rule.starts_with('!'))
    }
    fn prunes(&self, dir: &str) -> bool {
        self.1 && self.ignores(dir)
    }
}

#[test]
fn entries_come_in_byte_order_folders_first() {
    let dir = tempdir().unwrap();
    for path in ["b/z", "b/a/x", "a-b", "a/b", "B", "é", "a.b", ".h"] {
        put(dir.path(), path, b"x");
    }
    let plan = look(dir.path(), &["."]).unwrap();
    let expected = [".h", "B", "a", "a/b", "a-b", "a.b", "b", "b/a", "b/a/x", "b/z", "é"];
    assert_eq!(listed(&plan, 0), expected);
}

#[test]
fn a_file_belongs_to_the_innermost_part_that_names_it() {
    let dir = tempdir().unwrap();
    for path in ["data/x", "data-extra/x", "data/deep/y", "data/deep/er/z", "m/a..b"] {
        put(dir.path(), path, b"x");
    }
    let plan = look(dir.path(), &[".", "data", "data/deep", "m/a..b"]).unwrap();
    assert_eq!(listed(&plan, 0), ["data-extra", "data-extra/x", "m"]);
    assert_eq!(listed(&plan, 1), ["data", "data/x"]);
    let deep = ["data", "data/deep", "data/deep/er", "data/deep/er/z", "data/deep/y"];
    assert_eq!(listed(&plan, 2), deep);
    assert_eq!(listed(&plan, 3), ["m", "m/a..b"]);
    let options = PlanOptions { other_paths: vec!["data/deep/".into()], ..PlanOptions::default() };
    let remote = plan_with(dir.path(), &["data"], &KeepAll, &options);
    assert_eq!(listed(&remote, 0), ["data", "data/x"]);
}

fn plan_with(root: &Path, parts: &[&str], ignore: &dyn Ignore, options: &PlanOptions) -> Plan {
    plan(root, &code(parts), ignore, options).unwrap()
}

#[test]
fn ignored_paths_stay_out_and_an_ignored_part_is_a_warning() {
    let dir = tempdir().unwrap();
    for path in ["a/x", "a/keep", "b/x", "empty/x"] {
        put(dir.path(), path, b"x");
    }
    let options = PlanOptions::default();
    let pruned =
        plan_with(dir.path(), &[".", "b"], &Ignoring(&["a", "b", "empty"], true), &options);
    assert!(listed(&pruned, 0).is_empty());
    assert!(listed(&pruned, 1).is_empty());
    let empty = Warning::NoFiles { path: ".".into() };
    assert_eq!(pruned.warnings, [empty, Warning::PartIgnored { path: "b".into() }]);
    let rules = sealkit_kitfile::IgnoreRules::parse("a\n!a/keep\nempty\n").unwrap();
    let real = plan_with(dir.path(), &["."], &rules, &options);
    assert_eq!(listed(&real, 0), ["a/keep", "b", "b/x"]);
    let kept = plan_with(dir.path(), &["."], &Ignoring(&["a", "!a/keep"], false), &options);
    assert_eq!(listed(&kept, 0), ["a/keep", "b", "b/x", "empty", "empty/x"]);
}

#[test]
fn a_missing_part_names_the_nearest() {
    let dir = tempdir().unwrap();
    put(dir.path(), "models/weights.safetensors", b"x");
    let error = look(dir.path(), &["models/weight.safetensors"]).unwrap_err();
    assert!(error.to_string().starts_with("`models/weight.safetensors` was not found in `"));
    assert_eq!(error.hint().unwrap(), "did you mean `models/weights.safetensors`?");
    assert_eq!(
        look(dir.path(), &["Models"]).unwrap_err().hint().unwrap(),
        "did you mean `models`?"
    );
    let below = look(dir.path(), &["models/weights.safetensors/x"]).unwrap_err();
    assert_eq!(below.code(), "part-not-found");
    assert!(matches!(
        look(dir.path(), &["completely-else"]),
        Err(PackError::MissingPart { nearest: None, .. })
    ));
    for bad in ["../x", "/etc", "a\\b", "", "C:x"] {
        assert_eq!(look(dir.path(), &[bad]).unwrap_err().code(), "unsafe-path", "{bad}");
    }
}

#[test]
fn links_to_files_inside_are_the_files_they_mean() {
    let dir = tempdir().unwrap();
    put(dir.path(), "real/file", b"body");
    symlink("real/file", dir.path().join("link")).unwrap();
    symlink(dir.path().join("link"), dir.path().join("chain")).unwrap();
    let packed = pack_parts(dir.path(), &code(&["chain"]), &PackOptions::default()).unwrap().1;
    let file = &packed.layers[0].table.files[0];
    assert_eq!((file.path.as_str(), file.size), ("chain", 4));
    assert_eq!(file.digest, Some(sealkit_oci::Digest::of(b"body")));
    let all = pack_parts(dir.path(), &code(&["."]), &PackOptions::default()).unwrap().1;
    assert_eq!(paths(&all, 0), ["chain", "link", "real", "real/file"]);
    let refuse = PlanOptions { symlinks: Symlinks::Refuse, ..PlanOptions::default() };
    let error = plan(dir.path(), &code(&["link"]), &KeepAll, &refuse).unwrap_err();
    assert!(matches!(error, PackError::Link { problem: LinkProblem::Refused, .. }));
}

#[test]
fn a_hugging_face_snapshot_packs_its_blobs() {
    let dir = tempdir().unwrap();
    let repo = dir.path().join("models--org--name");
    put(&repo, "blobs/abc123", b"weights");
    put(&repo, "blobs/def456", b"{}");
    put(&repo, "secret", b"no");
    put(&repo, "snapshots/rev/plain", b"plain");
    let snapshot = repo.join("snapshots/rev");
    fs::create_dir_all(snapshot.join("sub")).unwrap();
    symlink("../../blobs/abc123", snapshot.join("model.safetensors")).unwrap();
    symlink("../../../blobs/def456", snapshot.join("sub/config.json")).unwrap();
    let packed = pack_parts(&snapshot, &code(&["."]), &PackOptions::default()).unwrap().1;
    assert_eq!(paths(&packed, 0), ["model.safetensors", "plain", "sub", "sub/config.json"]);
    assert_eq!(packed.layers[0].table.files[0].size, 7);
    let sub = pack_parts(&snapshot.join("sub"), &code(&["."]), &PackOptions::default()).unwrap().1;
    assert_eq!(paths(&sub, 0), ["config.json"]);
    symlink("../../secret", snapshot.join("escape")).unwrap();
    let error = look(&snapshot, &["."]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "symbolic link `escape` points to `../../secret`, outside of the folder"
    );
}

#[test]
fn no_other_link_is_dropped_silently() {
    let outside = tempdir().unwrap();
    put(outside.path(), "f", b"x");
    for (target, word) in [
        ("nothing", "does not exist"),
        ("link", "leads back to itself"),
        ("dir", "points to the folder"),
        (outside.path().join("f").to_str().unwrap(), "outside of the folder"),
        ("/dev/null", "outside of the folder"),
    ] {
        let dir = tempdir().unwrap();
        put(dir.path(), "dir/x", b"x");
        symlink(target, dir.path().join("link")).unwrap();
        let error = look(dir.path(), &["."]).unwrap_err();
        let message = error.to_string();
        assert!(message.starts_with("symbolic link `link`") && message.contains(word), "{message}");
        assert!(error.hint().unwrap().contains("`.kitignore`"));
        look(dir.path(), &["dir"]).unwrap();
        plan(dir.path(), &code(&["."]), &Ignoring(&["link"], true), &PlanOptions::default())
            .unwrap();
        if target == "dir" {
            let through = look(dir.path(), &["link/x"]).unwrap_err();
            assert!(matches!(through, PackError::Link { .. }), "{through}");
        }
    }
}

#[test]
fn special_files_and_unsafe_names_are_errors_that_name_them() {
    let dir = tempdir().unwrap();
    let _socket = std::os::unix::net::UnixListener::bind(dir.path().join("sock")).unwrap();
    let error = look(dir.path(), &["."]).unwrap_err();
    assert_eq!(error.to_string(), "`sock` is a socket: only files and folders can be packed");
    let dir = tempdir().unwrap();
    fs::write(dir.path().join(OsStr::from_bytes(b"caf\xe9")), b"x").unwrap();
    let error = look(dir.path(), &["."]).unwrap_err();
    assert_eq!(error.to_string(), "path `caf\\xe9` is not valid UTF-8");
    put(dir.path(), "fine", b"x");
    look(dir.path(), &["fine"]).unwrap();
    let dir = tempdir().unwrap();
    put(dir.path(), "a\\b", b"x");
    assert_eq!(look(dir.path(), &["."]).unwrap_err().to_string(), "path `a\\\\b` has a backslash");
}

#[test]
fn names_that_collide_elsewhere_are_a_warning() {
    let dir = tempdir().unwrap();
    for path in ["d/Readme", "d/README", "d/other", "e\u{301}", "\u{e9}"] {
        put(dir.path(), path, b"x");
    }
    let plan = look(dir.path(), &["."]).unwrap();
    assert_eq!(plan.warnings.len(), 2, "{:?}", plan.warnings);
    let expected = Warning::Collision { first: "d/README".into(), second: "d/Readme".into() };
    assert!(plan.warnings.contains(&expected));
    assert!(look(dir.path(), &["d/other"]).unwrap().warnings.is_empty());
}

#[test]
fn a_tree_deeper_than_a_path_can_be_is_a_clear_error() {
    let dir = tempdir().unwrap();
    let level = format!("{}/", "d".repeat(250));
    let chain = level.repeat(14);
    fs::create_dir_all(dir.path().join("b").join(&chain)).unwrap();
    fs::create_dir_all(dir.path().join("a").join(&chain)).unwrap();
    look(dir.path(), &["."]).unwrap();
    // No path reaches the end of the second half once it hangs below the first.
    let half = dir.path().join("b").join(&level);
    fs::rename(&half, dir.path().join("a").join(&chain).join("x")).unwrap();
    let error = look(dir.path(), &["."]).unwrap_err();
    assert_eq!(error.code(), "path-too-long", "{error}");
    assert!(error.to_string().len() < 600);
    fs::rename(dir.path().join("a").join(&chain).join("x"), half).unwrap();
}

#[test]
fn depth_costs_no_stack() {
    let dir = tempdir().unwrap();
    fs::create_dir_all(dir.path().join("d/".repeat(1000))).unwrap();
    let small_stack = std::thread::Builder::new().stack_size(256 * 1024);
    let path = dir.path().to_owned();
    let plan = small_stack.spawn(move || look(&path, &["."]).unwrap()).unwrap().join().unwrap();
    assert_eq!(plan.layers[0].entries.len(), 1000);
}

#[test]
fn what_lies_deep_is_listed_as_what_lies_near() {
    let dir = tempdir().unwrap();
    let (mut at, mut expected) = (String::new(), Vec::new());
    let mut behind = Vec::new();
    // More folders inside each other than are kept open, with files before and behind each.
    for depth in 0..50_u64 {
        put(dir.path(), &format!("{at}a"), &vec![b'x'; depth as usize]);
        put(dir.path(), &format!("{at}z"), &vec![b'x'; 100 + depth as usize]);
        expected.push((format!("{at}a"), depth));
        behind.push((format!("{at}z"), 100 + depth));
        expected.push((format!("{at}m"), 0));
        at.push_str("m/");
        fs::create_dir(dir.path().join(&at)).unwrap();
    }
    expected.extend(behind.into_iter().rev());
    let found = look(dir.path(), &["."]).unwrap();
    let entries = found.layers[0].entries.iter();
    let entries: Vec<_> = entries.map(|entry| (entry.path.clone(), entry.size)).collect();
    assert_eq!(entries, expected);
}
