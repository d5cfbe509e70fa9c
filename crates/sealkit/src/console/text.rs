//! Text that people read: names made harmless, sizes made short.

use std::borrow::Cow;

use sealkit_report::{is_deceptive, lookalikes};

/// Makes a name from a kit or a registry harmless on a terminal: control characters, escape
/// sequences and characters that reorder text are shown as `\u{…}`.
///
/// So are letters that pass for Latin ones in a word that is otherwise Latin.
pub(crate) fn escape(text: &str) -> String {
    let foreign = lookalikes(text);
    let mut safe = String::with_capacity(text.len());
    for (at, c) in text.char_indices() {
        if is_deceptive(c) || foreign.binary_search(&at).is_ok() {
            safe.extend(c.escape_unicode());
        } else {
            safe.push(c);
        }
    }
    safe
}

/// Makes whole lines harmless that hold names of others somewhere: like [`escape`], but ends of
/// lines, tabs and the colours that we write ourselves stay.
pub(super) fn harmless(text: &str) -> Cow<'_, str> {
    if !text.contains(is_deceptive) {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let length = match own_colour(rest) {
            0 => {
                let kept = !is_deceptive(c) || matches!(c, '\n' | '\t');
                if kept {
                    safe.push(c);
                } else {
                    safe.extend(c.escape_unicode());
                }
                c.len_utf8()
            }
            length => {
                safe.push_str(rest.get(..length).unwrap_or_default());
                length
            }
        };
        rest = rest.get(length..).unwrap_or_default();
    }
    Cow::Owned(safe)
}

/// Length of the escape sequence that `text` starts with, if it is one of those that we write:
/// reset, bold, dim, and the plain colours. None of them can hide text or move the cursor.
fn own_colour(text: &str) -> usize {
    match text.as_bytes() {
        [0x1b, b'[', b'0'..=b'2', b'm', ..] => 4,
        [0x1b, b'[', b'3', b'1'..=b'7', b'm', ..] => 5,
        _ => 0,
    }
}

/// A size as `kit` writes it: units of 1024, one decimal rounded down.
pub(crate) fn human_size(bytes: u64) -> String {
    const UNITS: [&str; 6] = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
    if bytes < 1024 {
        return format!("{bytes} B");
    }
    let mut tenths = u128::from(bytes) * 10 / 1024;
    let mut unit = 0;
    while tenths >= 10240 && unit + 1 < UNITS.len() {
        tenths /= 1024;
        unit += 1;
    }
    format!("{}.{} {}", tenths / 10, tenths % 10, UNITS[unit])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_rounded_down() {
        for (bytes, text) in [
            (0, "0 B"),
            (1023, "1023 B"),
            (1024, "1.0 KiB"),
            (7680, "7.5 KiB"),
            (1_048_575, "1023.9 KiB"),
            (1 << 20, "1.0 MiB"),
            (u64::MAX, "15.9 EiB"),
        ] {
            assert_eq!(human_size(bytes), text);
        }
    }

    #[test]
    fn names_can_not_drive_the_terminal() {
        assert_eq!(escape("a\u{1b}[2Jb"), "a\\u{1b}[2Jb");
        assert_eq!(escape("evil\u{202e}gpj.exe"), "evil\\u{202e}gpj.exe");
        assert_eq!(escape("ünï 日本"), "ünï 日本");
        assert_eq!(escape("\u{430}dmin@example.com"), "\\u{430}dmin@example.com");
    }

    #[test]
    fn lines_keep_their_ends_and_our_colours_and_nothing_else() {
        for kept in ["a\tb\nc", "\u{1b}[32mok\u{1b}[0m", "\u{1b}[1mü\u{1b}[0m"] {
            assert_eq!(harmless(kept), kept);
        }
        for (text, safe) in [
            ("a\rb", "a\\u{d}b"),
            ("\u{1b}[2J\u{1b}[8m", "\\u{1b}[2J\\u{1b}[8m"),
            ("\u{1b}[30mx", "\\u{1b}[30mx"),
            ("\u{1b}]0;title\u{7}", "\\u{1b}]0;title\\u{7}"),
            ("\u{9b}2J\u{202e}", "\\u{9b}2J\\u{202e}"),
            ("end\u{1b}", "end\\u{1b}"),
        ] {
            assert_eq!(harmless(text), safe);
        }
    }
}
