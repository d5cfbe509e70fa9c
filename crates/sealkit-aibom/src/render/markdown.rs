//! An AIBOM as Markdown, for a repository or a review.

use std::fmt::Write as _;

use sealkit_inspect::property;
use sealkit_report::is_deceptive;

use super::facts::{
    COMPLETENESS, FILES, TROUBLES, brief, completeness, counted, elsewhere, is_brief, lines,
    sections, ties, troubles,
};
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
    let _ = writeln!(page, "{}\n", escape(&counted(bom)));
    about(&mut page, bom, subject);
    let troubles = troubles(bom);
    if !troubles.is_empty() {
        let _ = writeln!(page, "## {TROUBLES}\n");
        list(&mut page, &troubles);
    }
    for section in sections(bom) {
        let _ = writeln!(page, "## {}\n", section.title);
        let (brief, long): (Vec<_>, Vec<_>) =
            section.components.into_iter().partition(|component| is_brief(bom, component));
        for component in long {
            let path = elsewhere(component).map(|path| format!(" ({})", escape(path)));
            let _ = writeln!(page, "### {}{}\n", escape(&component.name), path.unwrap_or_default());
            about(&mut page, bom, component);
        }
        short(&mut page, &brief);
    }
    files(&mut page, bom);
    let _ = writeln!(page, "## {COMPLETENESS}\n");
    for line in completeness(bom) {
        let _ = writeln!(page, "- {line}");
    }
    page
}

fn list(page: &mut String, texts: &[String]) {
    for text in texts {
        let _ = writeln!(page, "- {}", escape(text));
    }
    if !texts.is_empty() {
        page.push('\n');
    }
}

fn short(page: &mut String, components: &[&Component]) {
    if components.is_empty() {
        return;
    }
    let _ = writeln!(page, "| name | version | licence | package URL |\n|---|---|---|---|");
    for component in components {
        let _ = writeln!(page, "| {} |", brief(component).map(escape).join(" | "));
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
    list(page, &ties(bom, component));
}

fn files(page: &mut String, bom: &Bom) {
    let files: Vec<&Component> = bom.of_kind(Kind::File).collect();
    if files.is_empty() {
        return;
    }
    let _ = writeln!(page, "## {FILES}\n\n| path | format | bytes | SHA-256 |\n|---|---|---|---|");
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
