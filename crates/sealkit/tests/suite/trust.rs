//! `sealkit trust`: whom to trust, and carrying that to another machine.

use std::fs;

use crate::common::Sandbox;
use crate::seal_common::{run, sealed};
use sealkit_testkit::{FakeSigstore, TestCa};

const LOG: &str = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
const ISSUER: &str = "https://issuer.example";

/// A sandbox with one entry of every kind, and two key pairs.
fn full() -> Sandbox {
    let sandbox = Sandbox::new();
    for pair in ["ci", "admin"] {
        run(&sandbox, &["keys", "generate", "-o", pair]).exits(0);
    }
    sandbox.write("root.json", FakeSigstore::default().trusted_root());
    sandbox.write("ca.pem", TestCa::new().pem());
    let until = "2031-01-31T12:00:00Z";
    let window = ["--valid-from", "2020-01-01T00:00:00Z", "--valid-until", until];
    let key = [&["trust", "add", "ci.pub", "--role", "ci"][..], &window].concat();
    run(&sandbox, &key).exits(0);
    run(&sandbox, &["trust", "add", "--trusted-root", "root.json", "--name", "sig"]).exits(0);
    let ana =
        ["trust", "add", "--identity", "ana@example.com", "--issuer", ISSUER, "--name", "ana"];
    let added = run(&sandbox, &ana).exits(0);
    assert!(added.stderr.is_empty(), "{added}");
    run(&sandbox, &["trust", "add", "--ca", "ca.pem", "--subject", "b@example.com"]).exits(0);
    run(&sandbox, &["trust", "add", "--log-key", LOG, "--name", "log"]).exits(0);
    sandbox
}

#[test]
fn every_kind_is_added_listed_and_removed() {
    let sandbox = full();
    let json = run(&sandbox, &["trust", "list", "--format", "json"]).exits(0).json();
    assert_eq!(json["schemaVersion"], 1);
    assert_eq!(json["keys"][0]["role"], "ci");
    assert_eq!(json["keys"][0]["validFrom"], 1_577_836_800);
    assert_eq!(json["identities"][0]["subject"]["kind"], "email");
    assert_eq!(json["authorities"][0]["subjects"][0]["value"], "b@example.com");
    assert_eq!(json["sigstore"][0]["logs"][0], "https://rekor.example");
    assert_eq!(json["logs"][0]["key"], LOG);
    let table = run(&sandbox, &["trust", "list"]).exits(0);
    for text in ["2031-01-31T12:00:00Z", "ana@example.com", "rekor.example", "PeterNeumann"] {
        assert!(table.stdout.contains(text), "{text}: {table}");
    }
    for name in ["ci", "ana", "ca", "sig", "log"] {
        run(&sandbox, &["trust", "remove", name]).exits(0);
        run(&sandbox, &["trust", "remove", name]).exits(2);
    }
    let json = run(&sandbox, &["trust", "list", "--format", "json"]).exits(0).json();
    assert_eq!(json["keys"], serde_json::json!([]));
    assert_eq!(json["logs"], serde_json::json!([]));
}

#[test]
fn what_can_not_be_meant_is_refused_with_the_reason() {
    let sandbox = full();
    for (args, says) in [
        (&["trust", "add"][..], "required"),
        (&["trust", "add", "admin.pub", "--ca", "ca.pem"], "cannot be used"),
        (&["trust", "add", "--identity", "a@b.example"], "--issuer"),
        (&["trust", "add", "admin.pub", "--role", "self"], "your own key alone"),
        (&["trust", "add", "admin.pub", "--role", "C I"], "lower-case"),
        (&["trust", "add", "admin.pub", "--valid-until", "soon"], "not a time"),
        (&["trust", "add", "admin.pub", "--name", "ana"], "already there"),
        (&["trust", "add", "--trusted-root", "ca.pem"], "trusted_root.json"),
        (&["trust", "add", "--trusted-root", "root.json", "--name", "x"], "already there"),
        (&["trust", "add", "--ca", "admin.pub"], "CERTIFICATE"),
        (&["trust", "add", "--log-key", "nothing"], "ORIGIN+ID+KEY"),
        (&["trust", "add", "--identity", "**", "--pattern", "--issuer", ISSUER], "everybody"),
    ] {
        let refused = run(&sandbox, args).exits(2);
        assert!(refused.stderr.contains(says), "{args:?}: {refused}");
    }
    let ended = ["--valid-from", "2021-01-01T00:00:00Z", "--valid-until", "2020-01-01T00:00:00Z"];
    let ended = run(&sandbox, &[&["trust", "add", "admin.pub"][..], &ended].concat()).exits(2);
    assert!(ended.stderr.contains("before"), "{ended}");
}

