//! The page that explains the marks of `verify` names every step that there is.

use crate::seal_common::{run, sealed};

const PAGE: &str = include_str!("../../../../docs/explanation/what-each-mark-proves.md");

#[test]
fn every_step_is_explained() {
    let sandbox = sealed();
    let whole = run(&sandbox, &["verify", "demo:v1", "--dir", "project", "--format", "json"]);
    let whole = whole.exits(0).json();
    let steps = whole["steps"].as_array().unwrap();
    assert!(steps.len() > 15, "{whole:#}");
    for step in steps {
        let id = step["id"].as_str().unwrap();
        assert!(PAGE.contains(&format!("`{id}`")), "`{id}` is not explained");
    }
}
