//! The hub as other people's clients meet it: push, pull, copy, delete and referrers, logged in.
#![cfg(feature = "hub")]

use std::path::PathBuf;
use std::process::Command;

use crate::common::{Run, Sandbox, finish, peer};
use crate::hub_common::{Hub, log_in, token};
use crate::kit::{Kit, saved};

/// A hub, a token for `org`, and a folder to work in.
struct Scene {
    /// Kept as the hub's folder.
    _server: Sandbox,
    client: Sandbox,
    hub: Hub,
    token: String,
}

impl Scene {
    fn new() -> Self {
        let server = Sandbox::new();
        let hub = Hub::start(&server, &[]);
        let token = token(&server, "ci", "admin:org");
        Self { _server: server, client: Sandbox::new(), hub, token }
    }

    fn name(&self, rest: &str) -> String {
        format!("{}/{rest}", self.hub.host)
    }

    fn credentials(&self) -> String {
        format!("ci:{}", self.token)
    }

    /// Runs a peer in the client's folder.
    fn peer(&self, program: &PathBuf, args: &[&str]) -> Run {
        let mut command = Command::new(program);
        command.args(args).current_dir(self.client.work());
        finish(command.env("DOCKER_CONFIG", self.client.work().join("docker")))
    }

    fn tags(&self, repository: &str) -> serde_json::Value {
        let path = format!("/v2/{repository}/tags/list");
        let (status, body) = crate::hub_common::get(&self.hub.host, &path, Some(&self.token));
        assert_eq!(status, 200, "{body}");
        serde_json::from_str::<serde_json::Value>(&body).unwrap()["tags"].clone()
    }
}

#[test]
fn oras_pushes_attaches_copies_pulls_and_deletes() {
    let Some(oras) = peer("SEALKIT_ORAS") else { return };
    let scene = Scene::new();
    scene.client.write("a.txt", "content\n");
    let run = |args: &[&str]| scene.peer(&oras, args);
    let (name, copy) = (scene.name("org/files:v1"), scene.name("org/copy:v1"));
    assert_ne!(run(&["push", "--plain-http", &name, "a.txt"]).code, Some(0), "not logged in");
    let host = &scene.hub.host;
    run(&["login", "--plain-http", "-u", "ci", "-p", &scene.token, host]).exits(0);
    run(&["push", "--plain-http", &name, "a.txt"]).exits(0);
    let attach = ["attach", "--plain-http", "--artifact-type", "application/vnd.test+json"];
    run(&[&attach[..], &[&name, "a.txt:text/plain"]].concat()).exits(0);
    let discover = ["discover", "--plain-http", "--format", "json"];
    let found = run(&[&discover[..], &[&name]].concat()).exits(0).json();
    assert_eq!(found["referrers"][0]["artifactType"], "application/vnd.test+json", "{found}");
    run(&["cp", "-r", "--from-plain-http", "--to-plain-http", &name, &copy]).exits(0);
    let copied = run(&[&discover[..], &[&copy]].concat()).exits(0).json();
    assert_eq!(copied["referrers"][0]["digest"], found["referrers"][0]["digest"], "{copied}");
    run(&["pull", "--plain-http", "-o", "out", &copy]).exits(0);
    let pulled = std::fs::read_to_string(scene.client.work().join("out/a.txt")).unwrap();
    assert_eq!(pulled, "content\n");
    // What is still named stays, and the client is told why.
    let blob = scene.name(&format!("org/copy@{}", sealkit_oci::Digest::of(b"content\n")));
    let refused = run(&["blob", "delete", "-f", "--plain-http", &blob]);
    assert!(refused.code != Some(0) && refused.stderr.contains("a manifest names"), "{refused}");
    run(&["manifest", "delete", "-f", "--plain-http", &copy]).exits(0);
    assert_eq!(scene.tags("org/copy"), serde_json::json!([]));
    assert_eq!(scene.tags("org/files"), serde_json::json!(["v1"]));
    let other = run(&["push", "--plain-http", &scene.name("other/files:v1"), "a.txt"]);
    assert_ne!(other.code, Some(0), "the token is for `org`: {other}");
}

