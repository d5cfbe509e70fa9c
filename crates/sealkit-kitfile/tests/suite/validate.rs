//! The rules of the format. Which texts are refused was taken from `kit` 1.15.0.

use sealkit_kitfile::path::{self, PathKind};
use sealkit_kitfile::{Kitfile, KitfileError, Violation, Warning};
use sealkit_report::Hint;

const HEAD: &str = "manifestVersion: 1.0.0\n";

fn bullets(yaml: &str) -> Vec<String> {
    match Kitfile::parse(&format!("{HEAD}{yaml}"), "Kitfile") {
        Ok(_) => Vec::new(),
        Err(KitfileError::Invalid { violations }) => {
            violations.iter().map(ToString::to_string).collect()
        }
        Err(other) => panic!("{other}"),
    }
}

fn warnings(yaml: &str) -> Vec<Warning> {
    Kitfile::parse(&format!("{HEAD}{yaml}"), "Kitfile").unwrap().warnings
}

#[test]
fn all_violations_are_told_sorted_under_one_head() {
    let yaml = "model: {name: m, path: a}\ncode: [{path: ./a/}, {path: /b}]\ndocs: [{path: 'http://h/x'}]\n";
    let error = Kitfile::parse(&format!("{HEAD}{yaml}"), "Kitfile").unwrap_err();
    assert_eq!(
        error.to_string(),
        "errors while validating Kitfile: \n  \
         * absolute paths are not supported in a Kitfile (path /b in code layer 1)\n  \
         * invalid path for doc (http://h/x): only local paths are permitted\n  \
         * model m and code layer 0 use the same path a"
    );
    assert_eq!(error.code(), "kitfile-invalid");
    assert!(error.hint().is_some());
}

#[test]
fn one_path_serves_one_layer() {
    let yaml = "model: {name: m}\ncode: [{path: .}]\ndatasets: [{path: ''}]\n";
    assert_eq!(bullets(yaml), ["model m, code layer 0 and dataset layer 0 use the same path ."]);
    let yaml = "model: {path: m, parts: [{name: p, path: x/../m}]}\n";
    assert_eq!(bullets(yaml), ["model  and modelpart p use the same path m"]);
    // Prompts are not compared, as in kit.
    assert!(bullets("prompts: [{path: a}, {path: a}, {path: /abs}]\n").is_empty());
}

#[test]
fn only_the_model_and_remote_datasets_may_refer_to_kits() {
    assert!(bullets("model: {path: 'ex.com/a/b:v1'}\n").is_empty());
    assert!(bullets("datasets: [{path: d, remotePath: 'ex.com/a/b:v1'}]\n").is_empty());
    for (yaml, kind) in [
        ("model: {path: m, parts: [{path: 'a/b:v1'}]}\n", "model part"),
        ("code: [{path: 'a/b:v1'}]\n", "code"),
        ("datasets: [{path: 'a/b:v1'}]\n", "dataset"),
        ("docs: [{path: 'a/b:v1'}]\n", "doc"),
        ("prompts: [{path: 'a/b:v1'}]\n", "prompt"),
        ("mcpServers: [{name: s, path: 'a/b:v1'}]\n", "mcpServer"),
    ] {
        let expected = format!("invalid path for {kind} (a/b:v1): only local paths are permitted");
        assert_eq!(bullets(yaml), [expected]);
    }
}

#[test]
fn addresses_are_no_paths() {
    for address in ["http://h/x", "https://h", "s3://bucket/key", "ftp://h/x", "HTTP://h"] {
        assert_eq!(bullets(&format!("code: [{{path: '{address}'}}]\n")).len(), 1, "{address}");
        assert_eq!(bullets(&format!("model: {{path: '{address}'}}\n")).len(), 1, "{address}");
    }
    assert_eq!(path::kind("a b:c"), PathKind::Local);
    assert_eq!(path::kind("http://h/x"), PathKind::Http);
}

#[test]
fn remote_datasets_need_what_fits_them() {
    let dataset = |fields: &str| bullets(&format!("datasets: [{{path: d, {fields}}}]\n"));
    assert!(dataset("remotePath: 's3://b/k', remoteHash: abc").is_empty());
    assert_eq!(dataset("remotePath: 's3://b/k'").len(), 1);
    assert_eq!(dataset("remotePath: some/folder").len(), 1);
    assert_eq!(dataset("remotePath: 'http://h/x', remoteHash: abc").len(), 1);
    assert_eq!(dataset("remoteHash: abc").len(), 1);
    let yaml = "datasets: [{path: d, remotePath: 'a/b:v1', remoteHash: abc}]\n";
    assert_eq!(warnings(yaml), [Warning::RemoteHashIgnored { path: "d".into() }]);
}

#[test]
fn nothing_may_lie_inside_a_remote_dataset() {
    let remote = "datasets: [{path: d, remotePath: 'a/b:v1'}]\n";
    let within = |path: &str| bullets(&format!("{remote}code: [{{path: '{path}'}}]\n"));
    assert_eq!(
        within("d/x/"),
        ["code layer 0 uses a path (d/x) that is within the path for a remote dataset"]
    );
    assert!(within("data").is_empty());
    assert!(within(".").is_empty());
    let whole = "datasets: [{path: ., remotePath: 'a/b:v1'}]\ncode: [{path: x}]\n";
    assert_eq!(bullets(whole).len(), 1);
}

#[test]
fn the_type_of_a_part_is_a_short_word() {
    let part = |kind: &str| {
        bullets(&format!("model: {{path: m, parts: [{{path: p, type: '{kind}'}}]}}\n"))
    };
    for good in ["lora-adapter", "a.b_c", "_x", "9", "", &"x".repeat(64)] {
        assert!(part(good).is_empty(), "{good}");
    }
    for bad in ["-a", ".a", "a b", "é", "a/b", &"x".repeat(65)] {
        assert_eq!(part(bad).len(), 1, "{bad}");
    }
    assert_eq!(part(&" ".repeat(65)).len(), 2);
}

#[test]
fn mcp_servers_have_a_name_and_a_bundle() {
    assert!(bullets("mcpServers: [{name: a, path: a.mcpb}, {name: b, path: b.mcpb}]\n").is_empty());
    let bad = "mcpServers: [{path: a.mcpb}, {name: b, path: b.MCPB}, {name: b, path: c.mcpb}]\n";
    assert_eq!(bullets(bad).len(), 3);
    let kitfile = Kitfile::parse_unchecked(bad, "Kitfile").unwrap();
    let KitfileError::Invalid { violations } = kitfile.validate().unwrap_err() else { panic!() };
    assert!(violations.contains(&Violation::McpNameTwice { name: "b".into() }));
    assert!(violations.contains(&Violation::McpNameMissing { path: "a.mcpb".into() }));
    assert!(violations.contains(&Violation::McpPath { path: "b.MCPB".into() }));
}

#[test]
fn an_unknown_version_is_a_warning() {
    let parsed = Kitfile::parse("manifestVersion: '2'\n", "Kitfile").unwrap();
    assert_eq!(parsed.warnings, [Warning::ManifestVersion { found: "2".into() }]);
    assert!(warnings("").is_empty());
}
