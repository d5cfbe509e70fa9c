//! The line and paragraph separators U+2028 and U+2029. Go's YAML, which `kit` writes with, takes them
//! for line breaks (YAML 1.1 §5.4): it indents what follows one, and reads the indentation away. For
//! the parser here they are letters (YAML 1.2).

use std::borrow::Cow;

use saphyr_parser::ScalarStyle;

/// The text of a scalar as Go reads it; none where that can not be told.
pub(super) fn as_go_reads(text: Cow<'_, str>, style: ScalarStyle) -> Option<Cow<'_, str>> {
    if !text.contains(is_separator) {
        return Some(text);
    }
    match style {
        // Go writes them escaped in double quotes: a blank beside one is meant.
        ScalarStyle::DoubleQuoted => Some(text),
        ScalarStyle::Plain | ScalarStyle::SingleQuoted => Some(Cow::Owned(without_blanks(&text))),
        // How deep a block is indented is not known any more.
        _ => (!has_blank_behind(&text)).then_some(text),
    }
}

fn is_separator(c: char) -> bool {
    matches!(c, '\u{2028}' | '\u{2029}')
}

fn is_blank(c: char) -> bool {
    matches!(c, ' ' | '\t')
}

fn has_blank_behind(text: &str) -> bool {
    let behind = |at: usize, c: char| text.get(at + c.len_utf8()..).unwrap_or_default();
    let mut found = text.char_indices().filter(|(_, c)| is_separator(*c));
    found.any(|(at, c)| behind(at, c).starts_with(is_blank))
}

/// Without the blanks on both sides of a separator.
fn without_blanks(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    for c in text.chars() {
        if is_separator(c) {
            clean.truncate(clean.trim_end_matches(is_blank).len());
        }
        if !(is_blank(c) && clean.ends_with(is_separator)) {
            clean.push(c);
        }
    }
    clean
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, style: ScalarStyle) -> Option<String> {
        as_go_reads(text.into(), style).map(Cow::into_owned)
    }

    #[test]
    fn blanks_beside_a_separator_are_no_text_outside_of_double_quotes() {
        for style in [ScalarStyle::Plain, ScalarStyle::SingleQuoted] {
            assert_eq!(read("a\u{2028}    b  c", style).unwrap(), "a\u{2028}b  c");
            assert_eq!(read("a \t\u{2029}\u{2028}  b", style).unwrap(), "a\u{2029}\u{2028}b");
            assert_eq!(read("  a  ", style).unwrap(), "  a  ");
        }
        assert_eq!(read("a \u{2028} b", ScalarStyle::DoubleQuoted).unwrap(), "a \u{2028} b");
    }

    #[test]
    fn in_a_block_only_what_is_plain_is_taken() {
        assert_eq!(read("a\u{2028}\nb", ScalarStyle::Literal).unwrap(), "a\u{2028}\nb");
        assert_eq!(read("a\u{2028}  b", ScalarStyle::Literal), None);
        assert_eq!(read("a  b", ScalarStyle::Folded).unwrap(), "a  b");
    }
}
