//! A score for people: Markdown, and one HTML page that needs nothing else.

use std::fmt::Write as _;

use super::{ElementResult, Requirement, Score, State, Supply};
use crate::render::markdown_escape;
use crate::render::page::{escape, finish, start, table_head};

/// Most things that a row names as lacking an element.
const MAX_SHOWN: usize = 5;

/// Writes a score as a page. What comes from files is escaped; the page needs nothing else.
pub fn score_html(score: &Score) -> String {
    let mut page = String::new();
    start(&mut page, &score.title);
    // Writing to a text cannot fail.
    let _ = writeln!(
        page,
        "<p class=\"dim\">{} · {} of {} points · {} %</p>\n</header>\n<main>",
        escape(&score.edition),
        score.points,
        score.of,
        score.percent
    );
    for (cluster, elements) in clusters(score) {
        let _ = writeln!(page, "<section>\n<h2>{}</h2>", escape(cluster));
        table_head(&mut page, &["id", "element", "needed", "state", "looked at", "how to supply"]);
        for element in elements {
            let state = escape(&state(element));
            let _ = writeln!(
                page,
                "<tr><td>{}</td><td>{}</td><td>{}</td><td>{state}</td><td class=\"mono dim\">{}</td><td>{}</td></tr>",
                escape(&element.id),
                escape(&element.title),
                needed(element.requirement),
                escape(&element.looked_at.join(", ")),
                escape(&supply(element))
            );
        }
        page.push_str("</tbody></table>\n</section>\n");
    }
    finish(&mut page);
    page
}

/// Writes a score as Markdown. What comes from files is escaped, so that none of it is markup.
pub fn score_markdown(score: &Score) -> String {
    let mut page = String::new();
    let _ = writeln!(page, "# {}\n", markdown_escape(&score.title));
    let (points, of) = (score.points, score.of);
    let edition = markdown_escape(&score.edition);
    let _ = writeln!(page, "{edition}: {points} of {of} points, {} %\n", score.percent);
    for (cluster, elements) in clusters(score) {
        let _ = writeln!(page, "## {}\n", markdown_escape(cluster));
        let _ = writeln!(page, "| id | element | needed | state | looked at | how to supply |");
        let _ = writeln!(page, "|---|---|---|---|---|---|");
        for element in elements {
            let cells = [
                element.id.as_str(),
                &element.title,
                needed(element.requirement),
                &state(element),
                &element.looked_at.join(", "),
                &supply(element),
            ];
            let _ = writeln!(page, "| {} |", cells.map(markdown_escape).join(" | "));
        }
        page.push('\n');
    }
    page
}

/// The elements by cluster, both in the order of the profile.
fn clusters(score: &Score) -> Vec<(&str, Vec<&ElementResult>)> {
    let mut all: Vec<(&str, Vec<&ElementResult>)> = Vec::new();
    for element in &score.elements {
        match all.iter_mut().find(|(cluster, _)| *cluster == element.cluster) {
            Some((_, elements)) => elements.push(element),
            None => all.push((&element.cluster, vec![element])),
        }
    }
    all
}

fn needed(requirement: Requirement) -> &'static str {
    match requirement {
        Requirement::Must => "must",
        Requirement::Should => "should",
        Requirement::May => "may",
    }
}

fn state(element: &ElementResult) -> String {
    let word = match element.state {
        State::Present => "present",
        State::NotApplicable => return "not applicable".to_owned(),
        State::ExplicitUnknown => "said to be unknown",
        State::Missing => "missing",
    };
    let mut text = word.to_owned();
    if element.asked > 1 {
        let _ = write!(text, ", {} of {}", element.present, element.asked);
    }
    let shown: Vec<&str> = element.missing.iter().take(MAX_SHOWN).map(String::as_str).collect();
    if !shown.is_empty() {
        let _ = write!(text, ": {}", shown.join(", "));
        let silent = element.asked.saturating_sub(element.present + element.unknown);
        if silent > shown.len() {
            let _ = write!(text, " and {} more", silent - shown.len());
        }
    }
    text
}

/// How to supply what is not there.
fn supply(element: &ElementResult) -> String {
    if matches!(element.state, State::Present | State::NotApplicable) {
        return String::new();
    }
    let Supply { flag, overlay, file, step } = &element.how_to_supply;
    let mut ways = Vec::new();
    ways.extend(flag.clone());
    ways.extend(overlay.as_ref().map(|key| format!("overlay `{key}`")));
    ways.extend(file.clone());
    ways.extend(step.clone());
    ways.join(", or ")
}
