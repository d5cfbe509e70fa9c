//! Pure crates reach for nothing: invariant 1 of `ARCHITECTURE.md`.
//!
//! The wasm32 build alone does not hold it, since the standard library has stubs there.

use super::layers::pure;
use super::scrub::scrub;
use super::sources::{line_of, shipped};
use crate::run::Outcome;

/// Modules of `std` that a pure crate leaves alone.
static MODULES: &[&str] = &["env", "fs", "net", "os", "process", "thread"];

/// Plain values of those modules: parsing an address opens nothing.
static ADDRESSES: &[&str] = &["net::IpAddr", "net::Ipv4Addr", "net::Ipv6Addr"];

/// Names and calls that a pure crate leaves alone wherever they come from.
static NAMES: &[&str] =
    &["SystemTime", "Instant", "RandomState", "println!", "eprintln!", "print!", "eprint!"];

/// Looks through every source file of the pure crates. Returns what it found and how many files.
pub(super) fn check_workspace() -> Outcome<(Vec<String>, usize)> {
    let mut files = shipped()?;
    let folders: Vec<String> = pure().map(|name| format!("crates/{name}/")).collect();
    files.retain(|file| folders.iter().any(|folder| file.shown.starts_with(folder)));
    let problems = files.iter().flat_map(|file| check_text(&file.shown, &file.text)).collect();
    Ok((problems, files.len()))
}

/// What a source text uses that a pure crate must not.
fn check_text(shown: &str, source: &str) -> Vec<String> {
    let code = scrub(source);
    let mut problems = Vec::new();
    for (at, _) in code.match_indices("std::").filter(|(at, _)| starts_word(&code, *at)) {
        let path = &code[at + "std::".len()..];
        if ADDRESSES.iter().any(|address| path.starts_with(address)) {
            continue;
        }
        for module in modules_after(path) {
            if MODULES.contains(&module) {
                problems.push(format!("{shown}:{}: `std::{module}`", line_of(&code, at)));
            }
        }
    }
    for name in NAMES {
        for (at, _) in code.match_indices(name) {
            if starts_word(&code, at) && ends_word(&code, at + name.len()) {
                problems.push(format!("{shown}:{}: `{name}`", line_of(&code, at)));
            }
        }
    }
    problems
}

/// The first path segments after `std::`: one, or those of a `{…}` group.
fn modules_after(code: &str) -> Vec<&str> {
    let Some(group) = code.trim_start().strip_prefix('{') else {
        return code.split(|c: char| !is_word(c)).take(1).collect();
    };
    let mut depth = 0usize;
    let mut start = 0;
    let mut modules = Vec::new();
    for (at, here) in group.char_indices() {
        match here {
            ',' | '}' if depth == 0 => {
                modules.push(first_segment(&group[start..at]));
                start = at + 1;
                if here == '}' {
                    break;
                }
            }
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
    }
    modules
}

fn first_segment(path: &str) -> &str {
    path.trim().split(|c: char| !is_word(c)).next().unwrap_or_default()
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn starts_word(code: &str, at: usize) -> bool {
    !code[..at].chars().next_back().is_some_and(is_word)
}

fn ends_word(code: &str, end: usize) -> bool {
    code[..end].ends_with('!') || !code[end..].chars().next().is_some_and(is_word)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(source: &str) -> Vec<String> {
        check_text("f.rs", source)
    }

    #[test]
    fn the_workspace_is_pure_where_it_must_be() {
        let (problems, files) = check_workspace().unwrap();
        assert_eq!(problems, Vec::<String>::new());
        assert!(files > 10);
    }

    #[test]
    fn each_way_to_name_a_module_is_found() {
        assert_eq!(found("use std::fs;"), ["f.rs:1: `std::fs`"]);
        assert_eq!(found("\nlet x = std::env::var(y);"), ["f.rs:2: `std::env`"]);
        assert_eq!(found("use std::{io::{Read, Write}, net::TcpStream};"), ["f.rs:1: `std::net`"]);
        assert_eq!(found("use std::{\n  fmt,\n  thread,\n};"), ["f.rs:1: `std::thread`"]);
    }

    #[test]
    fn clocks_printing_and_processes_are_found() {
        assert_eq!(found("use std::time::{Duration, Instant};").len(), 1);
        assert_eq!(found("fn f() { println!(x) }"), ["f.rs:1: `println!`"]);
        assert_eq!(found("std::process::Command::new(x)"), ["f.rs:1: `std::process`"]);
    }

    #[test]
    fn likenesses_comments_and_tests_are_not() {
        assert!(found("use std::io; struct InstantNoodle; // std::fs").is_empty());
        assert!(found("use my_std::fs; use std::fmt::{self, Write};").is_empty());
        assert!(found("#[cfg(test)]\nmod tests { use std::fs; }").is_empty());
        assert!(found("let x = \"std::net\";").is_empty());
        assert!(found("text.parse::<std::net::Ipv6Addr>()").is_empty());
    }
}
