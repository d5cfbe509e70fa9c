//! Names of kits: list, tag, remove, history, gc, fsck, cache.

use crate::common::Sandbox;

/// Digest of the golden kit as SealKit packs it by default.
fn digest(sandbox: &Sandbox, reference: &str) -> String {
    sandbox.run(["inspect", reference, "-q"]).exits(0).stdout.trim().to_owned()
}

fn packed(tags: &str) -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.golden();
    sandbox.run(["pack", ".", "-t", tags]).exits(0);
    sandbox
}

#[test]
fn an_empty_store_lists_nothing_and_that_is_an_answer() {
    let sandbox = Sandbox::new();
    assert_eq!(sandbox.run(["list", "--format", "json"]).exits(0).stdout, "[]\n");
    let table = sandbox.run(["list"]).exits(0).stdout;
    assert_eq!(table, "REPOSITORY   TAG   MAINTAINER   NAME   SIZE   DIGEST\n");
    assert_eq!(sandbox.run(["list", "-q"]).exits(0).stdout, "");
}

#[test]
fn list_shows_every_tag_as_kit_does() {
    let sandbox = packed("org/golden:v1,v2");
    let digest = digest(&sandbox, "org/golden:v1");
    let expected = format!(
        "REPOSITORY   TAG   MAINTAINER   NAME     SIZE      DIGEST\n\
         org/golden   v1    A & B        golden   7.5 KiB   {digest}\n\
         org/golden   v2    A & B        golden   7.5 KiB   {digest}\n"
    );
    assert_eq!(sandbox.run(["ls"]).exits(0).stdout, expected);

    let json = sandbox.run(["list", "--format", "json"]).exits(0).json();
    assert_eq!(json[0]["tags"], serde_json::json!(["v1", "v2"]));
    assert_eq!(json[0]["author"], "A & B");
    let template = "{{.Repo}} {{ .Tags }} {{.Size}}";
    let lines = sandbox.run(["list", "--format", template]).exits(0).stdout;
    assert_eq!(lines, "org/golden [v1 v2] 7.5 KiB\n");
}

#[test]
fn list_filters_by_what_a_kit_contains() {
    let sandbox = packed("golden:v1");
    for (filter, rows) in [("datasets:d", 1), ("datasets:e", 0), ("model", 1), ("prompts", 0)] {
        let listed = sandbox.run(["list", "-q", "-f", filter]).exits(0).stdout;
        assert_eq!(listed.lines().count(), rows, "{filter}");
    }
}

#[test]
fn a_kit_without_a_name_is_listed_and_found_by_digest() {
    let sandbox = Sandbox::new();
    sandbox.golden();
    let digest = sandbox.run(["pack", ".", "-q"]).exits(0).stdout.trim().to_owned();
    let listed = sandbox.run(["list"]).exits(0).stdout;
    assert!(listed.contains("<none>       <none>"), "{listed}");
    assert_eq!(sandbox.run(["inspect", &digest]).exits(0).json()["digest"], digest.as_str());
}

#[test]
fn a_tag_names_the_same_kit_and_takes_what_is_attached_along() {
    let sandbox = packed("golden:v1");
    let run = sandbox.run(["tag", "golden:v1", "other/name:x"]).exits(0);
    assert_eq!(run.stdout, "Modelkit golden:v1 tagged as other/name:x\n");
    assert_eq!(digest(&sandbox, "golden:v1"), digest(&sandbox, "other/name:x"));
    sandbox.run(["remove", "golden:v1"]).exits(0);
    sandbox.run(["gc", "--grace", "0"]).exits(0);
    // The file table is still there: the kit under its other name needs it.
    let files = sandbox.run(["files", "other/name:x", "--format", "json"]).exits(0).stdout;
    assert!(files.contains("models/sub/m.bin"), "{files}");
    sandbox.run(["fsck"]).exits(0);
}

