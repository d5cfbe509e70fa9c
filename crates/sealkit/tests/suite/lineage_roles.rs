//! Lineages in which somebody has revoked an ancestor, or signed one without vouching for kits.

use crate::common::Sandbox;
use crate::lineage::{family, lineage, of_a_vendor};
use crate::seal_common::{PASSWORD, run};

#[test]
fn a_revoked_ancestor_is_no_origin_until_that_is_taken_back() {
    let sandbox = Sandbox::new();
    family(&sandbox);
    lineage(&sandbox, &["chat:v1"]).exits(0);
    let rule = "{id: a, check: {lineage: {depth: 5}}}";
    sandbox.write("p.yaml", format!("schemaVersion: 1\nname: p\nrules: [{rule}]\n"));
    let judged = || run(&sandbox, &["check", "chat:v1", "--policy", "p.yaml"]);
    judged().exits(0);
    let at = |time: &str, args: &[&str]| {
        let more = [("SOURCE_DATE_EPOCH", time)];
        let environment = [PASSWORD, &more].concat();
        let args = [&["revoke", "base:v1", "--reason", "poisoned"], args].concat();
        sandbox.run_with(args, &environment, "").exits(0)
    };
    // A word of somebody who may not revoke changes nothing.
    run(&sandbox, &["keys", "generate", "-o", "other"]).exits(0);
    at("1790000000", &["--key", "other.key", "--severity", "high"]);
    lineage(&sandbox, &["chat:v1"]).exits(0);
    run(&sandbox, &["trust", "add", "other.pub", "--name", "other", "--role", "ci"]).exits(0);
    lineage(&sandbox, &["chat:v1"]).exits(0);
    judged().exits(0);
    at("1790000000", &["--id", "x", "--severity", "high"]);
    let found = lineage(&sandbox, &["chat:v1"]).exits(1);
    assert!(found.stdout.contains("└─ ✗ fine-tuned-from"), "{found}");
    assert!(found.stdout.contains("revoked by `self`"), "{found}");
    assert!(found.stdout.contains("high: poisoned"), "{found}");
    let json = lineage(&sandbox, &["chat:v1", "--format", "json"]).exits(1).json();
    assert_eq!(json["nodes"][1]["code"], "revoked", "{json:#}");
    assert_eq!(
        (&json["nodes"][0]["standing"], &json["standing"]),
        (&"verified".into(), &"failed".into())
    );
    let found = judged().exits(1);
    assert!(found.stdout.contains("ancestor-failed: `base:v1` (revoked by `self`"), "{found}");
    at("1790000001", &["--withdraw", "--id", "x"]);
    lineage(&sandbox, &["chat:v1"]).exits(0);
    judged().exits(0);
}

/// An advisory, even one that was taken back, and a signature of a role for another purpose prove no origin.
#[test]
fn nothing_but_a_signature_that_vouches_proves_an_ancestor() {
    let sandbox = of_a_vendor();
    run(&sandbox, &["keys", "generate", "-o", "sec"]).exits(0);
    run(&sandbox, &["trust", "add", "sec.pub", "--name", "sec", "--role", "revoker"]).exits(0);
    let name = "base:v1";
    for (at, more) in [("1790000000", &[][..]), ("1790000001", &["--withdraw"])] {
        let environment = [PASSWORD, &[("SOURCE_DATE_EPOCH", at)]].concat();
        let args = ["revoke", name, "--reason", "x", "--id", "x", "--key", "sec.key"];
        sandbox.run_with([&args[..], more].concat(), &environment, "").exits(0);
    }
    let found = lineage(&sandbox, &["chat:v1"]).exits(2);
    assert!(found.stdout.contains("└─ – fine-tuned-from"), "{found}");
    run(&sandbox, &["sign", name, "--key", "sec.key"]).exits(0);
    let found = lineage(&sandbox, &["chat:v1"]).exits(2);
    assert!(found.stdout.contains("whose role `revoker` vouches for no kit"), "{found}");
    run(&sandbox, &["trust", "remove", "sec"]).exits(0);
    run(&sandbox, &["trust", "add", "sec.pub", "--name", "sec"]).exits(0);
    lineage(&sandbox, &["chat:v1"]).exits(0);
}
