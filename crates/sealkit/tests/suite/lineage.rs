//! `sealkit lineage`: what is proven, what is only declared, and what attacks come to.

use std::fs;

use crate::common::{Run, Sandbox};
use crate::keyless_common::{TIME, sign};
use crate::seal_common::run;
use sealkit_testkit::{FakeSigner, FakeSigstore, TestRegistry};
use serde_json::{Value, json};

/// Seals a project of one file as `NAME:v1`; gives the digest of the kit.
fn seal(sandbox: &Sandbox, name: &str, card: &str) -> String {
    let folder = name.rsplit('/').next().unwrap();
    sandbox.write(&format!("{folder}/README.md"), card);
    sandbox.write(&format!("{folder}/data.csv"), format!("a,b\n{folder},1\n"));
    let tag = format!("{name}:v1");
    let sealed = run(sandbox, &["-q", "seal", folder, "-t", &tag]).exits(0);
    sealed.stdout.trim().to_owned()
}

fn hex(digest: &str) -> &str {
    digest.strip_prefix("sha256:").unwrap()
}

fn provenance(build: &str, inputs: &[Value]) -> Value {
    json!({
        "buildDefinition": {
            "buildType": format!("https://sealkit.dev/buildtypes/{build}/v1"),
            "externalParameters": {},
            "resolvedDependencies": inputs,
        },
        "runDetails": { "builder": { "id": "https://ci.example.org/1" } },
    })
}

fn base(name: &str, digest: &str) -> Value {
    json!({ "name": name, "digest": { "sha256": hex(digest) }, "annotations": { "role": "base-model" } })
}

/// Attests something about `NAME:v1`; gives the digest of the statement.
fn attest(sandbox: &Sandbox, name: &str, kind: &str, predicate: &Value, more: &[&str]) -> String {
    sandbox.write("predicate.json", predicate.to_string());
    let name = format!("{name}:v1");
    let args = ["attest", &name, "--type", kind, "--predicate", "predicate.json"];
    let made = run(sandbox, &[&args[..], more, &["--format", "json"]].concat()).exits(0).json();
    made["statement"].as_str().unwrap().to_owned()
}

pub fn lineage(sandbox: &Sandbox, more: &[&str]) -> Run {
    run(sandbox, &[&["lineage"][..], more].concat())
}

/// A base, and a kit that was made from it; the digests of both.
pub fn family(sandbox: &Sandbox) -> (String, String) {
    let parent = seal(sandbox, "base", "# base\n");
    let child = seal(sandbox, "chat", "# chat\n");
    attest(
        sandbox,
        "chat",
        "provenance",
        &provenance("finetune", &[base("base:v1", &parent)]),
        &[],
    );
    (parent, child)
}

/// A base that nobody but an identity has signed, and a kit that was made from it.
pub fn of_a_vendor() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.write("base/README.md", "# base\n");
    sandbox.write(
        "base/Kitfile",
        "manifestVersion: 1.0.0\npackage: {name: base}\ndocs: [{path: README.md}]\n",
    );
    let packed = run(&sandbox, &["-q", "pack", "base", "-t", "base:v1"]).exits(0);
    let parent = packed.stdout.trim();
    seal(&sandbox, "chat", "# chat\n");
    let made = provenance("finetune", &[base("base:v1", parent)]);
    attest(&sandbox, "chat", "provenance", &made, &[]);
    let fake = FakeSigstore::default();
    sign(&sandbox, parent, &fake, &FakeSigner::new(VENDOR, ISSUER, TIME));
    sandbox.write("root.json", fake.trusted_root());
    sandbox
}

const VENDOR: &str = "release@vendor.example";
const ISSUER: &str = "https://issuer.example";

/// The flags that trust an identity.
fn trusting(who: &str) -> [&str; 6] {
    [
        "--trusted-root",
        "root.json",
        "--certificate-identity",
        who,
        "--certificate-oidc-issuer",
        ISSUER,
    ]
}

#[test]
fn an_ancestor_may_be_signed_by_an_identity() {
    let sandbox = of_a_vendor();
    lineage(&sandbox, &["chat:v1"]).exits(2);
    let mut other = vec!["chat:v1"];
    other.extend(trusting("somebody@vendor.example"));
    lineage(&sandbox, &other).exits(2);
    let mut args = vec!["chat:v1"];
    args.extend(trusting(VENDOR));
    let found = lineage(&sandbox, &args).exits(0);
    assert!(found.stdout.contains("└─ ✓ fine-tuned-from"), "{found}");
}