#[test]
fn removing_a_tag_leaves_the_others_and_force_takes_them_all() {
    let sandbox = packed("golden:v1,v2,v3");
    let digest = digest(&sandbox, "golden:v1");
    let removed = sandbox.run(["remove", "golden:v1"]).exits(0).stdout;
    assert_eq!(removed, format!("Removed golden:v1 (digest {digest})\n"));
    assert_eq!(sandbox.run(["list", "-q"]).exits(0).stdout.lines().count(), 1);
    sandbox.run(["remove", "golden:v1"]).exits(1);

    let dry = sandbox.run(["remove", "golden:v2", "--force", "--dry-run"]).exits(0).stdout;
    assert_eq!(dry, format!("Would remove golden:v2 (digest {digest})\n"));
    sandbox.run(["inspect", "golden:v3"]).exits(0);
    sandbox.run(["remove", "golden:v2", "--force"]).exits(0);
    assert_eq!(sandbox.run(["list", "-q"]).exits(0).stdout, "");
}

#[test]
fn remove_all_takes_untagged_kits_only() {
    let sandbox = packed("golden:v1");
    sandbox.write("data/d.csv", "changed\n");
    sandbox.run(["pack", "."]).exits(0);
    assert_eq!(sandbox.run(["list", "-q"]).exits(0).stdout.lines().count(), 2);
    sandbox.run(["remove", "--all"]).exits(0);
    let listed = sandbox.run(["list"]).exits(0).stdout;
    assert!(listed.contains("v1") && !listed.contains("<none>"), "{listed}");
    sandbox.run(["remove", "--all", "--force"]).exits(0);
    assert_eq!(sandbox.run(["list", "-q"]).exits(0).stdout, "");
}

#[test]
fn history_remembers_where_a_tag_was() {
    let sandbox = packed("golden:v1");
    let before = digest(&sandbox, "golden:v1");
    sandbox.write("data/d.csv", "changed\n");
    sandbox.run(["pack", ".", "-t", "golden:v1"]).exits(0);
    let after = digest(&sandbox, "golden:v1");
    assert_ne!(before, after);
    let json = sandbox.run(["history", "golden:v1", "--format", "json"]).exits(0).json();
    let moves = json["moves"].as_array().unwrap();
    assert_eq!(moves.len(), 2);
    assert!(moves[0]["old"].is_null());
    assert_eq!((&moves[1]["old"], &moves[1]["new"]), (&before.into(), &after.into()));
}

#[test]
fn gc_takes_only_what_nothing_needs() {
    let sandbox = packed("golden:v1");
    sandbox.write("data/d.csv", "changed\n");
    sandbox.run(["pack", ".", "-t", "golden:v2"]).exits(0);
    sandbox.run(["remove", "golden:v1"]).exits(0);
    let dry = sandbox.run(["gc", "--grace", "0", "--dry-run", "--format", "json"]).exits(0).json();
    assert!(dry["bytes"].as_u64().unwrap() > 0, "{dry}");
    let done = sandbox.run(["gc", "--grace", "0", "--format", "json"]).exits(0).json();
    assert_eq!(dry["blobs"], done["blobs"]);
    sandbox.run(["fsck"]).exits(0);
    sandbox.run(["inspect", "golden:v2"]).exits(0);
    let again = sandbox.run(["gc", "--grace", "0", "--format", "json"]).exits(0).json();
    assert_eq!(again["blobs"], serde_json::json!([]));
}

#[test]
fn fsck_names_what_is_damaged_and_whom_it_affects() {
    let sandbox = packed("golden:v1");
    let inspected = sandbox.run(["inspect", "golden:v1"]).exits(0).json();
    let layer = inspected["manifest"]["layers"][1]["digest"].as_str().unwrap().to_owned();
    let blob = sandbox.home().join("store/blobs/sha256").join(layer.trim_start_matches("sha256:"));
    let mut bytes = std::fs::read(&blob).unwrap();
    bytes[600] ^= 1;
    std::fs::write(&blob, bytes).unwrap();

    let json = sandbox.run(["fsck", "--format", "json"]).exits(1).json();
    assert_eq!(json["sound"], false);
    assert_eq!(json["problems"][0]["digest"], layer.as_str());
    assert!(json["problems"][0]["affects"].to_string().contains("golden:v1"), "{json}");
    // Sizes alone do not show it.
    sandbox.run(["fsck", "--quick"]).exits(0);
    // Whoever has the right bytes writes them over it.
    sandbox.run(["pack", ".", "-t", "golden:v1"]).exits(0);
    sandbox.run(["fsck"]).exits(0);
}

