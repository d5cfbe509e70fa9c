//! Schemathesis makes requests out of the description and looks for answers that it does not allow. Skipped
//! where `SEALKIT_SCHEMATHESIS` does not name the program (CONTRIBUTING.md says how to get it).

use std::path::Path;

use crate::common::whole::Whole;
use sealkit_api::openapi;
use tokio::process::Command;

/// Requests of each kind for each operation: enough to meet the edges, and done in a minute or two.
const EXAMPLES: &str = "15";

/// Names that are there, so that not every answer is "not found".
const CONFIG: &str = r#"
[parameters]
"path.name" = "kit"
"path.reference" = "v1"
"path.tag" = "v1"
# No token has this number: the one that asks is not to be revoked.
"path.id" = 999999
"path.path" = "data.csv"
"query.a" = "kit:v1"
"query.b" = "kit:v2"

# A range may lie outside of the file, and what is there need not be a kit.
[checks.positive_data_acceptance]
expected-statuses = ["2xx", "3xx", 401, 403, 404, 409, 416, 422, 429, "5xx"]

# Exactly one of its two parameters is needed, which a description can not say.
[[operations]]
include-operation-id = "proveEntries"
checks.positive_data_acceptance.expected-statuses = ["2xx", "3xx", 400, 401, 403, 404, 429]
"#;

/// Runs it over `description`; what it printed where it found something.
async fn finds(whole: &Whole, token: Option<&str>, folder: &Path, more: &[&str]) -> Option<String> {
    let program = std::env::var_os("SEALKIT_SCHEMATHESIS")?;
    let description = folder.join("openapi.json");
    std::fs::write(&description, openapi().to_string()).unwrap();
    let config = folder.join("schemathesis.toml");
    std::fs::write(&config, CONFIG).unwrap();
    let mut command = Command::new(program);
    // Its caches stay out of the working copy.
    command.current_dir(folder).arg("--config-file").arg(&config).arg("run").arg(&description);
    command.args(["--url", &format!("http://{}", whole.hub.addr), "--seed", "1", "--workers", "1"]);
    command.args(["--max-examples", EXAMPLES, "--phases", "examples,coverage,fuzzing,stateful"]);
    command.args(["--checks", "all", "--continue-on-failure"]).args(more);
    if let Some(token) = token {
        command.args(["--header", &format!("Authorization:Bearer {token}")]);
    }
    let output = command.output().await.unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let text = token.map_or(text.clone(), |token| text.replace(token, "TOKEN"));
    println!("{text}{}", String::from_utf8_lossy(&output.stderr));
    Some(if output.status.success() { String::new() } else { text })
}

#[tokio::test(flavor = "multi_thread")]
async fn an_administrator_gets_what_is_described() {
    let whole = Whole::start().await;
    let folder = tempfile::tempdir().unwrap();
    let Some(found) = finds(&whole, Some(&whole.admin), folder.path(), &[]).await else {
        println!("SKIPPED: no schemathesis");
        return;
    };
    assert!(found.is_empty(), "{found}");
    assert_eq!(
        whole.ask("GET", "/api/v1/kits", &[], b"").await.status,
        200,
        "it is still who it was"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_no_token_gets_what_is_described() {
    for anonymous_read in [false, true] {
        let whole = Whole::with(anonymous_read).await;
        let folder = tempfile::tempdir().unwrap();
        // Without a token there is no good request to compare a bad one with.
        let not = ["--exclude-checks", "positive_data_acceptance"];
        let Some(found) = finds(&whole, None, folder.path(), &not).await else {
            println!("SKIPPED: no schemathesis");
            return;
        };
        assert!(found.is_empty(), "anonymous_read {anonymous_read}: {found}");
    }
}
