//! The hub's tokens from outside: the first one, ones with scopes, and clients that log in with them.
#![cfg(feature = "hub")]

use std::io::{Read as _, Write as _};
use std::process::{Command, Stdio};

use crate::common::{Run, Sandbox, finish, peer};
use crate::hub_process::{Process, listening};

/// A hub of its own process that asks for tokens, stopped at the end.
struct Hub {
    child: Process,
    host: String,
}

impl Hub {
    fn start(sandbox: &Sandbox) -> Self {
        let mut command = sandbox.command();
        command.args(["-q", "hub", "--data", "data", "--listen", "127.0.0.1:0"]);
        let (child, host) = listening(command.stderr(Stdio::piped()), "http");
        Self { child, host }
    }

    /// Ends it; gives what it said on standard error.
    fn stop(mut self) -> String {
        self.child.kill().unwrap();
        let mut text = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut text).unwrap();
        text
    }
}

fn tokens(text: &str) -> Vec<&str> {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    words.filter(|word| word.starts_with("skt_")).collect()
}

fn add(server: &Sandbox, user: &str, scope: &str) -> String {
    let args = ["hub", "token", "add", "test", "--data", "data", "--user", user, "--scope", scope];
    server.run(args).exits(0).stdout.trim().to_owned()
}

fn log_in(client: &Sandbox, host: &str, user: &str, token: &str) -> Run {
    let mut command = client.command();
    command.args(["login", host, "-u", user, "--password-stdin", "--plain-http"]);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(token.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    Run {
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
        code: output.status.code(),
    }
}

fn packed(name: &str) -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.golden();
    sandbox.run(["pack", ".", "-t", name]).exits(0);
    sandbox
}

#[test]
fn the_first_token_is_shown_once_and_does_everything() {
    let server = Sandbox::new();
    let said = Hub::start(&server).stop();
    let found = tokens(&said);
    assert_eq!(found.len(), 1, "{said}");
    let hub = Hub::start(&server);
    let name = format!("{}/org/golden:v1", hub.host);
    let client = packed(&name);
    let refused = client.run(["push", &name, "--plain-http"]);
    assert_ne!(refused.code, Some(0), "{refused}");
    log_in(&client, &hub.host, "admin", found[0]).exits(0);
    client.run(["push", &name, "--plain-http"]).exits(0);
    assert_eq!(hub.stop(), "", "it is not shown again");
}

#[test]
fn a_taken_address_makes_no_first_token_that_nobody_saw() {
    let server = Sandbox::new();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let run = server.run(["hub", "--data", "data", "--listen", &address]).exits(2);
    assert_eq!(tokens(&run.stderr).len(), 0, "{run}");
    let said = Hub::start(&server).stop();
    assert_eq!(tokens(&said).len(), 1, "{said}");
}

#[test]
fn a_scoped_token_pushes_and_pulls_where_it_may() {
    let server = Sandbox::new();
    let hub = Hub::start(&server);
    let token = add(&server, "ci", "write:org");
    let name = format!("{}/org/golden:v1", hub.host);
    let client = packed(&name);
    assert_eq!(log_in(&client, &hub.host, "other", &token).code, Some(1));
    log_in(&client, &hub.host, "ci", &token).exits(0);
    client.run(["push", &name, "--plain-http"]).exits(0);
    client.run(["pull", &name, "--plain-http"]).exits(0);
    let elsewhere = format!("{}/org-x/golden:v1", hub.host);
    client.run(["tag", &name, &elsewhere]).exits(0);
    let run = client.run(["push", &elsewhere, "--plain-http"]);
    assert!(run.code != Some(0) && run.stderr.contains("HTTP 403"), "{run}");
    let list = ["hub", "token", "list", "--data", "data", "--format", "json"];
    let list = server.run(list).exits(0);
    assert!(!list.stdout.contains("skt_"), "{list}");
    let id = list.json()["tokens"][1]["id"].to_string();
    server.run(["hub", "token", "revoke", &id, "--data", "data"]).exits(0);
    server.run(["hub", "token", "revoke", &id, "--data", "data"]).exits(1);
    assert_ne!(client.run(["pull", &name, "--plain-http"]).code, Some(0), "from now on");
}

