//! `sealkit import` of git repositories, made here by the installed git.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::common::{Run, Sandbox, finish};

fn git(dir: &Path, args: &[&str]) -> Run {
    let settings =
        ["-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "protocol.file.allow=always"];
    finish(
        Command::new("git")
            .args(settings)
            .args(args)
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .current_dir(dir),
    )
    .exits(0)
}

/// A repository with one commit of these files, and its URL.
fn repository(sandbox: &Sandbox, files: &[(&str, &str)]) -> (PathBuf, String) {
    let dir = sandbox.work().join("Origin");
    fs::create_dir_all(&dir).unwrap();
    git(&dir, &["init", "--quiet", "--initial-branch=main"]);
    commit(&dir, files);
    let url = format!("file://{}", dir.display());
    (dir, url)
}

fn commit(dir: &Path, files: &[(&str, &str)]) -> String {
    for (path, content) in files {
        let path = dir.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
    git(dir, &["add", "--all"]);
    git(dir, &["commit", "--quiet", "--message", "x"]);
    git(dir, &["rev-parse", "HEAD"]).stdout.trim().to_owned()
}

#[test]
fn a_git_repository_becomes_a_kit() {
    let sandbox = Sandbox::new();
    let files = [
        ("model.onnx", "weights"),
        ("README.md", "# x\n"),
        (".gitattributes", "* text=auto\n"),
        ("sub/.gitignore", "*.tmp\n"),
        ("sub/code.py", "import x\n"),
    ];
    let (dir, url) = repository(&sandbox, &files);
    let head = git(&dir, &["rev-parse", "HEAD"]).stdout.trim().to_owned();
    let run = sandbox.run(["import", &url, "--attestation-output", "-"]).exits(0);
    assert!(run.stderr.contains("Model is packed as origin:latest"), "{run}");
    assert!(run.stderr.contains(&format!("Imported commit {head}")), "{run}");
    let predicate = run.json();
    let resolved = predicate["buildDefinition"]["resolvedDependencies"].as_array().unwrap();
    assert_eq!(resolved[0]["digest"]["gitCommit"], head.as_str());
    let mut names: Vec<_> = resolved.iter().filter_map(|entry| entry["name"].as_str()).collect();
    names.sort_unstable();
    assert_eq!(names, ["README.md", "model.onnx", "sub/code.py"]);
    assert_eq!(sandbox.left_aside(), 0);
}

#[test]
fn the_branch_that_a_repository_names_is_the_one_where_none_is_given() {
    let sandbox = Sandbox::new();
    let (dir, url) = repository(&sandbox, &[("model.onnx", "one")]);
    let head = commit(&dir, &[("extra.md", "two")]);
    git(&dir, &["branch", "--quiet", "--move", "main", "trunk"]);
    let run = sandbox.run(["import", &url, "-t", "a:1"]).exits(0);
    assert!(run.stderr.contains(&format!("Imported commit {head}")), "{run}");
    let run = sandbox.run(["import", &url, "--ref", "main"]).exits(1);
    assert!(run.stderr.contains("git could not fetch"), "{run}");
}

#[test]
fn a_tag_and_a_commit_are_revisions_too() {
    let sandbox = Sandbox::new();
    let (dir, url) = repository(&sandbox, &[("model.onnx", "one")]);
    git(&dir, &["tag", "v1"]);
    let second = commit(&dir, &[("extra.md", "two")]);
    git(&dir, &["config", "uploadpack.allowAnySHA1InWant", "true"]);
    sandbox.run(["import", &url, "--ref", "v1", "-t", "a:1"]).exits(0);
    sandbox.run(["import", &url, "--ref", &second, "-t", "a:2"]).exits(0);
    assert!(!sandbox.run(["info", "a:1"]).exits(0).stdout.contains("extra.md"));
    assert!(sandbox.run(["info", "a:2"]).exits(0).stdout.contains("extra.md"));
    let run = sandbox.run(["import", &url, "--ref", "nope"]).exits(1);
    assert!(run.stderr.contains("git could not fetch"), "{run}");
}

#[cfg(unix)]
#[test]
fn nothing_that_a_repository_or_a_user_configured_runs() {
    use std::os::unix::fs::PermissionsExt as _;
    let sandbox = Sandbox::new();
    let canary = sandbox.work().join("canary");
    let (dir, url) = repository(
        &sandbox,
        &[("model.onnx", "x"), (".gitattributes", "* filter=evil\n"), ("hooks/post-checkout", "x")],
    );
    let script = format!("#!/bin/sh\ntouch {}\ncat\n", canary.display());
    let hook = sandbox.write("hook", &script);
    fs::set_permissions(&hook, fs::Permissions::from_mode(0o755)).unwrap();
    for name in ["post-checkout", "reference-transaction", "post-index-change"] {
        let template = sandbox.work().join("template/hooks");
        fs::create_dir_all(&template).unwrap();
        fs::copy(&hook, template.join(name)).unwrap();
        fs::copy(&hook, dir.join(".git/hooks").join(name)).unwrap();
    }
    let hook = hook.display();
    let template = sandbox.work().join("template");
    let config = format!(
        "[init]\n\ttemplateDir = {0}\n[core]\n\thooksPath = {0}/hooks\n\tfsmonitor = {hook}\n[filter \"evil\"]\n\tsmudge = {hook}\n\tclean = {hook}\n\trequired = true\n",
        template.display()
    );
    let home = sandbox.home().parent().unwrap().to_owned();
    fs::write(home.join(".gitconfig"), config).unwrap();
    let environment = [
        ("GIT_CONFIG_COUNT", "1"),
        ("GIT_CONFIG_KEY_0", "core.hooksPath"),
        ("GIT_CONFIG_VALUE_0", &*template.join("hooks").display().to_string()),
        ("GIT_TEMPLATE_DIR", &*template.display().to_string()),
    ];
    fs::remove_file(&canary).ok();
    sandbox.run_with(["import", &url], &environment, "").exits(0);
    assert!(!canary.exists(), "a hook or filter ran");
}

#[test]
fn other_transports_and_options_in_urls_are_refused() {
    let sandbox = Sandbox::new();
    let canary = sandbox.work().join("canary");
    let ext = format!("ext::touch {}", canary.display());
    for url in [
        ext.as_str(),
        "git://127.0.0.1:1/x/y",
        "http://127.0.0.1:1/x/y",
        "ssh://-oProxyCommand=touch/x/y",
        "--upload-pack=touch canary",
    ] {
        let args = ["import", "--tool", "git", "--tag", "x:1", "--", url];
        let run = sandbox.run(args).exits(1);
        assert!(
            run.stderr.contains("refused") || run.stderr.contains("not a repository"),
            "{url}: {run}"
        );
    }
    for revision in ["--upload-pack=touch", "+x", "a:b"] {
        let reference = format!("--ref={revision}");
        let run = sandbox.run(["import", "file:///nowhere", &reference, "-t", "x:1"]).exits(1);
        assert!(run.stderr.contains("is not a branch, tag or commit"), "{run}");
    }
    assert!(!canary.exists());
}

#[test]
fn submodules_are_told_and_not_fetched() {
    let sandbox = Sandbox::new();
    let (dir, url) = repository(&sandbox, &[("model.onnx", "x")]);
    git(&dir, &["submodule", "--quiet", "add", &url, "inner"]);
    git(&dir, &["commit", "--quiet", "--message", "y"]);
    let run = sandbox.run(["import", &url]).exits(0);
    assert!(run.stderr.contains("submodule `inner` is not fetched"), "{run}");
}

#[cfg(unix)]
#[test]
fn a_link_that_leaves_the_repository_is_refused() {
    let sandbox = Sandbox::new();
    let (dir, url) = repository(&sandbox, &[("model.onnx", "x")]);
    std::os::unix::fs::symlink("/etc/hostname", dir.join("link.md")).unwrap();
    git(&dir, &["add", "--all"]);
    git(&dir, &["commit", "--quiet", "--message", "y"]);
    let run = sandbox.run(["import", &url]).exits(1);
    assert!(run.stderr.contains("link.md"), "{run}");
    assert!(!sandbox.run(["list"]).exits(0).stdout.contains("origin"));
}

/// A pointer to bytes that are in no storage.
fn pointer(byte: char) -> String {
    let oid = byte.to_string().repeat(64);
    format!("version https://git-lfs.github.com/spec/v1\noid sha256:{oid}\nsize 5\n")
}

#[cfg(unix)]
#[test]
fn pointers_without_git_lfs_are_named() {
    use std::os::unix::fs::PermissionsExt as _;
    let sandbox = Sandbox::new();
    let (_, url) =
        repository(&sandbox, &[("a.onnx", &pointer('a')), ("sub/b.onnx", &pointer('b'))]);
    // A git that knows no `lfs`.
    let git = std::env::split_paths(&std::env::var_os("PATH").unwrap())
        .map(|dir| dir.join("git"))
        .find(|path| path.is_file())
        .unwrap();
    let script = format!(
        "#!/bin/sh\nfor arg; do [ \"$arg\" = lfs ] && exit 1; done\nexec {} \"$@\"\n",
        git.display()
    );
    let bin = sandbox.write("bin/git", script);
    fs::set_permissions(&bin, fs::Permissions::from_mode(0o755)).unwrap();
    let path = format!("{}:/usr/bin:/bin", sandbox.work().join("bin").display());
    let run = sandbox.run_with(["import", &url], &[("PATH", &path)], "").exits(1);
    assert!(run.stderr.contains("`a.onnx`, `sub/b.onnx`"), "{run}");
    assert!(run.stderr.contains("git-lfs"), "{run}");
}

#[test]
fn large_files_are_fetched_and_verified() {
    let sandbox = Sandbox::new();
    let has_lfs = Command::new("git").args(["lfs", "version"]).output().unwrap().status.success();
    if !has_lfs {
        println!("skipped: no git-lfs");
        return;
    }
    let (dir, url) =
        repository(&sandbox, &[(".gitattributes", "*.onnx filter=lfs diff=lfs merge=lfs -text\n")]);
    git(&dir, &["lfs", "install", "--local"]);
    commit(&dir, &[("model.onnx", "large weights")]);
    let stored = git(&dir, &["cat-file", "blob", "HEAD:model.onnx"]).stdout;
    assert!(stored.starts_with("version https://git-lfs"), "{stored}");
    let run = sandbox.run(["import", &url, "--attestation-output", "-"]).exits(0);
    let hex = sealkit_oci::Digest::of(b"large weights").hex().to_owned();
    assert!(run.stdout.contains(&hex), "{run}");
}