#[test]
fn a_policy_may_ask_for_the_identity_that_signed_a_base() {
    let sandbox = of_a_vendor();
    let asking = |who: &str| {
        let by = format!("{{issuer: '{ISSUER}', kind: email, subject: '{who}'}}");
        format!(
            "schemaVersion: 1\nname: p\nrules:\n  - {{id: a, check: {{baseModels: {{by: {{identities: [{by}]}}}}}}}}\n"
        )
    };
    let judged = |policy: &str| {
        sandbox.write("p.yaml", policy);
        let mut args = vec!["check", "chat:v1", "--policy", "p.yaml"];
        args.extend(trusting(VENDOR));
        run(&sandbox, &args)
    };
    judged(&asking(VENDOR)).exits(0);
    let found = judged(&asking("somebody@vendor.example")).exits(1);
    assert!(found.stdout.contains("base-model-not-allowed"), "{found}");
}

#[test]
fn a_policy_takes_silence_for_no_proof_of_descent() {
    let sandbox = Sandbox::new();
    let parent = seal(&sandbox, "base", "# base\n");
    seal(&sandbox, "chat", "# chat\n");
    let rule = "{id: a, check: {lineage: {}}}";
    sandbox.write("p.yaml", format!("schemaVersion: 1\nname: p\nrules: [{rule}]\n"));
    let judged = |name: &str| run(&sandbox, &["check", name, "--policy", "p.yaml"]);
    let open = judged("base:v1").exits(2);
    assert!(open.stdout.contains("says what it was made from"), "{open}");
    // Provenance that names nothing is the word that there is nothing above.
    attest(&sandbox, "base", "provenance", &provenance("train", &[]), &[]);
    let found = judged("base:v1").exits(0);
    assert!(found.stdout.contains("0 ancestors"), "{found}");
    judged("chat:v1").exits(2);
    let made = provenance("finetune", &[base("base:v1", &parent)]);
    attest(&sandbox, "chat", "provenance", &made, &[]);
    let found = judged("chat:v1").exits(0);
    assert!(found.stdout.contains("1 ancestor"), "{found}");
}

#[test]
fn what_is_proven_throughout_is_a_yes_in_every_form() {
    let sandbox = Sandbox::new();
    let (parent, child) = family(&sandbox);
    let tree = lineage(&sandbox, &["chat:v1"]).exits(0);
    assert!(tree.stdout.contains("└─ ✓ fine-tuned-from model base:v1"), "{tree}");
    let json = lineage(&sandbox, &["chat:v1", "--format", "json"]).exits(0).json();
    assert_eq!(json["schemaVersion"], 1);
    assert_eq!((&json["root"], &json["standing"]), (&json!(child), &json!("verified")));
    assert_eq!(json["edges"][0]["to"], json!(parent));
    assert!(json["weakest"].is_null());
    let schema = include_str!("../../../../docs/reference/schemas/lineage-report.schema.json");
    let schema: Value = serde_json::from_str(schema).unwrap();
    assert!(jsonschema::is_valid(&schema, &json), "{json}");
    let mermaid = lineage(&sandbox, &["chat:v1", "--format", "mermaid"]).exits(0);
    assert!(mermaid.stdout.starts_with("flowchart LR\n"), "{mermaid}");
    let to_file = ["chat:v1", "--format", "svg", "-o", "graph.svg"];
    let written = lineage(&sandbox, &to_file).exits(0);
    assert!(written.stdout.is_empty(), "{written}");
    let svg = fs::read_to_string(sandbox.work().join("graph.svg")).unwrap();
    assert!(svg.starts_with("<svg ") && svg.ends_with("</svg>\n"), "{svg}");
    let quiet = run(&sandbox, &["-q", "lineage", "chat:v1"]).exits(0);
    assert_eq!(quiet.stdout, format!("{child}\n{parent}\n"));
}

#[test]
fn the_way_down_finds_what_came_from_it() {
    let sandbox = Sandbox::new();
    let (_, child) = family(&sandbox);
    seal(&sandbox, "unrelated", "# other\n");
    let small = seal(&sandbox, "small", "# small\n");
    attest(&sandbox, "small", "provenance", &provenance("quantize", &[base("chat", &child)]), &[]);
    let down = lineage(&sandbox, &["base:v1", "--down", "--format", "json"]).exits(0).json();
    let nodes: Vec<_> = down["nodes"].as_array().unwrap().iter().map(|n| &n["id"]).collect();
    assert_eq!(nodes[1..], [&json!(child), &json!(small)], "{down:#}");
    let tree = lineage(&sandbox, &["base:v1", "--down"]).exits(0);
    assert!(tree.stdout.contains("   └─ ✓ quantized-from kit"), "{tree}");
}

