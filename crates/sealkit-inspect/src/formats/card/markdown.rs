//! Markdown by its lines: headings, code and text, HTML comments dropped. It is enough to find
//! sections, lists and tables and to quote them; nothing is rendered.

use sealkit_report::Budget;

use super::links;
use crate::InspectError;

/// Level of a line that is bold as a whole, which many use as a heading.
pub(super) const BOLD: u8 = 7;

/// What a line is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Nothing, a rule, or a comment alone.
    Blank,
    /// A heading with its level and its text without marks.
    Heading(u8, String),
    /// A fence of a code block, or a line in one.
    Code,
    /// Anything else.
    Text,
}

/// One line.
#[derive(Clone, Debug)]
pub(super) struct Line {
    /// Number in the file, from 1.
    pub(super) number: u64,
    /// The text without comments and without space at its end.
    pub(super) text: String,
    /// What it is.
    pub(super) kind: Kind,
}

/// A text in lines.
#[derive(Clone, Debug)]
pub(super) struct Document {
    /// The lines from the first to the last.
    pub(super) lines: Vec<Line>,
}

impl Document {
    /// Reads `text`, whose first line has the number `first`. Spends a step for each byte.
    pub(super) fn parse(text: &str, first: u64, budget: &mut Budget) -> Result<Self, InspectError> {
        budget.steps(text.len() as u64)?;
        let mut lines: Vec<Line> = Vec::new();
        let (mut fence, mut in_comment) = (None::<String>, false);
        for (number, raw) in (first..).zip(text.lines()) {
            if let Some(open) = &fence {
                let closes = raw.trim().starts_with(open.as_str())
                    && raw.trim().trim_start_matches(['`', '~']).is_empty();
                if closes {
                    fence = None;
                }
                let text = raw.trim_end().to_owned();
                lines.push(Line { number, text, kind: Kind::Code });
                continue;
            }
            let text = without_comments(raw, &mut in_comment).trim_end().to_owned();
            fence = opening(&text);
            let kind = if fence.is_some() { Kind::Code } else { kind(&text) };
            if let Some(level) = underline(&text)
                && let Some(last) = lines.last_mut().filter(|last| can_be_title(last))
            {
                last.kind = Kind::Heading(level, links::plain(&last.text));
                lines.push(Line { number, text: String::new(), kind: Kind::Blank });
                continue;
            }
            lines.push(Line { number, text, kind });
        }
        Ok(Self { lines })
    }
}

fn kind(text: &str) -> Kind {
    let trimmed = text.trim();
    if trimmed.is_empty() || is_rule(trimmed) {
        return Kind::Blank;
    }
    let hashes = trimmed.bytes().take_while(|b| *b == b'#').count();
    let rest = trimmed.get(hashes..).unwrap_or_default();
    if (1..=6).contains(&hashes) && (rest.is_empty() || rest.starts_with([' ', '\t'])) {
        let title = rest.trim().trim_end_matches('#');
        return Kind::Heading(hashes as u8, links::plain(title));
    }
    if let Some((level, title)) = html_heading(trimmed) {
        return Kind::Heading(level, links::plain(title));
    }
    let bold =
        trimmed.strip_prefix("**").and_then(|rest| rest.trim_end_matches(':').strip_suffix("**"));
    match bold.filter(|inner| !inner.is_empty() && !inner.contains("**")) {
        Some(inner) => Kind::Heading(BOLD, links::plain(inner)),
        None => Kind::Text,
    }
}

/// `<h2 align="center">Title</h2>` on one line.
fn html_heading(text: &str) -> Option<(u8, &str)> {
    let rest = text.strip_prefix("<h").or_else(|| text.strip_prefix("<H"))?;
    let level = rest.bytes().next().filter(|b| (b'1'..=b'6').contains(b))? - b'0';
    let (_, rest) = rest.split_once('>')?;
    let (title, _) = rest.rsplit_once("</")?;
    Some((level, title))
}

/// The fence that a line opens a code block with.
fn opening(text: &str) -> Option<String> {
    let trimmed = text.trim_start();
    let mark = trimmed.chars().next().filter(|c| matches!(c, '`' | '~'))?;
    let count = trimmed.chars().take_while(|c| *c == mark).count();
    let info = trimmed.get(count..).unwrap_or_default();
    (count >= 3 && !info.contains('`')).then(|| mark.to_string().repeat(count))
}

/// Level of the heading that a line of `=` or `-` makes of the line before it.
fn underline(text: &str) -> Option<u8> {
    let text = text.trim();
    match text.bytes().next() {
        Some(b'=') if text.bytes().all(|b| b == b'=') => Some(1),
        Some(b'-') if text.len() >= 2 && text.bytes().all(|b| b == b'-') => Some(2),
        _ => None,
    }
}

fn can_be_title(line: &Line) -> bool {
    let text = line.text.trim();
    line.kind == Kind::Text && text.len() <= 200 && !text.starts_with(['|', '-', '*', '>', '<'])
}

fn is_rule(text: &str) -> bool {
    let mark = text.chars().next().filter(|c| matches!(c, '-' | '*' | '_'));
    let only = mark.is_some_and(|mark| text.chars().all(|c| c == mark || c == ' '));
    only && text.chars().filter(|c| *c != ' ').count() >= 3
}

/// The line without what stands in HTML comments, which may go over many lines.
fn without_comments(line: &str, in_comment: &mut bool) -> String {
    let (mut out, mut rest) = (String::new(), line);
    loop {
        if *in_comment {
            let Some((_, after)) = rest.split_once("-->") else { return out };
            (*in_comment, rest) = (false, after);
        }
        let Some((before, after)) = rest.split_once("<!--") else {
            out.push_str(rest);
            return out;
        };
        out.push_str(before);
        (*in_comment, rest) = (true, after);
    }
}
