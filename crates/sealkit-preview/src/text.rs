//! Text out of bytes that may be anything.

use std::fmt::Write;

use sealkit_api::TextHead;
use sealkit_inspect::{InspectError, ReadAt};
use sealkit_report::{Budget, is_deceptive};

use crate::spread::spread;

/// Most bytes of a text that one look reads: 64 KiB.
pub(crate) const MAX_TEXT: u64 = 64 << 10;
/// Longest sequence of bytes that makes one character in UTF-8.
const MAX_SEQUENCE: usize = 4;

/// The bytes from `start` on, at most `limit` of them, paid for before they are read.
pub(crate) fn bytes(
    source: &dyn ReadAt,
    start: u64,
    limit: u64,
    budget: &mut Budget,
) -> Result<Vec<u8>, InspectError> {
    let len = source.len().saturating_sub(start).min(limit);
    budget.bytes(len)?;
    let mut bytes = vec![0; usize::try_from(len).unwrap_or_default()];
    source.read_at(start, &mut bytes)?;
    Ok(bytes)
}

/// The text from `offset` on, at most [`MAX_TEXT`] bytes of it, cut at the end of a line where there is
/// one. JSON without line breaks gets some.
///
/// # Errors
/// When the bytes can not be read, or cost more than `budget` has.
pub(crate) fn head(
    source: &dyn ReadAt,
    offset: u64,
    language: Option<&str>,
    budget: &mut Budget,
) -> Result<TextHead, InspectError> {
    let window = bytes(source, offset, MAX_TEXT, budget)?;
    let ends = offset.saturating_add(window.len() as u64) >= source.len();
    let window = if ends { window.as_slice() } else { whole_lines(&window) };
    let decoded = decode(window, offset > 0, ends);
    let next = offset.saturating_add(decoded.used as u64);
    let text = readable(&decoded.text);
    let laid_out = Some(&text)
        .filter(|_| language == Some("json") && offset == 0)
        .and_then(|text| spread(text));
    Ok(TextHead {
        language: language.map(str::to_owned),
        spread: laid_out.is_some(),
        text: laid_out.unwrap_or(text),
        offset,
        next: Some(next).filter(|_| !ends),
        replaced: decoded.replaced,
    })
}

/// The part of a window up to its last line break; all of it where that would be less than half.
fn whole_lines(window: &[u8]) -> &[u8] {
    let end = window.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    if end * 2 < window.len() { window } else { window.get(..end).unwrap_or(window) }
}

struct Decoded {
    text: String,
    /// Bytes that the text stands for.
    used: usize,
    replaced: u64,
}

/// Reads UTF-8. `inside` says that the bytes may begin in the middle of a character, `ends` that none
/// follow. Every sequence that is no UTF-8 becomes one `U+FFFD`.
fn decode(bytes: &[u8], inside: bool, ends: bool) -> Decoded {
    let is_rest = |byte: &&u8| **byte & 0xC0 == 0x80;
    let skipped =
        if inside { bytes.iter().take(MAX_SEQUENCE - 1).take_while(is_rest).count() } else { 0 };
    let mut decoded = Decoded { text: String::new(), used: skipped, replaced: 0 };
    for chunk in bytes.get(skipped..).unwrap_or_default().utf8_chunks() {
        decoded.text.push_str(chunk.valid());
        decoded.used += chunk.valid().len();
        let invalid = chunk.invalid();
        let is_cut = !ends && decoded.used + invalid.len() == bytes.len() && may_begin(invalid);
        if invalid.is_empty() || is_cut {
            continue;
        }
        decoded.text.push(char::REPLACEMENT_CHARACTER);
        decoded.used += invalid.len();
        decoded.replaced += 1;
    }
    decoded
}

/// Whether more bytes could make a character of these.
fn may_begin(bytes: &[u8]) -> bool {
    bytes.len() < MAX_SEQUENCE && bytes.first().is_some_and(|byte| matches!(byte, 0xC2..=0xF4))
}