#[test]
fn trust_is_carried_to_another_machine_by_one_signed_file() {
    let sandbox = full();
    let args = ["trust", "export", "--key", "admin.key", "-o", "trust.sigstore.json"];
    let made = run(&sandbox, &args).exits(0);
    assert!(made.stdout.contains("5 entries"), "{made}");
    let other = Sandbox::new();
    for file in ["trust.sigstore.json", "admin.pub", "ci.pub"] {
        other.write(file, fs::read(sandbox.work().join(file)).unwrap());
    }
    let import = ["trust", "import", "trust.sigstore.json", "--key", "admin.pub"];
    let with = |flags: &[&'static str]| [&import[..], flags].concat();
    let dry = run(&other, &with(&["--dry-run"])).exits(0);
    assert!(dry.stdout.contains("key ci: would be added"), "{dry}");
    assert!(!other.home().join("trust.json").exists());
    let done = run(&other, &with(&["--format", "json"])).exits(0).json();
    assert_eq!(
        (done["written"].clone(), done["added"].as_array().unwrap().len()),
        (true.into(), 5)
    );
    let list = |sandbox: &Sandbox| run(sandbox, &["trust", "list", "--format", "json"]).stdout;
    assert_eq!(list(&other), list(&sandbox));
    let again = run(&other, &import).exits(0);
    assert!(again.stdout.contains("is there already"), "{again}");
}

#[test]
fn a_file_that_another_signed_or_changed_is_not_imported() {
    let sandbox = full();
    let file = "trust.sigstore.json";
    run(&sandbox, &["trust", "export", "--key", "admin.key", "-o", file]).exits(0);
    let before = fs::read(sandbox.home().join("trust.json")).unwrap();
    let wrong = run(&sandbox, &["trust", "import", file, "--key", "ci.pub"]).exits(2);
    assert!(wrong.stderr.contains("is not trusted"), "{wrong}");
    let text = fs::read_to_string(sandbox.work().join(file)).unwrap();
    let at = text.find("\"payload\":\"").unwrap() + 200;
    let mut changed = text.into_bytes();
    changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
    sandbox.write(file, changed);
    run(&sandbox, &["trust", "import", file, "--key", "admin.pub"]).exits(2);
    // The store itself, unsigned, is no such file.
    sandbox.write(file, &before);
    run(&sandbox, &["trust", "import", file, "--key", "admin.pub", "--replace"]).exits(2);
    assert_eq!(fs::read(sandbox.home().join("trust.json")).unwrap(), before);
}

#[test]
fn a_conflict_changes_nothing_until_it_is_meant() {
    let sandbox = full();
    let file = "trust.sigstore.json";
    run(&sandbox, &["trust", "export", "--key", "admin.key", "-o", file]).exits(0);
    run(&sandbox, &["trust", "remove", "ci"]).exits(0);
    run(&sandbox, &["trust", "remove", "log"]).exits(0);
    run(&sandbox, &["trust", "add", "admin.pub", "--name", "ci"]).exits(0);
    let before = fs::read(sandbox.home().join("trust.json")).unwrap();
    let blocked = run(&sandbox, &["trust", "import", file, "--key", "admin.pub"]).exits(1);
    assert!(blocked.stdout.contains("key ci: conflicts"), "{blocked}");
    assert!(blocked.stderr.contains("--replace"), "{blocked}");
    assert_eq!(fs::read(sandbox.home().join("trust.json")).unwrap(), before);
    run(&sandbox, &["trust", "import", file, "--key", "admin.pub", "--replace"]).exits(0);
    let json = run(&sandbox, &["trust", "list", "--format", "json"]).json();
    assert_eq!(json["keys"].as_array().unwrap().len(), 1);
    assert_eq!(json["keys"][0]["role"], "ci");
    assert_eq!(json["logs"][0]["name"], "log");
}

#[test]
fn a_foreign_name_can_not_paint_the_terminal() {
    let sandbox = Sandbox::new();
    let name = "\u{202e}evil@example.com";
    let add = ["trust", "add", "--identity", name, "--issuer", ISSUER, "--name", "x"];
    let added = run(&sandbox, &add).exits(0);
    assert!(!added.stdout.contains('\u{202e}'), "{added}");
    assert!(added.stderr.contains("no Sigstore instance is trusted yet"), "{added}");
    let list = run(&sandbox, &["trust", "list"]).exits(0);
    assert!(!list.stdout.contains('\u{202e}'), "{list}");
}

/// A home to which the kit of `sealed` was carried, and that trusts the one who sealed it under `role`.
fn trusting_as(role: &str) -> Sandbox {
    let (from, to) = (sealed(), Sandbox::new());
    run(&from, &["save", "demo:v1", "-o", "kit.tar"]).exits(0);
    to.write("kit.tar", fs::read(from.work().join("kit.tar")).unwrap());
    to.write("k.pub", fs::read(from.home().join("keys/sealkit.pub")).unwrap());
    run(&to, &["load", "-i", "kit.tar"]).exits(0);
    run(&to, &["trust", "add", "k.pub", "--name", "sec", "--role", role]).exits(0);
    to
}

/// Whether a policy that asks for these signers, and for nothing else, allows the kit.
fn allowed(sandbox: &Sandbox, by: &str) -> i32 {
    let rule = format!("{{id: a, check: {{signers: {{by: {{{by}}}}}}}}}");
    sandbox.write("p.yaml", format!("schemaVersion: 1\nname: p\nrules: [{rule}]\n"));
    run(sandbox, &["check", "demo:v1", "--policy", "p.yaml"]).code.unwrap()
}

#[test]
fn whoever_is_trusted_to_revoke_or_as_a_hub_vouches_for_no_kit() {
    for role in ["revoker", "hub"] {
        let sandbox = trusting_as(role);
        let why = format!("signed by `sec`, whose role `{role}` vouches for no kit");
        for verb in ["verify", "check"] {
            let found = run(&sandbox, &[verb, "demo:v1"]).exits(2);
            assert!(found.stdout.contains(&why), "{found}");
            assert!(!found.stdout.contains("Verified:"), "{found}");
        }
        let found = run(&sandbox, &["verify", "demo:v1", "--format", "json"]).exits(2).json();
        let steps = found["steps"].as_array().unwrap();
        let step = |id: &str| steps.iter().find(|step| step["id"] == id).unwrap();
        for id in ["signatures", "signer-trusted", "signature", "kit-seal", "file-table"] {
            assert_eq!(step(id)["outcome"], "unknown", "{role}: {id}: {found:#}");
        }
        assert_eq!(step("signer-trusted")["codes"], serde_json::json!(["signer-role"]));
        assert_eq!(step("model-signing")["outcome"], "skip", "{found:#}");
        assert_eq!(found["signedBy"], serde_json::json!([]));
        // A rule that names them does not make them one.
        for by in [format!("roles: [{role}]"), "names: [sec]".to_owned(), String::new()] {
            assert_eq!(allowed(&sandbox, &by), 2, "{role}: {by}");
        }
        // Nor does the key on the command line: what it is trusted for is said already.
        run(&sandbox, &["verify", "demo:v1", "--key", "k.pub"]).exits(2);
    }
}

#[test]
fn a_role_of_ones_own_vouches_and_policies_tell_roles_apart() {
    let sandbox = trusting_as("ci");
    run(&sandbox, &["verify", "demo:v1"]).exits(0);
    run(&sandbox, &["check", "demo:v1"]).exits(0);
    assert_eq!(allowed(&sandbox, "roles: [ci]"), 0);
    assert_eq!(allowed(&sandbox, "roles: [signer, self]"), 2);
}
