//! How a string is written: plain where it reads back as the same string, else quoted, or as a
//! literal block where it has several lines.

use super::out::{is_break, is_printable};
use crate::yaml::scalar::{self, Scalar};

/// The ways to write a scalar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Style {
    Plain,
    Single,
    Double,
    Literal,
}

/// Where a scalar stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Block,
    Flow,
    /// Before its `:`.
    Key,
}

/// What a text allows.
#[derive(Debug)]
pub(super) struct Analysis {
    pub(super) multiline: bool,
    flow_plain: bool,
    block_plain: bool,
    single: bool,
    literal: bool,
}

/// Chooses the style of a text that must read back as a string.
pub(super) fn choose(text: &str, analysis: &Analysis, place: Place) -> Style {
    let mut style = if text.contains('\n') {
        Style::Literal
    } else if reads_as_string(text) {
        Style::Plain
    } else {
        Style::Double
    };
    if place == Place::Key && analysis.multiline {
        style = Style::Double;
    }
    if style == Style::Plain {
        let allowed = if place == Place::Flow { analysis.flow_plain } else { analysis.block_plain };
        if !allowed {
            style = if analysis.single { Style::Single } else { Style::Double };
        }
    }
    if style == Style::Literal && (!analysis.literal || place != Place::Block) {
        style = Style::Double;
    }
    style
}

/// Whether the plain text would be read as a string by YAML 1.1 and 1.2 both.
fn reads_as_string(text: &str) -> bool {
    scalar::resolve(text) == Scalar::Text && !is_old_bool(text) && !is_base_60(text)
}

fn is_old_bool(text: &str) -> bool {
    matches!(
        text,
        "y" | "Y"
            | "yes"
            | "Yes"
            | "YES"
            | "on"
            | "On"
            | "ON"
            | "n"
            | "N"
            | "no"
            | "No"
            | "NO"
            | "off"
            | "Off"
            | "OFF"
    )
}

/// `[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?`: YAML 1.1 reads it as a number to base 60.
fn is_base_60(text: &str) -> bool {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let is_digit_or_line = |c: char| c.is_ascii_digit() || c == '_';
    let (places, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
    let mut places = places.split(':');
    let first = places.next().unwrap_or_default();
    let rest: Vec<&str> = places.collect();
    let place_fits = |place: &&str| match place.as_bytes() {
        [one] => one.is_ascii_digit(),
        [ten, one] => (b'0'..=b'5').contains(ten) && one.is_ascii_digit(),
        _ => false,
    };
    first.starts_with(|c: char| c.is_ascii_digit())
        && first.chars().all(is_digit_or_line)
        && !rest.is_empty()
        && rest.iter().all(place_fits)
        && fraction.chars().all(is_digit_or_line)
}

/// Finds what a text allows.
pub(super) fn analyze(text: &str) -> Analysis {
    if text.is_empty() {
        return Analysis {
            multiline: false,
            flow_plain: false,
            block_plain: true,
            single: true,
            literal: false,
        };
    }
    let (flow_mark, block_mark) = marks(text);
    let multiline = text.contains(is_break);
    let special = text.chars().any(|c| c != '\t' && !is_printable(c));
    let pairs = || text.chars().zip(text.chars().skip(1));
    let space_break = pairs().any(|(a, b)| a == ' ' && is_break(b));
    let break_space = pairs().any(|(a, b)| is_break(a) && b == ' ');
    let is_edge = |c: char| c == ' ' || is_break(c);
    let odd_edge = text.starts_with(is_edge) || text.ends_with(is_edge);
    let unquotable = break_space || space_break || text.contains('\t') || special;
    Analysis {
        multiline,
        flow_plain: !(odd_edge || unquotable || multiline || flow_mark),
        block_plain: !(odd_edge || unquotable || multiline || block_mark),
        single: !unquotable,
        literal: !(text.ends_with(' ') || space_break || special),
    }
}

/// Whether the text has marks that mean something inside flow and inside block context.
fn marks(text: &str) -> (bool, bool) {
    let (mut flow, mut block) = (false, false);
    if text.starts_with("---") || text.starts_with("...") {
        (flow, block) = (true, true);
    }
    let mut before = None;
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        let blank_follows = rest.peek().is_none_or(|next| matches!(next, ' ' | '\t'));
        match (c, before) {
            (
                '#' | ',' | '[' | ']' | '{' | '}' | '&' | '*' | '!' | '|' | '>' | '\'' | '"' | '%'
                | '@' | '`',
                None,
            ) => (flow, block) = (true, true),
            ('-', None) if blank_follows => (flow, block) = (true, true),
            ('?', None) | (':', _) => {
                flow = true;
                block |= blank_follows;
            }
            (',' | '?' | '[' | ']' | '{' | '}', Some(_)) => flow = true,
            ('#', Some(last)) if is_blank(last) => (flow, block) = (true, true),
            _ => {}
        }
        before = Some(c);
    }
    (flow, block)
}

fn is_blank(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\0') || is_break(c)
}
