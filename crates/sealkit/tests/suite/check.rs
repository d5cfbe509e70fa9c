//! `sealkit check` and `sealkit policy`, as a person runs them.

use crate::common::{Run, Sandbox};
use crate::seal_common::{blobs, run, sealed};

const HEAD: &str = "schemaVersion: 1\nname: p\nrules:\n";

fn check(sandbox: &Sandbox, policy: &str, more: &[&str]) -> Run {
    sandbox.write("p.yaml", policy);
    let mut args = vec!["check", "demo:v1", "--policy", "p.yaml"];
    args.extend_from_slice(more);
    run(sandbox, &args)
}

/// `--key` trusts in `verify` and signs here: it is not passed over in silence.
#[test]
fn a_key_that_would_sign_nothing_is_refused_with_the_flag_that_trusts() {
    let sandbox = sealed();
    let refused = run(&sandbox, &["check", "demo:v1", "--key", "team.pub"]).exits(2);
    assert!(refused.stderr.contains("`--trust-key team.pub`"), "{refused}");
    assert!(refused.stderr.contains("`--attest`"), "{refused}");
}

#[test]
fn a_sealed_folder_is_allowed_by_the_built_in_policy() {
    let sandbox = sealed();
    let found = run(&sandbox, &["check", "project", "--format", "json"]).exits(0).json();
    assert_eq!(found["schemaVersion"], 1);
    assert_eq!(found["verdict"], "yes");
    assert_eq!(found["policy"]["builtIn"], true);
    assert_eq!(found["mutable"], false);
    let found = run(&sandbox, &["check", "demo:v1"]).exits(0);
    let digest = run(&sandbox, &["check", "demo:v1", "-q"]).exits(0).stdout;
    assert!(
        found.stderr.contains("can be moved") && found.stderr.contains(digest.trim()),
        "{found}"
    );
}

#[test]
fn a_changed_file_and_a_changed_blob_are_denied() {
    let sandbox = sealed();
    sandbox.write("project/data/train.csv", "a,b\n6,6\n");
    let found = run(&sandbox, &["check", "project"]).exits(1);
    assert!(found.stdout.contains("verification-failed"), "{found}");
    for path in blobs(&sandbox) {
        let good = std::fs::read(&path).unwrap();
        let mut bad = good.clone();
        bad[0] ^= 1;
        std::fs::write(&path, bad).unwrap();
        run(&sandbox, &["check", "demo:v1"]).exits(1);
        std::fs::write(&path, good).unwrap();
    }
}

#[test]
fn a_signer_whom_nobody_trusts_is_never_enough() {
    let sandbox = sealed();
    std::fs::remove_file(sandbox.home().join("trust.json")).unwrap();
    let found = run(&sandbox, &["check", "demo:v1"]).exits(2);
    assert!(
        found.stdout.contains("missing-evidence") && found.stdout.contains("trust add"),
        "{found}"
    );
}

#[test]
fn a_policy_that_is_none_denies_before_anything_is_read() {
    let sandbox = sealed();
    for text in [
        "",
        "# nothing\n",
        "x: 1\n",
        "schemaVersion: 1\nname: p\nrules: []\n",
        "a: [",
        &format!("{HEAD}  - {{id: a, check: pined}}\n"),
        &format!("{HEAD}  - {{id: a, check: {{forbiddenFormats: {{formats: [Pickle]}}}}}}\n"),
    ] {
        let found = check(&sandbox, text, &[]).exits(2);
        assert!(
            found.stderr.contains("sealkit policy init") && found.stdout.is_empty(),
            "{text}: {found}"
        );
        let found = run(&sandbox, &["verify", "demo:v1", "--policy", "p.yaml"]).exits(2);
        assert!(found.stderr.contains("sealkit policy init"), "{text}: {found}");
    }
    run(&sandbox, &["check", "demo:v1", "--policy", "absent.yaml"]).exits(2);
}

#[test]
fn a_policy_can_demand_the_digest() {
    let sandbox = sealed();
    let policy = format!("{HEAD}  - {{id: a, check: pinned}}\n");
    let found = check(&sandbox, &policy, &[]).exits(1);
    assert!(found.stdout.contains("not-pinned"), "{found}");
    let digest = run(&sandbox, &["check", "demo:v1", "-q"]).exits(0).stdout;
    let named = format!("demo@{}", digest.trim());
    run(&sandbox, &["check", &named, "--policy", "p.yaml"]).exits(0);
}

#[test]
fn an_environment_that_no_rule_has_takes_no_rule_away() {
    let sandbox = sealed();
    let policy = format!(
        "{HEAD}  - {{id: a, check: {{signers: {{}}}}}}\n  - {{id: b, scope: {{environments: [production]}}, check: pinned}}\n"
    );
    check(&sandbox, &policy, &["--environment", "production"]).exits(1);
    for slip in ["Production", "prodution", "staging"] {
        let found = check(&sandbox, &policy, &["--environment", slip]).exits(2);
        assert!(found.stderr.contains("only for `production`"), "{slip}: {found}");
        assert!(found.stdout.is_empty(), "{slip}: {found}");
    }
    let open = format!("{HEAD}  - {{id: a, check: {{signers: {{}}}}}}\n");
    check(&sandbox, &open, &["--environment", "staging"]).exits(0);
}

