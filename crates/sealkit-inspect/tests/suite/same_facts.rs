//! What does not change what a file says does not change its facts: other line ends, a mark at its start, a line more
//! before it, another layout of the same JSON.

use sealkit_inspect::{Facts, inspect, property};
use sealkit_report::Budget;
use serde_json::Value as Json;

/// Digests of texts as they stand, and sizes.
const OF_BYTES: &[&str] = &[property::CHAT_TEMPLATE_DIGEST];

/// Every fact and finding as a line, with its place.
fn lines(facts: &Facts) -> Vec<String> {
    let facts_of =
        facts.facts.iter().filter(|fact| !OF_BYTES.contains(&&*fact.property)).map(|fact| {
            let known = fact.evidence.known;
            format!(
                "{}[{}] = {} @{} {known:?}",
                fact.property, fact.subject, fact.value, fact.evidence.place
            )
        });
    let findings =
        facts.findings.iter().map(|f| format!("! {} {} @{}", f.rule, f.message, f.evidence.place));
    let all = facts_of.chain(findings).chain(facts.incomplete.then(|| "incomplete".to_owned()));
    all.map(|line| line.replace("\r\n", "\n").replace('\r', "")).collect()
}

fn look(path: &str, bytes: &[u8]) -> Vec<String> {
    lines(&inspect(path, &bytes, &mut Budget::default()).1)
}

/// The files that are text with simple line ends.
fn texts() -> Vec<(String, String)> {
    let texts = crate::corpus::files()
        .into_iter()
        .filter_map(|(path, bytes)| Some((path, String::from_utf8(bytes).ok()?)));
    let texts: Vec<_> = texts
        .filter(|(path, text)| {
            !text.contains(['\r', '\0'])
                && !path.starts_with("git/")
                && !path.starts_with("models/")
        })
        .collect();
    assert!(texts.len() > 60, "{}", texts.len());
    texts
}

/// The lines in which two readings differ.
fn differences(path: &str, before: &[String], after: &[String]) -> Vec<String> {
    let gone =
        before.iter().filter(|line| !after.contains(line)).map(|line| format!("{path}: - {line}"));
    let new =
        after.iter().filter(|line| !before.contains(line)).map(|line| format!("{path}: + {line}"));
    gone.chain(new).collect()
}

#[test]
fn line_ends_of_another_system_say_the_same() {
    let mut wrong = Vec::new();
    for (path, text) in texts() {
        let other = look(&path, text.replace('\n', "\r\n").as_bytes());
        wrong.extend(differences(&path, &look(&path, text.as_bytes()), &other));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_mark_at_the_start_and_a_missing_line_end_say_the_same() {
    let mut wrong = Vec::new();
    for (path, text) in texts() {
        let before = look(&path, text.as_bytes());
        wrong.extend(differences(
            &path,
            &before,
            &look(&path, format!("\u{FEFF}{text}").as_bytes()),
        ));
        wrong.extend(differences(
            &path,
            &before,
            &look(&path, text.trim_end_matches('\n').as_bytes()),
        ));
        wrong.extend(differences(&path, &before, &look(&path, format!("{text}\n").as_bytes())));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn another_layout_of_the_same_json_says_the_same() {
    let (mut wrong, mut checked) = (Vec::new(), 0);
    for (path, text) in texts() {
        let Ok(tree) = serde_json::from_str::<Json>(&text) else { continue };
        if !tree.is_object() && !tree.is_array() {
            continue;
        }
        checked += 1;
        let before = look(&path, text.as_bytes());
        for layout in [serde_json::to_string(&tree), serde_json::to_string_pretty(&tree)] {
            let layout = layout.unwrap_or_default();
            wrong.extend(differences(&path, &before, &look(&path, layout.as_bytes())));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(checked > 25, "{checked}");
}

/// A fact with the lines of its place further down.
fn moved(line: &str, by: usize) -> String {
    let Some((head, place)) = line.rsplit_once(" @line") else { return line.to_owned() };
    let (numbers, known) =
        place.trim_start_matches('s').trim_start().split_once(' ').unwrap_or((place, ""));
    let numbers: Vec<String> = numbers
        .split('-')
        .map(|number| {
            number
                .trim()
                .parse::<usize>()
                .map_or_else(|_| number.to_owned(), |n| (n + by).to_string())
        })
        .collect();
    let kind = if place.starts_with('s') { "lines" } else { "line" };
    format!("{head} @{kind} {} {known}", numbers.join("-")).trim_end().to_owned()
}

#[test]
fn lines_before_move_the_places_and_nothing_else() {
    let before_all = [
        ("requirements.txt", "# one\n\n"),
        ("go.mod", "// one\n\n"),
        ("go.sum", "\n\n"),
        ("yarn.v1.lock", "# one\n\n"),
        ("yarn.berry.lock", "# one\n\n"),
    ];
    let mut wrong = Vec::new();
    for (path, text) in crate::corpus::folder("golden") {
        let text = String::from_utf8_lossy(&text).into_owned();
        let Some((_, first)) = before_all.iter().find(|(name, _)| *name == path) else { continue };
        // Both locks of Yarn go by one name.
        let name = if path.starts_with("yarn") { "yarn.lock" } else { &path };
        let before: Vec<String> =
            look(name, text.as_bytes()).iter().map(|line| moved(line, 2)).collect();
        assert!(before.iter().any(|line| line.contains(" @line")), "{path}");
        wrong.extend(differences(&path, &before, &look(name, format!("{first}{text}").as_bytes())));
    }
    for (path, text) in texts().iter().filter(|(path, _)| path.ends_with("README.md")) {
        // Blank lines between the front matter and the text.
        let body = text
            .strip_prefix("---\n")
            .and_then(|rest| rest.find("\n---\n"))
            .map_or(0, |at| 4 + at + 5);
        let shifted = format!("{}\n\n{}", &text[..body], &text[body..]);
        let before: Vec<String> =
            look(path, text.as_bytes()).iter().map(|line| moved(line, 2)).collect();
        wrong.extend(differences(path, &before, &look(path, shifted.as_bytes())));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
