//! An AIBOM as Markdown, for a repository or a review.

use std::fmt::Write as _;

use sealkit_inspect::property;
use sealkit_report::is_deceptive;

use super::facts::{completeness, lines, sections, ties};
use crate::{Bom, Component, Kind};

/// Writes the AIBOM as Markdown. What comes from files is escaped, so that none of it is markup.
pub fn markdown(bom: &Bom) -> String {
    let mut page = String::new();
    let subject = &bom.subject;
    // Writing to a text cannot fail.
    let _ = writeln!(page, "# AIBOM of {}\n", escape(&subject.name));
    if let Some(digest) = subject.digest() {
        let _ = writeln!(page, "Digest: `{digest}`\n");
    }
    about(&mut page, bom, subject);
    for section in sections(bom) {
        let _ = writeln!(page, "## {}\n", section.title);
        if section.components.iter().all(|c| is_short(c)) {
            short(&mut page, &section.components);
            continue;
        }
        for component in section.components {
            let _ = writeln!(page, "### {}\n", escape(&component.name));
            about(&mut page, bom, component);
        }
    }
    files(&mut page, bom);
    let _ = writeln!(page, "## What is not known\n");
    for line in completeness(bom) {
        let _ = writeln!(page, "- {line}");
    }
    page
}

/// Things of which there are many, with little to say of each.
fn is_short(component: &Component) -> bool {
    matches!(component.kind, Kind::Library | Kind::Container | Kind::ExternalDataset)
}

fn short(page: &mut String, components: &[&Component]) {
    let _ = writeln!(page, "| name | version | package URL |\n|---|---|---|");
    for component in components {
        let version = component.text(property::VERSION).unwrap_or_default();
        let purl = component.purl.as_deref().unwrap_or_default();
        let cells = [component.name.as_str(), version, purl].map(escape);
        let _ = writeln!(page, "| {} |", cells.join(" | "));
    }
    page.push('\n');
}

fn about(page: &mut String, bom: &Bom, component: &Component) {
    let lines = lines(component);
    if !lines.is_empty() {
        let _ = writeln!(page, "| what | value | known | from |\n|---|---|---|---|");
        for line in lines {
            let cells = [&line.title, &line.value, line.known, &line.place].map(escape);
            let _ = writeln!(page, "| {} |", cells.join(" | "));
        }
        page.push('\n');
    }
    let ties = ties(bom, component);
    for tie in &ties {
        let _ = writeln!(page, "- {}", escape(tie));
    }
    if !ties.is_empty() {
        page.push('\n');
    }
}

fn files(page: &mut String, bom: &Bom) {
    let files: Vec<&Component> = bom.of_kind(Kind::File).collect();
    if files.is_empty() {
        return;
    }
    let _ = writeln!(page, "## Files\n\n| path | format | bytes | SHA-256 |\n|---|---|---|---|");
    for file in files {
        let format = file.text(property::FORMAT).unwrap_or_default();
        let size = file.size.map(|size| size.to_string()).unwrap_or_default();
        let digest = file.sha256().map(|digest| digest.hex().to_owned()).unwrap_or_default();
        let (name, format) = (escape(&file.name), escape(format));
        let _ = writeln!(page, "| {name} | {format} | {size} | {digest} |");
    }
    page.push('\n');
}

/// Text of strangers as text: one line, no markup, no tags.
pub(crate) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' | '\r' => out.push_str("<br>"),
            c if is_deceptive(c) => out.push('\u{fffd}'),
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '|' | '`' | '*' | '_' | '[' | ']' | '(' | ')' | '#' | '\\' | '!' | '~' => {
                out.push('\\');
                out.push(c);
            }
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_a_stranger_is_markup() {
        assert_eq!(escape("a|b\n<script>"), "a\\|b<br>&lt;script&gt;");
        assert_eq!(escape("[x](javascript:y)"), "\\[x\\]\\(javascript:y\\)");
        assert_eq!(escape("\u{1b}[31m"), "\u{fffd}\\[31m");
        assert_eq!(escape("gpj.\u{202e}exe"), "gpj.\u{fffd}exe");
        assert_eq!(super::super::page::escape("gpj.\u{202e}<exe"), "gpj.\u{fffd}&lt;exe");
    }
}
