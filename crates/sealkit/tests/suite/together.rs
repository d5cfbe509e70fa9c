//! Several processes at one store: nobody loses anything, whoever comes first.

use std::fs;
use std::process::{Child, Stdio};

use crate::common::Sandbox;
use sealkit_testkit::TestRegistry;

fn start(sandbox: &Sandbox, args: &[&str]) -> Child {
    let mut command = sandbox.command();
    command.args(args).stdout(Stdio::null()).stderr(Stdio::piped());
    command.spawn().unwrap()
}

fn ends(child: Child) -> (Option<i32>, String) {
    let output = child.wait_with_output().unwrap();
    (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
}

/// A folder with files of its own and one that all share.
fn folder(sandbox: &Sandbox, name: &str) {
    let own: Vec<u8> = name.bytes().cycle().take(300_000).collect();
    sandbox.write(&format!("{name}/model.bin"), &own);
    sandbox.write(&format!("{name}/shared.csv"), "the same\n".repeat(20_000));
    let text = format!(
        "manifestVersion: 1.0.0\npackage: {{name: {name}}}\nmodel: {{path: model.bin}}\ndatasets: [{{path: shared.csv}}]\n"
    );
    sandbox.write(&format!("{name}/Kitfile"), text);
}

fn unpacks(sandbox: &Sandbox, name: &str) {
    let out = format!("out-{name}");
    sandbox.run(["unpack", &format!("{name}:v1"), "-d", &out]).exits(0);
    for file in ["model.bin", "shared.csv"] {
        let read = |dir: &str| fs::read(sandbox.work().join(dir).join(file)).unwrap();
        assert!(read(&out) == read(name), "{name}/{file}");
    }
}

#[test]
fn many_packs_at_once_all_succeed() {
    let sandbox = Sandbox::new();
    let names: Vec<String> = (0..6).map(|number| format!("kit{number}")).collect();
    for name in &names {
        folder(&sandbox, name);
    }
    let tag = |name: &String| format!("{name}:v1");
    let children: Vec<Child> =
        names.iter().map(|name| start(&sandbox, &["pack", name, "-t", &tag(name)])).collect();
    for child in children {
        assert_eq!(ends(child).0, Some(0));
    }
    let listed = sandbox.run(["list", "--format", "{{.Repo}}"]).exits(0).stdout;
    assert_eq!(listed.lines().count(), names.len(), "{listed}");
    for name in &names {
        unpacks(&sandbox, name);
    }
    sandbox.run(["fsck"]).exits(0);
}

#[test]
fn two_packs_of_one_name_leave_one_of_the_two() {
    let sandbox = Sandbox::new();
    folder(&sandbox, "a");
    folder(&sandbox, "b");
    for round in 0..4 {
        let name = format!("same{round}:v1");
        let children = ["a", "b"].map(|dir| start(&sandbox, &["pack", dir, "-t", &name]));
        for child in children {
            assert_eq!(ends(child).0, Some(0));
        }
        let json = sandbox.run(["inspect", &name]).exits(0).json();
        let kept = json["kitfile"]["package"]["name"].as_str().unwrap().to_owned();
        assert!(["a", "b"].contains(&kept.as_str()), "{kept}");
        let moves = sandbox.run(["history", &name]).exits(0).stdout;
        assert_eq!(moves.matches("sha256:").count(), 3, "a new one and a move: {moves}");
    }
    sandbox.run(["fsck"]).exits(0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pull_while_others_pack_and_collect() {
    let registry = TestRegistry::start().await;
    let publisher = Sandbox::new();
    folder(&publisher, "remote");
    let reference = format!("{}/org/remote:v1", registry.host());
    publisher.run(["pack", "remote", "-t", &reference]).exits(0);
    publisher.run(["push", "--plain-http", &reference]).exits(0);
    let sandbox = Sandbox::new();
    folder(&sandbox, "local");
    for _ in 0..3 {
        let pull = start(&sandbox, &["pull", "--plain-http", &reference]);
        let pack = start(&sandbox, &["pack", "local", "-t", "local:v1"]);
        let collect = start(&sandbox, &["gc"]);
        for child in [pull, pack, collect] {
            let (code, said) = ends(child);
            assert_eq!(code, Some(0), "{said}");
        }
        unpacks(&sandbox, "local");
        fs::remove_dir_all(sandbox.work().join("out-local")).unwrap();
        sandbox.run(["unpack", &reference, "-d", "out"]).exits(0);
        fs::remove_dir_all(sandbox.work().join("out")).unwrap();
        sandbox.run(["fsck"]).exits(0);
        sandbox.run(["remove", &reference]).exits(0);
        sandbox.run(["remove", "local:v1"]).exits(0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kit_that_is_removed_while_it_is_pushed_arrives_whole_or_not_at_all() {
    let sandbox = Sandbox::new();
    folder(&sandbox, "kit");
    for round in 0..6 {
        let registry = TestRegistry::start().await;
        let reference = format!("{}/org/kit{round}:v1", registry.host());
        sandbox.run(["pack", "kit", "-t", &reference]).exits(0);
        let push = start(&sandbox, &["push", "--plain-http", &reference]);
        std::thread::sleep(std::time::Duration::from_millis(15 * round));
        sandbox.run(["remove", &reference]).exits(0);
        sandbox.run(["gc"]).exits(0);
        let (code, said) = ends(push);
        let other = Sandbox::new();
        let pulled = other.run(["pull", "--plain-http", &reference]);
        if code == Some(0) {
            pulled.exits(0);
            other.run(["unpack", &reference, "-d", "out"]).exits(0);
            other.run(["fsck"]).exits(0);
        } else {
            pulled.exits(1);
            assert!(said.contains("error:"), "{said}");
        }
        sandbox.run(["fsck"]).exits(0);
    }
}

#[test]
fn readers_work_while_a_name_moves() {
    let sandbox = Sandbox::new();
    folder(&sandbox, "a");
    folder(&sandbox, "b");
    sandbox.run(["pack", "a", "-t", "moving:v1"]).exits(0);
    let digests: Vec<String> = ["a", "b"]
        .map(|dir| {
            sandbox.run(["pack", dir, "-t", &format!("{dir}:v1")]).exits(0);
            sandbox.run(["inspect", "-q", &format!("{dir}:v1")]).exits(0).stdout
        })
        .into();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for round in 0..10 {
                let source = if round % 2 == 0 { "b:v1" } else { "a:v1" };
                sandbox.run(["tag", source, "moving:v1"]).exits(0);
            }
        });
        for _ in 0..10 {
            let seen = sandbox.run(["inspect", "-q", "moving:v1"]).exits(0).stdout;
            assert!(digests.contains(&seen), "{seen}");
            let listed = sandbox.run(["list"]).exits(0).stdout;
            assert!(listed.contains("moving"), "{listed}");
        }
    });
    sandbox.run(["fsck"]).exits(0);
}
