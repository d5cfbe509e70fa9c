//! Sections of a card: what stands under a heading, word for word.

use super::markdown::{Document, Kind, Line};
use super::{About, titles};
use crate::pick::{MAX_TEXT, cut, is_placeholder};

/// What stands under one heading.
#[derive(Clone, Debug)]
pub(super) struct Section<'a> {
    /// What it says.
    pub(super) properties: Vec<&'static str>,
    /// The heading in its normal form.
    pub(super) title: String,
    /// The lines from the heading to where the section ends, the heading left out.
    pub(super) lines: &'a [Line],
}

/// The sections whose headings say something. Each ends at the next heading of its level or above
/// it, and at every heading that says something itself.
pub(super) fn sections(document: &Document, about: About) -> Vec<Section<'_>> {
    let mut found = Vec::new();
    let headings: Vec<(usize, u8, String, Vec<&'static str>)> = document
        .lines
        .iter()
        .enumerate()
        .filter_map(|(at, line)| match &line.kind {
            Kind::Heading(level, title) => {
                let properties = titles::properties(title, about);
                Some((at, *level, titles::normal(title), properties))
            }
            _ => None,
        })
        .collect();
    for (position, (at, level, title, properties)) in headings.iter().enumerate() {
        if properties.is_empty() {
            continue;
        }
        let mut after = headings.iter().skip(position + 1);
        let end = after
            .find(|(_, other, _, properties)| {
                // A bold line ends a section of that kind only, so that no section ends too early.
                !properties.is_empty() || other <= level
            })
            .map_or(document.lines.len(), |(at, ..)| *at);
        let lines = document.lines.get(at + 1..end).unwrap_or_default();
        found.push(Section { properties: properties.clone(), title: title.clone(), lines });
    }
    found
}

/// The text of lines, word for word, with the numbers of its first and last line; none where no
/// line says anything. Cut at 16 KiB.
pub(super) fn quote(lines: &[Line]) -> Option<(String, u64, u64)> {
    let says = |line: &&Line| match line.kind {
        Kind::Text => !is_empty_item(&line.text),
        Kind::Code => !line.text.trim_start().starts_with(['`', '~']),
        _ => false,
    };
    lines.iter().find(says)?;
    let is_blank = |line: &Line| line.text.trim().is_empty();
    let start = lines.iter().position(|line| !is_blank(line))?;
    let end = lines.iter().rposition(|line| !is_blank(line))?;
    let kept = lines.get(start..=end)?;
    let text = kept.iter().map(|line| line.text.as_str()).collect::<Vec<_>>().join("\n");
    let text = cut(text.trim(), MAX_TEXT).trim_end().to_owned();
    let last = kept.first()?.number + text.matches('\n').count() as u64;
    Some((text, kept.first()?.number, last))
}

/// A placeholder, or a list item or label that has nothing else behind it.
fn is_empty_item(line: &str) -> bool {
    let lower = line.to_ascii_lowercase();
    // The second is what the template says before anybody has written anything.
    if lower.contains("more information needed")
        || lower.starts_with("carbon emissions can be estimated")
    {
        return true;
    }
    let text = line.trim().trim_start_matches(['-', '*', '+', '>', ' ']);
    let value = text.split_once(":**").or_else(|| text.split_once("**:")).map(|(_, value)| value);
    is_placeholder(value.unwrap_or(text))
}
