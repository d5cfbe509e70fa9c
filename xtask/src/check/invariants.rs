//! `ARCHITECTURE.md` names for each invariant the tests that hold it; each must exist.

use super::sources::{Source, below};
use crate::run::{Outcome, root};

/// Reads the page and every test of the workspace. Returns what is missing and how many are named.
pub(super) fn check_workspace() -> Outcome<(Vec<String>, usize)> {
    let page = std::fs::read_to_string(root().join("ARCHITECTURE.md"))?;
    let mut sources = below("crates")?;
    sources.extend(below("xtask")?);
    sources.extend(below("fuzz")?);
    let named = named_tests(&page);
    Ok((named.iter().filter_map(|test| missing(test, &sources)).collect(), named.len()))
}

/// The tests named as `` `path/of/file.rs::name` ``.
fn named_tests(page: &str) -> Vec<&str> {
    page.split('`').skip(1).step_by(2).filter(|code| code.contains(".rs::")).collect()
}

fn missing(test: &str, sources: &[Source]) -> Option<String> {
    let (path, name) = test.split_once("::")?;
    let function = format!("fn {name}(");
    let found = sources.iter().any(|file| file.shown == path && file.text.contains(&function));
    (!found).then(|| format!("ARCHITECTURE.md names `{test}`, which is not there"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_named_test_exists() {
        let (problems, named) = check_workspace().unwrap();
        assert_eq!(problems, Vec::<String>::new());
        assert!(named >= 10, "{named}");
    }

    #[test]
    fn a_test_that_is_gone_is_found() {
        let page = "| 1 | `a.rs::one` and `a.rs::two`, see `b` |";
        let sources = [Source { shown: "a.rs".into(), text: "fn one() {}".into() }];
        let gone: Vec<_> = named_tests(page).iter().filter_map(|t| missing(t, &sources)).collect();
        assert_eq!(gone, ["ARCHITECTURE.md names `a.rs::two`, which is not there"]);
    }
}