#[test]
fn skopeo_logs_in() {
    let Some(skopeo) = peer("SEALKIT_SKOPEO") else { return };
    let server = Sandbox::new();
    let hub = Hub::start(&server);
    let token = add(&server, "ci", "write:org");
    let name = format!("{}/org/golden:v1", hub.host);
    let client = packed(&name);
    log_in(&client, &hub.host, "ci", &token).exits(0);
    client.run(["push", &name, "--plain-http"]).exits(0);
    let copy = |credential: &str, to: &str| {
        let (from, to) = (format!("docker://{name}"), format!("docker://{}/{to}:v1", hub.host));
        let mut command = Command::new(&skopeo);
        command.args(["--insecure-policy", "copy", "--src-tls-verify=false"]);
        command.args(["--dest-tls-verify=false", "--src-creds", credential]);
        finish(command.args(["--dest-creds", credential]).args([from, to]))
    };
    copy(&format!("ci:{token}"), "org/copy").exits(0);
    let refused = copy(&format!("ci:{token}"), "other/copy");
    assert!(refused.code != Some(0) && refused.stderr.contains("403"), "{refused}");
    assert_ne!(copy("ci:wrong", "org/copy").code, Some(0));
}

#[test]
fn cosign_fetches_tokens_for_what_it_does() {
    let Some(cosign) = peer("SEALKIT_COSIGN") else { return };
    let server = Sandbox::new();
    let hub = Hub::start(&server);
    let token = add(&server, "ci", "write:org");
    let name = format!("{}/org/golden:v1", hub.host);
    let client = packed(&name);
    log_in(&client, &hub.host, "ci", &token).exits(0);
    client.run(["push", &name, "--plain-http"]).exits(0);
    let run = |args: &[&str]| {
        let mut command = Command::new(&cosign);
        command.current_dir(client.work()).env("COSIGN_PASSWORD", "correct horse");
        finish(command.args(args).env("DOCKER_CONFIG", client.work().join("docker")))
    };
    let tree = ["tree", &name, "--allow-http-registry"];
    assert_ne!(run(&tree).code, Some(0), "without logging in");
    run(&["login", &hub.host, "-u", "ci", "-p", &token]).exits(0);
    run(&tree).exits(0);
    run(&["generate-key-pair", "--output-key-prefix", "ci"]).exits(0);
    let sign = ["sign", "--yes", "--key", "ci.key", "--tlog-upload=false", "--allow-http-registry"];
    run(&[&sign[..], &["--use-signing-config=false", &name]].concat()).exits(0);
    let verify = ["verify", "--key", "ci.pub", "--insecure-ignore-tlog", "--allow-http-registry"];
    run(&[&verify[..], &[&name]].concat()).exits(0);
}

#[test]
fn events_tell_who_did_what() {
    let server = Sandbox::new();
    let hub = Hub::start(&server);
    let token = add(&server, "ci", "write:org");
    let name = format!("{}/org/golden:latest", hub.host);
    let client = packed(&name);
    log_in(&client, &hub.host, "ci", &token).exits(0);
    client.run(["push", &name, "--plain-http"]).exits(0);
    let events = |args: &[&str]| server.run([&["hub", "events", "--data", "data"], args].concat());
    let set = events(&["--action", "tag.set", "--format", "json"]).exits(0).json();
    let event = &set["events"][0];
    assert_eq!((&event["actor"], &event["subject"]), (&"ci".into(), &"latest".into()), "{set}");
    server.run(["hub", "gc", "--data", "data", "--dry-run"]).exits(0);
    server.run(["hub", "gc", "--data", "data"]).exits(0);
    let table = events(&["--actor", "operator"]).exits(0).stdout;
    assert_eq!(table.matches("storage.gc").count(), 1, "{table}");
    assert!(table.contains("token.add") && !table.contains("skt_"), "{table}");
    assert_eq!(events(&["--since", "2999-01-01T00:00:00Z"]).exits(0).stdout.lines().count(), 1);
    events(&["--limit", "0"]).exits(2);
    server.run(["hub", "events", "--data", "nowhere"]).exits(2);
}