#[test]
fn buildah_pushes_and_pulls_an_image() {
    let Some(buildah) = peer("SEALKIT_BUILDAH") else { return };
    let scene = Scene::new();
    scene.client.write("a.txt", "content\n");
    let store = scene.client.work().join("images");
    let run = |args: &[&str]| {
        let mut command = Command::new(&buildah);
        command.arg("--root").arg(store.join("root")).arg("--runroot").arg(store.join("run"));
        command.args(["--storage-driver", "vfs"]).current_dir(scene.client.work());
        finish(command.args(args).env("BUILDAH_ISOLATION", "chroot"))
    };
    let Run { code: Some(0), stdout, .. } = run(&["from", "scratch"]) else {
        println!("SKIPPED: buildah can not make a container here");
        return;
    };
    run(&["add", stdout.trim(), "a.txt", "/a.txt"]).exits(0);
    run(&["commit", "-q", stdout.trim(), "made"]).exits(0);
    let address = format!("docker://{}", scene.name("org/image:v1"));
    let credentials = scene.credentials();
    let push = ["push", "--tls-verify=false", "--creds"];
    assert_ne!(run(&[&push[..], &["ci:wrong", "made", &address]].concat()).code, Some(0));
    run(&[&push[..], &[&credentials, "made", &address]].concat()).exits(0);
    run(&["rmi", "-a", "-f"]).exits(0);
    let pulled = run(&["pull", "--tls-verify=false", "--creds", &credentials, &address]).exits(0);
    let again = run(&["from", pulled.stdout.trim()]).exits(0);
    let folder = run(&["mount", again.stdout.trim()]).exits(0);
    let file = PathBuf::from(folder.stdout.trim()).join("a.txt");
    assert_eq!(std::fs::read_to_string(file).unwrap(), "content\n");
    run(&["rm", "-a"]).exits(0);
}

#[test]
fn kit_pushes_pulls_lists_and_removes() {
    let scene = Scene::new();
    let Some(kit) = Kit::new(&scene.client) else { return };
    scene.client.golden();
    let name = scene.name("org/golden:v1");
    kit.run(&["login", "--plain-http", "-u", "ci", "-p", &scene.token, &scene.hub.host]);
    let packed = saved(&kit.run(&["pack", ".", "-t", &name]));
    kit.run(&["push", "--plain-http", &name]);
    kit.run(&["remove", &name]);
    kit.run(&["pull", "--plain-http", &name]);
    kit.run(&["unpack", &name, "-d", "out"]);
    let model = scene.client.work().join("out/models/sub/m.bin");
    assert_eq!(std::fs::read_to_string(model).unwrap(), "hello model\n");
    let listed = kit.run(&["list", "--plain-http", &scene.name("org/golden")]);
    assert!(listed.stdout.contains(&packed), "{listed}");
    // The hub sees inside what `kit` pushed, without a file table.
    let (status, body) = crate::hub_common::get(
        &scene.hub.host,
        "/api/v1/kits/org%2Fgolden/versions/v1/files",
        Some(&scene.token),
    );
    assert!(status == 200 && body.contains("models/sub/m.bin"), "{status} {body}");
    kit.run(&["remove", "--remote", "--plain-http", &name]);
    assert_eq!(scene.tags("org/golden"), serde_json::json!([]));
}

#[test]
fn skopeo_lists_inspects_copies_and_deletes() {
    let Some(skopeo) = peer("SEALKIT_SKOPEO") else { return };
    let scene = Scene::new();
    scene.client.golden();
    let name = scene.name("org/golden:v1");
    scene.client.run(["pack", ".", "-t", &name]).exits(0);
    log_in(&scene.client, &scene.hub.host, "ci", &scene.token).exits(0);
    scene.client.run(["push", &name, "--plain-http"]).exits(0);
    let credentials = scene.credentials();
    let with = |verb: &str, args: &[&str]| {
        let how = ["--tls-verify=false", "--creds", &credentials];
        scene.peer(&skopeo, &[&[verb], &how[..], args].concat())
    };
    let at = |rest: &str| format!("docker://{}", scene.name(rest));
    let listed = with("list-tags", &[&at("org/golden")]).exits(0).json();
    assert_eq!(listed["Tags"], serde_json::json!(["v1"]));
    let raw = with("inspect", &["--raw", &at("org/golden:v1")]).exits(0);
    let digest = sealkit_oci::Digest::of(raw.stdout.as_bytes());
    let both = ["--src-tls-verify=false", "--dest-tls-verify=false"];
    let (src, dest) = (["--src-creds", &credentials], ["--dest-creds", &credentials]);
    let args = [&["--insecure-policy", "copy"], &both[..], &src, &dest].concat();
    let to = at("org/copy:v2");
    scene.peer(&skopeo, &[&args[..], &[&at("org/golden:v1"), &to]].concat()).exits(0);
    let copied = with("inspect", &["--raw", &to]).exits(0);
    assert_eq!(sealkit_oci::Digest::of(copied.stdout.as_bytes()), digest, "not a byte differs");
    with("delete", &[&to]).exits(0);
    assert_eq!(scene.tags("org/copy"), serde_json::json!([]));
    assert_eq!(scene.tags("org/golden"), serde_json::json!(["v1"]));
}