#[test]
fn a_revoked_layer_is_denied_whatever_the_rules_say() {
    let sandbox = sealed();
    let json = run(&sandbox, &["inspect", "demo:v1"]).exits(0).json();
    let layer = json["manifest"]["layers"][0]["digest"].as_str().unwrap().to_owned();
    let policy = format!(
        "{HEAD}  - {{id: a, check: {{signers: {{}}}}}}\nrevoked: {{digests: [{{digest: {layer}, reason: poisoned}}]}}\n"
    );
    let found = check(&sandbox, &policy, &[]).exits(1);
    assert!(found.stdout.contains("revoked: ") && found.stdout.contains("poisoned"), "{found}");
}

#[test]
fn a_pickle_that_runs_code_is_a_forbidden_format() {
    let sandbox = Sandbox::new();
    // A pickle whose loading would call `os.system`: it is read, and never run.
    sandbox.write("bad/model.pkl", b"cos\nsystem\n(S'true'\ntR.");
    run(&sandbox, &["seal", "bad", "-t", "demo:v1"]).exits(0);
    let found = run(&sandbox, &["check", "demo:v1"]).exits(1);
    assert!(
        found.stdout.contains("forbidden-format") && found.stdout.contains("model.pkl"),
        "{found}"
    );
}

/// The Kitfile's author says what a part is; a rule for models is about what is one.
#[test]
fn weights_that_are_called_code_are_a_model() {
    let rule = "  - {id: none, scope: {kinds: [model]}, check: {forbiddenFormats: {formats: [can-run-code]}}}\n  - {id: signed, check: {signers: {}}}\n";
    let policy = format!("{HEAD}{rule}");
    for (bytes, code) in [(b"cos\nsystem\n(S'true'\ntR.".as_slice(), 1), (b"print(1)\n", 0)] {
        let sandbox = Sandbox::new();
        sandbox.write("kit/helper.bin", bytes);
        let kitfile = "manifestVersion: 1.0.0\npackage: {name: a}\ncode: [{path: helper.bin}]\n";
        sandbox.write("kit/Kitfile", kitfile);
        run(&sandbox, &["seal", "kit", "-t", "demo:v1"]);
        check(&sandbox, &policy, &[]).exits(code);
    }
}

#[test]
fn a_signed_verdict_counts_later_by_the_role_of_its_signer() {
    let sandbox = sealed();
    let approved = format!("{HEAD}  - {{id: a, check: {{approval: {{by: {{roles: [self]}}}}}}}}\n");
    let found = check(&sandbox, &approved, &[]).exits(2);
    assert!(found.stdout.contains("no verdict"), "{found}");
    run(&sandbox, &["check", "demo:v1", "--attest"]).exits(0);
    check(&sandbox, &approved, &[]).exits(0);
    let other = approved.replace("self", "security");
    check(&sandbox, &other, &[]).exits(2);
}

#[test]
fn a_no_is_not_signed() {
    let sandbox = sealed();
    let before = blobs(&sandbox).len();
    let policy = format!("{HEAD}  - {{id: a, check: pinned}}\n");
    check(&sandbox, &policy, &["--attest"]).exits(1);
    assert_eq!(blobs(&sandbox).len(), before);
    // What would deny and only warns lets the kit through, and is no pass that others may rely on.
    let warns = policy.replace("name: p", "name: p\nmode: warn");
    check(&sandbox, &warns, &[]).exits(0);
    let refused = check(&sandbox, &warns, &["--attest"]).exits(2);
    assert!(refused.stderr.contains("only warns and would deny"), "{refused}");
    assert_eq!(blobs(&sandbox).len(), before);
}

#[test]
fn a_policy_is_written_linted_explained_and_tested() {
    let sandbox = sealed();
    run(&sandbox, &["policy", "init", "-o", "mine.yaml"]).exits(0);
    let found = run(&sandbox, &["policy", "init", "-o", "mine.yaml"]).exits(2);
    assert!(found.stderr.contains("is there already"), "{found}");
    run(&sandbox, &["policy", "lint", "mine.yaml"]).exits(0);
    let found =
        run(&sandbox, &["policy", "explain", "mine.yaml", "--format", "json"]).exits(0).json();
    assert_eq!(found["rules"][1]["rule"], "signed");
    run(&sandbox, &["check", "demo:v1", "--save-facts", "facts.json"]).exits(0);
    run(&sandbox, &["policy", "test", "mine.yaml", "--facts", "facts.json", "demo:v1"]).exits(0);
    let facts = std::fs::read_to_string(sandbox.work().join("facts.json")).unwrap();
    let expect = facts.replacen('{', "{\"expect\": {\"allowed\": false},", 1);
    sandbox.write("expect.json", expect);
    let found = run(&sandbox, &["policy", "test", "mine.yaml", "--facts", "expect.json"]).exits(1);
    assert!(found.stdout.contains("not as expected"), "{found}");
    sandbox.write("broken.json", facts.replace("\"files\"", "\"fles\""));
    run(&sandbox, &["policy", "test", "mine.yaml", "--facts", "broken.json"]).exits(2);
}

#[test]
fn sarif_names_the_rule() {
    let sandbox = sealed();
    let policy = format!("{HEAD}  - {{id: a, check: pinned}}\n");
    let found = check(&sandbox, &policy, &["--format", "sarif"]).exits(1).json();
    assert_eq!(found["version"], "2.1.0");
    assert!(found.to_string().contains("policy/a"));
}