#[test]
fn version_tags_stay_for_clients_and_rules_change_that() {
    let server = Sandbox::new();
    let hub = Hub::start(&server);
    let token = add(&server, "ci", "write:org");
    let name = format!("{}/org/golden:v1", hub.host);
    let client = packed(&name);
    log_in(&client, &hub.host, "ci", &token).exits(0);
    client.run(["push", &name, "--plain-http"]).exits(0);
    client.run(["push", &name, "--plain-http"]).exits(0);
    client.write("README.md", "something else");
    client.run(["pack", ".", "-t", &name]).exits(0);
    let refused = client.run(["push", &name, "--plain-http"]);
    assert!(
        refused.code != Some(0) && refused.stderr.contains("`v1` of `org/golden`"),
        "{refused}"
    );
    let set =
        |args: &[&str]| server.run([&["hub", "repo", "set", "--data", "data"], args].concat());
    set(&["org", "--immutable-tags", "none"]).exits(0);
    client.run(["push", &name, "--plain-http"]).exits(0);
    set(&["org", "--quota", "1GB", "--max-versions", "1"]).exits(0);
    let list = ["hub", "repo", "list", "--data", "data", "--format", "json"];
    let list = server.run(list).exits(0).json();
    let rule = &list["rules"][0];
    assert_eq!(
        (&rule["prefix"], &rule["immutableTags"]),
        (&"org".into(), &"none".into()),
        "{list}"
    );
    assert_eq!(
        (&rule["maxBytes"], &rule["versions"]),
        (&1_000_000_000.into(), &1.into()),
        "{list}"
    );
    let other = format!("{}/org/golden:v2", hub.host);
    client.run(["tag", &name, &other]).exits(0);
    let refused = client.run(["push", &other, "--plain-http"]);
    assert!(refused.code != Some(0) && refused.stderr.contains("1 versions"), "{refused}");
    set(&["org", "--quota", "much"]).exits(2);
    set(&["org"]).exits(2);
    set(&["Org", "--quota", "1GB"]).exits(2);
}

#[test]
fn issuers_are_trusted_listed_and_removed() {
    let server = Sandbox::new();
    drop(Hub::start(&server));
    let key = "5TKNdnd5mYYV6L5m4WjDRgjYHeYwdxtbcEbuFhzvHuc";
    let keys = format!(r#"{{"keys":[{{"kty":"OKP","crv":"Ed25519","kid":"a","x":"{key}"}}]}}"#);
    server.write("keys.json", keys);
    server.write("none.json", r#"{"keys":[]}"#);
    let run =
        |args: &[&str]| server.run([&["hub", "trust-issuer"], args, &["--data", "data"]].concat());
    let add = |jwks: &str, claim: &str, ttl: &str| {
        let what = ["add", "https://ci.example", "--audience", "hub", "--scope", "write:org"];
        run(&[&what[..], &["--jwks", jwks, "--claim", claim, "--ttl", ttl]].concat())
    };
    add("none.json", "repository=org/app", "15m").exits(2);
    add("missing.json", "repository=org/app", "15m").exits(2);
    add("keys.json", "repository", "15m").exits(2);
    add("keys.json", "repository=org/app", "2h").exits(2);
    add("keys.json", "repository=org/app", "15m").exits(0);
    let list = run(&["list", "--format", "json"]).exits(0).json();
    let issuer = &list["issuers"][0];
    assert_eq!((&issuer["ttl"], &issuer["user"]), (&900.into(), &"ci".into()), "{list}");
    assert!(run(&["list"]).exits(0).stdout.contains("repository=org/app"));
    run(&["remove", "1"]).exits(0);
    run(&["remove", "1"]).exits(1);
    assert_eq!(run(&["list"]).exits(0).stdout.lines().count(), 1);
}
