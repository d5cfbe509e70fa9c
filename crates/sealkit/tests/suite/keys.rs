//! Keys, passwords and trust.

use std::fs;

use crate::common::Sandbox;
use crate::seal_common::{project, run};

const EMPTY: &[(&str, &str)] = &[];

#[cfg(unix)]
fn mode(path: &std::path::Path) -> u32 {
    use std::os::unix::fs::PermissionsExt as _;
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn a_key_pair_is_made_in_cosigns_format() {
    let sandbox = Sandbox::new();
    let made = run(&sandbox, &["keys", "generate", "-o", "ci"]).exits(0);
    assert!(made.stdout.contains("Fingerprint: SHA256:"), "{made}");
    let key = sandbox.work().join("ci.key");
    let text = fs::read_to_string(&key).unwrap();
    assert!(text.starts_with("-----BEGIN ENCRYPTED SIGSTORE PRIVATE KEY-----\n"));
    let public = fs::read_to_string(sandbox.work().join("ci.pub")).unwrap();
    assert!(public.starts_with("-----BEGIN PUBLIC KEY-----\n"));
    #[cfg(unix)]
    assert_eq!(mode(&key), 0o600);
    let again = run(&sandbox, &["keys", "generate", "-o", "ci"]).exits(2);
    assert!(again.stderr.contains("`ci.key` exists already"), "{again}");
    assert!(again.stderr.contains("--force"), "{again}");
    assert_eq!(fs::read_to_string(&key).unwrap(), text);
    run(&sandbox, &["keys", "generate", "-o", "ci", "--force"]).exits(0);
    assert_ne!(fs::read_to_string(&key).unwrap(), text);
}

#[test]
fn half_a_pair_is_never_written() {
    let sandbox = Sandbox::new();
    sandbox.write("ci.pub", "mine");
    run(&sandbox, &["keys", "generate", "-o", "ci"]).exits(2);
    assert!(!sandbox.work().join("ci.key").exists());
    assert_eq!(fs::read_to_string(sandbox.work().join("ci.pub")).unwrap(), "mine");
}

#[test]
fn without_a_password_nothing_is_made_and_the_flag_is_named() {
    let sandbox = Sandbox::new();
    project(&sandbox);
    for args in [&["seal", "project"][..], &["keys", "generate"][..]] {
        let refused = sandbox.run_with(args, EMPTY, "").exits(2);
        assert!(refused.stderr.contains("--insecure-empty-password"), "{refused}");
    }
    assert!(!sandbox.home().join("keys/sealkit.key").exists());
    assert!(!sandbox.work().join("project/Kitfile").exists());
    let empty = sandbox.run_with(["keys", "generate", "--password-stdin"], EMPTY, "\n").exits(2);
    assert!(empty.stderr.contains("an empty password protects nothing"), "{empty}");
}

#[test]
fn an_empty_password_can_be_meant() {
    let sandbox = Sandbox::new();
    project(&sandbox);
    sandbox.run_with(["seal", "project", "--insecure-empty-password"], EMPTY, "").exits(0);
    sandbox.run_with(["verify", "./project"], EMPTY, "").exits(0);
}

#[test]
fn the_password_comes_from_standard_input_without_its_line_end() {
    let sandbox = Sandbox::new();
    project(&sandbox);
    let args = ["seal", "project", "--password-stdin"];
    sandbox.run_with(args, EMPTY, "secret\n").exits(0);
    sandbox.run_with(args, EMPTY, "secret").exits(0);
    let wrong = sandbox.run_with(args, EMPTY, "Secret\n").exits(2);
    assert!(wrong.stderr.contains("the password does not open"), "{wrong}");
    assert!(!wrong.stderr.contains("Secret"), "{wrong}");
}

#[test]
fn the_own_key_is_private_and_trusted_as_self() {
    let sandbox = Sandbox::new();
    project(&sandbox);
    let sealed = run(&sandbox, &["seal", "project"]).exits(0);
    assert!(sealed.stderr.contains("made your signing key"), "{sealed}");
    #[cfg(unix)]
    {
        assert_eq!(mode(&sandbox.home().join("keys/sealkit.key")), 0o600);
        assert_eq!(mode(&sandbox.home().join("keys")), 0o700);
    }
    let list = run(&sandbox, &["trust", "list", "--format", "json"]).exits(0).json();
    assert_eq!(list["keys"][0]["role"], "self");
    let public = fs::read_to_string(sandbox.home().join("keys/sealkit.pub")).unwrap();
    assert_eq!(list["keys"][0]["publicKey"], public);
    let again = run(&sandbox, &["seal", "project"]).exits(0);
    assert!(!again.stderr.contains("made your signing key"), "{again}");
}

#[cfg(unix)]
#[test]
fn a_key_that_others_can_read_is_warned_of() {
    use std::os::unix::fs::PermissionsExt as _;
    let sandbox = Sandbox::new();
    project(&sandbox);
    run(&sandbox, &["keys", "generate", "-o", "ci"]).exits(0);
    let key = sandbox.work().join("ci.key");
    fs::set_permissions(&key, fs::Permissions::from_mode(0o644)).unwrap();
    let sealed = run(&sandbox, &["seal", "project", "--key", "ci.key"]).exits(0);
    assert!(sealed.stderr.contains("can be read by others"), "{sealed}");
}

#[test]
fn trust_is_given_and_taken_by_name_or_fingerprint() {
    let sandbox = Sandbox::new();
    run(&sandbox, &["keys", "generate", "-o", "ci"]).exits(0);
    run(&sandbox, &["trust", "add", "ci.pub", "--name", "CI"]).exits(0);
    let twice = run(&sandbox, &["trust", "add", "ci.pub", "--name", "other"]).exits(2);
    assert!(twice.stderr.contains("already there"), "{twice}");
    let list = run(&sandbox, &["trust", "list"]).exits(0);
    assert!(list.stdout.contains("CI") && list.stdout.contains("signer"), "{list}");
    let json = run(&sandbox, &["trust", "list", "--format", "json"]).json();
    let print = json["keys"][0]["fingerprint"].as_str().unwrap().to_owned();
    run(&sandbox, &["trust", "remove", &print]).exits(0);
    let gone = run(&sandbox, &["trust", "remove", "CI"]).exits(2);
    assert!(gone.stderr.contains("no trusted key is called `CI`"), "{gone}");
}

#[test]
fn a_trust_store_that_is_not_understood_is_not_guessed_at() {
    let sandbox = crate::seal_common::sealed();
    let path = sandbox.home().join("trust.json");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replacen("\"name\"", "\"revoked\": true, \"name\"", 1)).unwrap();
    let refused = run(&sandbox, &["verify", "demo:v1"]).exits(2);
    assert!(refused.stderr.contains("trust root"), "{refused}");
}
