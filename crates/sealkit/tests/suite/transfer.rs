//! `push`, `pull` and `copy` against a registry that does all things right.

use crate::common::Sandbox;
use sealkit_testkit::TestRegistry;

/// A sandbox with the golden kit, packed under this name.
fn packed(name: &str) -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.golden();
    sandbox.run(["pack", ".", "-t", name]).exits(0);
    sandbox
}

fn answer_digest(line: &str, verb: &str) -> String {
    let digest = line.strip_prefix(verb).unwrap().trim();
    assert!(digest.starts_with("sha256:") && digest.len() == 71, "{line}");
    digest.to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kit_goes_out_and_comes_back_with_what_is_attached() {
    let registry = TestRegistry::start().await;
    let name = format!("{}/org/golden:v1", registry.host());
    let run = packed(&name).run(["push", &name, "--plain-http"]).exits(0);
    let pushed = answer_digest(&run.stdout, "Pushed ");
    assert!(run.stderr.contains(&format!("Pushing {name}")), "{run}");
    assert!(run.stderr.contains("with 1 attached document"), "{run}");
    let other = Sandbox::new();
    let run = other.run(["pull", &name, "--plain-http"]).exits(0);
    assert_eq!(answer_digest(&run.stdout, "Pulled "), pushed);
    assert!(run.stderr.contains("with 1 attached document"), "{run}");
    let listed = other.run(["list", "--format", "{{.Repo}} {{.Tags}} {{.Digest}}"]).exits(0);
    let repository = name.strip_suffix(":v1").unwrap();
    assert_eq!(listed.stdout, format!("{repository} [v1] {pushed}\n"));
    other.run(["fsck"]).exits(0);
    let again = other.run(["pull", &name, "--plain-http"]).exits(0);
    assert!(again.stderr.contains("3 layers already there"), "{again}");
    assert_eq!(other.run(["-q", "pull", &name, "--plain-http"]).exits(0).stdout.trim(), pushed);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_tag_comes_last() {
    let registry = TestRegistry::start().await;
    let name = format!("{}/golden:v1", registry.host());
    packed(&name).run(["push", &name, "--plain-http"]).exits(0);
    let puts: Vec<String> = registry
        .log()
        .matching("PUT", "/manifests/")
        .iter()
        .map(|seen| seen.path.rsplit('/').next().unwrap().to_owned())
        .collect();
    assert_eq!(puts.len(), 3, "{puts:?}");
    assert!(puts[0].starts_with("sha256:") && puts[1].starts_with("sha256:"), "{puts:?}");
    assert_eq!(puts[2], "v1");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_attached_can_stay_behind() {
    let registry = TestRegistry::start().await;
    let name = format!("{}/golden:v1", registry.host());
    let sandbox = packed(&name);
    sandbox.run(["push", &name, "--plain-http", "--no-referrers"]).exits(0);
    assert_eq!(registry.log().matching("PUT", "/manifests/").len(), 2);
    sandbox.run(["push", &name, "--plain-http"]).exits(0);
    let other = Sandbox::new();
    let run = other.run(["pull", &name, "--plain-http", "--no-referrers"]).exits(0);
    assert!(!run.stderr.contains("attached"), "{run}");
}

#[tokio::test(flavor = "multi_thread")]
async fn layers_are_taken_from_a_repository_that_has_them() {
    let registry = TestRegistry::start().await;
    let name = format!("{}/a:v1", registry.host());
    let sandbox = packed(&name);
    sandbox.run(["push", &name, "--plain-http"]).exits(0);
    let other = format!("{}/b:v1", registry.host());
    sandbox.run(["tag", &name, &other]).exits(0);
    registry.log().clear();
    let run = sandbox.run(["push", &other, "--plain-http"]).exits(0);
    // One store holds the blobs of all repositories of this registry: HEAD finds them.
    assert!(run.stderr.contains("3 layers"), "{run}");
    assert!(registry.log().matching("PATCH", "").is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kit_can_be_pushed_by_its_digest_alone() {
    let registry = TestRegistry::start().await;
    let sandbox = packed("golden:v1");
    let digest = sandbox.run([
        "-q",
        "push",
        "golden:v1",
        &format!("{}/x:v1", registry.host()),
        "--plain-http",
    ]);
    let digest = digest.exits(0).stdout.trim().to_owned();
    let by_digest = format!("{}/y@{digest}", registry.host());
    sandbox.run(["push", "golden:v1", &by_digest, "--plain-http"]).exits(0);
    let tags = registry.client().get("/v2/y/tags/list").await.json();
    assert_eq!(tags["tags"].as_array().map_or(0, Vec::len), 0, "{tags}");
    let other = Sandbox::new();
    other.run(["pull", &by_digest, "--plain-http"]).exits(0);
    let wrong = format!("{}/y@sha256:{}", registry.host(), "0".repeat(64));
    let run = sandbox.run(["push", "golden:v1", &wrong, "--plain-http"]).exits(1);
    assert!(run.stderr.contains("names another digest than the kit's"), "{run}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_tag_means_latest_and_says_so() {
    let registry = TestRegistry::start().await;
    let name = format!("{}/golden", registry.host());
    let sandbox = packed(&name);
    let run = sandbox.run(["push", &name, "--plain-http"]).exits(0);
    let line = format!("No tag specified for push. Using 'latest' as default ('{name}:latest')");
    assert!(run.stderr.contains(&line), "{run}");
    let run = Sandbox::new().run(["pull", &name, "--plain-http"]).exits(0);
    assert!(run.stderr.contains("No tag specified for pull."), "{run}");
}

#[test]
fn what_names_no_registry_goes_nowhere() {
    let sandbox = packed("golden:v1");
    for verb in ["push", "pull"] {
        let run = sandbox.run([verb, "golden:v1"]).exits(1);
        assert!(run.stderr.contains("names no registry"), "{run}");
        assert!(run.stderr.contains("hint: write it as `registry.example.com/golden:v1`"), "{run}");
    }
    let run = sandbox.run(["push", "a.example/x:v1,v2"]).exits(1);
    assert!(run.stderr.contains("several tags"), "{run}");
}

#[tokio::test(flavor = "multi_thread")]
async fn under_kits_name_the_lines_are_kits() {
    let registry = TestRegistry::start().await;
    let name = format!("{}/golden:v1", registry.host());
    let sandbox = Sandbox::named("kit");
    sandbox.golden();
    sandbox.run(["pack", ".", "-t", &name]).exits(0);
    let run = sandbox.run(["push", &name, "--plain-http"]).exits(0);
    let mut lines = run.stdout.lines();
    assert_eq!(lines.next(), Some(format!("Pushing {name}").as_str()));
    assert!(lines.last().unwrap().starts_with("Pushed sha256:"), "{run}");
    let missing = format!("{}/golden:nope", registry.host());
    let run = sandbox.run(["pull", &missing, "--plain-http"]).exits(1);
    assert!(run.stderr.starts_with("[ERROR] Could not find kit"), "{run}");
}

#[tokio::test(flavor = "multi_thread")]
async fn referenced_kits_come_along_and_cycles_are_found() {
    let registry = TestRegistry::start().await;
    let host = registry.host();
    let base = format!("{host}/base:v1");
    let sandbox = packed(&base);
    sandbox.run(["push", &base, "--plain-http"]).exits(0);
    let child = |sandbox: &Sandbox, name: &str, parent: &str| {
        let text = format!(
            "manifestVersion: 1.0.0\npackage: {{name: {name}}}\nmodel: {{name: m, path: \"{parent}\"}}\ndocs: [{{path: README.md}}]\n"
        );
        sandbox.write(&format!("{name}/Kitfile"), text);
        sandbox.write(&format!("{name}/README.md"), name);
        let reference = format!("{host}/{name}:v1");
        sandbox.run(["pack", name, "-t", &reference]).exits(0);
        sandbox.run(["push", &reference, "--plain-http"]).exits(0);
        reference
    };
    let tuned = child(&sandbox, "tuned", &base);
    let other = Sandbox::new();
    let run = other.run(["pull", &tuned, "--plain-http"]).exits(0);
    assert!(run.stderr.contains(&format!("Pulled referenced kit {base}")), "{run}");
    other.run(["info", &base]).exits(0);
    // Where both are in one store, `pack` refuses the second.
    child(&sandbox, "left", &format!("{host}/right:v1"));
    let right = child(&Sandbox::new(), "right", &format!("{host}/left:v1"));
    let run = other.run(["pull", &right, "--plain-http"]).exits(1);
    assert!(run.stderr.contains("found cycle in modelkit references"), "{run}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_registry_is_looked_into_and_cleaned_up() {
    let registry = TestRegistry::start().await;
    let repository = format!("{}/org/golden", registry.host());
    let name = format!("{repository}:v1");
    let sandbox = packed(&name);
    sandbox.run(["push", &name, "--plain-http"]).exits(0);
    sandbox.run(["push", &name, &format!("{repository}:v2"), "--plain-http"]).exits(0);
    let other = Sandbox::new();
    let run = other.run(["list", &repository, "--plain-http", "--format", "json"]).exits(0);
    assert_eq!(run.json().as_array().unwrap().len(), 2, "{run}");
    let inspected = other.run(["inspect", "--remote", &name, "--plain-http"]).exits(0).json();
    assert_eq!(inspected["kitfile"]["package"]["name"], "golden");
    let run = other.run(["info", "--remote", &name, "--plain-http", "-f", ".model.name"]).exits(0);
    assert_eq!(run.stdout.trim(), "m");
    let v2 = format!("{repository}:v2");
    let dry = other.run(["remove", "--remote", &v2, "--dry-run", "--plain-http"]).exits(0);
    assert!(dry.stdout.starts_with("Would remove"), "{dry}");
    other.run(["remove", "--remote", &v2, "--plain-http"]).exits(0);
    let run = other.run(["list", &repository, "--plain-http", "--format", "{{.Tags}}"]).exits(0);
    assert_eq!(run.stdout, "[v1]\n");
    other.run(["remove", "--remote", "--force", &name, "--plain-http"]).exits(0);
    other.run(["pull", &name, "--plain-http"]).exits(1);
    other.run(["list"]).exits(0);
}

#[tokio::test(flavor = "multi_thread")]
async fn copies_go_between_all_kinds_of_places() {
    let registry = TestRegistry::start().await;
    let sandbox = packed("golden:v1");
    let remote = format!("remote://{}/g:v1", registry.host());
    let steps = [
        ("golden:v1", "oci:layout:v1"),
        ("oci:layout:v1", "archive:a.tar"),
        ("archive:a.tar", remote.as_str()),
        (remote.as_str(), "local://back:v1"),
        ("back:v1", "oci:second"),
        ("oci:second", "archive:b.tar"),
    ];
    let mut digests = Vec::new();
    for (from, to) in steps {
        let run = sandbox.run(["copy", from, to, "--recursive", "--plain-http"]).exits(0);
        assert!(run.stderr.contains("1 attached document"), "{from} {to} {run}");
        digests.push(answer_digest(&run.stdout, "Copied "));
    }
    digests.dedup();
    assert_eq!(digests.len(), 1, "every copy is the same kit");
    let run = sandbox.run(["copy", "golden:v1", "bare:v1"]).exits(0);
    assert!(run.stderr.contains("stay behind without `--recursive`"), "{run}");
    let run = sandbox.run(["copy", "golden:v1", "oci:layout@sha256:00"]).exits(2);
    assert!(run.stderr.contains("digest"), "{run}");
    sandbox.run(["copy", "nothing:v1", "oci:layout:v2"]).exits(2);
}

#[test]
fn converting_there_and_back_gives_the_same_kit() {
    let sandbox = packed("golden:v1");
    let kit = sandbox.run(["inspect", "golden:v1"]).exits(0).json();
    let run = sandbox.run(["copy", "golden:v1", "pack:v1", "--format", "modelpack"]).exits(0);
    assert!(run.stdout.starts_with("Converted sha256:"), "{run}");
    assert!(run.stderr.contains("do not hold for it and stayed behind"), "{run}");
    assert!(run.stderr.contains("3 layers already there"), "{run}");
    let pack = sandbox.run(["inspect", "pack:v1"]).exits(0).json();
    let layers = |json: &serde_json::Value, key: &str| -> Vec<String> {
        let layers = json["manifest"]["layers"].as_array().unwrap();
        layers.iter().map(|layer| layer[key].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(layers(&kit, "digest"), layers(&pack, "digest"));
    assert_eq!(layers(&pack, "mediaType")[0], "application/vnd.cncf.model.weight.v1.tar");
    sandbox.run(["copy", "pack:v1", "kit:v1", "--format", "modelkit"]).exits(0);
    assert_eq!(sandbox.run(["inspect", "kit:v1"]).exits(0).json()["digest"], kit["digest"]);
    let run = sandbox.run(["copy", "golden:v1", "same:v1", "--format", "modelkit"]).exits(0);
    assert!(run.stdout.starts_with("Copied "), "{run}");
}
