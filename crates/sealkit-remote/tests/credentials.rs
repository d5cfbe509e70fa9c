//! Where credentials are found, stored and removed.
#![allow(clippy::unwrap_used, reason = "a test that can not set up its stage has failed")]

mod common;

use std::fs;
use std::path::Path;

use sealkit_remote::Secret;
use sealkit_remote::credentials::{
    Credential, CredentialError, CredentialSource, Credentials, Env, Found, Origin, login,
};
use sealkit_report::Hint;
use sealkit_testkit::{Auth, TestRegistry};
use tempfile::TempDir;

use common::{CANARY, all_text, options};

const HOST: &str = "r.example:5000";

struct Stage {
    root: TempDir,
    env: Vec<(String, String)>,
}

impl Stage {
    fn new() -> Self {
        let root = tempfile::tempdir().unwrap();
        let home = root.path().join("home");
        fs::create_dir_all(&home).unwrap();
        let env = vec![("HOME".to_owned(), home.to_str().unwrap().to_owned())];
        Self { root, env }
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.root.path().join(name)
    }

    fn set(&mut self, name: &str, value: impl AsRef<Path>) {
        self.env.push((name.to_owned(), value.as_ref().to_str().unwrap().to_owned()));
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn credentials(&self) -> Credentials {
        Credentials::new(&self.path("sealkit"), self.env.iter().cloned().collect::<Env>())
    }

    async fn find(&self) -> Option<Found> {
        self.credentials().find(HOST).await.unwrap()
    }
}

fn auths(password: &str) -> String {
    format!(r#"{{"auths":{{"{HOST}":{{"username":"me","password":"{password}"}}}}}}"#)
}

fn password(found: Option<Found>) -> String {
    match found.unwrap().credential {
        Credential::Basic { user, password } if user == "me" => password.expose().to_owned(),
        other => panic!("{other:?}"),
    }
}

fn basic(text: &str) -> Credential {
    Credential::Basic { user: "me".to_owned(), password: Secret::new(text) }
}

#[tokio::test]
async fn the_first_place_that_knows_one_wins() {
    let mut stage = Stage::new();
    assert_eq!(stage.find().await, None);
    stage.write("home/.config/containers/auth.json", &auths("config"));
    assert_eq!(password(stage.find().await), "config");
    stage.write("run/containers/auth.json", &auths("run"));
    stage.set("XDG_RUNTIME_DIR", stage.path("run"));
    assert_eq!(password(stage.find().await), "run");
    stage.write("podman.json", &auths("podman"));
    stage.set("REGISTRY_AUTH_FILE", stage.path("podman.json"));
    assert_eq!(password(stage.find().await), "podman");
    stage.write("home/.docker/config.json", &auths("docker"));
    assert_eq!(password(stage.find().await), "docker");
    stage.write("elsewhere/config.json", &auths("elsewhere"));
    stage.set("DOCKER_CONFIG", stage.path("elsewhere"));
    assert_eq!(password(stage.find().await), "elsewhere");
    stage.write("sealkit/credentials.json", &auths("own"));
    let found = stage.find().await;
    assert_eq!(
        found.as_ref().unwrap().origin,
        Origin::File(stage.path("sealkit/credentials.json"))
    );
    assert_eq!(password(found), "own");
    stage.set("SEALKIT_USERNAME", "me");
    stage.set("SEALKIT_TOKEN", "env");
    assert_eq!(password(stage.find().await), "env");
    stage.set("SEALKIT_USERNAME_R_EXAMPLE_5000", "me");
    stage.set("SEALKIT_TOKEN_R_EXAMPLE_5000", "host");
    assert_eq!(password(stage.find().await), "host");
    let explicit = stage.credentials().with_explicit(Some(HOST), basic("flag"));
    assert_eq!(password(explicit.find(HOST).await.unwrap()), "flag");
    let explicit = stage.credentials().with_explicit(Some("other"), basic("flag"));
    assert_eq!(password(explicit.find(HOST).await.unwrap()), "host");
}

#[tokio::test]
async fn the_environment_can_be_meant_for_one_registry() {
    let mut stage = Stage::new();
    stage.set("SEALKIT_TOKEN", "t");
    assert_eq!(stage.find().await.unwrap().credential, Credential::Token(Secret::new("t")));
    stage.set("SEALKIT_REGISTRY", "other.example");
    assert_eq!(stage.find().await, None);
    let mut half = Stage::new();
    half.set("SEALKIT_USERNAME", "me");
    half.set("SEALKIT_PASSWORD", "opens a key, and is for no registry");
    let error = half.credentials().find(HOST).await.unwrap_err();
    assert_eq!(error.code(), "credentials-half-set");
    let mut other = Stage::new();
    other.set("SEALKIT_PASSWORD", "opens a key");
    assert_eq!(other.find().await, None);
}

#[tokio::test]
async fn every_form_of_an_entry_is_read() {
    let stage = Stage::new();
    for (entry, expected) in [
        (r#"{"auth":"bWU6cDp3"}"#, Some(basic("p:w"))),
        (r#"{"auth":"bWU6cHc"}"#, Some(basic("pw"))),
        (r#"{"auth":"bWU6","identitytoken":"i"}"#, Some(Credential::Identity(Secret::new("i")))),
        (r#"{"registrytoken":"r"}"#, Some(Credential::Token(Secret::new("r")))),
        ("{}", None),
        (r#"{"username":"me"}"#, None),
        (r#"{"auth":""}"#, None),
    ] {
        let text = format!(r#"{{"auths":{{"https://{HOST}/v2/":{entry}}}}}"#);
        stage.write("home/.docker/config.json", &text);
        assert_eq!(stage.find().await.map(|found| found.credential), expected, "{entry}");
    }
    let hub = r#"{"auths":{"https://index.docker.io/v1/":{"auth":"bWU6cHc="}}}"#;
    stage.write("home/.docker/config.json", hub);
    assert_eq!(password(stage.credentials().find("docker.io").await.unwrap()), "pw");
    assert_eq!(stage.find().await, None);
}

#[tokio::test]
async fn malformed_files_are_reported_and_not_quoted() {
    let stage = Stage::new();
    for text in [
        format!("{{ {CANARY}"),
        format!(r#"["{CANARY}"]"#),
        format!(r#"{{"auths":{{"{HOST}":{{"auth":"{CANARY}"}}}}}}"#),
        format!(r#"{{"auths":{{"{HOST}":{{"auth":"Y2FuYXJ5"}}}},"x":"{CANARY}"}}"#),
    ] {
        stage.write("home/.docker/config.json", &text);
        let error = stage.credentials().find(HOST).await.unwrap_err();
        assert_eq!(error.code(), "credentials-malformed", "{text}");
        assert!(!all_text(&error).contains(CANARY));
    }
    stage.write("home/.docker/config.json", " \n");
    assert_eq!(stage.find().await, None);
}

#[tokio::test]
async fn helper_names_can_not_lead_elsewhere() {
    let stage = Stage::new();
    for name in ["../x", "a/b", "a b", ".x", "x;y", "a..b"] {
        stage.write("home/.docker/config.json", &format!(r#"{{"credsStore":"{name}"}}"#));
        let error = stage.credentials().find(HOST).await.unwrap_err();
        assert!(matches!(error, CredentialError::HelperName(_)), "{name}: {error}");
    }
    stage.write("home/.docker/config.json", r#"{"credsStore":"that-is-not-there"}"#);
    let error = stage.credentials().find(HOST).await.unwrap_err();
    assert_eq!(error.code(), "credential-helper");
    assert!(error.hint().unwrap().contains("docker-credential-that-is-not-there"));
}

#[tokio::test]
async fn login_stores_privately_and_keeps_what_it_does_not_know() {
    let stage = Stage::new();
    let old = r#"{"x":{"y":[1]},"auths":{"https://r.example:5000":{"auth":"b2xkOm9sZA=="},"z":{"auth":"eg=="}}}"#;
    stage.write("sealkit/credentials.json", old);
    let path = stage.path("sealkit/credentials.json");
    let stored = stage.credentials().store(HOST, &basic(CANARY)).await.unwrap();
    assert_eq!(stored, Origin::File(path.clone()));
    assert_eq!(password(stage.find().await), CANARY);
    let text: serde_json::Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    assert_eq!(text["x"]["y"][0], 1);
    assert_eq!(text["auths"].as_object().unwrap().len(), 2, "the old key is replaced");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }
    for credential in [Credential::Identity(Secret::new("i")), Credential::Token(Secret::new("t"))]
    {
        stage.credentials().store(HOST, &credential).await.unwrap();
        assert_eq!(stage.find().await.unwrap().credential, credential);
    }
}

#[tokio::test]
async fn logout_removes_where_it_was_found_and_nothing_else() {
    let mut stage = Stage::new();
    stage.write(
        "home/.docker/config.json",
        &auths("docker").replace("{\"auths\"", "{\"HttpHeaders\":{\"a\":\"b\"},\"auths\""),
    );
    stage.credentials().store(HOST, &basic("own")).await.unwrap();
    let first = stage.credentials().logout(HOST).await.unwrap();
    assert_eq!(first, Origin::File(stage.path("sealkit/credentials.json")));
    assert_eq!(password(stage.find().await), "docker");
    let second = stage.credentials().logout(HOST).await.unwrap();
    assert_eq!(second, Origin::File(stage.path("home/.docker/config.json")));
    let left = fs::read_to_string(stage.path("home/.docker/config.json")).unwrap();
    assert!(left.contains("HttpHeaders") && !left.contains("docker"), "{left}");
    let error = stage.credentials().logout(HOST).await.unwrap_err();
    assert!(matches!(error, CredentialError::NotStored(_)), "{error}");
    stage.set("SEALKIT_TOKEN", CANARY);
    let error = stage.credentials().logout(HOST).await.unwrap_err();
    assert!(error.to_string().contains("SEALKIT_TOKEN"), "{error}");
    assert!(!all_text(&error).contains(CANARY));
}

#[tokio::test]
async fn only_an_accepted_login_is_stored() {
    let registry = TestRegistry::start().await;
    let stage = Stage::new();
    let credentials = stage.credentials();
    let host = registry.host();
    registry.faults().set(|faults| {
        faults.auth = Auth::Basic { user: "me".to_owned(), password: "right".to_owned() };
    });
    let error = login(&credentials, &host, basic(CANARY), &options()).await.unwrap_err();
    assert_eq!(error.code(), "unauthorized");
    assert!(!all_text(&error).contains(CANARY));
    assert_eq!(credentials.find(&host).await.unwrap(), None);
    let done = login(&credentials, &host, basic("right"), &options()).await.unwrap();
    assert!(done.checked);
    assert_eq!(password(credentials.find(&host).await.unwrap()), "right");
    registry.faults().clear();
    assert!(!login(&credentials, &host, basic("any"), &options()).await.unwrap().checked);
}

#[test]
fn no_debug_form_shows_a_secret() {
    let mut stage = Stage::new();
    stage.set("SEALKIT_TOKEN", CANARY);
    let all = stage.credentials().with_explicit(None, basic(CANARY));
    assert!(!format!("{all:?} {:?}", basic(CANARY)).contains(CANARY));
}