#[test]
fn what_files_declare_is_no_proof() {
    let sandbox = Sandbox::new();
    let card = "---\nbase_model: org/base\ndatasets:\n- org/data\n---\n# x\n";
    seal(&sandbox, "chat", card);
    let open = lineage(&sandbox, &["chat:v1"]).exits(2);
    assert!(open.stdout.contains("fine-tuned-from model org/base: declared only"), "{open}");
    assert!(open.stdout.contains("trained-on dataset org/data: declared only"), "{open}");
    assert!(open.stdout.contains("README.md"), "{open}");
    assert!(open.stdout.contains("weakest link: kit chat:v1"), "{open}");
    lineage(&sandbox, &["chat:v1", "--allow-declared"]).exits(0);
}

#[test]
fn an_ancestor_that_is_missing_or_a_strangers_is_no_yes() {
    let sandbox = Sandbox::new();
    let parent = seal(&sandbox, "base", "# base\n");
    seal(&sandbox, "chat", "# chat\n");
    let gone = format!("sha256:{}", "0".repeat(64));
    let inputs = [base("base:v1", &parent), base("gone", &gone)];
    attest(&sandbox, "chat", "provenance", &provenance("merge", &inputs), &[]);
    let missing = lineage(&sandbox, &["chat:v1", "--allow-declared"]).exits(2);
    assert!(missing.stdout.contains("gone sha256:000000000000: missing"), "{missing}");

    // The signer of the kit is trusted, and whoever signed the base is not.
    let eve = Sandbox::new();
    let parent = seal(&eve, "base", "# base\n");
    run(&eve, &["save", "base:v1", "-o", "base.tar"]).exits(0);
    let ada = Sandbox::new();
    fs::copy(eve.work().join("base.tar"), ada.work().join("base.tar")).unwrap();
    run(&ada, &["load", "-i", "base.tar"]).exits(0);
    seal(&ada, "chat", "# chat\n");
    attest(&ada, "chat", "provenance", &provenance("merge", &[base("base", &parent)]), &[]);
    let open = lineage(&ada, &["chat:v1", "--allow-declared"]).exits(2);
    assert!(open.stdout.contains("not trusted"), "{open}");
    let public = fs::read(eve.home().join("keys/sealkit.pub")).unwrap();
    ada.write("eve.pub", public);
    lineage(&ada, &["chat:v1", "--key", "eve.pub"]).exits(0);
}

#[test]
fn a_cycle_is_a_no() {
    let sandbox = Sandbox::new();
    let (parent, child) = family(&sandbox);
    attest(&sandbox, "base", "provenance", &provenance("distill", &[base("x", &child)]), &[]);
    let no = lineage(&sandbox, &["chat:v1"]).exits(1);
    assert!(no.stdout.contains("cycle: kit chat:v1"), "{no}");
    let json = lineage(&sandbox, &["chat:v1", "--format", "json"]).exits(1).json();
    assert_eq!(json["cycles"], json!([[child, parent]]));
    assert_eq!(json["weakest"]["standing"], "failed");
}

#[test]
fn evidence_of_another_subject_is_a_no() {
    let sandbox = Sandbox::new();
    let (parent, child) = family(&sandbox);
    let result = json!({ "result": "PASSED", "configuration": [] });
    let of_base = attest(&sandbox, "base", "test-result", &result, &[]);
    let said = |evidence: &str| {
        json!({
            "nodes": [
                { "id": "kit", "kind": "kit", "digest": { "sha256": hex(&child) } },
                { "id": "base", "kind": "kit", "digest": { "sha256": hex(&parent) } },
            ],
            "edges": [{ "from": "kit", "to": "base", "type": "fine-tuned-from",
                "evidence": { "sha256": hex(evidence) } }],
        })
    };
    attest(&sandbox, "chat", "lineage", &said(&of_base), &[]);
    let no = lineage(&sandbox, &["chat:v1"]).exits(1);
    assert!(no.stdout.contains("is about another subject"), "{no}");
    // The right evidence, in another home.
    let sandbox = Sandbox::new();
    let parent_again = seal(&sandbox, "base", "# base\n");
    let child_again = seal(&sandbox, "chat", "# chat\n");
    assert_eq!((&parent_again, &child_again), (&parent, &child));
    let made = provenance("finetune", &[base("base:v1", &parent)]);
    let proof = attest(&sandbox, "chat", "provenance", &made, &[]);
    attest(&sandbox, "chat", "lineage", &said(&proof), &[]);
    lineage(&sandbox, &["chat:v1"]).exits(0);
}

