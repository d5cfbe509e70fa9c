//! Credential helpers, as programs on the search path. One test, because the path is the
//! process's.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test that can not set up its stage has failed")]

mod common;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use sealkit_remote::Secret;
use sealkit_remote::credentials::{Credential, CredentialSource, Credentials, Env, Origin};
use sealkit_report::Hint;

use common::{CANARY, all_text};

const SCRIPT: &str = r#"#!/bin/sh
dir=$(dirname "$0")
read -r input
echo "$1 $input" >> "$dir/log"
case "$1 $input" in
"get r.example") echo '{"ServerURL":"r.example","Username":"me","Secret":"canary-5ecret"}' ;;
"get t.example") echo '{"ServerURL":"t.example","Username":"<token>","Secret":"canary-5ecret"}' ;;
"get broken.example") echo "canary-5ecret"; exit 1 ;;
"get odd.example") echo "canary-5ecret" ;;
get*) echo "credentials not found in native keychain"; exit 1 ;;
esac
"#;

/// The path is set in a child process: this test runs itself again with it.
#[test]
fn helpers_are_asked_as_the_protocol_says() {
    if std::env::var_os("SEALKIT_TEST_HELPERS").is_some() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        return runtime.block_on(with_helper_on_path());
    }
    let folder = tempfile::tempdir().unwrap();
    let helper = folder.path().join("docker-credential-sealtest");
    fs::write(&helper, SCRIPT).unwrap();
    fs::set_permissions(&helper, fs::Permissions::from_mode(0o755)).unwrap();
    let path = std::env::var("PATH").unwrap();
    let status = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "helpers_are_asked_as_the_protocol_says", "--nocapture"])
        .env("SEALKIT_TEST_HELPERS", folder.path())
        .env("PATH", format!("{}:{path}", folder.path().display()))
        .status()
        .unwrap();
    assert!(status.success());
}

async fn with_helper_on_path() {
    let folder = std::path::PathBuf::from(std::env::var_os("SEALKIT_TEST_HELPERS").unwrap());
    let config = r#"{"credsStore":"sealtest","auths":{"plain.example":{"auth":"bWU6cHc="}}}"#;
    fs::write(folder.join("config.json"), config).unwrap();
    let env: Env = [("DOCKER_CONFIG", folder.as_os_str())].into_iter().collect();
    let credentials = Credentials::new(&folder.join("own"), env);
    let secret = Secret::new(CANARY);
    let found = credentials.find("r.example").await.unwrap().unwrap();
    let me = Credential::Basic { user: "me".to_owned(), password: secret.clone() };
    assert_eq!(found.credential, me);
    let origin = Origin::Helper { name: "sealtest".to_owned(), config: folder.join("config.json") };
    assert_eq!(found.origin, origin);
    let found = credentials.find("t.example").await.unwrap().unwrap();
    assert_eq!(found.credential, Credential::Identity(secret));
    assert_eq!(credentials.find("unknown.example").await.unwrap(), None);
    let found = credentials.find("plain.example").await.unwrap().unwrap();
    assert_eq!(found.origin, Origin::File(folder.join("config.json")));
    for host in ["broken.example", "odd.example"] {
        let error = credentials.find(host).await.unwrap_err();
        assert_eq!(error.code(), "credential-helper");
        assert!(!all_text(&error).contains(CANARY), "{}", all_text(&error));
    }
    assert_eq!(credentials.logout("r.example").await.unwrap(), origin);
    fs::create_dir_all(folder.join("own")).unwrap();
    fs::write(folder.join("own/credentials.json"), r#"{"credHelpers":{"r.example":"sealtest"}}"#)
        .unwrap();
    credentials.store("r.example", &me).await.unwrap();
    let log = fs::read_to_string(folder.join("log")).unwrap();
    assert!(log.contains("get r.example\n"), "{log}");
    assert!(log.contains("erase r.example\n"), "{log}");
    let stored = r#"store {"ServerURL":"r.example","Username":"me","Secret":"canary-5ecret"}"#;
    assert!(log.contains(stored), "{log}");
}