/// Whether bytes look like a text that somebody wrote: no zero byte, and hardly anything that is no UTF-8
/// or controls a terminal.
pub(crate) fn is_text(bytes: &[u8]) -> bool {
    if bytes.is_empty() || bytes.contains(&0) {
        return false;
    }
    let decoded = decode(bytes, false, false);
    let odd = |c: &char| c.is_control() && !matches!(c, '\n' | '\r' | '\t' | '\u{c}' | '\u{1b}');
    let odd = decoded.text.chars().filter(odd).count()
        + usize::try_from(decoded.replaced).unwrap_or(usize::MAX);
    odd.saturating_mul(50) <= decoded.text.len()
}

/// Text as what it is: characters that control, turn or hide text are spelled out as `\u{…}`, line breaks
/// and tabs stay.
pub(crate) fn readable(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '\n' | '\t' => shown.push(character),
            '\r' if characters.peek() == Some(&'\n') => {}
            _ if is_deceptive(character) => {
                // Writing to a string cannot fail.
                let _ = write!(shown, "\\u{{{:x}}}", u32::from(character));
            }
            _ => shown.push(character),
        }
    }
    shown
}

/// [`readable`] text on one line, of at most `limit` characters.
pub(crate) fn line(text: &str, limit: usize) -> String {
    let mut shown: String = text.chars().take(limit).collect();
    if text.chars().nth(limit).is_some() {
        shown.push('…');
    }
    readable(&shown).replace('\t', " ").replace('\n', "\\n")
}

/// Splits Markdown into its YAML front matter and what stands behind it.
pub fn front_matter(text: &str) -> (Option<&str>, &str) {
    let whole = (None, text);
    let Some(rest) = text.strip_prefix("---\n") else { return whole };
    let mut at = 0;
    for line in rest.split_inclusive('\n') {
        if matches!(line.trim_end(), "---" | "...") {
            let front = rest.get(..at);
            return (front, rest.get(at + line.len()..).unwrap_or_default());
        }
        at += line.len();
    }
    whole
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(bytes: &[u8], offset: u64) -> TextHead {
        head(&bytes, offset, None, &mut Budget::default()).unwrap()
    }

    #[test]
    fn a_character_that_is_cut_belongs_to_the_next_part() {
        let mut bytes = vec![b'x'; MAX_TEXT as usize - 1];
        bytes.extend("é tail".bytes());
        let first = of(&bytes, 0);
        assert_eq!((first.next, first.replaced), (Some(MAX_TEXT - 1), 0));
        assert_eq!(of(&bytes, MAX_TEXT - 1).text, "é tail");
        assert_eq!(of(&bytes, MAX_TEXT).text, " tail", "half a character is passed over");
    }

    #[test]
    fn parts_end_with_lines_and_make_the_whole() {
        let text = "one line ü\nand another one, longer\n".repeat(5_000);
        let (mut offset, mut joined) = (0, String::new());
        loop {
            let part = of(text.as_bytes(), offset);
            assert!(part.text.ends_with('\n'));
            joined += &part.text;
            match part.next {
                Some(next) => offset = next,
                None => break,
            }
        }
        assert_eq!(joined, text);
    }

    #[test]
    fn broken_bytes_are_counted_and_the_rest_is_read() {
        let head = of(b"a\xffb\xc3", 0);
        assert_eq!((head.text.as_str(), head.replaced), ("a\u{fffd}b\u{fffd}", 2));
        assert!(
            is_text("plain – text\n".as_bytes())
                && !is_text(b"\x00\x01")
                && !is_text(b"\xff\xfe\xfd")
        );
        assert!(!is_text(b""));
    }

    #[test]
    fn what_deceives_is_spelled_out() {
        assert_eq!(readable("a\r\nb\u{202e}c\u{1b}[31m\t\r"), "a\nb\\u{202e}c\\u{1b}[31m\t\\u{d}");
        assert_eq!(line("a\nb\tc", 10), "a\\nb c");
        assert_eq!(line("abcdef", 3), "abc…");
    }

    #[test]
    fn front_matter_is_only_at_the_start() {
        assert_eq!(front_matter("---\na: 1\n---\n# T"), (Some("a: 1\n"), "# T"));
        assert_eq!(front_matter("# T\n---\n"), (None, "# T\n---\n"));
        assert_eq!(front_matter("---\nnever ends"), (None, "---\nnever ends"));
    }
}
