//! `sealkit diff --tensors`, black box.

use crate::common::Sandbox;
use sealkit_testkit::{TestRegistry, safetensors, safetensors_of};
use serde_json::{Map, Value, json};

const KITFILE: &str = "manifestVersion: 1.0.0\npackage:\n  name: m\nmodel:\n  path: m\n";

/// Folders `a` and `b`: a base, and a tuned model in other shards. Both are packed too.
fn base_and_tuned() -> Sandbox {
    let sandbox = Sandbox::new();
    let base = [("l.0.w", &b"same"[..]), ("l.1.w", b"base"), ("head", b"head")];
    sandbox.write("a/m/model.safetensors", safetensors(&base));
    sandbox.write("b/m/1.safetensors", safetensors(&[("l.1.w", b"tune"), ("new", b"n")]));
    sandbox.write("b/m/2.safetensors", safetensors(&[("l.0.w", b"same"), ("lm_head", b"head")]));
    for folder in ["a", "b"] {
        sandbox.write(&format!("{folder}/Kitfile"), KITFILE);
        sandbox.run(["pack", &format!("./{folder}"), "-t", &format!("{folder}:v1")]).exits(0);
    }
    sandbox
}

fn tally(tensors: &Value) -> [u64; 6] {
    ["unchanged", "changed", "unknown", "moved", "added", "removed"]
        .map(|kind| tensors["tally"][kind].as_u64().unwrap())
}

#[test]
fn kits_and_folders_are_compared_by_the_bytes_of_their_tensors() {
    let sandbox = base_and_tuned();
    for a in ["a:v1", "./a"] {
        for b in ["b:v1", "./b"] {
            let args = ["diff", a, b, "--tensors", "--format", "json"];
            let found = sandbox.run(args).exits(0).json();
            let tensors = &found["tensors"];
            assert_eq!(tally(tensors), [1, 1, 0, 1, 1, 0], "{a} {b} {tensors}");
            assert_eq!((&tensors["equalBytes"], &tensors["deltaBytes"]), (&json!(8), &json!(5)));
        }
    }
    let run = sandbox.run(["diff", "a:v1", "b:v1", "--tensors"]).exits(0);
    for line in [
        "  1 unchanged, 1 changed, 1 added, 1 under another name",
        "  61.5 % of the bytes of B are in A; the rest is 5 B",
        "  l.1: 4 B of 4 B",
        "  > head → lm_head (U8 [4] 4 B)",
        "  ~ l.1.w (U8 [4] 4 B)",
        "  + new (U8 [1] 1 B)",
    ] {
        assert!(run.stdout.lines().any(|found| found == line), "{line}: {run}");
    }
    let without = sandbox.run(["diff", "a:v1", "b:v1", "--format", "json"]).exits(0).json();
    assert!(without.get("tensors").is_none());
    sandbox.run(["diff", "a:v1", "b:v1", "--tensors=colours"]).exits(2);
}

#[test]
fn headers_alone_do_not_tell_bytes_and_say_so() {
    let sandbox = base_and_tuned();
    let args = ["diff", "a:v1", "b:v1", "--tensors=headers", "--format", "json"];
    assert_eq!(tally(&sandbox.run(args).exits(0).json()["tensors"]), [0, 0, 2, 0, 2, 1]);
    let run = sandbox.run(["diff", "a:v1", "b:v1", "--tensors=headers"]).exits(0);
    assert!(run.stdout.contains("`--tensors=bytes` reads the bytes of both"), "{run}");
    // A whole file that is the same needs no digest of its tensors.
    let same = sandbox.run(["diff", "a:v1", "./a", "--tensors=headers", "--format", "json"]);
    assert_eq!(tally(&same.exits(0).json()["tensors"]), [3, 0, 0, 0, 0, 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_registry_headers_are_read_and_bytes_where_they_are_asked_for() {
    let registry = TestRegistry::start().await;
    let sandbox = base_and_tuned();
    let there = format!("{}/org/b:v1", registry.host());
    sandbox.run(["tag", "b:v1", &there]).exits(0);
    sandbox.run(["push", &there, "--plain-http"]).exits(0);
    let remote = format!("remote://{there}");
    let of = |how: &str| {
        let args = ["diff", "a:v1", &remote, "--plain-http", how, "--format", "json"];
        tally(&sandbox.run(args).exits(0).json()["tensors"])
    };
    assert_eq!(of("--tensors"), [0, 0, 2, 0, 2, 1]);
    assert_eq!(of("--tensors=bytes"), [1, 1, 0, 1, 1, 0]);
}

#[test]
fn a_header_in_which_tensors_share_every_byte_ends_soon() {
    let sandbox = Sandbox::new();
    let data = vec![7_u8; 200_000];
    let entry = json!({ "dtype": "U8", "shape": [data.len()], "data_offsets": [0, data.len()] });
    let header: Map<String, Value> =
        (0..2_000).map(|at| (format!("t{at}"), entry.clone())).collect();
    let bytes = safetensors_of(&Value::Object(header), &data);
    sandbox.write("a/m/model.safetensors", bytes);
    sandbox.write("a/Kitfile", KITFILE);
    let begun = std::time::Instant::now();
    let found =
        sandbox.run(["diff", "./a", "./a", "--tensors", "--format", "json"]).exits(0).json();
    assert!(begun.elapsed() < std::time::Duration::from_mins(1), "{:?}", begun.elapsed());
    assert_eq!(
        (&found["tensors"]["a"]["count"], &found["tensors"]["a"]["incomplete"]),
        (&json!(2_000), &json!(true))
    );
}
