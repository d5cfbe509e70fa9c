//! The help of every command, as snapshots.

use crate::common::Sandbox;

#[test]
fn every_command_has_its_help() {
    let sandbox = Sandbox::new();
    let top = sandbox.run(["--help"]).exits(0).stdout;
    let mut page = section("sealkit", &top);
    for command in commands(&top) {
        let text = sandbox.run([&command, "--help"]).exits(0).stdout;
        page.push_str(&section(&format!("sealkit {command}"), &text));
        for sub in commands(&text) {
            let text = sandbox.run([&command, &sub, "--help"]).exits(0).stdout;
            page.push_str(&section(&format!("sealkit {command} {sub}"), &text));
        }
    }
    insta::assert_snapshot!("help", page);
}

fn section(title: &str, help: &str) -> String {
    let lines: Vec<&str> = help.lines().map(str::trim_end).collect();
    format!("=== {title}\n{}\n\n", lines.join("\n"))
}

/// The names under `Commands:`.
fn commands(help: &str) -> Vec<String> {
    help.lines()
        .skip_while(|line| *line != "Commands:")
        .skip(1)
        .take_while(|line| line.starts_with("  "))
        .filter_map(|line| line.strip_prefix("  ")?.split(' ').next())
        .filter(|name| !name.is_empty() && *name != "help")
        .map(str::to_owned)
        .collect()
}

#[test]
fn help_is_an_answer_and_a_typo_is_not() {
    let sandbox = Sandbox::new();
    assert!(sandbox.run(["pack", "--help"]).exits(0).stderr.is_empty());
    let typo = sandbox.run(["pussh"]).exits(2);
    assert!(typo.stderr.contains("push"), "{typo}");
    assert!(typo.stdout.is_empty(), "{typo}");
}

#[cfg(unix)]
#[test]
fn called_as_kit_failures_exit_with_1_and_look_like_kits() {
    let kit = Sandbox::named("kit");
    let run = kit.run(["inspect", "nope:v1"]).exits(1);
    assert!(run.stderr.starts_with("[ERROR] Could not find"), "{run}");
    kit.run(["bogus"]).exits(1);
}

#[test]
fn completions_name_the_commands() {
    let sandbox = Sandbox::new();
    for shell in ["bash", "zsh", "fish", "powershell"] {
        let script = sandbox.run(["completion", shell]).exits(0).stdout;
        assert!(script.contains("verify"), "{shell}");
    }
}
