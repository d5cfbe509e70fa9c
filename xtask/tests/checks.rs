//! The checks of the architecture hold here: whoever runs the tests runs them too.

use std::process::Command;

/// Runs a task of the binary that was built with this test.
fn holds(task: &[&str]) {
    let found = Command::new(env!("CARGO_BIN_EXE_xtask")).args(task).output();
    let found = found.unwrap_or_else(|error| panic!("{task:?}: {error}"));
    let said = String::from_utf8_lossy(&found.stdout);
    let failed = String::from_utf8_lossy(&found.stderr);
    assert!(found.status.success(), "{task:?}: {said}{failed}");
    assert!(!said.is_empty(), "{task:?} said nothing");
}

#[test]
fn dependencies_point_down() {
    holds(&["check-layers"]);
}

#[test]
fn pure_crates_are_pure() {
    holds(&["check-purity"]);
}

#[test]
fn files_are_small() {
    holds(&["check-sizes"]);
}

#[test]
fn only_the_console_writes_to_the_terminal() {
    holds(&["check-terminal"]);
}

#[test]
fn the_tests_that_the_architecture_names_are_there() {
    holds(&["check-invariants"]);
}

#[test]
fn the_examples_fixtures_are_what_the_code_makes() {
    holds(&["fixtures", "--check"]);
}

#[test]
fn an_unknown_task_is_refused() {
    let found = Command::new(env!("CARGO_BIN_EXE_xtask")).arg("check-nothing").output().unwrap();
    assert!(!found.status.success());
}
