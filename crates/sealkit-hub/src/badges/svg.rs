//! A badge as SVG: a label, a value, and what it means as its title. Nothing in it is active or loaded.

use maud::{Markup, html};

use crate::web::{human, plain};

/// Longest value, in characters.
const MAX_VALUE: usize = 40;
/// Height, and room at either side of a text, in pixels.
const HEIGHT: usize = 20;
const SIDE: usize = 7;
/// White has a contrast of more than 4.5 to 1 on each of them.
const LABEL: &str = "#3b4248";
const YES: &str = "#1d6b3a";
const NO: &str = "#a3262a";
const UNKNOWN: &str = "#6b5710";
const TOLD: &str = "#0b5a73";

/// One fact. What it says is told by words and a sign as well as by its colour.
pub(super) struct Badge {
    label: &'static str,
    value: String,
    about: &'static str,
    colour: &'static str,
}

impl Badge {
    /// A check that was carried out and held.
    pub(super) fn yes(label: &'static str, value: &str, about: &'static str) -> Self {
        Self { label, value: format!("✓ {}", cut(value)), about, colour: YES }
    }

    /// Something that speaks against it.
    pub(super) fn no(label: &'static str, value: &str, about: &'static str) -> Self {
        Self { label, value: format!("✗ {}", cut(value)), about, colour: NO }
    }

    /// What was not checked, or is not known.
    pub(super) fn unknown(label: &'static str, value: &str, about: &'static str) -> Self {
        Self { label, value: format!("– {}", cut(value)), about, colour: UNKNOWN }
    }

    /// What somebody says.
    pub(super) fn told(label: &'static str, value: &str, about: &'static str) -> Self {
        Self { label, value: cut(value), about, colour: TOLD }
    }

    /// So many bytes.
    pub(super) fn size(bytes: u64) -> Self {
        Self::told("size", &human(bytes), "Config and layers of this version together.")
    }

    /// The picture.
    pub(super) fn draw(&self) -> Markup {
        let (left, right) = (width(self.label), width(&self.value));
        let all = left + right;
        let says = format!("{}: {}", self.label, self.value);
        let text = |x: usize, room: usize, text: &str| {
            // The length is fixed, so that it fits whatever font there is.
            html! { text x=(x + SIDE) y="14" textLength=(room - 2 * SIDE) lengthAdjust="spacingAndGlyphs" { (text) } }
        };
        html! {
            svg xmlns="http://www.w3.org/2000/svg" width=(all) height=(HEIGHT) role="img" aria-label=(says) {
                title { (says) ". " (self.about) }
                rect width=(all) height=(HEIGHT) rx="4" fill=(self.colour) {}
                path d=(format!("M4 0H{left}V{HEIGHT}H4A4 4 0 0 1 0 16V4A4 4 0 0 1 4 0Z")) fill=(LABEL) {}
                g fill="#fff" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11" {
                    (text(0, left, self.label)) (text(left, right, &self.value))
                }
            }
        }
    }
}

fn cut(text: &str) -> String {
    let text = plain(text);
    if text.chars().nth(MAX_VALUE).is_none() {
        return text;
    }
    text.chars().take(MAX_VALUE - 1).chain(['…']).collect()
}

/// Room for a text of 11 pixels, with both sides.
fn width(text: &str) -> usize {
    let tenths: usize = text.chars().map(tenths).sum();
    tenths / 10 + 2 * SIDE + 1
}

/// About how wide a character is, in tenths of a pixel.
fn tenths(character: char) -> usize {
    match character {
        'i' | 'j' | 'l' | '.' | ',' | ':' | '\'' | '|' | ' ' => 40,
        'm' | 'w' | 'M' | 'W' | '✓' | '✗' => 100,
        'A'..='Z' => 78,
        character if character.is_ascii() => 68,
        _ => 110,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_stranger_wrote_is_text() {
        let hostile = "</text><script>alert(1)</script>\u{202e}\"&";
        let drawn = Badge::told("licence", hostile, "x").draw().into_string();
        assert!(!drawn.contains("<script") && !drawn.contains('\u{202e}'), "{drawn}");
        assert!(drawn.contains("&lt;/text&gt;&lt;script&gt;"), "{drawn}");
        assert_eq!(drawn.matches("<text").count(), 2);
    }

    #[test]
    fn a_long_value_is_cut_and_an_empty_one_is_drawn() {
        let long = Badge::told("licence", &"w".repeat(10_000), "x").draw().into_string();
        assert!(long.contains(&format!("{}…", "w".repeat(MAX_VALUE - 1))) && long.len() < 2_000);
        assert!(Badge::told("licence", "", "x").draw().into_string().contains("<svg"));
    }

    #[test]
    fn what_was_found_is_a_sign_and_a_word() {
        let drawn = [
            Badge::yes("signed", "Ada", "x"),
            Badge::no("size", "y", "x"),
            Badge::unknown("AIBOM", "none", "x"),
        ];
        let drawn = drawn.map(|badge| badge.draw().into_string());
        for (text, says) in drawn.iter().zip(["signed: ✓ Ada", "size: ✗ y", "AIBOM: – none"])
        {
            assert!(text.contains(&format!("aria-label=\"{says}\"")), "{text}");
        }
        assert!(Badge::size(1_572_864).draw().into_string().contains("1.5 MiB"));
    }
}