#[test]
fn what_is_damaged_is_set_aside_and_comes_again() {
    let sandbox = packed("golden:v1");
    sandbox.run(["save", "golden:v1", "-o", "golden.tar"]).exits(0);
    let inspected = sandbox.run(["inspect", "golden:v1"]).exits(0).json();
    let layer = inspected["manifest"]["layers"][1]["digest"].as_str().unwrap().to_owned();
    let name = layer.trim_start_matches("sha256:");
    let blob = sandbox.home().join("store/blobs/sha256").join(name);
    let mut bytes = std::fs::read(&blob).unwrap();
    bytes[600] ^= 1;
    std::fs::write(&blob, bytes).unwrap();
    let found = sandbox.run(["fsck"]).exits(1);
    assert!(found.stderr.contains("sealkit fsck --set-aside"), "{found}");
    let json = sandbox.run(["fsck", "--set-aside", "--format", "json"]).exits(1).json();
    assert_eq!(json["setAside"], serde_json::json!([layer]));
    assert!(sandbox.home().join("store/damaged").join(format!("sha256-{name}")).is_file());
    let missing = sandbox.run(["fsck", "--format", "json"]).exits(1).json();
    assert_eq!(missing["problems"][0]["problem"], "missing");
    sandbox.run(["load", "-i", "golden.tar"]).exits(0);
    sandbox.run(["fsck"]).exits(0);
}

#[test]
fn the_cache_is_shown_and_cleared() {
    let sandbox = packed("golden:v1");
    let shown = sandbox.run(["cache", "info"]).exits(0).stdout;
    assert!(shown.starts_with("Total size of cache directory: "), "{shown}");
    sandbox.run(["cache", "clear"]).exits(0);
}

#[test]
fn info_prints_the_kitfile_or_one_node_of_it() {
    let sandbox = packed("golden:v1");
    let yaml = sandbox.run(["info", "golden:v1"]).exits(0).stdout;
    assert!(yaml.starts_with("manifestVersion: 1.0.0\npackage:\n  name: golden\n"), "{yaml}");
    let node = |filter: &str| sandbox.run(["info", "golden:v1", "-f", filter]).exits(0).stdout;
    assert_eq!(node(".model.name"), "m\n");
    assert_eq!(node("model.parameters"), "epochs: 3\nlr: 0.001\ntags:\n  - x\n  - \"y\"\n");
    assert_eq!(node(".package.authors"), "- A & B\n");
    let json = sandbox.run(["info", "golden:v1", "--format", "json", "-f", ".model.name"]).exits(0);
    assert_eq!(json.json(), "m");
}

#[test]
fn warnings_never_reach_standard_output() {
    let sandbox = Sandbox::new();
    sandbox.golden();
    sandbox.write("Kitfile", "manifestVersion: 9.9.9\ndocs: [{path: README.md}]\n");
    let run = sandbox.run(["pack", "."]).exits(0);
    assert!(run.stderr.contains("warning: "), "{run}");
    assert_eq!(run.stdout.lines().count(), 1, "{run}");
    let kit = Sandbox::named("kit");
    kit.golden();
    let run = kit.run(["pack", "."]).exits(0);
    assert!(run.stdout.contains("Saved model layer: sha256:"), "{run}");
    assert!(run.stdout.trim_end().lines().last().unwrap().starts_with("Model saved: sha256:"));
}

#[test]
fn every_name_that_is_said_to_be_given_is_given() {
    let sandbox = packed("golden:v1");
    let run = sandbox.run(["tag", "golden:v1", "other:x,y"]).exits(0);
    assert_eq!(
        run.stdout,
        "Modelkit golden:v1 tagged as other:x\nModelkit golden:v1 tagged as other:y\n"
    );
    for name in ["other:x", "other:y"] {
        assert_eq!(digest(&sandbox, "golden:v1"), digest(&sandbox, name));
    }
    let zeros = format!("other:z@sha256:{}", "0".repeat(64));
    let run = sandbox.run(["tag", "golden:v1", &zeros]).exits(1);
    assert!(run.stderr.contains("a digest can not be chosen"), "{run}");
    sandbox.run(["inspect", "other:z"]).exits(1);
    sandbox.run(["tag", "other:x,y", "third:v1"]).exits(1);
}
