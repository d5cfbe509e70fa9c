//! `login`, `logout` and where credentials come from.

use crate::common::{Run, Sandbox};
use sealkit_testkit::{Auth, TestRegistry};

const SECRET: &str = "canary-secret-7f3a";

fn basic() -> Auth {
    Auth::Basic { user: "ana".to_owned(), password: SECRET.to_owned() }
}

fn token() -> Auth {
    Auth::Token { login: Some(("ana".to_owned(), SECRET.to_owned())), uses: None }
}

async fn guarded(auth: Auth) -> (TestRegistry, Sandbox, String) {
    let registry = TestRegistry::start().await;
    registry.faults().set(|faults| faults.auth = auth);
    let name = format!("{}/org/golden:v1", registry.host());
    let sandbox = Sandbox::new();
    sandbox.golden();
    sandbox.run(["pack", ".", "-t", &name]).exits(0);
    (registry, sandbox, name)
}

fn login(sandbox: &Sandbox, host: &str, password: &str) -> Run {
    let args = ["login", host, "-u", "ana", "--password-stdin", "--plain-http"];
    let run = sandbox.run_with(args, &[], password);
    assert!(!format!("{run}").contains(SECRET), "no secret is shown: {run}");
    run
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_logged_in_to_can_be_used_until_logout() {
    for auth in [basic(), token()] {
        let (registry, sandbox, name) = guarded(auth).await;
        let host = registry.host();
        let run = sandbox.run(["push", &name, "--plain-http"]).exits(1);
        assert!(run.stderr.contains(&format!("hint: run `sealkit login {host}`")), "{run}");
        let run = login(&sandbox, &host, &format!("{SECRET}\n")).exits(0);
        assert_eq!(run.stdout, "Log in successful\n");
        assert!(run.stderr.contains("Stored in file `"), "{run}");
        let run = sandbox.run(["push", &name, "--plain-http", "-vv"]).exits(0);
        assert!(!format!("{run}").contains(SECRET), "{run}");
        let run = sandbox.run(["logout", &host]).exits(0);
        assert_eq!(run.stdout, format!("Successfully logged out from {host}\n"));
        sandbox.run(["pull", &name, "--plain-http"]).exits(1);
        let run = sandbox.run(["logout", &host]).exits(0);
        assert!(run.stderr.contains("are stored"), "{run}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_credentials_are_not_stored() {
    let (registry, sandbox, _) = guarded(basic()).await;
    let run = login(&sandbox, &registry.host(), "wrong").exits(1);
    assert!(run.stderr.contains("were not accepted"), "{run}");
    assert!(!sandbox.home().join("credentials.json").exists());
    let run = login(&sandbox, &registry.host(), "").exits(1);
    assert!(run.stderr.contains("the password is empty"), "{run}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_file_is_for_its_owner_alone() {
    let (registry, sandbox, _) = guarded(basic()).await;
    login(&sandbox, &registry.host(), SECRET).exits(0);
    let file = sandbox.home().join("credentials.json");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = std::fs::metadata(&file).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    let json: serde_json::Value = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
    assert!(json["auths"][registry.host()].is_object(), "docker's format");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_among_the_arguments_is_warned_about() {
    let (registry, sandbox, _) = guarded(basic()).await;
    let host = registry.host();
    let run = sandbox.run(["login", &host, "-u", "ana", "-p", SECRET, "--plain-http"]).exits(0);
    assert!(run.stderr.contains("use `--password-stdin`"), "{run}");
    registry.faults().clear();
    let run = login(&sandbox, &host, "anything").exits(0);
    assert!(run.stderr.contains("they were not checked"), "{run}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_environment_and_dockers_file_are_honoured() {
    let (registry, sandbox, name) = guarded(basic()).await;
    let args = ["push", &name, "--plain-http"];
    let both = [("SEALKIT_USERNAME", "ana"), ("SEALKIT_TOKEN", SECRET)];
    sandbox.run_with(args, &both, "").exits(0);
    let run = sandbox.run_with(args, &both[..1], "").exits(1);
    assert!(run.stderr.contains("`SEALKIT_TOKEN` is not"), "{run}");
    // The key's password is never shown to a registry.
    let key = [("SEALKIT_USERNAME", "ana"), ("SEALKIT_PASSWORD", SECRET)];
    sandbox.run_with(args, &key, "").exits(1);
    let docker = sandbox.home().parent().unwrap().join("docker");
    std::fs::create_dir_all(&docker).unwrap();
    // `ana:canary-secret-7f3a`
    let entry = serde_json::json!({"auths": {registry.host(): {"auth": "YW5hOmNhbmFyeS1zZWNyZXQtN2YzYQ=="}}});
    std::fs::write(docker.join("config.json"), entry.to_string()).unwrap();
    sandbox.run(args).exits(0);
}

#[test]
fn with_nobody_to_ask_it_says_what_is_missing() {
    let sandbox = Sandbox::new();
    let run = sandbox.run(["login", "r.example"]).exits(1);
    assert!(run.stderr.contains("hint: run `sealkit login r.example -u NAME"), "{run}");
    let run = sandbox.run(["login", "r.example", "-u", "ana"]).exits(1);
    assert!(run.stderr.contains("hint: give it with `--password-stdin`"), "{run}");
    let run = sandbox.run(["logout", "r.example"]).exits(0);
    assert!(run.stderr.contains("no credentials for `r.example` are stored"), "{run}");
}
