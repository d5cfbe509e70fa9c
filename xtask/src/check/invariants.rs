//! Pages name the tests that hold what they promise: `ARCHITECTURE.md` for each invariant, the list of
//! attacks for each attack, the list of faults for each fault of a hub. Each of these tests must exist.

use super::sources::{Source, below};
use crate::run::{Outcome, root};

/// The pages that name tests.
const PAGES: [&str; 3] =
    ["ARCHITECTURE.md", "docs/reference/attacks.md", "docs/reference/hub-faults.md"];

/// Reads the pages and every test of the workspace. Returns what is missing and how many are named.
pub(super) fn check_workspace() -> Outcome<(Vec<String>, usize)> {
    let mut sources = below("crates")?;
    sources.extend(below("xtask")?);
    sources.extend(below("fuzz")?);
    let (mut problems, mut count) = (Vec::new(), 0);
    for page in PAGES {
        let text = std::fs::read_to_string(root().join(page))?;
        let named = named_tests(&text);
        problems.extend(named.iter().filter_map(|test| missing(page, test, &sources)));
        count += named.len();
    }
    Ok((problems, count))
}

/// The tests named as `` `path/of/file.rs::name` ``.
fn named_tests(page: &str) -> Vec<&str> {
    page.split('`').skip(1).step_by(2).filter(|code| code.contains(".rs::")).collect()
}

fn missing(page: &str, test: &str, sources: &[Source]) -> Option<String> {
    let (path, name) = test.split_once("::")?;
    let function = format!("fn {name}(");
    let found = sources.iter().any(|file| file.shown == path && file.text.contains(&function));
    (!found).then(|| format!("{page} names `{test}`, which is not there"))
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
        let gone: Vec<_> =
            named_tests(page).iter().filter_map(|t| missing("P.md", t, &sources)).collect();
        assert_eq!(gone, ["P.md names `a.rs::two`, which is not there"]);
    }
}