#[test]
fn a_limit_leaves_the_answer_open() {
    let sandbox = Sandbox::new();
    family(&sandbox);
    let open = lineage(&sandbox, &["chat:v1", "--depth", "0"]).exits(2);
    assert!(open.stdout.contains("deeper than 0"), "{open}");
    let inputs: Vec<Value> = (0..10_000_u32)
        .map(|at| base(&format!("base {at}"), &format!("sha256:{at:064x}")))
        .collect();
    attest(&sandbox, "base", "provenance", &provenance("merge", &inputs), &[]);
    let fan = lineage(&sandbox, &["base:v1"]).exits(2);
    assert!(fan.stdout.contains("the limit was reached"), "{fan}");
}

#[test]
fn damage_in_an_ancestor_is_a_no() {
    let sandbox = Sandbox::new();
    let (parent, _) = family(&sandbox);
    let path = sandbox.home().join("store/blobs/sha256").join(hex(&parent));
    let mut bytes = fs::read(&path).unwrap();
    let last = bytes.len() - 1;
    bytes[last] ^= 0x20;
    fs::write(&path, bytes).unwrap();
    lineage(&sandbox, &["chat:v1"]).exits(1);
}

#[test]
fn a_kit_that_the_kitfile_refers_to_is_pinned_when_it_is_packed() {
    let sandbox = Sandbox::new();
    let parent = seal(&sandbox, "base", "# base\n");
    let kitfile = "manifestVersion: 1.0.0\npackage:\n  name: own\nmodel:\n  path: base:v1\ncode:\n- path: a.py\n";
    sandbox.write("own/Kitfile", kitfile);
    sandbox.write("own/a.py", "x = 1\n");
    run(&sandbox, &["seal", "own", "-t", "own:v1"]);
    let before = lineage(&sandbox, &["own:v1", "--format", "json"]).exits(2).json();
    assert_eq!(before["edges"][0]["from"], json!(parent), "{before:#}");
    assert_eq!(before["edges"][0]["type"], "packaged-in");
    assert_eq!(before["nodes"][1]["standing"], "verified");
    // The tag moves on; what was packed did not.
    let moved = seal(&sandbox, "base", "# base, changed\n");
    assert_ne!(moved, parent);
    let after = lineage(&sandbox, &["own:v1", "--format", "json"]).exits(2).json();
    assert_eq!(after["edges"], before["edges"]);
    let info = run(&sandbox, &["info", "own:v1"]).exits(0);
    assert!(info.stdout.contains("path: base:v1"), "the Kitfile stays: {info}");
}

#[tokio::test(flavor = "multi_thread")]
async fn ancestors_are_looked_for_at_the_registry_of_the_kit_alone() {
    let registry = TestRegistry::start().await;
    let elsewhere = TestRegistry::start().await;
    let sandbox = Sandbox::new();
    let at = |name: &str| format!("{}/org/{name}", registry.host());
    let parent = seal(&sandbox, &at("base"), "# base\n");
    seal(&sandbox, &at("chat"), "# chat\n");
    let gone = format!("sha256:{}", "0".repeat(64));
    let inputs = [
        base(&format!("{}:v1", at("base")), &parent),
        base(&format!("{}/org/other:v1", elsewhere.host()), &gone),
    ];
    attest(&sandbox, &at("chat"), "provenance", &provenance("merge", &inputs), &[]);
    for name in ["base", "chat"] {
        run(&sandbox, &["push", &format!("{}:v1", at(name)), "--plain-http"]).exits(0);
    }
    let other = Sandbox::new();
    other.write("a.pub", fs::read(sandbox.home().join("keys/sealkit.pub")).unwrap());
    let name = format!("{}:v1", at("chat"));
    let flags = [&name, "--remote", "--plain-http", "--key", "a.pub", "--format", "json"];
    let found = lineage(&other, &flags).exits(2).json();
    assert_eq!(found["nodes"][1]["standing"], "verified", "{found:#}");
    assert_eq!(found["nodes"][2]["standing"], "missing");
    assert!(elsewhere.log().matching("GET", "").is_empty(), "a stranger's name opens no socket");
}
